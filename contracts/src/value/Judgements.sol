// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IJudgements, Judgement } from "./IJudgements.sol";

/// @notice See {IJudgements}, which is the manual.
contract Judgements is IJudgements {
    bytes32 private constant JUDGEMENT = keccak256("andel.judgement.1");

    mapping(
        address model
            => mapping(uint64 round => mapping(uint32 attempt => mapping(address judge => Judgement)))
    ) private _judgements;

    /// @inheritdoc IJudgements
    function seal(address model, uint64 round, uint32 attempt, bytes32 hash) external {
        require(hash != bytes32(0), Judgements_Empty(model, round, attempt));
        Judgement storage entry = _judgements[model][round][attempt][msg.sender];
        require(entry.hash == bytes32(0), Judgements_AlreadySealed(model, round, attempt));
        entry.hash = hash;
        (entry.sealedAt, entry.sealedBlock) = (uint64(block.timestamp), uint64(block.number));
        emit JudgementSealed(model, round, attempt, msg.sender, hash);
    }

    /// @inheritdoc IJudgements
    function show(address model, uint64 round, uint32 attempt, bytes32 digest, bytes32 salt) external {
        require(digest != bytes32(0), Judgements_Empty(model, round, attempt));
        Judgement storage entry = _judgements[model][round][attempt][msg.sender];
        require(entry.digest == bytes32(0), Judgements_AlreadyShown(model, round, attempt));
        require(
            entry.hash == sealOf(model, round, attempt, msg.sender, digest, salt),
            Judgements_NotSealed(model, round, attempt, entry.hash)
        );
        entry.digest = digest;
        (entry.shownAt, entry.shownBlock) = (uint64(block.timestamp), uint64(block.number));
        emit JudgementShown(model, round, attempt, msg.sender, digest);
    }

    /// @inheritdoc IJudgements
    function judgementsOf(
        address model,
        uint64 round,
        uint32 attempt,
        address[] calldata judges
    )
        external
        view
        returns (Judgement[] memory found)
    {
        found = new Judgement[](judges.length);
        for (uint256 i = 0; i < judges.length; ++i) {
            found[i] = _judgements[model][round][attempt][judges[i]];
        }
    }

    /// @inheritdoc IJudgements
    function sealOf(
        address model,
        uint64 round,
        uint32 attempt,
        address judge,
        bytes32 digest,
        bytes32 salt
    )
        public
        view
        returns (bytes32)
    {
        return keccak256(
            abi.encode(JUDGEMENT, block.chainid, address(this), model, round, attempt, judge, digest, salt)
        );
    }
}
