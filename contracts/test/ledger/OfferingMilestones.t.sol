// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IModelOffering, OfferingStatus, OfferingTerms } from "../../src/ledger/IModelOffering.sol";
import { Status } from "../../src/training/RoundTypes.sol";
import { OfferingWorld } from "../support/OfferingWorld.sol";

/// rounds that count: opened after settlement, final by the deadline, with a gain that minted
/// missed: what was not released is the buyers', by what they paid
contract OfferingMilestonesTest is OfferingWorld {
    /// 40 % at success, the rest in four parts.
    uint256 private constant FIRST = 800e6;
    uint256 private constant STEP = 300e6;

    function setUp() public {
        found(defaults());
        openNow();
        pays(alice, 1500e6);
        pays(bob, 500e6);
        closeNow();
        offering.settle();
    }

    function test_eachRoundReleasesItsPart() public {
        vm.assertEq(offering.release(), FIRST, "at success");
        vm.assertEq(offering.release(), 0, "once");
        mintedRounds(1);
        vm.assertEq(offering.release(), 0, "nobody has counted");
        vm.assertEq(offering.countRounds(10), 1, "counted");
        vm.assertEq(offering.release(), STEP, "one part");
        mintedRounds(3);
        vm.assertEq(offering.countRounds(2), 3, "as far as the limit");
        vm.assertEq(offering.countRounds(10), 4, "all");
        vm.assertEq(offering.release(), 3 * STEP, "the rest");
        vm.assertEq(heldUnits(), 0, "held");
        requireBooks();
        vm.expectPartialRevert(IModelOffering.ModelOffering_NothingToCount.selector);
        offering.countRounds(1);
    }

    function test_roundsWithoutAGainAndVoidOnesDoNotCount() public {
        rounds.add(Status.Finalised, 0);
        rounds.add(Status.Void, 0);
        mintedRounds(1);
        vm.assertEq(offering.countRounds(10), 1, "only the third");
    }

    function test_countingWaitsForARoundUnderWay() public {
        uint64 round = rounds.add(Status.Attested, 0);
        vm.assertEq(offering.countRounds(10), 0, "under way");
        rounds.set(round, Status.Void, 0);
        vm.assertEq(offering.countRounds(10), 0, "void, but it may be tried again");
        rounds.set(round, Status.Finalised, 1);
        vm.assertEq(offering.countRounds(10), 1, "tried again, and final");
    }

    function test_roundsBeforeSettlementDoNotCount() public {
        rounds.add(Status.Finalised, 1);
        found(defaults());
        vm.warp(OPENS);
        pays(alice, TARGET);
        rounds.add(Status.Finalised, 1);
        closeNow();
        offering.settle();
        vm.assertEq(offering.countRounds(10), 0, "before");
        rounds.add(Status.Finalised, 1);
        vm.assertEq(offering.countRounds(10), 1, "after");
    }

    function test_missedMilestonesPayTheBuyers() public {
        offering.release();
        mintedRounds(2);
        vm.warp(DEADLINE + 1);
        mintedRounds(2);
        vm.assertEq(offering.refundable(alice), 0, "not found yet");
        vm.assertEq(offering.countRounds(1), 1, "the first");
        vm.assertFalse(offering.books().ended, "not seen to the end");
        vm.assertEq(offering.countRounds(10), 2, "late ones do not count");
        vm.assertTrue(offering.books().ended, "missed");
        vm.assertEq(offering.refundable(alice), 450e6, "three quarters of the rest");
        vm.assertEq(offering.refund(alice), 450e6, "alice");
        vm.assertEq(offering.refund(alice), 0, "once");
        vm.assertEq(offering.claim(alice), 750e18, "and she keeps her tokens");
        vm.assertEq(offering.release(), 2 * STEP, "what was reached stays the treasury's");
        vm.assertEq(offering.refund(bob), 150e6, "bob");
        vm.assertEq(heldUnits(), 0, "held");
        requireBooks();
        vm.expectPartialRevert(IModelOffering.ModelOffering_NothingToCount.selector);
        offering.countRounds(1);
    }

    function test_aRoundInTimeCountsThoughItIsCountedLate() public {
        mintedRounds(4);
        vm.warp(DEADLINE + 100 days);
        vm.assertEq(offering.countRounds(10), 4, "all in time");
        vm.assertFalse(offering.books().ended, "reached");
        vm.assertEq(offering.release(), TARGET, "all");
    }

    function test_aRoundUnderWayAtTheDeadlineIsTooLate() public {
        rounds.add(Status.Attested, 0);
        vm.warp(DEADLINE);
        offering.countRounds(10);
        vm.assertFalse(offering.books().ended, "the last second still counts");
        vm.warp(DEADLINE + 1);
        offering.countRounds(10);
        vm.assertTrue(offering.books().ended, "missed");
    }

    function test_refundsBeforeAndAfterTheMissAddUp() public {
        OfferingTerms memory terms = defaults();
        found(terms);
        openNow();
        pays(alice, 3 * TARGET);
        pays(bob, TARGET);
        closeNow();
        vm.assertEq(offering.refund(alice), 9 * TARGET / 4, "too much");
        vm.warp(DEADLINE + 1);
        offering.countRounds(1);
        vm.assertEq(offering.refund(alice), 900e6, "the rest");
        vm.assertEq(offering.refund(bob), 3 * TARGET / 4 + 300e6, "both at once");
        vm.assertEq(offering.release(), FIRST, "first part");
        vm.assertEq(heldUnits(), 0, "held");
    }

    function test_dustIsTheTreasurysOnceAllHaveFetched() public {
        OfferingTerms memory terms = defaults();
        (terms.offered, terms.price, terms.minimum) = (10e18, 1, 1);
        found(terms);
        openNow();
        pays(alice, 7);
        pays(bob, 7);
        pays(carol, 7);
        closeNow();
        offering.release();
        // 11 of 21 are too much: 3 each, and 2 are left.
        offering.refund(alice);
        offering.refund(bob);
        vm.assertEq(offering.releasable(), 0, "one has not fetched");
        offering.refund(carol);
        vm.assertEq(offering.release(), 2, "dust");
        vm.warp(DEADLINE + 1);
        offering.countRounds(1);
        // 6 of 10 were not released: 2 each.
        offering.refund(alice);
        offering.refund(bob);
        offering.refund(carol);
        vm.assertEq(offering.release(), 0, "none");
        vm.assertEq(heldUnits(), 0, "held");
        uint256 third = 10e18;
        third /= 3;
        offering.claim(alice);
        offering.claim(bob);
        vm.assertEq(token.balanceOf(address(offering)), third + 1, "the last one's");
        offering.claim(carol);
        vm.assertEq(token.balanceOf(address(offering)), 0, "dust is burned");
        vm.assertEq(uint256(offering.books().status), uint256(OfferingStatus.Succeeded), "status");
        requireBooks();
    }

    function test_withoutMilestonesThereIsNothingToCount() public {
        OfferingTerms memory terms = defaults();
        (terms.milestoneRounds, terms.milestoneDeadline, terms.firstBps) = (0, 0, 10_000);
        found(terms);
        openNow();
        pays(alice, TARGET);
        closeNow();
        vm.assertEq(offering.release(), TARGET, "all at success");
        vm.expectPartialRevert(IModelOffering.ModelOffering_NothingToCount.selector);
        offering.countRounds(1);
    }
}
