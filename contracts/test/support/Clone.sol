// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IDeviceRegistry } from "../../src/device/IDeviceRegistry.sol";
import { FounderVesting } from "../../src/ledger/FounderVesting.sol";
import { Implementations } from "../../src/ledger/LaunchTypes.sol";
import { ModelFactory } from "../../src/ledger/ModelFactory.sol";
import { ModelGovernor } from "../../src/ledger/ModelGovernor.sol";
import { ModelOffering } from "../../src/ledger/ModelOffering.sol";
import { ModelPolicy } from "../../src/ledger/ModelPolicy.sol";
import { ModelTimelock } from "../../src/ledger/ModelTimelock.sol";
import { RevenueVault } from "../../src/ledger/RevenueVault.sol";
import { PredictionLog } from "../../src/serving/PredictionLog.sol";
import { Alliance } from "../../src/training/Alliance.sol";
import { Disputes } from "../../src/training/Disputes.sol";
import { Operators } from "../../src/training/Operators.sol";
import { RoundManager } from "../../src/training/RoundManager.sol";
import { Schedule } from "../../src/value/IRewardPool.sol";
import { ModelToken } from "../../src/value/ModelToken.sol";
import { RewardPool } from "../../src/value/RewardPool.sol";
import { Base } from "./Base.sol";
import { Ownerships } from "./OwnershipSet.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";

/// @notice A factory with all its implementations, and single clones for tests that are about one contract.
abstract contract Clone is Base {
    /// Thirteen implementations for the factory that follows them.
    function newFactory() internal returns (ModelFactory) {
        return new ModelFactory(newImplementations(13));
    }

    /// Implementations for the factory that is created `ahead` creations after now.
    function newImplementations(uint256 ahead) internal returns (Implementations memory parts) {
        address future = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + ahead);
        parts.manager = address(new RoundManager());
        parts.token = address(new ModelToken());
        parts.pool = address(new RewardPool());
        parts.operators = address(new Operators(future));
        parts.disputes = address(new Disputes());
        parts.alliance = address(new Alliance(future));
        parts.predictionLog = address(new PredictionLog());
        parts.vault = address(new RevenueVault());
        parts.offering = address(new ModelOffering(future));
        parts.timelock = address(new ModelTimelock(future));
        parts.governor = address(new ModelGovernor(future));
        parts.policy = address(new ModelPolicy(future));
        parts.vesting = address(new FounderVesting(future));
    }

    /// An alliance over `devices`; this contract is its factory.
    function newAlliance(
        address owner,
        IDeviceRegistry devices,
        address[] memory listers,
        address[] memory admitted,
        bytes32 policyHash,
        bytes32 termsHash
    )
        internal
        returns (Alliance made)
    {
        address implementation = address(new Alliance(address(this)));
        made = Alliance(Clones.cloneWithImmutableArgs(implementation, abi.encode(devices)));
        made.initialize(owner, listers, admitted, policyHash, termsHash);
    }

    /// A token whose minter is `minter`, with a vault of its own.
    function newToken(uint256 cap, address minter) internal returns (ModelToken token) {
        return Ownerships.token(cap > type(uint104).max ? type(uint104).max : cap, minter);
    }

    /// A token and its pool, whose manager and governance is this contract.
    function newPool(
        uint256 cap,
        Schedule memory schedule
    )
        internal
        returns (ModelToken token, RewardPool pool)
    {
        address pools = address(new RewardPool());
        address future = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        token = newToken(cap, future);
        pool = RewardPool(
            Clones.cloneWithImmutableArgs(pools, abi.encode(token, address(this), address(this), schedule))
        );
    }

    function newLog(address registry, address model) internal returns (PredictionLog) {
        return PredictionLog(
            Clones.cloneWithImmutableArgs(address(new PredictionLog()), abi.encode(registry, model))
        );
    }
}
