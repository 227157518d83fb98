// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IOnchainModel } from "./IOnchainModel.sol";

/// @title Models that answer inside the chain
/// @notice One registry for all models, with no owner. A model's publisher puts on chain the compiled code of a
/// finalised version and says which published version is current.
///
/// CODE. The registry creates the code itself from the bytes it is given, and only from listed opcodes: arithmetic,
/// comparison, bits, the question, memory, jumps, return, revert. No storage, no environment, no call, no log: the
/// answer depends on the question alone, and code cannot change. It runs by STATICCALL with at most 200,000 gas.
/// Listed opcodes make code harmless, not right: anybody can compile the model file again and compare `codehash`.
///
/// CHUNKS. Code that no contract holds is split: `publishChunk` creates pure code for anybody, always at the same address
/// for the same bytes, and a version's code may call such chunks in one fixed sequence (see `PureCode`), nothing else.
///
/// HEADS. `publishHead` creates for anybody code that is bound to no model and may call chunks; `ask` asks it. The
/// registry vouches that its answer depends on the question alone, and for nothing else.
///
/// ONCE. A version is published once; `predictAt` never changes its answer. A publisher of wrong code for a
/// version can leave it unpromoted and publish the next version, not replace it.
///
/// WHO. Publishing and promoting: `publisher()` of the model's `RoundManager`, its `ModelPolicy`. A contract that only pretends to be a
/// `RoundManager` fills its own id and no other.
interface IOnchainModels is IOnchainModel {
    /// @notice A version's code is on chain.
    event ModelPublished(
        bytes32 indexed modelId,
        bytes32 indexed version,
        address implementation,
        bytes32 codehash,
        bytes32 modelFileHash
    );

    /// @notice A chunk is on chain, for every model of this registry.
    event ChunkPublished(address indexed chunk, bytes32 codehash);

    /// @notice Code that may call chunks is on chain, for whoever asks it.
    event HeadPublished(address indexed head, bytes32 codehash);

    /// @notice A published version is current; an older one: a rollback.
    event ModelPromoted(bytes32 indexed modelId, bytes32 indexed version, address implementation);

    /// @notice Only the publisher that the model's `RoundManager` names.
    error OnchainModels_NotPublisher(address model, address sender);

    /// @notice No finalised round gave this version.
    error OnchainModels_NotFinal(address model, bytes32 version);

    /// @notice The version has its code already.
    error OnchainModels_AlreadyPublished(bytes32 modelId, bytes32 version);

    /// @notice The version has no code, or the model no current version (`version` zero).
    error OnchainModels_NotPublished(bytes32 modelId, bytes32 version);

    /// @notice Code must have 1 to 24,576 bytes.
    error OnchainModels_BadSize(uint256 size);

    /// @notice The byte at `position` is an opcode that is not listed.
    error OnchainModels_BadOpcode(uint256 position, uint8 opcode);

    /// @notice The PUSH at `position` reaches beyond the end of the code.
    error OnchainModels_CutPush(uint256 position);

    /// @notice A model file's hash of zero.
    error OnchainModels_EmptyHash(bytes32 modelId, bytes32 version);

    /// @notice A question has 1 to 64 whole words of 32 bytes.
    error OnchainModels_BadInput(uint256 length);

    /// @notice A batch has 1 to 64 questions.
    error OnchainModels_BadBatch(uint256 questions);

    /// @notice The code ran out of gas, reverted, or did not return exactly 32 bytes (`predictWords`: 1 to 32 words).
    error OnchainModels_NoAnswer(bytes32 modelId, bytes32 version);

    /// @notice This registry did not create the code there as a head or a chunk.
    error OnchainModels_NotCode(address code);

    /// @notice The code asked ran out of gas, reverted, or did not return 1 to 32 words.
    error OnchainModels_CodeFailed(address code);

    /// @notice Puts a finalised version's code on chain. Only the model's publisher; up to 450 gas a byte.
    /// @param model the model's `RoundManager`
    /// @param version a version a round finalised
    /// @param modelFileHash sha2-256 of the model file the code was compiled from
    /// @param code runtime code, listed opcodes only
    /// @return implementation where the code lies now
    function publish(
        address model,
        bytes32 version,
        bytes32 modelFileHash,
        bytes calldata code
    )
        external
        returns (address implementation);

    /// @notice Puts a chunk on chain, for whoever wants it: CREATE2 with salt zero. A chunk that is there stays.
    /// @param code runtime code, listed opcodes only, no calls
    /// @return chunk where the code lies
    function publishChunk(bytes calldata code) external returns (address chunk);

    /// @notice Puts code that may call chunks on chain, for whoever wants it: CREATE2 with salt zero, as a chunk.
    /// @param code runtime code, listed opcodes and calls of this registry's chunks
    /// @return head where the code lies; the same bytes lie at the same address, whether published as head or as chunk
    function publishHead(bytes calldata code) external returns (address head);

    /// @notice Whether this registry created the code there as a chunk.
    function isChunk(address chunk) external view returns (bool);

    /// @notice Whether this registry created the code there as a head or as a chunk: what `ask` asks.
    function isHead(address head) external view returns (bool);

    /// @notice What a head or chunk returns for a question of 1 to 64 words: 1 to 32 words.
    function ask(address code, bytes calldata input) external view returns (bytes memory);

    /// @notice Makes a published version the current one. Only the model's publisher.
    function promote(address model, bytes32 version) external;

    /// @notice What was published for a version; all zero if nothing.
    function publicationOf(
        bytes32 modelId,
        bytes32 version
    )
        external
        view
        returns (address implementation, bytes32 codehash, bytes32 modelFileHash);
}
