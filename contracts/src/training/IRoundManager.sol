// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IBatchRegistry } from "../data/IBatchRegistry.sol";
import { IDeviceRegistry } from "../device/IDeviceRegistry.sol";
import { IRewardPool } from "../value/IRewardPool.sol";
import { Attestation } from "./AttestationTypes.sol";
import { IAlliance } from "./IAlliance.sol";
import { IDisputes } from "./IDisputes.sol";
import { IHaltable } from "./IHaltable.sol";
import { IOperators } from "./IOperators.sol";
import { IPlants } from "./IPlants.sol";
import { IPostedUpdates } from "./IPostedUpdates.sol";
import { Round, Status, VoidReason } from "./RoundTypes.sol";

/// @title The rounds of one model
/// @notice The address of this contract is the model's id in every signed message, and (with the chain id) the
/// EIP-712 domain of those messages: name "Andel", version "1".
///
/// AN ATTEMPT. open -> commitData -> recordSeed (1) -> close -> recordSeed (2) -> commitAttestation by validators ->
/// reveal -> finalise. One round is under way at a time; ids are 1, 2, 3. Steps up to the last reveal happen until
/// `deadline`; later the attempt can only be voided.
///
/// SEEDS. A root fixes a block number `seedDelay` blocks ahead; that block's hash makes the seed. Anybody records it
/// within 256 blocks; if nobody does, the attempt is void. A coordinator that dislikes a seed cannot draw again
/// before the deadline, since only a void attempt is retried and anybody can record.
///
/// ATTESTING. Validators commit until all have, or until `commitPeriod` seconds after seed 2 with k commitments;
/// then they reveal, and no commitment counts any more. k equal reveals decide. Reveals go on, so that all who
/// agree are paid: finalise waits until every commitment is revealed or `commitPeriod` seconds have passed, and for
/// `challengeWindow` seconds more.
///
/// MONEY. A round's budget is what had accrued when it opened. finalise mints `minted` for contributors under
/// `claimsRoot`, plus for operators floor(minted x bps / (10000 - bps)), split equally, rounded down, among the
/// coordinator and the validators that agreed; what does not divide stays unminted. Nothing is minted without a
/// positive gain. The gas of finalise does not depend on the number of contributors.
///
/// COVER. No attempt starts unless k x bond is worth at least the budget (`coinPerToken`). One round is under way at a
/// time and finalise waits for the challenge window, so a round's budget is all that becomes claimable in one window:
/// k validators that attest a lie put more at stake than the lie can bring. `coinPerToken` is fixed at founding; a
/// founder sets it above what the token can be sold for, since no price is read here.
///
/// OTHER HALVES. `IPostedUpdates`: a contributor posts its update's hash past the coordinator. `IPlants`: attempts that may
/// be tests. `IOperators`: bonds and epochs. `IDisputes`: challenges, frauds, slashing.
///
/// WHO. The coordinator opens, plants, commits, closes, refuses and retries; fully bonded validators commit; anybody
/// records seeds, brings reveals, finalises and voids. `Disputes` halts, resumes and voids what is not final, and takes
/// out votes. There is no owner here; that of `Operators` may only name other operators, from the next attempt on.
///
/// WHAT CAN GET STUCK. If the coordinator vanishes, the round is voided after its deadline by anybody, and a standby or
/// the owner's choice takes over. An agreed result that cannot be finalised (its value root opens to nothing payable,
/// its plant stays sealed) is voided a day after it could have been. If owner, coordinator and standbys all vanish no more
/// rounds happen; claims go on for ever. With k - 1 lying validators nothing false is final; with k, a false root can
/// take what is unclaimed and what the budget allows, not what operators earned and no more than has accrued.
interface IRoundManager is IHaltable, IPlants, IPostedUpdates {
    /// @notice An attempt began: the first of a round, or a retry.
    event RoundOpened(
        uint64 indexed round,
        uint32 indexed attempt,
        bytes32 planHash,
        bytes32 parentVersion,
        uint256 budget,
        uint64 deadline,
        uint32 operatorsEpoch
    );

