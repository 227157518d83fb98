// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Implementations } from "../../src/ledger/LaunchTypes.sol";
import { ModelFactory } from "../../src/ledger/ModelFactory.sol";
import { PredictionLog } from "../../src/serving/PredictionLog.sol";
import { Alliance } from "../../src/training/Alliance.sol";
import { Disputes } from "../../src/training/Disputes.sol";
import { Operators } from "../../src/training/Operators.sol";
import { RoundManager } from "../../src/training/RoundManager.sol";
import { Schedule } from "../../src/value/IRewardPool.sol";
import { ModelToken } from "../../src/value/ModelToken.sol";
import { RewardPool } from "../../src/value/RewardPool.sol";
import { Base } from "./Base.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";

/// @notice A factory with all its implementations, and single clones for tests that are about one contract.
abstract contract Clone is Base {
    /// Seven implementations for the factory that follows them.
    function newFactory() internal returns (ModelFactory) {
        return new ModelFactory(newImplementations(7));
    }

    /// Implementations for the factory that is created `ahead` creations after now.
    function newImplementations(uint256 ahead) internal returns (Implementations memory parts) {
        address future = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + ahead);
        parts.manager = address(new RoundManager());
        parts.token = address(new ModelToken(future));
        parts.pool = address(new RewardPool());
        parts.operators = address(new Operators(future));
        parts.disputes = address(new Disputes());
        parts.alliance = address(new Alliance(future));
        parts.predictionLog = address(new PredictionLog());
    }

    /// A token whose minter is `minter`; this contract is its factory.
    function newToken(uint256 cap, address minter) internal returns (ModelToken token) {
        return tokenOf(address(new ModelToken(address(this))), cap, minter);
    }

    /// A token and its pool, whose manager and governance is this contract.
    function newPool(
        uint256 cap,
        Schedule memory schedule
    )
        internal
        returns (ModelToken token, RewardPool pool)
    {
        address tokens = address(new ModelToken(address(this)));
        address pools = address(new RewardPool());
        address future = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        token = tokenOf(tokens, cap, future);
        pool = RewardPool(
            Clones.cloneWithImmutableArgs(pools, abi.encode(token, address(this), address(this), schedule))
        );
    }

    function newLog(address registry, address model) internal returns (PredictionLog) {
        return PredictionLog(
            Clones.cloneWithImmutableArgs(address(new PredictionLog()), abi.encode(registry, model))
        );
    }

    function tokenOf(address implementation, uint256 cap, address minter) private returns (ModelToken token) {
        address none = address(0);
        bytes memory words = abi.encode(minter, address(this), none, cap, minter, none, none);
        token = ModelToken(Clones.cloneWithImmutableArgs(implementation, words));
        token.initialize("Andel Test", "AT", "");
    }
}
