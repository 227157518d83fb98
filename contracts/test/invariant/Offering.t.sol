// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {
    OfferingBooks,
    OfferingBuyer,
    OfferingStatus,
    OfferingTerms
} from "../../src/ledger/IModelOffering.sol";
import { ModelOffering } from "../../src/ledger/ModelOffering.sol";
import { Base } from "../support/Base.sol";
import { OfferedToken } from "../support/PaymentTokens.sol";
import { OfferingHandler } from "./OfferingHandler.sol";

/// The numbers are those of README.md beside this file.
///
/// forge-config: default.invariant.runs = 24
contract OfferingInvariants is Base {
    OfferingHandler private handler;
    OfferedToken private token;

    ModelOffering private lastOffering;
    OfferingBooks private last;

    function setUp() public {
        handler = new OfferingHandler();
        (, address t,) = handler.parts();
        token = OfferedToken(t);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// The handler is no use if it never gets anywhere: this drives it by hand.
    function test_handlerFailsSucceedsAndMisses() public {
        handler.buy(0, 1);
        handler.wait(2 days);
        handler.settle();
        handler.fetchAll();
        vm.assertEq(uint256(handler.status()), uint256(OfferingStatus.Failed), "failed");
        handler.again(1);
        for (uint256 i = 0; i < 12; ++i) {
            handler.buy(i, type(uint256).max >> i);
        }
        handler.wait(2 days);
        handler.settle();
        vm.assertEq(uint256(handler.status()), uint256(OfferingStatus.Succeeded), "succeeded");
        handler.round(0, 1);
        handler.count(7);
        vm.assertEq(handler.booksNow().roundsCounted, 1, "counted");
        handler.fetchAll();
        for (uint256 i = 0; i < 3; ++i) {
            handler.wait(10 days);
        }
        handler.count(7);
        vm.assertEq(handler.missedCount(), 1, "missed");
        handler.fetchAll();
        invariant_moneyAndTokensAddUp();
        (address offering,,) = handler.parts();
        vm.assertEq(offering.balance, 0, "no unit is stuck");
        vm.assertEq(token.balanceOf(offering), 0, "no token is stuck");
    }

    /// One function for all: forge draws new runs for each.
    function invariant_moneyAndTokensAddUp() public {
        (address o,, address treasury) = handler.parts();
        ModelOffering offering = ModelOffering(o);
        OfferingBooks memory books = offering.books();
        OfferingTerms memory terms = offering.terms();
        uint256 held = o.balance;
        vm.assertEq(books.raised, handler.paid(), "17: what was paid");
        vm.assertEq(books.raised, books.refunded + books.released + held, "17: units");
        vm.assertEq(treasury.balance - handler.treasuryBefore(), books.released, "17: treasury");
        uint256 burned = token.totalEverMinted() - token.totalSupply() - handler.burnedBefore();
        vm.assertEq(terms.offered, books.claimed + burned + token.balanceOf(o), "18: tokens");
        requireBuyers(offering, books, held);
        requireForward(offering, books);
        vm.assertFalse(handler.callerSucceeded(), "21: no way in by calling back");
    }

    /// After the last buyer has fetched all, nothing but what milestones hold back is left.
    function afterInvariant() public {
        handler.fetchAll();
        (address o,,) = handler.parts();
        OfferingBooks memory books = ModelOffering(o).books();
        if (books.status == OfferingStatus.Open) return;
        vm.assertEq(token.balanceOf(o), 0, "22: tokens");
        OfferingTerms memory terms = ModelOffering(o).terms();
        uint256 waiting = 0;
        if (!books.ended && books.roundsCounted < terms.milestoneRounds) {
            uint256 first = books.proceeds * terms.firstBps / 10_000;
            waiting = books.proceeds - first - (books.proceeds - first) * books.roundsCounted
                / terms.milestoneRounds;
        }
        vm.assertEq(o.balance, waiting, "22: units");
    }

    function requireBuyers(ModelOffering offering, OfferingBooks memory books, uint256 held) private view {
        uint256 due = offering.releasable();
        uint256 tokensDue = 0;
        uint256 refunded = 0;
        uint256 claimed = 0;
        for (uint256 i = 0; i < handler.buyerCount(); ++i) {
            address buyer = handler.buyers(i);
            OfferingBuyer memory entry = offering.buyerOf(buyer);
            vm.assertEq(entry.paid, handler.paidBy(buyer), "17: each buyer");
            uint256 back = buyer.balance - handler.coinBefore(buyer);
            vm.assertLe(back + offering.refundable(buyer), entry.paid, "19: no more back than paid");
            refunded += back;
            claimed += token.balanceOf(buyer) - handler.tokensBefore(buyer);
            due += offering.refundable(buyer);
            tokensDue += offering.claimable(buyer);
        }
        vm.assertEq(refunded, books.refunded, "17: refunds");
        vm.assertEq(claimed, books.claimed, "18: claims");
        vm.assertLe(due, held, "19: all that is due is there");
        vm.assertLe(tokensDue, token.balanceOf(address(offering)), "19: all tokens due are there");
    }

    function requireForward(ModelOffering offering, OfferingBooks memory books) private {
        if (offering == lastOffering) {
            vm.assertLe(uint256(last.status), uint256(books.status), "20: status");
            vm.assertTrue(last.status <= OfferingStatus.Open || last.status == books.status, "20: outcome");
            vm.assertLe(last.raised, books.raised, "20: raised");
            vm.assertLe(last.refunded, books.refunded, "20: refunded");
            vm.assertLe(last.released, books.released, "20: released");
            vm.assertLe(last.claimed, books.claimed, "20: claimed");
            vm.assertLe(last.roundsCounted, books.roundsCounted, "20: rounds");
            vm.assertTrue(!last.ended || books.ended, "20: ended");
        }
        if (books.status == OfferingStatus.Failed) {
            vm.assertEq(books.released, 0, "20: a failure pays nobody");
        }
        (lastOffering, last) = (offering, books);
    }
}
