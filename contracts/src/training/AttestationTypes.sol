// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice What a validator states about one attempt of one round after it has recomputed all of it. It also says:
/// I hold all the evidence. Signed as EIP-712 under the domain of the model's `RoundManager`.
/// @param model address of the `RoundManager`
/// @param round id of the round
/// @param attempt number of the attempt, from 0
/// @param planHash sha2-256 of the plan (digest of its CID)
/// @param updatesRoot root of the closed set of updates
/// @param versionHash hash over the next version's canonical integer parameters
/// @param valueRoot keccak256(abi.encode(claimsRoot, claimsTotal, minted, gain)), opened at finalise
/// @param stateHash sha2-256 of the running state: cumulative scores, debts, history, last public steps
/// @param evaluation the version's integer evaluation, in the task's own unit
/// @param evidenceHash sha2-256 of the manifest of everything the round rests on
struct Attestation {
    address model;
    uint64 round;
    uint32 attempt;
    bytes32 planHash;
    bytes32 updatesRoot;
    bytes32 versionHash;
    bytes32 valueRoot;
    bytes32 stateHash;
    int64 evaluation;
    bytes32 evidenceHash;
}

/// @title The hashes of a round that more than one party computes
/// @notice Each is written down once, here, and once in Python; shared vectors hold the two together.
library AttestationTypes {
    bytes32 internal constant TYPE_HASH = keccak256(
        "Attestation(address model,uint64 round,uint32 attempt,bytes32 planHash,bytes32 updatesRoot,bytes32 versionHash,bytes32 valueRoot,bytes32 stateHash,int64 evaluation,bytes32 evidenceHash)"
    );

    bytes32 internal constant COMMITMENT_TYPE_HASH = keccak256(
        "DataCommitment(address model,uint64 round,uint32 attempt,bytes32 planHash,bytes32 batchesHash)"
    );
    bytes32 internal constant UPDATE_TYPE_HASH = keccak256(
        "Update(address model,uint64 round,uint32 attempt,bytes32 planHash,bytes32 updateHash,bytes32 batchesHash,uint32 weight)"
    );

    /// What seals a plant, what a test proposes, and what a word in a hearing is committed under.
    bytes32 internal constant PLANT = keccak256("andel.plant.1");
    bytes32 internal constant PLANTED_VERSION = keccak256("andel.planted-version.1");
    bytes32 internal constant WORD = keccak256("andel.word.1");

    /// Seed 1 draws which leaves are opened, seed 2 what is scored.
    bytes32 internal constant SEED_1 = keccak256("andel.seed.1");
    bytes32 internal constant SEED_2 = keccak256("andel.seed.2");

    /// @notice The EIP-712 struct hash. Every field is static, so abi.encode of the struct is its encodeData.
    function hashStruct(Attestation calldata attestation) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPE_HASH, attestation));
    }

    /// @notice What a validator commits to before it reveals: bound to its own address, so a copy is worthless.
    function commitmentOf(
        bytes32 attestationHash,
        address validator,
        bytes32 salt
    )
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(attestationHash, validator, salt));
    }

    /// @notice What `valueRoot` stands for.
    function valueRootOf(
        bytes32 claimsRoot,
        uint256 claimsTotal,
        uint256 minted,
        int256 gain
    )
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(claimsRoot, claimsTotal, minted, gain));
    }

    /// @notice The seed nobody could choose: bound to chain, model, round, attempt, a root that was fixed before,
    /// and the hash of a block that came after.
    function seedOf(
        bytes32 domain,
        uint64 round,
        uint32 attempt,
        bytes32 root,
        bytes32 blockHash
    )
        internal
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(domain, block.chainid, address(this), round, attempt, root, blockHash));
    }
}
