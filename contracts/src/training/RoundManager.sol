// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Attestation, AttestationTypes } from "./AttestationTypes.sol";
import { Founding } from "./Founding.sol";
import { IRoundManager } from "./IRoundManager.sol";
import { Operators } from "./Operators.sol";
import { Config, Round, Status, VoidReason } from "./RoundTypes.sol";
import { Rounds } from "./Rounds.sol";
import { Ownable } from "@openzeppelin/contracts/access/Ownable.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice See {IRoundManager}, which is the manual.
contract RoundManager is Founding, Operators, Rounds, EIP712 {
    struct Ballot {
        bytes32 commitment;
        bytes32 revealed;
    }

    uint256 private constant BPS = 10_000;

    /// @inheritdoc IRoundManager
    mapping(bytes32 digest => uint32) public votesFor;

    mapping(uint64 round => mapping(uint32 attempt => mapping(address validator => Ballot))) private _ballots;

    constructor(Config memory config) Founding(config) Ownable(config.owner) EIP712("Andel", "1") {
        currentVersion = config.genesisVersion;
        _addEpoch(config.coordinator, config.k, config.validators);
    }

    /// @inheritdoc IRoundManager
    function open(
        bytes32 planHash,
        bytes32 parentVersion,
        uint256 budget,
        uint64 deadline
    )
        external
        returns (uint64 round)
    {
        Status last = _rounds[roundsCount].status;
        // None, Finalised or Void: nothing is under way.
        require(last < Status.Open || last > Status.Attested, RoundManager_WrongStatus(roundsCount, last));
        require(parentVersion == currentVersion, RoundManager_StaleParent(parentVersion, currentVersion));
        uint256 available = pool.accrued() - pool.minted();
        require(budget <= available, RoundManager_OverBudget(budget, available));
        round = ++roundsCount;
        Round storage entry = _rounds[round];
        entry.parentVersion = parentVersion;
        entry.budget = budget;
        entry.openedBlock = uint64(block.number);
        _startAttempt(round, planHash, deadline);
    }

    /// @inheritdoc IRoundManager
    function retry(uint64 round, bytes32 planHash, uint64 deadline) external {
        Round storage entry = _inStatus(round, Status.Void);
        require(round == roundsCount, RoundManager_NotNewest(round, roundsCount));
        (bytes32 parentVersion, uint256 budget) = (entry.parentVersion, entry.budget);
        (uint64 openedBlock, uint32 attempt) = (entry.openedBlock, entry.attempt + 1);
        delete _rounds[round];
        entry.parentVersion = parentVersion;
        entry.budget = budget;
        entry.openedBlock = openedBlock;
        entry.attempt = attempt;
        _startAttempt(round, planHash, deadline);
    }

    /// @inheritdoc IRoundManager
    function commitData(uint64 round, bytes32 commitmentsRoot, bytes32 commitmentsHash) external {
        Round storage entry = _inStatus(round, Status.Open);
        _requireInTime(round, entry);
        _requireCoordinator(entry.operatorsEpoch);
        require(commitmentsRoot != bytes32(0) && commitmentsHash != bytes32(0), RoundManager_EmptyHash(round));
        entry.status = Status.DataCommitted;
        entry.commitmentsRoot = commitmentsRoot;
        entry.commitmentsHash = commitmentsHash;
        entry.seedBlock = uint64(block.number + seedDelay);
        emit DataCommitted(round, entry.attempt, commitmentsRoot, commitmentsHash, entry.seedBlock);
    }

    /// @inheritdoc IRoundManager
    function recordSeed(uint64 round) external returns (bytes32 seed) {
        Round storage entry = _round(round);
        bool first = entry.status == Status.DataCommitted;
        require(first || entry.status == Status.Closed, RoundManager_WrongStatus(round, entry.status));
        require((first ? entry.seed1 : entry.seed2) == bytes32(0), RoundManager_SeedKnown(round));
        require(
            block.number > entry.seedBlock, RoundManager_SeedTooEarly(round, entry.seedBlock, block.number)
        );
        bytes32 blockHash = blockhash(entry.seedBlock);
        if (blockHash == bytes32(0)) {
            _void(round, entry, VoidReason.SeedLapsed);
            return bytes32(0);
        }
        if (first) {
            seed = AttestationTypes.seedOf(
                AttestationTypes.SEED_1, round, entry.attempt, entry.commitmentsRoot, blockHash
            );
            entry.seed1 = seed;
        } else {
            seed = AttestationTypes.seedOf(
                AttestationTypes.SEED_2, round, entry.attempt, entry.updatesRoot, blockHash
            );
            entry.seed2 = seed;
            entry.seededAt = uint64(block.timestamp);
        }
        emit SeedRecorded(round, entry.attempt, first ? 1 : 2, seed);
    }

    /// @inheritdoc IRoundManager
    function close(uint64 round, bytes32 updatesRoot, bytes32 evidenceHash) external {
        Round storage entry = _inStatus(round, Status.DataCommitted);
        _requireInTime(round, entry);
        _requireCoordinator(entry.operatorsEpoch);
        require(entry.seed1 != bytes32(0), RoundManager_NoSeed(round));
        require(updatesRoot != bytes32(0) && evidenceHash != bytes32(0), RoundManager_EmptyHash(round));
        entry.status = Status.Closed;
        entry.updatesRoot = updatesRoot;
        entry.evidenceHash = evidenceHash;
        entry.seedBlock = uint64(block.number + seedDelay);
        emit RoundClosed(round, entry.attempt, updatesRoot, evidenceHash, entry.seedBlock);
    }

    /// @inheritdoc IRoundManager
    function commitAttestation(uint64 round, bytes32 commitment) external {
        Round storage entry = _inStatus(round, Status.Closed);
        _requireInTime(round, entry);
        require(
            _epochs[entry.operatorsEpoch].isValidator[msg.sender],
            RoundManager_NotValidator(round, msg.sender)
        );
        require(entry.seed2 != bytes32(0), RoundManager_NoSeed(round));
        require(entry.revealCount == 0, RoundManager_CommitsEnded(round));
        require(commitment != bytes32(0), RoundManager_EmptyHash(round));
        Ballot storage ballot = _ballots[round][entry.attempt][msg.sender];
        require(ballot.commitment == bytes32(0), RoundManager_AlreadyCommitted(round, msg.sender));
        ballot.commitment = commitment;
        entry.commitCount += 1;
        emit AttestationCommitted(round, entry.attempt, msg.sender, commitment);
    }

    /// @inheritdoc IRoundManager
    function reveal(
        Attestation calldata attestation,
        address validator,
        bytes32 salt,
        bytes calldata signature
    )
        external
    {
        uint64 round = attestation.round;
        Round storage entry = _round(round);
        _requireRevealable(round, entry);
        bytes32 digest = attestationHash(attestation);
        _requireFitting(entry, attestation, digest);
        Ballot storage ballot = _ballots[round][entry.attempt][validator];
        require(ballot.revealed == bytes32(0), RoundManager_AlreadyRevealed(round, validator));
        require(
            ballot.commitment == AttestationTypes.commitmentOf(digest, validator, salt),
            RoundManager_WrongReveal(round, validator, ballot.commitment)
        );
        require(
            SignatureChecker.isValidSignatureNowCalldata(validator, digest, signature),
            RoundManager_BadSignature(validator)
        );
        ballot.revealed = digest;
        entry.revealCount += 1;
        votesFor[digest] += 1;
        emit AttestationRevealed(round, entry.attempt, validator, digest);
        _decide(round, entry, digest);
    }

    /// @inheritdoc IRoundManager
    function finalise(
        Attestation calldata attestation,
        bytes32 claimsRoot,
        uint256 claimsTotal,
        uint256 minted,
        int256 gain
    )
        external
    {
        uint64 round = attestation.round;
        Round storage entry = _inStatus(round, Status.Attested);
        bytes32 digest = attestationHash(attestation);
        require(digest == entry.agreed, RoundManager_NotAgreed(round, digest, entry.agreed));
        require(block.timestamp >= entry.finalisableAt, RoundManager_TooEarly(round, entry.finalisableAt));
        require(
            attestation.valueRoot == AttestationTypes.valueRootOf(claimsRoot, claimsTotal, minted, gain),
            RoundManager_WrongValue(round, attestation.valueRoot)
        );
        require(minted == 0 || gain > 0, RoundManager_NoGain(round, minted, gain));
        _install(round, entry, attestation, minted);
        _pay(round, entry, claimsRoot, claimsTotal, gain);
    }

    /// @inheritdoc IRoundManager
    function ballotOf(
        uint64 round,
        uint32 attempt,
        address validator
    )
        external
        view
        returns (bytes32 commitment, bytes32 revealed)
    {
        Ballot storage ballot = _ballots[round][attempt][validator];
        return (ballot.commitment, ballot.revealed);
    }

    /// @inheritdoc IRoundManager
    function attestationHash(Attestation calldata attestation) public view returns (bytes32) {
        return _hashTypedDataV4(AttestationTypes.hashStruct(attestation));
    }

    function _startAttempt(uint64 round, bytes32 planHash, uint64 deadline) private {
        _requireCoordinator(operatorsEpoch);
        require(planHash != bytes32(0), RoundManager_EmptyHash(round));
        require(
            deadline > block.timestamp && deadline <= block.timestamp + MAX_ROUND_SECONDS,
            RoundManager_BadDeadline(deadline, block.timestamp)
        );
        Round storage entry = _rounds[round];
        entry.status = Status.Open;
        entry.planHash = planHash;
        entry.deadline = deadline;
        entry.operatorsEpoch = operatorsEpoch;
        emit RoundOpened(
            round, entry.attempt, planHash, entry.parentVersion, entry.budget, deadline, operatorsEpoch
        );
    }

    /// Counts the vote just cast: agreement, or no agreement any more, or time saved after agreement.
    function _decide(uint64 round, Round storage entry, bytes32 digest) private {
        bool all = entry.revealCount == entry.commitCount;
        uint64 earliest = uint64(block.timestamp) + challengeWindow;
        if (entry.status == Status.Attested) {
            if (all && earliest < entry.finalisableAt) entry.finalisableAt = earliest;
        } else if (votesFor[digest] == _epochs[entry.operatorsEpoch].k) {
            entry.status = Status.Attested;
            entry.agreed = digest;
            entry.finalisableAt = all ? earliest : earliest + commitPeriod;
            emit AttestationAgreed(round, entry.attempt, digest, entry.finalisableAt);
        } else if (all) {
            _void(round, entry, VoidReason.NoAgreement);
        }
    }

    function _install(
        uint64 round,
        Round storage entry,
        Attestation calldata attestation,
        uint256 minted
    )
        private
    {
        entry.status = Status.Finalised;
        entry.settledBlock = uint64(block.number);
        entry.versionHash = attestation.versionHash;
        entry.valueRoot = attestation.valueRoot;
        entry.stateHash = attestation.stateHash;
        entry.evaluation = attestation.evaluation;
        entry.minted = minted;
        currentVersion = attestation.versionHash;
        stateHash = attestation.stateHash;
        // A round without a step gives the version it began with; the round that first gave it stays on record.
        if (versionRound[attestation.versionHash] == 0) versionRound[attestation.versionHash] = round;
        emit RoundFinalised(
            round,
            entry.attempt,
            attestation.versionHash,
            attestation.valueRoot,
            attestation.stateHash,
            attestation.evaluation,
            minted
        );
    }

    function _pay(
        uint64 round,
        Round storage entry,
        bytes32 claimsRoot,
        uint256 claimsTotal,
        int256 gain
    )
        private
    {
        uint256 minted = entry.minted;
        (address[] memory paid, uint256[] memory amounts, uint256 operatorMinted) =
            _operatorPay(round, entry, minted);
        require(
            minted + operatorMinted <= entry.budget,
            RoundManager_OverBudget(minted + operatorMinted, entry.budget)
        );
        emit ValueOpened(round, entry.attempt, claimsRoot, claimsTotal, minted, operatorMinted, gain);
        pool.credit(round, claimsRoot, claimsTotal, minted, paid, amounts);
    }

    /// The operators' part, equal for the coordinator and each validator that agreed, rounded down twice.
    function _operatorPay(
        uint64 round,
        Round storage entry,
        uint256 minted
    )
        private
        view
        returns (address[] memory paid, uint256[] memory amounts, uint256 total)
    {
        total = Math.mulDiv(minted, operatorShareBps, BPS - operatorShareBps);
        uint256 count = 1 + votesFor[entry.agreed];
        total -= total % count;
        if (total == 0) return (paid, amounts, 0);
        uint256 each = total / count;
        paid = new address[](count);
        amounts = new uint256[](count);
        Epoch storage epoch = _epochs[entry.operatorsEpoch];
        paid[0] = epoch.coordinator;
        amounts[0] = each;
        uint256 next = 1;
        for (uint256 i = 0; i < epoch.validators.length; ++i) {
            address account = epoch.validators[i].account;
            if (_ballots[round][entry.attempt][account].revealed != entry.agreed) continue;
            paid[next] = account;
            amounts[next] = each;
            ++next;
        }
    }

    function _requireCoordinator(uint32 epoch) private view {
        address expected = _epochs[epoch].coordinator;
        require(msg.sender == expected, RoundManager_NotCoordinator(msg.sender, expected));
    }

    function _requireRevealable(uint64 round, Round storage entry) private view {
        // Late reveals of an agreed result count too: who agreed is paid.
        if (entry.status == Status.Attested) return;
        require(entry.status == Status.Closed, RoundManager_WrongStatus(round, entry.status));
        _requireInTime(round, entry);
        if (entry.revealCount != 0) return;
        Epoch storage epoch = _epochs[entry.operatorsEpoch];
        uint64 revealableAt = entry.seededAt + commitPeriod;
        require(
            entry.commitCount == epoch.validators.length
                || (entry.commitCount >= epoch.k && block.timestamp >= revealableAt),
            RoundManager_RevealTooEarly(round, entry.commitCount, revealableAt)
        );
    }

    function _requireFitting(
        Round storage entry,
        Attestation calldata attestation,
        bytes32 digest
    )
        private
        view
    {
        require(
            attestation.model == address(this) && attestation.attempt == entry.attempt
                && attestation.planHash == entry.planHash && attestation.updatesRoot == entry.updatesRoot
                && attestation.evidenceHash == entry.evidenceHash && attestation.versionHash != bytes32(0),
            RoundManager_ForeignAttestation(attestation.round, digest)
        );
    }
}
