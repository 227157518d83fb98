// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice EIP-712 written a second time, from the type strings, to test the contracts against.
library TypedData {
    string internal constant DATA_COMMITMENT =
        "DataCommitment(address model,uint64 round,uint32 attempt,bytes32 planHash,bytes32 batchesHash)";
    string internal constant UPDATE =
        "Update(address model,uint64 round,uint32 attempt,bytes32 planHash,bytes32 updateHash,bytes32 batchesHash,uint32 weight)";
    string internal constant GROUP_KEYS =
        "GroupKeys(address model,uint64 round,uint32 attempt,bytes32 planHash,bytes32 maskKey,bytes32 shareKey,bytes32 seedHash)";
    string internal constant GROUP_SURVIVORS =
        "GroupSurvivors(address model,uint64 round,uint32 attempt,bytes32 planHash,bytes32 rosterHash,bytes32 survivorsHash)";
    string internal constant DISCLOSURE =
        "Disclosure(address model,uint64 round,bytes32 updateHash,bytes32 batchesHash,bytes32 disclosureHash)";
    string internal constant ATTESTATION =
        "Attestation(address model,uint64 round,uint32 attempt,bytes32 planHash,bytes32 updatesRoot,bytes32 versionHash,bytes32 valueRoot,bytes32 stateHash,int64 evaluation,bytes32 evidenceHash)";
    string internal constant PREDICTION =
        "Prediction(address model,bytes32 version,bytes32 inputHash,bytes32 outputHash,uint64 issuedAt,uint64 validUntil)";
    string internal constant PREDICTION_BATCH =
        "PredictionBatch(address model,bytes32 version,bytes32 inputsHash,bytes32 outputsHash,uint64 issuedAt,uint64 validUntil)";
    string internal constant CONTENT_PUT =
        "ContentPut(address model,bytes32 digest,uint64 size,uint64 deadline)";
    string internal constant BATCH_ENTRIES =
        "BatchEntries(address owner,bytes32 entriesHash,uint64 deadline)";
    string internal constant DEVICE_CLAIM =
        "DeviceClaim(address device,address owner,uint32 timestamp,uint64 deadline)";
    string internal constant DEVICE_TRANSFER =
        "DeviceTransfer(address device,address owner,address to,uint256 nonce,uint64 deadline)";
    string internal constant DEVICE_RELEASE =
        "DeviceRelease(address device,address owner,uint256 nonce,uint64 deadline)";
    string internal constant DEVICE_REVOCATION =
        "DeviceRevocation(address device,address owner,uint256 nonce,uint64 deadline)";
    string internal constant PASS_TRANSFER =
        "PassTransfer(address model,address holder,address to,uint256 nonce,uint64 deadline)";
    string internal constant PASS_USE = "PassUse(address model,address holder,address server,uint64 until)";
    string internal constant TERMS_ACCEPTANCE =
        "TermsAcceptance(address owner,bytes32 termsHash,uint256 nonce,uint64 deadline)";
    string internal constant TERMS_WITHDRAWAL =
        "TermsWithdrawal(address owner,bytes32 termsHash,uint64 until,uint256 nonce,uint64 deadline)";
    string internal constant NODE_DELEGATION =
        "NodeDelegation(address model,address owner,bytes32 keyX,bytes32 keyY,uint64 until)";
    string internal constant OFFERING_PURCHASE =
        "OfferingPurchase(address buyer,uint256 amount,uint256 nonce,uint64 deadline)";
    string internal constant PASS_PURCHASE =
        "PassPurchase(address model,bytes32 plan,address holder,bytes32 termsHash,address token,uint256 most,uint256 nonce,uint64 deadline)";
    string internal constant EVALUATION =
        "Evaluation(address model,uint64 round,uint32 attempt,bytes32 planHash,bytes32 versionHash,uint32 rows,uint64 missed,uint64 moved)";
    string internal constant PUBLICATION =
        "Publication(address model,bytes32 version,bytes32 modelFileHash,bytes32 codeHash)";
    string internal constant BALLOT = "Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)";

    function domainSeparator(uint256 chainId, address verifier) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Andel"),
                keccak256("1"),
                chainId,
                verifier
            )
        );
    }

    /// `fields` is the message's fields, one 32-byte word each, in the type's order.
    function digest(
        bytes32 separator,
        string memory encodeType,
        bytes memory fields
    )
        internal
        pure
        returns (bytes32)
    {
        bytes32 structHash = keccak256(bytes.concat(keccak256(bytes(encodeType)), fields));
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    function digestHere(
        address verifier,
        string memory encodeType,
        bytes memory fields
    )
        internal
        view
        returns (bytes32)
    {
        return digest(domainSeparator(block.chainid, verifier), encodeType, fields);
    }
}
