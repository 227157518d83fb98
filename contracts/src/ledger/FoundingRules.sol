// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IDisputes } from "../training/IDisputes.sol";
import { IOperators } from "../training/IOperators.sol";
import { IRoundManager } from "../training/IRoundManager.sol";
import { IModelToken } from "../value/IModelToken.sol";
import { IRewardPool, Schedule } from "../value/IRewardPool.sol";
import { IModelFactory } from "./IModelFactory.sol";
import { Launch, OperatorTerms, RoundTerms } from "./LaunchTypes.sol";

/// @title The bounds that every model keeps
/// @notice Checked once, before a launch creates anything. What no launch can choose (that parts name one another) is not
/// checked here: the factory makes it so.
library FoundingRules {
    uint256 private constant MAX_ROUND_SECONDS = 30 days;
    uint256 private constant MAX_COMMIT_SECONDS = 7 days;
    uint256 private constant MAX_SEED_DELAY = 128;
    uint256 private constant MAX_OPERATOR_BPS = 1000;
    uint256 private constant MAX_COIN_PER_TOKEN = 2 ** 96;
    uint256 private constant MAX_PERIOD = 365 days;
    uint256 private constant MIN_HEARING_SECONDS = 1 minutes;
    uint256 private constant MAX_HEARING_SECONDS = 7 days;
    uint256 private constant MAX_ALLOCATIONS = 16;
    uint256 private constant MIN_SHORTEST = 1 minutes;
    uint256 private constant MAX_SHORTEST = 30 days;
    uint256 private constant BPS = 10_000;

    /// How long an agreed result waits for somebody to finalise it, and a plant for its coordinator, in seconds.
    uint256 private constant GRACE = 1 days;

    /// @notice Reverts with the error of the contract whose bound is not kept.
    function requireKept(Launch calldata terms) internal view {
        _requireSupply(terms);
        _requireOperators(terms.operators);
        _requireDisputes(terms);
        _requireRounds(terms.rounds);
        _requireOneDeviceRegistry(terms);
        _requirePatience(terms);
        _requireGovernance(terms);
    }

    /// A cap that counters can hold; an emission that begins, falls if it moves, and with all that the launch mints stays
    /// within the cap.
    function _requireSupply(Launch calldata terms) private pure {
        uint256 cap = terms.token.cap;
        require(cap != 0 && cap <= type(uint104).max, IModelToken.ModelToken_BadCap(cap));
        uint256 count = terms.allocations.length;
        _require(count <= MAX_ALLOCATIONS, "allocations", count);
        uint256 given = terms.offering.offered;
        _require(given <= cap, "offered", given);
        for (uint256 i = 0; i < count; ++i) {
            uint256 amount = terms.allocations[i].amount;
            _require(amount != 0 && amount <= cap - given, "amount", amount);
            given += amount;
        }
        Schedule calldata schedule = terms.schedule;
        (uint256 rate, uint256 tail) = (schedule.ratePerSecond, schedule.tailRatePerSecond);
        require(
            rate != 0 && rate <= type(uint128).max && schedule.ceiling != 0 && schedule.ceiling <= cap - given
                && tail <= (schedule.halvingPeriod == 0 ? 0 : rate),
            IRewardPool.RewardPool_BadSchedule(rate, schedule.ceiling, cap - given)
        );
        _require(terms.revenue.redeemableBps <= BPS, "redeemableBps", terms.revenue.redeemableBps);
    }

    /// What a governor and a timelock cannot check themselves, since it stands in their code.
    function _requireGovernance(Launch calldata terms) private pure {
        if (terms.owner != address(0)) return;
        uint256 shortest = terms.governance.shortest;
        _require(shortest >= MIN_SHORTEST && shortest <= MAX_SHORTEST, "shortest", shortest);
        uint256 quorum = terms.governance.quorumBps;
        _require(quorum != 0 && quorum <= BPS, "quorumBps", quorum);
        _require(terms.governance.vetoBps <= BPS, "vetoBps", terms.governance.vetoBps);
        _require(address(terms.registry) != address(0), "registry", 0);
    }

    function _require(bool kept, bytes32 parameter, uint256 value) private pure {
        require(kept, IModelFactory.ModelFactory_OutOfBounds(parameter, value));
    }

    function _requireOperators(OperatorTerms calldata terms) private pure {
        require(
            terms.bond != 0 && terms.bond <= type(uint128).max,
            IOperators.Operators_BadConfig("bond", terms.bond)
        );
        require(
            terms.unbondingPeriod <= MAX_PERIOD,
            IOperators.Operators_BadConfig("unbondingPeriod", terms.unbondingPeriod)
        );
        require(
            terms.idlePeriod <= MAX_PERIOD, IOperators.Operators_BadConfig("idlePeriod", terms.idlePeriod)
        );
    }

    function _requireDisputes(Launch calldata terms) private pure {
        uint256 hearing = terms.disputes.hearingPeriod;
        require(
            hearing >= MIN_HEARING_SECONDS && hearing <= MAX_HEARING_SECONDS,
            IDisputes.Disputes_BadConfig("hearingPeriod", hearing)
        );
        uint256 floor = terms.disputes.floor;
        require(floor != 0 && floor <= terms.operators.bond, IDisputes.Disputes_BadConfig("floor", floor));
    }

    function _requireRounds(RoundTerms calldata terms) private pure {
        require(
            terms.coinPerToken != 0 && terms.coinPerToken <= MAX_COIN_PER_TOKEN,
            IRoundManager.RoundManager_BadConfig("coinPerToken", terms.coinPerToken)
        );
        require(
            terms.challengeWindow <= MAX_ROUND_SECONDS,
            IRoundManager.RoundManager_BadConfig("challengeWindow", terms.challengeWindow)
        );
        require(
            terms.commitPeriod <= MAX_COMMIT_SECONDS,
            IRoundManager.RoundManager_BadConfig("commitPeriod", terms.commitPeriod)
        );
        require(
            terms.seedDelay != 0 && terms.seedDelay <= MAX_SEED_DELAY,
            IRoundManager.RoundManager_BadConfig("seedDelay", terms.seedDelay)
        );
        require(
            terms.operatorShareBps <= MAX_OPERATOR_BPS,
            IRoundManager.RoundManager_BadConfig("operatorShareBps", terms.operatorShareBps)
        );
        require(terms.genesisVersion != bytes32(0), IRoundManager.RoundManager_BadConfig("genesisVersion", 0));
    }

    function _requireOneDeviceRegistry(Launch calldata terms) private view {
        address devices = address(terms.rounds.deviceRegistry);
        require(
            address(terms.rounds.batchRegistry.deviceRegistry()) == devices,
            IRoundManager.RoundManager_BadConfig(
                "batchRegistry", uint160(address(terms.rounds.batchRegistry))
            )
        );
        address named = address(terms.alliance.existing);
        require(
            named == address(0) || address(terms.alliance.existing.deviceRegistry()) == devices,
            IRoundManager.RoundManager_BadConfig("alliance", uint160(named))
        );
    }

    /// A bond stays in reach for as long as what was done under it can be shown, and no coordinator is replaced for what
    /// validators, a window or a hearing take.
    function _requirePatience(Launch calldata terms) private pure {
        uint256 settling = uint256(terms.rounds.commitPeriod) + terms.rounds.challengeWindow + 2
            * uint256(terms.disputes.hearingPeriod);
        uint256 unbonding = terms.operators.unbondingPeriod;
        require(
            unbonding >= MAX_ROUND_SECONDS + settling + 2 * GRACE,
            IRoundManager.RoundManager_BadConfig("unbondingPeriod", unbonding)
        );
        uint256 idle = terms.operators.idlePeriod;
        require(idle >= settling, IRoundManager.RoundManager_BadConfig("idlePeriod", idle));
    }
}
