// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OfferingBooks, OfferingStatus } from "../../../src/ledger/IModelOffering.sol";
import { ModelOffering } from "../../../src/ledger/ModelOffering.sol";
import { RevenueVault } from "../../../src/ledger/RevenueVault.sol";
import { Disputes } from "../../../src/training/Disputes.sol";
import { Operators } from "../../../src/training/Operators.sol";
import { ModelToken } from "../../../src/value/ModelToken.sol";
import { RewardPool } from "../../../src/value/RewardPool.sol";
import { Base } from "../../support/Base.sol";
import { HostileToken } from "../../support/Mischief.sol";
import { WholeHandler } from "./WholeHandler.sol";

/// What holds for all contracts of a model at once. The numbers are those of README.md one folder up.
abstract contract WholeHolds is Base {
    uint256 private constant CAP = 10_000_000e18;

    WholeHandler internal handler;
    ModelToken internal token;
    RewardPool internal pool;
    Operators internal operators;
    Disputes internal disputes;
    ModelOffering internal offering;
    RevenueVault internal vault;
    uint256 private coin;
    uint256 private lastMinted;

    function found(bool soldForToken) internal {
        handler = new WholeHandler(soldForToken);
        (, address t, address p, address o, address d) = handler.parts();
        (token, pool, operators, disputes) = (ModelToken(t), RewardPool(p), Operators(o), Disputes(d));
        (offering, vault) = (handler.offering(), handler.vault());
        coin = handler.coinEverywhere();
        // What bonds came from before the accounts were given anything is counted, too.
        vm.assertLt(6000 ether, coin, "given out");
    }

    function requireAll() internal {
        vm.assertEq(handler.wrong(), "", "29: what an action saw");
        vm.assertEq(handler.coinEverywhere(), coin, "30: coin");
        requireSupply();
        requireMined();
        requireBonds();
        requireOffering();
        requireVault();
        requirePowers();
    }

    /// Solvent to the last unit: when everybody has turned honest, everybody can have what is due.
    function requireSettled() internal {
        handler.settleAll();
        requireAll();
        requireRevenue();
        for (uint256 i = 0; i < handler.ACCOUNTS(); ++i) {
            address account = handler.accounts(i);
            vm.assertEq(offering.refundable(account) + offering.claimable(account), 0, "33: all was fetched");
            vm.assertEq(operators.rewardOf(account), 0, "34: all was fetched");
        }
        if (offering.books().status == OfferingStatus.Failed) {
            vm.assertEq(held(handler.sold(), address(offering)), 0, "33: a failed offering keeps nothing");
        }
    }

    function requireSupply() private {
        uint256 sum = 0;
        address[] memory all = handler.everybody();
        for (uint256 i = 0; i < all.length; ++i) {
            sum += token.balanceOf(all[i]);
        }
        vm.assertEq(token.totalSupply(), sum, "31: nobody else has tokens");
        vm.assertLe(token.totalEverMinted(), CAP, "31: cap");
        (,, uint256 due,) = handler.owedByOperators();
        uint256 minted = token.mintedAtLaunch() + pool.minted() - due;
        vm.assertEq(token.totalEverMinted(), minted, "31: launch and emission");
        OfferingBooks memory books = offering.books();
        uint256 unsold = offering.terms().offered - books.claimed - token.balanceOf(address(offering));
        vm.assertEq(token.totalEverMinted() - token.totalSupply(), handler.burnt() + unsold, "31: burned");
        vm.assertLe(lastMinted, token.totalEverMinted(), "31: never less");
        lastMinted = token.totalEverMinted();
    }

    function requireMined() private view {
        uint256 paid = handler.contributorsPaid();
        vm.assertLe(paid, pool.contributorsMinted(), "32: claims of contributors");
        uint256 rest = pool.contributorsMinted() - paid + handler.gifts();
        vm.assertEq(token.balanceOf(address(pool)), rest, "32: what lies in the pool");
        vm.assertLe(pool.minted(), pool.accrued(), "32: minted, accrued");
        vm.assertLe(pool.accrued(), pool.ceiling(), "32: accrued, ceiling");
        (,, uint256 due,) = handler.owedByOperators();
        vm.assertEq(
            pool.contributorsMinted() + handler.operatorsPaid() + due, pool.minted(), "32: the two parts"
        );
    }

    function requireBonds() private view {
        (uint256 bonds, uint256 rewards,, uint256 owed) = handler.owedByOperators();
        vm.assertEq(address(operators).balance, bonds + rewards + operators.burned(), "34: bonds");
        vm.assertEq(address(disputes).balance, owed + disputes.burned(), "34: stakes");
    }

    function requireOffering() private view {
        OfferingBooks memory books = offering.books();
        uint256 there = held(handler.sold(), address(offering));
        vm.assertEq(there, books.raised - books.refunded - books.released, "33: held, and owed");
        uint256 due = offering.releasable();
        uint256 tokens = 0;
        for (uint256 i = 0; i < handler.ACCOUNTS(); ++i) {
            due += offering.refundable(handler.accounts(i));
            tokens += offering.claimable(handler.accounts(i));
        }
        vm.assertLe(due, there, "33: all that is due is there");
        vm.assertLe(tokens, token.balanceOf(address(offering)), "33: all tokens that are due are there");
    }

    function requireVault() private view {
        // The last is what its token says it is, from one moment to the next.
        for (uint256 j = 0; j < handler.PAYMENTS() - 1; ++j) {
            address payment = handler.payments(j);
            vm.assertLe(vault.accountedOf(payment), held(payment, address(vault)), "35: it is there");
        }
    }

    /// For each payment token, hostile or not: what came is what was claimed, what is open, and what rounding left.
    function requireRevenue() private view {
        uint256 present = vault.epochNow();
        for (uint256 j = 0; j < handler.PAYMENTS(); ++j) {
            address payment = handler.payments(j);
            (uint256 revenue, uint256 open) = (0, 0);
            for (uint256 epoch = 0; epoch <= present; ++epoch) {
                uint256 came = vault.revenueOf(payment, epoch);
                if (came == 0) continue;
                revenue += came;
                for (uint256 i = 0; i < handler.ACCOUNTS(); ++i) {
                    open += vault.claimable(handler.accounts(i), payment, epoch);
                }
            }
            uint256 claimed = handler.claimedOf(payment);
            uint256 accounted = vault.accountedOf(payment);
            vm.assertEq(
                accounted + claimed, revenue + vault.potOf(payment), "36: what came, less what was paid"
            );
            vm.assertLe(claimed, revenue, "36: claims, revenue");
            // A fraction left from one epoch shows in each of the others: less than a unit each.
            uint256 slack = handler.ACCOUNTS() * (present + 1);
            vm.assertLe(claimed + open, revenue + slack, "36: claims and open claims, revenue");
        }
    }

    function requirePowers() private view {
        vm.assertEq(handler.powers(), handler.powersByVote(), "37: only a vote changes what a vote decides");
        uint64 until = handler.pauseByVote();
        vm.assertEq(pool.pausedUntil(), until > block.timestamp ? until : 0, "37: a pause");
    }

    function held(address payment, address account) private view returns (uint256) {
        if (payment == address(0)) return account.balance;
        return HostileToken(payment).truth(account);
    }
}
