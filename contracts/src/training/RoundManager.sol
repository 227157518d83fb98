// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { CloneArgs } from "../ledger/CloneArgs.sol";
import { Attestation, AttestationTypes } from "./AttestationTypes.sol";
import { Founding } from "./Founding.sol";
import { PlantState } from "./IPlants.sol";
import { IRoundManager } from "./IRoundManager.sol";
import { Plants } from "./Plants.sol";
import { PostedUpdates } from "./PostedUpdates.sol";
import { Round, Status, VoidReason } from "./RoundTypes.sol";
import { Votes } from "./Votes.sol";
import { Ownable } from "@openzeppelin/contracts/access/Ownable.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice See {IRoundManager}, which is the manual.
contract RoundManager is Plants, PostedUpdates, Votes {
    uint256 private constant BPS = 10_000;
    uint256 private constant TOKEN = 1e18;

    // A clone has the implementation's name and version of the domain; address and separator are its own.
    constructor() EIP712("Andel", "1") { }

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
        require(last < Status.Open || last > Status.Challenged, RoundManager_WrongStatus(roundsCount, last));
        bytes32 current = currentVersion();
        require(parentVersion == current, RoundManager_StaleParent(parentVersion, current));
        uint256 available = pool().available();
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
        entry.movedAt = uint48(block.timestamp);
        entry.commitmentsRoot = commitmentsRoot;
        entry.commitmentsHash = commitmentsHash;
        entry.seedBlock = uint64(block.number + seedDelay());
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
        entry.movedAt = uint48(block.timestamp);
        entry.updatesRoot = updatesRoot;
        entry.evidenceHash = evidenceHash;
        entry.seedBlock = uint64(block.number + seedDelay());
        emit RoundClosed(round, entry.attempt, updatesRoot, evidenceHash, entry.seedBlock);
    }

    /// @inheritdoc IRoundManager
    function commitAttestation(uint64 round, bytes32 commitment) external {
        Round storage entry = _inStatus(round, Status.Closed);
        _requireInTime(round, entry);
        (bool isValidator, bool isBonded) = operators().standingOf(entry.operatorsEpoch, msg.sender);
        require(isValidator, RoundManager_NotValidator(round, msg.sender));
        require(isBonded, RoundManager_NotBonded(round, msg.sender));
        require(entry.seed2 != bytes32(0), RoundManager_NoSeed(round));
        require(entry.unresolved == 0, RoundManager_Unresolved(round, entry.unresolved));
        require(entry.revealCount == 0, RoundManager_CommitsEnded(round));
        require(commitment != bytes32(0), RoundManager_EmptyHash(round));
        Ballot storage ballot = _ballots[round][entry.attempt][msg.sender];
        require(ballot.commitment == bytes32(0), RoundManager_AlreadyCommitted(round, msg.sender));
        ballot.commitment = commitment;
        entry.commitCount += 1;
        entry.movedAt = uint48(block.timestamp);
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
        entry.movedAt = uint48(block.timestamp);
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
        require(_plants[round][entry.attempt].state != PlantState.Sealed, RoundManager_PlantSealed(round));
        _install(round, entry, attestation, minted);
        _pay(round, entry, claimsRoot, claimsTotal, gain);
    }

    /// @inheritdoc IRoundManager
    function operatorPartOf(uint64 round, uint256 minted) external view returns (uint256 total) {
        (total,) = _operatorPart(_round(round), minted);
    }

    /// @inheritdoc IRoundManager
    function publisher() external view returns (address) {
        address named = CloneArgs.addressAt(14);
        return named == address(0) ? owner() : named;
    }

    /// @inheritdoc IRoundManager
    function owner() public view returns (address) {
        return Ownable(address(operators())).owner();
    }

    /// @inheritdoc IRoundManager
    function attestationHash(Attestation calldata attestation) public view returns (bytes32) {
        return _hashTypedDataV4(AttestationTypes.hashStruct(attestation));
    }

    function _startAttempt(uint64 round, bytes32 planHash, uint64 deadline) private {
        (uint32 epoch, address expected, uint32 k, uint32 n) = operators().requireReady();
        require(msg.sender == expected, RoundManager_NotCoordinator(msg.sender, expected));
        require(planHash != bytes32(0), RoundManager_EmptyHash(round));
        require(
            deadline > block.timestamp && deadline <= block.timestamp + MAX_ROUND_SECONDS,
            RoundManager_BadDeadline(deadline, block.timestamp)
        );
        Round storage entry = _rounds[round];
        _requireCovered(k, entry.budget);
        entry.status = Status.Open;
        entry.planHash = planHash;
        entry.deadline = deadline;
        entry.operatorsEpoch = epoch;
        entry.movedAt = uint48(block.timestamp);
        entry.k = k;
        entry.n = n;
        emit RoundOpened(round, entry.attempt, planHash, entry.parentVersion, entry.budget, deadline, epoch);
    }

    /// Counts the vote just cast: agreement, or no agreement any more, or time saved after agreement.
    function _decide(uint64 round, Round storage entry, bytes32 digest) private {
        bool all = entry.revealCount == entry.commitCount;
        uint64 earliest = uint64(block.timestamp) + challengeWindow();
        if (entry.status != Status.Closed) {
            if (all && earliest < entry.finalisableAt) entry.finalisableAt = earliest;
        } else if (votesFor[digest] == entry.k) {
            entry.status = Status.Attested;
            entry.agreed = digest;
            entry.finalisableAt = all ? earliest : earliest + commitPeriod();
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
        entry.movedAt = uint48(block.timestamp);
        entry.settledBlock = uint64(block.number);
        entry.versionHash = attestation.versionHash;
        entry.valueRoot = attestation.valueRoot;
        entry.stateHash = attestation.stateHash;
        entry.evaluation = attestation.evaluation;
        entry.minted = minted;
        _version = attestation.versionHash;
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
        pool().credit(round, claimsRoot, claimsTotal, minted, paid, amounts);
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
        uint256 count;
        (total, count) = _operatorPart(entry, minted);
        if (total == 0) return (paid, amounts, 0);
        uint256 each = total / count;
        paid = new address[](count);
        amounts = new uint256[](count);
        address[] memory validators;
        (paid[0], validators) = operators().accountsOf(entry.operatorsEpoch);
        amounts[0] = each;
        uint256 next = 1;
        for (uint256 i = 0; i < validators.length; ++i) {
            if (_ballots[round][entry.attempt][validators[i]].revealed != entry.agreed) continue;
            paid[next] = validators[i];
            amounts[next] = each;
            ++next;
        }
    }

    function _operatorPart(
        Round storage entry,
        uint256 minted
    )
        private
        view
        returns (uint256 total, uint256 count)
    {
        total = Math.mulDiv(minted, operatorShareBps(), BPS - operatorShareBps());
        count = 1 + votesFor[entry.agreed];
        total -= total % count;
    }

    /// Both sides are in wei times base units; k is at most 32, the bond below 2**128, the budget below the token's cap.
    function _requireCovered(uint256 k, uint256 budget) private view {
        uint256 worth = budget * coinPerToken();
        require(
            k * _bond() * TOKEN >= worth, RoundManager_NotCovered(k * _bond(), Math.ceilDiv(worth, TOKEN))
        );
    }

    function _requireRevealable(uint64 round, Round storage entry) private view {
        // Late reveals of an agreed result count too: who agreed is paid.
        if (entry.status == Status.Attested || entry.status == Status.Challenged) return;
        require(entry.status == Status.Closed, RoundManager_WrongStatus(round, entry.status));
        _requireInTime(round, entry);
        if (entry.revealCount != 0) return;
        uint64 revealableAt = entry.seededAt + commitPeriod();
        require(
            entry.commitCount == entry.n || (entry.commitCount >= entry.k && block.timestamp >= revealableAt),
            RoundManager_RevealTooEarly(round, entry.commitCount, revealableAt)
        );
    }
}
