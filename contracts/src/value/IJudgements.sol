// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice What one judge sealed and showed of one attempt; zero where it did not.
/// @param hash what it sealed, see {IJudgements.sealOf}
/// @param digest sha2-256 of the judgement that it showed
/// @param sealedAt second of the seal
/// @param sealedBlock block of the seal
/// @param shownAt second of the showing
/// @param shownBlock block of the showing
struct Judgement {
    bytes32 hash;
    bytes32 digest;
    uint64 sealedAt;
    uint64 sealedBlock;
    uint64 shownAt;
    uint64 shownBlock;
}

/// @title Who judged what, and when
/// @notice A notary for judgements that are made in floats, which nobody can replay bit for bit: every validator of a round
/// SEALS the hash of what it measured before any is SHOWN, so that none can copy another or steer the median by it.
///
/// Shared by all models of a chain, with no owner and no rights: anybody may seal and show under its own address, for any
/// model, round and attempt, once each. Whose judgements count, until when, and what follows from them is for the round's
/// validators to decide from what stands here (docs/rooms/value.md); a seal of the block in which the first is shown comes
/// too late. The judgements themselves lie in the content store, under the CID of their digest.
interface IJudgements {
    /// @notice `judge` has sealed a judgement.
    event JudgementSealed(
        address indexed model, uint64 indexed round, uint32 attempt, address indexed judge, bytes32 hash
    );

    /// @notice `judge` has shown which judgement it sealed.
    event JudgementShown(
        address indexed model, uint64 indexed round, uint32 attempt, address indexed judge, bytes32 digest
    );

    /// @notice This judge sealed a judgement of this attempt before.
    error Judgements_AlreadySealed(address model, uint64 round, uint32 attempt);

    /// @notice A hash or a digest of zero stands for nothing.
    error Judgements_Empty(address model, uint64 round, uint32 attempt);

    /// @notice Digest and salt do not give what was sealed, or nothing was.
    error Judgements_NotSealed(address model, uint64 round, uint32 attempt, bytes32 hash);

    /// @notice This judge has shown its judgement of this attempt.
    error Judgements_AlreadyShown(address model, uint64 round, uint32 attempt);

    /// @notice Seals the sender's judgement of an attempt.
    /// @param model the model's `RoundManager`
    /// @param hash see {sealOf}
    function seal(address model, uint64 round, uint32 attempt, bytes32 hash) external;

    /// @notice Shows which judgement the sender sealed.
    function show(address model, uint64 round, uint32 attempt, bytes32 digest, bytes32 salt) external;

    /// @notice What these judges sealed and showed, in their order.
    function judgementsOf(
        address model,
        uint64 round,
        uint32 attempt,
        address[] calldata judges
    )
        external
        view
        returns (Judgement[] memory);

    /// @notice keccak256(abi.encode(keccak256("andel.judgement.1"), chainid, this, model, round, attempt, judge, digest,
    /// salt)): bound to the judge, so that a copied seal can never be shown.
    function sealOf(
        address model,
        uint64 round,
        uint32 attempt,
        address judge,
        bytes32 digest,
        bytes32 salt
    )
        external
        view
        returns (bytes32);
}
