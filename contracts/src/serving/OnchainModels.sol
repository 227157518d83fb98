// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IRoundManager } from "../training/IRoundManager.sol";
import { IOnchainModel } from "./IOnchainModel.sol";
import { IOnchainModels } from "./IOnchainModels.sol";
import { PureCode } from "./PureCode.sol";
import { Create2 } from "@openzeppelin/contracts/utils/Create2.sol";

/// @notice See {IOnchainModels}, which is the manual.
contract OnchainModels is IOnchainModels {
    struct Publication {
        address implementation;
        bytes32 codehash;
        bytes32 modelFileHash;
    }

    /// The most gas an answer may take; enough for some 100,000 packed multiplications.
    uint256 private constant ANSWER_GAS = 200_000;

    /// The longest question, 1,024 codes of two bytes.
    uint256 private constant MAX_QUESTION = 2_048;

    /// @inheritdoc IOnchainModels
    mapping(address chunk => bool) public isChunk;

    mapping(bytes32 modelId => bytes32 version) private _current;
    mapping(bytes32 modelId => mapping(bytes32 version => Publication)) private _publications;

    /// @inheritdoc IOnchainModels
    function publish(
        address model,
        bytes32 version,
        bytes32 modelFileHash,
        bytes calldata code
    )
        external
        returns (address implementation)
    {
        bytes32 modelId = _publishedBySender(model);
        require(IRoundManager(model).isFinalVersion(version), OnchainModels_NotFinal(model, version));
        require(modelFileHash != bytes32(0), OnchainModels_EmptyHash(modelId, version));
        Publication storage publication = _publications[modelId][version];
        require(publication.implementation == address(0), OnchainModels_AlreadyPublished(modelId, version));
        bytes memory runtime = code;
        PureCode.requireHead(runtime, _isChunk);
        bytes32 salt = keccak256(abi.encode(modelId, version));
        implementation = Create2.deploy(0, salt, PureCode.creationCode(runtime));
        publication.implementation = implementation;
        publication.codehash = implementation.codehash;
        publication.modelFileHash = modelFileHash;
        emit ModelPublished(modelId, version, implementation, publication.codehash, modelFileHash);
    }

    /// @inheritdoc IOnchainModels
    function publishChunk(bytes calldata code) external returns (address chunk) {
        bytes memory runtime = code;
        PureCode.requirePure(runtime);
        bytes memory creation = PureCode.creationCode(runtime);
        chunk = Create2.computeAddress(0, keccak256(creation));
        if (isChunk[chunk]) return chunk;
        isChunk[chunk] = true;
        Create2.deploy(0, 0, creation);
        emit ChunkPublished(chunk, chunk.codehash);
    }

    /// @inheritdoc IOnchainModels
    function promote(address model, bytes32 version) external {
        bytes32 modelId = _publishedBySender(model);
        address implementation = _implementationOf(modelId, version);
        _current[modelId] = version;
        emit ModelPromoted(modelId, version, implementation);
    }

    /// @inheritdoc IOnchainModel
    function predict(bytes32 modelId, bytes calldata input) external view returns (int256) {
        return _answer(modelId, _current[modelId], input);
    }

    /// @inheritdoc IOnchainModel
    function predictAt(bytes32 modelId, bytes32 version, bytes calldata input)
        external
        view
        returns (int256)
    {
        return _answer(modelId, version, input);
    }

    /// @inheritdoc IOnchainModel
    function currentOf(bytes32 modelId)
        external
        view
        returns (bytes32 version, address implementation, bytes32 codehash, bytes32 modelFileHash)
    {
        version = _current[modelId];
        (implementation, codehash, modelFileHash) = publicationOf(modelId, version);
    }

    /// @inheritdoc IOnchainModels
    function publicationOf(
        bytes32 modelId,
        bytes32 version
    )
        public
        view
        returns (address implementation, bytes32 codehash, bytes32 modelFileHash)
    {
        Publication storage publication = _publications[modelId][version];
        return (publication.implementation, publication.codehash, publication.modelFileHash);
    }

    function _answer(bytes32 modelId, bytes32 version, bytes calldata input) private view returns (int256) {
        uint256 length = input.length;
        require(length != 0 && length % 32 == 0 && length <= MAX_QUESTION, OnchainModels_BadInput(length));
        address implementation = _implementationOf(modelId, version);
        // Given less gas than this the code may fail, never answer otherwise: it cannot see its gas.
        (bool success, bytes memory answer) = implementation.staticcall{ gas: ANSWER_GAS }(input);
        require(success && answer.length == 32, OnchainModels_NoAnswer(modelId, version));
        return abi.decode(answer, (int256));
    }

    function _implementationOf(
        bytes32 modelId,
        bytes32 version
    )
        private
        view
        returns (address implementation)
    {
        implementation = _publications[modelId][version].implementation;
        require(implementation != address(0), OnchainModels_NotPublished(modelId, version));
    }

    function _isChunk(address chunk) private view returns (bool) {
        return isChunk[chunk];
    }

    function _publishedBySender(address model) private view returns (bytes32 modelId) {
        require(IRoundManager(model).publisher() == msg.sender, OnchainModels_NotPublisher(model, msg.sender));
        return bytes32(uint256(uint160(model)));
    }
}
