// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { BatchRegistry } from "../../src/data/BatchRegistry.sol";
import { Entry } from "../../src/data/IBatchRegistry.sol";
import { DeviceRegistry } from "../../src/device/DeviceRegistry.sol";
import { BadAirDays, Cover } from "../../src/serving/examples/BadAirDays.sol";
import { Envelopes } from "./Envelopes.sol";

/// @notice Four stations of a lister, each with an owner of its own, and a cover whose first day has just ended.
abstract contract CoverWorld is Envelopes {
    uint128 internal constant AMOUNT = 2 ether;
    int64 internal constant BAD = 150;
    uint64 internal constant WITHIN = 7 days;

    DeviceRegistry internal devices = new DeviceRegistry();
    BatchRegistry internal batches = new BatchRegistry(devices);
    address internal lister = vm.addr(0x115);
    address internal villagers = vm.addr(0xBE);
    address internal sponsor = vm.addr(0x55);
    uint256[4] internal keys;
    BadAirDays internal cover;
    uint32 internal day;

    function deployCover() internal {
        keys = [uint256(0xD0), 0xD1, 0xD2, 0xD3];
        for (uint256 i = 0; i < 4; ++i) {
            for (uint256 j = i + 1; j < 4; ++j) {
                if (vm.addr(keys[j]) < vm.addr(keys[i])) (keys[i], keys[j]) = (keys[j], keys[i]);
            }
        }
        address[] memory all = new address[](4);
        for (uint256 i = 0; i < 4; ++i) {
            all[i] = stationAt(i);
            claim(i, ownerAt(i));
        }
        vm.prank(lister);
        devices.list(all);
        vm.deal(address(this), 1_000 ether);
        cover = new BadAirDays{ value: 2 * AMOUNT }(terms());
        day = cover.FIRST_DAY();
        vm.warp(uint256(day + 1) * 1 days);
    }

    /// Four stations, of which three decide, from tomorrow on for ten days, two of which are paid.
    function terms() internal view returns (Cover memory made) {
        made.batches = batches;
        made.lister = lister;
        made.stations = new address[](4);
        for (uint256 i = 0; i < 4; ++i) {
            made.stations[i] = stationAt(i);
        }
        (made.needed, made.hoursNeeded, made.threshold) = (3, 18, BAD);
        (made.channel, made.unit, made.exponent) = ("pm2_5", "ug/m3", 0);
        made.firstDay = uint32(block.timestamp / 1 days) + 1;
        made.lastDay = made.firstDay + 9;
        made.showWithin = WITHIN;
        (made.beneficiary, made.sponsor) = (villagers, sponsor);
        (made.amount, made.mostDays) = (AMOUNT, 2);
    }

    function shown(uint256 index, int64 dust) internal {
        cover.show(day, stationAt(index), entered(index, day, dust, dust));
    }

    /// A whole day that the owner entered.
    function entered(
        uint256 index,
        uint32 when,
        int64 first,
        int64 rest
    )
        internal
        returns (bytes[] memory packets)
    {
        packets = dayOf(keys[index], when, 24, first, rest);
        enter(index, when, packets);
    }

    function enter(uint256 index, uint32 when, bytes[] memory packets) internal {
        Entry[] memory entries = entryOf(index, when, packets);
        vm.prank(ownerAt(index));
        batches.enter(entries);
    }

    function entryOf(
        uint256 index,
        uint32 when,
        bytes[] memory packets
    )
        internal
        view
        returns (Entry[] memory entries)
    {
        entries = new Entry[](1);
        entries[0] = Entry(stationAt(index), when, this.rootOf(packets));
    }

    function stationAt(uint256 index) internal view returns (address) {
        return vm.addr(keys[index]);
    }

    function ownerAt(uint256 index) internal pure returns (address) {
        return vm.addr(0xA0 + index);
    }

    function claim(uint256 index, address owner) internal {
        uint32 time = uint32(block.timestamp);
        bytes memory signature = signed(keys[index], sha256(abi.encodePacked(owner, time)));
        vm.prank(owner);
        devices.claim(stationAt(index), time, signature);
    }
}
