// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IInferenceMarket } from "../../src/serving/IInferenceMarket.sol";
import { Ask, Request, Routing, Seat, SeatState, Status, Terms } from "../../src/serving/MarketTypes.sol";
import { MarketWorld } from "../support/MarketWorld.sol";

contract InferenceMarketTest is MarketWorld {
    function test_aRequestIsAnsweredAndPaidToTheWei() public {
        openMarket(3, 2, Routing.Random, 3);
        uint256 id = routed();
        vm.assertEq(usd.balanceOf(address(market)), 3003, "three times the price was taken");
        answerAll(id, truth);
        requireStatus(id, Status.Final, "two are enough");
        vm.assertEq(keccak256(market.answerOf(id)), keccak256(truth), "the answer");
        market.finish(id);
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(market.creditOf(address(usd), serverAt(i)), 200, "a fifth, rounded down");
        }
        vm.assertEq(market.creditOf(address(usd), address(vault)), 2403, "the rest");
        vm.assertEq(market.creditOf(address(usd), asker), 0, "nothing is left");
        vm.assertEq(market.withdraw(address(usd), serverAt(0)), 200, "paid");
        vm.assertEq(market.withdraw(address(usd), serverAt(0)), 0, "once");
        market.withdraw(address(usd), address(vault));
        vm.assertEq(vault.sync(address(usd)), 2403, "the holders' revenue");
        vm.expectRevert();
        market.finish(id);
    }

    function test_whoDidNotAgreeIsNotPaidAndWhoWasSilentIsFined() public {
        openMarket(3, 2, Routing.Random, 3);
        uint256 id = routed();
        address[3] memory seats = [seatAt(id, 0), seatAt(id, 1), seatAt(id, 2)];
        seal(id, seats[0], truth);
        seal(id, seats[1], truth);
        vm.prank(seats[0]);
        vm.expectRevert();
        market.reveal(id, truth, saltOf(seats[0]));
        vm.warp(block.timestamp + SEAL + 1);
        reveal(id, seats[0], truth);
        vm.expectRevert();
        market.finish(id);
        reveal(id, seats[1], truth);
        market.finish(id);
        vm.assertEq(market.creditOf(address(usd), asker), 1001, "the silent one's price comes back");
        vm.assertEq(market.creditOf(address(usd), seats[2]), 0, "and is not paid");
        vm.assertEq(bondOf(seats[2]), SERVER_BOND - SERVER_BOND / 100, "a hundredth");
        vm.assertEq(market.burned(), SERVER_BOND / 100, "burned");
        vm.assertEq(bondOf(seats[0]), SERVER_BOND, "who answered loses nothing");
    }

    function test_withoutQuorumEverythingComesBack() public {
        openMarket(3, 2, Routing.Random, 3);
        Ask memory asked = ask();
        asked.refundTo = stranger;
        uint256 id = request(asked);
        route(id);
        for (uint256 i = 0; i < 3; ++i) {
            seal(id, seatAt(id, i), abi.encode(i));
        }
        for (uint256 i = 0; i < 2; ++i) {
            reveal(id, seatAt(id, i), abi.encode(i));
        }
        vm.expectRevert();
        market.refund(id);
        vm.warp(block.timestamp + SEAL + REVEAL + 1);
        vm.expectRevert();
        market.finish(id);
        market.refund(id);
        vm.assertEq(market.creditOf(address(usd), stranger), 3003, "to the wei, to whom it was said");
        vm.assertEq(bondOf(seatAt(id, 2)), SERVER_BOND - SERVER_BOND / 100, "sealed and never revealed");
        vm.expectRevert();
        market.refund(id);
        market.withdraw(address(usd), stranger);
        vm.assertEq(usd.balanceOf(address(market)), 0, "nothing stays");
    }

    function test_aMissedDrawIsRefundedAndNotDrawnAgain() public {
        openMarket(1, 1, Routing.Random, 1);
        uint256 id = request();
        uint256 seedBlock = market.requestOf(id).seedBlock;
        vm.assertEq(seedBlock, block.number + 2, "a later block");
        vm.expectRevert();
        market.route(id);
        vm.expectRevert();
        market.refund(id);
        vm.roll(seedBlock + 256);
        vm.expectRevert();
        market.refund(id);
        vm.roll(seedBlock + 257);
        vm.expectRevert();
        market.route(id);
        market.refund(id);
        vm.assertEq(market.creditOf(address(usd), asker), 1001, "all of it");
    }

    function test_aDrawOutOfItsHourIsRefunded() public {
        openMarket(1, 1, Routing.Random, 1);
        uint256 id = request();
        vm.roll(block.number + 3);
        vm.warp(block.timestamp + 1 hours + 1);
        vm.expectRevert();
        market.route(id);
        market.refund(id);
        requireStatus(id, Status.Refunded, "refunded");
    }

    function test_theChainsAnswerSlashesAndFreesTheRequester() public {
        openMarket(3, 2, Routing.Random, 3);
        uint256 id = routed();
        answerAll(id, lie);
        address liar = seatAt(id, 0);
        vm.prank(stranger);
        vm.expectRevert();
        market.slash(id, liar, truth);
        vm.prank(stranger);
        market.slash(id, liar, question);
        vm.assertEq(market.creditOf(address(0), stranger), SERVER_BOND / 2, "half");
        vm.assertEq(market.burned(), SERVER_BOND / 2, "half is burned");
        vm.assertEq(bondOf(liar), 0, "all of it");
        vm.prank(stranger);
        vm.expectRevert();
        market.slash(id, liar, question);
        requireStatus(id, Status.Contradicted, "proven wrong");
        vm.expectRevert();
        market.finish(id);
        market.refund(id);
        vm.assertEq(market.creditOf(address(usd), asker), 3003, "nobody is paid for it");
        // The others stay in reach when all is settled.
        address other = seatAt(id, 1);
        vm.prank(other);
        market.slash(id, other, question);
        vm.assertEq(market.burned(), SERVER_BOND / 2 + SERVER_BOND, "who slashes itself gets nothing");
    }

    function test_aTrueAnswerIsNotSlashedAndAWrongOneOnlyForADay() public {
        openMarket(3, 2, Routing.Random, 3);
        uint256 id = routed();
        seal(id, seatAt(id, 0), truth);
        seal(id, seatAt(id, 1), truth);
        seal(id, seatAt(id, 2), lie);
        address liar = seatAt(id, 2);
        vm.expectRevert();
        market.slash(id, liar, question);
        reveal(id, seatAt(id, 0), truth);
        reveal(id, seatAt(id, 1), truth);
        reveal(id, liar, lie);
        address good = seatAt(id, 0);
        vm.expectRevert();
        market.slash(id, good, question);
        market.finish(id);
        uint256 until = market.requestOf(id).slashableUntil;
        vm.warp(until + 1);
        vm.expectRevert();
        market.slash(id, liar, question);
        vm.warp(until);
        market.slash(id, liar, question);
        vm.assertEq(keccak256(market.answerOf(id)), keccak256(truth), "the final answer stands");
        requireStatus(id, Status.Finished, "and what was paid");
    }

    function test_codeThatComesLaterJudgesNobody() public {
        deployMarket();
        setTerms(termsFor(1, 1, Routing.RoundRobin));
        join(serverAt(0), PRICE, SERVER_BOND);
        uint256 id = request();
        vm.assertEq(market.requestOf(id).version, version, "the newest final one");
        publishCode();
        answerAll(id, lie);
        vm.expectRevert();
        market.slash(id, serverAt(0), question);
    }

    function test_theVersionIsPinnedAndMustBeFinal() public {
        openMarket(1, 1, Routing.Price, 1);
        uint256 id = request();
        vm.assertEq(market.requestOf(id).version, version, "pinned");
        vm.assertTrue(market.requestOf(id).provable, "its code is there");
        Ask memory asked = ask();
        asked.version = GENESIS;
        usd.mint(asker, PRICE);
        vm.startPrank(asker);
        usd.approve(address(market), PRICE);
        vm.expectRevert();
        market.request(asked);
        asked.version = version;
        market.request(asked);
        vm.stopPrank();
    }

    function test_coinIsTakenExactly() public {
        deployMarket();
        Terms memory terms = termsFor(1, 1, Routing.Price);
        terms.token = address(0);
        setTerms(terms);
        join(serverAt(0), 900, SERVER_BOND);
        Ask memory asked = ask();
        asked.token = address(0);
        vm.deal(asker, 1 ether);
        vm.startPrank(asker);
        vm.expectRevert();
        market.request{ value: 1000 }(asked);
        vm.expectRevert();
        market.request{ value: 1002 }(asked);
        uint256 id = market.request{ value: 1001 }(asked);
        vm.stopPrank();
        answerAll(id, truth);
        market.finish(id);
        vm.assertEq(market.creditOf(address(0), serverAt(0)), 180, "a fifth of its own price");
        vm.assertEq(market.creditOf(address(0), address(vault)), 720, "the rest of it");
        vm.assertEq(market.creditOf(address(0), asker), 101, "the rest of what was taken");
        uint256 before = vault.accountedOf(address(0));
        market.withdraw(address(0), address(vault));
        vm.assertEq(vault.accountedOf(address(0)), before + 720, "coin counts at once");
    }

    function test_whatIsAskedIsBounded() public {
        openMarket(1, 1, Routing.Price, 1);
        usd.mint(asker, 10_000);
        vm.prank(asker);
        usd.approve(address(market), 10_000);
        Ask memory asked = ask();
        asked.input = "";
        refused(asked);
        asked.input = new bytes(31);
        refused(asked);
        asked.input = new bytes(65 * 32);
        refused(asked);
        asked = ask();
        asked.mostPaid = PRICE - 1;
        refused(asked);
        asked = ask();
        asked.token = address(0);
        refused(asked);
        asked = ask();
        asked.receiver = stranger;
        refused(asked);
        asked.receiverGas = 1_000_001;
        refused(asked);
        asked = ask();
        asked.receiverGas = 1;
        refused(asked);
        asked = ask();
        asked.model = address(this);
        refused(asked);
        vm.assertEq(market.requestsCount(), 0, "none was made");
        asked = ask();
        asked.input = new bytes(64 * 32);
        vm.prank(asker);
        market.request(asked);
    }

    function test_answersHaveOneTo32Words() public {
        openMarket(1, 1, Routing.Price, 1);
        bytes[3] memory bad = [bytes(""), new bytes(33), new bytes(33 * 32)];
        for (uint256 i = 0; i < 3; ++i) {
            uint256 id = request();
            seal(id, serverAt(0), bad[i]);
            vm.prank(serverAt(0));
            vm.expectRevert();
            market.reveal(id, bad[i], saltOf(serverAt(0)));
        }
        uint256 good = request();
        answerAll(good, new bytes(32 * 32));
        vm.assertEq(market.answerOf(good).length, 1024, "32 words");
    }

    function test_termsArePinnedInTheRequest() public {
        openMarket(3, 2, Routing.Random, 3);
        uint256 id = routed();
        Terms memory terms = termsFor(1, 1, Routing.Price);
        terms.price = 5;
        setTerms(terms);
        vm.prank(founder);
        splitters.setOperatorsPart(model, 5000);
        answerAll(id, truth);
        market.finish(id);
        vm.assertEq(market.creditOf(address(usd), serverAt(0)), 200, "the part and the price of then");
        vm.assertEq(market.requestOf(id).cost, 3003, "the cost of then");
    }

    function test_viewsPageAndFind() public {
        openMarket(2, 2, Routing.RoundRobin, 3);
        uint256 first = request();
        uint256 second = request();
        vm.assertEq(market.modelsCount(), 1, "one model");
        vm.assertEq(market.models(0, 9)[0], model, "this one");
        vm.assertEq(market.models(1, 9).length, 0, "no more");
        vm.assertEq(market.serversCount(model), 3, "three");
        vm.assertEq(market.servers(model, 1, 9)[1].account, serverAt(2), "the last");
        vm.assertEq(seatAt(first, 0), serverAt(0), "in turn");
        vm.assertEq(seatAt(second, 0), serverAt(2), "the next");
        vm.assertEq(seatAt(second, 1), serverAt(0), "and round");
        uint256[] memory ids = market.requestsOf(serverAt(0), 1, 10);
        vm.assertEq(ids.length, 2, "both");
        ids = market.requestsOf(serverAt(1), 1, 10);
        vm.assertEq(ids.length, 1, "one of them");
        vm.assertEq(ids[0], first, "the first");
        vm.expectRevert();
        market.sealOf(second, serverAt(1));
    }

    /// Any answers of any servers at any prices: what was taken is what was credited.
    function testFuzz_creditsAreWhatWasTaken(
        uint256 answers,
        uint256 prices,
        uint16 part,
        uint256 silent
    )
        public
    {
        openMarket(5, 3, Routing.Random, 0);
        for (uint256 i = 0; i < 7; ++i) {
            join(serverAt(i), uint80(within(uint80(prices >> (i * 30)), 1, PRICE)), SERVER_BOND);
        }
        vm.prank(founder);
        splitters.setOperatorsPart(model, uint16(within(part, 0, 5000)));
        uint256 id = routed();
        for (uint256 i = 0; i < 5; ++i) {
            if ((silent >> i) & 1 == 0) seal(id, seatAt(id, i), abi.encode((answers >> i) & 1));
        }
        vm.warp(block.timestamp + SEAL + 1);
        for (uint256 i = 0; i < 5; ++i) {
            if ((silent >> i) & 1 == 0 && (silent >> (i + 8)) & 3 != 0) {
                reveal(id, seatAt(id, i), abi.encode((answers >> i) & 1));
            }
        }
        vm.warp(block.timestamp + REVEAL + 1);
        if (statusOf(id) == uint256(Status.Final)) market.finish(id);
        else market.refund(id);
        uint256 sum = market.creditOf(address(usd), asker) + market.creditOf(address(usd), address(vault));
        for (uint256 i = 0; i < 7; ++i) {
            sum += market.creditOf(address(usd), serverAt(i));
        }
        vm.assertEq(sum, 5 * uint256(PRICE), "to the unit");
    }

    function refused(Ask memory asked) private {
        vm.prank(asker);
        vm.expectRevert();
        market.request(asked);
    }
}
