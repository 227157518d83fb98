// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IOnchainModel } from "./IOnchainModel.sol";
import { IPredictionLog } from "./IPredictionLog.sol";

/// @notice See {IPredictionLog}, which is the manual.
contract PredictionLog is IPredictionLog {
    /// @inheritdoc IPredictionLog
    IOnchainModel public immutable registry;

    /// @inheritdoc IPredictionLog
    bytes32 public immutable modelId;

    /// @param registry_ where the model answers
    /// @param model the model's `RoundManager`
    constructor(IOnchainModel registry_, address model) {
        registry = registry_;
        modelId = bytes32(uint256(uint160(model)));
    }

    /// @inheritdoc IPredictionLog
    function ask(bytes calldata input) external returns (int256 answer) {
        answer = registry.predict(modelId, input);
        emit Answered(msg.sender, keccak256(input), answer);
    }
}
