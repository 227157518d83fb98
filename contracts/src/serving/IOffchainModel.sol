// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { SignedPredictions } from "./SignedPredictions.sol";

/// @notice What a gateway answers: GET `{sender}/{data}` with `data` the call of this function, as ERC-3668 says.
interface IPredictionGateway {
    /// @param modelId the model's `RoundManager`, as bytes32
    /// @param version the only version that counts; zero: any one
    /// @param threshold how many signatures are needed
    /// @param input the question
    /// @return claim what was signed beside question and answer
    /// @return answer in the model's unit
    /// @return signatures `threshold` times 65 bytes r, s, v, in ascending order of their signers
    function answerOf(
        bytes32 modelId,
        bytes32 version,
        uint256 threshold,
        bytes calldata input
    )
        external
        view
        returns (SignedPredictions.Claim memory claim, int256 answer, bytes memory signatures);
}

/// @title A model that answers outside the chain, asked as one inside it (ERC-3668)
/// @notice `predict` reverts with {OffchainLookup}; a client that knows ERC-3668 asks a gateway and calls `answered` with
/// what came back, and so gets the answer of the same `eth_call`. For models too large for the EVM.
///
/// WHO ANSWERS. k operators by `SignedPredictions`: the model's own validators that are present and fully bonded, k as its
/// `Operators` says now; or a list and a k that were stated when this contract was made. Gateways are trusted with nothing:
/// what they alter, k signatures do not fit. They can keep silent.
///
/// WHICH QUESTION. `extraData` holds model, version, greatest age and the question itself; its hash is made here. A gateway
/// that answers another question brings signatures over another hash.
///
/// WHEN. Answers count while they are valid and no older than the age asked for, at most `maxAge`, by this chain's clock.
///
/// REPLAY. Within that age the same answer counts as often as it is shown. `answered` believes its caller's `extraData`: it
/// is for `eth_call`. A contract that acts on an answer calls {check} with the question it made itself, and marks what it
/// pays for as used.
///
/// FOR EVER. Nothing here changes: no owner, no upgrade. Other gateways, or another stated list, are another contract.
interface IOffchainModel {
    /// @notice ERC-3668: ask one of `urls`, then call `callbackFunction` with the response and `extraData`.
    error OffchainLookup(
        address sender, string[] urls, bytes callData, bytes4 callbackFunction, bytes extraData
    );

    /// @notice A parameter out of its bounds when the contract was made.
    error OffchainModel_BadConfig(bytes32 parameter, uint256 value);

    /// @notice Another model answers elsewhere.
    error OffchainModel_OtherModel(bytes32 modelId, bytes32 answered);

    /// @notice Signed for another model, or by another version than was asked for.
    error OffchainModel_OtherVersion(address model, bytes32 version);

    /// @notice A question has 1 to 64 whole words of 32 bytes.
    error OffchainModel_BadInput(uint256 length);

    /// @notice An age of zero, or above `maxAge`. Seconds.
    error OffchainModel_BadAge(uint64 age, uint64 maxAge);

    /// @notice The answer to `input`, by any version, no older than `maxAge`. Reverts with {OffchainLookup}.
    function predict(bytes32 modelId, bytes calldata input) external view returns (int256 answer);

    /// @notice The answer of one version, no older than `age` seconds. Reverts with {OffchainLookup}.
    /// @param version zero: any
    function predictWithin(
        bytes32 modelId,
        bytes32 version,
        uint64 age,
        bytes calldata input
    )
        external
        view
        returns (int256 answer);

    /// @notice The callback: the answer in a gateway's `response`, if k operators signed it for what `extraData` asks.
    function answered(bytes calldata response, bytes calldata extraData) external view returns (int256 answer);

    /// @notice The same for a contract that made the question itself.
    /// @return answer in the model's unit
    /// @return digest marks this answer, for who must not use it twice
    function check(
        bytes32 version,
        uint64 age,
        bytes calldata input,
        bytes calldata response
    )
        external
        view
        returns (int256 answer, bytes32 digest);

    /// @notice The model's `RoundManager`.
    function model() external view returns (address);

    /// @notice Greatest age of an answer, seconds.
    function maxAge() external view returns (uint64);

    /// @notice How many must have signed, now.
    function threshold() external view returns (uint256);

    /// @notice Whether an account's signature counts now.
    function isOperator(address account) external view returns (bool);

    /// @notice Where gateways answer.
    function urls() external view returns (string[] memory);
}
