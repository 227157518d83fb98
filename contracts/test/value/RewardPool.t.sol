// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IRewardPool, Schedule } from "../../src/value/IRewardPool.sol";
import { ModelToken } from "../../src/value/ModelToken.sol";
import { RewardPool } from "../../src/value/RewardPool.sol";
import { ClaimTree } from "../support/ClaimTree.sol";
import { Clone } from "../support/Clone.sol";

/// accrued: nothing before the start, then rate x seconds, never above the ceiling
/// credit
/// ├── given another sender, a round not above the last, or arrays of two lengths: reverts
/// ├── given a total that is not the sum, a zero root, or a changed root with nothing added: reverts
/// ├── given more than has accrued: reverts
/// └── otherwise: minted once, the root in place, operators credited, events
/// claim
/// ├── given a leaf that is not in the root, or one above what was minted: reverts
/// ├── given nothing new, or a leaf that fell: pays 0
/// └── otherwise: pays the account the difference, whoever calls
/// claimOperator: pays once
contract RewardPoolTest is Clone {
    uint256 private constant CAP = 10_000;
    uint256 private constant RATE = 10;

    ModelToken private token;
    RewardPool private pool;
    address private contributor = vm.addr(1);
    address private operator = vm.addr(2);
    address private stranger = vm.addr(3);

    constructor() {
        (token, pool) = newPool(CAP, Schedule(NOW, RATE, CAP - 1, 0, 0));
        vm.warp(NOW + 100);
    }

    function test_viewsTellTheSchedule() public view {
        Schedule memory schedule = pool.schedule();
        vm.assertEq(schedule.start, NOW, "start");
        vm.assertEq(schedule.ratePerSecond, RATE, "rate");
        vm.assertEq(schedule.ceiling, CAP - 1, "ceiling");
        vm.assertEq(address(pool.token()), address(token), "token");
        vm.assertEq(pool.manager(), address(this), "manager");
    }

    function testFuzz_accruedFollowsTheSchedule(
        uint64 start,
        uint256 rate,
        uint256 ceiling,
        uint64 at
    )
        public
    {
        ceiling = within(ceiling, 1, CAP);
        rate = within(rate, 1, type(uint128).max);
        (, RewardPool other) = newPool(CAP, Schedule(start, rate, ceiling, 0, 0));
        vm.warp(at);
        uint256 accrued = other.accrued();
        if (at <= start) vm.assertEq(accrued, 0, "before the start");
        else if (rate >= ceiling) vm.assertEq(accrued, ceiling, "full at once");
        vm.assertLe(accrued, ceiling, "ceiling");
        vm.warp(uint256(at) + 1);
        vm.assertLe(accrued, other.accrued(), "never falls");
    }

    function test_creditMintsAndReplacesTheRoot() public {
        vm.assertEq(pool.accrued(), 1000, "accrued");
        vm.expectEmit(address(pool));
        emit IRewardPool.OperatorCredited(1, operator, 50);
        vm.expectEmit(address(pool));
        emit IRewardPool.RoundCredited(1, "root", 300, 300, 50);
        creditWith(1, "root", 300, 300, 50);
        vm.assertEq(pool.claimsRoot(), "root", "root");
        vm.assertEq(pool.minted(), 350, "minted");
        vm.assertEq(pool.contributorsMinted(), 300, "contributors' part");
        vm.assertEq(pool.operatorBalance(operator), 50, "operator's part");
        vm.assertEq(token.balanceOf(address(pool)), 300, "operator's part is not there yet");
        vm.assertEq(pool.lastRound(), 1, "last round");
        creditWith(4, "next", 310, 10, 0);
        vm.assertEq(pool.claimsRoot(), "next", "next root");
        vm.assertEq(pool.contributorsMinted(), 310, "contributors' part");
        vm.assertEq(pool.operatorBalance(operator), 50, "operator's part");
    }

    function test_creditByAnotherReverts() public {
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IRewardPool.RewardPool_NotManager.selector, stranger, address(this))
        );
        pool.credit(1, "root", 1, 1, new address[](0), new uint256[](0));
    }

    function test_creditOfAnOldRoundReverts() public {
        creditWith(2, "root", 1, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IRewardPool.RewardPool_AlreadyCredited.selector, 2, 2));
        pool.credit(2, "root", 2, 1, new address[](0), new uint256[](0));
        vm.expectRevert(abi.encodeWithSelector(IRewardPool.RewardPool_AlreadyCredited.selector, 1, 2));
        pool.credit(1, "root", 2, 1, new address[](0), new uint256[](0));
    }

    function test_creditOfSumsThatDoNotFitReverts() public {
        vm.expectRevert(abi.encodeWithSelector(IRewardPool.RewardPool_LengthMismatch.selector, 1, 0));
        pool.credit(1, "root", 1, 1, new address[](1), new uint256[](0));
        vm.expectRevert(abi.encodeWithSelector(IRewardPool.RewardPool_TotalMismatch.selector, 2, 1));
        pool.credit(1, "root", 2, 1, new address[](0), new uint256[](0));
        vm.expectRevert(abi.encodeWithSelector(IRewardPool.RewardPool_EmptyRoot.selector, 1));
        pool.credit(1, 0, 1, 1, new address[](0), new uint256[](0));
        vm.expectRevert(
            abi.encodeWithSelector(
                IRewardPool.RewardPool_RootChanged.selector, 1, bytes32("root"), bytes32(0)
            )
        );
        pool.credit(1, "root", 0, 0, new address[](0), new uint256[](0));
    }

    function test_creditOfNothingKeepsTheRoot() public {
        pool.credit(1, 0, 0, 0, new address[](0), new uint256[](0));
        vm.assertEq(pool.claimsRoot(), bytes32(0), "root");
        vm.assertEq(pool.lastRound(), 1, "last round");
        creditWith(2, "root", 5, 5, 0);
        pool.credit(3, "root", 5, 0, new address[](0), new uint256[](0));
        vm.assertEq(pool.minted(), 5, "minted");
    }

    function testFuzz_creditNeverPassesWhatAccrued(uint256 amount, uint256 part, uint64 elapsed) public {
        vm.warp(uint256(NOW) + within(elapsed, 1, type(uint64).max));
        uint256 available = pool.accrued();
        part = within(part, 0, CAP);
        amount = within(amount, available + 1, CAP * 10);
        uint256 total = amount + part;
        vm.expectRevert(abi.encodeWithSelector(IRewardPool.RewardPool_OverAccrued.selector, total, available));
        creditWith(1, "root", amount, amount, part);
        creditWith(1, "root", available - available / 10, available - available / 10, available / 10);
        vm.assertEq(pool.minted(), available, "minted");
    }

    function test_claimPaysTheDifferenceToTheAccount() public {
        bytes32[] memory proof = creditSingle(1, 100, 100);
        vm.expectEmit(address(pool));
        emit IRewardPool.Claimed(contributor, 100, 100);
        vm.prank(stranger);
        vm.assertEq(pool.claim(contributor, 100, 100, proof), 100, "paid");
        vm.assertEq(token.balanceOf(contributor), 100, "balance");
        vm.assertEq(token.balanceOf(stranger), 0, "the caller gets nothing");
        vm.assertEq(pool.claimed(contributor), 100, "claimed");
        vm.assertEq(pool.contributorsClaimed(), 100, "claimed by all");
        vm.assertEq(pool.claim(contributor, 100, 100, proof), 0, "nothing new");
        proof = creditSingle(2, 130, 30);
        vm.assertEq(pool.claim(contributor, 130, 130, proof), 30, "the difference");
        vm.assertEq(token.balanceOf(contributor), 130, "balance");
    }

    function test_claimOfALeafThatFellPaysNothing() public {
        bytes32[] memory proof = creditSingle(1, 100, 100);
        pool.claim(contributor, 100, 100, proof);
        bytes32 root;
        (root, proof) = ClaimTree.single(contributor, 60, 60, 3, 7);
        creditWith(2, root, 110, 10, 0);
        vm.assertEq(pool.claim(contributor, 60, 60, proof), 0, "paid");
        vm.assertEq(pool.claimed(contributor), 100, "claimed");
    }

    function test_claimOfAForeignLeafReverts() public {
        bytes32[] memory proof = creditSingle(1, 100, 100);
        expectBadProof(stranger, 100, 100, proof);
        expectBadProof(contributor, 101, 100, proof);
        expectBadProof(contributor, 100, 101, proof);
        proof[0] = ~proof[0];
        expectBadProof(contributor, 100, 100, proof);
        expectBadProof(contributor, 100, 100, new bytes32[](0));
    }

    function test_claimBeforeAnyRootReverts() public {
        expectBadProof(contributor, 0, 0, new bytes32[](0));
    }

    function test_claimOfAFormerRootReverts() public {
        bytes32[] memory former = creditSingle(1, 100, 100);
        creditWith(2, "other", 101, 1, 0);
        expectBadProof(contributor, 100, 100, former);
    }

    function test_falseRootCannotTakeWhatOperatorsEarned() public {
        // k lying validators could put any root in place; it promises 400 where 100 were minted.
        (bytes32 root, bytes32[] memory proof) = ClaimTree.single(contributor, 400, 400, 3, 1);
        creditWith(1, root, 100, 100, 500);
        vm.expectRevert(abi.encodeWithSelector(IRewardPool.RewardPool_OverMinted.selector, 400, 100));
        pool.claim(contributor, 400, 400, proof);
        vm.assertEq(pool.claimOperator(operator), 500, "operator's part");
    }

    function test_operatorPullsOnce() public {
        creditWith(1, "root", 10, 10, 40);
        creditWith(2, "root2", 20, 10, 2);
        vm.expectEmit(address(pool));
        emit IRewardPool.OperatorClaimed(operator, 42);
        vm.prank(stranger);
        vm.assertEq(pool.claimOperator(operator), 42, "paid");
        vm.assertEq(token.balanceOf(operator), 42, "balance");
        vm.assertEq(pool.claimOperator(operator), 0, "nothing left");
        vm.assertEq(pool.claimOperator(stranger), 0, "never credited");
    }

    function test_claimsFromTheSharedVectorFile() public {
        string memory json = vm.readFile("../vectors/claims.json");
        uint256 total = vm.parseJsonUint(json, ".total");
        (token, pool) = newPool(total, Schedule(NOW, total, total, 0, 0));
        creditWith(1, vm.parseJsonBytes32(json, ".root"), total, total, 0);
        uint256 paid = 0;
        uint256 i = 0;
        for (; vm.keyExistsJson(json, leafPath(i)); ++i) {
            address account = vm.parseJsonAddress(json, string.concat(leafPath(i), ".account"));
            uint256 cumulative = vm.parseJsonUint(json, string.concat(leafPath(i), ".cumulative"));
            uint256 runningSum = vm.parseJsonUint(json, string.concat(leafPath(i), ".runningSum"));
            bytes32[] memory proof = vm.parseJsonBytes32Array(json, string.concat(leafPath(i), ".proof"));
            vm.assertEq(pool.claim(account, cumulative, runningSum, proof), cumulative, "paid");
            vm.assertLe(runningSum, total, "running sum");
            paid += cumulative;
        }
        vm.assertTrue(i > 1, "the file has leaves");
        vm.assertEq(paid, total, "all is paid");
        vm.assertEq(token.balanceOf(address(pool)), 0, "nothing is left");
    }

    function testFuzz_twoContributorsGetWhatTheirLeavesSay(
        uint256[3] memory mine,
        uint256[3] memory yours
    )
        public
    {
        vm.warp(uint256(NOW) + CAP);
        uint256 sumMine = 0;
        uint256 sumYours = 0;
        for (uint64 i = 0; i < 3; ++i) {
            uint256 addMine = within(mine[i], 0, 1000);
            uint256 addYours = within(yours[i], 0, 1000);
            sumMine += addMine;
            sumYours += addYours;
            bytes32 left = ClaimTree.leafOf(contributor, sumMine, sumMine);
            bytes32 right = ClaimTree.leafOf(stranger, sumYours, sumMine + sumYours);
            if (addMine + addYours == 0) {
                creditWith(i + 1, pool.claimsRoot(), sumMine + sumYours, 0, 0);
                continue;
            }
            creditWith(i + 1, ClaimTree.pairOf(left, right), sumMine + sumYours, addMine + addYours, 0);
            pool.claim(contributor, sumMine, sumMine, ClaimTree.proofOf(right));
            vm.assertEq(token.balanceOf(contributor), sumMine, "mine after each round");
        }
        if (sumMine + sumYours == 0) return;
        bytes32 sibling = ClaimTree.leafOf(contributor, sumMine, sumMine);
        pool.claim(stranger, sumYours, sumMine + sumYours, ClaimTree.proofOf(sibling));
        vm.assertEq(token.balanceOf(stranger), sumYours, "yours after all rounds");
        vm.assertEq(token.balanceOf(address(pool)), 0, "nothing is left");
    }

    function creditSingle(
        uint64 round,
        uint256 cumulative,
        uint256 amount
    )
        private
        returns (bytes32[] memory)
    {
        (bytes32 root, bytes32[] memory proof) =
            ClaimTree.single(contributor, cumulative, cumulative, 5, round);
        creditWith(round, root, cumulative, amount, 0);
        return proof;
    }

    function creditWith(uint64 round, bytes32 root, uint256 total, uint256 amount, uint256 part) private {
        address[] memory operators = new address[](part == 0 ? 0 : 1);
        uint256[] memory amounts = new uint256[](operators.length);
        if (part != 0) (operators[0], amounts[0]) = (operator, part);
        pool.credit(round, root, total, amount, operators, amounts);
    }

    function expectBadProof(
        address account,
        uint256 cumulative,
        uint256 runningSum,
        bytes32[] memory proof
    )
        private
    {
        vm.expectRevert(
            abi.encodeWithSelector(IRewardPool.RewardPool_BadProof.selector, account, cumulative, runningSum)
        );
        pool.claim(account, cumulative, runningSum, proof);
    }

    function leafPath(uint256 index) private pure returns (string memory) {
        return string.concat(".leaves[", vm.toString(index), "]");
    }
}
