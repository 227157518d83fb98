// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { AttestationTypes } from "./AttestationTypes.sol";
import { IPostedUpdates, Place } from "./IPostedUpdates.sol";
import { OrderedTree } from "./OrderedTree.sol";
import { Round, Status } from "./RoundTypes.sol";
import { Rounds } from "./Rounds.sol";
import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title Updates whose hash their contributor puts on chain itself
/// @notice See {IPostedUpdates}, which is the manual.
abstract contract PostedUpdates is Rounds, EIP712 {
    mapping(uint64 round => mapping(uint32 attempt => mapping(address contributor => bytes32))) private
        _posted;

    /// @inheritdoc IPostedUpdates
    function postUpdate(
        uint64 round,
        bytes32 updateHash,
        bytes32 batchesHash,
        Place calldata place
    )
        external
    {
        _post(round, msg.sender, updateHash, batchesHash, place);
    }

    /// @inheritdoc IPostedUpdates
    function postUpdateFor(
        uint64 round,
        address contributor,
        bytes32 updateHash,
        bytes32 batchesHash,
        uint32 weight,
        bytes calldata signature,
        Place calldata place
    )
        external
    {
        bytes32 digest = _updateDigest(round, _round(round), updateHash, batchesHash, weight);
        (address signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
        require(signer == contributor && contributor != address(0), RoundManager_BadSignature(contributor));
        _post(round, contributor, updateHash, batchesHash, place);
    }

    /// @inheritdoc IPostedUpdates
    function resolvePosted(
        uint64 round,
        address contributor,
        bytes32 batchesHash,
        uint32 weight,
        bytes32 signatureHash,
        Place calldata place
    )
        external
    {
        Round storage entry = _inStatus(round, Status.Closed);
        bytes32 updateHash = _settle(round, entry, contributor);
        bytes32 digest = _updateDigest(round, entry, updateHash, batchesHash, weight);
        require(
            OrderedTree.holds(entry.updatesRoot, abi.encodePacked(contributor, digest, signatureHash), place),
            RoundManager_NotInSet(round, contributor)
        );
        emit PostedResolved(round, entry.attempt, contributor);
    }

    /// @inheritdoc IPostedUpdates
    function refusePosted(uint64 round, address contributor, bytes32 reasonHash) external {
        Round storage entry = _inStatus(round, Status.Closed);
        _requireCoordinator(entry.operatorsEpoch);
        require(reasonHash != bytes32(0), RoundManager_EmptyHash(round));
        _settle(round, entry, contributor);
        emit PostedRefused(round, entry.attempt, contributor, reasonHash);
    }

    /// @inheritdoc IPostedUpdates
    function postedOf(uint64 round, uint32 attempt, address contributor) external view returns (bytes32) {
        return _posted[round][attempt][contributor];
    }

    function _post(
        uint64 round,
        address contributor,
        bytes32 updateHash,
        bytes32 batchesHash,
        Place calldata place
    )
        private
    {
        Round storage entry = _inStatus(round, Status.DataCommitted);
        _requireInTime(round, entry);
        require(entry.seed1 != bytes32(0), RoundManager_NoSeed(round));
        require(updateHash != bytes32(0), RoundManager_EmptyHash(round));
        uint32 attempt = entry.attempt;
        require(
            _posted[round][attempt][contributor] == bytes32(0), RoundManager_AlreadyPosted(round, contributor)
        );
        bytes32 digest = _hashTypedDataV4(
            keccak256(
                abi.encode(
                    AttestationTypes.COMMITMENT_TYPE_HASH,
                    address(this),
                    round,
                    attempt,
                    entry.planHash,
                    batchesHash
                )
            )
        );
        require(
            OrderedTree.holds(entry.commitmentsRoot, abi.encodePacked(contributor, digest), place),
            RoundManager_NotCommitted(round, contributor)
        );
        _posted[round][attempt][contributor] = updateHash;
        entry.unresolved += 1;
        emit UpdatePosted(round, attempt, contributor, updateHash);
    }

    /// Takes a posted update off the list; it cannot come back, since the set is closed.
    function _settle(
        uint64 round,
        Round storage entry,
        address contributor
    )
        private
        returns (bytes32 updateHash)
    {
        mapping(address => bytes32) storage posted = _posted[round][entry.attempt];
        updateHash = posted[contributor];
        require(updateHash != bytes32(0), RoundManager_NotPosted(round, contributor));
        delete posted[contributor];
        entry.unresolved -= 1;
    }

    function _updateDigest(
        uint64 round,
        Round storage entry,
        bytes32 updateHash,
        bytes32 batchesHash,
        uint32 weight
    )
        private
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    AttestationTypes.UPDATE_TYPE_HASH,
                    address(this),
                    round,
                    entry.attempt,
                    entry.planHash,
                    updateHash,
                    batchesHash,
                    weight
                )
            )
        );
    }
}
