// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Attestation } from "../../src/training/AttestationTypes.sol";
import { IOperators } from "../../src/training/IOperators.sol";
import { IRoundManager } from "../../src/training/IRoundManager.sol";
import { Status } from "../../src/training/RoundTypes.sol";
import { Governed } from "../support/Governed.sol";

/// A key of an operator that was lost or stolen: who puts another in its place, what goes on meanwhile, and what becomes
/// of its bond. Owners' and devices' keys: device/Sponsored.t.sol; a node's: tests/attacks/test_stolen_node.py.
contract KeyRotationTest is Governed {
    uint256 private constant NEW_KEY = 0x31;
    address private former = vm.addr(0x13);

    constructor() {
        deployGovernedAndHeld();
    }

    function test_aVoteGivesAValidatorAnotherKeyAndItsBondComesBack() public {
        replaceThirdValidator();
        uint64 round = roundReadyToAttest(0);
        Attestation memory result = attestation(round);
        bytes32 commitment = keccak256("whatever the thief says");
        vm.expectPartialRevert(IRoundManager.RoundManager_NotValidator.selector);
        vm.prank(former);
        manager.commitAttestation(round, commitment);
        agreeBy(0x11, NEW_KEY, result);
        manager.finalise(result, 0, 0, 0, 0);
        vm.assertEq(uint256(manager.roundOf(round).status), uint256(Status.Finalised), "by the new key");
        // named no longer, it takes everything; somebody else pays for the gas
        vm.prank(former);
        operators.requestWithdrawal(BOND);
        vm.warp(block.timestamp + unbonding);
        operators.withdrawFor(former);
        vm.assertEq(former.balance, BOND, "its own");
    }

    function test_aValidatorWhoseKeyIsLostHoldsUpNothingWhileKAreLeft() public {
        uint64 round = roundReadyToAttest(0);
        Attestation memory result = attestation(round);
        commit(0x11, result);
        commit(0x12, result);
        // the commit period ends without the third
        vm.warp(block.timestamp + COMMIT_PERIOD);
        reveal(0x11, result);
        reveal(0x12, result);
        manager.finalise(result, 0, 0, 0, 0);
        vm.assertEq(uint256(manager.roundOf(round).status), uint256(Status.Finalised), "two of three");
    }

    function test_theBondOfALostKeyStaysForEver() public {
        replaceThirdValidator();
        vm.warp(block.timestamp + 3650 days);
        vm.expectRevert(
            abi.encodeWithSelector(IOperators.Operators_NotWithdrawable.selector, former, uint64(0))
        );
        operators.withdrawFor(former);
        vm.assertEq(bondedOf(former), BOND, "nobody else's");
    }

    function test_roundsWithFewerThanKValidatorsMintNothingUntilAVoteNamesOthers() public {
        uint64 round = roundReadyToAttest(0);
        commit(0x11, attestation(round));
        vm.warp(manager.voidableAt(round));
        manager.void(round);
        vm.assertEq(pool.minted(), 0, "nothing");
        uint256[] memory keys = new uint256[](3);
        (keys[0], keys[1], keys[2]) = (0x11, NEW_KEY, 0x32);
        depositFor(vm.addr(NEW_KEY), BOND);
        depositFor(vm.addr(0x32), BOND);
        decide(address(operators), abi.encodeCall(operators.setValidators, (2, validatorSet(keys))));
        vm.roll(block.number + 1);
        round = roundReadyToAttest(0);
        Attestation memory result = attestation(round);
        agreeBy(NEW_KEY, 0x32, result);
        manager.finalise(result, 0, 0, 0, 0);
    }

    function test_aVoteTakesTheCoordinatorsPlaceFromAStolenKey() public {
        decide(address(operators), abi.encodeCall(operators.setCoordinator, (standby, new address[](0))));
        bytes32 parent = manager.currentVersion();
        vm.expectPartialRevert(IRoundManager.RoundManager_NotCoordinator.selector);
        vm.prank(coordinator);
        manager.open(keccak256("plan"), parent, 0, uint64(block.timestamp) + 1 days);
        vm.prank(standby);
        manager.open(keccak256("plan"), parent, 0, uint64(block.timestamp) + 1 days);
    }

    /// No vote is needed, and no longer than the idle period: a lost key is quicker answered than a stolen one.
    function test_aStandbyTakesTheCoordinatorsPlaceFromALostKeyWithoutAVote() public {
        vm.warp(operators.idleAt());
        vm.prank(stranger);
        vm.assertEq(operators.replaceCoordinator(), standby, "the next one");
        bytes32 parent = manager.currentVersion();
        vm.prank(standby);
        manager.open(keccak256("plan"), parent, 0, uint64(block.timestamp) + 1 days);
    }

    function replaceThirdValidator() private {
        uint256[] memory keys = new uint256[](3);
        (keys[0], keys[1], keys[2]) = (0x11, 0x12, NEW_KEY);
        depositFor(vm.addr(NEW_KEY), BOND);
        decide(address(operators), abi.encodeCall(operators.setValidators, (2, validatorSet(keys))));
        vm.roll(block.number + 1);
    }

    function agreeBy(uint256 first, uint256 second, Attestation memory result) private {
        commit(first, result);
        commit(second, result);
        vm.warp(block.timestamp + COMMIT_PERIOD);
        reveal(first, result);
        reveal(second, result);
    }
}
