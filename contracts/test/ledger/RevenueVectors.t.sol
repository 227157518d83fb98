// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { RevenueVault } from "../../src/ledger/RevenueVault.sol";
import { ModelToken } from "../../src/value/ModelToken.sol";
import { Base } from "../support/Base.sol";
import { Ownership, OwnershipSet, Ownerships } from "../support/OwnershipSet.sol";
import { Manner, PaymentToken } from "../support/PaymentToken.sol";

/// Token and vault do, step by step, what the plain model in Python did (vectors/revenue.json), to the unit.
contract RevenueVectorsTest is Base {
    struct Steps {
        uint256[] time;
        uint256[] kind;
        uint256[] a;
        uint256[] b;
        uint256[] amount;
        uint256[] result;
    }

    ModelToken private token;
    RevenueVault private vault;
    address[] private accounts;
    PaymentToken[] private payments;

    function test_theStoryOfTheSharedVectorFile() public {
        string memory json = vm.readFile("../vectors/revenue.json");
        found(json);
        Steps memory steps = Steps(
            vm.parseJsonUintArray(json, ".steps.time"),
            vm.parseJsonUintArray(json, ".steps.kind"),
            vm.parseJsonUintArray(json, ".steps.a"),
            vm.parseJsonUintArray(json, ".steps.b"),
            vm.parseJsonUintArray(json, ".steps.amount"),
            vm.parseJsonUintArray(json, ".steps.result")
        );
        for (uint256 i = 0; i < steps.time.length; ++i) {
            vm.warp(NOW + steps.time[i]);
            uint256 result = step(steps.kind[i], steps.a[i], steps.b[i], steps.amount[i]);
            vm.assertEq(result, steps.result[i], vm.toString(i));
        }
        vm.assertLt(100, steps.time.length, "a long story");
        compare(json);
    }

    /// The minter and the treasury are set aside: the first account and the last.
    function found(string memory json) private {
        Ownership memory founding = Ownerships.founding(type(uint104).max, address(this));
        founding.epochLength = vm.parseJsonUint(json, ".epochLength");
        founding.redeemableBps = vm.parseJsonUint(json, ".redeemableBps");
        OwnershipSet set = new OwnershipSet(founding);
        (token, vault) = (set.token(), set.vault());
        accounts.push(address(this));
        for (uint256 i = 1; i < 5; ++i) {
            accounts.push(vm.addr(i));
        }
        accounts.push(token.treasury());
        payments.push(new PaymentToken(Manner.Plain));
        payments.push(new PaymentToken(Manner.Silent));
    }

    function step(uint256 kind, uint256 a, uint256 b, uint256 amount) private returns (uint256) {
        if (kind == 0) {
            token.mint(accounts[a], amount);
        } else if (kind == 1) {
            vm.prank(accounts[a]);
            assert(token.transfer(accounts[b], amount));
        } else if (kind == 2) {
            return burn(accounts[a], payments[b], amount);
        } else if (kind == 3) {
            payments[a].give(address(this), amount);
            vm.assertEq(vault.deposit(address(payments[a]), amount), amount, "received");
        } else if (kind == 4) {
            return claim(accounts[a], payments[b], amount);
        } else {
            return vault.carry(address(payments[a]), amount);
        }
        return 0;
    }

    function burn(address account, PaymentToken payment, uint256 amount) private returns (uint256) {
        address[] memory list = new address[](1);
        list[0] = address(payment);
        uint256 before = payment.balanceOf(account);
        vm.prank(account);
        token.burnAndRedeem(amount, list);
        return payment.balanceOf(account) - before;
    }

    function claim(address account, PaymentToken payment, uint256 epoch) private returns (uint256) {
        uint256[] memory list = new uint256[](1);
        list[0] = epoch;
        uint256 expected = vault.claimable(account, address(payment), epoch);
        uint256 paid = vault.claimFor(account, address(payment), list);
        vm.assertEq(paid, expected, "as it was told before");
        return paid;
    }

    function compare(string memory json) private view {
        uint256[] memory all = vm.parseJsonUintArray(json, ".weightOfAll");
        for (uint256 epoch = 0; epoch < all.length; ++epoch) {
            vm.assertEq(token.heldSecondsOfAll(epoch), all[epoch], "weight of all");
        }
        uint256[] memory balances = vm.parseJsonUintArray(json, ".balances");
        for (uint256 i = 0; i < accounts.length; ++i) {
            vm.assertEq(token.balanceOf(accounts[i]), balances[i], "balance");
            uint256[] memory weights = vm.parseJsonUintArray(json, at(".weights", i));
            for (uint256 epoch = 0; epoch < all.length; ++epoch) {
                vm.assertEq(token.heldSeconds(accounts[i], epoch), weights[epoch], "weight");
            }
        }
        uint256[] memory pots = vm.parseJsonUintArray(json, ".pots");
        for (uint256 i = 0; i < payments.length; ++i) {
            vm.assertEq(vault.potOf(address(payments[i])), pots[i], "pot");
            uint256[] memory revenue = vm.parseJsonUintArray(json, at(".revenue", i));
            for (uint256 epoch = 0; epoch < all.length; ++epoch) {
                vm.assertEq(vault.revenueOf(address(payments[i]), epoch), revenue[epoch], "revenue");
            }
        }
    }

    function at(string memory list, uint256 index) private pure returns (string memory) {
        return string.concat(list, "[", vm.toString(index), "]");
    }
}
