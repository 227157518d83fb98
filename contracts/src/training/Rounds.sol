// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Attestation } from "./AttestationTypes.sol";
import { Founding } from "./Founding.sol";
import { IRoundManager } from "./IRoundManager.sol";
import { Round, Status, VoidReason } from "./RoundTypes.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title The record of rounds, and how one ends without a result
/// @notice Keeps every round with its current attempt and every version that became final.
abstract contract Rounds is Founding {
    /// @inheritdoc IRoundManager
    uint64 public roundsCount;
    /// The last final version; zero before the first.
    bytes32 internal _version;
    /// @inheritdoc IRoundManager
    bytes32 public stateHash;
    /// @inheritdoc IRoundManager
    mapping(bytes32 version => uint64 round) public versionRound;

    mapping(uint64 round => Round) internal _rounds;

    /// @inheritdoc IRoundManager
    function void(uint64 round) external {
        uint64 from = voidableAt(round);
        require(block.timestamp >= from, RoundManager_NotVoidable(round, from));
        _void(round, _rounds[round], VoidReason.Deadline);
    }

    /// @inheritdoc IRoundManager
    function roundOf(uint64 round) external view returns (Round memory) {
        return _round(round);
    }

    /// @inheritdoc IRoundManager
    function lastMoveAt() external view returns (uint64) {
        return _rounds[roundsCount].movedAt;
    }

    /// @inheritdoc IRoundManager
    function isFinalVersion(bytes32 version) external view returns (bool) {
        return versionRound[version] != 0;
    }

    /// @inheritdoc IRoundManager
    function currentVersion() public view returns (bytes32) {
        bytes32 version = _version;
        return version == bytes32(0) ? genesisVersion() : version;
    }

    /// @inheritdoc IRoundManager
    function voidableAt(uint64 round) public view returns (uint64) {
        Round storage entry = _round(round);
        Status status = entry.status;
        // A hearing ends by itself, and what has ended stays.
        require(
            status != Status.Challenged && status != Status.Finalised && status != Status.Void,
            RoundManager_WrongStatus(round, status)
        );
        if (status != Status.Attested) return entry.deadline + 1;
        return uint64(Math.max(entry.deadline, entry.finalisableAt)) + GRACE;
    }

    function _void(uint64 round, Round storage entry, VoidReason reason) internal {
        entry.status = Status.Void;
        entry.voidReason = reason;
        // Time that ran out is no move: the coordinator has been idle all along.
        if (reason != VoidReason.Deadline) entry.movedAt = uint48(block.timestamp);
        entry.settledBlock = uint64(block.number);
        emit RoundVoided(round, entry.attempt, reason);
    }

    function _round(uint64 round) internal view returns (Round storage entry) {
        require(round != 0 && round <= roundsCount, RoundManager_UnknownRound(round));
        return _rounds[round];
    }

    function _inStatus(uint64 round, Status status) internal view returns (Round storage entry) {
        entry = _round(round);
        require(entry.status == status, RoundManager_WrongStatus(round, entry.status));
    }

    function _requireInTime(uint64 round, Round storage entry) internal view {
        require(block.timestamp <= entry.deadline, RoundManager_PastDeadline(round, entry.deadline));
    }

    function _requireCoordinator(uint32 epoch) internal view {
        address expected = operators().coordinatorOf(epoch);
        require(msg.sender == expected, RoundManager_NotCoordinator(msg.sender, expected));
    }

    function _requireFitting(
        Round storage entry,
        Attestation calldata attestation,
        bytes32 digest
    )
        internal
        view
    {
        require(
            attestation.model == address(this) && attestation.attempt == entry.attempt
                && attestation.planHash == entry.planHash && attestation.updatesRoot == entry.updatesRoot
                && attestation.evidenceHash == entry.evidenceHash && attestation.versionHash != bytes32(0),
            RoundManager_ForeignAttestation(attestation.round, digest)
        );
    }
}
