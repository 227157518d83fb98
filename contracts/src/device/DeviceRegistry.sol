// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IDeviceRegistry, P256Key } from "./IDeviceRegistry.sol";
import { PebbleConfirm } from "./PebbleConfirm.sol";
import { Nonces } from "@openzeppelin/contracts/utils/Nonces.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { P256 } from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice See {IDeviceRegistry}, which is the manual.
contract DeviceRegistry is IDeviceRegistry, EIP712, Nonces {
    // slot 0: owner (20 bytes), lastChange (8, seconds), revoked (1)
    struct Device {
        address owner;
        uint64 lastChange;
        bool revoked;
    }

    // slot 0, seconds each; 0 = never
    struct Listing {
        uint64 listedAt;
        uint64 stoppedAt;
    }

    bytes32 private constant DEVICE_CLAIM_TYPE_HASH =
        keccak256("DeviceClaim(address device,address owner,uint32 timestamp,uint64 deadline)");
    bytes32 private constant DEVICE_TRANSFER_TYPE_HASH =
        keccak256("DeviceTransfer(address device,address owner,address to,uint256 nonce,uint64 deadline)");
    bytes32 private constant DEVICE_RELEASE_TYPE_HASH =
        keccak256("DeviceRelease(address device,address owner,uint256 nonce,uint64 deadline)");
    bytes32 private constant DEVICE_REVOCATION_TYPE_HASH =
        keccak256("DeviceRevocation(address device,address owner,uint256 nonce,uint64 deadline)");

    /// How old a signed time may be, and how far ahead of block time, in seconds.
    uint256 private constant MAX_AGE = 1 hours;
    uint256 private constant MAX_LEAD = 2 minutes;

    /// Address of the P-256 key that the 2020 Pebble firmware shared: keccak256(x, y), last 20 bytes.
    address private constant SHARED_2020_KEY = 0xE540678F0B995BF3B287E47f84f84aeA44CFEb31;

    mapping(address device => Device) private _devices;
    mapping(address lister => mapping(address device => Listing)) private _listings;

    constructor() EIP712("Andel", "1") { }

    /// @inheritdoc IDeviceRegistry
    function list(address[] calldata devices) external {
        for (uint256 i = 0; i < devices.length; ++i) {
            address device = devices[i];
            require(device != address(0), DeviceRegistry_ZeroDevice());
            require(!isKnownKey(device), DeviceRegistry_KnownKey(device));
            Listing storage listing = _listings[msg.sender][device];
            require(listing.stoppedAt == 0, DeviceRegistry_StoppedForGood(msg.sender, device));
            if (listing.listedAt != 0) continue;
            listing.listedAt = uint64(block.timestamp);
            emit DeviceListed(msg.sender, device);
        }
    }

    /// @inheritdoc IDeviceRegistry
    function stop(address[] calldata devices) external {
        for (uint256 i = 0; i < devices.length; ++i) {
            address device = devices[i];
            Listing storage listing = _listings[msg.sender][device];
            require(listing.listedAt != 0, DeviceRegistry_NotListed(msg.sender, device));
            if (listing.stoppedAt != 0) continue;
            listing.stoppedAt = uint64(block.timestamp);
            emit DeviceStopped(msg.sender, device);
        }
    }

    /// @inheritdoc IDeviceRegistry
    function claim(address device, uint32 timestamp, bytes calldata signature) external {
        _requireClaimable(device, msg.sender, timestamp);
        _requireConfirmed(device, msg.sender, timestamp, signature);
        _claim(device, msg.sender, timestamp);
    }

    /// @inheritdoc IDeviceRegistry
    function claimFor(
        address device,
        address owner,
        uint32 timestamp,
        bytes calldata signature,
        uint64 deadline,
        bytes calldata ownerSignature
    )
        external
    {
        _requireOwnersWill(device, owner, timestamp, deadline, ownerSignature);
        _requireClaimable(device, owner, timestamp);
        _requireConfirmed(device, owner, timestamp, signature);
        _claim(device, owner, timestamp);
    }

    /// @inheritdoc IDeviceRegistry
    function claimP256(P256Key calldata key, uint32 timestamp, bytes32 r, bytes32 s) external {
        address device = addressOfP256(key);
        _requireClaimable(device, msg.sender, timestamp);
        _requireConfirmedP256(key, msg.sender, timestamp, r, s);
        _claim(device, msg.sender, timestamp);
    }

    /// @inheritdoc IDeviceRegistry
    function claimP256For(
        P256Key calldata key,
        address owner,
        uint32 timestamp,
        bytes32 r,
        bytes32 s,
        uint64 deadline,
        bytes calldata ownerSignature
    )
        external
    {
        address device = addressOfP256(key);
        _requireOwnersWill(device, owner, timestamp, deadline, ownerSignature);
        _requireClaimable(device, owner, timestamp);
        _requireConfirmedP256(key, owner, timestamp, r, s);
        _claim(device, owner, timestamp);
    }

    /// @inheritdoc IDeviceRegistry
    function transfer(address device, address to) external {
        _transfer(device, msg.sender, to);
    }

    /// @inheritdoc IDeviceRegistry
    function transferFor(
        address device,
        address owner,
        address to,
        uint64 deadline,
        bytes calldata ownerSignature
    )
        external
    {
        bytes32 content =
            keccak256(abi.encode(DEVICE_TRANSFER_TYPE_HASH, device, owner, to, _useNonce(owner), deadline));
        _requireSigned(owner, content, deadline, ownerSignature);
        _transfer(device, owner, to);
    }

    /// @inheritdoc IDeviceRegistry
    function release(address device) external {
        _release(device, msg.sender);
    }

    /// @inheritdoc IDeviceRegistry
    function releaseFor(
        address device,
        address owner,
        uint64 deadline,
        bytes calldata ownerSignature
    )
        external
    {
        bytes32 content =
            keccak256(abi.encode(DEVICE_RELEASE_TYPE_HASH, device, owner, _useNonce(owner), deadline));
        _requireSigned(owner, content, deadline, ownerSignature);
        _release(device, owner);
    }

    /// @inheritdoc IDeviceRegistry
    function revoke(address device) external {
        _revoke(device, msg.sender);
    }

    /// @inheritdoc IDeviceRegistry
    function revokeFor(
        address device,
        address owner,
        uint64 deadline,
        bytes calldata ownerSignature
    )
        external
    {
        bytes32 content =
            keccak256(abi.encode(DEVICE_REVOCATION_TYPE_HASH, device, owner, _useNonce(owner), deadline));
        _requireSigned(owner, content, deadline, ownerSignature);
        _revoke(device, owner);
    }

    /// @inheritdoc IDeviceRegistry
    function isListed(address lister, address device) external view returns (bool) {
        Listing storage listing = _listings[lister][device];
        return listing.listedAt != 0 && listing.stoppedAt == 0;
    }

    /// @inheritdoc IDeviceRegistry
    function listingOf(
        address lister,
        address device
    )
        external
        view
        returns (uint64 listedAt, uint64 stoppedAt)
    {
        Listing storage listing = _listings[lister][device];
        return (listing.listedAt, listing.stoppedAt);
    }

    /// @inheritdoc IDeviceRegistry
    function ownerOf(address device) external view returns (address) {
        return _devices[device].owner;
    }

    /// @inheritdoc IDeviceRegistry
    function statusOf(address device) external view returns (address owner, uint64 lastChange, bool revoked) {
        Device storage entry = _devices[device];
        return (entry.owner, entry.lastChange, entry.revoked);
    }

    /// @inheritdoc IDeviceRegistry
    function nonces(address owner) public view override(IDeviceRegistry, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    /// @inheritdoc IDeviceRegistry
    function addressOfP256(P256Key calldata key) public pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode(key.x, key.y)))));
    }

    /// @inheritdoc IDeviceRegistry
    function isKnownKey(address device) public pure returns (bool) {
        return device == SHARED_2020_KEY;
    }

    function _claim(address device, address owner, uint32 timestamp) private {
        Device storage entry = _devices[device];
        entry.owner = owner;
        // The signed time may lie ahead of block time: keeping the later of the two lets no signature count twice.
        entry.lastChange = _later(timestamp);
        emit DeviceClaimed(device, owner, timestamp);
    }

    function _transfer(address device, address from, address to) private {
        Device storage entry = _ownedBy(device, from);
        _requireUnambiguous(to);
        entry.owner = to;
        entry.lastChange = _later(entry.lastChange);
        emit DeviceTransferred(device, from, to);
    }

    function _release(address device, address owner) private {
        Device storage entry = _ownedBy(device, owner);
        entry.owner = address(0);
        entry.lastChange = _later(entry.lastChange);
        emit DeviceReleased(device, owner);
    }

    function _revoke(address device, address owner) private {
        Device storage entry = _ownedBy(device, owner);
        entry.revoked = true;
        entry.lastChange = _later(entry.lastChange);
        emit DeviceRevoked(device, owner);
    }

    function _requireOwnersWill(
        address device,
        address owner,
        uint32 timestamp,
        uint64 deadline,
        bytes calldata ownerSignature
    )
        private
        view
    {
        bytes32 content = keccak256(abi.encode(DEVICE_CLAIM_TYPE_HASH, device, owner, timestamp, deadline));
        _requireSigned(owner, content, deadline, ownerSignature);
    }

    function _requireSigned(
        address owner,
        bytes32 content,
        uint64 deadline,
        bytes calldata ownerSignature
    )
        private
        view
    {
        require(block.timestamp <= deadline, DeviceRegistry_Expired(deadline, block.timestamp));
        require(
            SignatureChecker.isValidSignatureNowCalldata(owner, _hashTypedDataV4(content), ownerSignature),
            DeviceRegistry_BadOwnerSignature(owner)
        );
    }

    /// Everything but the device's signature: one set of rules, whatever the curve.
    function _requireClaimable(address device, address owner, uint32 timestamp) private view {
        require(!isKnownKey(device), DeviceRegistry_KnownKey(device));
        _requireUnambiguous(owner);
        Device storage entry = _devices[device];
        require(!entry.revoked, DeviceRegistry_Revoked(device));
        require(entry.owner == address(0), DeviceRegistry_AlreadyOwned(device, entry.owner));
        require(
            timestamp + MAX_AGE >= block.timestamp && timestamp <= block.timestamp + MAX_LEAD,
            DeviceRegistry_StaleTimestamp(device, timestamp, block.timestamp)
        );
        require(
            timestamp > entry.lastChange, DeviceRegistry_OldTimestamp(device, timestamp, entry.lastChange)
        );
    }

    function _requireConfirmed(
        address device,
        address owner,
        uint32 timestamp,
        bytes calldata signature
    )
        private
        pure
    {
        require(
            PebbleConfirm.isSignedBy(device, owner, timestamp, signature),
            DeviceRegistry_BadDeviceSignature(device, owner)
        );
    }

    function _requireConfirmedP256(
        P256Key calldata key,
        address owner,
        uint32 timestamp,
        bytes32 r,
        bytes32 s
    )
        private
        view
    {
        require(
            P256.verify(PebbleConfirm.digestOf(owner, timestamp), r, s, key.x, key.y),
            DeviceRegistry_BadDeviceSignature(addressOfP256(key), owner)
        );
    }

    function _ownedBy(address device, address owner) private view returns (Device storage entry) {
        entry = _devices[device];
        require(entry.owner == owner, DeviceRegistry_NotOwner(device, entry.owner, owner));
        require(!entry.revoked, DeviceRegistry_Revoked(device));
    }

    function _requireUnambiguous(address owner) private pure {
        require(uint160(owner) >> 128 > 3, DeviceRegistry_AmbiguousOwner(owner));
    }

    function _later(uint64 timestamp) private view returns (uint64) {
        return uint64(Math.max(timestamp, block.timestamp));
    }
}
