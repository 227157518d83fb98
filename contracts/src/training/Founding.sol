// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IBatchRegistry } from "../data/IBatchRegistry.sol";
import { IDeviceRegistry } from "../device/IDeviceRegistry.sol";
import { IRewardPool } from "../value/IRewardPool.sol";
import { IAlliance } from "./IAlliance.sol";
import { IDisputes } from "./IDisputes.sol";
import { IOperators } from "./IOperators.sol";
import { IRoundManager } from "./IRoundManager.sol";
import { Config } from "./RoundTypes.sol";

/// @title What a model is founded with and can never change
/// @notice The half of `RoundManager` that is read only: its bounds are checked once, here.
abstract contract Founding is IRoundManager {
    uint256 internal constant MAX_ROUND_SECONDS = 30 days;
    uint256 private constant MAX_COMMIT_SECONDS = 7 days;
    uint256 private constant MAX_SEED_DELAY = 128;
    uint256 private constant MAX_OPERATOR_BPS = 1000;
    uint256 private constant MAX_COIN_PER_TOKEN = 2 ** 96;

    /// How long an agreed result waits for somebody to finalise it, and a plant for its coordinator, in seconds.
    uint64 internal constant GRACE = 1 days;

    /// @inheritdoc IRoundManager
    IDeviceRegistry public immutable deviceRegistry;
    /// @inheritdoc IRoundManager
    IBatchRegistry public immutable batchRegistry;
    /// @inheritdoc IRoundManager
    IRewardPool public immutable pool;
    /// @inheritdoc IRoundManager
    IOperators public immutable operators;
    /// @inheritdoc IRoundManager
    IDisputes public immutable disputes;
    /// @inheritdoc IRoundManager
    uint256 public immutable coinPerToken;
    /// @inheritdoc IRoundManager
    uint64 public immutable challengeWindow;
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

    /// What each operator puts down; a copy of `operators.bond()`, which never changes. Wei.
    uint256 internal immutable _bond;

    constructor(Config memory config) {
        _requireBounds(config);
        _requireOneDeviceRegistry(config);
        _requireParts(config);
        _requirePatience(config);
        deviceRegistry = config.deviceRegistry;
        batchRegistry = config.batchRegistry;
        pool = config.pool;
        operators = config.operators;
        disputes = config.disputes;
        _bond = config.operators.bond();
        coinPerToken = config.coinPerToken;
        challengeWindow = config.challengeWindow;
        seedDelay = config.seedDelay;
        commitPeriod = config.commitPeriod;
        operatorShareBps = config.operatorShareBps;
        genesisVersion = config.genesisVersion;
        taskHash = config.taskHash;
        alliance = config.alliance;
    }

    function _requireBounds(Config memory config) private pure {
        require(
            config.coinPerToken != 0 && config.coinPerToken <= MAX_COIN_PER_TOKEN,
            RoundManager_BadConfig("coinPerToken", config.coinPerToken)
        );
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
    }

    function _requireOneDeviceRegistry(Config memory config) private view {
        require(
            address(config.batchRegistry.deviceRegistry()) == address(config.deviceRegistry),
            RoundManager_BadConfig("batchRegistry", uint160(address(config.batchRegistry)))
        );
        require(
            address(config.alliance.deviceRegistry()) == address(config.deviceRegistry),
            RoundManager_BadConfig("alliance", uint160(address(config.alliance)))
        );
    }

    /// This contract is created last: what is founded wrongly never has a manager, so nothing can be minted or bonded for.
    function _requireParts(Config memory config) private view {
        require(
            config.pool.manager() == address(this),
            RoundManager_NotPoolManager(address(config.pool), config.pool.manager())
        );
        require(
            config.operators.manager() == address(this),
            RoundManager_NotItsManager(address(config.operators), config.operators.manager())
        );
        require(
            config.disputes.manager() == address(this),
            RoundManager_NotItsManager(address(config.disputes), config.disputes.manager())
        );
        require(
            config.operators.disputes() == address(config.disputes)
                && address(config.disputes.operators()) == address(config.operators),
            RoundManager_BadConfig("disputes", uint160(address(config.disputes)))
        );
    }

    /// A bond stays in reach for as long as what was done under it can be shown, and no coordinator is replaced for what
    /// validators, a window or a hearing take.
    function _requirePatience(Config memory config) private view {
        uint256 settling = uint256(config.commitPeriod) + config.challengeWindow + 2
            * uint256(config.disputes.hearingPeriod());
        uint64 unbonding = config.operators.unbondingPeriod();
        require(
            unbonding >= MAX_ROUND_SECONDS + settling + 2 * GRACE,
            RoundManager_BadConfig("unbondingPeriod", unbonding)
        );
        uint64 idle = config.operators.idlePeriod();
        require(idle >= settling, RoundManager_BadConfig("idlePeriod", idle));
    }
}
