// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DeviceRegistry } from "../../src/device/DeviceRegistry.sol";
import { IDeviceRegistry } from "../../src/device/IDeviceRegistry.sol";
import { Base } from "../support/Base.sol";
import { TypedData } from "../support/TypedData.sol";
import { Wallet } from "../support/Wallet.sol";

/// transferFor, releaseFor, revokeFor: anybody brings them for an owner without gas, with the owner's signature over
/// exactly this, in time, once; everything else is as without a signature
contract SponsoredTest is Base {
    uint256 private constant DEVICE_KEY = 0xD0;
    uint256 private constant OWNER_KEY = 0xA0;
    uint256 private constant BUYER_KEY = 0xB0;

    DeviceRegistry private registry = new DeviceRegistry();
    address private device = vm.addr(DEVICE_KEY);
    address private owner = vm.addr(OWNER_KEY);
    address private buyer = vm.addr(BUYER_KEY);

    function setUp() public {
        claimFor(owner);
    }

    function test_anybodyBringsASignedTransferOnce() public {
        bytes memory signature = transferOf(OWNER_KEY, owner, buyer, 0, NOW + 60);
        vm.warp(NOW + 60);
        vm.expectEmit(address(registry));
        emit IDeviceRegistry.DeviceTransferred(device, owner, buyer);
        registry.transferFor(device, owner, buyer, NOW + 60, signature);
        (address recorded, uint64 lastChange,) = registry.statusOf(device);
        vm.assertEq(recorded, buyer, "owner");
        vm.assertEq(lastChange, NOW + 60, "last change");
        vm.assertEq(registry.nonces(owner), 1, "used up");
        // Back in the owner's hands, in the same second: the same signature gives it away no second time.
        registry.transferFor(device, buyer, owner, NOW + 60, transferOf(BUYER_KEY, buyer, owner, 0, NOW + 60));
        expectBadSignature(owner);
        registry.transferFor(device, owner, buyer, NOW + 60, signature);
        vm.assertEq(registry.ownerOf(device), owner, "owner");
    }

    function test_anybodyBringsASignedRelease() public {
        bytes memory signature = simple(OWNER_KEY, TypedData.DEVICE_RELEASE, owner, 0, NOW);
        vm.expectEmit(address(registry));
        emit IDeviceRegistry.DeviceReleased(device, owner);
        registry.releaseFor(device, owner, NOW, signature);
        vm.assertEq(registry.ownerOf(device), address(0), "owner");
        vm.warp(NOW + 1);
        claimFor(owner);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDeviceRegistry.DeviceRegistry_Expired.selector, uint64(NOW), uint256(NOW + 1)
            )
        );
        registry.releaseFor(device, owner, NOW, signature);
    }

    function test_anybodyBringsASignedRevocation() public {
        bytes memory signature = simple(OWNER_KEY, TypedData.DEVICE_REVOCATION, owner, 0, NOW);
        vm.expectEmit(address(registry));
        emit IDeviceRegistry.DeviceRevoked(device, owner);
        registry.revokeFor(device, owner, NOW, signature);
        (address recorded,, bool revoked) = registry.statusOf(device);
        vm.assertEq(recorded, owner, "stays on record");
        vm.assertTrue(revoked, "revoked");
        bytes memory later = transferOf(OWNER_KEY, owner, buyer, 1, NOW);
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_Revoked.selector, device));
        registry.transferFor(device, owner, buyer, NOW, later);
    }

    function test_oneSignatureIsNoneForAnotherActDeviceReceiverOrNonce() public {
        bytes memory release = simple(OWNER_KEY, TypedData.DEVICE_RELEASE, owner, 0, NOW);
        expectBadSignature(owner);
        registry.revokeFor(device, owner, NOW, release);
        bytes memory revocation = simple(OWNER_KEY, TypedData.DEVICE_REVOCATION, owner, 0, NOW);
        expectBadSignature(owner);
        registry.releaseFor(device, owner, NOW, revocation);
        bytes memory transfer = transferOf(OWNER_KEY, owner, buyer, 0, NOW);
        expectBadSignature(owner);
        registry.transferFor(device, owner, address(this), NOW, transfer);
        expectBadSignature(owner);
        registry.transferFor(device, owner, buyer, NOW + 1, transfer);
        expectBadSignature(owner);
        registry.transferFor(buyer, owner, buyer, NOW, transfer);
        transfer = transferOf(OWNER_KEY, owner, buyer, 1, NOW);
        expectBadSignature(owner);
        registry.transferFor(device, owner, buyer, NOW, transfer);
        vm.assertEq(registry.nonces(owner), 0, "a refusal uses nothing up");
    }

    function test_onlyTheOwnersOwnSignatureCounts() public {
        bytes memory foreign = transferOf(BUYER_KEY, owner, buyer, 0, NOW);
        expectBadSignature(owner);
        registry.transferFor(device, owner, buyer, NOW, foreign);
        // The buyer's true signature for a device that is not its own.
        foreign = transferOf(BUYER_KEY, buyer, buyer, 0, NOW);
        vm.expectRevert(
            abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_NotOwner.selector, device, owner, buyer)
        );
        registry.transferFor(device, buyer, buyer, NOW, foreign);
        bytes memory none = transferOf(OWNER_KEY, owner, address(0), 0, NOW);
        vm.expectRevert(
            abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_AmbiguousOwner.selector, address(0))
        );
        registry.transferFor(device, owner, address(0), NOW, none);
    }

    function test_aContractOwnerSignsByItsKeeper() public {
        address wallet = address(new Wallet(owner));
        vm.prank(owner);
        registry.transfer(device, wallet);
        registry.releaseFor(device, wallet, NOW, simple(OWNER_KEY, TypedData.DEVICE_RELEASE, wallet, 0, NOW));
        vm.assertEq(registry.ownerOf(device), address(0), "owner");
    }

    /// An owner whose key may be known to others moves everything to a new account, without a coin in the old one.
    function test_anOwnersKeyIsRotatedWithoutGas() public {
        bytes memory signature = transferOf(OWNER_KEY, owner, buyer, 0, NOW);
        vm.assertEq(owner.balance, 0, "no coin");
        registry.transferFor(device, owner, buyer, NOW, signature);
        vm.expectPartialRevert(IDeviceRegistry.DeviceRegistry_NotOwner.selector);
        vm.prank(owner);
        registry.transfer(device, owner);
        vm.prank(buyer);
        registry.revoke(device);
    }

    function claimFor(address claimant) private {
        bytes memory signature =
            signed(DEVICE_KEY, sha256(abi.encodePacked(claimant, uint32(block.timestamp))));
        vm.prank(claimant);
        registry.claim(device, uint32(block.timestamp), signature);
    }

    function transferOf(
        uint256 key,
        address from,
        address to,
        uint256 nonce,
        uint64 deadline
    )
        private
        view
        returns (bytes memory)
    {
        bytes memory fields = abi.encode(device, from, to, nonce, deadline);
        return signed(key, TypedData.digestHere(address(registry), TypedData.DEVICE_TRANSFER, fields));
    }

    function simple(
        uint256 key,
        string memory encodeType,
        address from,
        uint256 nonce,
        uint64 deadline
    )
        private
        view
        returns (bytes memory)
    {
        bytes memory fields = abi.encode(device, from, nonce, deadline);
        return signed(key, TypedData.digestHere(address(registry), encodeType, fields));
    }

    function expectBadSignature(address whose) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_BadOwnerSignature.selector, whose)
        );
    }
}
