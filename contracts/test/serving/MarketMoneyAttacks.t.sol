// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IInferenceMarket } from "../../src/serving/IInferenceMarket.sol";
import { Ask, Routing, Terms } from "../../src/serving/MarketTypes.sol";
import { MarketWorld } from "../support/MarketWorld.sol";
import { CallingToken, FalseToken, FeeToken, PlainToken } from "../support/PaymentTokens.sol";
import { AnswerTaker, Taking } from "../support/PredictionReceivers.sol";
import { BombReceiver, ClosedReceiver, GreedyReceiver } from "../support/Receivers.sol";

/// Attacks by who is paid, and by what is paid with.
contract MarketMoneyAttacksTest is MarketWorld {
    AnswerTaker private taker = new AnswerTaker();

    function test_attack_aServerIsPaidTwiceFromItsOwnReceive() public {
        coinMarket();
        vm.deal(address(this), 10 ether);
        taker.act{ value: 2 ether }(
            address(market), abi.encodeCall(market.join, (model, 1, "http://taker", PRICE))
        );
        uint256 id = request(coinAsk());
        bytes32 sealed_ = market.sealHash(id, address(taker), keccak256(truth), "salt");
        taker.act(address(market), abi.encodeCall(market.seal, (id, sealed_)));
        taker.act(address(market), abi.encodeCall(market.reveal, (id, truth, "salt")));
        market.finish(id);
        taker.turn(Taking.Calls);
        taker.plan(address(market), abi.encodeCall(market.withdraw, (address(0), address(taker))));
        taker.plan(address(market), abi.encodeCall(market.withdraw, (address(0), address(vault))));
        taker.plan(address(market), abi.encodeCall(market.finish, (id)));
        market.withdraw(address(0), address(taker));
        vm.assertEq(address(taker).balance, 200, "once");
        vm.assertEq(taker.entered(), 0, "nothing was entered");
    }

    function test_attack_creditsThatCannotBePaidHoldUpNobody() public {
        coinMarket();
        // More than the bond: it stays routed after a fine.
        join(serverAt(0), PRICE, 2 * SERVER_BOND);
        address payable[3] memory bad = [
            payable(address(new ClosedReceiver())),
            payable(address(new GreedyReceiver())),
            payable(address(new BombReceiver()))
        ];
        for (uint256 i = 0; i < 3; ++i) {
            Ask memory asked = coinAsk();
            asked.refundTo = bad[i];
            uint256 id = request(asked);
            vm.warp(block.timestamp + SEAL + 1);
            market.refund(id);
            vm.assertEq(market.creditOf(address(0), bad[i]), PRICE, "credited all the same");
            (bool done,) = address(market).call{ gas: 4_000_000 }(
                abi.encodeCall(market.withdraw, (address(0), bad[i]))
            );
            vm.assertEq(done, i == 2, "it harms itself");
        }
        vm.assertEq(market.creditOf(address(0), bad[0]), PRICE, "its credit stands");
        ClosedReceiver(bad[0]).setOpen(true);
        market.withdraw(address(0), bad[0]);
    }

    function test_attack_hostilePaymentTokens() public {
        openMarket(1, 1, Routing.Price, 1);
        FeeToken fee = new FeeToken();
        FalseToken says = new FalseToken();
        says.refuse(true);
        PlainToken[2] memory bad = [PlainToken(fee), PlainToken(says)];
        for (uint256 i = 0; i < 2; ++i) {
            Ask memory asked = payIn(address(bad[i]));
            bad[i].mint(asker, PRICE);
            vm.startPrank(asker);
            bad[i].approve(address(market), PRICE);
            vm.expectPartialRevert(IInferenceMarket.InferenceMarket_NotReceived.selector);
            market.request(asked);
            vm.stopPrank();
        }
        // One that turns bad afterwards keeps its own credits, and no others.
        says.refuse(false);
        Ask memory late = payIn(address(says));
        vm.startPrank(asker);
        says.approve(address(market), PRICE);
        uint256 id = market.request(late);
        vm.stopPrank();
        answerAll(id, truth);
        market.finish(id);
        says.refuse(true);
        vm.expectPartialRevert(IInferenceMarket.InferenceMarket_PaymentFailed.selector);
        market.withdraw(address(says), serverAt(0));
        vm.assertEq(market.creditOf(address(says), serverAt(0)), 200, "the credit stands");
    }

    /// A token that makes a second request within the first one's payment, to be counted for both.
    function test_attack_aTokenThatReenters() public {
        openMarket(1, 1, Routing.Price, 1);
        CallingToken calling = new CallingToken();
        Ask memory asked = payIn(address(calling));
        calling.mint(asker, 10 * uint256(PRICE));
        vm.prank(asker);
        calling.approve(address(market), type(uint256).max);
        calling.callDuringTransfer(address(market), abi.encodeCall(market.request, (asked)));
        vm.prank(asker);
        market.request(asked);
        vm.assertFalse(calling.succeeded(), "no request within a request");
        vm.assertEq(calling.balanceOf(address(market)), PRICE, "one, paid once");
        calling.callDuringTransfer(
            address(market), abi.encodeCall(market.withdraw, (address(calling), asker))
        );
        vm.prank(asker);
        market.request(asked);
        vm.assertFalse(calling.succeeded(), "and nothing leaves meanwhile");
    }

    function coinMarket() private {
        deployMarket();
        publishCode();
        Terms memory terms = termsFor(1, 1, Routing.Price);
        terms.token = address(0);
        setTerms(terms);
    }

    function coinAsk() private view returns (Ask memory asked) {
        asked = ask();
        asked.token = address(0);
    }

    /// New terms in another token, to which the server agrees.
    function payIn(address token_) private returns (Ask memory asked) {
        Terms memory terms = termsFor(1, 1, Routing.Price);
        terms.token = token_;
        setTerms(terms);
        uint16 number = termsNumber();
        vm.prank(serverAt(0));
        market.update(model, number, "http://server", PRICE);
        asked = ask();
        asked.token = token_;
    }
}
