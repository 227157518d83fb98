// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Attestation } from "../../src/training/AttestationTypes.sol";
import { IDisputes } from "../../src/training/IDisputes.sol";
import { IHaltable } from "../../src/training/IHaltable.sol";
import { Status, VoidReason } from "../../src/training/RoundTypes.sol";
import { World } from "../support/World.sol";

/// reportEquivocation
/// ├── given another model, round, attempt or set, equal results, or a signature that is not the validator's: reverts
/// └── given two results for one set: a whole bond, its vote taken out; once for each pair
/// halt, resume, annul, dropVote: only Disputes
contract OffencesTest is World {
    uint64 private round;
    Attestation private first;
    Attestation private second;
    address private validator = vm.addr(validatorKeys[0]);

    constructor() {
        (window, idle) = (1 days, 4 days);
        deployModel();
        round = roundReadyToAttest(0);
        first = attestation(round);
        second = attestation(round);
        second.versionHash = "another version";
    }

    function test_twoResultsForOneSetCostTheBondOnce() public {
        (bytes32 a, bytes32 b) = (manager.attestationHash(first), manager.attestationHash(second));
        if (b < a) (a, b) = (b, a);
        vm.expectEmit(address(disputes));
        emit IDisputes.EquivocationShown(validator, a, b);
        report(first, second, validatorKeys[0], validatorKeys[0]);
        vm.assertEq(bondedOf(validator), 0, "a whole bond");
        vm.assertEq(operators.rewardOf(address(this)), BOND / 2, "half");
        expectNoOffence(first, second, validatorKeys[0], validatorKeys[0]);
        expectNoOffence(second, first, validatorKeys[0], validatorKeys[0]);
    }

    function test_anOffenceCostsAtMostOneBond() public {
        depositFor(validator, 5 ether);
        report(first, second, validatorKeys[0], validatorKeys[0]);
        vm.assertEq(bondedOf(validator), 5 ether, "however much lies there");
    }

    function test_whatIsNoEquivocationReverts() public {
        expectNoOffence(first, first, validatorKeys[0], validatorKeys[0]);
        expectNoOffence(first, second, validatorKeys[0], validatorKeys[1]);
        expectNoOffence(first, second, validatorKeys[1], validatorKeys[0]);
        Attestation memory other = second;
        other.round = 2;
        expectNoOffence(first, other, validatorKeys[0], validatorKeys[0]);
        other = second;
        other.attempt = 1;
        expectNoOffence(first, other, validatorKeys[0], validatorKeys[0]);
        other = second;
        other.updatesRoot = "another set";
        expectNoOffence(first, other, validatorKeys[0], validatorKeys[0]);
        other = second;
        other.model = address(this);
        expectNoOffence(first, other, validatorKeys[0], validatorKeys[0]);
        vm.assertEq(bondedOf(validator), BOND, "nothing lost");
    }

    function test_equivocatorsVoteIsTakenOutOfAnAgreement() public {
        agree(first);
        report(first, second, validatorKeys[0], validatorKeys[0]);
        bytes32 digest = manager.attestationHash(first);
        vm.assertEq(manager.votesFor(digest), 2, "votes left");
        vm.assertEq(uint256(manager.roundOf(round).status), uint256(Status.Attested), "k are left");
        report(first, second, validatorKeys[1], validatorKeys[1]);
        vm.assertEq(uint256(manager.roundOf(round).voidReason), uint256(VoidReason.VotesLost), "void");
    }

    function test_equivocatorIsNotPaid() public {
        agree(first);
        report(first, second, validatorKeys[0], validatorKeys[0]);
        vm.warp(manager.roundOf(round).finalisableAt);
        manager.finalise(first, 0, 0, 0, 0);
        (, bytes32 revealed) = manager.ballotOf(round, 0, validator);
        vm.assertEq(revealed, bytes32(uint256(1)), "taken out");
    }

    function test_equivocatorStopsNobodyElseFromCommitting() public {
        commit(validatorKeys[0], first);
        report(first, second, validatorKeys[0], validatorKeys[0]);
        vm.assertEq(manager.roundOf(round).commitCount, 0, "as if it had never committed");
        commit(validatorKeys[1], first);
        commit(validatorKeys[2], first);
        vm.warp(block.timestamp + COMMIT_PERIOD);
        vm.expectRevert();
        this.revealAgain(validatorKeys[0]);
        reveal(validatorKeys[1], first);
        reveal(validatorKeys[2], first);
        vm.assertEq(uint256(manager.roundOf(round).status), uint256(Status.Attested), "agreed");
    }

    function test_lastVoteThatIsTakenOutEndsAnAttemptWithoutAgreement() public {
        commit(validatorKeys[0], first);
        commit(validatorKeys[1], second);
        vm.warp(block.timestamp + COMMIT_PERIOD);
        reveal(validatorKeys[1], second);
        report(first, second, validatorKeys[0], validatorKeys[0]);
        vm.assertEq(uint256(manager.roundOf(round).voidReason), uint256(VoidReason.NoAgreement), "void");
    }

    function test_finalRoundsAreOutOfReach() public {
        agree(first);
        vm.warp(manager.roundOf(round).finalisableAt);
        manager.finalise(first, 0, 0, 0, 0);
        bytes32 before = keccak256(abi.encode(manager.roundOf(round)));
        for (uint256 i = 0; i < 3; ++i) {
            report(first, second, validatorKeys[i], validatorKeys[i]);
        }
        vm.assertEq(keccak256(abi.encode(manager.roundOf(round))), before, "as it was");
        vm.assertEq(bondedOf(validator), 0, "but it costs");
    }

    function test_onlyDisputesHaltResumeAnnulOrDrop() public {
        vm.startPrank(founder);
        vm.expectPartialRevert(IHaltable.RoundManager_NotDisputes.selector);
        manager.halt(round);
        vm.expectPartialRevert(IHaltable.RoundManager_NotDisputes.selector);
        manager.resume(round);
        vm.expectPartialRevert(IHaltable.RoundManager_NotDisputes.selector);
        manager.annul(round, VoidReason.Fraud);
        vm.expectPartialRevert(IHaltable.RoundManager_NotDisputes.selector);
        manager.dropVote(validator);
        vm.stopPrank();
    }

    function revealAgain(uint256 key) external {
        reveal(key, first);
    }

    function report(Attestation memory a, Attestation memory b, uint256 keyA, uint256 keyB) private {
        disputes.reportEquivocation(
            a,
            signed(keyA, manager.attestationHash(a)),
            b,
            signed(keyB, manager.attestationHash(b)),
            vm.addr(keyA)
        );
    }

    function expectNoOffence(Attestation memory a, Attestation memory b, uint256 keyA, uint256 keyB) private {
        bytes memory signatureA = signed(keyA, manager.attestationHash(a));
        bytes memory signatureB = signed(keyB, manager.attestationHash(b));
        vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_NoOffence.selector, vm.addr(keyA)));
        disputes.reportEquivocation(a, signatureA, b, signatureB, vm.addr(keyA));
    }
}
