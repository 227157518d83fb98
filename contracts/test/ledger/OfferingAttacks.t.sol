// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DeviceRegistry } from "../../src/device/DeviceRegistry.sol";
import { IModelOffering, OfferingStatus, OfferingTerms } from "../../src/ledger/IModelOffering.sol";
import { ModelOffering } from "../../src/ledger/ModelOffering.sol";
import { Status } from "../../src/training/RoundTypes.sol";
import { OfferingWorld } from "../support/OfferingWorld.sol";
import { CallingToken, FalseToken, FeeToken, ListingToken, PlainToken } from "../support/PaymentTokens.sol";
import { BombReceiver, CallingReceiver, ClosedReceiver, GreedyReceiver } from "../support/Receivers.sol";

/// Each function is one attack, and says in its name what comes of it.
contract OfferingAttacksTest is OfferingWorld {
    address private mallory = vm.addr(0x3A11);

    // ---- the sale

    function test_aPurchaseInTheLastSecondGetsNoBetterPrice() public {
        found(defaults());
        openNow();
        pays(alice, TARGET);
        vm.warp(CLOSES);
        pays(mallory, TARGET);
        closeNow();
        vm.assertEq(offering.claim(alice), offering.claim(mallory), "the same tokens");
        vm.assertEq(offering.refund(alice), offering.refund(mallory), "the same back");
    }

    function test_feignedDemandCannotBeTakenBack() public {
        found(defaults());
        openNow();
        pays(mallory, 10 * TARGET);
        vm.prank(mallory);
        vm.expectPartialRevert(IModelOffering.ModelOffering_NotClosed.selector);
        offering.refund(mallory);
        closeNow();
        offering.refund(mallory);
        vm.assertEq(pay.balanceOf(mallory), 9 * TARGET, "the tokens are paid for");
    }

    function test_splittingAPaymentOverAccountsGainsNothing() public {
        found(defaults());
        openNow();
        pays(alice, 9 * 370_333_333);
        for (uint160 i = 0; i < 9; ++i) {
            pays(address(i + 5000), 370_333_333);
        }
        closeNow();
        uint256 whole = offering.claim(alice);
        uint256 parts = 0;
        for (uint160 i = 0; i < 9; ++i) {
            parts += offering.claim(address(i + 5000));
        }
        vm.assertLe(parts, whole, "rounded down each time");
    }

    /// Without admission a cap is a custom: the docs say so, and this shows it.
    function test_manyAccountsGetAroundACapWithoutAdmission() public {
        OfferingTerms memory terms = defaults();
        terms.capPerBuyer = 100e6;
        found(terms);
        openNow();
        for (uint160 i = 0; i < 20; ++i) {
            vm.assertEq(pays(address(i + 5000), 1000e6), 100e6, "each up to the cap");
        }
        vm.assertEq(offering.books().raised, TARGET, "one person bought all");
    }

    function test_manyAccountsDoNotGetAroundACapUnderARoot() public {
        OfferingTerms memory terms = defaults();
        terms.capPerBuyer = 100e6;
        terms.allowRoot = keccak256(bytes.concat(keccak256(abi.encode(alice, uint256(100e6)))));
        found(terms);
        openNow();
        bytes memory admission = abi.encode(uint256(100e6), new bytes32[](0));
        paysWith(alice, 100e6, admission);
        vm.expectPartialRevert(IModelOffering.ModelOffering_CapReached.selector);
        offering.buy(alice, 1, admission);
        vm.expectPartialRevert(IModelOffering.ModelOffering_NotAllowed.selector);
        offering.buy(mallory, 1, admission);
    }

    function test_aDevicePassedOnAdmitsNobodyElse() public {
        DeviceRegistry devices = new DeviceRegistry();
        address[] memory admitted = new address[](1);
        admitted[0] = vm.addr(0xD0);
        OfferingTerms memory terms = defaults();
        terms.capPerBuyer = 100e6;
        terms.alliance =
            newAlliance(treasury, devices, new address[](0), admitted, keccak256("p"), keccak256("t"));
        found(terms);
        openNow();
        bytes memory claim = signed(0xD0, sha256(abi.encodePacked(alice, uint32(OPENS))));
        vm.prank(alice);
        devices.claim(admitted[0], uint32(OPENS), claim);
        vm.prank(alice);
        terms.alliance.accept(keccak256("t"));
        vm.prank(mallory);
        terms.alliance.accept(keccak256("t"));
        vm.warp(OPENS + 1);
        paysWith(alice, 100e6, abi.encode(admitted[0]));
        vm.prank(alice);
        devices.transfer(admitted[0], mallory);
        vm.warp(OPENS + 2);
        vm.expectRevert(
            abi.encodeWithSelector(IModelOffering.ModelOffering_DeviceUsed.selector, admitted[0], alice)
        );
        offering.buy(mallory, 1, abi.encode(admitted[0]));
    }

    function test_aSmallGiftDoesNotMakeAPurchaseFail() public {
        OfferingTerms memory terms = defaults();
        terms.capPerBuyer = 100e6;
        found(terms);
        openNow();
        pay.mint(mallory, 1);
        vm.prank(mallory);
        pay.approve(address(offering), 1);
        vm.prank(mallory);
        offering.buy(alice, 1, "");
        vm.assertEq(pays(alice, 100e6), 100e6 - 1, "all but the gift");
        vm.assertEq(pay.balanceOf(alice), 1, "which stays with her");
    }

    function test_tokensSentToAnOfferingChangeNoPrice() public {
        found(defaults());
        openNow();
        pays(alice, 1000e6);
        pay.mint(address(offering), 5000e6);
        token.mint(address(offering), 7e18);
        closeNow();
        vm.assertEq(offering.claim(alice), 500e18, "tokens");
        vm.assertEq(offering.books().raised, 1000e6, "raised");
        vm.assertEq(offering.release(), 400e6, "released");
    }

    // ---- the proceeds

    function test_theFounderAloneReleasesNoMilestone() public {
        found(defaults());
        openNow();
        pays(alice, TARGET);
        closeNow();
        vm.prank(treasury);
        vm.assertEq(offering.release(), 800e6, "the first part");
        rounds.add(Status.Open, 0);
        vm.prank(treasury);
        vm.assertEq(offering.countRounds(100), 0, "a round that was only opened");
        rounds.set(1, Status.Finalised, 0);
        vm.prank(treasury);
        vm.assertEq(offering.countRounds(100), 0, "a round without a gain");
        vm.prank(treasury);
        vm.assertEq(offering.releaseTo(mallory), 0, "nothing more");
        vm.warp(DEADLINE + 1);
        offering.countRounds(100);
        offering.refund(alice);
        vm.assertEq(pay.balanceOf(alice), 1200e6, "the buyers have the rest");
    }

    function test_nobodyEndsTheMilestonesEarly() public {
        found(defaults());
        openNow();
        pays(alice, TARGET);
        closeNow();
        vm.expectPartialRevert(IModelOffering.ModelOffering_NothingToCount.selector);
        offering.countRounds(1);
        offering.settle();
        mintedRounds(5);
        vm.warp(DEADLINE + 1);
        vm.assertEq(offering.countRounds(0), 0, "no round looked at");
        vm.assertFalse(offering.books().ended, "not seen to the end");
        vm.assertEq(offering.countRounds(5), 4, "reached");
    }

    // ---- payment tokens

    function test_aTokenThatKeepsAFeeIsRefused() public {
        foundWith(new FeeToken());
        pay.mint(alice, 100e6);
        vm.prank(alice);
        pay.approve(address(offering), 100e6);
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IModelOffering.ModelOffering_WrongTransfer.selector, 99e6, 100e6)
        );
        offering.buy(alice, 100e6, "");
    }

    function test_aTokenThatSaysFalseBooksNothing() public {
        FalseToken hostile = new FalseToken();
        foundWith(hostile);
        hostile.refuse(true);
        vm.expectRevert();
        offering.buy(alice, 100e6, "");
        hostile.refuse(false);
        pays(alice, 100e6);
        closeNow();
        offering.settle();
        hostile.refuse(true);
        vm.expectRevert();
        offering.refund(alice);
        vm.assertEq(offering.refundable(alice), 100e6, "still due");
        hostile.refuse(false);
        offering.refund(alice);
        vm.assertEq(pay.balanceOf(alice), 100e6, "paid");
    }

    function test_aTokenThatCallsBackGetsNowhere() public {
        CallingToken hostile = new CallingToken();
        foundWith(hostile);
        bytes[6] memory calls = [
            abi.encodeCall(offering.buy, (mallory, 1, "")),
            abi.encodeCall(offering.settle, ()),
            abi.encodeCall(offering.claim, (alice)),
            abi.encodeCall(offering.refund, (alice)),
            abi.encodeCall(offering.release, ()),
            abi.encodeCall(offering.countRounds, (1))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            hostile.callDuringTransfer(address(offering), calls[i]);
            pays(alice, 1000e6);
        }
        closeNow();
        for (uint256 i = 0; i < calls.length; ++i) {
            hostile.callDuringTransfer(address(offering), calls[i]);
            vm.assertEq(offering.refund(alice), i == 0 ? 4000e6 : 0, "once");
        }
        vm.assertFalse(hostile.succeeded(), "no call went through");
        offering.release();
        requireBooks();
    }

    function test_aListedAccountStopsOnlyItself() public {
        ListingToken hostile = new ListingToken();
        foundWith(hostile);
        pays(alice, TARGET);
        pays(mallory, TARGET);
        closeNow();
        hostile.setListed(mallory, true);
        hostile.setListed(treasury, true);
        vm.expectRevert();
        offering.refund(mallory);
        vm.assertEq(offering.refund(alice), TARGET / 2, "alice");
        vm.assertEq(offering.claim(mallory), OFFERED / 2, "its tokens are its own");
        vm.prank(mallory);
        vm.assertEq(offering.refundTo(bob), TARGET / 2, "elsewhere");
        vm.prank(treasury);
        vm.assertEq(offering.releaseTo(bob), 800e6, "the treasury too");
    }

    // ---- receivers of coin

    function test_anAccountThatTakesNoCoinStopsOnlyItself() public {
        found(coinTerms());
        openNow();
        ClosedReceiver closed = new ClosedReceiver();
        pays(alice, 2 ether);
        pays(address(closed), 2 ether);
        closeNow();
        vm.expectRevert(
            abi.encodeWithSelector(
                IModelOffering.ModelOffering_NotReceived.selector, address(closed), 1 ether
            )
        );
        offering.refund(address(closed));
        vm.assertEq(offering.refund(alice), 1 ether, "alice");
        closed.act(address(offering), abi.encodeCall(offering.refundTo, (bob)));
        vm.assertEq(bob.balance, 1 ether, "elsewhere");
    }

    function test_aReturnBombCostsNobodyElse() public {
        found(coinTerms());
        openNow();
        BombReceiver bomb = new BombReceiver();
        pays(address(bomb), 4 ether);
        closeNow();
        bomb.setReverting(true);
        // A megabyte in memory costs its maker 2.2 million gas; copied, it would cost as much again.
        uint256 before = gasleft();
        try offering.refund{ gas: 4_000_000 }(address(bomb)) {
            vm.assertTrue(false, "it refused");
        } catch (bytes memory reason) {
            vm.assertEq(reason.length, 68, "our own words only");
        }
        vm.assertLt(before - gasleft(), 2_600_000, "not copied");
        bomb.setReverting(false);
        before = gasleft();
        offering.refund(address(bomb));
        vm.assertLt(before - gasleft(), 2_600_000, "not copied");
        vm.assertEq(address(bomb).balance, 2 ether, "paid");
    }

    function test_aReceiverThatBurnsAllGasStopsOnlyItself() public {
        found(coinTerms());
        openNow();
        GreedyReceiver greedy = new GreedyReceiver();
        pays(alice, 2 ether);
        vm.deal(mallory, 2 ether);
        vm.prank(mallory);
        offering.buy{ value: 2 ether }(address(greedy), 2 ether, "");
        closeNow();
        offering.settle();
        vm.expectRevert();
        offering.refund{ gas: 1_000_000 }(address(greedy));
        vm.assertEq(offering.refundable(address(greedy)), 1 ether, "still due");
        vm.assertEq(offering.refund(alice), 1 ether, "alice");
        vm.assertEq(offering.release(), 0.8 ether, "the treasury");
    }

    function test_aReceiverThatCallsBackIsPaidOnce() public {
        OfferingTerms memory terms = coinTerms();
        terms.capPerBuyer = 3 ether;
        found(terms);
        openNow();
        CallingReceiver caller = new CallingReceiver();
        pays(alice, 3 ether);
        caller.callDuringReceive(address(offering), abi.encodeCall(offering.buy, (address(caller), 0, "")));
        pays(address(caller), 4 ether);
        vm.assertEq(caller.calls(), 1, "called back with what was over the cap");
        closeNow();
        caller.callDuringReceive(address(offering), abi.encodeCall(offering.refund, (address(caller))));
        vm.assertEq(offering.refund(address(caller)), 2 ether, "once");
        caller.callDuringReceive(address(offering), abi.encodeCall(offering.release, ()));
        offering.refund(alice);
        vm.assertEq(caller.calls(), 2, "called back");
        vm.assertFalse(caller.succeeded(), "in vain");
        vm.assertEq(heldUnits(), 2 ether, "the proceeds are untouched");
        vm.assertEq(uint256(offering.books().status), uint256(OfferingStatus.Succeeded), "status");
    }

    function foundWith(PlainToken payment) private {
        pay = payment;
        found(defaults());
        openNow();
    }
}
