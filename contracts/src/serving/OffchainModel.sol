// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IOperators } from "../training/IOperators.sol";
import { IRoundManager } from "../training/IRoundManager.sol";
import { IOffchainModel, IPredictionGateway } from "./IOffchainModel.sol";
import { SignedPredictions } from "./SignedPredictions.sol";

/// @notice See `IOffchainModel`.
contract OffchainModel is IOffchainModel {
    uint256 private constant MAX_INPUT = 64 * 32;
    uint256 private constant MAX_OPERATORS = 32;
    uint256 private constant MAX_URLS = 8;
    uint256 private constant MAX_URL = 256;
    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    /// @inheritdoc IOffchainModel
    address public immutable model;
    /// @inheritdoc IOffchainModel
    uint64 public immutable maxAge;
    /// Zero: the model's own operators sign.
    uint256 private immutable STATED_THRESHOLD;
    IOperators private immutable OPERATORS;

    string[] private _urls;
    mapping(address account => bool) private _stated;

    /// @param model_ the model's `RoundManager`
    /// @param maxAge_ seconds, at least 60: answers are dated by whole minutes
    /// @param urls_ 1 to 8 gateways of at most 256 bytes
    /// @param threshold_ zero: the model's own validators and k; else how many of `operators_`
    /// @param operators_ who may sign, at most 32, all different; none with a threshold of zero
    constructor(
        address model_,
        uint64 maxAge_,
        string[] memory urls_,
        uint256 threshold_,
        address[] memory operators_
    ) {
        require(maxAge_ >= 60 && maxAge_ <= 366 days, OffchainModel_BadConfig("maxAge", maxAge_));
        require(urls_.length != 0 && urls_.length <= MAX_URLS, OffchainModel_BadConfig("urls", urls_.length));
        uint256 count = operators_.length;
        require(count <= MAX_OPERATORS, OffchainModel_BadConfig("operators", count));
        require(
            threshold_ == 0 ? count == 0 : threshold_ <= count && 2 * threshold_ > count,
            OffchainModel_BadConfig("threshold", threshold_)
        );
        for (uint256 i = 0; i < urls_.length; ++i) {
            uint256 length = bytes(urls_[i]).length;
            require(length != 0 && length <= MAX_URL, OffchainModel_BadConfig("url", length));
            _urls.push(urls_[i]);
        }
        for (uint256 i = 0; i < count; ++i) {
            require(
                operators_[i] != address(0) && !_stated[operators_[i]], OffchainModel_BadConfig("operator", i)
            );
            _stated[operators_[i]] = true;
        }
        require(model_ != address(0), OffchainModel_BadConfig("model", 0));
        (model, maxAge, STATED_THRESHOLD) = (model_, maxAge_, threshold_);
        OPERATORS = threshold_ == 0 ? IRoundManager(model_).operators() : IOperators(address(0));
    }

    /// @inheritdoc IOffchainModel
    function predict(bytes32 modelId, bytes calldata input) external view returns (int256) {
        return _lookUp(modelId, 0, maxAge, input);
    }

    /// @inheritdoc IOffchainModel
    function predictWithin(
        bytes32 modelId,
        bytes32 version,
        uint64 age,
        bytes calldata input
    )
        external
        view
        returns (int256)
    {
        return _lookUp(modelId, version, age, input);
    }

    /// @inheritdoc IOffchainModel
    function answered(
        bytes calldata response,
        bytes calldata extraData
    )
        external
        view
        returns (int256 answer)
    {
        (bytes32 modelId, bytes32 version, uint64 age, bytes memory input) =
            abi.decode(extraData, (bytes32, bytes32, uint64, bytes));
        require(modelId == _id(), OffchainModel_OtherModel(modelId, _id()));
        (answer,) = _check(version, age, input, response);
    }

    /// @inheritdoc IOffchainModel
    function check(
        bytes32 version,
        uint64 age,
        bytes calldata input,
        bytes calldata response
    )
        external
        view
        returns (int256 answer, bytes32 digest)
    {
        return _check(version, age, input, response);
    }

    /// @inheritdoc IOffchainModel
    function threshold() public view returns (uint256 k) {
        if (STATED_THRESHOLD != 0) return STATED_THRESHOLD;
        (, k,,) = OPERATORS.operatorsOf(OPERATORS.operatorsEpoch());
    }

    /// @inheritdoc IOffchainModel
    function isOperator(address account) external view returns (bool) {
        return _isOperator(account);
    }

    /// @inheritdoc IOffchainModel
    function urls() external view returns (string[] memory) {
        return _urls;
    }

    /// Always reverts; the return value is there because callers read this function's type.
    function _lookUp(
        bytes32 modelId,
        bytes32 version,
        uint64 age,
        bytes calldata input
    )
        private
        view
        returns (int256)
    {
        require(modelId == _id(), OffchainModel_OtherModel(modelId, _id()));
        _requireAsked(age, input.length);
        revert OffchainLookup(
            address(this),
            _urls,
            abi.encodeCall(IPredictionGateway.answerOf, (modelId, version, threshold(), input)),
            IOffchainModel.answered.selector,
            abi.encode(modelId, version, age, input)
        );
    }

    function _check(
        bytes32 version,
        uint64 age,
        bytes memory input,
        bytes calldata response
    )
        private
        view
        returns (int256 answer, bytes32 digest)
    {
        _requireAsked(age, input.length);
        SignedPredictions.Claim memory claim;
        bytes memory signatures;
        (claim, answer, signatures) = abi.decode(response, (SignedPredictions.Claim, int256, bytes));
        require(
            claim.model == model && (version == 0 || claim.version == version),
            OffchainModel_OtherVersion(claim.model, claim.version)
        );
        digest = this.verify(claim, age, input, answer, signatures);
    }

    /// @notice Not for use from outside: `SignedPredictions` reads signatures from call data.
    function verify(
        SignedPredictions.Claim calldata claim,
        uint64 age,
        bytes calldata input,
        int256 answer,
        bytes calldata signatures
    )
        external
        view
        returns (bytes32)
    {
        SignedPredictions.Terms memory terms = SignedPredictions.Terms(_separator(), threshold(), age);
        return SignedPredictions.requireSigned(terms, claim, input, answer, signatures, _isOperator);
    }

    function _requireAsked(uint64 age, uint256 length) private view {
        require(age != 0 && age <= maxAge, OffchainModel_BadAge(age, maxAge));
        require(length != 0 && length <= MAX_INPUT && length % 32 == 0, OffchainModel_BadInput(length));
    }

    function _isOperator(address account) private view returns (bool) {
        if (STATED_THRESHOLD != 0) return _stated[account];
        (bool isValidator, bool isBonded) = OPERATORS.standingOf(OPERATORS.operatorsEpoch(), account);
        return isValidator && isBonded;
    }

    /// Made at each check: a fork of the chain is another domain.
    function _separator() private view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPE, keccak256("Andel"), keccak256("1"), block.chainid, model));
    }

    function _id() private view returns (bytes32) {
        return bytes32(uint256(uint160(model)));
    }
}
