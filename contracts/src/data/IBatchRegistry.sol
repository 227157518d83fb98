// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IDeviceRegistry } from "../device/IDeviceRegistry.sol";

/// @notice One batch: the Merkle root over what one device measured on one day (UTC).
/// @param device the device's address
/// @param day days since 1970-01-01, floor(seconds / 86400)
/// @param root the batch's root; never zero
struct Entry {
    address device;
    uint32 day;
    bytes32 root;
}

/// @notice The name of a slot: one device, one day.
struct Key {
    address device;
    uint32 day;
}

/// @title One root per device and day, for ever
/// @notice One registry for all models, with no owner. A batch is entered once; every model and every round refers
/// to what was entered. What is entered is never changed or removed: a wrong root costs the owner that day.
///
/// WHO. The device's owner, or anybody with the owner's signature. Not for a revoked device.
///
/// WHEN. Days up to the current one. A later day is refused: otherwise the seller of a device could fill the
/// buyer's days beforehand. The day of a sale itself belongs to whoever enters it first.
///
/// WHAT CAN GET STUCK. Nothing here holds value. Cost is about 27,000 gas for each entry, paid by the sender.
interface IBatchRegistry {
    /// @notice A batch was entered, by the device's owner at that time or with that owner's signature.
    event BatchEntered(address indexed device, uint32 indexed day, address indexed owner, bytes32 root);

    /// @notice The slot of this device and day is taken.
    error BatchRegistry_AlreadyEntered(address device, uint32 day);

    /// @notice `sender` (or the signing owner) does not own the device; `owner` does, or nobody if zero.
    error BatchRegistry_ForeignOwner(address device, address owner, address sender);

    /// @notice The device was revoked by its owner.
    error BatchRegistry_Revoked(address device);

    /// @notice A root of zero.
    error BatchRegistry_EmptyRoot(address device, uint32 day);

    /// @notice The day has not begun; `today` is the current one.
    error BatchRegistry_FutureDay(address device, uint32 day, uint32 today);

    /// @notice The signature was valid until `deadline`, in seconds.
    error BatchRegistry_Expired(uint64 deadline, uint256 blockTimestamp);

    /// @notice The signature is not the owner's over `BatchEntries(owner, entriesHash, deadline)`.
    error BatchRegistry_BadSignature(address owner);

    /// @notice Enters batches of devices the sender owns. All or none. Entries of one device side by side are
    /// cheapest.
    function enter(Entry[] calldata entries) external;

    /// @notice Enters batches of devices `owner` owns, with the owner's signature; anybody may bring it.
    /// @param owner the owner of every device in `entries`
    /// @param entries the batches; all or none
    /// @param deadline last second at which the signature counts
    /// @param signature the owner's EIP-712 `BatchEntries` with entriesHash = keccak256(abi.encode(entries)) (ECDSA,
    /// or ERC-1271 where the owner is a contract)
    function enterFor(
        address owner,
        Entry[] calldata entries,
        uint64 deadline,
        bytes calldata signature
    )
        external;

    /// @notice What stands in a slot: the first 24 bytes of keccak256(abi.encode(root, owner)) and the time of entry in
    /// seconds in the last 8, or zero if nothing was entered. A round counts only what was entered before it opened.
    function entryOf(address device, uint32 day) external view returns (bytes32);

    /// @notice `entryOf` for many slots, in the order given.
    function entriesOf(Key[] calldata keys) external view returns (bytes32[] memory);

    /// @notice The registry that says who owns a device.
    function deviceRegistry() external view returns (IDeviceRegistry);
}