    /// @notice The set of data commitments is fixed; seed 1 comes from block `seedBlock`.
    event DataCommitted(
        uint64 indexed round,
        uint32 indexed attempt,
        bytes32 commitmentsRoot,
        bytes32 commitmentsHash,
        uint64 seedBlock
    );

    /// @notice Seed `number` (1 or 2) is known.
    event SeedRecorded(uint64 indexed round, uint32 indexed attempt, uint8 number, bytes32 seed);

    /// @notice The set of updates is fixed; seed 2 comes from block `seedBlock`.
    event RoundClosed(
        uint64 indexed round,
        uint32 indexed attempt,
        bytes32 updatesRoot,
        bytes32 evidenceHash,
        uint64 seedBlock
    );

    /// @notice A validator committed to a result.
    event AttestationCommitted(
        uint64 indexed round, uint32 indexed attempt, address indexed validator, bytes32 commitment
    );

    /// @notice A validator's result is public. Two different ones of equal (round, attempt, updatesRoot) by one
    /// validator, here or elsewhere, are equivocation.
    event AttestationRevealed(
        uint64 indexed round, uint32 indexed attempt, address indexed validator, bytes32 attestationHash
    );

    /// @notice k validators revealed the same result.
    event AttestationAgreed(
        uint64 indexed round, uint32 indexed attempt, bytes32 attestationHash, uint64 finalisableAt
    );

    /// @notice What the agreed value root stands for. Emitted with `RoundFinalised`.
    event ValueOpened(
        uint64 indexed round,
        uint32 indexed attempt,
        bytes32 claimsRoot,
        uint256 claimsTotal,
        uint256 minted,
        uint256 operatorMinted,
        int256 gain
    );

    /// @notice The round is final; `versionHash` is the model's version.
    event RoundFinalised(
        uint64 indexed round,
        uint32 indexed attempt,
        bytes32 versionHash,
        bytes32 valueRoot,
        bytes32 stateHash,
        int64 evaluation,
        uint256 minted
    );

    /// @notice The attempt is void; nothing was minted.
    event RoundVoided(uint64 indexed round, uint32 indexed attempt, VoidReason reason);

    /// @notice A parameter out of its bounds.
    error RoundManager_BadConfig(bytes32 parameter, uint256 value);

    /// @notice k x bond is worth less than the budget: wei that bonds cover, wei that the budget is held to be worth.
    error RoundManager_NotCovered(uint256 covered, uint256 budgetWorth);

    /// @notice The attempt's plant is sealed.
    error RoundManager_PlantSealed(uint64 round);

    /// @notice Only the coordinator of this attempt (or, to open and retry, the present one).
    error RoundManager_NotCoordinator(address sender, address coordinator);

    /// @notice Only a validator of this attempt.
    error RoundManager_NotValidator(uint64 round, address account);

    /// @notice The validator is not fully bonded now.
    error RoundManager_NotBonded(uint64 round, address validator);

    /// @notice There is no such round.
    error RoundManager_UnknownRound(uint64 round);

    /// @notice The step does not fit where the round stands.
    error RoundManager_WrongStatus(uint64 round, Status status);

    /// @notice Only the newest round can be retried.
    error RoundManager_NotNewest(uint64 round, uint64 newest);

    /// @notice The plan starts from a version that is not the current one.
    error RoundManager_StaleParent(bytes32 parentVersion, bytes32 currentVersion);

    /// @notice More than has accrued and is unminted. Base units.
    error RoundManager_OverBudget(uint256 amount, uint256 available);

    /// @notice The deadline is not in the future, or more than 30 days ahead. Seconds.
    error RoundManager_BadDeadline(uint64 deadline, uint256 blockTimestamp);

    /// @notice The attempt's deadline has passed; it can only be voided.
    error RoundManager_PastDeadline(uint64 round, uint64 deadline);

    /// @notice The attempt cannot be voided before `voidableAt`, in seconds.
    error RoundManager_NotVoidable(uint64 round, uint64 voidableAt);

    /// @notice A hash that must say something is zero.
    error RoundManager_EmptyHash(uint64 round);

    /// @notice The seed of this step is not recorded yet.
    error RoundManager_NoSeed(uint64 round);

    /// @notice The seed of this step is recorded already.
    error RoundManager_SeedKnown(uint64 round);

