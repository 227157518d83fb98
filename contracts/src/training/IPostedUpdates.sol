// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice A place in an ordered Merkle tree over SHA-256 (`OrderedTree`).
/// @param index position of the leaf, from 0
/// @param count how many leaves the tree has
/// @param siblings from the leaf up to the top
struct Place {
    uint64 index;
    uint64 count;
    bytes32[] siblings;
}

/// @title Updates whose hash their contributor puts on chain itself
/// @notice The half of `RoundManager` that lets a contributor hold a coordinator to its update. Whoever stands in the
/// fixed set of commitments may post its update's hash between seed 1 and close. After close each posted hash is
/// resolved one by one: anybody shows that the closed set holds it, or the coordinator refuses it with the hash of a
/// reason that lies in the content store, which validators judge. While one is unresolved no validator can commit, so
/// nothing can be agreed or final: a set is attested with all its refusals known.
///
/// LEAVES. Of commitments: contributor (20 bytes) ‖ EIP-712 digest of `DataCommitment`. Of updates: contributor ‖ EIP-712
/// digest of `Update` ‖ keccak256(signature). Both as `andel.merkle` hashes them.
///
/// COST. Who posts pays for posting and for showing; a refusal costs the coordinator a third of a posting.
interface IPostedUpdates {
    /// @notice A contributor's update has this hash; it is unresolved until the set holds it or it is refused.
    event UpdatePosted(
        uint64 indexed round, uint32 indexed attempt, address indexed contributor, bytes32 updateHash
    );

    /// @notice The closed set holds the posted update.
    event PostedResolved(uint64 indexed round, uint32 indexed attempt, address indexed contributor);

    /// @notice The coordinator refuses a posted update; `reasonHash` is the sha2-256 of the reason.
    event PostedRefused(
        uint64 indexed round, uint32 indexed attempt, address indexed contributor, bytes32 reasonHash
    );

    /// @notice The commitment is not in the fixed set.
    error RoundManager_NotCommitted(uint64 round, address contributor);

    /// @notice The contributor has posted in this attempt.
    error RoundManager_AlreadyPosted(uint64 round, address contributor);

    /// @notice The contributor has nothing unresolved in this attempt.
    error RoundManager_NotPosted(uint64 round, address contributor);

    /// @notice The closed set does not hold this update at this place.
    error RoundManager_NotInSet(uint64 round, address contributor);

    /// @notice So many posted updates are unresolved.
    error RoundManager_Unresolved(uint64 round, uint32 count);

    /// @notice Posts the sender's update hash, between seed 1 and close, once for each attempt.
    /// @param batchesHash what the sender committed to in `DataCommitment`
    /// @param place of its commitment under `commitmentsRoot`
    function postUpdate(uint64 round, bytes32 updateHash, bytes32 batchesHash, Place calldata place) external;

    /// @notice The same for a contributor that pays nothing: anybody brings its signed `Update` of this attempt.
    /// @param weight the signed weight
    /// @param signature the contributor's EIP-712 signature over `Update` (65 bytes)
    function postUpdateFor(
        uint64 round,
        address contributor,
        bytes32 updateHash,
        bytes32 batchesHash,
        uint32 weight,
        bytes calldata signature,
        Place calldata place
    )
        external;

    /// @notice Shows that the closed set holds a posted update. Anybody, after close.
    /// @param batchesHash, weight the other fields of the contributor's `Update`
    /// @param signatureHash keccak256 of its signature
    /// @param place of the leaf under `updatesRoot`
    function resolvePosted(
        uint64 round,
        address contributor,
        bytes32 batchesHash,
        uint32 weight,
        bytes32 signatureHash,
        Place calldata place
    )
        external;

    /// @notice Refuses a posted update. Only the coordinator, after close.
    /// @param reasonHash sha2-256 of the reason, an object in the content store
    function refusePosted(uint64 round, address contributor, bytes32 reasonHash) external;

    /// @notice The hash a contributor has posted and nobody has resolved; zero if none.
    function postedOf(uint64 round, uint32 attempt, address contributor) external view returns (bytes32);
}
