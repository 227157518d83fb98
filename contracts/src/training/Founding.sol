// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IBatchRegistry } from "../data/IBatchRegistry.sol";
import { IDeviceRegistry } from "../device/IDeviceRegistry.sol";
import { CloneArgs } from "../ledger/CloneArgs.sol";
import { IRewardPool } from "../value/IRewardPool.sol";
import { IAlliance } from "./IAlliance.sol";
import { IDisputes } from "./IDisputes.sol";
import { IOperators } from "./IOperators.sol";
import { IRoundManager } from "./IRoundManager.sol";

/// @title What a model is founded with and can never change
/// @notice The half of `RoundManager` that is read only. A clone; its words are, from 0: deviceRegistry, batchRegistry,
/// pool, operators, disputes, alliance, bond, coinPerToken, challengeWindow, seedDelay, commitPeriod, operatorShareBps,
/// genesisVersion, taskHash, publisher (zero: the owner). `FoundingRules` has checked their bounds.
abstract contract Founding is IRoundManager {
    uint256 internal constant MAX_ROUND_SECONDS = 30 days;

    /// How long an agreed result waits for somebody to finalise it, and a plant for its coordinator, in seconds.
    uint64 internal constant GRACE = 1 days;

    /// @inheritdoc IRoundManager
    function deviceRegistry() external view returns (IDeviceRegistry) {
        return IDeviceRegistry(CloneArgs.addressAt(0));
    }

    /// @inheritdoc IRoundManager
    function batchRegistry() external view returns (IBatchRegistry) {
        return IBatchRegistry(CloneArgs.addressAt(1));
    }

    /// @inheritdoc IRoundManager
    function alliance() external view returns (IAlliance) {
        return IAlliance(CloneArgs.addressAt(5));
    }

    /// @inheritdoc IRoundManager
    function taskHash() external view returns (bytes32) {
        return CloneArgs.word(13);
    }

    /// @inheritdoc IRoundManager
    function pool() public view returns (IRewardPool) {
        return IRewardPool(CloneArgs.addressAt(2));
    }

    /// @inheritdoc IRoundManager
    function operators() public view returns (IOperators) {
        return IOperators(CloneArgs.addressAt(3));
    }

    /// @inheritdoc IRoundManager
    function disputes() public view returns (IDisputes) {
        return IDisputes(CloneArgs.addressAt(4));
    }

    /// @inheritdoc IRoundManager
    function coinPerToken() public view returns (uint256) {
        return CloneArgs.uintAt(7);
    }

    /// @inheritdoc IRoundManager
    function challengeWindow() public view returns (uint64) {
        return uint64(CloneArgs.uintAt(8));
    }

    /// @inheritdoc IRoundManager
    function seedDelay() public view returns (uint32) {
        return uint32(CloneArgs.uintAt(9));
    }

    /// @inheritdoc IRoundManager
    function commitPeriod() public view returns (uint64) {
        return uint64(CloneArgs.uintAt(10));
    }

    /// @inheritdoc IRoundManager
    function operatorShareBps() public view returns (uint32) {
        return uint32(CloneArgs.uintAt(11));
    }

    /// @inheritdoc IRoundManager
    function genesisVersion() public view returns (bytes32) {
        return CloneArgs.word(12);
    }

    /// What each operator puts down; a copy of `operators.bond()`, which never changes. Wei.
    function _bond() internal view returns (uint256) {
        return CloneArgs.uintAt(6);
    }
}
