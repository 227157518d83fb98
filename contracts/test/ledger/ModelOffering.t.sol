// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {
    IModelOffering,
    OfferingBooks,
    OfferingStatus,
    OfferingTerms
} from "../../src/ledger/IModelOffering.sol";
import { ModelOffering } from "../../src/ledger/ModelOffering.sol";
import { IAlliance } from "../../src/training/IAlliance.sol";
import { OfferingWorld } from "../support/OfferingWorld.sol";

/// founding: the factory only, once, funded, terms within their bounds
/// buying: in the window, up to the cap, for anybody
/// settlement: failed, under the target, over it; claims and refunds by anybody, to the account alone
contract ModelOfferingTest is OfferingWorld {
    function setUp() public {
        found(defaults());
    }

    function test_wordsAreTheTerms() public view {
        vm.assertEq(keccak256(abi.encode(offering.terms())), keccak256(abi.encode(defaults())), "terms");
        vm.assertEq(offering.target(), TARGET, "target");
        vm.assertEq(offering.factory(), address(this), "factory");
        vm.assertFalse(offering.isSettled(), "settled");
    }

    function test_onlyTheFactoryFoundsOnce() public {
        ModelOffering clone = cloneOf(defaults());
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IModelOffering.ModelOffering_NotFactory.selector, alice, address(this))
        );
        clone.initialize();
        vm.expectRevert(abi.encodeWithSelector(IModelOffering.ModelOffering_NotFunded.selector, 0, OFFERED));
        clone.initialize();
        vm.expectRevert(abi.encodeWithSelector(IModelOffering.ModelOffering_AlreadyFounded.selector));
        offering.initialize();
        vm.expectRevert(abi.encodeWithSelector(IModelOffering.ModelOffering_AlreadyFounded.selector));
        implementation.initialize();
    }

    function test_nothingHappensBeforeFounding() public {
        offering = cloneOf(defaults());
        openNow();
        vm.expectPartialRevert(IModelOffering.ModelOffering_NotOpen.selector);
        offering.buy(alice, 1, "");
        closeNow();
        vm.expectPartialRevert(IModelOffering.ModelOffering_NotClosed.selector);
        offering.settle();
        vm.expectPartialRevert(IModelOffering.ModelOffering_NotClosed.selector);
        implementation.settle();
    }

    function test_termsOutOfBoundsAreRefusedByName() public {
        OfferingTerms memory terms = defaults();
        terms.payment = address(token);
        refused(terms, "payment");
        terms = defaults();
        terms.payment = alice;
        refused(terms, "payment");
        terms = defaults();
        terms.treasury = address(0);
        refused(terms, "treasury");
        terms = defaults();
        terms.offered = 0;
        refused(terms, "offered");
        terms = defaults();
        terms.price = 0;
        refused(terms, "price");
        terms.price = type(uint128).max;
        refused(terms, "price");
        terms = defaults();
        terms.minimum = 0;
        refused(terms, "minimum");
        terms.minimum = TARGET + 1;
        refused(terms, "minimum");
        terms = defaults();
        terms.alliance = IAlliance(alice);
        terms.allowRoot = bytes32(uint256(1));
        refused(terms, "allowRoot");
        refusedWindows();
        refusedMilestones();
    }

    function test_buyersPayOnlyInTheWindowBothEndsIncluded() public {
        vm.warp(OPENS - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IModelOffering.ModelOffering_NotOpen.selector, OPENS - 1, OPENS, CLOSES)
        );
        offering.buy(alice, 1, "");
        vm.warp(OPENS);
        pays(alice, 1);
        vm.warp(CLOSES);
        pays(alice, 1);
        vm.expectPartialRevert(IModelOffering.ModelOffering_NotClosed.selector);
        offering.settle();
        vm.warp(CLOSES + 1);
        vm.expectPartialRevert(IModelOffering.ModelOffering_NotOpen.selector);
        offering.buy(alice, 1, "");
        vm.assertEq(offering.buyerOf(alice).paid, 2, "paid");
    }

    function test_nobodyAndNothingAreRefused() public {
        openNow();
        vm.expectRevert(abi.encodeWithSelector(IModelOffering.ModelOffering_Empty.selector));
        offering.buy(address(0), 1, "");
        vm.expectRevert(abi.encodeWithSelector(IModelOffering.ModelOffering_Empty.selector));
        offering.buy(alice, 0, "");
        vm.deal(address(this), 1);
        vm.expectRevert(abi.encodeWithSelector(IModelOffering.ModelOffering_WrongValue.selector, 1, 0));
        offering.buy{ value: 1 }(alice, 1, "");
    }

    function test_underTheTargetEverybodyIsServedAndTheRestIsBurned() public {
        openNow();
        pays(alice, 600e6);
        pays(bob, 300e6);
        closeNow();
        offering.settle();
        vm.assertTrue(offering.isSettled(), "settled");
        vm.assertEq(token.totalSupply(), 450e18, "unsold is burned");
        vm.assertEq(offering.claimable(alice), 300e18, "claimable");
        vm.assertEq(offering.claim(alice), 300e18, "alice");
        vm.assertEq(offering.claim(alice), 0, "once");
        vm.assertEq(offering.refund(alice), 0, "nothing back");
        vm.assertEq(offering.claim(bob), 150e18, "bob");
        vm.assertEq(token.balanceOf(bob), 150e18, "balance");
        vm.assertEq(offering.release(), 360e6, "first part");
        requireBooks();
    }

    function test_aFailedOfferingPaysAllBackAndBurnsAllTokens() public {
        openNow();
        pays(alice, MINIMUM - 2);
        pays(bob, 1);
        closeNow();
        vm.assertEq(offering.refund(alice), MINIMUM - 2, "alice");
        vm.assertEq(uint256(offering.books().status), uint256(OfferingStatus.Failed), "status");
        vm.assertEq(offering.refund(alice), 0, "once");
        vm.assertEq(offering.claim(alice), 0, "no tokens");
        vm.assertEq(token.totalSupply(), 0, "burned");
        vm.assertEq(offering.release(), 0, "nothing for the treasury");
        offering.refund(bob);
        vm.assertEq(pay.balanceOf(bob), 1, "bob");
        vm.assertEq(offering.release(), 0, "still nothing");
        vm.assertEq(heldUnits(), 0, "held");
        requireBooks();
    }

    function test_anOfferingNobodyPaysForFails() public {
        closeNow();
        offering.settle();
        vm.assertEq(uint256(offering.books().status), uint256(OfferingStatus.Failed), "status");
        vm.assertEq(offering.claim(alice) + offering.refund(alice) + offering.release(), 0, "nothing");
        offering.settle();
        requireBooks();
    }

    function test_aPurchaseIsTheAccountsNotThePayers() public {
        openNow();
        pay.mint(bob, 4000e6);
        vm.prank(bob);
        pay.approve(address(offering), 4000e6);
        vm.prank(bob);
        offering.buy(alice, 4000e6, "");
        closeNow();
        vm.prank(bob);
        offering.claim(alice);
        vm.prank(bob);
        offering.refund(alice);
        vm.assertEq(token.balanceOf(alice), OFFERED, "tokens");
        vm.assertEq(pay.balanceOf(alice), 2000e6, "refund");
        vm.assertEq(pay.balanceOf(bob) + token.balanceOf(bob), 0, "the payer");
        requireBooks();
    }

    function test_onlyTheBuyerSendsItsRefundElsewhere() public {
        openNow();
        pays(alice, 1);
        closeNow();
        vm.prank(bob);
        vm.assertEq(offering.refundTo(bob), 0, "not bob's");
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IModelOffering.ModelOffering_Empty.selector));
        offering.refundTo(address(0));
        vm.prank(alice);
        offering.refundTo(carol);
        vm.assertEq(pay.balanceOf(carol), 1, "carol");
    }

    function test_onlyTheTreasurySendsItsPartElsewhere() public {
        openNow();
        pays(alice, TARGET);
        closeNow();
        vm.expectRevert(
            abi.encodeWithSelector(IModelOffering.ModelOffering_NotTreasury.selector, address(this), treasury)
        );
        offering.releaseTo(address(this));
        vm.prank(treasury);
        vm.assertEq(offering.releaseTo(carol), 800e6, "released");
        vm.assertEq(pay.balanceOf(carol), 800e6, "carol");
    }

    function test_coinPaysAndComesBack() public {
        found(coinTerms());
        openNow();
        pays(alice, 3 ether);
        pays(bob, 1 ether);
        vm.deal(carol, 1 ether);
        vm.prank(carol);
        vm.expectRevert(abi.encodeWithSelector(IModelOffering.ModelOffering_WrongValue.selector, 1, 2));
        offering.buy{ value: 1 }(carol, 2, "");
        closeNow();
        vm.assertEq(offering.claim(alice), 750e18, "tokens");
        vm.assertEq(offering.refund(alice), 1.5 ether, "refund");
        vm.assertEq(alice.balance, 1.5 ether, "balance");
        offering.refund(bob);
        vm.assertEq(offering.release(), 0.8 ether, "released");
        vm.assertEq(treasury.balance, 0.8 ether, "treasury");
    }

    function test_aCapLeavesTheRestWithThePayer() public {
        OfferingTerms memory terms = coinTerms();
        terms.capPerBuyer = 1 ether;
        found(terms);
        openNow();
        vm.assertEq(pays(alice, 1.5 ether), 1 ether, "paid");
        vm.assertEq(alice.balance, 0.5 ether, "left with her");
        vm.deal(bob, 1);
        vm.prank(bob);
        vm.expectRevert(
            abi.encodeWithSelector(IModelOffering.ModelOffering_CapReached.selector, alice, 1 ether)
        );
        offering.buy{ value: 1 }(alice, 1, "");
    }

    function testFuzz_allThatWasPaidIsPaidOut(uint96[5] memory paid, uint256 price, uint256 offered) public {
        OfferingTerms memory terms = defaults();
        terms.price = within(price, 1, 1e24);
        terms.offered = within(offered, 1, 1e28);
        terms.minimum = 1;
        (terms.milestoneRounds, terms.milestoneDeadline, terms.firstBps) = (0, 0, 10_000);
        uint256 before = token.totalSupply();
        found(terms);
        openNow();
        for (uint160 i = 0; i < 5; ++i) {
            if (paid[i] != 0) pays(address(i + 1000), paid[i]);
        }
        closeNow();
        offering.settle();
        for (uint160 i = 0; i < 5; ++i) {
            requireFair(address(i + 1000), paid[i], terms);
        }
        offering.release();
        vm.assertEq(heldUnits(), 0, "nothing is stuck");
        vm.assertEq(token.balanceOf(address(offering)), 0, "no token is stuck");
        OfferingBooks memory books = offering.books();
        vm.assertEq(books.raised, books.refunded + books.released, "units");
        vm.assertEq(token.totalSupply() - before, books.claimed, "tokens");
        vm.assertLe(books.claimed, terms.offered, "no more than offered");
    }

    /// Tokens and refund are the floor of the exact parts, and what was paid for the tokens is within a unit of the
    /// price.
    function requireFair(address buyer, uint256 paid, OfferingTerms memory terms) private {
        uint256 raised = offering.books().raised;
        uint256 tokens = offering.claim(buyer);
        uint256 back = offering.refund(buyer);
        if (offering.books().status == OfferingStatus.Failed) {
            vm.assertEq(back, paid, "all back");
            vm.assertEq(tokens, 0, "nothing given");
            return;
        }
        uint256 target = offering.target();
        if (raised >= target) {
            vm.assertEq(tokens, terms.offered * paid / raised, "part of the tokens");
            vm.assertEq(back, (raised - target) * paid / raised, "part of what is too much");
        } else {
            vm.assertEq(tokens, paid * 1e18 / terms.price, "at the price");
            vm.assertEq(back, 0, "nothing back");
        }
        vm.assertLe(tokens * terms.price / 1e18, paid - back, "never more than was paid for");
    }

    function refusedWindows() private {
        OfferingTerms memory terms = defaults();
        terms.closes = terms.opens + 599;
        refused(terms, "closes");
        terms.closes = terms.opens;
        refused(terms, "closes");
        terms.closes = terms.opens + 90 days + 1;
        refused(terms, "closes");
        terms = defaults();
        terms.opens = NOW - 2 days;
        terms.closes = NOW;
        refused(terms, "closes");
        terms.opens = NOW + 179 days;
        terms.closes = NOW + 180 days + 1;
        refused(terms, "closes");
    }

    function refusedMilestones() private {
        OfferingTerms memory terms = defaults();
        terms.firstBps = 10_000;
        refused(terms, "firstBps");
        terms.milestoneRounds = 0;
        refused(terms, "milestoneDeadline");
        terms.firstBps = 9999;
        terms.milestoneDeadline = 0;
        refused(terms, "firstBps");
        terms = defaults();
        terms.milestoneRounds = 10_001;
        refused(terms, "milestoneRounds");
        terms = defaults();
        terms.milestoneDeadline = CLOSES + 1 days - 1;
        refused(terms, "milestoneDeadline");
        terms.milestoneDeadline = CLOSES + 1095 days + 1;
        refused(terms, "milestoneDeadline");
    }

    function refused(OfferingTerms memory terms, bytes32 name) private {
        ModelOffering clone = cloneOf(terms);
        try clone.initialize() {
            vm.assertTrue(false, string(abi.encodePacked("founded with a bad ", name)));
        } catch (bytes memory reason) {
            bytes4 selector = IModelOffering.ModelOffering_BadTerm.selector;
            bytes32 told;
            assembly {
                told := mload(add(reason, 36))
            }
            vm.assertTrue(bytes4(reason) == selector, "another error");
            vm.assertEq(told, name, "the term");
        }
    }
}
