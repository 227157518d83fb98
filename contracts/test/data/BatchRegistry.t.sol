// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { BatchRegistry } from "../../src/data/BatchRegistry.sol";
import { Entry, IBatchRegistry, Key } from "../../src/data/IBatchRegistry.sol";
import { DeviceRegistry } from "../../src/device/DeviceRegistry.sol";
import { Base } from "../support/Base.sol";
import { TypedData } from "../support/TypedData.sol";
import { Wallet } from "../support/Wallet.sol";

/// enter
/// ├── given a device of another, of nobody, or a revoked one: reverts
/// ├── given a zero root, a day that has not begun, or a slot that is taken (also within one call): reverts
/// └── otherwise: the slot holds keccak256(abi.encode(root, owner)), event for each
/// enterFor: as enter, with the owner's EIP-712 (ECDSA or ERC-1271), before its deadline
contract BatchRegistryTest is Base {
    uint256 private constant OWNER_KEY = 0xA0;
    uint32 private constant TODAY = uint32(NOW / 1 days);

    DeviceRegistry private devices = new DeviceRegistry();
    BatchRegistry private registry = new BatchRegistry(devices);
    address private owner = vm.addr(OWNER_KEY);
    address private attacker = vm.addr(0xBAD);
    address private first = vm.addr(0xD1);
    address private second = vm.addr(0xD2);

    constructor() {
        claim(owner, 0xD1);
        claim(owner, 0xD2);
    }

    function test_enterFillsEachSlot() public {
        Entry[] memory entries = new Entry[](3);
        entries[0] = Entry(first, TODAY, "a");
        entries[1] = Entry(first, TODAY - 4000, "b");
        entries[2] = Entry(second, TODAY, "a");
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectEmit(address(registry));
            emit IBatchRegistry.BatchEntered(entries[i].device, entries[i].day, owner, entries[i].root);
        }
        vm.prank(owner);
        registry.enter(entries);
        Key[] memory keys = new Key[](4);
        for (uint256 i = 0; i < 3; ++i) {
            keys[i] = Key(entries[i].device, entries[i].day);
        }
        keys[3] = Key(second, TODAY - 1);
        bytes32[] memory values = registry.entriesOf(keys);
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(values[i], valueOf(entries[i].root, owner), "value");
            vm.assertEq(values[i], registry.entryOf(entries[i].device, entries[i].day), "one view");
        }
        vm.assertEq(values[3], bytes32(0), "empty slot");
    }

    function test_enterTwiceReverts() public {
        vm.startPrank(owner);
        registry.enter(one(first, TODAY, "a"));
        expectTaken();
        registry.enter(one(first, TODAY, "a"));
        expectTaken();
        registry.enter(one(first, TODAY, "b"));
        Entry[] memory twice = new Entry[](2);
        twice[0] = Entry(first, TODAY - 1, "a");
        twice[1] = Entry(first, TODAY - 1, "b");
        vm.expectRevert(
            abi.encodeWithSelector(IBatchRegistry.BatchRegistry_AlreadyEntered.selector, first, TODAY - 1)
        );
        registry.enter(twice);
        vm.stopPrank();
        vm.assertEq(registry.entryOf(first, TODAY - 1), bytes32(0), "all or none");
    }

    function test_newOwnerCannotEnterATakenDay() public {
        vm.startPrank(owner);
        registry.enter(one(first, TODAY, "a"));
        devices.transfer(first, attacker);
        vm.stopPrank();
        vm.prank(attacker);
        expectTaken();
        registry.enter(one(first, TODAY, "b"));
    }

    function test_sellerCannotFillTheBuyersDays() public {
        vm.startPrank(owner);
        vm.expectRevert(
            abi.encodeWithSelector(IBatchRegistry.BatchRegistry_FutureDay.selector, first, TODAY + 1, TODAY)
        );
        registry.enter(one(first, TODAY + 1, "a"));
        vm.warp(NOW + 1 days);
        registry.enter(one(first, TODAY + 1, "a"));
        vm.stopPrank();
    }

    function test_enterForADeviceOfAnotherReverts() public {
        Entry[] memory mixed = new Entry[](3);
        mixed[0] = Entry(first, TODAY, "a");
        mixed[1] = Entry(vm.addr(0xD3), TODAY, "a");
        mixed[2] = Entry(first, TODAY - 1, "a");
        expectForeign(vm.addr(0xD3), address(0), owner);
        vm.prank(owner);
        registry.enter(mixed);
        expectForeign(first, owner, attacker);
        vm.prank(attacker);
        registry.enter(one(first, TODAY, "a"));
        expectForeign(address(0), address(0), attacker);
        vm.prank(attacker);
        registry.enter(one(address(0), TODAY, "a"));
    }

    function test_zeroSignerOfNoDeviceReverts() public {
        // Nobody signs for the zero address, which owns no device although it is written in every free slot.
        expectForeign(vm.addr(0xD3), address(0), address(0));
        vm.prank(address(0));
        registry.enter(one(vm.addr(0xD3), TODAY, "a"));
    }

    function test_enterForARevokedDeviceReverts() public {
        vm.startPrank(owner);
        devices.revoke(first);
        vm.expectRevert(abi.encodeWithSelector(IBatchRegistry.BatchRegistry_Revoked.selector, first));
        registry.enter(one(first, TODAY, "a"));
        vm.stopPrank();
    }

    function test_enterOfAZeroRootReverts() public {
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IBatchRegistry.BatchRegistry_EmptyRoot.selector, first, TODAY));
        registry.enter(one(first, TODAY, bytes32(0)));
    }

    function test_enterForBringsTheOwnersSignature() public {
        Entry[] memory entries = one(first, TODAY, "a");
        bytes memory signature = signed(OWNER_KEY, entriesDigest(owner, entries, NOW));
        vm.prank(attacker);
        registry.enterFor(owner, entries, NOW, signature);
        vm.assertEq(registry.entryOf(first, TODAY), valueOf(bytes32("a"), owner), "value");
        expectTaken();
        registry.enterFor(owner, entries, NOW, signature);
    }

    function test_enterForAContractOwner() public {
        Wallet wallet = new Wallet(owner);
        vm.prank(owner);
        devices.transfer(first, address(wallet));
        Entry[] memory entries = one(first, TODAY, "a");
        registry.enterFor(
            address(wallet), entries, NOW, signed(OWNER_KEY, entriesDigest(address(wallet), entries, NOW))
        );
        vm.assertTrue(registry.entryOf(first, TODAY) != bytes32(0), "entered");
    }

    function test_enterForRefusesWhatWasNotSigned() public {
        Entry[] memory entries = one(first, TODAY, "a");
        bytes memory signature = signed(OWNER_KEY, entriesDigest(owner, entries, NOW));
        vm.expectRevert(abi.encodeWithSelector(IBatchRegistry.BatchRegistry_BadSignature.selector, owner));
        registry.enterFor(owner, one(first, TODAY, "b"), NOW, signature);
        vm.expectRevert(abi.encodeWithSelector(IBatchRegistry.BatchRegistry_BadSignature.selector, owner));
        registry.enterFor(owner, entries, NOW + 1, signature);
        vm.expectRevert(abi.encodeWithSelector(IBatchRegistry.BatchRegistry_BadSignature.selector, owner));
        registry.enterFor(owner, entries, NOW, signed(0xBAD, entriesDigest(owner, entries, NOW)));
        vm.warp(NOW + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IBatchRegistry.BatchRegistry_Expired.selector, NOW, uint256(NOW + 1))
        );
        registry.enterFor(owner, entries, NOW, signature);
    }

    function testFuzz_enteredSlotNeverChanges(
        uint32 day,
        bytes32 root,
        bytes32 other,
        bool afterTransfer
    )
        public
    {
        day = uint32(within(day, 0, TODAY));
        vm.assume(root != 0 && other != 0);
        vm.prank(owner);
        registry.enter(one(first, day, root));
        bytes32 value = registry.entryOf(first, day);
        address sender = owner;
        if (afterTransfer) {
            vm.prank(owner);
            devices.transfer(first, attacker);
            sender = attacker;
        }
        vm.prank(sender);
        vm.expectPartialRevert(IBatchRegistry.BatchRegistry_AlreadyEntered.selector);
        registry.enter(one(first, day, other));
        vm.assertEq(registry.entryOf(first, day), value, "value");
    }

    function claim(address claimant, uint256 deviceKey) private {
        bytes memory signature = signed(deviceKey, sha256(abi.encodePacked(claimant, uint32(NOW))));
        vm.prank(claimant);
        devices.claim(vm.addr(deviceKey), uint32(NOW), signature);
    }

    function one(address device, uint32 day, bytes32 root) private pure returns (Entry[] memory entries) {
        entries = new Entry[](1);
        entries[0] = Entry(device, day, root);
    }

    function entriesDigest(
        address signer,
        Entry[] memory entries,
        uint64 deadline
    )
        private
        view
        returns (bytes32)
    {
        bytes memory fields = abi.encode(signer, keccak256(abi.encode(entries)), deadline);
        return TypedData.digestHere(address(registry), TypedData.BATCH_ENTRIES, fields);
    }

    function expectTaken() private {
        vm.expectRevert(
            abi.encodeWithSelector(IBatchRegistry.BatchRegistry_AlreadyEntered.selector, first, TODAY)
        );
    }

    function expectForeign(address device, address actual, address sender) private {
        vm.expectRevert(
            abi.encodeWithSelector(IBatchRegistry.BatchRegistry_ForeignOwner.selector, device, actual, sender)
        );
    }

    function valueOf(bytes32 root, address entrant) private view returns (bytes32) {
        return bytes32(bytes24(keccak256(abi.encode(root, entrant)))) | bytes32(block.timestamp);
    }
}
