// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Entry } from "../../../src/data/IBatchRegistry.sol";
import { EnvelopePacket } from "../../../src/device/EnvelopePacket.sol";
import { BadAirDays, Cover } from "../../../src/serving/examples/BadAirDays.sol";
import { CoverWorld } from "../../support/CoverWorld.sol";

/// show
/// ├── given whole days of more than half of the stations with a mean at the threshold or over: pays, once a day
/// ├── given less, a day that is not covered, not over, or over too long: pays nothing
/// └── given anything that the claimant could make itself: reverts
/// close, withdraw: what is not paid is the sponsor's, in the end; credits are fetched
contract BadAirDaysTest is CoverWorld {
    function setUp() public {
        deployCover();
    }

    function test_moreThanHalfOfTheStationsWithABadDayPay() public {
        shown(0, BAD);
        shown(1, BAD + 20);
        vm.assertEq(cover.owed(villagers), 0, "two of four are no majority");
        bytes[] memory packets = entered(2, day, BAD, BAD);
        vm.expectEmit(address(cover));
        emit BadAirDays.Paid(day, villagers, AMOUNT);
        vm.prank(vm.addr(0x57)); // anybody
        cover.show(day, stationAt(2), packets);
        shown(3, BAD);
        vm.assertEq(cover.owed(villagers), AMOUNT, "once");
        cover.withdraw(villagers);
        vm.assertEq(villagers.balance, AMOUNT, "paid");
        vm.expectRevert(abi.encodeWithSelector(BadAirDays.BadAirDays_NothingOwed.selector, villagers));
        cover.withdraw(villagers);
    }

    function test_aDayWhoseMeanIsAStepBelowPaysNothing() public {
        shown(0, BAD);
        shown(1, BAD);
        cover.show(day, stationAt(2), entered(2, day, BAD - 1, BAD)); // 23 bad hours and one a step below
        shown(3, BAD - 1);
        vm.assertEq(cover.badStations(day), 2, "two only");
        vm.assertEq(cover.owed(villagers), 0, "nothing");
    }

    /// A run is four days of 24 signatures.
    /// forge-config: default.fuzz.runs = 32
    /// forge-config: full.fuzz.runs = 512
    function testFuzz_itPaysExactlyWhereTheMajoritysMeansReachTheThreshold(int16[4] calldata dust) public {
        uint256 bad = 0;
        for (uint256 i = 0; i < 4; ++i) {
            int64 value = int64(int256(within(uint256(uint16(dust[i])), 0, 300)));
            shown(i, value);
            if (value >= BAD) ++bad;
        }
        vm.assertEq(cover.owed(villagers), bad >= 3 ? AMOUNT : 0, "three of four");
    }

    function test_theCleanHoursCannotBeLeftOut() public {
        bytes[] memory packets = entered(0, day, BAD - 24, BAD);
        bytes[] memory fewer = new bytes[](23);
        for (uint256 i = 0; i < 23; ++i) {
            fewer[i] = packets[i + 1];
        }
        notEntered(0, fewer);
        (bytes32 root, int64 mean, uint256 measured) = cover.dayOf(day, stationAt(0), fewer);
        vm.assertTrue(root != this.rootOf(packets), "another root");
        vm.assertEq(int256(mean), BAD, "which would have paid");
        vm.assertEq(measured, 23, "hours");
        (packets[3], packets[4]) = (packets[4], packets[3]);
        badOrder(0, packets);
        packets[4] = packets[3];
        badOrder(0, packets);
    }

    function test_packetsThatNobodyEnteredPayNothing() public {
        notEntered(0, dayOf(keys[0], day, 24, BAD, BAD));
        entered(0, day, 1, 1);
        notEntered(0, dayOf(keys[0], day, 24, BAD, BAD)); // the device signed other ones as well
    }

    function test_theClaimantsOwnPacketsPayNothing() public {
        bytes[] memory forged = dayOf(0xBE, day, 24, BAD, BAD);
        vm.expectRevert(
            abi.encodeWithSelector(EnvelopePacket.EnvelopePacket_BadSignature.selector, stationAt(0))
        );
        cover.show(day, stationAt(0), forged);
        vm.expectRevert(abi.encodeWithSelector(BadAirDays.BadAirDays_NoStation.selector, vm.addr(0xBE)));
        cover.show(day, vm.addr(0xBE), forged);
        bytes[] memory packets = entered(0, day, BAD, BAD);
        packets[5] = forged[5]; // one among the station's own
        vm.expectPartialRevert(EnvelopePacket.EnvelopePacket_BadSignature.selector);
        cover.show(day, stationAt(0), packets);
    }

    function test_anotherStationsPacketsPayNothing() public {
        bytes[] memory packets = entered(1, day, BAD, BAD);
        vm.expectPartialRevert(EnvelopePacket.EnvelopePacket_BadSignature.selector);
        cover.show(day, stationAt(0), packets);
    }

    function test_oneStationIsNotTwo() public {
        bytes[] memory packets = entered(0, day, BAD, BAD);
        cover.show(day, stationAt(0), packets);
        vm.expectRevert(
            abi.encodeWithSelector(BadAirDays.BadAirDays_AlreadyShown.selector, day, stationAt(0))
        );
        cover.show(day, stationAt(0), packets);
        vm.assertEq(cover.badStations(day), 1, "one");
    }

    function test_packetsOfAnotherDayPayNothing() public {
        bytes[] memory packets = entered(0, day, BAD, BAD);
        vm.warp(uint256(day + 2) * 1 days);
        vm.expectPartialRevert(BadAirDays.BadAirDays_BadOrder.selector);
        cover.show(day + 1, stationAt(0), packets);
    }

    function test_daysThatAreNotCoveredNotOverOrStalePayNothing() public {
        bytes[] memory packets = entered(0, day, BAD, BAD);
        vm.expectRevert(abi.encodeWithSelector(BadAirDays.BadAirDays_NotCovered.selector, day - 1));
        cover.show(day - 1, stationAt(0), packets);
        uint32 last = cover.LAST_DAY();
        vm.expectRevert(abi.encodeWithSelector(BadAirDays.BadAirDays_NotCovered.selector, last + 1));
        cover.show(last + 1, stationAt(0), packets);
        vm.expectPartialRevert(BadAirDays.BadAirDays_BadTime.selector);
        cover.show(day + 1, stationAt(0), packets); // has just begun
        vm.warp(uint256(day + 1) * 1 days + WITHIN + 1);
        vm.expectPartialRevert(BadAirDays.BadAirDays_BadTime.selector);
        cover.show(day, stationAt(0), packets);
        vm.warp(block.timestamp - 1);
        cover.show(day, stationAt(0), packets);
    }

    function test_aDayEnteredBeforeItWasOverPaysNothing() public {
        vm.warp(block.timestamp - 1);
        bytes[] memory packets = entered(0, day, BAD, BAD);
        vm.warp(block.timestamp + 1);
        notEntered(0, packets);
    }

    function test_tooFewHoursPayNothing() public {
        bytes[] memory packets = dayOf(keys[0], day, 17, BAD, BAD);
        enter(0, day, packets);
        vm.expectRevert(
            abi.encodeWithSelector(BadAirDays.BadAirDays_TooFewHours.selector, day, stationAt(0), 17)
        );
        cover.show(day, stationAt(0), packets);
        packets = dayOf(keys[1], day, 18, BAD, BAD);
        enter(1, day, packets);
        cover.show(day, stationAt(1), packets);
        vm.assertEq(cover.badStations(day), 1, "eighteen do");
    }

    function test_anHourWithManyPacketsWeighsAsOne() public {
        bytes[] memory packets = new bytes[](30);
        for (uint256 i = 0; i < 7; ++i) {
            packets[i] = envelopeOf(keys[0], 1_000, uint256(day) * 1 days + i * 60);
        }
        for (uint256 i = 0; i < 23; ++i) {
            packets[7 + i] = envelopeOf(keys[0], 40, uint256(day) * 1 days + (i + 1) * 1 hours);
        }
        (, int64 mean, uint256 measured) = cover.dayOf(day, stationAt(0), packets);
        vm.assertEq(int256(mean), (1_000 + 23 * 40) / 24, "mean of hours");
        vm.assertEq(measured, 24, "hours");
    }

    function test_packetsWithoutTheValueCountForNoHour() public {
        bytes[] memory packets = dayOf(keys[0], day, 24, BAD, BAD);
        bytes memory other = channelOf("pm2_5", "mg/m3", 0, 1_000_000);
        packets[0] = sealedBy(keys[0], bodyOf(publicKeyOf(keys[0]), uint64(day) * 1 days, 1, other));
        (, int64 mean, uint256 measured) = cover.dayOf(day, stationAt(0), packets);
        vm.assertEq(int256(mean), BAD, "mean of the others");
        vm.assertEq(measured, 23, "hours");
    }

    function test_aStationThatChangedHandsCountsNoMore() public {
        vm.prank(ownerAt(0));
        devices.transfer(stationAt(0), villagers);
        bytes[] memory packets = dayOf(keys[0], day, 24, BAD, BAD);
        Entry[] memory entries = entryOf(0, day, packets);
        vm.prank(villagers);
        batches.enter(entries);
        lost(0, packets);
        packets = entered(1, day, BAD, BAD);
        vm.prank(ownerAt(1));
        devices.revoke(stationAt(1));
        lost(1, packets);
    }

    function test_aStationThatChangedHandsInTheSecondOfTheDeploymentCountsNoMore() public {
        vm.warp(uint256(day + 20) * 1 days);
        cover = new BadAirDays{ value: 2 * AMOUNT }(terms());
        vm.prank(ownerAt(0));
        devices.transfer(stationAt(0), villagers);
        day = cover.FIRST_DAY();
        vm.warp(uint256(day + 1) * 1 days);
        bytes[] memory packets = dayOf(keys[0], day, 24, BAD, BAD);
        Entry[] memory entries = entryOf(0, day, packets);
        vm.prank(villagers);
        batches.enter(entries);
        lost(0, packets);
    }

    function test_noPacketOrTooManyShowNothing() public {
        vm.expectRevert(abi.encodeWithSelector(BadAirDays.BadAirDays_BadCount.selector, 0));
        cover.show(day, stationAt(0), new bytes[](0));
        vm.expectRevert(abi.encodeWithSelector(BadAirDays.BadAirDays_BadCount.selector, 289));
        cover.show(day, stationAt(0), new bytes[](289));
    }

    function test_aStationItsListerStoppedCountsForDaysThatWereOver() public {
        bytes[] memory packets = entered(0, day, BAD, BAD);
        address[] memory stopped = new address[](1);
        stopped[0] = stationAt(0);
        vm.prank(lister);
        devices.stop(stopped);
        cover.show(day, stationAt(0), packets);
        vm.warp(uint256(day + 2) * 1 days);
        lost(0, entered(0, day + 1, BAD, BAD), day + 1);
    }

    function test_noMoreDaysArePaidThanWerePaidFor() public {
        for (uint32 i = 0; i < 3; ++i) {
            uint32 bad = day + i;
            vm.warp(uint256(bad + 1) * 1 days);
            for (uint256 j = 0; j < 3; ++j) {
                cover.show(bad, stationAt(j), entered(j, bad, BAD, BAD));
            }
        }
        vm.assertEq(cover.owed(villagers), 2 * AMOUNT, "two days");
        vm.warp(block.timestamp + 100 days);
        cover.close();
        vm.assertEq(cover.owed(sponsor), 0, "nothing is left");
        cover.withdraw(villagers);
        vm.assertEq(address(cover).balance, 0, "empty");
    }

    function test_whatWasNotPaidIsTheSponsorsWhenNothingCanBeShownAnyMore() public {
        for (uint256 j = 0; j < 3; ++j) {
            shown(j, BAD);
        }
        uint256 from = uint256(cover.LAST_DAY() + 1) * 1 days + WITHIN + 1;
        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(BadAirDays.BadAirDays_NotYet.selector, from));
        cover.close();
        vm.warp(from);
        cover.close();
        vm.expectPartialRevert(BadAirDays.BadAirDays_NotYet.selector);
        cover.close();
        cover.withdraw(sponsor);
        cover.withdraw(villagers);
        vm.assertEq(sponsor.balance, AMOUNT, "one day");
        vm.assertEq(address(cover).balance, 0, "empty");
    }

    function test_aBeneficiaryThatTakesNoCoinStopsNobody() public {
        Cover memory wrong = terms();
        (wrong.firstDay, wrong.lastDay) = (day + 3, day + 4);
        wrong.beneficiary = address(batches);
        cover = new BadAirDays{ value: 2 * AMOUNT }(wrong);
        day += 3;
        vm.warp(uint256(day + 1) * 1 days);
        for (uint256 j = 0; j < 3; ++j) {
            shown(j, BAD);
        }
        vm.expectRevert(abi.encodeWithSelector(BadAirDays.BadAirDays_NotTaken.selector, address(batches)));
        cover.withdraw(address(batches));
        vm.warp(block.timestamp + 100 days);
        cover.close();
        cover.withdraw(sponsor);
        vm.assertEq(sponsor.balance, AMOUNT, "the sponsor's");
    }

    function test_coversThatMeanNothingAreNotDeployed() public {
        Cover memory wrong = terms();
        wrong.needed = 2; // of four: no majority
        badCover(wrong);
        wrong.needed = 5;
        badCover(wrong);
        wrong = terms();
        wrong.firstDay = uint32(block.timestamp / 1 days); // has begun: somebody knows its air
        badCover(wrong);
        wrong = terms();
        wrong.lastDay = wrong.firstDay - 1;
        badCover(wrong);
        wrong = terms();
        wrong.threshold = 0;
        badCover(wrong);
        wrong = terms();
        wrong.hoursNeeded = 25;
        badCover(wrong);
        wrong = terms();
        wrong.beneficiary = address(0);
        badCover(wrong);
        wrong = terms();
        vm.expectRevert(
            abi.encodeWithSelector(BadAirDays.BadAirDays_BadPayment.selector, 2 * AMOUNT - 1, 2 * AMOUNT)
        );
        new BadAirDays{ value: 2 * AMOUNT - 1 }(wrong);
    }

    function test_stationsOfThePartiesOrOfOneOwnerAreNotNamed() public {
        Cover memory wrong = terms();
        (wrong.stations[0], wrong.stations[1]) = (wrong.stations[1], wrong.stations[0]);
        badStation(wrong, stationAt(0));
        wrong = terms();
        wrong.stations[1] = stationAt(0);
        badStation(wrong, stationAt(0));
        wrong = terms();
        wrong.beneficiary = ownerAt(2);
        badStation(wrong, stationAt(2));
        wrong = terms();
        wrong.sponsor = ownerAt(2);
        badStation(wrong, stationAt(2));
        wrong = terms();
        wrong.lister = villagers; // vouches for nothing
        badStation(wrong, stationAt(0));
        vm.prank(ownerAt(3));
        devices.transfer(stationAt(3), ownerAt(1));
        badStation(terms(), stationAt(3));
        vm.prank(ownerAt(1));
        devices.release(stationAt(3));
        badStation(terms(), stationAt(3));
        vm.prank(ownerAt(0));
        devices.revoke(stationAt(0));
        badStation(terms(), stationAt(0));
    }

    function badCover(Cover memory wrong) private {
        vm.expectPartialRevert(BadAirDays.BadAirDays_BadCover.selector);
        new BadAirDays{ value: 2 * AMOUNT }(wrong);
    }

    function badStation(Cover memory wrong, address device) private {
        vm.expectRevert(abi.encodeWithSelector(BadAirDays.BadAirDays_BadStation.selector, device));
        new BadAirDays{ value: 2 * AMOUNT }(wrong);
    }

    function notEntered(uint256 index, bytes[] memory packets) private {
        vm.expectRevert(
            abi.encodeWithSelector(BadAirDays.BadAirDays_NotEntered.selector, day, stationAt(index))
        );
        cover.show(day, stationAt(index), packets);
    }

    function badOrder(uint256 index, bytes[] memory packets) private {
        vm.expectPartialRevert(BadAirDays.BadAirDays_BadOrder.selector);
        cover.show(day, stationAt(index), packets);
    }

    function lost(uint256 index, bytes[] memory packets) private {
        lost(index, packets, day);
    }

    function lost(uint256 index, bytes[] memory packets, uint32 when) private {
        vm.expectRevert(abi.encodeWithSelector(BadAirDays.BadAirDays_StationLost.selector, stationAt(index)));
        cover.show(when, stationAt(index), packets);
    }
}
