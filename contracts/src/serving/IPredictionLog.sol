// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IOnchainModel } from "./IOnchainModel.sol";

/// @title An example consumer: asks a model inside a transaction and writes down the answer
/// @notice It pays nothing to anybody and holds nothing. The question is whatever the caller says: a consumer that
/// pays must take its input from evidence instead (a fresh packet signed by a device, or an observation signed by
/// k of n), never from the claimant's own numbers.
interface IPredictionLog {
    /// @notice An answer was given. `inputHash` is keccak256(input).
    event Answered(address indexed asker, bytes32 indexed inputHash, int256 answer);

    /// @notice Asks the model's current version and logs the answer. Anybody.
    /// @param input one packed question of 32 bytes
    /// @return answer in the unit of the model's target channel
    function ask(bytes calldata input) external returns (int256 answer);

    /// @notice Where the model answers.
    function registry() external view returns (IOnchainModel);

    /// @notice The model's id: its `RoundManager` address, left-padded.
    function modelId() external view returns (bytes32);
}
