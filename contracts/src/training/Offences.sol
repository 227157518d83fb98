// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { CloneArgs } from "../ledger/CloneArgs.sol";
import { Attestation } from "./AttestationTypes.sol";
import { IDisputes } from "./IDisputes.sol";
import { IOperators } from "./IOperators.sol";
import { Plant, PlantState } from "./IPlants.sol";
import { IRoundManager } from "./IRoundManager.sol";
import { Round, Status, VoidReason } from "./RoundTypes.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title What an operator pays for by itself
/// @notice The part of `Disputes` that needs no hearing and no round under way. See {IDisputes}, which is the manual.
abstract contract Offences is IDisputes {
    /// Parts of a bond.
    uint256 internal constant TENTH = 10;
    uint256 internal constant HUNDREDTH = 100;

    mapping(bytes32 offence => bool) private _paidFor;

    /// @inheritdoc IDisputes
    function reportEquivocation(
        Attestation calldata a,
        bytes calldata signatureA,
        Attestation calldata b,
        bytes calldata signatureB,
        address validator
    )
        external
    {
        bytes32 first = _rounds().attestationHash(a);
        bytes32 second = _rounds().attestationHash(b);
        require(
            first != second && a.model == manager() && b.model == manager() && a.round == b.round
                && a.attempt == b.attempt && a.updatesRoot == b.updatesRoot
                && SignatureChecker.isValidSignatureNowCalldata(validator, first, signatureA)
                && SignatureChecker.isValidSignatureNowCalldata(validator, second, signatureB),
            Disputes_NoOffence(validator)
        );
        if (second < first) (first, second) = (second, first);
        _once(keccak256(abi.encode("equivocation", validator, first, second)), validator);
        emit EquivocationShown(validator, first, second);
        _ruin(validator, msg.sender);
    }

    /// @inheritdoc IDisputes
    function slashLazy(Attestation calldata attestation, address validator, bytes32 salt) external {
        (uint64 round, uint32 attempt) = (attestation.round, attestation.attempt);
        IRoundManager rounds = _rounds();
        Plant memory plant = rounds.plantOf(round, attempt);
        (, bytes32 revealed) = rounds.ballotOf(round, attempt, validator);
        require(
            plant.state == PlantState.Test && plant.hash == rounds.plantHashOf(round, attempt, true, salt)
                && attestation.versionHash == rounds.plantedVersionOf(round, attempt, salt)
                && revealed == rounds.attestationHash(attestation),
            Disputes_NoOffence(validator)
        );
        _once(keccak256(abi.encode("lazy", round, attempt, validator)), validator);
        emit LazinessShown(round, attempt, validator);
        _ruin(validator, msg.sender);
    }

    /// @inheritdoc IDisputes
    function slashSilent(uint64 round, address validator) external {
        IRoundManager rounds = _rounds();
        Round memory entry = rounds.roundOf(round);
        (bytes32 commitment, bytes32 revealed) = rounds.ballotOf(round, entry.attempt, validator);
        require(
            commitment != bytes32(0) && revealed == bytes32(0) && _hadTimeToReveal(rounds, entry),
            Disputes_NoOffence(validator)
        );
        _once(keccak256(abi.encode("silent", round, entry.attempt, validator)), validator);
        emit SilenceShown(round, entry.attempt, validator);
        _slash(validator, _bond() / HUNDREDTH, msg.sender);
    }

    /// @inheritdoc IDisputes
    function slashSealed(uint64 round, uint32 attempt) external {
        Plant memory plant = _rounds().plantOf(round, attempt);
        address coordinator = operators().coordinatorOf(plant.epoch);
        require(
            plant.state == PlantState.Sealed && block.timestamp > plant.dueAt, Disputes_NoOffence(coordinator)
        );
        _once(keccak256(abi.encode("sealed", round, attempt)), coordinator);
        emit SealedPlantShown(round, attempt, coordinator);
        _slash(coordinator, _bond() / TENTH, msg.sender);
    }

    /// @inheritdoc IDisputes
    function manager() public view returns (address) {
        return CloneArgs.addressAt(0);
    }

    /// @inheritdoc IDisputes
    function operators() public view returns (IOperators) {
        return IOperators(CloneArgs.addressAt(1));
    }

    /// What each operator puts down; a copy of `operators.bond()`, which never changes. Wei.
    function _bond() internal view returns (uint256) {
        return CloneArgs.uintAt(2);
    }

    /// A whole bond, and its vote counts no longer in an attempt that is not final.
    function _ruin(address validator, address reporter) internal {
        _slash(validator, _bond(), reporter);
        _rounds().dropVote(validator);
    }

    function _slash(address operator, uint256 amount, address reporter) internal {
        // How much there was to take is in the event; an offence is over all the same.
        // slither-disable-next-line unused-return
        operators().slash(operator, amount, reporter);
    }

    function _rounds() internal view returns (IRoundManager) {
        return IRoundManager(manager());
    }

    function _once(bytes32 offence, address account) private {
        require(!_paidFor[offence], Disputes_NoOffence(account));
        _paidFor[offence] = true;
    }

    /// After agreement: until its window began, counted up to the attempt's end. Without one: a whole commit period after
    /// the last step, when reveals had begun and nothing but time ended the attempt.
    function _hadTimeToReveal(IRoundManager rounds, Round memory entry) private view returns (bool) {
        bool lapsed = entry.status == Status.Void && entry.voidReason == VoidReason.Deadline;
        if (entry.agreed == bytes32(0)) {
            return lapsed && entry.revealCount != 0 && entry.deadline >= entry.movedAt + rounds.commitPeriod();
        }
        uint256 until = entry.status == Status.Void && !lapsed ? entry.movedAt : block.timestamp;
        return until >= entry.finalisableAt - rounds.challengeWindow();
    }
}
