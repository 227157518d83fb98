// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { InferenceMarket } from "../../../src/serving/InferenceMarket.sol";
import { Request, Seat, SeatState, Server, Status, Terms } from "../../../src/serving/MarketTypes.sol";
import { Base } from "../../support/Base.sol";
import { MarketHandler } from "./MarketHandler.sol";

/// The numbers are those of README.md in the folder above.
contract MarketInvariants is Base {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    MarketHandler private handler;
    InferenceMarket private market;
    address private model;

    function setUp() public {
        handler = new MarketHandler();
        (address market_, address model_,) = handler.world();
        (market, model) = (InferenceMarket(market_), model_);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](15);
        selectors[0] = handler.setTermsOf.selector;
        selectors[1] = handler.join.selector;
        selectors[2] = handler.leave.selector;
        selectors[3] = handler.evict.selector;
        selectors[4] = handler.withdrawBond.selector;
        selectors[5] = handler.passTime.selector;
        selectors[6] = handler.turn.selector;
        selectors[7] = handler.makeRequest.selector;
        selectors[8] = handler.advance.selector;
        selectors[9] = handler.advanceAll.selector;
        selectors[10] = handler.finish.selector;
        selectors[11] = handler.refund.selector;
        selectors[12] = handler.deliver.selector;
        selectors[13] = handler.slash.selector;
        selectors[14] = handler.withdraw.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// The handler is no use if it never gets anywhere: this drives it by hand.
    function test_handlerReachesEveryEnd() public {
        handler.makeRequest(true, false);
        handler.advanceAll(0, 2);
        handler.advanceAll(0, 2);
        handler.deliver(0, 5_000_000);
        handler.finish(0);
        vm.assertEq(handler.finished(), 1, "finished");
        vm.assertEq(handler.delivered(), 1, "delivered");
        for (uint256 i = 0; i < 3; ++i) {
            handler.slash(0, i);
        }
        vm.assertEq(handler.slashed(), 1, "one lied");
        handler.withdraw(1, 8);
        vm.assertEq(handler.withdrawn(), 1, "the vault is paid");
        handler.makeRequest(false, true);
        handler.passTime(uint32(2 hours), 1);
        handler.refund(0);
        vm.assertEq(handler.refunded(), 1, "refunded");
        handler.leave(0);
        handler.passTime(uint32(5 days), 8);
        handler.withdrawBond(0);
        vm.assertEq(handler.returned(), 1, "a bond went back");
        requireAll();
    }

    function invariant_whatIsOwedIsThere() public view {
        for (uint256 i = 0; i < handler.TOKENS(); ++i) {
            requireHoldings(i);
        }
    }

    function invariant_requestsKeepTheirRules() public view {
        requireRequests();
    }

    function requireAll() private view {
        for (uint256 i = 0; i < handler.TOKENS(); ++i) {
            requireHoldings(i);
        }
        requireRequests();
    }

    /// Credits, open requests, and of coin bonds and what is burned.
    function requireHoldings(uint256 index) private view {
        address token = handler.tokens(index);
        uint256 owed = 0;
        for (uint256 i = 0; i < handler.accountsCount(); ++i) {
            owed += market.creditOf(token, handler.accounts(i));
        }
        for (uint256 id = 1; id <= market.requestsCount(); ++id) {
            Request memory request = market.requestOf(id);
            (Terms memory terms,) = market.termsByNumber(model, request.terms);
            bool open = request.status != Status.Finished && request.status != Status.Refunded;
            if (terms.token == token && open) owed += request.cost;
        }
        if (token == address(0)) {
            owed += market.burned();
            Server[] memory list = market.servers(model, 0, 64);
            for (uint256 i = 0; i < list.length; ++i) {
                owed += list[i].bond;
            }
        }
        // Nobody sends anything but by request and bond, so nothing is over either.
        vm.assertEq(handler.holdings(index), owed, "38: held, owed");
    }

    function requireRequests() private view {
        vm.assertEq(handler.repeated(), 0, "39: done twice, or otherwise than it was sealed");
        vm.assertEq(handler.wronglyRouted(), 0, "40: routed though it had left, or came too late");
        uint256 delivered = 0;
        for (uint256 id = 1; id <= market.requestsCount(); ++id) {
            Request memory request = market.requestOf(id);
            if (request.delivered) ++delivered;
            requireRequest(id, request);
        }
        // A call that fails leaves no trace in its receiver.
        vm.assertLe(handler.taker().calls(), delivered, "39: called");
    }

    function requireRequest(uint256 id, Request memory request) private view {
        Seat[] memory seats = market.routedTo(id);
        if (seats.length == 0) return;
        vm.assertEq(handler.hashOfSeats(id), handler.seatsHash(id), "40: its servers stay");
        (Terms memory terms,) = market.termsByNumber(model, request.terms);
        bytes memory answer = market.answerOf(id);
        uint256 votes = 0;
        for (uint256 i = 0; i < seats.length; ++i) {
            address server = seats[i].server;
            for (uint256 j = 0; j < i; ++j) {
                vm.assertTrue(seats[j].server != server, "40: each once");
            }
            bool shown = seats[i].state == SeatState.Revealed || seats[i].state == SeatState.Slashed;
            bytes memory given = handler.givenBy(id, server);
            if (shown) {
                vm.assertEq(market.sealOf(id, server), keccak256(given), "39: what it sealed first");
                if (keccak256(given) == keccak256(answer)) ++votes;
            }
            if (block.timestamp <= request.slashableUntil) {
                vm.assertTrue(market.serverOf(model, server).account != address(0), "41: its bond is here");
            }
        }
        bool final_ = uint256(request.status) >= uint256(Status.Final) && answer.length != 0;
        if (final_) vm.assertTrue(votes >= terms.quorum, "42: a quorum");
        if (request.status == Status.Final || request.status == Status.Finished) {
            vm.assertTrue(final_, "42: has an answer");
        }
    }
}
