// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IInferenceMarket } from "../../src/serving/IInferenceMarket.sol";
import { Routing, Server, Terms } from "../../src/serving/MarketTypes.sol";
import { MarketWorld } from "../support/MarketWorld.sol";

contract MarketServersTest is MarketWorld {
    function test_onlyTheRulerSetsTerms() public {
        deployMarket();
        Terms memory terms = termsFor(1, 1, Routing.Price);
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceMarket.InferenceMarket_NotRuler.selector, model, stranger, founder
            )
        );
        market.setTerms(model, terms);
        setTerms(terms);
        vm.assertEq(uint256(termsNumber()), 1, "the first");
        (,, address to) = market.termsOf(model);
        vm.assertEq(to, address(vault), "its vault");
    }

    function test_termsAreBounded() public {
        deployMarket();
        Terms memory terms = termsFor(16, 9, Routing.Price);
        refuse(terms, "servers");
        terms = termsFor(4, 2, Routing.Price);
        refuse(terms, "quorum");
        terms.quorum = 5;
        refuse(terms, "quorum");
        terms = termsFor(1, 1, Routing.Price);
        terms.price = 0;
        refuse(terms, "price");
        terms = termsFor(1, 1, Routing.Price);
        terms.sealSeconds = 14;
        refuse(terms, "sealSeconds");
        terms.sealSeconds = 1 days + 1;
        refuse(terms, "sealSeconds");
        terms = termsFor(1, 1, Routing.Price);
        terms.revealSeconds = 14;
        refuse(terms, "revealSeconds");
        terms = termsFor(1, 1, Routing.Price);
        terms.bond = 0.001 ether - 1;
        refuse(terms, "bond");
        setTerms(termsFor(15, 15, Routing.Random));
    }

    function test_aClosedMarketTakesNoRequests() public {
        openMarket(1, 1, Routing.Price, 1);
        uint256 id = request();
        Terms memory none;
        setTerms(none);
        vm.prank(asker);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_Closed.selector);
        market.request(ask());
        answerAll(id, truth);
        market.finish(id);
    }

    function test_joiningNeedsBondPriceEndpointAndPresentTerms() public {
        openMarket(1, 1, Routing.Price, 0);
        address server = serverAt(0);
        vm.deal(server, 10 ether);
        vm.startPrank(server);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_BadBond.selector);
        market.join{ value: SERVER_BOND - 1 }(model, 1, "x", PRICE);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_BadPrice.selector);
        market.join{ value: SERVER_BOND }(model, 1, "x", PRICE + 1);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_BadPrice.selector);
        market.join{ value: SERVER_BOND }(model, 1, "x", 0);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_BadEndpoint.selector);
        market.join{ value: SERVER_BOND }(model, 1, "", PRICE);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_BadEndpoint.selector);
        market.join{ value: SERVER_BOND }(model, 1, string(new bytes(257)), PRICE);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_OtherTerms.selector);
        market.join{ value: SERVER_BOND }(model, 2, "x", PRICE);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_NotServer.selector);
        market.update(model, 1, "x", PRICE);
        market.join{ value: SERVER_BOND }(model, 1, "x", PRICE);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_AlreadyServer.selector);
        market.join{ value: SERVER_BOND }(model, 1, "x", PRICE);
        market.update{ value: 1 ether }(model, 1, "y", 1);
        vm.stopPrank();
        Server memory found = market.serverOf(model, server);
        vm.assertEq(uint256(found.bond), 2 ether, "added");
        vm.assertEq(uint256(found.price), 1, "other price");
        vm.assertEq(found.endpoint, "y", "other endpoint");
    }

    function test_aModelHasAtMost64Servers() public {
        openMarket(15, 8, Routing.Random, 64);
        address late = vm.addr(0x1A7E);
        vm.deal(late, SERVER_BOND);
        vm.prank(late);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_Full.selector);
        market.join{ value: SERVER_BOND }(model, 1, "x", PRICE);
        uint256 id = routed();
        vm.assertEq(market.routedTo(id).length, 15, "fifteen of them");
        answerAll(id, truth);
        market.finish(id);
    }

    function test_newTermsBindNobodyWhoHasNotAgreed() public {
        openMarket(1, 1, Routing.Price, 1);
        setTerms(termsFor(1, 1, Routing.Price));
        usd.mint(asker, PRICE);
        vm.startPrank(asker);
        usd.approve(address(market), PRICE);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_TooFewServers.selector);
        market.request(ask());
        vm.stopPrank();
        address server = serverAt(0);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_NotEvictable.selector);
        market.evict(model, server);
        vm.prank(server);
        market.update(model, 2, "x", PRICE);
        request();
        setTerms(termsFor(1, 1, Routing.Price));
        vm.warp(block.timestamp + 1 days);
        market.evict(model, server);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_HasLeft.selector);
        market.evict(model, server);
        vm.prank(server);
        market.update(model, 3, "x", PRICE);
        vm.assertEq(uint256(market.serverOf(model, server).left), 0, "it serves again");
        request();
    }

    function test_whoHasLostItsBondIsNotRoutedAndCanBeEvicted() public {
        openMarket(1, 1, Routing.RoundRobin, 2);
        uint256 id = request();
        address silent = seatAt(id, 0);
        vm.warp(block.timestamp + SEAL + 1);
        market.refund(id);
        id = request();
        vm.assertTrue(seatAt(id, 0) != silent, "the next in turn");
        id = request();
        vm.assertTrue(seatAt(id, 0) != silent, "its turn is passed over");
        market.evict(model, silent);
        vm.warp(block.timestamp + 4 days);
        vm.prank(stranger);
        market.withdrawBond(model, silent);
        vm.assertEq(market.creditOf(address(0), silent), SERVER_BOND - SERVER_BOND / 100, "its own");
        vm.assertEq(market.serversCount(model), 1, "off the list");
        vm.assertEq(market.servers(model, 0, 9)[0].account, serverAt(1), "the other moved up");
        join(silent, PRICE, SERVER_BOND);
    }

    function test_theCheapestAreRoutedByPrice() public {
        openMarket(2, 2, Routing.Price, 0);
        join(serverAt(0), 900, SERVER_BOND);
        join(serverAt(1), 500, SERVER_BOND);
        join(serverAt(2), 700, SERVER_BOND);
        join(serverAt(3), 700, SERVER_BOND);
        uint256 id = request();
        vm.assertEq(seatAt(id, 0), serverAt(1), "the cheapest");
        vm.assertEq(seatAt(id, 1), serverAt(2), "of two equal ones the first");
        answerAll(id, truth);
        market.finish(id);
        vm.assertEq(market.creditOf(address(usd), asker), 2002 - 1200, "the difference comes back");
    }

    /// However servers come and go, the list holds each once, and all are found.
    function testFuzz_theListStaysWhole(uint256 steps) public {
        openMarket(1, 1, Routing.Price, 0);
        bool[6] memory on;
        for (uint256 i = 0; i < 24; ++i) {
            uint256 who = (steps >> (i * 8)) % 6;
            address server = serverAt(who);
            if (!on[who]) {
                join(server, PRICE, SERVER_BOND);
            } else {
                vm.prank(server);
                market.leave(model);
                vm.warp(block.timestamp + 4 days);
                market.withdrawBond(model, server);
            }
            on[who] = !on[who];
            uint256 expected = 0;
            for (uint256 j = 0; j < 6; ++j) {
                if (on[j]) ++expected;
                vm.assertEq(market.serverOf(model, serverAt(j)).account != address(0), on[j], "there or not");
            }
            Server[] memory list = market.servers(model, 0, 64);
            vm.assertEq(list.length, expected, "each once");
            for (uint256 j = 0; j < list.length; ++j) {
                vm.assertEq(uint256(list[j].bond), SERVER_BOND, "whole");
            }
        }
    }

    function refuse(Terms memory terms, bytes32 parameter) private {
        uint256 value = terms.servers;
        if (parameter == "quorum") value = terms.quorum;
        if (parameter == "price") value = terms.price;
        if (parameter == "sealSeconds") value = terms.sealSeconds;
        if (parameter == "revealSeconds") value = terms.revealSeconds;
        if (parameter == "bond") value = terms.bond;
        vm.prank(founder);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceMarket.InferenceMarket_BadTerms.selector, parameter, value)
        );
        market.setTerms(model, terms);
    }
}
