// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { CloneArgs } from "../ledger/CloneArgs.sol";
import { IOnchainModel } from "./IOnchainModel.sol";
import { IPredictionLog } from "./IPredictionLog.sol";

/// @notice See {IPredictionLog}, which is the manual. A clone; its words are: 0 registry, 1 the model's `RoundManager`.
contract PredictionLog is IPredictionLog {
    /// @inheritdoc IPredictionLog
    function ask(bytes calldata input) external returns (int256 answer) {
        answer = registry().predict(modelId(), input);
        emit Answered(msg.sender, keccak256(input), answer);
    }

    /// @inheritdoc IPredictionLog
    function registry() public view returns (IOnchainModel) {
        return IOnchainModel(CloneArgs.addressAt(0));
    }

    /// @inheritdoc IPredictionLog
    function modelId() public view returns (bytes32) {
        return CloneArgs.word(1);
    }
}