    /// @notice The block whose hash makes the seed is not in the past yet.
    error RoundManager_SeedTooEarly(uint64 round, uint64 seedBlock, uint256 blockNumber);

    /// @notice The validator committed already.
    error RoundManager_AlreadyCommitted(uint64 round, address validator);

    /// @notice A reveal has ended the time to commit.
    error RoundManager_CommitsEnded(uint64 round);

    /// @notice Too early to reveal: not all have committed, and `revealableAt` (seconds) has not come, or fewer than
    /// k committed.
    error RoundManager_RevealTooEarly(uint64 round, uint32 commitCount, uint64 revealableAt);

    /// @notice The validator revealed already.
    error RoundManager_AlreadyRevealed(uint64 round, address validator);

    /// @notice What is revealed is not what the validator committed to.
    error RoundManager_WrongReveal(uint64 round, address validator, bytes32 commitment);

    /// @notice The attestation names another model, round, attempt, plan, set of updates or evidence.
    error RoundManager_ForeignAttestation(uint64 round, bytes32 attestationHash);

    /// @notice The signature is not the validator's over the attestation.
    error RoundManager_BadSignature(address validator);

    /// @notice This is not what k validators agreed on.
    error RoundManager_NotAgreed(uint64 round, bytes32 attestationHash, bytes32 agreed);

    /// @notice The result is not final before `finalisableAt`, in seconds.
    error RoundManager_TooEarly(uint64 round, uint64 finalisableAt);

    /// @notice The values do not hash to the agreed value root.
    error RoundManager_WrongValue(uint64 round, bytes32 valueRoot);

    /// @notice A round mints only for a positive gain.
    error RoundManager_NoGain(uint64 round, uint256 minted, int256 gain);

    /// @notice Opens the next round. Only the coordinator; only if no round is under way, bonds cover the budget, and
    /// the coordinator and k validators are fully bonded.
    /// @param planHash sha2-256 of the plan
    /// @param parentVersion the current version
    /// @param budget the most the round may mint, operators included, base units; at most what has accrued unminted
    /// @param deadline last second of the attempt's steps, at most 30 days ahead
    /// @return round the new round's id
    function open(
        bytes32 planHash,
        bytes32 parentVersion,
        uint256 budget,
        uint64 deadline
    )
        external
        returns (uint64 round);

    /// @notice Starts the next attempt of the newest round, which must be void: same parent and budget, new plan (a
    /// plan names its attempt), new deadline, present operators. Only the coordinator: a stranger could otherwise
    /// keep a dead round alive. Bonds as for open.
    function retry(uint64 round, bytes32 planHash, uint64 deadline) external;

    /// @notice Fixes the set of data commitments. Only the coordinator.
    /// @param commitmentsRoot Merkle root over the commitments
    /// @param commitmentsHash sha2-256 of the list object
    function commitData(uint64 round, bytes32 commitmentsRoot, bytes32 commitmentsHash) external;

    /// @notice Records the seed awaited, or voids the attempt if its block hash is out of reach (256 blocks). Anybody.
    /// @return seed the seed, or zero if the attempt is now void
    function recordSeed(uint64 round) external returns (bytes32 seed);

    /// @notice Fixes the set of updates, after seed 1. Only the coordinator.
    /// @param updatesRoot Merkle root over the updates
    /// @param evidenceHash sha2-256 of the manifest
    function close(uint64 round, bytes32 updatesRoot, bytes32 evidenceHash) external;

    /// @notice Commits the sender, a fully bonded validator, to a result, after seed 2, when no posted update is
    /// unresolved. Once for each attempt.
    /// @param commitment keccak256(abi.encode(attestationHash, validator, salt))
    function commitAttestation(uint64 round, bytes32 commitment) external;

    /// @notice Shows what a validator committed to. Anybody may bring it.
    /// @param attestation the result; its model, round, attempt, plan, updates and evidence must be the round's
    /// @param validator who committed
    /// @param salt the commitment's salt
    /// @param signature the validator's EIP-712 signature over the attestation (ECDSA or ERC-1271)
    function reveal(
        Attestation calldata attestation,
        address validator,
        bytes32 salt,
        bytes calldata signature
    )
        external;

