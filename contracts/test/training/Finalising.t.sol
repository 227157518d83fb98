// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Launch } from "../../src/ledger/LaunchTypes.sol";
import { Attestation } from "../../src/training/AttestationTypes.sol";
import { IRoundManager } from "../../src/training/IRoundManager.sol";
import { Round, Status } from "../../src/training/RoundTypes.sol";
import { IRewardPool } from "../../src/value/IRewardPool.sol";
import { ClaimTree } from "../support/ClaimTree.sol";
import { World } from "../support/World.sol";

/// finalise
/// ├── given no agreement, another result, or the window still open: reverts
/// ├── given values that are not behind the value root, no gain, or more than the budget: reverts
/// ├── given a total or root that does not follow from what was minted: reverts
/// └── otherwise, whoever calls: version and state in place, minted once, operators credited, events
/// void of an agreed result: only when a day has passed in which nobody could finalise it
contract FinalisingTest is World {
    address private contributor = vm.addr(0xCC);

    constructor() {
        deployModel();
    }

    function test_finaliseMintsAndInstalls() public {
        uint256 minted = 950e18;
        (bytes32 root, bytes32[] memory proof) = ClaimTree.single(contributor, minted, minted, 4, 1);
        uint64 round = roundReadyToAttest(1000e18);
        Attestation memory result = attestation(round, root, minted, minted, 42);
        agree(result);
        // 950 is 95 % of 1000, so operators get 50, in four parts of 12.5.
        vm.expectEmit(address(manager));
        emit IRoundManager.RoundFinalised(
            round, 0, result.versionHash, result.valueRoot, result.stateHash, -17, minted
        );
        vm.expectEmit(address(manager));
        emit IRoundManager.ValueOpened(round, 0, root, minted, minted, 50e18, 42);
        vm.expectEmit(address(pool));
        emit IRewardPool.RoundCredited(round, root, minted, minted, 50e18);
        vm.prank(vm.addr(0x5A));
        manager.finalise(result, root, minted, minted, 42);

        Round memory entry = manager.roundOf(round);
        vm.assertEq(uint256(entry.status), uint256(Status.Finalised), "status");
        vm.assertEq(entry.versionHash, result.versionHash, "version kept");
        vm.assertEq(entry.valueRoot, result.valueRoot, "value root kept");
        vm.assertEq(entry.stateHash, result.stateHash, "state kept");
        vm.assertEq(entry.evaluation, -17, "evaluation kept");
        vm.assertEq(entry.minted, minted, "minted kept");
        vm.assertEq(entry.settledBlock, block.number, "block");
        vm.assertEq(manager.currentVersion(), result.versionHash, "current version");
        vm.assertEq(manager.stateHash(), result.stateHash, "state");
        vm.assertTrue(manager.isFinalVersion(result.versionHash), "final");
        vm.assertEq(manager.versionRound(result.versionHash), round, "round of the version");
        vm.assertEq(pool.minted(), 1000e18, "minted in all");
        vm.assertEq(pool.operatorBalance(coordinator), 12.5e18, "coordinator");
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(pool.operatorBalance(vm.addr(validatorKeys[i])), 12.5e18, "validator");
        }
        vm.assertEq(pool.claim(contributor, minted, minted, proof), minted, "paid");
        vm.assertEq(token.balanceOf(contributor), minted, "balance");
    }

    function test_onlyWhoAgreedIsPaid() public {
        uint64 round = roundReadyToAttest(1000e18);
        Attestation memory result = attestation(round, "root", 95e18, 95e18, 1);
        Attestation memory lie = attestation(round, "root", 96e18, 96e18, 1);
        commit(validatorKeys[0], result);
        commit(validatorKeys[1], lie);
        commit(validatorKeys[2], result);
        reveal(validatorKeys[0], result);
        reveal(validatorKeys[2], result);
        reveal(validatorKeys[1], lie);
        uint256 each = uint256(5e18) / 3;
        vm.expectEmit(address(manager));
        emit IRoundManager.ValueOpened(round, 0, "root", 95e18, 95e18, 3 * each, 1);
        manager.finalise(result, "root", 95e18, 95e18, 1);
        vm.assertEq(pool.operatorBalance(coordinator), each, "coordinator");
        vm.assertEq(pool.operatorBalance(vm.addr(validatorKeys[0])), each, "agreed");
        vm.assertEq(pool.operatorBalance(vm.addr(validatorKeys[1])), 0, "lied");
        vm.assertEq(pool.operatorBalance(vm.addr(validatorKeys[2])), each, "agreed too");
        vm.assertEq(pool.minted(), 95e18 + 3 * each, "what does not divide is not minted");
    }

    function test_finaliseTwiceReverts() public {
        uint64 round = runRound(0, 0, 0);
        Attestation memory result = attestation(round);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_WrongStatus.selector, round, Status.Finalised)
        );
        manager.finalise(result, 0, 0, 0, 0);
    }

    function test_finaliseWithoutAgreementReverts() public {
        uint64 round = roundReadyToAttest(0);
        Attestation memory result = attestation(round);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_WrongStatus.selector, round, Status.Closed)
        );
        manager.finalise(result, 0, 0, 0, 0);
    }

    function test_finaliseWithOtherValuesReverts() public {
        uint64 round = roundReadyToAttest(1000e18);
        Attestation memory result = attestation(round, "root", 10, 10, 1);
        agree(result);
        expectWrongValue(result);
        manager.finalise(result, "toor", 10, 10, 1);
        expectWrongValue(result);
        manager.finalise(result, "root", 11, 10, 1);
        expectWrongValue(result);
        manager.finalise(result, "root", 10, 11, 1);
        expectWrongValue(result);
        manager.finalise(result, "root", 10, 10, 2);
        manager.finalise(result, "root", 10, 10, 1);
    }

    function test_roundWithoutGainMintsNothing() public {
        uint64 round = roundReadyToAttest(1000e18);
        Attestation memory result = attestation(round, "root", 10, 10, 0);
        agree(result);
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_NoGain.selector, round, 10, 0));
        manager.finalise(result, "root", 10, 10, 0);
    }

    function test_roundThatMintsNothingKeepsTheRoot() public {
        runRound(1000e18, "root", 900e18);
        uint256 minted = pool.minted();
        uint64 round = roundReadyToAttest(1000e18);
        Attestation memory result = attestation(round, "root", 900e18, 0, -5);
        agree(result);
        manager.finalise(result, "root", 900e18, 0, -5);
        vm.assertEq(pool.claimsRoot(), "root", "root");
        vm.assertEq(pool.minted(), minted, "minted");
        vm.assertEq(manager.currentVersion(), result.versionHash, "the version moves on");
    }

    function test_budgetCoversOperatorsToo() public {
        uint64 round = roundReadyToAttest(1000e18);
        uint256 minted = 950e18 + 4000;
        Attestation memory result = attestation(round, "root", minted, minted, 1);
        agree(result);
        vm.expectPartialRevert(IRoundManager.RoundManager_OverBudget.selector);
        manager.finalise(result, "root", minted, minted, 1);
    }

    function test_foreignTotalReverts() public {
        runRound(1000e18, "root", 900e18);
        uint64 round = roundReadyToAttest(1000e18);
        Attestation memory result = attestation(round, "next", 10, 10, 1);
        agree(result);
        vm.expectRevert(
            abi.encodeWithSelector(IRewardPool.RewardPool_TotalMismatch.selector, 10, 900e18 + 10)
        );
        manager.finalise(result, "next", 10, 10, 1);
    }

    function test_resultThatCannotBeFinalisedIsVoidedInTheEnd() public {
        uint64 round = roundReadyToAttest(0);
        Attestation memory result = attestation(round, "root", 1, 1, 1);
        agree(result);
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_OverBudget.selector, 1, 0));
        manager.finalise(result, "root", 1, 1, 1);
        uint64 from = manager.voidableAt(round);
        vm.assertEq(from, manager.roundOf(round).deadline + 1 days, "a day after the deadline");
        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_NotVoidable.selector, round, from));
        manager.void(round);
        vm.warp(from);
        manager.void(round);
        vm.assertEq(openRound(0), round + 1, "the next round can open");
    }

    function test_challengeWindowHoldsFinaliseBack() public {
        (window, idle) = (2 days, 4 days);
        deployModel();
        uint64 round = roundReadyToAttest(0);
        Attestation memory result = attestation(round);
        agree(result);
        uint64 finalisableAt = uint64(block.timestamp) + 2 days;
        vm.assertEq(manager.roundOf(round).finalisableAt, finalisableAt, "finalisable at");
        vm.warp(finalisableAt - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_TooEarly.selector, round, finalisableAt)
        );
        manager.finalise(result, 0, 0, 0, 0);
        vm.assertEq(manager.voidableAt(round), finalisableAt + 1 days, "past the deadline, not yet voidable");
        vm.warp(finalisableAt);
        manager.finalise(result, 0, 0, 0, 0);
    }

    function test_roundsBuildOnEachOther() public {
        uint64 first = runRound(1000e18, "root 1", 500e18);
        uint64 second = runRound(2000e18, "root 2", 700e18);
        vm.assertEq(manager.roundOf(second).parentVersion, manager.roundOf(first).versionHash, "parent");
        vm.assertEq(pool.contributorsMinted(), 1200e18, "minted");
        vm.assertEq(pool.claimsRoot(), "root 2", "root");
        vm.assertEq(pool.lastRound(), second, "last round");
    }

    function test_versionKeepsTheRoundThatGaveItFirst() public {
        uint64 first = runRound(0, 0, 0);
        uint64 second = roundReadyToAttest(0);
        Attestation memory same = attestation(second);
        same.versionHash = manager.currentVersion();
        agree(same);
        manager.finalise(same, 0, 0, 0, 0);
        vm.assertEq(manager.versionRound(same.versionHash), first, "round of the version");
        vm.assertEq(manager.currentVersion(), same.versionHash, "current");
    }

    function testFuzz_operatorsGetAtMostTheirPart(uint256 minted, uint32 bps, uint256 validators) public {
        bps = uint32(within(bps, 0, 1000));
        minted = within(minted, 0, 100_000e18);
        validatorKeys = new uint256[](within(validators, 1, 6));
        for (uint256 i = 0; i < validatorKeys.length; ++i) {
            validatorKeys[i] = 0x100 + i;
        }
        quorum = uint32(validatorKeys.length);
        Launch memory terms = launchTerms();
        terms.rounds.operatorShareBps = bps;
        launch(terms);
        runRound(200_000e18, minted == 0 ? bytes32(0) : bytes32("root"), minted);
        uint256 part = pool.minted() - minted;
        vm.assertLe(part * 10_000, (minted + part) * bps, "at most the stated part of the whole");
        uint256 each = pool.operatorBalance(coordinator);
        vm.assertEq(each * (validatorKeys.length + 1), part, "equal parts");
        uint256 exact = minted * bps / (10_000 - bps);
        vm.assertLt(exact - part, validatorKeys.length + 1, "no more than the rest stays unminted");
    }

    function expectWrongValue(Attestation memory result) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IRoundManager.RoundManager_WrongValue.selector, result.round, result.valueRoot
            )
        );
    }
}
