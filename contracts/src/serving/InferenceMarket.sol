// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IFeeSplitters } from "./IFeeSplitters.sol";
import { IOnchainModels } from "./IOnchainModels.sol";
import { MarketAnswers } from "./MarketAnswers.sol";
import { MarketBook } from "./MarketBook.sol";

/// @notice See {IInferenceMarket}, which is the manual.
contract InferenceMarket is MarketAnswers {
    /// @param registry_ where versions' code lies
    /// @param splitters_ who knows rulers, vaults and parts
    constructor(IOnchainModels registry_, IFeeSplitters splitters_) MarketBook(registry_, splitters_) { }
}
