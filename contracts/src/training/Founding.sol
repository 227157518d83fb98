// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IBatchRegistry } from "../data/IBatchRegistry.sol";
import { IDeviceRegistry } from "../device/IDeviceRegistry.sol";
import { IRewardPool } from "../value/IRewardPool.sol";
import { IAlliance } from "./IAlliance.sol";
import { IRoundManager } from "./IRoundManager.sol";
import { Config } from "./RoundTypes.sol";

/// @title What a model is founded with and can never change
/// @notice The half of `RoundManager` that is read only: its bounds are checked once, here.
abstract contract Founding is IRoundManager {
    uint256 internal constant MAX_ROUND_SECONDS = 30 days;
    uint256 private constant MAX_COMMIT_SECONDS = 7 days;
    uint256 private constant MAX_SEED_DELAY = 128;
    uint256 private constant MAX_OPERATOR_BPS = 1000;

    /// @inheritdoc IRoundManager
    IDeviceRegistry public immutable deviceRegistry;
    /// @inheritdoc IRoundManager
    IBatchRegistry public immutable batchRegistry;
    /// @inheritdoc IRoundManager
    IRewardPool public immutable pool;
    /// @inheritdoc IRoundManager
    uint64 public immutable challengeWindow;
    /// @inheritdoc IRoundManager
    uint256 public immutable bond;
    /// @inheritdoc IRoundManager
    uint32 public immutable seedDelay;
    /// @inheritdoc IRoundManager
    uint64 public immutable commitPeriod;
    /// @inheritdoc IRoundManager
    uint32 public immutable operatorShareBps;
    /// @inheritdoc IRoundManager
    bytes32 public immutable genesisVersion;
    /// @inheritdoc IRoundManager
    bytes32 public immutable taskHash;
    /// @inheritdoc IRoundManager
    IAlliance public immutable alliance;

    constructor(Config memory config) {
        require(config.bond == 0, RoundManager_BadConfig("bond", config.bond));
        require(
            config.challengeWindow <= MAX_ROUND_SECONDS,
            RoundManager_BadConfig("challengeWindow", config.challengeWindow)
        );
        require(
            config.commitPeriod <= MAX_COMMIT_SECONDS,
            RoundManager_BadConfig("commitPeriod", config.commitPeriod)
        );
        require(
            config.seedDelay != 0 && config.seedDelay <= MAX_SEED_DELAY,
            RoundManager_BadConfig("seedDelay", config.seedDelay)
        );
        require(
            config.operatorShareBps <= MAX_OPERATOR_BPS,
            RoundManager_BadConfig("operatorShareBps", config.operatorShareBps)
        );
        require(config.genesisVersion != bytes32(0), RoundManager_BadConfig("genesisVersion", 0));
        require(
            address(config.batchRegistry.deviceRegistry()) == address(config.deviceRegistry),
            RoundManager_BadConfig("batchRegistry", uint160(address(config.batchRegistry)))
        );
        require(
            address(config.alliance.deviceRegistry()) == address(config.deviceRegistry),
            RoundManager_BadConfig("alliance", uint160(address(config.alliance)))
        );
        require(
            config.pool.manager() == address(this),
            RoundManager_NotPoolManager(address(config.pool), config.pool.manager())
        );
        deviceRegistry = config.deviceRegistry;
        batchRegistry = config.batchRegistry;
        pool = config.pool;
        challengeWindow = config.challengeWindow;
        bond = config.bond;
        seedDelay = config.seedDelay;
        commitPeriod = config.commitPeriod;
        operatorShareBps = config.operatorShareBps;
        genesisVersion = config.genesisVersion;
        taskHash = config.taskHash;
        alliance = config.alliance;
    }
}
