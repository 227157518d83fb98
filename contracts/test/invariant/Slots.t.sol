// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { BatchRegistry } from "../../src/data/BatchRegistry.sol";
import { Entry } from "../../src/data/IBatchRegistry.sol";
import { DeviceRegistry } from "../../src/device/DeviceRegistry.sol";
import { Base } from "../support/Base.sol";

/// @notice Three owners pass three devices around and enter what they like, as often as they like.
contract SlotHandler is Base {
    struct Seen {
        address device;
        uint32 day;
        bytes32 value;
    }

    DeviceRegistry public devices = new DeviceRegistry();
    BatchRegistry public batches = new BatchRegistry(devices);
    address[3] private owners = [vm.addr(0xA0), vm.addr(0xA1), vm.addr(0xA2)];
    address[3] private deviceAddresses = [vm.addr(0xD0), vm.addr(0xD1), vm.addr(0xD2)];
    Seen[] private seen;
    mapping(address device => mapping(uint32 day => uint256)) private timesEntered;

    function passTime(uint16 elapsed) external {
        vm.warp(block.timestamp + elapsed);
    }

    function claim(uint8 device, uint8 owner) external {
        address claimant = ownerAt(owner);
        uint32 timestamp = uint32(block.timestamp);
        bytes memory signature = signed(0xD0 + device % 3, sha256(abi.encodePacked(claimant, timestamp)));
        vm.prank(claimant);
        try devices.claim(deviceAt(device), timestamp, signature) { } catch { }
    }

    function pass(uint8 device, uint8 from, uint8 to) external {
        vm.prank(ownerAt(from));
        try devices.transfer(deviceAt(device), ownerAt(to)) { } catch { }
    }

    function release(uint8 device, uint8 from) external {
        vm.prank(ownerAt(from));
        try devices.release(deviceAt(device)) { } catch { }
    }

    function revoke(uint8 device, uint8 from) external {
        // Seldom, or nothing else would happen.
        if (from % 16 != 0) return;
        vm.prank(ownerAt(from));
        try devices.revoke(deviceAt(device)) { } catch { }
    }

    function enter(uint8 device, uint8 owner, uint8 daysBack, bytes32 root) external {
        Entry[] memory entries = new Entry[](1);
        entries[0] = Entry(deviceAt(device), uint32(block.timestamp / 1 days) - daysBack % 4, root);
        vm.prank(ownerAt(owner));
        try batches.enter(entries) {
            bytes32 value = batches.entryOf(entries[0].device, entries[0].day);
            seen.push(Seen(entries[0].device, entries[0].day, value));
            timesEntered[entries[0].device][entries[0].day] += 1;
        } catch { }
    }

    function requireSlotsUnchanged() external view {
        for (uint256 i = 0; i < seen.length; ++i) {
            vm.assertEq(batches.entryOf(seen[i].device, seen[i].day), seen[i].value, "9: the slot");
            vm.assertEq(timesEntered[seen[i].device][seen[i].day], 1, "9: entered once");
        }
    }

    function requireOneOwner() external view {
        for (uint8 i = 0; i < 3; ++i) {
            (address owner,, bool revoked) = devices.statusOf(deviceAt(i));
            bool known = owner == ownerAt(0) || owner == ownerAt(1) || owner == ownerAt(2);
            vm.assertTrue(known || owner == address(0), "10: one of three, or nobody");
            if (revoked) vm.assertTrue(known, "10: the last owner stays");
        }
    }

    function deviceAt(uint8 index) private view returns (address) {
        return deviceAddresses[index % 3];
    }

    function ownerAt(uint8 index) private view returns (address) {
        return owners[index % 3];
    }
}

contract SlotInvariants is Base {
    SlotHandler private handler;

    function setUp() public {
        handler = new SlotHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_slotsNeverChange() public view {
        handler.requireSlotsUnchanged();
    }

    function invariant_devicesHaveOneOwnerOrNone() public view {
        handler.requireOneOwner();
    }
}
