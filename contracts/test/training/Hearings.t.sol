// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Attestation } from "../../src/training/AttestationTypes.sol";
import { Hearing, IDisputes, Outcome } from "../../src/training/IDisputes.sol";
import { IRoundManager } from "../../src/training/IRoundManager.sol";
import { Status, VoidReason } from "../../src/training/RoundTypes.sol";
import { ClaimTree } from "../support/ClaimTree.sol";
import { World } from "../support/World.sol";

/// challenge: anybody, in the window, with its bond, once. The attempt is halted, and only it
/// commitWord, revealWord: fully bonded validators of the attempt, in their time
/// conclude: two thirds for what was agreed, for another digest, or for none
contract HearingsTest is World {
    uint256 private constant BUDGET = 100_000e18;
    /// A tenth of what the budget is held to be worth.
    uint256 private constant STAKE = 0.01 ether;

    address private challenger = vm.addr(0xCA);
    address private contributor = vm.addr(0xCC);
    Attestation private agreed;
    bytes32 private truth = keccak256("what a replay gives");

    constructor() {
        (window, idle) = (1 days, 4 days);
        deployModel();
        vm.deal(challenger, 1 ether);
    }

    function test_challengeIsForTheWindowWithItsBondOnce() public {
        uint64 round = roundReadyToAttest(BUDGET);
        expectNotChallengeable(round);
        round = agreeOn(round);
        vm.assertEq(disputes.challengeBondOf(round), STAKE, "a tenth of the worth");
        vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_WrongBond.selector, STAKE - 1, STAKE));
        vm.prank(challenger);
        disputes.challenge{ value: STAKE - 1 }(round, truth);
        bytes32 digest = manager.attestationHash(agreed);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_BadDigest.selector, digest));
        vm.prank(challenger);
        disputes.challenge{ value: STAKE }(round, digest);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_BadDigest.selector, bytes32(0)));
        vm.prank(challenger);
        disputes.challenge{ value: STAKE }(round, 0);
        challenge(round);
        Hearing memory hearing = disputes.hearingOf(round, 0);
        vm.assertEq(hearing.challenger, challenger, "challenger");
        vm.assertEq(hearing.commitUntil, block.timestamp + HEARING, "commit until");
        vm.assertEq(hearing.revealUntil, block.timestamp + 2 * HEARING, "reveal until");
        vm.assertEq(hearing.n, 3, "n");
        vm.expectRevert(
            abi.encodeWithSelector(IDisputes.Disputes_AlreadyChallenged.selector, round, uint32(0))
        );
        vm.prank(challenger);
        disputes.challenge{ value: STAKE }(round, truth);
    }

    function test_challengeAfterTheWindowReverts() public {
        uint64 round = agreeOn(roundReadyToAttest(BUDGET));
        vm.warp(manager.roundOf(round).finalisableAt);
        expectNotChallengeable(round);
    }

    function test_smallBudgetCostsTheFloor() public {
        uint64 round = agreeOn(roundReadyToAttest(1e18));
        vm.assertEq(disputes.challengeBondOf(round), FLOOR, "floor");
    }

    function test_haltedAttemptWaitsForItsHearing() public {
        uint64 round = agreeOn(roundReadyToAttest(BUDGET));
        challenge(round);
        vm.warp(block.timestamp + 30 days);
        bytes memory refusal =
            abi.encodeWithSelector(IRoundManager.RoundManager_WrongStatus.selector, round, Status.Challenged);
        vm.expectRevert(refusal);
        manager.finalise(agreed, 0, 0, 0, 0);
        vm.expectRevert(refusal);
        manager.void(round);
        bytes32 parent = manager.currentVersion();
        vm.expectRevert(refusal);
        vm.prank(coordinator);
        manager.open("plan", parent, 0, uint64(block.timestamp) + 1 days);
    }

    function test_upheldPaysWhoSaidSoAndGoesOn() public {
        uint64 round = agreeOn(roundReadyToAttest(BUDGET));
        challenge(round);
        bytes32 digest = manager.attestationHash(agreed);
        speak(round, digest, digest, truth);
        vm.expectEmit(address(disputes));
        emit IDisputes.ChallengeConcluded(round, 0, Outcome.Upheld, digest);
        disputes.conclude(round);
        vm.assertEq(owed(0), STAKE / 2, "first");
        vm.assertEq(owed(1), STAKE / 2, "second");
        vm.assertEq(owed(2), 0, "said something else");
        vm.assertEq(disputes.owedTo(challenger), 0, "challenger");
        address validator = vm.addr(validatorKeys[0]);
        vm.prank(validator);
        disputes.withdraw();
        vm.assertEq(validator.balance, STAKE / 2, "paid");
        vm.assertEq(uint256(manager.roundOf(round).status), uint256(Status.Attested), "goes on");
        expectNoHearing(round);
        vm.warp(manager.roundOf(round).finalisableAt);
        manager.finalise(agreed, 0, 0, 0, 0);
    }

    function test_upheldAfterTheWindowIsFinalAtOnceAndForADay() public {
        uint64 round = agreeOn(roundReadyToAttest(BUDGET));
        vm.warp(manager.roundOf(round).finalisableAt - 1);
        challenge(round);
        bytes32 digest = manager.attestationHash(agreed);
        speak(round, digest, digest, digest);
        vm.warp(block.timestamp + 20 days);
        disputes.conclude(round);
        vm.assertEq(manager.voidableAt(round), block.timestamp + 1 days, "a day to finalise");
        vm.expectPartialRevert(IDisputes.Disputes_AlreadyChallenged.selector);
        vm.prank(challenger);
        disputes.challenge{ value: STAKE }(round, truth);
        manager.finalise(agreed, 0, 0, 0, 0);
        vm.assertEq(disputes.burned(), STAKE % 3, "what does not divide");
    }

    function test_overturnedVoidsAndPaysTheChallenger() public {
        uint64 round = agreeOn(roundReadyToAttest(BUDGET));
        challenge(round);
        speak(round, truth, truth, manager.attestationHash(agreed));
        vm.expectEmit(address(manager));
        emit IRoundManager.RoundVoided(round, 0, VoidReason.Overturned);
        disputes.conclude(round);
        vm.assertEq(bondedOf(vm.addr(validatorKeys[0])), BOND - BOND / 10, "corrected itself");
        vm.assertEq(bondedOf(vm.addr(validatorKeys[1])), BOND - BOND / 10, "corrected itself");
        vm.assertEq(bondedOf(vm.addr(validatorKeys[2])), 0, "stayed with it");
        vm.assertEq(disputes.owedTo(challenger), STAKE, "its bond");
        vm.assertEq(operators.rewardOf(challenger), BOND / 20 * 2 + BOND / 2, "half of what was slashed");
        vm.assertEq(pool.minted(), 0, "nothing minted");
        vm.warp(block.timestamp + window);
        vm.expectPartialRevert(IRoundManager.RoundManager_WrongStatus.selector);
        manager.finalise(agreed, 0, 0, 0, 0);
    }

    function test_overturnedForAThirdDigestRewardsNobody() public {
        uint64 round = agreeOn(roundReadyToAttest(BUDGET));
        challenge(round);
        speak(round, keccak256("third"), keccak256("third"), keccak256("third"));
        disputes.conclude(round);
        vm.assertEq(operators.rewardOf(challenger), 0, "it was not its digest");
        vm.assertEq(disputes.owedTo(challenger), STAKE, "its bond");
        vm.assertEq(operators.burned(), 3 * (BOND / 10), "burned");
    }

    function test_whoDidNotAttestTheLieIsNotSlashedForIt() public {
        uint64 round = roundReadyToAttest(BUDGET);
        Attestation memory honest = attestation(round);
        honest.versionHash = truth;
        agreed = attestation(round);
        commit(validatorKeys[0], agreed);
        commit(validatorKeys[1], agreed);
        commit(validatorKeys[2], honest);
        reveal(validatorKeys[0], agreed);
        reveal(validatorKeys[1], agreed);
        reveal(validatorKeys[2], honest);
        truth = manager.attestationHash(honest);
        challenge(round);
        speak(round, truth, manager.attestationHash(agreed), truth);
        disputes.conclude(round);
        vm.assertEq(bondedOf(vm.addr(validatorKeys[0])), BOND - BOND / 10, "corrected itself");
        vm.assertEq(bondedOf(vm.addr(validatorKeys[1])), 0, "stayed with it");
        vm.assertEq(bondedOf(vm.addr(validatorKeys[2])), BOND, "was right all along");
    }

    function test_undecidedVoidsAndReturnsTheBondLessAFee() public {
        uint64 round = agreeOn(roundReadyToAttest(BUDGET));
        challenge(round);
        bytes32 digest = manager.attestationHash(agreed);
        commitWord(round, 0, digest);
        commitWord(round, 1, truth);
        vm.warp(block.timestamp + HEARING + 1);
        revealWord(round, 0, digest);
        revealWord(round, 1, truth);
        expectWrongTime(round);
        vm.warp(block.timestamp + HEARING);
        disputes.conclude(round);
        vm.assertEq(uint256(manager.roundOf(round).voidReason), uint256(VoidReason.Undecided), "void");
        vm.assertEq(owed(0), STAKE / 40, "half of a twentieth");
        vm.assertEq(owed(1), STAKE / 40, "half of a twentieth");
        vm.assertEq(disputes.owedTo(challenger), STAKE - STAKE / 20, "the rest");
        vm.assertEq(bondedOf(vm.addr(validatorKeys[0])), BOND, "spoke");
        vm.assertEq(bondedOf(vm.addr(validatorKeys[2])), BOND - BOND / 100, "kept silent");
        vm.prank(coordinator);
        manager.retry(round, "plan", uint64(block.timestamp) + 1 days);
    }

    function test_nobodySpeaksAndNobodyIsPaid() public {
        uint64 round = agreeOn(roundReadyToAttest(BUDGET));
        challenge(round);
        vm.warp(block.timestamp + 2 * HEARING + 1);
        disputes.conclude(round);
        vm.assertEq(disputes.owedTo(challenger), STAKE, "no fee");
        vm.assertEq(operators.burned(), 3 * (BOND / 100), "all were silent");
    }

    function test_wordsAreForValidatorsInTheirTime() public {
        uint64 round = agreeOn(roundReadyToAttest(BUDGET));
        expectNoHearing(round);
        challenge(round);
        vm.expectPartialRevert(IDisputes.Disputes_NotValidator.selector);
        vm.prank(coordinator);
        disputes.commitWord(round, "c");
        address validator = vm.addr(validatorKeys[0]);
        vm.expectPartialRevert(IDisputes.Disputes_WrongWord.selector);
        vm.prank(validator);
        disputes.commitWord(round, 0);
        commitWord(round, 0, truth);
        vm.expectPartialRevert(IDisputes.Disputes_WrongWord.selector);
        vm.prank(validator);
        disputes.commitWord(round, "again");
        vm.expectPartialRevert(IDisputes.Disputes_WrongTime.selector);
        vm.prank(validator);
        disputes.revealWord(round, truth, "salt");
        vm.prank(address(disputes));
        operators.slash(vm.addr(validatorKeys[1]), 1, address(0));
        vm.expectPartialRevert(IDisputes.Disputes_NotValidator.selector);
        vm.prank(vm.addr(validatorKeys[1]));
        disputes.commitWord(round, "c");
        vm.warp(block.timestamp + HEARING + 1);
        vm.expectPartialRevert(IDisputes.Disputes_WrongTime.selector);
        vm.prank(vm.addr(validatorKeys[2]));
        disputes.commitWord(round, "c");
        vm.expectPartialRevert(IDisputes.Disputes_WrongWord.selector);
        vm.prank(validator);
        disputes.revealWord(round, truth, "another salt");
        // A copied commitment is worth nothing to another: it names who committed.
        vm.expectPartialRevert(IDisputes.Disputes_WrongWord.selector);
        vm.prank(vm.addr(validatorKeys[2]));
        disputes.revealWord(round, truth, "salt");
        revealWord(round, 0, truth);
        vm.expectPartialRevert(IDisputes.Disputes_WrongWord.selector);
        vm.prank(validator);
        disputes.revealWord(round, truth, "salt");
        (, bytes32 said) = disputes.wordOf(round, 0, validator);
        vm.assertEq(said, truth, "kept");
        vm.warp(block.timestamp + HEARING);
        disputes.conclude(round);
    }

    function test_attemptVoidedMeanwhileDropsTheHearing() public {
        uint64 round = agreeOn(roundReadyToAttest(BUDGET));
        challenge(round);
        Attestation memory other = agreed;
        other.versionHash = "other";
        for (uint256 i = 0; i < 2; ++i) {
            disputes.reportEquivocation(
                agreed,
                signed(validatorKeys[i], manager.attestationHash(agreed)),
                other,
                signed(validatorKeys[i], manager.attestationHash(other)),
                vm.addr(validatorKeys[i])
            );
        }
        vm.assertEq(uint256(manager.roundOf(round).voidReason), uint256(VoidReason.VotesLost), "void");
        vm.prank(coordinator);
        vm.expectRevert();
        manager.retry(round, "plan", uint64(block.timestamp) + 1 days);
        disputes.conclude(round);
        vm.assertEq(uint256(disputes.hearingOf(round, 0).outcome), uint256(Outcome.Dropped), "dropped");
        vm.assertEq(disputes.owedTo(challenger), STAKE, "its bond");
        vm.assertEq(bondedOf(vm.addr(validatorKeys[2])), BOND, "nobody pays for silence");
    }

    function test_earlierRootsStayClaimable() public {
        uint256 earned = 500e18;
        (bytes32 root, bytes32[] memory proof) = ClaimTree.single(contributor, earned, earned, 4, 1);
        uint64 first = roundReadyToAttest(BUDGET);
        Attestation memory result = attestation(first, root, earned, earned, 1);
        agree(result);
        vm.warp(manager.roundOf(first).finalisableAt);
        manager.finalise(result, root, earned, earned, 1);
        uint64 second = agreeOn(roundReadyToAttest(BUDGET));
        challenge(second);
        vm.assertEq(pool.claim(contributor, earned, earned, proof), earned, "while the next is heard");
        speak(second, truth, truth, truth);
        disputes.conclude(second);
        vm.assertEq(pool.claimsRoot(), root, "root");
        vm.assertEq(pool.claim(contributor, earned, earned, proof), 0, "and nothing twice");
        vm.assertEq(pool.claimOperator(coordinator), earned * BPS / (10_000 - BPS) / 4, "operators too");
    }

    function agreeOn(uint64 round) private returns (uint64) {
        agreed = attestation(round);
        agree(agreed);
        return round;
    }

    function challenge(uint64 round) private {
        vm.prank(challenger);
        disputes.challenge{ value: STAKE }(round, truth);
    }

    function speak(uint64 round, bytes32 first, bytes32 second, bytes32 third) private {
        bytes32[3] memory words = [first, second, third];
        for (uint256 i = 0; i < 3; ++i) {
            commitWord(round, i, words[i]);
        }
        for (uint256 i = 0; i < 3; ++i) {
            revealWord(round, i, words[i]);
        }
    }

    function commitWord(uint64 round, uint256 index, bytes32 digest) private {
        address validator = vm.addr(validatorKeys[index]);
        bytes32 commitment = disputes.wordCommitmentOf(round, 0, digest, validator, "salt");
        vm.prank(validator);
        disputes.commitWord(round, commitment);
    }

    function revealWord(uint64 round, uint256 index, bytes32 digest) private {
        vm.prank(vm.addr(validatorKeys[index]));
        disputes.revealWord(round, digest, "salt");
    }

    function owed(uint256 index) private view returns (uint256) {
        return disputes.owedTo(vm.addr(validatorKeys[index]));
    }

    function expectNotChallengeable(uint64 round) private {
        vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_NotChallengeable.selector, round));
        vm.prank(challenger);
        disputes.challenge{ value: STAKE }(round, truth);
    }

    function expectNoHearing(uint64 round) private {
        vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_NoHearing.selector, round));
        disputes.conclude(round);
    }

    function expectWrongTime(uint64 round) private {
        vm.expectPartialRevert(IDisputes.Disputes_WrongTime.selector);
        disputes.conclude(round);
    }
}
