// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IDeviceRegistry } from "../device/IDeviceRegistry.sol";
import { Entry, IBatchRegistry, Key } from "./IBatchRegistry.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @notice See {IBatchRegistry}, which is the manual.
contract BatchRegistry is IBatchRegistry, EIP712 {
    bytes32 private constant BATCH_ENTRIES_TYPE_HASH =
        keccak256("BatchEntries(address owner,bytes32 entriesHash,uint64 deadline)");

    /// @inheritdoc IBatchRegistry
    IDeviceRegistry public immutable deviceRegistry;

    // 24 bytes of keccak256(abi.encode(root, owner)), then the time in 8: one slot binds all, the event tells them apart
    mapping(address device => mapping(uint32 day => bytes32)) private _entries;

    constructor(IDeviceRegistry deviceRegistry_) EIP712("Andel", "1") {
        deviceRegistry = deviceRegistry_;
    }

    /// @inheritdoc IBatchRegistry
    function enter(Entry[] calldata entries) external {
        _enter(msg.sender, entries);
    }

    /// @inheritdoc IBatchRegistry
    function enterFor(
        address owner,
        Entry[] calldata entries,
        uint64 deadline,
        bytes calldata signature
    )
        external
    {
        require(block.timestamp <= deadline, BatchRegistry_Expired(deadline, block.timestamp));
        bytes32 entriesHash = keccak256(abi.encode(entries));
        bytes32 digest =
            _hashTypedDataV4(keccak256(abi.encode(BATCH_ENTRIES_TYPE_HASH, owner, entriesHash, deadline)));
        require(
            SignatureChecker.isValidSignatureNowCalldata(owner, digest, signature),
            BatchRegistry_BadSignature(owner)
        );
        _enter(owner, entries);
    }

    /// @inheritdoc IBatchRegistry
    function entryOf(address device, uint32 day) external view returns (bytes32) {
        return _entries[device][day];
    }

    /// @inheritdoc IBatchRegistry
    function entriesOf(Key[] calldata keys) external view returns (bytes32[] memory values) {
        values = new bytes32[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            values[i] = _entries[keys[i].device][keys[i].day];
        }
    }

    function _enter(address owner, Entry[] calldata entries) private {
        uint32 today = uint32(block.timestamp / 1 days);
        address checked = address(0);
        for (uint256 i = 0; i < entries.length; ++i) {
            (address device, uint32 day, bytes32 root) = (entries[i].device, entries[i].day, entries[i].root);
            // One look-up for a run of entries of the same device; the first is always looked up.
            if (device != checked || i == 0) {
                _requireOwner(device, owner);
                checked = device;
            }
            require(root != bytes32(0), BatchRegistry_EmptyRoot(device, day));
            require(day <= today, BatchRegistry_FutureDay(device, day, today));
            mapping(uint32 => bytes32) storage slots = _entries[device];
            require(slots[day] == bytes32(0), BatchRegistry_AlreadyEntered(device, day));
            slots[day] = bytes32(bytes24(keccak256(abi.encode(root, owner)))) | bytes32(block.timestamp);
            emit BatchEntered(device, day, owner, root);
        }
    }

    function _requireOwner(address device, address owner) private view {
        // The time of the last change does not matter here.
        // slither-disable-next-line unused-return
        (address actual,, bool revoked) = deviceRegistry.statusOf(device);
        require(actual == owner && owner != address(0), BatchRegistry_ForeignOwner(device, actual, owner));
        require(!revoked, BatchRegistry_Revoked(device));
    }
}
