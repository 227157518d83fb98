// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title What a contract offers that wants its answer brought
/// @notice The market calls it once for a request, with the gas that the request named and no coin, whatever comes of the
/// call. Who implements it requires that the sender is the market it knows, and that it asked itself: anybody can name any
/// receiver, so `requester` is not the receiver's own choice, and `id` should be one that it keeps.
interface IPredictionReceiver {
    /// @notice A final answer.
    /// @param id the request
    /// @param requester who made and paid it
    /// @param model the model's `RoundManager`
    /// @param version the version that was asked
    /// @param inputHash keccak256 of the question
    /// @param answer 1 to 32 int256 words
    function onPrediction(
        uint256 id,
        address requester,
        address model,
        bytes32 version,
        bytes32 inputHash,
        bytes calldata answer
    )
        external;
}
