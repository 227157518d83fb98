// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Launch, Model } from "../../src/ledger/LaunchTypes.sol";
import { ModelOffering } from "../../src/ledger/ModelOffering.sol";
import { IRoundManager } from "../../src/training/IRoundManager.sol";
import { IRewardPool, Schedule } from "../../src/value/IRewardPool.sol";
import { Governed } from "../support/Governed.sol";

/// What holders can do to their model's emission, from the factory's launch on with nothing replaced: tokens bought in
/// the offering, their votes, the governor, its timelock, the pool, and the rounds that come next.
contract EmissionVotesTest is Governed {
    uint256 private constant OFFERED = CAP * 2 / 5;
    uint256 private constant PACE = 0.1e18;
    uint256 private constant MOST = CAP - OFFERED;
    /// From a proposal to its execution, in seconds, as `decide` does it.
    uint256 private constant DECISION = uint256(DELAY) + PERIOD + LOCK + 1;

    constructor() {
        Launch memory terms = governedTerms();
        terms.schedule = Schedule(0, PACE, MOST, 0, 0);
        terms.offering.offered = OFFERED;
        (terms.offering.price, terms.offering.minimum) = (1e12, 1 ether);
        (terms.offering.opens, terms.offering.closes) = (NOW, NOW + 1 days);
        Model memory model = launchGoverned(terms);
        ModelOffering offering = ModelOffering(model.offering);
        buy(offering, anne, 2 ether);
        buy(offering, bert, 1.5 ether);
        buy(offering, cleo, 0.5 ether);
        vm.warp(NOW + 1 days + 1);
        address[3] memory buyers = [anne, bert, cleo];
        for (uint256 i = 0; i < 3; ++i) {
            offering.claim(buyers[i]);
            vm.prank(buyers[i]);
            token.delegate(buyers[i]);
        }
        vm.warp(NOW + 2 days);
    }

    function test_aVoteLowersTheCeilingToWhatTheNextRoundsMayMint() public {
        runRound(600e18, keccak256("first root"), 500e18);
        uint256 minted = pool.minted();
        uint256 ceiling = minted + 100e18;
        vm.assertLt(ceiling, pool.accrued() + PACE * DECISION, "below what accrues meanwhile");
        decide(address(pool), abi.encodeCall(pool.lowerCeiling, (ceiling)));
        vm.assertEq(pool.accrued(), ceiling, "no more accrues");
        refusedBudget(100e18 + 1);
        nextBlock();
        runRound(100e18, keccak256("second root"), 90e18);
        vm.warp(block.timestamp + 1000 days);
        vm.assertEq(pool.accrued(), ceiling, "ever");
        // never up again, never below what was minted
        minted = pool.minted();
        inVain(
            abi.encodeCall(pool.lowerCeiling, (ceiling + 1)),
            abi.encodeWithSelector(IRewardPool.RewardPool_NotLower.selector, ceiling + 1, minted, ceiling)
        );
        inVain(
            abi.encodeCall(pool.lowerCeiling, (minted - 1)),
            abi.encodeWithSelector(IRewardPool.RewardPool_NotLower.selector, minted - 1, minted, ceiling)
        );
    }

    function test_aVoteLowersTheRateFromItsExecutionOn() public {
        decide(address(pool), abi.encodeCall(pool.lowerRate, (PACE / 5)));
        uint256 before = pool.accrued();
        vm.assertEq(before, PACE * (block.timestamp - NOW), "what has accrued stays");
        vm.warp(block.timestamp + 10 days);
        vm.assertEq(pool.accrued(), before + PACE / 5 * 10 days, "slower");
        refusedBudget(pool.accrued() + 1);
        nextBlock();
        openRound(pool.available());
        inVain(
            abi.encodeCall(pool.lowerRate, (PACE)),
            abi.encodeWithSelector(IRewardPool.RewardPool_NotLower.selector, PACE, 0, PACE / 5)
        );
    }

    function test_aVotePausesEmissionWhichGoesOnByItself() public {
        uint64 until = uint64(block.timestamp + DECISION + 20 days);
        decide(address(pool), abi.encodeCall(pool.pauseEmission, (until)));
        uint256 since = block.timestamp;
        uint256 before = pool.accrued();
        vm.assertEq(before, PACE * (since - NOW), "what has accrued stays");
        vm.assertEq(pool.pausedUntil(), until, "for how long");
        // a round in the pause: it is run, and paid from what had accrued, then from nothing
        vm.warp(since + 10 days);
        vm.assertEq(pool.accrued(), before, "nothing accrues");
        nextBlock();
        runRound(before, keccak256("root"), before * 9 / 10);
        uint256 left = before - pool.minted();
        vm.assertEq(pool.available(), left, "what is left of it");
        refusedBudget(left + 1);
        nextBlock();
        runRound(0, keccak256("root"), 0);
        // nobody does anything, and it goes on
        vm.warp(until);
        vm.assertEq(pool.accrued(), before, "its last second");
        vm.assertEq(pool.pausedUntil(), 0, "over");
        vm.warp(uint256(until) + 3 days);
        vm.assertEq(pool.accrued(), before + PACE * 3 days, "goes on, without what the pause cost");
        nextBlock();
        openRound(pool.available());
    }

    function test_aPauseEndsEarlierByAnotherVote() public {
        uint64 until = uint64(block.timestamp + DECISION + 30 days);
        decide(address(pool), abi.encodeCall(pool.pauseEmission, (until)));
        // nobody knows the second in which a vote is executed: an hour is left for it
        uint64 earlier = uint64(block.timestamp + DECISION + 1 hours);
        vm.assertLt(earlier, until, "earlier");
        decide(address(pool), abi.encodeCall(pool.pauseEmission, (earlier)));
        uint256 before = pool.accrued();
        vm.warp(uint256(earlier) + 100);
        vm.assertEq(pool.accrued(), before + PACE * 100, "goes on");
    }

    /// Each further month takes a vote of its own.
    function test_aPauseIsProlongedOnlyByAVoteForEachFurtherMonth() public {
        uint64 until = uint64(block.timestamp + DECISION + 30 days);
        decide(address(pool), abi.encodeCall(pool.pauseEmission, (until)));
        uint256 before = pool.accrued();
        vm.warp(uint256(until) - DECISION - 1);
        until = uint64(block.timestamp + DECISION + 29 days);
        decide(address(pool), abi.encodeCall(pool.pauseEmission, (until)));
        vm.assertEq(pool.accrued(), before, "no second between the two");
        vm.warp(uint256(until) + 1);
        vm.assertEq(pool.accrued(), before + PACE, "and it ends");
    }

    function test_noVotePausesForMoreThanAMonthOrIntoThePast() public {
        uint256 at = block.timestamp + DECISION;
        uint64 late = uint64(at + 30 days + 1);
        inVain(
            abi.encodeCall(pool.pauseEmission, (late)),
            abi.encodeWithSelector(IRewardPool.RewardPool_BadPause.selector, late, at + 30 days)
        );
        at = block.timestamp + DECISION;
        inVain(
            abi.encodeCall(pool.pauseEmission, (uint64(at - 1))),
            abi.encodeWithSelector(IRewardPool.RewardPool_BadPause.selector, uint64(at - 1), at + 30 days)
        );
    }

    /// A pause stops nothing that was earned: claims go on.
    function test_claimsGoOnInAPause() public {
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(cleo, uint256(7e18), uint256(7e18)))));
        runRound(8e18, leaf, 7e18);
        uint64 until = uint64(block.timestamp + DECISION + 20 days);
        decide(address(pool), abi.encodeCall(pool.pauseEmission, (until)));
        uint256 before = token.balanceOf(cleo);
        pool.claim(cleo, 7e18, 7e18, new bytes32[](0));
        vm.assertEq(token.balanceOf(cleo), before + 7e18, "contributor");
        vm.assertLt(0, pool.claimOperator(vm.addr(validatorKeys[0])), "operator");
    }

    function buy(ModelOffering offering, address buyer, uint256 amount) private {
        vm.deal(buyer, amount);
        vm.prank(buyer);
        offering.buy{ value: amount }(buyer, amount, "");
    }

    function inVain(bytes memory data, bytes memory reason) private {
        decideInVain(Call(address(pool), 0, data), reason);
    }

    /// What the next round may mint is bounded by what has accrued.
    function refusedBudget(uint256 budget) private {
        bytes32 parent = manager.currentVersion();
        uint256 available = pool.available();
        vm.assertLt(available, budget, "more than there is");
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_OverBudget.selector, budget, available)
        );
        vm.prank(coordinator);
        manager.open(keccak256("plan"), parent, budget, uint64(block.timestamp) + 1 days);
    }

    function nextBlock() private {
        vm.roll(block.number + 1);
        vm.warp(block.timestamp + 1);
    }
}
