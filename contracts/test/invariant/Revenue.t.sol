// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { RevenueVault } from "../../src/ledger/RevenueVault.sol";
import { ModelToken } from "../../src/value/ModelToken.sol";
import { Base } from "../support/Base.sol";
import { HoldingBook } from "../support/HoldingBook.sol";
import { Receiver } from "../support/PaymentToken.sol";
import { RevenueHandler } from "./RevenueHandler.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// The numbers are those of README.md beside this file.
contract RevenueInvariants is Base {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    RevenueHandler private handler;
    ModelToken private token;
    RevenueVault private vault;
    HoldingBook private book;

    function setUp() public {
        handler = new RevenueHandler();
        (token, vault, book) = (handler.token(), handler.vault(), handler.book());
    }

    /// Settling everything is for the end of a run.
    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](10);
        selectors[0] = handler.passTime.selector;
        selectors[1] = handler.mint.selector;
        selectors[2] = handler.move.selector;
        selectors[3] = handler.burn.selector;
        selectors[4] = handler.pay.selector;
        selectors[5] = handler.sync.selector;
        selectors[6] = handler.carry.selector;
        selectors[7] = handler.claim.selector;
        selectors[8] = handler.turnTokens.selector;
        selectors[9] = handler.turnReceivers.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// The handler is no use if it never gets anywhere: this drives it by hand.
    function test_handlerPaysClaimsAndRedeems() public {
        handler.mint(0, 300);
        handler.mint(2, 100);
        handler.pay(0, 1000, 0);
        handler.pay(1, 1000, 0);
        handler.turnReceivers(1);
        handler.passTime(0, 0);
        handler.claim(0, 0, 0);
        handler.claim(0, 1, 0);
        handler.claim(2, 0, 0);
        vm.assertEq(handler.claims(), 2, "claims");
        vm.assertEq(handler.refusals(), 1, "the receiver refused");
        vm.assertEq(handler.claimed(address(0)), 637, "three quarters of 850");
        handler.burn(0, 100, 1);
        vm.assertEq(handler.redeemed(handler.payments(1)), 37, "a quarter of 150");
        handler.settleAll();
        vm.assertEq(handler.claimed(address(0)), 849, "all but what rounding left");
    }

    /// After each call what is quick to ask.
    function invariant_whatIsAccountedForIsThere() public view {
        // The last says more than it has, so only its accounts can be held to.
        for (uint256 j = 0; j < handler.TOKENS() - 1; ++j) {
            address payment = handler.payments(j);
            vm.assertLe(vault.accountedOf(payment), handler.vaultBalance(payment), "17: it is there");
        }
        for (uint256 i = 2; i < 4; ++i) {
            vm.assertEq(Receiver(payable(handler.accounts(i))).reentered(), 0, "22: entered");
        }
    }

    /// At the end of each run what goes through its whole history, before and after everybody has claimed.
    function afterInvariant() public {
        requireHistory();
        handler.settleAll();
        requireHistory();
    }

    function requireHistory() private view {
        for (uint256 j = 0; j < handler.TOKENS(); ++j) {
            requireAccounts(handler.payments(j));
        }
        requireWeights();
    }

    function requireAccounts(address payment) private view {
        uint256 revenue = 0;
        uint256 open = 0;
        uint256 present = token.epochNow();
        for (uint256 epoch = 0; epoch <= present; ++epoch) {
            revenue += vault.revenueOf(payment, epoch);
            for (uint256 i = 0; i < handler.ACCOUNTS(); ++i) {
                open += vault.claimable(handler.accounts(i), payment, epoch);
            }
        }
        uint256 accounted = vault.accountedOf(payment);
        uint256 claimed = handler.claimed(payment);
        vm.assertEq(accounted + claimed, revenue + vault.potOf(payment), "17: what came, less what was paid");
        // A fraction left from one epoch shows in `claimable` of each of the others: less than a unit each.
        uint256 slack = handler.ACCOUNTS() * (present + 1);
        vm.assertLe(claimed + open, revenue + slack, "18: claims, revenue");
        vm.assertLe(claimed, revenue, "18: claims, revenue");
        for (uint256 i = 0; i < handler.ACCOUNTS(); ++i) {
            requirePaidByWeight(payment, handler.accounts(i), present);
        }
    }

    /// 19: by the plain book, rounded up in each epoch.
    function requirePaidByWeight(address payment, address account, uint256 present) private view {
        uint256 most = 0;
        for (uint256 epoch = 0; epoch < present; ++epoch) {
            uint256 all = token.heldSecondsOfAll(epoch);
            if (all == 0) continue;
            uint256 own = bookWeight(account, epoch);
            most += Math.mulDiv(vault.revenueOf(payment, epoch), own, all, Math.Rounding.Ceil);
        }
        vm.assertLe(handler.claimedBy(payment, account), most, "19: paid, share");
    }

    /// 20 and 21.
    function requireWeights() private view {
        uint256 present = token.epochNow();
        uint256 held = 0;
        for (uint256 i = 0; i < handler.ACCOUNTS(); ++i) {
            if (!token.isSetAside(handler.accounts(i))) held += token.balanceOf(handler.accounts(i));
        }
        vm.assertEq(token.heldSupply(), held, "21: held");
        for (uint256 epoch = 0; epoch < present; ++epoch) {
            uint256 sum = 0;
            for (uint256 i = 0; i < handler.ACCOUNTS(); ++i) {
                uint256 weight = bookWeight(handler.accounts(i), epoch);
                vm.assertEq(token.heldSeconds(handler.accounts(i), epoch), weight, "20: weight");
                sum += weight;
            }
            vm.assertEq(token.heldSecondsOfAll(epoch), sum, "20: sum");
        }
    }

    function bookWeight(address account, uint256 epoch) private view returns (uint256) {
        if (token.isSetAside(account)) return 0;
        uint256 start = token.epochStart() + epoch * handler.EPOCH();
        return book.weight(account, start, start + handler.EPOCH());
    }
}
