// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { AccessPass } from "../../src/ledger/AccessPass.sol";
import { IAccessPass, Pass, PassOrder } from "../../src/ledger/IAccessPass.sol";
import { PassPlan } from "../../src/ledger/IPassPlans.sol";
import { Base } from "../support/Base.sol";
import { PlainToken } from "../support/PaymentTokens.sol";
import { PlansRecord } from "../support/PlansRecord.sol";
import { CallingReceiver, ClosedReceiver } from "../support/Receivers.sol";
import { TypedData } from "../support/TypedData.sol";

/// what is bought is what was ordered; one pass for each model and holder; only the holder replaces it; never taken
/// away
contract AccessPassTest is Base {
    uint256 private constant ALICE_KEY = 0xA11CE;
    bytes32 private constant MONTH = keccak256("month");
    bytes32 private constant YEAR = keccak256("year");

    AccessPass private passes = new AccessPass();
    PlansRecord private model = new PlansRecord();
    PlainToken private pay = new PlainToken();
    address private vault = vm.addr(0x7A);
    address private alice = vm.addr(ALICE_KEY);
    address private bob = vm.addr(0xB0B);

    mapping(bytes32 plan => PassPlan) private sold;

    function setUp() public {
        sells(MONTH, plan(address(pay), 5e6, 30 days, 1000, false, "licence"));
        sells(YEAR, plan(address(0), 1 ether, 365 days, 5000, true, "licence"));
        pay.mint(alice, 100e6);
        vm.prank(alice);
        pay.approve(address(passes), type(uint256).max);
        pay.mint(bob, 100e6);
        vm.prank(bob);
        pay.approve(address(passes), type(uint256).max);
        vm.deal(alice, 10 ether);
        vm.deal(bob, 10 ether);
    }

    function test_aPassIsWhatWasBoughtAndThePlansPayeeIsPaid() public {
        vm.prank(alice);
        vm.assertEq(passes.buy(order(MONTH, alice)), NOW + 30 days, "expiry");
        Pass memory pass = passes.passOf(address(model), alice);
        vm.assertEq(pass.plan, MONTH, "plan");
        vm.assertEq(pass.termsHash, "licence", "terms");
        vm.assertEq(pass.perDay, 1000, "rate");
        vm.assertEq(pay.balanceOf(vault), 5e6, "vault");
        vm.assertTrue(passes.isLive(address(model), alice, NOW + 30 days), "its last second");
        vm.assertFalse(passes.isLive(address(model), alice, NOW + 30 days + 1), "over");
        vm.assertFalse(passes.isLive(address(model), bob, 0), "never had one");
        vm.prank(alice);
        passes.buy{ value: 1 ether }(order(YEAR, alice));
        vm.assertEq(vault.balance, 1 ether, "coin");
    }

    function test_theSamePlanAddsAPeriodAndALaterVoteChangesNothing() public {
        vm.prank(bob);
        passes.buy(order(MONTH, alice));
        vm.prank(bob);
        vm.assertEq(passes.buy(order(MONTH, alice)), NOW + 60 days, "added");
        sells(MONTH, plan(address(pay), 9e6, 7 days, 1, false, "worse"));
        Pass memory pass = passes.passOf(address(model), alice);
        vm.assertEq(pass.perDay, 1000, "rate");
        vm.assertEq(pass.expiry, NOW + 60 days, "expiry");
        vm.warp(NOW + 61 days);
        vm.prank(alice);
        vm.assertEq(passes.buy(order(MONTH, alice)), NOW + 68 days, "a new one after its end");
        vm.assertEq(passes.passOf(address(model), alice).perDay, 1, "as sold now");
    }

    function test_aGiftNeverReplacesWhatTheHolderHas() public {
        vm.prank(alice);
        passes.buy(order(MONTH, alice));
        PassOrder memory year = order(YEAR, alice);
        vm.prank(bob);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessPass.AccessPass_OtherPass.selector, alice, NOW + 30 days)
        );
        passes.buy{ value: 1 ether }(year);
        bytes memory signature = signedOrder(year, 0, NOW);
        vm.prank(bob);
        passes.buySigned{ value: 1 ether }(year, NOW, signature, "", true);
        vm.assertEq(passes.passOf(address(model), alice).plan, YEAR, "by her signature");
        vm.prank(alice);
        passes.buy(order(MONTH, alice));
        vm.assertEq(passes.passOf(address(model), alice).plan, MONTH, "by herself");
    }

    function test_whatChangedMeanwhileIsNotBought() public {
        PassOrder memory wanted = order(MONTH, alice);
        sells(MONTH, plan(address(pay), 5e6 + 1, 30 days, 1000, false, "licence"));
        requireChanged(wanted, "price");
        sells(MONTH, plan(address(pay), 5e6, 30 days, 1000, false, "other"));
        requireChanged(wanted, "terms");
        sells(MONTH, plan(address(0), 5e6, 30 days, 1000, false, "licence"));
        requireChanged(wanted, "token");
        sells(MONTH, plan(address(pay), 5e6 - 1, 30 days, 1000, false, "licence"));
        vm.prank(alice);
        passes.buy(wanted);
        vm.assertEq(pay.balanceOf(vault), 5e6 - 1, "what it costs now");
    }

    function test_badOrdersAreRefused() public {
        PassOrder memory wanted = order(MONTH, alice);
        wanted.plan = "none";
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessPass.AccessPass_UnknownPlan.selector, address(model), bytes32("none")
            )
        );
        passes.buy(wanted);
        vm.expectRevert(abi.encodeWithSelector(IAccessPass.AccessPass_Empty.selector));
        passes.buy(order(MONTH, address(0)));
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IAccessPass.AccessPass_WrongValue.selector, 1, 0));
        passes.buy{ value: 1 }(order(MONTH, alice));
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IAccessPass.AccessPass_WrongValue.selector, 2 ether, 1 ether));
        passes.buy{ value: 2 ether }(order(YEAR, alice));
        wanted.model = bob;
        vm.expectRevert();
        passes.buy(wanted);
    }

    function test_onlyATransferablePassIsPassedOn() public {
        vm.prank(alice);
        passes.buy(order(MONTH, alice));
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessPass.AccessPass_NotTransferable.selector, address(model), alice)
        );
        passes.transfer(address(model), bob);
        vm.prank(alice);
        passes.buy{ value: 1 ether }(order(YEAR, alice));
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IAccessPass.AccessPass_Empty.selector));
        passes.transfer(address(model), address(0));
        vm.warp(NOW + 65 days);
        vm.prank(alice);
        passes.transfer(address(model), bob);
        vm.assertFalse(passes.isLive(address(model), alice, NOW + 65 days), "gone");
        vm.assertEq(passes.passOf(address(model), bob).expiry, NOW + 365 days, "what is left");
        vm.prank(alice);
        passes.buy{ value: 1 ether }(order(YEAR, alice));
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessPass.AccessPass_OtherPass.selector, bob, NOW + 365 days)
        );
        passes.transfer(address(model), bob);
        vm.warp(NOW + 1000 days);
        vm.prank(bob);
        vm.expectPartialRevert(IAccessPass.AccessPass_NotTransferable.selector);
        passes.transfer(address(model), alice);
    }

    function test_theHolderSignsAndPaysSomebodyElseBringsIt() public {
        PassOrder memory wanted = order(MONTH, alice);
        bytes memory signature = signedOrder(wanted, 0, NOW);
        vm.prank(bob);
        passes.buySigned(wanted, NOW, signature, "", false);
        vm.assertEq(pay.balanceOf(alice), 95e6, "she paid");
        vm.expectRevert(abi.encodeWithSelector(IAccessPass.AccessPass_BadSignature.selector, alice, 1));
        passes.buySigned(wanted, NOW, signature, "", false);
        signature = signedOrder(wanted, 1, NOW);
        wanted.most += 1;
        vm.expectPartialRevert(IAccessPass.AccessPass_BadSignature.selector);
        passes.buySigned(wanted, NOW, signature, "", false);
        vm.warp(NOW + 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessPass.AccessPass_Expired.selector, NOW, NOW + 1));
        passes.buySigned(wanted, NOW, signature, "", false);
        PassOrder memory year = order(YEAR, alice);
        signature = signedOrder(year, 1, NOW + 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessPass.AccessPass_CoinNotSigned.selector));
        passes.buySigned(year, NOW + 1, signature, "", false);
    }

    function test_aPermitComesWithTheSignature() public {
        vm.prank(alice);
        pay.approve(address(passes), 0);
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 structHash = keccak256(abi.encode(typeHash, alice, address(passes), 5e6, 0, NOW));
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(ALICE_KEY, keccak256(abi.encodePacked(hex"1901", pay.DOMAIN_SEPARATOR(), structHash)));
        PassOrder memory wanted = order(MONTH, alice);
        bytes memory permit = abi.encode(uint256(5e6), uint256(NOW), v, r, s);
        passes.buySigned(wanted, NOW, signedOrder(wanted, 0, NOW), permit, false);
        vm.assertEq(pay.balanceOf(vault), 5e6, "vault");
    }

    function test_aFreePlanAsksForNothing() public {
        sells("free", plan(address(0), 0, 1 days, 10, false, "licence"));
        PassOrder memory wanted = order("free", alice);
        passes.buy(wanted);
        passes.buySigned(wanted, NOW, signedOrder(wanted, 0, NOW), "", false);
        vm.assertEq(passes.passOf(address(model), alice).expiry, NOW + 2 days, "two days");
    }

    function test_aPayeeThatRefusesOrCallsBackGivesNothingTwice() public {
        ClosedReceiver closed = new ClosedReceiver();
        PassPlan memory values = plan(address(0), 1, 1 days, 10, true, "licence");
        values.payTo = address(closed);
        sells("closed", values);
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessPass.AccessPass_NotReceived.selector, address(closed), 1)
        );
        passes.buy{ value: 1 }(order("closed", alice));
        CallingReceiver caller = new CallingReceiver();
        sells("free", plan(address(0), 0, 1 days, 10, true, "licence"));
        caller.callDuringReceive(
            address(passes), abi.encodeCall(passes.buy, (order("free", address(caller))))
        );
        values.payTo = address(caller);
        sells("caller", values);
        vm.prank(alice);
        passes.buy{ value: 1 }(order("caller", alice));
        vm.assertEq(caller.calls(), 1, "called back");
        vm.assertFalse(caller.succeeded(), "in vain");
    }

    function testFuzz_aPassNeverEndsEarlierByAGift(uint64 first, uint64 second, uint64 later) public {
        first = uint64(within(first, 1, 3650 days));
        second = uint64(within(second, 1, 3650 days));
        sells("a", plan(address(0), 0, first, 10, true, "licence"));
        passes.buy(order("a", alice));
        vm.warp(NOW + within(later, 0, 7300 days));
        bool live = passes.isLive(address(model), alice, uint64(block.timestamp));
        sells("a", plan(address(0), 0, second, 10, true, "licence"));
        uint64 expiry = passes.buy(order("a", alice));
        uint256 from = live ? NOW + first : block.timestamp;
        vm.assertEq(expiry, from + second, "added to what is left");
    }

    function plan(
        address token,
        uint256 price,
        uint64 period,
        uint32 perDay,
        bool transferable,
        bytes32 termsHash
    )
        private
        view
        returns (PassPlan memory)
    {
        return PassPlan(vault, token, price, period, perDay, transferable, termsHash);
    }

    function sells(bytes32 planId, PassPlan memory values) private {
        sold[planId] = values;
        model.set(planId, values);
    }

    /// Asks no contract, so that it can stand between a prank and its call.
    function order(bytes32 planId, address holder) private view returns (PassOrder memory) {
        PassPlan memory values = sold[planId];
        return PassOrder(address(model), planId, holder, values.termsHash, values.token, values.price);
    }

    function signedOrder(
        PassOrder memory wanted,
        uint256 nonce,
        uint64 deadline
    )
        private
        view
        returns (bytes memory)
    {
        bytes memory fields = abi.encode(wanted, nonce, deadline);
        return signed(ALICE_KEY, TypedData.digestHere(address(passes), TypedData.PASS_PURCHASE, fields));
    }

    function requireChanged(PassOrder memory wanted, string memory what) private {
        vm.prank(alice);
        try passes.buy(wanted) {
            vm.assertTrue(false, what);
        } catch (bytes memory reason) {
            vm.assertTrue(bytes4(reason) == IAccessPass.AccessPass_Changed.selector, what);
        }
    }
}
