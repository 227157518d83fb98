// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Disputes } from "../../src/training/Disputes.sol";
import { Operators } from "../../src/training/Operators.sol";
import { RewardPool } from "../../src/value/RewardPool.sol";
import { Base } from "../support/Base.sol";
import { DisputeHandler } from "./DisputeHandler.sol";

/// The numbers are those of README.md beside this file.
contract DisputeInvariants is Base {
    DisputeHandler private handler;
    Operators private operators;
    Disputes private disputes;
    RewardPool private pool;

    function setUp() public {
        handler = new DisputeHandler();
        (address o, address d,, address p) = handler.parts();
        (operators, disputes, pool) = (Operators(o), Disputes(d), RewardPool(p));
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// The handler calls itself, and takes such calls for its own: nobody else may speak in its name.
    function excludeSenders() public view returns (address[] memory senders) {
        senders = new address[](1);
        senders[0] = address(handler);
    }

    /// The handler is no use if it never gets anywhere: this drives it by hand.
    function test_handlerFinalisesTestsHearsAndSlashes() public {
        handler.start(1000e18, 0);
        handler.attest(0, 2, 4);
        vm.warp(block.timestamp + 2 hours);
        handler.finalise(true);
        vm.assertEq(handler.finals(), 1, "final");
        handler.start(1000e18, 1);
        handler.attest(1, 3, 0);
        handler.openPlant();
        handler.punish(0, 1);
        vm.assertEq(operators.burned(), 0.5 ether, "lazy");
        handler.deposit(0, 1 ether);
        handler.start(1000e18, 0);
        handler.attest(1, 3, 1);
        handler.challenge(true);
        handler.hear(0, 0, 1);
        vm.assertEq(handler.hearingsEnded(), 1, "overturned");
        vm.assertLt(0.5 ether, operators.burned(), "slashed");
        handler.withdraw(5);
        vm.assertLt(0, handler.withdrawn(), "the challenger's half");
        vm.assertEq(handler.stakesWithdrawn(), handler.stakes(), "and its bond");
    }

    function invariant_bondsAndVerdictsHold() public view {
        (uint256 bonds, uint256 rewards, uint256 owed, uint256 open) = handler.held();
        vm.assertEq(address(operators).balance, bonds + rewards + operators.burned(), "11: what lies there");
        vm.assertEq(
            handler.deposited(), bonds + rewards + operators.burned() + handler.withdrawn(), "11: came in"
        );
        vm.assertEq(address(disputes).balance, owed + open + disputes.burned(), "12: what lies there");
        vm.assertEq(
            handler.stakes(), owed + open + disputes.burned() + handler.stakesWithdrawn(), "12: came in"
        );
        vm.assertFalse(handler.finalWithoutKBonded(), "13: k fully bonded equal votes");
        vm.assertFalse(handler.finalTest(), "14: no test is final");
        vm.assertFalse(handler.finalLost(), "15: nothing lost is final");
        vm.assertFalse(handler.uncovered(), "16: k bonds cover the budget");
        vm.assertFalse(handler.tooManyInOneWindow(), "16: one round in a window");
        vm.assertLe(pool.minted(), pool.accrued(), "2: minted, accrued");
    }
}
