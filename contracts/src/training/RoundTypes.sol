// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Where an attempt of a round stands. Once `seed1` (in DataCommitted) or `seed2` (in Closed) is not zero,
/// the seed of that step is known.
enum Status {
    None,
    Open,
    DataCommitted,
    Closed,
    Attested,
    Challenged,
    Finalised,
    Void
}

/// @notice Why an attempt is void: its block hash was out of reach; every commitment was revealed and no k agree; time
/// ran out; it was a test; votes of slashed validators were taken out and fewer than k are left; a hearing decided
/// against the agreed result, or not at all; what was agreed breaks a rule that a contract can check; the closed set
/// holds an update that its contributor did not sign.
enum VoidReason {
    None,
    SeedLapsed,
    NoAgreement,
    Deadline,
    Test,
    VotesLost,
    Overturned,
    Undecided,
    Fraud,
    ForgedUpdate
}

/// @notice A validator and the X25519 public key that evidence for it is sealed to.
struct Validator {
    address account;
    bytes32 sealingKey;
}

/// @notice A round and its current attempt. Fields of steps not reached are zero.
struct Round {
    bytes32 planHash; // slot 0
    bytes32 parentVersion; // slot 1
    uint256 budget; // slot 2: base units, contributors and operators together
    Status status; // slot 3
    VoidReason voidReason;
    uint32 attempt;
    uint32 operatorsEpoch; // which set of operators serves this attempt
    uint32 commitCount;
    uint32 revealCount;
    int64 evaluation;
    uint48 movedAt; // seconds; the last step of the attempt, or its end by a dispute
    uint64 openedBlock; // slot 4: block of the first attempt's open
    uint64 deadline; // seconds
    uint64 seedBlock; // whose hash makes the seed awaited or last recorded
    uint64 seededAt; // seconds; when seed 2 was recorded
    uint64 finalisableAt; // slot 5: seconds
    uint64 settledBlock; // block of finalise or of the last voiding
    uint32 k; // how many equal attestations decide this attempt
    uint32 n; // of how many validators
    uint32 unresolved; // posted updates that are neither shown in the set nor refused
    bytes32 commitmentsRoot; // slot 6
    bytes32 commitmentsHash;
    bytes32 seed1;
    bytes32 updatesRoot;
    bytes32 evidenceHash;
    bytes32 seed2;
    bytes32 agreed; // EIP-712 digest k validators revealed
    bytes32 versionHash;
    bytes32 valueRoot;
    bytes32 stateHash;
    uint256 minted; // base units, contributors' part
}
