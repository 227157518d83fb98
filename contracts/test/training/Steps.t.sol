// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IRoundManager } from "../../src/training/IRoundManager.sol";
import { Round, Status, VoidReason } from "../../src/training/RoundTypes.sol";
import { World } from "../support/World.sol";

/// open: the coordinator, no round under way, the current version, a budget that has accrued, a sane deadline
/// commitData, close: the coordinator, in order, in time, hashes that say something, close after seed 1
/// recordSeed
/// ├── given nothing to record, a known seed, or a block to come: reverts
/// ├── given a block hash out of reach: the attempt is void
/// └── otherwise: the seed, bound to chain, model, round, attempt and root
/// retry: the coordinator, the newest round, void; a new attempt with everything cleared
/// void: anybody, after the deadline; nothing minted, the budget is free again
contract StepsTest is World {
    constructor() {
        deployModel();
    }

    function test_openStartsRoundOne() public {
        vm.expectEmit(address(manager));
        emit IRoundManager.RoundOpened(1, 0, keccak256("plan"), GENESIS, 5e18, NOW + 1 days, 1);
        uint64 round = openRound(5e18);
        Round memory entry = manager.roundOf(round);
        vm.assertEq(round, 1, "id");
        vm.assertEq(manager.roundsCount(), 1, "count");
        expectStatus(round, Status.Open);
        vm.assertEq(entry.planHash, keccak256("plan"), "plan");
        vm.assertEq(entry.parentVersion, GENESIS, "parent");
        vm.assertEq(entry.budget, 5e18, "budget");
        vm.assertEq(entry.deadline, NOW + 1 days, "deadline");
        vm.assertEq(entry.openedBlock, 1000, "block");
    }

    function test_openIsTheCoordinators() public {
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_NotCoordinator.selector, founder, coordinator)
        );
        vm.prank(founder);
        manager.open("plan", GENESIS, 0, NOW + 1);
    }

    function test_openOfABadPlanReverts() public {
        vm.startPrank(coordinator);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_StaleParent.selector, bytes32("old"), GENESIS)
        );
        manager.open("plan", "old", 0, NOW + 1);
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_EmptyHash.selector, 1));
        manager.open(0, GENESIS, 0, NOW + 1);
        uint64[3] memory bad = [NOW, NOW + 30 days + 1, 0];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IRoundManager.RoundManager_BadDeadline.selector, bad[i], uint256(NOW))
            );
            manager.open("plan", GENESIS, 0, bad[i]);
        }
        uint256 accrued = pool.accrued();
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_OverBudget.selector, accrued + 1, accrued)
        );
        manager.open("plan", GENESIS, accrued + 1, NOW + 1);
        manager.open("plan", GENESIS, accrued, NOW + 30 days);
        vm.stopPrank();
    }

    function test_openWhileARoundIsUnderWayReverts() public {
        openRound(0);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_WrongStatus.selector, 1, Status.Open)
        );
        vm.prank(coordinator);
        manager.open("plan", GENESIS, 0, NOW + 1);
    }

    function test_stepsComeInOrder() public {
        uint64 round = openRound(0);
        expectWrongStatus(round);
        closeRound(round);
        expectWrongStatus(round);
        manager.recordSeed(round);
        commitData(round);
        expectWrongStatus(round);
        commitData(round);
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_NoSeed.selector, round));
        closeRound(round);
        seed(round);
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_SeedKnown.selector, round));
        manager.recordSeed(round);
        closeRound(round);
        expectStatus(round, Status.Closed);
        seed(round);
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_SeedKnown.selector, round));
        manager.recordSeed(round);
    }

    function test_stepsAreTheCoordinators() public {
        uint64 round = openRound(0);
        bytes memory refusal = abi.encodeWithSelector(
            IRoundManager.RoundManager_NotCoordinator.selector, address(this), coordinator
        );
        vm.expectRevert(refusal);
        manager.commitData(round, "a", "b");
        commitData(round);
        seed(round);
        vm.expectRevert(refusal);
        manager.close(round, "a", "b");
    }

    function test_stepsNeedHashes() public {
        uint64 round = openRound(0);
        bytes memory refusal = abi.encodeWithSelector(IRoundManager.RoundManager_EmptyHash.selector, round);
        vm.prank(coordinator);
        vm.expectRevert(refusal);
        manager.commitData(round, 0, "b");
        vm.prank(coordinator);
        vm.expectRevert(refusal);
        manager.commitData(round, "a", 0);
        commitData(round);
        seed(round);
        vm.prank(coordinator);
        vm.expectRevert(refusal);
        manager.close(round, 0, "b");
        vm.prank(coordinator);
        vm.expectRevert(refusal);
        manager.close(round, "a", 0);
    }

    function test_stepsAfterTheDeadlineRevert() public {
        uint64 round = openRound(0);
        uint64 deadline = manager.roundOf(round).deadline;
        vm.warp(deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_PastDeadline.selector, round, deadline)
        );
        commitData(round);
        vm.warp(deadline - 10);
        commitData(round);
        seed(round);
        vm.warp(deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_PastDeadline.selector, round, deadline)
        );
        closeRound(round);
    }

    function test_unknownRoundsRevert() public {
        for (uint64 round = 0; round < 2; ++round) {
            bytes memory refusal =
                abi.encodeWithSelector(IRoundManager.RoundManager_UnknownRound.selector, round);
            vm.expectRevert(refusal);
            manager.roundOf(round);
            vm.expectRevert(refusal);
            manager.recordSeed(round);
            vm.expectRevert(refusal);
            manager.void(round);
            vm.expectRevert(refusal);
            manager.retry(round, "plan", NOW + 1);
        }
    }

    function test_seedsAreBoundToWhatCameBefore() public {
        uint64 round = openRound(0);
        vm.expectEmit(address(manager));
        emit IRoundManager.DataCommitted(round, 0, keccak256("commitments"), keccak256("list"), 1002);
        commitData(round);
        vm.roll(1002);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_SeedTooEarly.selector, round, 1002, 1002)
        );
        manager.recordSeed(round);
        vm.roll(1010);
        vm.setBlockhash(1002, keccak256("block 1002"));
        bytes32 expected = keccak256(
            abi.encode(
                keccak256("andel.seed.1"),
                block.chainid,
                address(manager),
                uint256(round),
                uint256(0),
                keccak256("commitments"),
                keccak256("block 1002")
            )
        );
        vm.expectEmit(address(manager));
        emit IRoundManager.SeedRecorded(round, 0, 1, expected);
        vm.assertEq(manager.recordSeed(round), expected, "seed 1");
        vm.expectEmit(address(manager));
        emit IRoundManager.RoundClosed(round, 0, keccak256("updates"), keccak256("evidence"), 1012);
        closeRound(round);
        vm.roll(1013);
        vm.setBlockhash(1012, keccak256("block 1012"));
        expected = keccak256(
            abi.encode(
                keccak256("andel.seed.2"),
                block.chainid,
                address(manager),
                uint256(round),
                uint256(0),
                keccak256("updates"),
                keccak256("block 1012")
            )
        );
        vm.assertEq(manager.recordSeed(round), expected, "seed 2");
        vm.assertEq(manager.roundOf(round).seed2, expected, "seed 2 kept");
        vm.assertEq(manager.roundOf(round).seededAt, block.timestamp, "seeded at");
    }

    function test_seedOutOfReachVoidsTheAttempt() public {
        uint64 round = openRound(0);
        commitData(round);
        vm.roll(1002 + 257);
        vm.expectEmit(address(manager));
        emit IRoundManager.RoundVoided(round, 0, VoidReason.SeedLapsed);
        vm.assertEq(manager.recordSeed(round), bytes32(0), "no seed");
        expectStatus(round, Status.Void);
        vm.assertEq(manager.roundOf(round).settledBlock, 1002 + 257, "block");
        expectWrongStatus(round);
        closeRound(round);
    }

    function test_seedAtTheEdgeOfReachCounts() public {
        uint64 round = openRound(0);
        commitData(round);
        vm.roll(1002 + 256);
        vm.assertTrue(manager.recordSeed(round) != 0, "seed");
    }

    function test_retryStartsACleanAttempt() public {
        uint64 round = openRound(7e18);
        commitData(round);
        seed(round);
        closeRound(round);
        vm.roll(2000);
        manager.recordSeed(round);
        expectStatus(round, Status.Void);
        vm.expectEmit(address(manager));
        emit IRoundManager.RoundOpened(round, 1, keccak256("plan 2"), GENESIS, 7e18, NOW + 2 days, 1);
        vm.prank(coordinator);
        manager.retry(round, keccak256("plan 2"), NOW + 2 days);
        Round memory entry = manager.roundOf(round);
        expectStatus(round, Status.Open);
        vm.assertEq(entry.attempt, 1, "attempt");
        vm.assertEq(entry.budget, 7e18, "budget");
        vm.assertEq(entry.openedBlock, 1000, "opened");
        vm.assertEq(entry.seed1, bytes32(0), "seed 1");
        vm.assertEq(entry.updatesRoot, bytes32(0), "updates");
        vm.assertEq(entry.evidenceHash, bytes32(0), "evidence");
        vm.assertEq(entry.settledBlock, 0, "settled");
        vm.assertEq(manager.roundsCount(), 1, "count");
        commitData(round);
        bytes32 second = seed(round);
        closeRound(round);
        vm.assertTrue(seed(round) != second, "seeds differ");
        agree(attestation(round));
        manager.finalise(attestation(round), 0, 0, 0, 0);
        expectStatus(round, Status.Finalised);
    }

    function test_retryOfALivingOrOldRoundReverts() public {
        uint64 round = openRound(0);
        expectWrongStatus(round);
        manager.retry(round, "plan", NOW + 2);
        vm.warp(NOW + 1 days + 1);
        manager.void(round);
        bytes memory refusal = abi.encodeWithSelector(
            IRoundManager.RoundManager_NotCoordinator.selector, address(this), coordinator
        );
        vm.expectRevert(refusal);
        manager.retry(round, "plan", NOW + 2 days);
        uint64 next = openRound(0);
        vm.assertEq(next, 2, "next round");
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_NotNewest.selector, round, next));
        vm.prank(coordinator);
        manager.retry(round, "plan", NOW + 2 days);
    }

    function test_retryTakesThePresentOperators() public {
        uint64 round = openRound(0);
        vm.warp(NOW + 1 days + 1);
        manager.void(round);
        address next = vm.addr(0xC1);
        depositFor(next, BOND);
        vm.prank(founder);
        operators.setCoordinator(next, new address[](0));
        vm.prank(next);
        manager.retry(round, "plan", NOW + 2 days);
        vm.assertEq(manager.roundOf(round).operatorsEpoch, 2, "epoch");
        vm.prank(next);
        manager.commitData(round, "a", "b");
    }

    function test_voidIsForAnybodyAfterTheDeadline() public {
        uint64 round = openRound(pool.accrued());
        uint64 from = manager.voidableAt(round);
        vm.assertEq(from, NOW + 1 days + 1, "voidable at");
        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_NotVoidable.selector, round, from));
        manager.void(round);
        vm.warp(from);
        vm.expectEmit(address(manager));
        emit IRoundManager.RoundVoided(round, 0, VoidReason.Deadline);
        manager.void(round);
        expectStatus(round, Status.Void);
        vm.assertEq(pool.minted(), 0, "minted");
        expectWrongStatus(round);
        manager.void(round);
        vm.assertEq(openRound(pool.accrued()), 2, "the emission is free for the next round");
    }

    function expectStatus(uint64 round, Status status) private view {
        vm.assertEq(uint256(manager.roundOf(round).status), uint256(status), "status");
    }

    function expectWrongStatus(uint64 round) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IRoundManager.RoundManager_WrongStatus.selector, round, manager.roundOf(round).status
            )
        );
    }
}
