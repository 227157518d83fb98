// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IHaltable } from "./IHaltable.sol";
import { IRoundManager } from "./IRoundManager.sol";
import { Round, Status, VoidReason } from "./RoundTypes.sol";
import { Rounds } from "./Rounds.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title The votes of an attempt, and what `Disputes` does to it
/// @notice See {IHaltable}, which is the manual.
abstract contract Votes is Rounds {
    struct Ballot {
        bytes32 commitment;
        bytes32 revealed;
    }

    /// What a ballot shows whose vote was taken out; no digest is this.
    bytes32 private constant DROPPED = bytes32(uint256(1));

    /// @inheritdoc IRoundManager
    mapping(bytes32 digest => uint32) public votesFor;

    mapping(uint64 round => mapping(uint32 attempt => mapping(address validator => Ballot))) internal
        _ballots;

    modifier onlyDisputes() {
        require(msg.sender == address(disputes()), RoundManager_NotDisputes(msg.sender));
        _;
    }

    /// @inheritdoc IHaltable
    function halt(uint64 round) external onlyDisputes {
        Round storage entry = _inStatus(round, Status.Attested);
        entry.status = Status.Challenged;
        entry.movedAt = uint48(block.timestamp);
        emit RoundHalted(round, entry.attempt);
    }

    /// @inheritdoc IHaltable
    function resume(uint64 round) external onlyDisputes {
        Round storage entry = _inStatus(round, Status.Challenged);
        entry.status = Status.Attested;
        entry.movedAt = uint48(block.timestamp);
        // A hearing may take longer than the window; who finalises still has a day.
        entry.finalisableAt = uint64(Math.max(entry.finalisableAt, block.timestamp));
        emit RoundResumed(round, entry.attempt, entry.finalisableAt);
    }

    /// @inheritdoc IHaltable
    function annul(uint64 round, VoidReason reason) external onlyDisputes {
        Round storage entry = _round(round);
        Status status = entry.status;
        require(
            status == Status.Closed || status == Status.Attested || status == Status.Challenged,
            RoundManager_WrongStatus(round, status)
        );
        _void(round, entry, reason);
    }

    /// @inheritdoc IHaltable
    function dropVote(address validator) external onlyDisputes {
        uint64 round = roundsCount;
        Round storage entry = _rounds[round];
        Status status = entry.status;
        if (status < Status.Closed || status > Status.Challenged) return;
        Ballot storage ballot = _ballots[round][entry.attempt][validator];
        bytes32 revealed = ballot.revealed;
        if (ballot.commitment == bytes32(0) || revealed == DROPPED) return;
        ballot.revealed = DROPPED;
        // As if it had never committed, so that nobody waits for its reveal and others still commit.
        if (revealed == bytes32(0)) entry.commitCount -= 1;
        else votesFor[revealed] -= 1;
        emit VoteDropped(round, entry.attempt, validator);
        if (status != Status.Closed) {
            if (votesFor[entry.agreed] < entry.k) _void(round, entry, VoidReason.VotesLost);
        } else if (entry.revealCount != 0 && entry.revealCount == entry.commitCount) {
            _void(round, entry, VoidReason.NoAgreement);
        }
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
}
