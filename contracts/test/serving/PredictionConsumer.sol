// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { SignedPredictions } from "../../src/serving/SignedPredictions.sol";

/// @notice The least that uses a signed answer: it knows its operators and checks what it is shown.
contract PredictionConsumer {
    mapping(address account => bool) private _operators;
    bytes32 private immutable SEPARATOR;
    uint256 private immutable THRESHOLD;

    constructor(bytes32 separator, uint256 threshold, address[] memory operators) {
        SEPARATOR = separator;
        THRESHOLD = threshold;
        for (uint256 i = 0; i < operators.length; ++i) {
            _operators[operators[i]] = true;
        }
    }

    function check(
        SignedPredictions.Claim calldata claim,
        bytes calldata question,
        int256 answer,
        bytes calldata signatures
    )
        external
        view
        returns (bytes32)
    {
        SignedPredictions.Terms memory terms = SignedPredictions.Terms(SEPARATOR, THRESHOLD, 1 hours);
        return SignedPredictions.requireSigned(terms, claim, question, answer, signatures, _isOperator);
    }

    function checkBatch(
        SignedPredictions.Claim calldata claim,
        bytes calldata questions,
        int256[] calldata answers,
        bytes calldata signatures
    )
        external
        view
        returns (bytes32)
    {
        SignedPredictions.Terms memory terms = SignedPredictions.Terms(SEPARATOR, THRESHOLD, 1 hours);
        return SignedPredictions.requireSignedBatch(terms, claim, questions, answers, signatures, _isOperator);
    }

    function _isOperator(address account) private view returns (bool) {
        return _operators[account];
    }
}