    /// @notice Makes the agreed result final, mints, and puts the new root and version in place. Anybody.
    /// @param attestation what k validators agreed on
    /// @param claimsRoot the new root of cumulative claims; the present one if `minted` is zero
    /// @param claimsTotal sum of all cumulative amounts under the root, base units
    /// @param minted contributors' part, base units
    /// @param gain the validated gain, in the task's unit
    function finalise(
        Attestation calldata attestation,
        bytes32 claimsRoot,
        uint256 claimsTotal,
        uint256 minted,
        int256 gain
    )
        external;

    /// @notice Voids an attempt that ran out of time. Anybody, after `voidableAt`. Nothing was minted; the emission
    /// stays for later rounds.
    function void(uint64 round) external;

    /// @notice A round and its current attempt. Reverts for an unknown round.
    function roundOf(uint64 round) external view returns (Round memory);

    /// @notice How many rounds were opened; the newest one's id.
    function roundsCount() external view returns (uint64);

    /// @notice When the newest attempt last moved, in seconds; 0 before the first round. Its end by lapse of time is no move.
    function lastMoveAt() external view returns (uint64);

    /// @notice The version the next round starts from.
    function currentVersion() external view returns (bytes32);

    /// @notice The running state's hash of the last final round; zero before the first.
    function stateHash() external view returns (bytes32);

    /// @notice True if a finalised round gave this version. The genesis version is not final: nobody attested it.
    function isFinalVersion(bytes32 version) external view returns (bool);

    /// @notice The first finalised round that gave this version; 0 if none.
    function versionRound(bytes32 version) external view returns (uint64);

    /// @notice From when on an attempt can be voided, in seconds.
    function voidableAt(uint64 round) external view returns (uint64);

    /// @notice The EIP-712 digest of an attestation under this contract's domain.
    function attestationHash(Attestation calldata attestation) external view returns (bytes32);

    /// @notice What a validator committed to in an attempt, and the digest it revealed; zero if not yet. `revealed` is 1
    /// for a vote that was taken out.
    function ballotOf(
        uint64 round,
        uint32 attempt,
        address validator
    )
        external
        view
        returns (bytes32 commitment, bytes32 revealed);

    /// @notice How many validators revealed this digest.
    function votesFor(bytes32 digest) external view returns (uint32);

    /// @notice What operators would be paid if the round were final now with `minted` for contributors. Base units.
    function operatorPartOf(uint64 round, uint256 minted) external view returns (uint256);

    /// @notice Who may name the model's operators: the owner of `operators`.
    function owner() external view returns (address);

    /// @notice Who may publish and promote the model's versions in `OnchainModels`: its `ModelPolicy`, or its owner when
    /// it was launched without one.
    function publisher() external view returns (address);

    /// @notice Who coordinates and validates, and their bonds.
    function operators() external view returns (IOperators);

    /// @notice Challenges, frauds and slashing.
    function disputes() external view returns (IDisputes);

    /// @notice What one whole token (1e18 base units) is held to be worth, wei of the chain's coin.
    function coinPerToken() external view returns (uint256);

    /// @notice Who owns which device.
    function deviceRegistry() external view returns (IDeviceRegistry);

    /// @notice What was entered for which day.
    function batchRegistry() external view returns (IBatchRegistry);

    /// @notice Where the model's emission is minted and claimed.
    function pool() external view returns (IRewardPool);

    /// @notice Seconds between agreement and finalise.
    function challengeWindow() external view returns (uint64);

    /// @notice Blocks between a root and the block whose hash makes its seed.
    function seedDelay() external view returns (uint32);

    /// @notice Seconds that validators have to commit, and again to reveal.
    function commitPeriod() external view returns (uint64);

    /// @notice Operators' part of an emission, in 1/10000.
    function operatorShareBps() external view returns (uint32);

    /// @notice Hash of the version the first round started from.
    function genesisVersion() external view returns (bytes32);

    /// @notice sha2-256 of the task's description.
    function taskHash() external view returns (bytes32);

    /// @notice Who may contribute, and on which terms.
    function alliance() external view returns (IAlliance);
}
