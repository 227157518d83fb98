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

    /// The longest answer of several words, in bytes.
    uint256 private constant MAX_ANSWER = 1_024;

    /// The most questions of a batch.
    uint256 private constant MAX_BATCH = 64;

    /// What is known of code created with salt zero: it is listed opcodes with calls of chunks, or without any call.
    uint8 private constant HEAD = 1;
    uint8 private constant CHUNK = 2;

    mapping(address code => uint8) private _kind;
    mapping(bytes32 modelId => bytes32 version) private _current;

    /// The current version's code again, so that a question reads one slot.
    mapping(bytes32 modelId => address implementation) private _answering;
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
        PureCode.requireHead(runtime, isChunk);
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
        bool known;
        (chunk, known) = _create(runtime, CHUNK);
        if (!known) emit ChunkPublished(chunk, chunk.codehash);
    }

    /// @inheritdoc IOnchainModels
    function publishHead(bytes calldata code) external returns (address head) {
        bytes memory runtime = code;
        PureCode.requireHead(runtime, isChunk);
        bool known;
        (head, known) = _create(runtime, HEAD);
        if (!known) emit HeadPublished(head, head.codehash);
    }

    /// @inheritdoc IOnchainModels
    function promote(address model, bytes32 version) external {
        bytes32 modelId = _publishedBySender(model);
        address implementation = _implementationOf(modelId, version);
        _current[modelId] = version;
        _answering[modelId] = implementation;
        emit ModelPromoted(modelId, version, implementation);
    }

    /// @inheritdoc IOnchainModel
    function predict(bytes32 modelId, bytes calldata input) external view returns (int256 answer) {
        bool answered;
        (answered, answer) = _word(_answering[modelId], input);
        if (!answered) _refuse(modelId);
    }

    /// @inheritdoc IOnchainModel
    function predictWord(bytes32 modelId, uint256 question) external view returns (int256 answer) {
        address implementation = _answering[modelId];
        bool answered;
        // Scratch space holds the question, then the answer. Without a version nobody is called, and nothing returned.
        assembly ("memory-safe") {
            mstore(0, question)
            let success := staticcall(ANSWER_GAS, implementation, 0, 32, 0, 32)
            answered := and(success, eq(returndatasize(), 32))
            answer := mload(0)
        }
        if (!answered) _refuse(modelId);
    }

    /// @inheritdoc IOnchainModel
    function predictBatch(
        bytes32 modelId,
        bytes[] calldata inputs
    )
        external
        view
        returns (int256[] memory answers)
    {
        uint256 questions = inputs.length;
        require(questions != 0 && questions <= MAX_BATCH, OnchainModels_BadBatch(questions));
        address implementation = _answering[modelId];
        answers = new int256[](questions);
        for (uint256 i = 0; i < questions; ++i) {
            (bool answered, int256 answer) = _word(implementation, inputs[i]);
            if (!answered) _refuse(modelId);
            answers[i] = answer;
        }
    }

    /// @inheritdoc IOnchainModel
    function predictWords(bytes32 modelId, bytes calldata input) external view returns (bytes memory) {
        (bool answered, bytes memory answer) = _words(_answering[modelId], input);
        if (!answered) _refuse(modelId);
        return answer;
    }

    /// @inheritdoc IOnchainModel
    function predictAt(bytes32 modelId, bytes32 version, bytes calldata input)
        external
        view
        returns (int256)
    {
        (bool answered, int256 answer) = _word(_implementationOf(modelId, version), input);
        require(answered, OnchainModels_NoAnswer(modelId, version));
        return answer;
    }

    /// @inheritdoc IOnchainModels
    function ask(address code, bytes calldata input) external view returns (bytes memory) {
        require(isHead(code), OnchainModels_NotCode(code));
        (bool answered, bytes memory answer) = _words(code, input);
        require(answered, OnchainModels_CodeFailed(code));
        return answer;
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
    function isChunk(address chunk) public view returns (bool) {
        return _kind[chunk] == CHUNK;
    }

    /// @inheritdoc IOnchainModels
    function isHead(address head) public view returns (bool) {
        return _kind[head] != 0;
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

    /// Creates checked code with salt zero where it is not yet, and notes its kind: what is a chunk stays one.
    function _create(bytes memory runtime, uint8 kind) private returns (address code, bool known) {
        bytes memory creation = PureCode.creationCode(runtime);
        code = Create2.computeAddress(0, keccak256(creation));
        uint8 present = _kind[code];
        if (present >= kind) return (code, true);
        _kind[code] = kind;
        if (present == 0) Create2.deploy(0, 0, creation);
    }

    /// The one word that code returns. Given less gas than ANSWER_GAS it may fail, never answer otherwise: it cannot
    /// see its gas. Nothing is copied of an answer that has another length.
    function _word(
        address implementation,
        bytes calldata input
    )
        private
        view
        returns (bool answered, int256 answer)
    {
        _requireQuestion(input.length);
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, input.offset, input.length)
            let success := staticcall(ANSWER_GAS, implementation, free, input.length, 0, 32)
            answered := and(success, eq(returndatasize(), 32))
            answer := mload(0)
        }
    }

    /// As {_word}, with an answer of 1 to 32 words.
    function _words(
        address implementation,
        bytes calldata input
    )
        private
        view
        returns (bool answered, bytes memory answer)
    {
        _requireQuestion(input.length);
        uint256 length;
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, input.offset, input.length)
            answered := staticcall(ANSWER_GAS, implementation, free, input.length, 0, 0)
            length := returndatasize()
        }
        answered = answered && length != 0 && length % 32 == 0 && length <= MAX_ANSWER;
        if (!answered) return (false, "");
        answer = new bytes(length);
        // No call lies between: it is still that code's return data, and all of it.
        assembly ("memory-safe") {
            returndatacopy(add(answer, 32), 0, length)
        }
    }

    /// Says why the current version gave no answer.
    function _refuse(bytes32 modelId) private view {
        bytes32 version = _current[modelId];
        _implementationOf(modelId, version);
        revert OnchainModels_NoAnswer(modelId, version);
    }

    function _requireQuestion(uint256 length) private pure {
        require(length != 0 && length % 32 == 0 && length <= MAX_QUESTION, OnchainModels_BadInput(length));
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

    function _publishedBySender(address model) private view returns (bytes32 modelId) {
        require(IRoundManager(model).publisher() == msg.sender, OnchainModels_NotPublisher(model, msg.sender));
        return bytes32(uint256(uint160(model)));
    }
}
