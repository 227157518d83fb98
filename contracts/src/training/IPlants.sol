// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Attestation } from "./AttestationTypes.sol";

/// @notice Where an attempt's plant stands: there is none, its hash is known, it was opened as a real attempt, or as a
/// test.
enum PlantState {
    None,
    Sealed,
    Real,
    Test
}

/// @notice An attempt's plant.
/// @param hash keccak256(abi.encode(PLANT, chainid, model, round, attempt, isTest, salt))
/// @param dueAt last second to open it; later it costs the coordinator
/// @param epoch the operators' epoch of the attempt, whose coordinator answers for it
/// @param state where it stands
struct Plant {
    bytes32 hash;
    uint64 dueAt;
    uint32 epoch;
    PlantState state;
}

/// @title Attempts that may be tests
/// @notice The half of `RoundManager` that lets a coordinator find out who validates without looking.
///
/// A PLANT is a hash that says "this is a test" or "this is none", and nobody can tell which. It is posted after open and
/// before the data is fixed, so a coordinator can call nothing a test after the event, nor can it find a salt for
/// an honest result. After seed 2 it may propose a result in its own word. A lazy validator copies that; in a test its
/// version is keccak256(abi.encode(PLANTED_VERSION, chainid, model, round, attempt, salt)), which no replay gives.
///
/// OPENED only when revealing is over: every commitment is revealed, or `commitPeriod` has passed since agreement, or the
/// deadline, or the attempt is void. Opened earlier it would warn the lazy not to reveal. A test is void then and can
/// never be final; an attempt whose plant stays sealed cannot be final either, and costs the coordinator a tenth of a bond
/// when `dueAt` has passed (`Disputes`).
interface IPlants {
    /// @notice The attempt may be a test.
    event AttemptPlanted(uint64 indexed round, uint32 indexed attempt, bytes32 plantHash, uint64 dueAt);

    /// @notice The coordinator's own word on a result; binds nobody.
    event AttestationProposed(uint64 indexed round, uint32 indexed attempt, Attestation attestation);

    /// @notice The attempt was a test, or was none.
    event PlantOpened(uint64 indexed round, uint32 indexed attempt, bool isTest, bytes32 salt);

    /// @notice The attempt has a plant already.
    error RoundManager_AlreadyPlanted(uint64 round);

    /// @notice The attempt has no sealed plant.
    error RoundManager_NotPlanted(uint64 round);

    /// @notice This opens to another hash.
    error RoundManager_WrongPlant(uint64 round, bytes32 plantHash);

    /// @notice Revealing is not over.
    error RoundManager_PlantTooEarly(uint64 round);

    /// @notice The plant could be opened until `dueAt`, in seconds.
    error RoundManager_PlantTooLate(uint64 round, uint64 dueAt);

    /// @notice Seals whether this attempt is a test. Only the coordinator, between open and commitData, once.
    function plant(uint64 round, bytes32 plantHash) external;

    /// @notice Says a result, as an event only. Only the coordinator, after seed 2, before agreement.
    function propose(Attestation calldata attestation) external;

    /// @notice Opens the newest attempt's plant; a test is void. Whoever knows the salt, once revealing is over.
    function openPlant(uint64 round, bool isTest, bytes32 salt) external;

    /// @notice An attempt's plant; all zero if there is none.
    function plantOf(uint64 round, uint32 attempt) external view returns (Plant memory);

    /// @notice The hash that seals a plant.
    function plantHashOf(
        uint64 round,
        uint32 attempt,
        bool isTest,
        bytes32 salt
    )
        external
        view
        returns (bytes32);

    /// @notice The version that a test proposes.
    function plantedVersionOf(uint64 round, uint32 attempt, bytes32 salt) external view returns (bytes32);
}
