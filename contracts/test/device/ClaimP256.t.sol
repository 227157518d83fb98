// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DeviceRegistry } from "../../src/device/DeviceRegistry.sol";
import { IDeviceRegistry, P256Key } from "../../src/device/IDeviceRegistry.sol";
import { Base } from "../support/Base.sol";
import { TypedData } from "../support/TypedData.sol";

/// claimP256
/// ├── given what `claim` refuses whatever the curve (owned, revoked, known key, ambiguous owner, time): reverts alike
/// ├── given any other key, owner, time, r or s than the device signed, or a high s: reverts
/// └── given fresh bytes: the device of keccak256(x, y) is owned; with the precompile and without
/// claimP256For: as claimP256, with the owner's EIP-712 before its deadline
contract ClaimP256Test is Base {
    uint256 private constant DEVICE_KEY = 0xD256;
    uint256 private constant OWNER_KEY = 0xA0;
    uint256 private constant ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551;

    DeviceRegistry private registry = new DeviceRegistry();
    P256Key private key;
    address private device;
    address private owner = vm.addr(OWNER_KEY);
    address private buyer = vm.addr(0xB0);

    constructor() {
        key = keyOf(DEVICE_KEY);
        device = registry.addressOfP256(key);
    }

    function test_claimMakesTheSenderOwner() public {
        (bytes32 r, bytes32 s) = confirm(DEVICE_KEY, owner, uint32(NOW));
        vm.expectEmit(address(registry));
        emit IDeviceRegistry.DeviceClaimed(device, owner, uint32(NOW));
        vm.prank(owner);
        registry.claimP256(key, uint32(NOW), r, s);
        (address recorded, uint64 lastChange, bool revoked) = registry.statusOf(device);
        vm.assertEq(recorded, owner, "owner");
        vm.assertEq(lastChange, NOW, "last change");
        vm.assertFalse(revoked, "revoked");
    }

    function test_claimWithTheChainsOwnPrecompile() public {
        vm.setEvmVersion("osaka");
        (bytes32 r, bytes32 s) = confirm(DEVICE_KEY, owner, uint32(NOW));
        expectBadSignature(owner, uint32(NOW), s, r);
        vm.prank(owner);
        registry.claimP256(key, uint32(NOW), r, s);
        vm.assertEq(registry.ownerOf(device), owner, "owner");
    }

    function test_claimFromTheSharedVectorFile() public {
        string memory json = vm.readFile("../vectors/confirm_p256.json");
        P256Key memory filed = P256Key(vm.parseJsonBytes32(json, ".x"), vm.parseJsonBytes32(json, ".y"));
        address signer = vm.parseJsonAddress(json, ".device");
        vm.assertEq(registry.addressOfP256(filed), signer, "address of the key");
        address signedOwner = vm.parseJsonAddress(json, ".owner");
        uint32 timestamp = uint32(vm.parseJsonUint(json, ".timestamp"));
        bytes32 r = vm.parseJsonBytes32(json, ".r");
        bytes32 high = vm.parseJsonBytes32(json, ".highS");
        bytes32 low = vm.parseJsonBytes32(json, ".s");
        vm.warp(timestamp + 30);
        vm.startPrank(signedOwner);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDeviceRegistry.DeviceRegistry_BadDeviceSignature.selector, signer, signedOwner
            )
        );
        registry.claimP256(filed, timestamp, r, high);
        registry.claimP256(filed, timestamp, r, low);
        vm.stopPrank();
        vm.assertEq(registry.ownerOf(signer), signedOwner, "owner");
    }

    /// forge-config: default.fuzz.runs = 32
    /// forge-config: full.fuzz.runs = 500
    function testFuzz_onlyTheLowFormOfTheSignatureCounts(uint256 secret, uint256 ownerSeed) public {
        secret = within(secret, 1, ORDER - 1);
        address someOwner = vm.addr(keyFrom(ownerSeed));
        vm.assume(uint160(someOwner) >> 128 > 3);
        P256Key memory someKey = keyOf(secret);
        address some = registry.addressOfP256(someKey);
        (bytes32 r, bytes32 s) = confirm(secret, someOwner, uint32(NOW));
        vm.prank(someOwner);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDeviceRegistry.DeviceRegistry_BadDeviceSignature.selector, some, someOwner
            )
        );
        registry.claimP256(someKey, uint32(NOW), r, bytes32(ORDER - uint256(s)));
        vm.prank(someOwner);
        registry.claimP256(someKey, uint32(NOW), r, s);
        vm.assertEq(registry.ownerOf(some), someOwner, "owner");
    }

    /// forge-config: default.fuzz.runs = 32
    /// forge-config: full.fuzz.runs = 500
    function testFuzz_oneChangedBitIsNoClaim(uint8 word, uint8 bit) public {
        (bytes32 r, bytes32 s) = confirm(DEVICE_KEY, owner, uint32(NOW));
        bytes32[4] memory words = [key.x, key.y, r, s];
        words[word % 4] ^= bytes32(uint256(1) << bit);
        P256Key memory changed = P256Key(words[0], words[1]);
        vm.prank(owner);
        vm.expectPartialRevert(IDeviceRegistry.DeviceRegistry_BadDeviceSignature.selector);
        registry.claimP256(changed, uint32(NOW), words[2], words[3]);
    }

    function test_claimWithOtherBytesReverts() public {
        (bytes32 r, bytes32 s) = confirm(DEVICE_KEY, owner, uint32(NOW));
        expectBadSignature(owner, uint32(NOW - 1), r, s);
        expectBadSignature(buyer, uint32(NOW), r, s);
        expectBadSignature(owner, uint32(NOW), 0, s);
        expectBadSignature(owner, uint32(NOW), r, 0);
        expectBadSignature(owner, uint32(NOW), bytes32(ORDER), s);
        expectBadSignature(owner, uint32(NOW), r, bytes32(ORDER));
    }

    function test_pointsOffTheCurveAreNoKeys() public {
        (bytes32 r, bytes32 s) = confirm(DEVICE_KEY, owner, uint32(NOW));
        P256Key[3] memory bad = [P256Key(0, 0), P256Key(key.y, key.x), P256Key(bytes32(type(uint256).max), 0)];
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(owner);
            vm.expectPartialRevert(IDeviceRegistry.DeviceRegistry_BadDeviceSignature.selector);
            registry.claimP256(bad[i], uint32(NOW), r, s);
        }
    }

    function test_theSharedKeyOf2020IsRefused() public {
        P256Key memory known = P256Key(
            0x30a8f41d35ba3cfe39cc1effab498683796e53191abf1226c3637c801556bdf8,
            0x7ffe428c9ad533d802b8487b319ffc2435a100536ac5fba87052354f52ba1713
        );
        address account = registry.addressOfP256(known);
        vm.assertTrue(registry.isKnownKey(account), "known");
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_KnownKey.selector, account));
        registry.claimP256(known, uint32(NOW), bytes32(uint256(1)), bytes32(uint256(1)));
        bytes memory will = signed(OWNER_KEY, ownerDigest(account, owner, uint32(NOW), NOW));
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_KnownKey.selector, account));
        registry.claimP256For(known, owner, uint32(NOW), bytes32(uint256(1)), bytes32(uint256(1)), NOW, will);
    }

    function test_theRulesOfOwningAreThoseOfEveryCurve() public {
        address ambiguous = address(uint160(3) << 128 | 77);
        expectRefusal(ambiguous, uint32(NOW), IDeviceRegistry.DeviceRegistry_AmbiguousOwner.selector);
        expectRefusal(
            owner, uint32(NOW - 1 hours - 1), IDeviceRegistry.DeviceRegistry_StaleTimestamp.selector
        );
        expectRefusal(
            owner, uint32(NOW + 2 minutes + 1), IDeviceRegistry.DeviceRegistry_StaleTimestamp.selector
        );
        claimNow();
        expectRefusal(buyer, uint32(NOW + 1), IDeviceRegistry.DeviceRegistry_AlreadyOwned.selector);
        vm.prank(owner);
        registry.release(device);
        // The bytes that counted once, and others as old, do not count again.
        expectRefusal(owner, uint32(NOW), IDeviceRegistry.DeviceRegistry_OldTimestamp.selector);
        expectRefusal(buyer, uint32(NOW - 5), IDeviceRegistry.DeviceRegistry_OldTimestamp.selector);
        vm.warp(NOW + 10);
        (bytes32 r, bytes32 s) = confirm(DEVICE_KEY, buyer, uint32(NOW + 1));
        vm.prank(buyer);
        registry.claimP256(key, uint32(NOW + 1), r, s);
        vm.prank(buyer);
        registry.revoke(device);
        expectRefusal(owner, uint32(NOW + 11), IDeviceRegistry.DeviceRegistry_Revoked.selector);
    }

    function test_claimForBringsTheOwnersSignature() public {
        (bytes32 r, bytes32 s) = confirm(DEVICE_KEY, owner, uint32(NOW));
        bytes memory will = signed(OWNER_KEY, ownerDigest(device, owner, uint32(NOW), NOW));
        vm.prank(buyer);
        registry.claimP256For(key, owner, uint32(NOW), r, s, NOW, will);
        vm.assertEq(registry.ownerOf(device), owner, "owner");
    }

    function test_claimForWithAForeignOrLateSignatureReverts() public {
        (bytes32 r, bytes32 s) = confirm(DEVICE_KEY, owner, uint32(NOW));
        bytes memory late = signed(OWNER_KEY, ownerDigest(device, owner, uint32(NOW), NOW - 1));
        vm.expectRevert(
            abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_Expired.selector, NOW - 1, uint256(NOW))
        );
        registry.claimP256For(key, owner, uint32(NOW), r, s, NOW - 1, late);
        bytes memory foreign = signed(0xB0, ownerDigest(device, owner, uint32(NOW), NOW));
        bytes memory other = signed(OWNER_KEY, ownerDigest(buyer, owner, uint32(NOW), NOW));
        bytes[2] memory bad = [foreign, other];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_BadOwnerSignature.selector, owner)
            );
            registry.claimP256For(key, owner, uint32(NOW), r, s, NOW, bad[i]);
        }
    }

    function keyOf(uint256 secret) private pure returns (P256Key memory) {
        (uint256 x, uint256 y) = vm.publicKeyP256(secret);
        return P256Key(bytes32(x), bytes32(y));
    }

    /// What a device signs, with a low s.
    function confirm(
        uint256 secret,
        address claimed,
        uint32 timestamp
    )
        private
        pure
        returns (bytes32 r, bytes32 s)
    {
        (r, s) = vm.signP256(secret, sha256(abi.encodePacked(claimed, timestamp)));
        if (uint256(s) > ORDER / 2) s = bytes32(ORDER - uint256(s));
    }

    function claimNow() private {
        (bytes32 r, bytes32 s) = confirm(DEVICE_KEY, owner, uint32(NOW));
        vm.prank(owner);
        registry.claimP256(key, uint32(NOW), r, s);
    }

    function ownerDigest(
        address claimed,
        address claimant,
        uint32 timestamp,
        uint64 deadline
    )
        private
        view
        returns (bytes32)
    {
        bytes memory fields = abi.encode(claimed, claimant, timestamp, deadline);
        return TypedData.digestHere(address(registry), TypedData.DEVICE_CLAIM, fields);
    }

    function expectRefusal(address claimant, uint32 timestamp, bytes4 selector) private {
        (bytes32 r, bytes32 s) = confirm(DEVICE_KEY, claimant, timestamp);
        vm.prank(claimant);
        vm.expectPartialRevert(selector);
        registry.claimP256(key, timestamp, r, s);
    }

    function expectBadSignature(address claimant, uint32 timestamp, bytes32 r, bytes32 s) private {
        vm.prank(claimant);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDeviceRegistry.DeviceRegistry_BadDeviceSignature.selector, device, claimant
            )
        );
        registry.claimP256(key, timestamp, r, s);
    }
}
