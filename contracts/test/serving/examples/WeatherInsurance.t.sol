// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { PebblePacket } from "../../../src/device/PebblePacket.sol";
import { DeviceEvidence } from "../../../src/serving/examples/DeviceEvidence.sol";
import { Product, Shown, WeatherInsurance } from "../../../src/serving/examples/WeatherInsurance.sol";
import { ConsumerWorld } from "../../support/ConsumerWorld.sol";
import { Mood, Trickster } from "../../support/Mischief.sol";

/// buy: the exact premium, a free payout, devices of others that the lister vouches for
/// claim
/// ├── given packets of named devices of two other owners, in cover, fresh, over the threshold: credited, once
/// └── given anything that the claimant could make itself: reverts
/// expire, release, withdraw: what was reserved stays; what is free is the insurer's; credits are fetched
contract WeatherInsuranceTest is ConsumerWorld {
    uint128 private constant PAYOUT = 10 ether;
    int256 private constant HOT = 3_500;

    address private insurer = vm.addr(0x145);
    address private buyer = vm.addr(0xB0);
    WeatherInsurance private insurance;
    uint256 private id;

    function setUp() public {
        deployWorld();
        insurance = newInsurance(2);
        vm.deal(address(this), 1_000 ether);
        insurance.fund{ value: 100 ether }();
        id = bought(buyer, PAYOUT);
        vm.warp(block.timestamp + 1 days + 1);
    }

    function test_twoDevicesOverTheThresholdPay() public {
        Shown[] memory shown = both(HOT);
        vm.expectEmit(address(insurance));
        emit WeatherInsurance.Paid(id, buyer, PAYOUT);
        vm.prank(vm.addr(0x57)); // anybody
        insurance.claim(id, shown);
        vm.assertEq(insurance.owed(buyer), PAYOUT, "owed");
        vm.assertEq(insurance.reserved(), 0, "nothing reserved");
        insurance.withdraw(buyer);
        vm.assertEq(buyer.balance, PAYOUT, "paid");
        vm.expectRevert(abi.encodeWithSelector(WeatherInsurance.WeatherInsurance_NothingOwed.selector, buyer));
        insurance.withdraw(buyer);
    }

    function test_underTheThresholdPaysNothing() public {
        Shown[] memory shown = both(HOT - 1);
        vm.expectRevert(
            abi.encodeWithSelector(WeatherInsurance.WeatherInsurance_NoEvent.selector, deviceAt(0), HOT - 1)
        );
        insurance.claim(id, shown);
    }

    function test_aFieldAlteredAfterSigningPaysNothing() public {
        Shown[] memory shown = both(HOT - 1);
        (, bytes32 r, bytes32 s) = vm.sign(
            keyAt(0), sha256(abi.encodePacked(uint32(0), dataOf(weather(HOT - 1)), uint32(block.timestamp)))
        );
        shown[0].packets[0] = packageOf(dataOf(weather(HOT)), block.timestamp, 0, r, s);
        badSignature(shown, deviceAt(0));
    }

    function test_aPacketTheClaimantSignedPaysNothing() public {
        Shown[] memory shown = both(HOT);
        shown[0].packets[0] = packetOf(0xB0, weather(HOT), block.timestamp);
        badSignature(shown, deviceAt(0));
        shown[0].packets[0] = packetOf(keyAt(1), weather(HOT), block.timestamp);
        badSignature(shown, deviceAt(0));
    }

    function test_aDeviceThePolicyDoesNotNamePaysNothing() public {
        Shown[] memory shown = both(HOT);
        shown[1] = shownOf(3, HOT, block.timestamp);
        vm.expectRevert(
            abi.encodeWithSelector(WeatherInsurance.WeatherInsurance_NotNamed.selector, id, deviceAt(3))
        );
        insurance.claim(id, shown);
    }

    function test_oneDeviceIsNotTwo() public {
        Shown[] memory shown = both(HOT);
        shown[1] = shownOf(0, HOT, block.timestamp - 1);
        vm.expectRevert(
            abi.encodeWithSelector(WeatherInsurance.WeatherInsurance_BadOrder.selector, deviceAt(0))
        );
        insurance.claim(id, shown);
        Shown[] memory alone = new Shown[](1);
        alone[0] = shown[0];
        vm.expectRevert(abi.encodeWithSelector(WeatherInsurance.WeatherInsurance_BadCount.selector, 1));
        insurance.claim(id, alone);
    }

    function test_aReplayedPacketPaysNothing() public {
        uint256 second = bought(vm.addr(0xB2), PAYOUT);
        Shown[] memory shown = both(HOT);
        insurance.claim(id, shown);
        vm.expectRevert(abi.encodeWithSelector(WeatherInsurance.WeatherInsurance_NotOpen.selector, id));
        insurance.claim(id, shown);
        vm.warp(block.timestamp + 1 days);
        vm.expectPartialRevert(DeviceEvidence.DeviceEvidence_BadTime.selector); // older than its cover
        insurance.claim(second, shown);
    }

    function test_aPacketPaysOnceOverAllPoliciesWhateverItsSignature() public {
        uint256 second = bought(vm.addr(0xB2), PAYOUT);
        vm.warp(block.timestamp + 1 days + 1);
        Shown[] memory shown = both(HOT);
        insurance.claim(id, shown);
        bytes memory raw = shown[0].packets[0];
        uint256 s;
        assembly ("memory-safe") {
            s := mload(add(raw, mload(raw)))
            s := sub(0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141, s)
            mstore(add(raw, mload(raw)), s)
        }
        vm.expectPartialRevert(WeatherInsurance.WeatherInsurance_PacketUsed.selector);
        insurance.claim(second, shown);
        vm.warp(block.timestamp + 5 minutes);
        insurance.claim(second, both(HOT));
    }

    function test_packetsOutsideTheTimePayNothing() public {
        uint64 boughtAt = insurance.policyOf(id).boughtAt;
        uint64 until = insurance.policyOf(id).until;
        uint256[3] memory bad = [uint256(boughtAt) + 1 days, block.timestamp + 1, block.timestamp - AGE - 1];
        for (uint256 i = 0; i < bad.length; ++i) {
            badTime(bad[i]);
        }
        vm.warp(until + 2);
        badTime(until + 1);
        insurance.claim(id, twoAt(HOT, until));
    }

    function test_aDeviceOfTheInsuredPaysNothing() public {
        address[] memory named = three();
        vm.deal(ownerAt(1), 1 ether);
        vm.prank(ownerAt(1));
        vm.expectRevert(
            abi.encodeWithSelector(
                WeatherInsurance.WeatherInsurance_BadOwner.selector, deviceAt(1), ownerAt(1)
            )
        );
        insurance.buy{ value: 0.5 ether }(PAYOUT, named);
        vm.prank(ownerAt(1));
        devices.transfer(deviceAt(1), buyer); // after the purchase
        notOwned(both(HOT), deviceAt(1));
    }

    function test_aDeviceThatChangedHandsPaysNothing() public {
        vm.prank(ownerAt(1));
        devices.transfer(deviceAt(1), vm.addr(0xACC));
        vm.warp(block.timestamp + 1);
        notOwned(both(HOT), deviceAt(1));
    }

    function test_aDeviceHandedToAnyAccountInTheSecondOfThePurchasePaysNothing() public {
        id = bought(buyer, PAYOUT);
        vm.prank(ownerAt(1));
        devices.transfer(deviceAt(1), vm.addr(0xACC)); // perhaps the insured's second account
        vm.warp(block.timestamp + 1 days + 1);
        notOwned(both(HOT), deviceAt(1));
    }

    function test_aDeviceHandedToTheInsuredInTheSecondOfThePurchasePaysNothing() public {
        id = bought(buyer, PAYOUT);
        vm.prank(ownerAt(1));
        devices.transfer(deviceAt(1), buyer);
        vm.warp(block.timestamp + 1 days + 1);
        notOwned(both(HOT), deviceAt(1));
    }

    function test_oneOwnerOfTwoDevicesIsOneOwner() public {
        vm.startPrank(ownerAt(1));
        devices.transfer(deviceAt(1), ownerAt(0));
        vm.stopPrank();
        vm.warp(block.timestamp + 1);
        id = bought(buyer, PAYOUT);
        vm.warp(block.timestamp + 1 days + 1);
        Shown[] memory shown = both(HOT);
        vm.expectRevert(
            abi.encodeWithSelector(
                WeatherInsurance.WeatherInsurance_BadOwner.selector, deviceAt(1), ownerAt(0)
            )
        );
        insurance.claim(id, shown);
    }

    function test_aRevokedOrUnclaimedDevicePaysNothing() public {
        vm.prank(ownerAt(0));
        devices.revoke(deviceAt(0));
        notOwned(both(HOT), deviceAt(0));
        vm.prank(ownerAt(1));
        devices.release(deviceAt(1));
        address[] memory named = three();
        vm.deal(buyer, 1 ether);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(DeviceEvidence.DeviceEvidence_NotOwned.selector, deviceAt(0)));
        insurance.buy{ value: 0.5 ether }(PAYOUT, named);
    }

    function test_aStoppedDeviceCountsUpToThen() public {
        vm.warp(block.timestamp + 100);
        Shown[] memory shown = both(HOT);
        vm.warp(block.timestamp + 100);
        address[] memory stopped = new address[](1);
        stopped[0] = deviceAt(0);
        vm.prank(lister);
        devices.stop(stopped);
        Shown[] memory after_ = both(HOT);
        vm.expectRevert(
            abi.encodeWithSelector(WeatherInsurance.WeatherInsurance_NotListed.selector, deviceAt(0))
        );
        insurance.claim(id, after_);
        insurance.claim(id, shown);
    }

    function test_aPacketOfElsewherePaysNothing() public {
        Weather memory seen = weather(HOT);
        seen.latitude = 390_000_000;
        Shown[] memory shown = both(HOT);
        shown[0].packets[0] = packetOf(keyAt(0), seen, block.timestamp);
        vm.expectRevert(
            abi.encodeWithSelector(DeviceEvidence.DeviceEvidence_OutsideRegion.selector, deviceAt(0))
        );
        insurance.claim(id, shown);
    }

    function test_anotherVersionOfTheModelAnswersNothing() public {
        vm.prank(founder);
        models.promote(address(manager), later);
        vm.assertEq(models.predict(modelId, abi.encode(uint256(5))), 1_000_005, "promoted");
        test_underTheThresholdPaysNothing();
        test_twoDevicesOverTheThresholdPay();
    }

    function test_expiryFreesWhatWasReserved() public {
        uint256 last = uint256(insurance.policyOf(id).until) + AGE;
        vm.warp(last);
        vm.expectRevert(abi.encodeWithSelector(WeatherInsurance.WeatherInsurance_NotYet.selector, last + 1));
        insurance.expire(id);
        vm.warp(last + 1);
        insurance.expire(id);
        vm.assertEq(insurance.reserved(), 0, "free");
        Shown[] memory shown = twoAt(HOT, insurance.policyOf(id).until);
        vm.expectRevert(abi.encodeWithSelector(WeatherInsurance.WeatherInsurance_NotOpen.selector, id));
        insurance.claim(id, shown);
        vm.prank(insurer);
        insurance.release(100.5 ether);
        insurance.withdraw(insurer);
        vm.assertEq(insurer.balance, 100.5 ether, "all of it");
    }

    function test_theInsurerTakesNothingThatIsReserved() public {
        vm.startPrank(insurer);
        vm.expectRevert(
            abi.encodeWithSelector(
                WeatherInsurance.WeatherInsurance_NotFree.selector, 90.5 ether + 1, 90.5 ether
            )
        );
        insurance.release(90.5 ether + 1);
        insurance.release(90.5 ether);
        vm.stopPrank();
        vm.expectRevert(
            abi.encodeWithSelector(WeatherInsurance.WeatherInsurance_NotInsurer.selector, address(this))
        );
        insurance.release(0);
        insurance.withdraw(insurer);
        insurance.claim(id, both(HOT));
        insurance.withdraw(buyer);
        vm.assertEq(buyer.balance, PAYOUT, "paid from what stayed");
    }

    function testFuzz_noPayoutIsSoldThatIsNotThere(uint128 payout, uint256 sent) public {
        uint256 due = insurance.premiumOf(payout);
        vm.assertEq(due, (uint256(payout) * 500 + 9_999) / 10_000, "rounded up");
        sent = within(sent, 0, type(uint128).max);
        address[] memory named = three();
        uint256 offered = insurance.free() + due;
        vm.deal(buyer, type(uint136).max);
        bool wrong = sent != due || due == 0;
        if (wrong) vm.expectPartialRevert(WeatherInsurance.WeatherInsurance_BadPremium.selector);
        else if (payout > offered) vm.expectPartialRevert(WeatherInsurance.WeatherInsurance_NotFree.selector);
        vm.prank(buyer);
        insurance.buy{ value: sent }(payout, named);
        vm.prank(buyer);
        (bool sold,) =
            address(insurance).call{ value: due }(abi.encodeCall(WeatherInsurance.buy, (payout, named)));
        if (wrong) vm.assertEq(sold, payout != 0 && payout <= offered, "sold if it is there");
        vm.assertLe(insurance.reserved(), insurance.pool(), "solvent");
    }

    function test_aReceiverGetsInNowhereTwice() public {
        Trickster trickster = new Trickster();
        vm.deal(address(trickster), 1 ether);
        trickster.act(address(insurance), 0.5 ether, abi.encodeCall(WeatherInsurance.buy, (PAYOUT, three())));
        uint256 mine = insurance.count();
        vm.warp(block.timestamp + 1 days + 1);
        Shown[] memory shown = both(HOT);
        insurance.claim(mine, shown);
        trickster.plan(address(insurance), abi.encodeCall(WeatherInsurance.withdraw, (address(trickster))));
        trickster.plan(address(insurance), abi.encodeCall(WeatherInsurance.claim, (mine, shown)));
        trickster.plan(address(insurance), abi.encodeCall(WeatherInsurance.claim, (id, shown)));
        trickster.plan(address(insurance), abi.encodeCall(WeatherInsurance.expire, (mine)));
        trickster.turn(Mood.Refuses);
        vm.expectPartialRevert(WeatherInsurance.WeatherInsurance_NotTaken.selector);
        insurance.withdraw(address(trickster));
        trickster.turn(Mood.Calls);
        uint256 before = address(insurance).balance;
        insurance.withdraw(address(trickster));
        vm.assertEq(trickster.tried(), 4, "tried");
        vm.assertEq(trickster.entered(), 0, "in nowhere");
        vm.assertEq(before - address(insurance).balance, PAYOUT, "once");
    }

    function newInsurance(uint8 needed) private returns (WeatherInsurance) {
        return new WeatherInsurance(asking(), product(needed));
    }

    function product(uint8 needed) private view returns (Product memory) {
        return Product(insurer, 500, 1 days, 30 days, HOT, true, needed);
    }

    function three() private pure returns (address[] memory named) {
        named = new address[](3);
        (named[0], named[1], named[2]) = (deviceAt(0), deviceAt(1), deviceAt(2));
    }

    function bought(address by, uint128 payout) private returns (uint256) {
        uint256 due = insurance.premiumOf(payout);
        vm.deal(by, due);
        vm.prank(by);
        return insurance.buy{ value: due }(payout, three());
    }

    function both(int256 temperature) private view returns (Shown[] memory) {
        return twoAt(temperature, block.timestamp);
    }

    function twoAt(int256 temperature, uint256 time) private pure returns (Shown[] memory shown) {
        shown = new Shown[](2);
        shown[0] = shownOf(0, temperature, time);
        shown[1] = shownOf(1, temperature, time);
    }

    function shownOf(uint256 index, int256 temperature, uint256 time) private pure returns (Shown memory) {
        return Shown(deviceAt(index), single(packetOf(keyAt(index), weather(temperature), time)));
    }

    function badSignature(Shown[] memory shown, address device) private {
        vm.expectRevert(abi.encodeWithSelector(PebblePacket.PebblePacket_BadSignature.selector, device));
        insurance.claim(id, shown);
    }

    function badTime(uint256 time) private {
        Shown[] memory shown = twoAt(HOT, time);
        vm.expectPartialRevert(DeviceEvidence.DeviceEvidence_BadTime.selector);
        insurance.claim(id, shown);
    }

    function notOwned(Shown[] memory shown, address device) private {
        vm.expectRevert(abi.encodeWithSelector(DeviceEvidence.DeviceEvidence_NotOwned.selector, device));
        insurance.claim(id, shown);
    }
}
