// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title What a consumer needs to ask a model inside the chain
/// @notice Answers are exact: the same integers the model file defines off chain. Reading is free for everybody, and
/// nothing here says that the question is true: a consumer that pays takes its input from evidence.
///
/// `modelId` is the model's `RoundManager` address, bytes32(uint256(uint160(model))). `input` is one packed question of
/// 1 to 64 words: byte 0 is the first input code, one byte each; the last 4 bytes are the base value, int32 two's
/// complement, big-endian; bytes between are zero. Up to 28 inputs are one word. The answer is in the unit of the
/// model's target channel.
interface IOnchainModel {
    /// @notice The current version's answer. Reverts if the model has no current version or does not answer one word.
    function predict(bytes32 modelId, bytes calldata input) external view returns (int256);

    /// @notice As {predict} for a question of one word, with the least that an answer costs beside its code.
    function predictWord(bytes32 modelId, uint256 question) external view returns (int256);

    /// @notice As {predict} for 1 to 64 questions, all answered by the same version.
    function predictBatch(
        bytes32 modelId,
        bytes[] calldata inputs
    )
        external
        view
        returns (int256[] memory answers);

    /// @notice The current version's answer where it has several words: 1 to 32 of them, each an int256.
    function predictWords(bytes32 modelId, bytes calldata input) external view returns (bytes memory);

    /// @notice The answer of one published version; never changes.
    function predictAt(bytes32 modelId, bytes32 version, bytes calldata input) external view returns (int256);

    /// @notice The current version, all zero if there is none.
    /// @return version hash of the version's integer parameters
    /// @return implementation where its code lies
    /// @return codehash hash of that code; whoever compiles the model file again gets the same
    /// @return modelFileHash sha2-256 of the model file (digest of its CID)
    function currentOf(bytes32 modelId)
        external
        view
        returns (bytes32 version, address implementation, bytes32 codehash, bytes32 modelFileHash);
}
