// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IInferenceMarket } from "../../src/serving/IInferenceMarket.sol";
import { InferenceMarket } from "../../src/serving/InferenceMarket.sol";
import { Ask, Routing, Seat, SeatState, Status, Terms } from "../../src/serving/MarketTypes.sol";
import { MarketWorld } from "../support/MarketWorld.sol";
import { AnswerTaker, Taking } from "../support/PredictionReceivers.sol";

/// Each attack, and what comes of it.
contract MarketAttacksTest is MarketWorld {
    AnswerTaker private taker = new AnswerTaker();

    function test_attack_aServerAnswersTwice() public {
        openMarket(3, 2, Routing.Random, 3);
        uint256 id = routed();
        address server = seatAt(id, 0);
        seal(id, server, truth);
        bytes32 other = market.sealHash(id, server, keccak256(lie), saltOf(server));
        vm.prank(server);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_WrongSeat.selector);
        market.seal(id, other);
        vm.warp(block.timestamp + SEAL + 1);
        vm.prank(server);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_WrongReveal.selector);
        market.reveal(id, lie, saltOf(server));
        reveal(id, server, truth);
        vm.prank(server);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_WrongSeat.selector);
        market.reveal(id, truth, saltOf(server));
        requireStatus(id, Status.Routed, "one vote is one vote");
    }

    function test_attack_anAnswerComesLate() public {
        openMarket(3, 2, Routing.Random, 3);
        uint256 id = routed();
        uint64 sealBy = market.requestOf(id).sealBy;
        uint64 revealBy = market.requestOf(id).revealBy;
        address[3] memory seats = [seatAt(id, 0), seatAt(id, 1), seatAt(id, 2)];
        vm.warp(sealBy);
        seal(id, seats[0], truth);
        seal(id, seats[1], truth);
        vm.warp(sealBy + 1);
        vm.prank(seats[2]);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_TooLate.selector);
        market.seal(id, "late");
        vm.warp(revealBy);
        reveal(id, seats[0], truth);
        vm.warp(revealBy + 1);
        vm.prank(seats[1]);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_TooLate.selector);
        market.reveal(id, truth, saltOf(seats[1]));
        market.refund(id);
        vm.assertEq(market.creditOf(address(usd), asker), 3003, "no quorum, no price");
    }

    function test_attack_deliveredBeforeFinalOrTwice() public {
        openMarket(3, 2, Routing.Random, 3);
        uint256 id = askedWithTaker(300_000);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_WrongStatus.selector);
        market.deliver(id);
        route(id);
        for (uint256 i = 0; i < 3; ++i) {
            seal(id, seatAt(id, i), truth);
        }
        reveal(id, seatAt(id, 0), truth);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_WrongStatus.selector);
        market.deliver(id);
        reveal(id, seatAt(id, 1), truth);
        vm.assertTrue(market.deliver(id), "delivered");
        vm.assertEq(taker.id(), id, "this one");
        vm.assertEq(taker.requester(), asker, "and who asked");
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_NothingToDeliver.selector);
        market.deliver(id);
        reveal(id, seatAt(id, 2), truth);
        market.finish(id);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_NothingToDeliver.selector);
        market.deliver(id);
        vm.assertEq(taker.calls(), 1, "once");
    }

    function test_attack_aSealIsCopied() public {
        openMarket(3, 2, Routing.Random, 3);
        uint256 id = routed();
        address good = seatAt(id, 0);
        address thief = seatAt(id, 1);
        seal(id, good, truth);
        bytes32 copied = market.sealOf(id, good);
        vm.prank(thief);
        market.seal(id, copied);
        vm.warp(block.timestamp + SEAL + 1);
        reveal(id, good, truth);
        // Now it knows answer and salt, and still cannot open what it has copied.
        vm.prank(thief);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_WrongReveal.selector);
        market.reveal(id, truth, saltOf(good));
    }

    function test_attack_aSealOfAnotherRequestMarketOrChain() public {
        openMarket(1, 1, Routing.Price, 1);
        InferenceMarket other = new InferenceMarket(registry, splitters);
        uint256 id = request();
        address server = serverAt(0);
        bytes32[3] memory seals;
        seals[0] = market.sealHash(id + 1, server, keccak256(truth), saltOf(server));
        seals[1] = other.sealHash(id, server, keccak256(truth), saltOf(server));
        vm.chainId(99);
        seals[2] = market.sealHash(id, server, keccak256(truth), saltOf(server));
        vm.chainId(31337);
        for (uint256 i = 0; i < 3; ++i) {
            id = i == 0 ? id : request();
            vm.prank(server);
            market.seal(id, seals[i]);
            vm.prank(server);
            vm.expectPartialRevert(IInferenceMarket.InferenceMarket_WrongReveal.selector);
            market.reveal(id, truth, saltOf(server));
        }
    }

    /// The draw depends on the hash of a block that is not there at the request, and on nothing that comes after it.
    function testFuzz_attack_theDrawIsGround(bytes32 blockHash, uint8 who) public {
        openMarket(3, 2, Routing.Random, 8);
        uint256 id = request();
        vm.roll(market.requestOf(id).seedBlock + 1);
        vm.setBlockhash(block.number - 1, blockHash == 0 ? bytes32(uint256(1)) : blockHash);
        // Whoever sees the hash and joins now is not drawn; who leaves is drawn all the same.
        for (uint256 i = 8; i < 12; ++i) {
            join(serverAt(i), 1, SERVER_BOND);
        }
        address leaving = serverAt(who % 8);
        vm.prank(leaving);
        market.leave(model);
        market.route(id);
        address[3] memory drawn = [seatAt(id, 0), seatAt(id, 1), seatAt(id, 2)];
        bytes32 seed = keccak256(abi.encode(block.chainid, address(market), id, blockhash(block.number - 1)));
        bytes32 last;
        for (uint256 i = 0; i < 3; ++i) {
            bytes32 rank = keccak256(abi.encode(seed, drawn[i]));
            vm.assertTrue(rank > last, "in rising order");
            last = rank;
        }
        for (uint256 i = 0; i < 8; ++i) {
            address each = serverAt(i);
            bool isDrawn = each == drawn[0] || each == drawn[1] || each == drawn[2];
            vm.assertEq(isDrawn, keccak256(abi.encode(seed, each)) <= last, "the three lowest of the eight");
        }
    }

    function test_attack_theRequesterLetsADrawLapse() public {
        openMarket(1, 1, Routing.Random, 2);
        uint256 id = request();
        vm.roll(block.number + 300);
        market.refund(id);
        uint256 again = request();
        vm.assertEq(again, id + 1, "asking again is another request, at the full price");
        vm.assertEq(usd.balanceOf(address(market)), 2 * uint256(PRICE), "taken");
        // It can not keep a server from recording the draw while it is there.
        vm.roll(market.requestOf(again).seedBlock + 256);
        vm.prank(serverAt(1));
        market.route(again);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_NotOver.selector);
        market.refund(again);
    }

    function test_attack_callbacksThatRevertBombOrBurn() public {
        openMarket(1, 1, Routing.Price, 1);
        for (uint256 i = 1; i < 5; ++i) {
            taker.turn(Taking(i));
            uint256 id = askedWithTaker(200_000);
            answerAll(id, truth);
            uint256 before = gasleft();
            bool success = market.deliver(id);
            uint256 spent = before - gasleft();
            vm.assertLt(spent, 330_000, "what it was given, and not more");
            vm.assertFalse(success && Taking(i) != Taking.Bomb, "it failed");
            vm.assertTrue(market.requestOf(id).delivered, "once and for all");
            vm.assertEq(keccak256(market.answerOf(id)), keccak256(truth), "the answer stays");
            market.finish(id);
        }
        vm.assertEq(market.creditOf(address(usd), serverAt(0)), 800, "the server is paid four times");
    }

    function test_attack_aStrangerStarvesTheDelivery() public {
        openMarket(1, 1, Routing.Price, 1);
        uint256 id = askedWithTaker(500_000);
        answerAll(id, truth);
        for (uint256 given = 30_000; given < 560_000; given += 10_000) {
            try market.deliver{ gas: given }(id) {
                vm.assertTrue(taker.gasGiven() > 490_000, "never with less");
            } catch { }
        }
        if (!market.requestOf(id).delivered) market.deliver(id);
        vm.assertEq(taker.calls(), 1, "once");
        vm.assertTrue(taker.gasGiven() > 490_000, "with what was asked for");
        vm.assertEq(keccak256(taker.answer()), keccak256(truth), "the answer");
    }

    function test_attack_aCallbackCallsBack() public {
        openMarket(1, 1, Routing.Price, 1);
        uint256 id = askedWithTaker(1_000_000);
        answerAll(id, truth);
        taker.turn(Taking.Calls);
        taker.plan(address(market), abi.encodeCall(market.deliver, (id)));
        taker.plan(address(market), abi.encodeCall(market.refund, (id)));
        taker.plan(address(market), abi.encodeCall(market.slash, (id, serverAt(0), question)));
        taker.plan(address(market), abi.encodeCall(market.withdrawBond, (model, serverAt(0))));
        vm.assertTrue(market.deliver(id), "delivered");
        vm.assertEq(taker.entered(), 0, "none of them");
        vm.assertEq(taker.calls(), 1, "once");
    }

    function test_attack_aFlashBondedServer() public {
        openMarket(1, 1, Routing.Random, 1);
        address flash = vm.addr(0xF1A5);
        uint256 id = request();
        join(flash, PRICE, SERVER_BOND);
        vm.prank(flash);
        market.leave(model);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_BondHeld.selector);
        market.withdrawBond(model, flash);
        route(id);
        vm.assertEq(seatAt(id, 0), serverAt(0), "only who was there before");
        uint64 from = market.serverOf(model, flash).withdrawableAt;
        vm.assertEq(uint256(from), block.timestamp + 4 days, "four days");
        vm.warp(from);
        market.withdrawBond(model, flash);
        vm.assertEq(market.creditOf(address(0), flash), SERVER_BOND, "its own");
    }

    /// The longest request that a leaving server can still be drawn for ends, with its day of slashing, before its bond goes.
    function test_attack_theBondLeavesBeforeItsLie() public {
        deployMarket();
        publishCode();
        Terms memory terms = termsFor(1, 1, Routing.Random);
        (terms.sealSeconds, terms.revealSeconds) = (1 days, 1 days);
        setTerms(terms);
        address liar = serverAt(0);
        join(liar, PRICE, SERVER_BOND);
        uint256 id = request();
        vm.prank(liar);
        market.leave(model);
        vm.warp(block.timestamp + 1 hours);
        route(id);
        vm.warp(market.requestOf(id).sealBy);
        seal(id, liar, lie);
        vm.warp(market.requestOf(id).revealBy);
        reveal(id, liar, lie);
        uint256 until = market.requestOf(id).slashableUntil;
        vm.assertLt(until, market.serverOf(model, liar).withdrawableAt, "in reach to the end");
        vm.warp(until);
        vm.prank(stranger);
        market.slash(id, liar, question);
        vm.assertEq(bondOf(liar), 0, "slashed");
    }

    function test_attack_whoLeftIsRoutedAnew() public {
        openMarket(1, 1, Routing.Random, 2);
        vm.prank(serverAt(0));
        market.leave(model);
        for (uint256 i = 0; i < 8; ++i) {
            uint256 id = routed();
            vm.assertEq(seatAt(id, 0), serverAt(1), "never again");
        }
    }

    function test_attack_aForeignModelReachesOnlyItsOwn() public {
        openMarket(1, 1, Routing.Price, 1);
        ForeignModel foreign = new ForeignModel(stranger);
        Terms memory terms = termsFor(1, 1, Routing.Price);
        vm.prank(stranger);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_NotRuler.selector);
        market.setTerms(model, terms);
        vm.prank(stranger);
        market.setTerms(address(foreign), terms);
        vm.assertEq(market.modelsCount(), 2, "it is listed");
        vm.assertEq(market.serversCount(address(foreign)), 0, "and nobody serves it who did not say so");
    }

    function askedWithTaker(uint32 gasLimit) private returns (uint256) {
        Ask memory asked = ask();
        asked.receiver = address(taker);
        asked.receiverGas = gasLimit;
        return request(asked);
    }
}

/// @notice Pretends to be a model that `publisher` rules.
contract ForeignModel {
    address public publisher;
    address public immutable pool = address(this);
    address public immutable token = address(this);
    address public immutable vault = address(this);

    constructor(address publisher_) {
        publisher = publisher_;
    }
}
