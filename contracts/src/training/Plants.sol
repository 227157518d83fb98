// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Attestation, AttestationTypes } from "./AttestationTypes.sol";
import { IPlants, Plant, PlantState } from "./IPlants.sol";
import { Round, Status, VoidReason } from "./RoundTypes.sol";
import { Rounds } from "./Rounds.sol";

/// @title Attempts that may be tests
/// @notice See {IPlants}, which is the manual.
abstract contract Plants is Rounds {
    mapping(uint64 round => mapping(uint32 attempt => Plant)) internal _plants;

    /// @inheritdoc IPlants
    function plant(uint64 round, bytes32 plantHash) external {
        Round storage entry = _inStatus(round, Status.Open);
        _requireInTime(round, entry);
        _requireCoordinator(entry.operatorsEpoch);
        require(plantHash != bytes32(0), RoundManager_EmptyHash(round));
        uint32 attempt = entry.attempt;
        require(_plants[round][attempt].state == PlantState.None, RoundManager_AlreadyPlanted(round));
        uint64 dueAt = entry.deadline + commitPeriod() + challengeWindow() + GRACE;
        _plants[round][attempt] = Plant(plantHash, dueAt, entry.operatorsEpoch, PlantState.Sealed);
        emit AttemptPlanted(round, attempt, plantHash, dueAt);
    }

    /// @inheritdoc IPlants
    function propose(Attestation calldata attestation) external {
        uint64 round = attestation.round;
        Round storage entry = _inStatus(round, Status.Closed);
        _requireCoordinator(entry.operatorsEpoch);
        require(entry.seed2 != bytes32(0), RoundManager_NoSeed(round));
        _requireFitting(entry, attestation, bytes32(0));
        emit AttestationProposed(round, entry.attempt, attestation);
    }

    /// @inheritdoc IPlants
    function openPlant(uint64 round, bool isTest, bytes32 salt) external {
        Round storage entry = _round(round);
        uint32 attempt = entry.attempt;
        Plant storage sealed_ = _plants[round][attempt];
        require(sealed_.state == PlantState.Sealed, RoundManager_NotPlanted(round));
        require(
            sealed_.hash == plantHashOf(round, attempt, isTest, salt),
            RoundManager_WrongPlant(round, sealed_.hash)
        );
        require(block.timestamp <= sealed_.dueAt, RoundManager_PlantTooLate(round, sealed_.dueAt));
        require(_isRevealingOver(entry), RoundManager_PlantTooEarly(round));
        sealed_.state = isTest ? PlantState.Test : PlantState.Real;
        emit PlantOpened(round, attempt, isTest, salt);
        if (isTest && entry.status != Status.Void) _void(round, entry, VoidReason.Test);
    }

    /// @inheritdoc IPlants
    function plantOf(uint64 round, uint32 attempt) external view returns (Plant memory) {
        return _plants[round][attempt];
    }

    /// @inheritdoc IPlants
    function plantedVersionOf(uint64 round, uint32 attempt, bytes32 salt) external view returns (bytes32) {
        return keccak256(
            abi.encode(AttestationTypes.PLANTED_VERSION, block.chainid, address(this), round, attempt, salt)
        );
    }

    /// @inheritdoc IPlants
    function plantHashOf(
        uint64 round,
        uint32 attempt,
        bool isTest,
        bytes32 salt
    )
        public
        view
        returns (bytes32)
    {
        return keccak256(
            abi.encode(AttestationTypes.PLANT, block.chainid, address(this), round, attempt, isTest, salt)
        );
    }

    /// Before that, an opened plant would tell a validator that has committed whether to reveal.
    function _isRevealingOver(Round storage entry) private view returns (bool) {
        Status status = entry.status;
        if (status == Status.Void) return true;
        if (status == Status.Attested || status == Status.Challenged) {
            return block.timestamp >= entry.finalisableAt - challengeWindow();
        }
        return block.timestamp > entry.deadline;
    }
}
