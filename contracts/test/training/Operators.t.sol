// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IOperators } from "../../src/training/IOperators.sol";
import { IRoundManager } from "../../src/training/IRoundManager.sol";
import { Validator } from "../../src/training/RoundTypes.sol";
import { World } from "../support/World.sol";

/// setCoordinator, setValidators: only the owner; sound quorums; fully bonded; from the next attempt; former epochs stay
contract OperatorsTest is World {
    constructor() {
        deployModel();
        for (uint256 i = 0; i < 33; ++i) {
            depositFor(vm.addr(0x1000 + i), BOND);
        }
        depositFor(vm.addr(0xC1), BOND);
        // So that it is refused for what it is.
        depositFor(address(0), BOND);
    }

    function test_quorumsThatCouldSplitRevert() public {
        expectBadQuorum(1, 3);
        expectBadQuorum(2, 4);
        expectBadQuorum(4, 3);
        expectBadQuorum(0, 0);
        expectBadQuorum(1, 0);
        expectBadQuorum(17, 33);
        expectBadQuorum(type(uint32).max, 3);
        setValidators(1, keys(1));
        setValidators(3, keys(4));
        setValidators(17, keys(32));
        vm.assertEq(validatorCount(), 32, "n");
    }

    function test_validatorsNamedTwiceOrZeroOrCoordinatingRevert() public {
        Validator[] memory set = validatorSet(keys(3));
        set[2].account = set[0].account;
        expectBadValidator(set, set[0].account);
        set[2].account = address(0);
        expectBadValidator(set, address(0));
        set[2].account = coordinator;
        vm.expectRevert(abi.encodeWithSelector(IOperators.Operators_BadCoordinator.selector, coordinator));
        vm.prank(founder);
        operators.setValidators(2, set);
        address validator = vm.addr(validatorKeys[1]);
        vm.expectRevert(abi.encodeWithSelector(IOperators.Operators_BadCoordinator.selector, validator));
        vm.prank(founder);
        operators.setCoordinator(validator, new address[](0));
        vm.expectRevert(abi.encodeWithSelector(IOperators.Operators_BadCoordinator.selector, address(0)));
        vm.prank(founder);
        operators.setCoordinator(address(0), new address[](0));
    }

    function test_onlyTheOwnerNamesOperators() public {
        vm.prank(coordinator);
        vm.expectPartialRevert(bytes4(keccak256("OwnableUnauthorizedAccount(address)")));
        operators.setCoordinator(vm.addr(5), new address[](0));
        vm.prank(coordinator);
        vm.expectPartialRevert(bytes4(keccak256("OwnableUnauthorizedAccount(address)")));
        operators.setValidators(2, validatorSet(keys(3)));
    }

    function test_ownershipMovesInTwoSteps() public {
        address timelock = vm.addr(9);
        vm.prank(founder);
        operators.transferOwnership(timelock);
        vm.assertEq(manager.owner(), founder, "still the founder");
        vm.prank(timelock);
        operators.acceptOwnership();
        vm.assertEq(manager.owner(), timelock, "owner");
    }

    function test_changesOfOperatorsMakeAnEpoch() public {
        address next = vm.addr(0xC1);
        vm.expectEmit(address(operators));
        emit IOperators.OperatorsSet(2, next, 2, validatorSet(validatorKeys), new address[](0));
        vm.prank(founder);
        operators.setCoordinator(next, new address[](0));
        setValidators(3, keys(5));
        vm.assertEq(operators.operatorsEpoch(), 3, "epoch");
        vm.assertEq(operators.coordinator(), next, "coordinator");
        vm.assertEq(validatorCount(), 5, "n");
        (address first, uint32 k, Validator[] memory set, address[] memory standbys) =
            operators.operatorsOf(1);
        vm.assertEq(first, coordinator, "first coordinator");
        vm.assertEq(k, 2, "first k");
        vm.assertEq(set.length, 3, "first n");
        vm.assertEq(standbys[0], standby, "first standby");
    }

    function test_roundUnderWayKeepsItsOperators() public {
        uint64 round = openRound(0);
        vm.prank(founder);
        operators.setCoordinator(vm.addr(0xC1), new address[](0));
        setValidators(1, keys(1));
        finishUntilSeed2(round);
        agree(attestation(round));
        manager.finalise(attestation(round), 0, 0, 0, 0);
        vm.assertEq(manager.currentVersion(), attestation(round).versionHash, "version");
        bytes32 version = manager.currentVersion();
        vm.expectRevert(
            abi.encodeWithSelector(
                IRoundManager.RoundManager_NotCoordinator.selector, coordinator, vm.addr(0xC1)
            )
        );
        vm.prank(coordinator);
        manager.open("plan", version, 0, NOW + 1 days);
    }

    function test_unbondedAccountsCannotBeNamed() public {
        address stranger = vm.addr(0xBAD);
        depositFor(stranger, BOND - 1);
        bytes memory refusal =
            abi.encodeWithSelector(IOperators.Operators_NotBonded.selector, stranger, BOND - 1, BOND);
        vm.expectRevert(refusal);
        vm.prank(founder);
        operators.setCoordinator(stranger, new address[](0));
        vm.expectRevert(refusal);
        vm.prank(founder);
        operators.setCoordinator(coordinator, one(stranger));
        Validator[] memory set = validatorSet(keys(3));
        set[1].account = stranger;
        vm.expectRevert(refusal);
        vm.prank(founder);
        operators.setValidators(2, set);
        depositFor(stranger, 1);
        vm.prank(founder);
        operators.setValidators(2, set);
        vm.assertEq(operators.operatorsEpoch(), 2, "epoch");
    }

    function test_standbysAreOthersAndFew() public {
        expectBadStandby(one(coordinator), coordinator);
        expectBadStandby(one(address(0)), address(0));
        expectBadStandby(one(vm.addr(validatorKeys[0])), vm.addr(validatorKeys[0]));
        address[] memory twice = new address[](2);
        (twice[0], twice[1]) = (standby, standby);
        expectBadStandby(twice, standby);
        address[] memory nine = new address[](9);
        for (uint256 i = 0; i < 9; ++i) {
            nine[i] = vm.addr(0x1000 + i);
        }
        vm.expectRevert(abi.encodeWithSelector(IOperators.Operators_TooManyStandbys.selector, 9));
        vm.prank(founder);
        operators.setCoordinator(coordinator, nine);
        Validator[] memory set = validatorSet(keys(3));
        set[0].account = standby;
        vm.expectRevert(abi.encodeWithSelector(IOperators.Operators_BadCoordinator.selector, standby));
        vm.prank(founder);
        operators.setValidators(2, set);
    }

    function test_anybodyReplacesAnIdleCoordinator() public {
        uint64 round = openRound(0);
        uint64 idleAt = operators.idleAt();
        vm.assertEq(idleAt, NOW + idle, "idle at");
        vm.warp(idleAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IOperators.Operators_NotIdle.selector, idleAt));
        operators.replaceCoordinator();
        vm.warp(idleAt);
        vm.expectEmit(address(operators));
        emit IOperators.OperatorsSet(2, standby, 2, validatorSet(validatorKeys), one(coordinator));
        vm.expectEmit(address(operators));
        emit IOperators.CoordinatorReplaced(2, coordinator, standby);
        vm.prank(vm.addr(0x5A));
        operators.replaceCoordinator();
        vm.assertEq(operators.coordinator(), standby, "coordinator");
        vm.expectRevert(abi.encodeWithSelector(IOperators.Operators_NotIdle.selector, idleAt + idle));
        operators.replaceCoordinator();
        // The attempt under way was the former one's; it is voided, and the next is the standby's.
        manager.void(round);
        bytes32 version = manager.currentVersion();
        vm.prank(standby);
        manager.open("plan", version, 0, uint64(block.timestamp) + 1 days);
    }

    function test_movesKeepTheCoordinator() public {
        vm.warp(NOW + idle - 1);
        uint64 round = openRound(0);
        vm.warp(block.timestamp + 1 hours);
        commitData(round);
        vm.assertEq(operators.idleAt(), block.timestamp + idle, "since the last move");
        vm.warp(block.timestamp + idle - 1);
        manager.void(round);
        vm.warp(block.timestamp + 1);
        operators.replaceCoordinator();
        vm.assertEq(operators.coordinator(), standby, "a lapse is no move");
    }

    function test_unbondedStandbysAreSkipped() public {
        address second = vm.addr(0xC1);
        address[] memory standbys = new address[](2);
        (standbys[0], standbys[1]) = (standby, second);
        vm.prank(founder);
        operators.setCoordinator(coordinator, standbys);
        vm.prank(standby);
        operators.requestWithdrawal(BOND);
        vm.warp(block.timestamp + idle);
        operators.replaceCoordinator();
        vm.assertEq(operators.coordinator(), second, "the next that is bonded");
        vm.prank(coordinator);
        operators.requestWithdrawal(BOND);
        vm.warp(block.timestamp + idle);
        vm.expectRevert(abi.encodeWithSelector(IOperators.Operators_NoStandby.selector));
        operators.replaceCoordinator();
    }

    /// Whoever was passed over keeps its place; who was replaced comes last.
    function test_theOrderOfStandbysIsKept() public {
        address[] memory standbys = new address[](3);
        (standbys[0], standbys[1], standbys[2]) = (standby, vm.addr(0xC1), vm.addr(0x1000));
        vm.prank(founder);
        operators.setCoordinator(coordinator, standbys);
        vm.prank(standby);
        operators.requestWithdrawal(BOND);
        vm.warp(block.timestamp + idle);
        operators.replaceCoordinator();
        address[] memory left;
        (,,, left) = operators.operatorsOf(operators.operatorsEpoch());
        vm.assertEq(left.length, 3, "as many");
        vm.assertEq(left[0], standby, "passed over");
        vm.assertEq(left[1], vm.addr(0x1000), "the next");
        vm.assertEq(left[2], coordinator, "replaced");
    }

    function keys(uint256 n) private pure returns (uint256[] memory list) {
        list = new uint256[](n);
        for (uint256 i = 0; i < n; ++i) {
            list[i] = 0x1000 + i;
        }
    }

    function expectBadStandby(address[] memory standbys, address bad) private {
        // Validators are bonded; the others are made so.
        vm.expectRevert(abi.encodeWithSelector(IOperators.Operators_BadCoordinator.selector, bad));
        vm.prank(founder);
        operators.setCoordinator(coordinator, standbys);
    }

    function setValidators(uint32 k, uint256[] memory list) private {
        vm.prank(founder);
        operators.setValidators(k, validatorSet(list));
    }

    function expectBadQuorum(uint32 k, uint256 n) private {
        vm.expectRevert(abi.encodeWithSelector(IOperators.Operators_BadQuorum.selector, uint256(k), n));
        setValidators(k, keys(n));
    }

    function expectBadValidator(Validator[] memory set, address account) private {
        vm.expectRevert(abi.encodeWithSelector(IOperators.Operators_BadValidator.selector, account));
        vm.prank(founder);
        operators.setValidators(2, set);
    }

    function validatorCount() private view returns (uint256) {
        (, address[] memory validators) = operators.accountsOf(operators.operatorsEpoch());
        return validators.length;
    }
}
