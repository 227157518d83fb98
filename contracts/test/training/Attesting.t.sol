// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Attestation } from "../../src/training/AttestationTypes.sol";
import { IRoundManager } from "../../src/training/IRoundManager.sol";
import { Status, Validator, VoidReason } from "../../src/training/RoundTypes.sol";
import { Wallet } from "../support/Wallet.sol";
import { World } from "../support/World.sol";

/// commitAttestation: a validator of the attempt, after seed 2, once, before the first reveal, in time
/// reveal
/// ├── given too few commitments, or not all of them and time left: reverts
/// ├── given another result, salt, validator, model, round, attempt, plan, set or evidence: reverts
/// ├── given a signature that is not the validator's: reverts
/// ├── given the k-th equal result: agreed; finalisable at once if nobody is left to reveal, else later
/// └── given the last commitment and no k equal: void
contract AttestingTest is World {
    uint64 private round;

    constructor() {
        deployModel();
        round = roundReadyToAttest(0);
    }

    function test_allAgree() public {
        Attestation memory result = attestation(round);
        bytes32 digest = manager.attestationHash(result);
        for (uint256 i = 0; i < 3; ++i) {
            commit(validatorKeys[i], result);
        }
        vm.assertEq(manager.roundOf(round).commitCount, 3, "commitments");
        reveal(validatorKeys[2], result);
        expectStatus(Status.Closed);
        vm.expectEmit(address(manager));
        emit IRoundManager.AttestationRevealed(round, 0, vm.addr(validatorKeys[0]), digest);
        vm.expectEmit(address(manager));
        emit IRoundManager.AttestationAgreed(round, 0, digest, uint64(block.timestamp) + COMMIT_PERIOD);
        reveal(validatorKeys[0], result);
        expectStatus(Status.Attested);
        vm.assertEq(manager.roundOf(round).agreed, digest, "agreed");
        reveal(validatorKeys[1], result);
        vm.assertEq(manager.votesFor(digest), 3, "votes");
        vm.assertEq(manager.roundOf(round).finalisableAt, block.timestamp, "nobody is left to wait for");
        (bytes32 commitment, bytes32 revealed) = manager.ballotOf(round, 0, vm.addr(validatorKeys[1]));
        vm.assertTrue(commitment != 0, "commitment kept");
        vm.assertEq(revealed, digest, "revealed");
    }

    function test_commitIsForValidators() public {
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_NotValidator.selector, round, coordinator)
        );
        vm.prank(coordinator);
        manager.commitAttestation(round, "c");
    }

    function test_commitTwiceReverts() public {
        address validator = vm.addr(validatorKeys[0]);
        commit(validatorKeys[0], attestation(round));
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_AlreadyCommitted.selector, round, validator)
        );
        vm.prank(validator);
        manager.commitAttestation(round, "other");
    }

    function test_commitOfNothingReverts() public {
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_EmptyHash.selector, round));
        vm.prank(vm.addr(validatorKeys[0]));
        manager.commitAttestation(round, 0);
    }

    function test_commitBeforeSeedTwoReverts() public {
        vm.warp(manager.voidableAt(round));
        manager.void(round);
        round = openRound(0);
        commitData(round);
        seed(round);
        closeRound(round);
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_NoSeed.selector, round));
        vm.prank(vm.addr(validatorKeys[0]));
        manager.commitAttestation(round, "c");
    }

    function test_commitAfterTheDeadlineReverts() public {
        uint64 deadline = manager.roundOf(round).deadline;
        vm.warp(deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_PastDeadline.selector, round, deadline)
        );
        vm.prank(vm.addr(validatorKeys[0]));
        manager.commitAttestation(round, "c");
    }

    function test_copierSeesNothingBeforeItsTimeIsOver() public {
        Attestation memory result = attestation(round);
        commit(validatorKeys[0], result);
        commit(validatorKeys[1], result);
        vm.warp(block.timestamp + COMMIT_PERIOD);
        reveal(validatorKeys[0], result);
        bytes32 commitment = keccak256("copied");
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_CommitsEnded.selector, round));
        vm.prank(vm.addr(validatorKeys[2]));
        manager.commitAttestation(round, commitment);
    }

    function test_copiedCommitmentCannotBeRevealed() public {
        Attestation memory result = attestation(round);
        commit(validatorKeys[0], result);
        (bytes32 copied,) = manager.ballotOf(round, 0, vm.addr(validatorKeys[0]));
        address copier = vm.addr(validatorKeys[1]);
        vm.prank(copier);
        manager.commitAttestation(round, copied);
        commit(validatorKeys[2], result);
        reveal(validatorKeys[0], result);
        bytes memory signature = signed(validatorKeys[1], manager.attestationHash(result));
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_WrongReveal.selector, round, copier, copied)
        );
        manager.reveal(result, copier, salt(validatorKeys[0]), signature);
    }

    function test_revealWaitsForAllOrForTheCommitPeriod() public {
        Attestation memory result = attestation(round);
        uint64 revealableAt = manager.roundOf(round).seededAt + COMMIT_PERIOD;
        bytes memory signature = signed(validatorKeys[0], manager.attestationHash(result));
        commit(validatorKeys[0], result);
        vm.warp(revealableAt);
        expectRevealTooEarly(1, revealableAt);
        manager.reveal(result, vm.addr(validatorKeys[0]), salt(validatorKeys[0]), signature);
        vm.warp(revealableAt - 1);
        commit(validatorKeys[1], result);
        expectRevealTooEarly(2, revealableAt);
        manager.reveal(result, vm.addr(validatorKeys[0]), salt(validatorKeys[0]), signature);
        vm.warp(revealableAt);
        reveal(validatorKeys[0], result);
        reveal(validatorKeys[1], result);
        expectStatus(Status.Attested);
        vm.assertEq(manager.roundOf(round).finalisableAt, block.timestamp, "both are revealed");
    }

    function test_revealOfAnythingForeignReverts() public {
        Attestation memory good = attestation(round);
        for (uint256 i = 0; i < 3; ++i) {
            commit(validatorKeys[i], good);
        }
        Attestation memory bad = attestation(round);
        bad.model = address(this);
        expectForeign(bad);
        bad = attestation(round);
        bad.attempt = 1;
        expectForeign(bad);
        bad = attestation(round);
        bad.planHash = 0;
        expectForeign(bad);
        bad = attestation(round);
        bad.updatesRoot = 0;
        expectForeign(bad);
        bad = attestation(round);
        bad.evidenceHash = 0;
        expectForeign(bad);
        bad = attestation(round);
        bad.versionHash = 0;
        expectForeign(bad);
        bad = attestation(round);
        bad.round = 2;
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_UnknownRound.selector, 2));
        manager.reveal(bad, vm.addr(validatorKeys[0]), 0, "");
    }

    function test_revealOfAnotherResultThanCommittedReverts() public {
        Attestation memory good = attestation(round);
        for (uint256 i = 0; i < 3; ++i) {
            commit(validatorKeys[i], good);
        }
        address validator = vm.addr(validatorKeys[0]);
        Attestation memory other = attestation(round);
        other.evaluation += 1;
        bytes memory signature = signed(validatorKeys[0], manager.attestationHash(other));
        expectWrongReveal(validator);
        manager.reveal(other, validator, salt(validatorKeys[0]), signature);
        signature = signed(validatorKeys[0], manager.attestationHash(good));
        expectWrongReveal(validator);
        manager.reveal(good, validator, "salt", signature);
        expectWrongReveal(coordinator);
        manager.reveal(good, coordinator, salt(validatorKeys[0]), signature);
    }

    function test_revealNeedsTheValidatorsSignature() public {
        Attestation memory result = attestation(round);
        for (uint256 i = 0; i < 3; ++i) {
            commit(validatorKeys[i], result);
        }
        address validator = vm.addr(validatorKeys[0]);
        bytes memory foreign = signed(validatorKeys[1], manager.attestationHash(result));
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_BadSignature.selector, validator));
        manager.reveal(result, validator, salt(validatorKeys[0]), foreign);
    }

    function test_revealTwiceReverts() public {
        Attestation memory result = attestation(round);
        for (uint256 i = 0; i < 3; ++i) {
            commit(validatorKeys[i], result);
        }
        address validator = vm.addr(validatorKeys[0]);
        bytes memory signature = signed(validatorKeys[0], manager.attestationHash(result));
        reveal(validatorKeys[0], result);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_AlreadyRevealed.selector, round, validator)
        );
        manager.reveal(result, validator, salt(validatorKeys[0]), signature);
    }

    function test_revealOfTheFirstAfterTheDeadlineReverts() public {
        Attestation memory result = attestation(round);
        commit(validatorKeys[0], result);
        commit(validatorKeys[1], result);
        uint64 deadline = manager.roundOf(round).deadline;
        vm.warp(deadline + 1);
        bytes memory signature = signed(validatorKeys[0], manager.attestationHash(result));
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_PastDeadline.selector, round, deadline)
        );
        manager.reveal(result, vm.addr(validatorKeys[0]), salt(validatorKeys[0]), signature);
    }

    function test_noAgreementVoidsTheAttempt() public {
        Attestation[3] memory results = [attestation(round), attestation(round), attestation(round)];
        for (uint256 i = 0; i < 3; ++i) {
            results[i].evaluation = int64(int256(i));
            commit(validatorKeys[i], results[i]);
        }
        reveal(validatorKeys[0], results[0]);
        reveal(validatorKeys[1], results[1]);
        expectStatus(Status.Closed);
        vm.expectEmit(address(manager));
        emit IRoundManager.RoundVoided(round, 0, VoidReason.NoAgreement);
        reveal(validatorKeys[2], results[2]);
        expectStatus(Status.Void);
        vm.assertEq(openRound(0), round + 1, "the next round can open");
    }

    function test_oneLiarOfThreeChangesNothing() public {
        Attestation memory honest = attestation(round);
        Attestation memory lie = attestation(round);
        lie.versionHash = keccak256("backdoor");
        commit(validatorKeys[0], lie);
        commit(validatorKeys[1], honest);
        commit(validatorKeys[2], honest);
        reveal(validatorKeys[0], lie);
        reveal(validatorKeys[1], honest);
        reveal(validatorKeys[2], honest);
        vm.assertEq(manager.roundOf(round).agreed, manager.attestationHash(honest), "agreed");
        bytes32 digest = manager.attestationHash(honest);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRoundManager.RoundManager_NotAgreed.selector, round, manager.attestationHash(lie), digest
            )
        );
        manager.finalise(lie, 0, 0, 0, 0);
    }

    function test_liarThatNeverRevealsOnlyDelays() public {
        Attestation memory result = attestation(round);
        for (uint256 i = 0; i < 3; ++i) {
            commit(validatorKeys[i], result);
        }
        reveal(validatorKeys[0], result);
        reveal(validatorKeys[1], result);
        uint64 finalisableAt = uint64(block.timestamp) + COMMIT_PERIOD;
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_TooEarly.selector, round, finalisableAt)
        );
        manager.finalise(result, 0, 0, 0, 0);
        vm.warp(finalisableAt);
        manager.finalise(result, 0, 0, 0, 0);
        expectStatus(Status.Finalised);
    }

    function test_ballotsOfAFormerAttemptDoNotCount() public {
        Attestation memory former = attestation(round);
        commit(validatorKeys[0], former);
        commit(validatorKeys[1], former);
        vm.warp(manager.voidableAt(round));
        manager.void(round);
        vm.prank(coordinator);
        manager.retry(round, keccak256("plan"), uint64(block.timestamp) + 1 days);
        finishUntilSeed2(round);
        vm.assertEq(manager.roundOf(round).commitCount, 0, "commitments");
        expectForeign(former);
        Attestation memory result = attestation(round);
        reveal(validatorKeys[0], result);
        reveal(validatorKeys[1], result);
        expectStatus(Status.Attested);
    }

    function test_validatorMayBeAContract() public {
        Wallet wallet = new Wallet(vm.addr(0x99));
        vm.warp(manager.voidableAt(round));
        manager.void(round);
        Validator[] memory set = new Validator[](1);
        set[0].account = address(wallet);
        depositFor(address(wallet), BOND);
        vm.prank(founder);
        operators.setValidators(1, set);
        round = roundReadyToAttest(0);
        Attestation memory result = attestation(round);
        bytes32 digest = manager.attestationHash(result);
        vm.prank(address(wallet));
        manager.commitAttestation(round, keccak256(abi.encode(digest, address(wallet), bytes32("s"))));
        manager.reveal(result, address(wallet), "s", signed(0x99, digest));
        expectStatus(Status.Attested);
    }

    function expectStatus(Status status) private view {
        vm.assertEq(uint256(manager.roundOf(round).status), uint256(status), "status");
    }

    function expectRevealTooEarly(uint32 count, uint64 revealableAt) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IRoundManager.RoundManager_RevealTooEarly.selector, round, count, revealableAt
            )
        );
    }

    function expectForeign(Attestation memory bad) private {
        bytes32 digest = manager.attestationHash(bad);
        if (manager.roundOf(round).commitCount < 3) {
            for (uint256 i = 0; i < 3; ++i) {
                commit(validatorKeys[i], attestation(round));
            }
        }
        bytes memory signature = signed(validatorKeys[0], digest);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_ForeignAttestation.selector, bad.round, digest)
        );
        manager.reveal(bad, vm.addr(validatorKeys[0]), salt(validatorKeys[0]), signature);
    }

    function expectWrongReveal(address validator) private {
        (bytes32 commitment,) = manager.ballotOf(round, 0, validator);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRoundManager.RoundManager_WrongReveal.selector, round, validator, commitment
            )
        );
    }
}
