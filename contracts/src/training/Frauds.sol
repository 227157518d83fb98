// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IRewardPool } from "../value/IRewardPool.sol";
import { Attestation, AttestationTypes } from "./AttestationTypes.sol";
import { ClaimLeaf, ClosedUpdate, IFrauds, ValueOpening } from "./IFrauds.sol";
import { Offences } from "./Offences.sol";
import { OrderedTree } from "./OrderedTree.sol";
import { Round, Status, VoidReason } from "./RoundTypes.sol";
import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title What a contract decides by itself
/// @notice See {IFrauds}, which is the manual.
abstract contract Frauds is Offences {
    /// @inheritdoc IFrauds
    function showOverpaid(Attestation calldata attestation, ValueOpening calldata value) external {
        Round memory entry = _requireAgreed(attestation, value);
        IRewardPool pool = _rounds().pool();
        uint256 minted = value.minted;
        // In this order: only an amount within the budget can be added to.
        bool broken = minted > entry.budget
            || minted + _rounds().operatorPartOf(attestation.round, minted) > entry.budget
            || value.claimsTotal != pool.contributorsMinted() + minted || (minted != 0 && value.gain <= 0)
            || (minted == 0 ? value.claimsRoot != pool.claimsRoot() : value.claimsRoot == bytes32(0));
        require(broken, Disputes_NoFraud("overpaid"));
        _condemn(attestation.round, entry, "overpaid");
    }

    /// @inheritdoc IFrauds
    function showFallen(
        Attestation calldata attestation,
        ValueOpening calldata value,
        ClaimLeaf calldata former,
        ClaimLeaf calldata present
    )
        external
    {
        Round memory entry = _requireAgreed(attestation, value);
        _requireLeaf(former, _rounds().pool().claimsRoot());
        _requireLeaf(present, value.claimsRoot);
        require(
            former.account == present.account && present.cumulative < former.cumulative,
            Disputes_NoFraud("fallen")
        );
        _condemn(attestation.round, entry, "fallen");
    }

    /// @inheritdoc IFrauds
    function showVanished(
        Attestation calldata attestation,
        ValueOpening calldata value,
        ClaimLeaf calldata former,
        ClaimLeaf calldata below,
        ClaimLeaf calldata above
    )
        external
    {
        Round memory entry = _requireAgreed(attestation, value);
        _requireLeaf(former, _rounds().pool().claimsRoot());
        // Where the one ends and the other begins; the two ends of the tree stand for a neighbour that is not there.
        uint256 end = 0;
        uint256 begin = value.claimsTotal;
        bool between = former.cumulative != 0;
        if (below.account != address(0)) {
            _requireLeaf(below, value.claimsRoot);
            between = between && below.account < former.account;
            end = below.runningSum;
        }
        if (above.account != address(0)) {
            _requireLeaf(above, value.claimsRoot);
            between = between && former.account < above.account && above.runningSum >= above.cumulative;
            if (between) begin = above.runningSum - above.cumulative;
        }
        bool anyLeaf = below.account != address(0) || above.account != address(0);
        require(between && anyLeaf && end == begin, Disputes_NoFraud("vanished"));
        _condemn(attestation.round, entry, "vanished");
    }

    /// @inheritdoc IFrauds
    function showOverlap(
        Attestation calldata attestation,
        ValueOpening calldata value,
        ClaimLeaf calldata a,
        ClaimLeaf calldata b
    )
        external
    {
        Round memory entry = _requireAgreed(attestation, value);
        _requireLeaf(a, value.claimsRoot);
        _requireLeaf(b, value.claimsRoot);
        bool broken = _isOutside(a, value.claimsTotal) || _isOutside(b, value.claimsTotal);
        if (!broken) {
            if (a.account < b.account) broken = b.runningSum - b.cumulative < a.runningSum;
            else if (b.account < a.account) broken = a.runningSum - a.cumulative < b.runningSum;
            else broken = a.cumulative != b.cumulative || a.runningSum != b.runningSum;
        }
        require(broken, Disputes_NoFraud("overlap"));
        _condemn(attestation.round, entry, "overlap");
    }

    /// @inheritdoc IFrauds
    function showForgedUpdate(uint64 round, ClosedUpdate calldata update) external {
        Round memory entry = _rounds().roundOf(round);
        bytes memory leaf = abi.encodePacked(update.contributor, update.digest, keccak256(update.signature));
        require(
            OrderedTree.holds(entry.updatesRoot, leaf, update.place),
            Disputes_NotUnderRoot(update.contributor)
        );
        // Contributors sign with keys: what a contract would say could change after the set was closed.
        (address signer,,) = ECDSA.tryRecoverCalldata(update.digest, update.signature);
        require(signer != update.contributor || signer == address(0), Disputes_NoFraud("forged"));
        _rounds().annul(round, VoidReason.ForgedUpdate);
        emit ForgeryShown(round, entry.attempt, msg.sender, update.contributor);
        _slash(operators().coordinatorOf(entry.operatorsEpoch), _bond(), msg.sender);
    }

    /// Voids the round, and a whole bond of each that attested what was agreed.
    function _condemn(uint64 round, Round memory entry, bytes32 kind) private {
        _rounds().annul(round, VoidReason.Fraud);
        emit FraudShown(round, entry.attempt, msg.sender, kind);
        (, address[] memory validators) = operators().accountsOf(entry.operatorsEpoch);
        for (uint256 i = 0; i < validators.length; ++i) {
            if (_attested(round, entry.attempt, validators[i], entry.agreed)) {
                _slash(validators[i], _bond(), msg.sender);
            }
        }
    }

    function _attested(
        uint64 round,
        uint32 attempt,
        address validator,
        bytes32 digest
    )
        internal
        view
        returns (bool)
    {
        (, bytes32 revealed) = _rounds().ballotOf(round, attempt, validator);
        return revealed == digest;
    }

    function _requireAgreed(
        Attestation calldata attestation,
        ValueOpening calldata value
    )
        private
        view
        returns (Round memory entry)
    {
        entry = _rounds().roundOf(attestation.round);
        bytes32 digest = _rounds().attestationHash(attestation);
        require(
            (entry.status == Status.Attested || entry.status == Status.Challenged) && digest == entry.agreed,
            Disputes_NotAgreed(attestation.round, digest)
        );
        bytes32 valueRoot =
            AttestationTypes.valueRootOf(value.claimsRoot, value.claimsTotal, value.minted, value.gain);
        require(valueRoot == attestation.valueRoot, Disputes_WrongValue(attestation.valueRoot));
    }

    function _requireLeaf(ClaimLeaf calldata leaf, bytes32 root) private pure {
        bytes32 hashed =
            keccak256(bytes.concat(keccak256(abi.encode(leaf.account, leaf.cumulative, leaf.runningSum))));
        require(MerkleProof.verifyCalldata(leaf.proof, root, hashed), Disputes_NotUnderRoot(leaf.account));
    }

    function _isOutside(ClaimLeaf calldata leaf, uint256 total) private pure returns (bool) {
        return leaf.runningSum < leaf.cumulative || leaf.runningSum > total;
    }
}
