// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { BatchRegistry } from "../../src/data/BatchRegistry.sol";
import { DeviceRegistry } from "../../src/device/DeviceRegistry.sol";
import { Alliance } from "../../src/training/Alliance.sol";
import { Disputes } from "../../src/training/Disputes.sol";
import { IDisputes } from "../../src/training/IDisputes.sol";
import { OperatorsConfig } from "../../src/training/IOperators.sol";
import { IRoundManager } from "../../src/training/IRoundManager.sol";
import { Operators } from "../../src/training/Operators.sol";
import { RoundManager } from "../../src/training/RoundManager.sol";
import { Config } from "../../src/training/RoundTypes.sol";
import { World } from "../support/World.sol";

/// constructors of RoundManager and Disputes: every bound refused just outside it; all parts wait for this address and
/// name each other; bonds stay in reach, and idleness is patient, long enough
contract FoundingTest is World {
    constructor() {
        deployModel();
    }

    function test_viewsTellTheFounding() public view {
        Config memory founding = config();
        vm.assertEq(manager.owner(), founder, "owner");
        vm.assertEq(address(manager.deviceRegistry()), address(devices), "devices");
        vm.assertEq(address(manager.batchRegistry()), address(batches), "batches");
        vm.assertEq(address(manager.pool()), address(pool), "pool");
        vm.assertEq(address(manager.operators()), address(operators), "operators");
        vm.assertEq(address(manager.disputes()), address(disputes), "disputes");
        vm.assertEq(manager.coinPerToken(), COIN_PER_TOKEN, "coin for a token");
        vm.assertEq(manager.challengeWindow(), 0, "window");
        vm.assertEq(manager.lastMoveAt(), 0, "no move yet");
        vm.assertEq(manager.seedDelay(), 2, "seed delay");
        vm.assertEq(manager.commitPeriod(), COMMIT_PERIOD, "commit period");
        vm.assertEq(manager.operatorShareBps(), BPS, "operators' part");
        vm.assertEq(manager.genesisVersion(), GENESIS, "genesis");
        vm.assertEq(manager.currentVersion(), GENESIS, "current");
        vm.assertFalse(manager.isFinalVersion(GENESIS), "nobody attested the genesis");
        vm.assertEq(manager.taskHash(), founding.taskHash, "task");
        vm.assertEq(address(manager.alliance()), address(alliance), "alliance");
    }

    function test_parametersOutOfBoundsRevert() public {
        Config memory bad = config();
        bad.coinPerToken = 0;
        expectBadConfig(bad, "coinPerToken", 0);
        bad.coinPerToken = 2 ** 96 + 1;
        expectBadConfig(bad, "coinPerToken", 2 ** 96 + 1);
        bad = config();
        bad.challengeWindow = 30 days + 1;
        expectBadConfig(bad, "challengeWindow", 30 days + 1);
        bad = config();
        bad.commitPeriod = 7 days + 1;
        expectBadConfig(bad, "commitPeriod", 7 days + 1);
        bad = config();
        bad.seedDelay = 0;
        expectBadConfig(bad, "seedDelay", 0);
        bad.seedDelay = 129;
        expectBadConfig(bad, "seedDelay", 129);
        bad = config();
        bad.operatorShareBps = 1001;
        expectBadConfig(bad, "operatorShareBps", 1001);
        bad = config();
        bad.genesisVersion = 0;
        expectBadConfig(bad, "genesisVersion", 0);
        bad = config();
        bad.batchRegistry = new BatchRegistry(new DeviceRegistry());
        expectBadConfig(bad, "batchRegistry", uint160(address(bad.batchRegistry)));
    }

    function test_allianceOverOtherDevicesReverts() public {
        Config memory bad = config();
        bad.alliance =
            new Alliance(founder, new DeviceRegistry(), new address[](0), new address[](0), POLICY, TERMS);
        expectBadConfig(bad, "alliance", uint160(address(bad.alliance)));
    }

    function test_poolOfAnotherManagerReverts() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                IRoundManager.RoundManager_NotPoolManager.selector, address(pool), address(manager)
            )
        );
        new RoundManager(config());
    }

    function test_operatorsOrDisputesOfAnotherManagerRevert() public {
        Config memory bad = otherParts();
        bad.operators = operators;
        expectNotItsManager(bad, address(operators), operators.manager());
        bad = otherParts();
        bad.disputes = disputes;
        expectNotItsManager(bad, address(disputes), disputes.manager());
    }

    function test_partsThatDoNotNameEachOtherRevert() public {
        uint256 nonce = vm.getNonce(address(this));
        OperatorsConfig memory founding = operatorsConfig();
        founding.manager = vm.computeCreateAddress(address(this), nonce + 4);
        founding.disputes = vm.computeCreateAddress(address(this), nonce + 2);
        Operators other = new Operators(founding);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDisputes.Disputes_BadConfig.selector, bytes32("operators"), uint160(address(other))
            )
        );
        new Disputes(founding.manager, other, HEARING, FLOOR);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDisputes.Disputes_BadConfig.selector, bytes32("manager"), uint160(address(this))
            )
        );
        new Disputes(address(this), other, HEARING, FLOOR);
    }

    function test_impatientPartsRevert() public {
        uint256 settling = COMMIT_PERIOD + 2 * HEARING;
        unbonding = uint64(30 days + settling + 2 days - 1);
        deployPartsOfNextManager();
        expectBadConfig(config(), "unbondingPeriod", unbonding);
        unbonding += 1;
        idle = uint64(settling - 1);
        deployPartsOfNextManager();
        expectBadConfig(config(), "idlePeriod", idle);
        idle += 1;
        deployModel();
        vm.assertEq(address(manager.operators()), address(operators), "just patient enough");
    }

    function test_disputesOutOfBoundsRevert() public {
        deployPartsOfNextManager();
        expectBadDisputes(59, FLOOR, "hearingPeriod", 59);
        expectBadDisputes(7 days + 1, FLOOR, "hearingPeriod", 7 days + 1);
        expectBadDisputes(60, 0, "floor", 0);
        expectBadDisputes(60, BOND + 1, "floor", BOND + 1);
    }

    /// A pool for the next manager, and a config that differs from the founded model in nothing else.
    function otherParts() private returns (Config memory founding) {
        (Operators formerOperators, Disputes formerDisputes) = (operators, disputes);
        deployPartsOfNextManager();
        founding = config();
        (operators, disputes) = (formerOperators, formerDisputes);
    }

    function expectNotItsManager(Config memory bad, address part, address itsManager) private {
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_NotItsManager.selector, part, itsManager)
        );
        new RoundManager(bad);
    }

    function expectBadDisputes(uint64 hearing, uint256 floor, bytes32 parameter, uint256 value) private {
        uint256 nonce = vm.getNonce(address(this));
        OperatorsConfig memory founding = operatorsConfig();
        founding.manager = address(this);
        founding.disputes = vm.computeCreateAddress(address(this), nonce + 1);
        Operators fresh = new Operators(founding);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_BadConfig.selector, parameter, value));
        new Disputes(address(this), fresh, hearing, floor);
    }

    function expectBadConfig(Config memory bad, bytes32 parameter, uint256 value) private {
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_BadConfig.selector, parameter, value)
        );
        new RoundManager(bad);
    }
}
