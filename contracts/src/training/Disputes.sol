// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { CloneArgs } from "../ledger/CloneArgs.sol";
import { AttestationTypes } from "./AttestationTypes.sol";
import { Frauds } from "./Frauds.sol";
import { Hearing, IDisputes, Outcome } from "./IDisputes.sol";
import { Offences } from "./Offences.sol";
import { Round, Status, VoidReason } from "./RoundTypes.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice See {IDisputes}, which is the manual. A clone; its words are: 0 manager, 1 operators, 2 bond, 3 floor,
/// 4 hearingPeriod.
contract Disputes is Frauds {
    struct Word {
        bytes32 commitment;
        bytes32 digest;
    }

    uint256 private constant TOKEN = 1e18;
    /// The part of its bond that an undecided hearing costs a challenger.
    uint256 private constant TWENTIETH = 20;

    /// @inheritdoc IDisputes
    uint256 public burned;
    /// @inheritdoc IDisputes
    mapping(address account => uint256) public owedTo;

    mapping(uint64 round => uint32 attempt) private _heard;
    mapping(uint64 round => mapping(uint32 attempt => Hearing)) private _hearings;
    mapping(uint64 round => mapping(uint32 attempt => mapping(address validator => Word))) private _words;
    mapping(uint64 round => mapping(uint32 attempt => mapping(bytes32 digest => uint256))) private _voices;

    /// @inheritdoc IDisputes
    function challenge(uint64 round, bytes32 digest) external payable {
        Round memory entry = _rounds().roundOf(round);
        uint32 attempt = entry.attempt;
        Hearing storage hearing = _hearings[round][attempt];
        require(hearing.outcome == Outcome.None, Disputes_AlreadyChallenged(round, attempt));
        require(
            entry.status == Status.Attested && block.timestamp < entry.finalisableAt,
            Disputes_NotChallengeable(round)
        );
        require(digest != bytes32(0) && digest != entry.agreed, Disputes_BadDigest(digest));
        uint256 bond = _challengeBond(entry.budget);
        require(msg.value == bond, Disputes_WrongBond(msg.value, bond));
        hearing.challenger = msg.sender;
        hearing.outcome = Outcome.Pending;
        hearing.epoch = entry.operatorsEpoch;
        hearing.n = entry.n;
        hearing.commitUntil = uint64(block.timestamp) + hearingPeriod();
        hearing.revealUntil = hearing.commitUntil + hearingPeriod();
        hearing.bond = bond;
        hearing.agreed = entry.agreed;
        hearing.claimed = digest;
        _heard[round] = attempt;
        emit ChallengeOpened(
            round, attempt, msg.sender, entry.agreed, digest, bond, hearing.commitUntil, hearing.revealUntil
        );
        _rounds().halt(round);
    }

    /// @inheritdoc IDisputes
    function commitWord(uint64 round, bytes32 commitment) external {
        (uint32 attempt, Hearing storage hearing) = _pending(round);
        (bool isValidator, bool isBonded) = operators().standingOf(hearing.epoch, msg.sender);
        require(isValidator && isBonded, Disputes_NotValidator(round, msg.sender));
        require(block.timestamp <= hearing.commitUntil, Disputes_WrongTime(round, 0, hearing.commitUntil));
        Word storage word = _words[round][attempt][msg.sender];
        require(
            word.commitment == bytes32(0) && commitment != bytes32(0),
            Disputes_WrongWord(round, msg.sender, word.commitment)
        );
        word.commitment = commitment;
        hearing.commits += 1;
        emit WordCommitted(round, attempt, msg.sender, commitment);
    }

    /// @inheritdoc IDisputes
    function revealWord(uint64 round, bytes32 digest, bytes32 salt) external {
        (uint32 attempt, Hearing storage hearing) = _pending(round);
        require(
            (hearing.commits == hearing.n || block.timestamp > hearing.commitUntil)
                && block.timestamp <= hearing.revealUntil,
            Disputes_WrongTime(round, hearing.commitUntil + 1, hearing.revealUntil)
        );
        Word storage word = _words[round][attempt][msg.sender];
        require(
            word.digest == bytes32(0) && digest != bytes32(0)
                && word.commitment == wordCommitmentOf(round, attempt, digest, msg.sender, salt),
            Disputes_WrongWord(round, msg.sender, word.commitment)
        );
        word.digest = digest;
        hearing.reveals += 1;
        uint256 voices = ++_voices[round][attempt][digest];
        if (3 * voices >= 2 * uint256(hearing.n)) hearing.decided = digest;
        emit WordRevealed(round, attempt, msg.sender, digest);
    }

    /// @inheritdoc IDisputes
    function conclude(uint64 round) external {
        (uint32 attempt, Hearing storage hearing) = _pending(round);
        Round memory entry = _rounds().roundOf(round);
        if (entry.attempt != attempt || entry.status != Status.Challenged) {
            // Something else voided the attempt meanwhile: there is nothing left to decide.
            owedTo[hearing.challenger] += hearing.bond;
            _end(round, attempt, hearing, Outcome.Dropped);
            return;
        }
        require(
            hearing.reveals == hearing.n || block.timestamp > hearing.revealUntil,
            Disputes_WrongTime(round, hearing.revealUntil + 1, type(uint64).max)
        );
        (, address[] memory validators) = operators().accountsOf(hearing.epoch);
        bytes32 decided = hearing.decided;
        if (decided == hearing.agreed) {
            _end(round, attempt, hearing, Outcome.Upheld);
            _rounds().resume(round);
            _uphold(round, attempt, hearing, validators);
        } else if (decided != bytes32(0)) {
            _end(round, attempt, hearing, Outcome.Overturned);
            _rounds().annul(round, VoidReason.Overturned);
            _overturn(round, attempt, hearing, validators);
        } else {
            _end(round, attempt, hearing, Outcome.Undecided);
            _rounds().annul(round, VoidReason.Undecided);
            _leaveUndecided(round, attempt, hearing, validators);
        }
        for (uint256 i = 0; i < validators.length; ++i) {
            if (_words[round][attempt][validators[i]].digest == bytes32(0)) {
                _slash(validators[i], _bond() / HUNDREDTH, address(0));
            }
        }
    }

    /// @inheritdoc IDisputes
    function withdraw() external returns (uint256 amount) {
        amount = owedTo[msg.sender];
        if (amount == 0) return 0;
        owedTo[msg.sender] = 0;
        emit OwedWithdrawn(msg.sender, amount);
        (bool paid,) = msg.sender.call{ value: amount }("");
        require(paid, Disputes_PaymentFailed(msg.sender, amount));
    }

    /// @inheritdoc IDisputes
    function hearingOf(uint64 round, uint32 attempt) external view returns (Hearing memory) {
        return _hearings[round][attempt];
    }

    /// @inheritdoc IDisputes
    function wordOf(
        uint64 round,
        uint32 attempt,
        address validator
    )
        external
        view
        returns (bytes32 commitment, bytes32 digest)
    {
        Word storage word = _words[round][attempt][validator];
        return (word.commitment, word.digest);
    }

    /// @inheritdoc IDisputes
    function challengeBondOf(uint64 round) external view returns (uint256) {
        return _challengeBond(_rounds().roundOf(round).budget);
    }

    /// @inheritdoc IDisputes
    function floor() public view returns (uint256) {
        return CloneArgs.uintAt(3);
    }

    /// @inheritdoc IDisputes
    function hearingPeriod() public view returns (uint64) {
        return uint64(CloneArgs.uintAt(4));
    }

    /// @inheritdoc IDisputes
    function wordCommitmentOf(
        uint64 round,
        uint32 attempt,
        bytes32 digest,
        address validator,
        bytes32 salt
    )
        public
        view
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                AttestationTypes.WORD, block.chainid, address(this), round, attempt, digest, validator, salt
            )
        );
    }

    /// The challenger's bond pays those who said what was agreed.
    function _uphold(
        uint64 round,
        uint32 attempt,
        Hearing storage hearing,
        address[] memory validators
    )
        private
    {
        bytes32 agreed = hearing.agreed;
        uint256 share = hearing.bond / _voices[round][attempt][agreed];
        uint256 rest = hearing.bond;
        for (uint256 i = 0; i < validators.length; ++i) {
            if (_words[round][attempt][validators[i]].digest != agreed) continue;
            owedTo[validators[i]] += share;
            rest -= share;
        }
        burned += rest;
    }

    /// Who attested what was agreed pays: a tenth if it has corrected itself, a whole bond if not.
    function _overturn(
        uint64 round,
        uint32 attempt,
        Hearing storage hearing,
        address[] memory validators
    )
        private
    {
        bytes32 decided = hearing.decided;
        owedTo[hearing.challenger] += hearing.bond;
        address reporter = decided == hearing.claimed ? hearing.challenger : address(0);
        for (uint256 i = 0; i < validators.length; ++i) {
            if (!_attested(round, attempt, validators[i], hearing.agreed)) continue;
            bool corrected = _words[round][attempt][validators[i]].digest == decided;
            _slash(validators[i], corrected ? _bond() / TENTH : _bond(), reporter);
        }
    }

    /// The challenger gets its bond back, less what speaking costs those who spoke.
    function _leaveUndecided(
        uint64 round,
        uint32 attempt,
        Hearing storage hearing,
        address[] memory validators
    )
        private
    {
        uint256 share = hearing.reveals == 0 ? 0 : hearing.bond / TWENTIETH / hearing.reveals;
        uint256 rest = hearing.bond;
        for (uint256 i = 0; i < validators.length; ++i) {
            if (_words[round][attempt][validators[i]].digest == bytes32(0)) continue;
            owedTo[validators[i]] += share;
            rest -= share;
        }
        owedTo[hearing.challenger] += rest;
    }

    function _end(uint64 round, uint32 attempt, Hearing storage hearing, Outcome outcome) private {
        hearing.outcome = outcome;
        emit ChallengeConcluded(round, attempt, outcome, hearing.decided);
    }

    function _pending(uint64 round) private view returns (uint32 attempt, Hearing storage hearing) {
        attempt = _heard[round];
        hearing = _hearings[round][attempt];
        require(hearing.outcome == Outcome.Pending, Disputes_NoHearing(round));
    }

    function _challengeBond(uint256 budget) private view returns (uint256) {
        return Math.max(floor(), budget * _rounds().coinPerToken() / TOKEN / 10);
    }
}
