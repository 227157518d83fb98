// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Pass, PassOrder } from "../../../src/ledger/IAccessPass.sol";
import { Price, Rule } from "../../../src/ledger/IModelPolicy.sol";
import { HostileToken, Mischief, Mood, Trickster } from "../../support/Mischief.sol";
import { WholeRounds } from "./WholeRounds.sol";

/// @notice Transfers, delegations, revenue in coin and tokens, its claims and redemptions, passes; and what makes tokens
/// and receivers hostile.
abstract contract WholeMoney is WholeRounds {
    /// What left the vault by claims.
    mapping(address payment => uint256) private claimed;
    /// Model tokens that holders burned.
    uint256 public burnt;

    function transfer(uint256 from, uint256 to, uint256 amount) external {
        from %= ACCOUNTS;
        amount = within(amount, 0, token.balanceOf(accounts[from]));
        bytes memory data = abi.encodeCall(token.transfer, (accounts[to % ACCOUNTS], amount));
        bool moved = actAs(from, address(token), 0, data);
        require_(moved, "a transfer within the balance failed");
        count("transfer", amount != 0 && from != to % ACCOUNTS);
    }

    function delegate(uint256 from, uint256 to) external {
        bytes memory data = abi.encodeCall(token.delegate, (accounts[to % ACCOUNTS]));
        count("delegate", actAs(from % ACCOUNTS, address(token), 0, data));
    }

    function pay(uint256 who, uint256 payment, uint256 amount, bool said) external {
        who %= ACCOUNTS;
        address paid = payments[payment % PAYMENTS];
        bytes32 others = duesOfOthers(who);
        if (paid == address(0)) {
            amount = within(amount, 1, accounts[who].balance / 100 + 1);
            bytes memory data = said ? abi.encodeCall(vault.deposit, (paid, amount)) : bytes("");
            count("pay coin", actAs(who, address(vault), amount, data));
        } else if (said) {
            amount = within(amount, 1, balanceIn(paid, accounts[who]) / 100 + 1);
            uint256 had = balanceIn(paid, address(vault));
            uint256 accounted = vault.accountedOf(paid);
            bool went = actAs(who, address(vault), 0, abi.encodeCall(vault.deposit, (paid, amount)));
            require_(went || had == balanceIn(paid, address(vault)), "a deposit failed and was kept");
            require_(went || accounted == vault.accountedOf(paid), "a deposit failed and was counted");
            count(payment % PAYMENTS == 1 ? "pay" : "pay hostile", went);
            count("deposit refused", !went);
        } else {
            amount = within(amount, 1, 1e24);
            try HostileToken(paid).transfer{ gas: ENOUGH }(address(vault), amount) { } catch { }
        }
        require_(others == duesOfOthers(who), "others' dues moved: payment");
    }

    function sync(uint256 payment) external {
        address paid = payments[payment % PAYMENTS];
        uint256 before = vault.accountedOf(paid);
        try vault.sync{ gas: ENOUGH }(paid) returns (uint256 surplus) {
            require_(vault.accountedOf(paid) == before + surplus, "synced other than said");
            count("sync", surplus != 0);
        } catch {
            count("sync refused", true);
        }
    }

    function carry(uint256 payment, uint256 epoch) external {
        try vault.carry(payments[payment % PAYMENTS], epoch % (vault.epochNow() + 1)) returns (
            uint256 amount
        ) {
            count("carry", amount != 0);
        } catch { }
    }

    /// Two epochs, the first twice.
    function claimRevenue(uint256 who, uint256 payment, uint256 epoch) external {
        uint256 present = vault.epochNow();
        if (present == 0) return;
        uint256[] memory epochs = new uint256[](3);
        (epochs[0], epochs[1]) = (present - 1 - epoch % 3 % present, present - 1 - epoch % 3 % present);
        epochs[2] = (epoch >> 8) % present;
        claimOf(who % ACCOUNTS, payments[payment % PAYMENTS], epochs);
    }

    function claimOf(uint256 who, address payment, uint256[] memory epochs) private {
        bytes32 others = duesOfOthers(who);
        claimAsTold(who, payment, epochs);
        require_(others == duesOfOthers(who), "others' dues moved: claim");
    }

    function claimAsTold(uint256 who, address payment, uint256[] memory epochs) internal {
        address account = accounts[who];
        uint256 told = vault.claimable(account, payment, epochs[0]);
        if (epochs[2] != epochs[0]) told += vault.claimable(account, payment, epochs[2]);
        uint256 had = balanceIn(payment, address(vault));
        try vault.claimFor{ gas: ENOUGH }(account, payment, epochs) returns (uint256 paid) {
            // A fraction of a unit left from before is told once for each epoch.
            require_(paid <= told && paid + 1 >= told, "revenue, and not as told");
            // How a rebasing token rounds is its own affair.
            uint256 gone = had - balanceIn(payment, address(vault));
            if (payment != payments[7]) require_(gone == paid, "revenue, and not as said");
            claimed[payment] += paid;
            count("claim revenue", paid != 0 && payment == address(0));
            count("claim revenue in tokens", paid != 0 && payment != address(0));
        } catch {
            require_(had == balanceIn(payment, address(vault)), "a claim failed and was paid");
            count("claim refused", true);
        }
    }

    function redeem(uint256 who, uint256 amount, uint256 payment) external {
        who %= ACCOUNTS;
        amount = within(amount, 0, token.balanceOf(accounts[who]) / 4);
        address paid = payments[payment % PAYMENTS];
        (uint256 had, uint256 supply) = (balanceIn(paid, address(vault)), token.totalSupply());
        uint256 told = vault.redeemable(paid, amount, supply);
        bytes32 others = duesOfOthers(who);
        bytes memory data = abi.encodeCall(token.burnAndRedeem, (amount, one(paid)));
        if (actAs(who, address(token), 0, data)) {
            uint256 out = had - balanceIn(paid, address(vault));
            if (paid != payments[7]) require_(out == told, "redeemed other than told");
            burnt += amount;
            count("redeem", out != 0);
        } else {
            require_(supply == token.totalSupply(), "burned without redemption");
            require_(had == balanceIn(paid, address(vault)), "redeemed without burning");
            count("redemption refused", true);
        }
        require_(others == duesOfOthers(who), "others' dues moved: redemption");
    }

    function buyPass(uint256 who, uint256 forWhom, bool year) external {
        who %= ACCOUNTS;
        Price memory price = policy.priceOf(year ? YEAR : MONTH);
        PassOrder memory order = PassOrder(
            address(manager),
            price.route,
            accounts[forWhom % 4 == 0 ? forWhom / 4 % ACCOUNTS : who],
            policy.ruleOf(Rule.Licence).hash,
            price.token,
            price.amount
        );
        uint64 before = passes.passOf(address(manager), order.holder).expiry;
        (bytes32 others, uint256 had) = (duesOfOthers(who), balanceIn(price.token, address(vault)));
        if (order.holder != accounts[who]) others = 0;
        uint256 value = year ? 0 : price.amount;
        bool bought = actAs(who, address(passes), value, abi.encodeCall(passes.buy, (order)));
        if (bought) {
            require_(had < balanceIn(price.token, address(vault)), "a pass for nothing");
        } else {
            require_(passes.passOf(address(manager), order.holder).expiry == before, "a pass without payment");
        }
        if (others != 0) require_(others == duesOfOthers(who), "others' dues moved: pass");
        count(year ? "buy a pass for tokens" : "buy a pass", bought);
        count("pass refused", !bought);
    }

    function passOn(uint256 who, uint256 to) external {
        who %= ACCOUNTS;
        Pass memory pass = passes.passOf(address(manager), accounts[who]);
        bytes memory data = abi.encodeCall(passes.transfer, (address(manager), accounts[to % ACCOUNTS]));
        if (!actAs(who, address(passes), 0, data)) return;
        bytes32 after_ = keccak256(abi.encode(passes.passOf(address(manager), accounts[to % ACCOUNTS])));
        require_(after_ == keccak256(abi.encode(pass)), "another pass than was passed on");
        count("pass on", true);
    }

    function turnToken(uint256 payment, bool on, uint256 scale) external {
        HostileToken changed = HostileToken(payments[1 + payment % (PAYMENTS - 1)]);
        changed.turn(on);
        changed.rebase(scale);
    }

    function turnReceiver(uint256 who, uint8 mood) external {
        if (isHonest(who % ACCOUNTS)) return;
        Trickster(payable(accounts[who % ACCOUNTS])).turn(Mood(mood % 6));
    }

    /// What the vault paid of claims, those included that somebody hostile made while it was being paid.
    function claimedOf(address payment) external view returns (uint256 sum) {
        sum = claimed[payment] + Mischief(payments[4]).claimed(payment);
        for (uint256 i = 2; i < ACCOUNTS; ++i) {
            if (!isHonest(i)) sum += Mischief(accounts[i]).claimed(payment);
        }
    }
}
