// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DeviceRegistry } from "../../src/device/DeviceRegistry.sol";
import { IDeviceRegistry } from "../../src/device/IDeviceRegistry.sol";
import { Base } from "../support/Base.sol";
import { TypedData } from "../support/TypedData.sol";
import { Wallet } from "../support/Wallet.sol";

/// claim
/// ├── given the device has an owner, is revoked, or its key is public: reverts
/// ├── given the owner's first four bytes are 0 to 3: reverts
/// ├── given a signed time over an hour old, over two minutes ahead, or not after the last change: reverts
/// ├── given any other bytes than the device's 65 over (owner, time): reverts
/// └── given fresh bytes of the device, low or high s, v of 0, 1, 27 or 28: owned, event, lastChange
/// claimFor: as claim, and the owner's EIP-712 (ECDSA or ERC-1271), before its deadline, once
/// transfer, release, revoke: only the owner, not when revoked
contract DeviceRegistryClaimTest is Base {
    uint256 private constant DEVICE_KEY = 0xD0;
    uint256 private constant OWNER_KEY = 0xA0;
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    DeviceRegistry private registry = new DeviceRegistry();
    address private device = vm.addr(DEVICE_KEY);
    address private owner = vm.addr(OWNER_KEY);
    address private buyer = vm.addr(0xB0);

    function test_claimMakesTheSenderOwner() public {
        bytes memory signature = confirm(owner, uint32(NOW));
        vm.expectEmit(address(registry));
        emit IDeviceRegistry.DeviceClaimed(device, owner, uint32(NOW));
        vm.prank(owner);
        registry.claim(device, uint32(NOW), signature);
        vm.assertEq(registry.ownerOf(device), owner, "owner");
        (address recorded, uint64 lastChange, bool revoked) = registry.statusOf(device);
        vm.assertEq(recorded, owner, "status owner");
        vm.assertEq(lastChange, NOW, "last change");
        vm.assertFalse(revoked, "revoked");
    }

    function test_claimFromTheSharedVectorFile() public {
        string memory json = vm.readFile("../vectors/confirm.json");
        address signer = vm.parseJsonAddress(json, ".device");
        address signedOwner = vm.parseJsonAddress(json, ".owner");
        uint32 timestamp = uint32(vm.parseJsonUint(json, ".timestamp"));
        vm.warp(timestamp + 30);
        vm.prank(signedOwner);
        registry.claim(signer, timestamp, vm.parseJsonBytes(json, ".signature65"));
        vm.assertEq(registry.ownerOf(signer), signedOwner, "owner");
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzz_everyFormOfTheSignatureCounts(
        uint256 key,
        uint256 ownerSeed,
        bool high,
        bool small
    )
        public
    {
        key = keyFrom(key);
        address someOwner = vm.addr(keyFrom(ownerSeed));
        vm.assume(uint160(someOwner) >> 128 > 3);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, sha256(abi.encodePacked(someOwner, uint32(NOW))));
        if (high) {
            s = bytes32(ORDER - uint256(s));
            v = 55 - v;
        }
        if (small) v -= 27;
        vm.prank(someOwner);
        registry.claim(vm.addr(key), uint32(NOW), abi.encodePacked(r, s, v));
        vm.assertEq(registry.ownerOf(vm.addr(key)), someOwner, "owner");
    }

    function test_claimOfAnOwnedDeviceReverts() public {
        claimNow();
        vm.warp(NOW + 10);
        bytes memory signature = confirm(buyer, uint32(NOW + 5));
        vm.prank(buyer);
        vm.expectRevert(
            abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_AlreadyOwned.selector, device, owner)
        );
        registry.claim(device, uint32(NOW + 5), signature);
    }

    function test_claimWithTheSharedKeyOf2020Reverts() public {
        address known = 0xE540678F0B995BF3B287E47f84f84aeA44CFEb31;
        vm.assertTrue(registry.isKnownKey(known), "known");
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_KnownKey.selector, known));
        registry.claim(known, uint32(NOW), new bytes(65));
    }

    function test_claimByAnAmbiguousOwnerReverts() public {
        for (uint160 packetType = 0; packetType <= 3; ++packetType) {
            address ambiguous = address((packetType << 128) | uint128(uint256(keccak256("data"))));
            bytes memory signature = confirm(ambiguous, uint32(NOW));
            vm.expectRevert(
                abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_AmbiguousOwner.selector, ambiguous)
            );
            vm.prank(ambiguous);
            registry.claim(device, uint32(NOW), signature);
        }
        address clear = address(uint160(4) << 128);
        bytes memory good = confirm(clear, uint32(NOW));
        vm.prank(clear);
        registry.claim(device, uint32(NOW), good);
        vm.assertEq(registry.ownerOf(device), clear, "owner");
    }

    function test_claimOutsideTheTimeRangeReverts() public {
        expectStale(uint32(NOW - 1 hours - 1));
        expectStale(uint32(NOW + 2 minutes + 1));
        expectStale(0);
        expectStale(type(uint32).max);
        bytes memory signature = confirm(owner, uint32(NOW - 1 hours));
        vm.prank(owner);
        registry.claim(device, uint32(NOW - 1 hours), signature);
        vm.assertEq(registry.ownerOf(device), owner, "owner at the edge");
    }

    function test_oldClaimIsNoClaimAfterARelease() public {
        bytes memory signature = confirm(owner, uint32(NOW + 60));
        vm.prank(owner);
        registry.claim(device, uint32(NOW + 60), signature);
        vm.warp(NOW + 10);
        vm.startPrank(owner);
        registry.release(device);
        // The signed time lay ahead; the very same bytes must not count again.
        vm.expectRevert(
            abi.encodeWithSelector(
                IDeviceRegistry.DeviceRegistry_OldTimestamp.selector, device, uint32(NOW + 60), NOW + 60
            )
        );
        registry.claim(device, uint32(NOW + 60), signature);
        vm.stopPrank();
    }

    function test_claimAfterAReleaseNeedsLaterBytes() public {
        claimNow();
        vm.warp(NOW + 100);
        vm.prank(owner);
        registry.release(device);
        bytes memory signature = confirm(buyer, uint32(NOW + 100));
        vm.expectRevert(
            abi.encodeWithSelector(
                IDeviceRegistry.DeviceRegistry_OldTimestamp.selector, device, uint32(NOW + 100), NOW + 100
            )
        );
        vm.prank(buyer);
        registry.claim(device, uint32(NOW + 100), signature);
        signature = confirm(buyer, uint32(NOW + 101));
        vm.prank(buyer);
        registry.claim(device, uint32(NOW + 101), signature);
        vm.assertEq(registry.ownerOf(device), buyer, "owner");
    }

    function test_claimWithOtherBytesReverts() public {
        bytes memory good = confirm(owner, uint32(NOW));
        expectBadSignature(owner, uint32(NOW - 1), good);
        expectBadSignature(buyer, uint32(NOW), good);
        expectBadSignature(owner, uint32(NOW), bytes(""));
        expectBadSignature(owner, uint32(NOW), bytes.concat(good, hex"00"));
        expectBadSignature(owner, uint32(NOW), new bytes(64));
        expectBadSignature(owner, uint32(NOW), new bytes(65));
        (, bytes32 r, bytes32 s) = vm.sign(DEVICE_KEY, sha256(abi.encodePacked(owner, uint32(NOW))));
        expectBadSignature(owner, uint32(NOW), abi.encodePacked(r, s, uint8(29)));
        expectBadSignature(owner, uint32(NOW), abi.encodePacked(r, bytes32(ORDER), uint8(27)));
        expectBadSignature(owner, uint32(NOW), abi.encodePacked(r, bytes32(type(uint256).max), uint8(27)));
        expectBadSignature(owner, uint32(NOW), abi.encodePacked(bytes32(0), s, uint8(27)));
    }

    function test_claimOfTheZeroDeviceReverts() public {
        vm.prank(owner);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDeviceRegistry.DeviceRegistry_BadDeviceSignature.selector, address(0), owner
            )
        );
        registry.claim(address(0), uint32(NOW), new bytes(65));
    }

    function test_claimForBringsTheOwnersSignature() public {
        uint64 deadline = NOW + 60;
        bytes memory signature = confirm(owner, uint32(NOW));
        bytes memory ownerSignature = signed(OWNER_KEY, ownerDigest(owner, uint32(NOW), deadline));
        vm.prank(buyer);
        registry.claimFor(device, owner, uint32(NOW), signature, deadline, ownerSignature);
        vm.assertEq(registry.ownerOf(device), owner, "owner");
    }

    function test_claimForAContractOwner() public {
        Wallet wallet = new Wallet(owner);
        bytes memory signature = confirm(address(wallet), uint32(NOW));
        bytes memory ownerSignature = signed(OWNER_KEY, ownerDigest(address(wallet), uint32(NOW), NOW));
        registry.claimFor(device, address(wallet), uint32(NOW), signature, NOW, ownerSignature);
        vm.assertEq(registry.ownerOf(device), address(wallet), "owner");
    }

    function test_claimForAfterTheDeadlineReverts() public {
        bytes memory ownerSignature = signed(OWNER_KEY, ownerDigest(owner, uint32(NOW), NOW - 1));
        bytes memory signature = confirm(owner, uint32(NOW));
        vm.expectRevert(
            abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_Expired.selector, NOW - 1, uint256(NOW))
        );
        registry.claimFor(device, owner, uint32(NOW), signature, NOW - 1, ownerSignature);
    }

    function test_claimForWithAForeignSignatureReverts() public {
        bytes memory signature = confirm(owner, uint32(NOW));
        bytes memory foreign = signed(0xB0, ownerDigest(owner, uint32(NOW), NOW));
        vm.expectRevert(
            abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_BadOwnerSignature.selector, owner)
        );
        registry.claimFor(device, owner, uint32(NOW), signature, NOW, foreign);
        // Signed for another chain.
        bytes memory fields = abi.encode(device, owner, uint32(NOW), NOW);
        bytes32 separator = TypedData.domainSeparator(block.chainid + 1, address(registry));
        foreign = signed(OWNER_KEY, TypedData.digest(separator, TypedData.DEVICE_CLAIM, fields));
        vm.expectRevert(
            abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_BadOwnerSignature.selector, owner)
        );
        registry.claimFor(device, owner, uint32(NOW), signature, NOW, foreign);
    }

    function test_transferGivesTheDeviceOn() public {
        claimNow();
        vm.warp(NOW + 7);
        vm.expectEmit(address(registry));
        emit IDeviceRegistry.DeviceTransferred(device, owner, buyer);
        vm.prank(owner);
        registry.transfer(device, buyer);
        (address recorded, uint64 lastChange,) = registry.statusOf(device);
        vm.assertEq(recorded, buyer, "owner");
        vm.assertEq(lastChange, NOW + 7, "last change");
    }

    function test_transferByAnotherOrToNobodyReverts() public {
        claimNow();
        expectNotOwner(buyer);
        registry.transfer(device, buyer);
        vm.prank(owner);
        vm.expectRevert(
            abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_AmbiguousOwner.selector, address(0))
        );
        registry.transfer(device, address(0));
    }

    function test_releaseLeavesNoOwner() public {
        claimNow();
        expectNotOwner(buyer);
        registry.release(device);
        vm.expectEmit(address(registry));
        emit IDeviceRegistry.DeviceReleased(device, owner);
        vm.prank(owner);
        registry.release(device);
        vm.assertEq(registry.ownerOf(device), address(0), "owner");
        expectNotOwner(owner);
        registry.release(device);
    }

    function test_revokedDeviceStaysAsItIs() public {
        claimNow();
        expectNotOwner(buyer);
        registry.revoke(device);
        vm.warp(NOW + 9);
        vm.expectEmit(address(registry));
        emit IDeviceRegistry.DeviceRevoked(device, owner);
        vm.prank(owner);
        registry.revoke(device);
        (address recorded, uint64 lastChange, bool revoked) = registry.statusOf(device);
        vm.assertEq(recorded, owner, "owner");
        vm.assertEq(lastChange, NOW + 9, "revoked at");
        vm.assertTrue(revoked, "revoked");
        bytes memory refusal = abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_Revoked.selector, device);
        bytes memory signature = confirm(owner, uint32(NOW + 10));
        vm.startPrank(owner);
        vm.expectRevert(refusal);
        registry.transfer(device, buyer);
        vm.expectRevert(refusal);
        registry.release(device);
        vm.expectRevert(refusal);
        registry.revoke(device);
        vm.expectRevert(refusal);
        registry.claim(device, uint32(NOW + 10), signature);
        vm.stopPrank();
    }

    function confirm(address claimant, uint32 timestamp) private pure returns (bytes memory) {
        return signed(DEVICE_KEY, sha256(abi.encodePacked(claimant, timestamp)));
    }

    function ownerDigest(address claimant, uint32 timestamp, uint64 deadline) private view returns (bytes32) {
        bytes memory fields = abi.encode(device, claimant, timestamp, deadline);
        return TypedData.digestHere(address(registry), TypedData.DEVICE_CLAIM, fields);
    }

    function claimNow() private {
        bytes memory signature = confirm(owner, uint32(NOW));
        vm.prank(owner);
        registry.claim(device, uint32(NOW), signature);
    }

    function expectNotOwner(address sender) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IDeviceRegistry.DeviceRegistry_NotOwner.selector, device, registry.ownerOf(device), sender
            )
        );
        vm.prank(sender);
    }

    function expectStale(uint32 timestamp) private {
        bytes memory signature = confirm(owner, timestamp);
        vm.prank(owner);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDeviceRegistry.DeviceRegistry_StaleTimestamp.selector, device, timestamp, uint256(NOW)
            )
        );
        registry.claim(device, timestamp, signature);
    }

    function expectBadSignature(address claimant, uint32 timestamp, bytes memory signature) private {
        vm.prank(claimant);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDeviceRegistry.DeviceRegistry_BadDeviceSignature.selector, device, claimant
            )
        );
        registry.claim(device, timestamp, signature);
    }
}
