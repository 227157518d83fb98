// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import { MessageHashUtils } from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @title Answers signed by k of n operators, checked by the contract that uses them
/// @notice An answer is an EIP-712 `Prediction` in the domain of the model's `RoundManager` (name "Andel", version "1").
/// The hashes of question and answer are made here, from what the caller uses, and never taken from anybody. Many answers
/// under one signature are a `PredictionBatch`; neither type's signature counts as the other's.
///
/// WHO SIGNS. Signatures come in ascending order of their signers, so that k of them are k operators; `isOperator` says
/// who is one, and is the consumer's. All sign the same message, the times included.
///
/// WHEN. A prediction counts from `issuedAt` to `validUntil`, both included, and no longer than `maxAge` seconds.
///
/// REPLAY. The same prediction counts as often as it is shown until then. Whoever pays by it marks {digest} as used.
/// k signatures say who answered, not that the question is true.
library SignedPredictions {
    /// @param model the model's `RoundManager`
    /// @param version hash of the version's integer parameters
    /// @param issuedAt unix seconds
    /// @param validUntil unix seconds, that second included
    struct Claim {
        address model;
        bytes32 version;
        uint64 issuedAt;
        uint64 validUntil;
    }

    /// @param separator EIP-712 separator of the model's domain
    /// @param threshold k: operators that must have signed, at least 1
    /// @param maxAge seconds
    struct Terms {
        bytes32 separator;
        uint256 threshold;
        uint256 maxAge;
    }

    /// @notice keccak256 of the EIP-712 type.
    bytes32 internal constant TYPE_HASH = keccak256(
        "Prediction(address model,bytes32 version,bytes32 inputHash,bytes32 outputHash,uint64 issuedAt,uint64 validUntil)"
    );

    /// @notice keccak256 of the EIP-712 type of many answers.
    bytes32 internal constant BATCH_TYPE_HASH = keccak256(
        "PredictionBatch(address model,bytes32 version,bytes32 inputsHash,bytes32 outputsHash,uint64 issuedAt,uint64 validUntil)"
    );

    uint256 private constant SIGNATURE_SIZE = 65;

    /// @notice Not exactly `threshold` signatures of 65 bytes, or a threshold of zero.
    error SignedPredictions_BadCount(uint256 length, uint256 threshold);

    /// @notice Dated after this block.
    error SignedPredictions_NotYet(uint64 issuedAt);

    /// @notice Past its end, or older than the consumer takes.
    error SignedPredictions_Stale(uint64 issuedAt, uint64 validUntil);

    /// @notice The signer of signature `index` is no operator, or does not come after the one before.
    error SignedPredictions_BadSigner(uint256 index, address signer);

    /// @notice The EIP-712 digest of an answer: what operators sign, and what marks it as used.
    function digest(
        bytes32 separator,
        Claim memory claim,
        bytes memory question,
        int256 answer
    )
        internal
        pure
        returns (bytes32)
    {
        bytes32 content = keccak256(
            abi.encode(
                TYPE_HASH,
                claim.model,
                claim.version,
                keccak256(question),
                keccak256(abi.encode(answer)),
                claim.issuedAt,
                claim.validUntil
            )
        );
        return MessageHashUtils.toTypedDataHash(separator, content);
    }

    /// @notice The EIP-712 digest of many answers under one signature.
    /// @param questions one after another, all of the length that the version takes
    /// @param answers one after another, all of as many words as the version gives
    function batchDigest(
        bytes32 separator,
        Claim memory claim,
        bytes memory questions,
        int256[] memory answers
    )
        internal
        pure
        returns (bytes32)
    {
        bytes32 content = keccak256(
            abi.encode(
                BATCH_TYPE_HASH,
                claim.model,
                claim.version,
                keccak256(questions),
                keccak256(abi.encodePacked(answers)),
                claim.issuedAt,
                claim.validUntil
            )
        );
        return MessageHashUtils.toTypedDataHash(separator, content);
    }

    /// @notice Reverts unless `threshold` operators signed that this model answers `question` with `answer`, now.
    /// @param signatures 65 bytes r, s, v each, in ascending order of their signers
    /// @param isOperator whether an address is one of the n
    /// @return signed the digest, for a consumer that marks it as used
    function requireSigned(
        Terms memory terms,
        Claim memory claim,
        bytes memory question,
        int256 answer,
        bytes calldata signatures,
        function(address) view returns (bool) isOperator
    )
        internal
        view
        returns (bytes32 signed)
    {
        signed = digest(terms.separator, claim, question, answer);
        _requireSigners(terms, claim, signed, signatures, isOperator);
    }

    /// @notice Reverts unless `threshold` operators signed that this model answers `questions` with `answers`, now.
    /// How long a question is, and so which words answer it, the consumer knows of its version; nobody signs it.
    /// @param signatures 65 bytes r, s, v each, in ascending order of their signers
    /// @param isOperator whether an address is one of the n
    /// @return signed the digest, for a consumer that marks it as used
    function requireSignedBatch(
        Terms memory terms,
        Claim memory claim,
        bytes memory questions,
        int256[] memory answers,
        bytes calldata signatures,
        function(address) view returns (bool) isOperator
    )
        internal
        view
        returns (bytes32 signed)
    {
        signed = batchDigest(terms.separator, claim, questions, answers);
        _requireSigners(terms, claim, signed, signatures, isOperator);
    }

    function _requireSigners(
        Terms memory terms,
        Claim memory claim,
        bytes32 signed,
        bytes calldata signatures,
        function(address) view returns (bool) isOperator
    )
        private
        view
    {
        uint256 count = terms.threshold;
        require(
            count != 0 && signatures.length == count * SIGNATURE_SIZE,
            SignedPredictions_BadCount(signatures.length, count)
        );
        require(claim.issuedAt <= block.timestamp, SignedPredictions_NotYet(claim.issuedAt));
        require(
            block.timestamp <= claim.validUntil && block.timestamp - claim.issuedAt <= terms.maxAge,
            SignedPredictions_Stale(claim.issuedAt, claim.validUntil)
        );
        address last = address(0);
        for (uint256 i = 0; i < count; ++i) {
            bytes calldata one = signatures[i * SIGNATURE_SIZE:(i + 1) * SIGNATURE_SIZE];
            address signer = ECDSA.recover(signed, uint8(one[64]), bytes32(one[:32]), bytes32(one[32:64]));
            require(signer > last && isOperator(signer), SignedPredictions_BadSigner(i, signer));
            last = signer;
        }
    }
}
