// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { BatchRegistry } from "../../src/data/BatchRegistry.sol";
import { DeviceRegistry } from "../../src/device/DeviceRegistry.sol";
import { Launch } from "../../src/ledger/LaunchTypes.sol";
import { Alliance } from "../../src/training/Alliance.sol";
import { IDisputes } from "../../src/training/IDisputes.sol";
import { IRoundManager } from "../../src/training/IRoundManager.sol";
import { IModelToken } from "../../src/value/IModelToken.sol";
import { IRewardPool } from "../../src/value/IRewardPool.sol";
import { World } from "../support/World.sol";

/// FoundingRules: every bound refused just outside it; bonds stay in reach, and idleness is patient, long enough;
/// emission fits the cap; all parts rest on one registry of devices
contract FoundingTest is World {
    constructor() {
        deployModel();
    }

    function test_viewsTellTheFounding() public view {
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
        vm.assertEq(manager.taskHash(), keccak256("task"), "task");
        vm.assertEq(address(manager.alliance()), address(alliance), "alliance");
    }

    function test_partsNameEachOther() public view {
        vm.assertEq(pool.manager(), address(manager), "pool");
        vm.assertEq(address(pool.token()), address(token), "its token");
        vm.assertEq(token.minter(), address(pool), "minter");
        vm.assertEq(operators.manager(), address(manager), "operators");
        vm.assertEq(operators.disputes(), address(disputes), "their disputes");
        vm.assertEq(disputes.manager(), address(manager), "disputes");
        vm.assertEq(address(disputes.operators()), address(operators), "their operators");
        vm.assertEq(operators.bond(), BOND, "bond");
        vm.assertEq(operators.unbondingPeriod(), unbonding, "unbonding");
        vm.assertEq(operators.idlePeriod(), idle, "idle");
        vm.assertEq(disputes.floor(), FLOOR, "floor");
        vm.assertEq(disputes.hearingPeriod(), HEARING, "hearing");
        vm.assertEq(pool.governance(), founder, "governance");
    }

    function test_parametersOutOfBoundsRevert() public {
        Launch memory bad = launchTerms();
        bad.rounds.coinPerToken = 0;
        expectBadConfig(bad, "coinPerToken", 0);
        bad.rounds.coinPerToken = 2 ** 96 + 1;
        expectBadConfig(bad, "coinPerToken", 2 ** 96 + 1);
        bad = launchTerms();
        bad.rounds.challengeWindow = 30 days + 1;
        expectBadConfig(bad, "challengeWindow", 30 days + 1);
        bad = launchTerms();
        bad.rounds.commitPeriod = 7 days + 1;
        expectBadConfig(bad, "commitPeriod", 7 days + 1);
        bad = launchTerms();
        bad.rounds.seedDelay = 0;
        expectBadConfig(bad, "seedDelay", 0);
        bad.rounds.seedDelay = 129;
        expectBadConfig(bad, "seedDelay", 129);
        bad = launchTerms();
        bad.rounds.operatorShareBps = 1001;
        expectBadConfig(bad, "operatorShareBps", 1001);
        bad = launchTerms();
        bad.rounds.genesisVersion = 0;
        expectBadConfig(bad, "genesisVersion", 0);
        bad = launchTerms();
        bad.rounds.batchRegistry = new BatchRegistry(new DeviceRegistry());
        expectBadConfig(bad, "batchRegistry", uint160(address(bad.rounds.batchRegistry)));
    }

    function test_anAllianceThatIsThereIsTakenAsItIs() public {
        Launch memory terms = launchTerms();
        Alliance former = alliance;
        terms.alliance.existing = former;
        launch(terms);
        vm.assertEq(address(manager.alliance()), address(former), "the same");
    }

    function test_allianceOverOtherDevicesReverts() public {
        Launch memory bad = launchTerms();
        bad.rounds.deviceRegistry = new DeviceRegistry();
        bad.rounds.batchRegistry = new BatchRegistry(bad.rounds.deviceRegistry);
        bad.alliance.existing = alliance;
        expectBadConfig(bad, "alliance", uint160(address(alliance)));
    }

    function test_impatientPartsRevert() public {
        uint256 settling = COMMIT_PERIOD + 2 * HEARING;
        unbonding = uint64(30 days + settling + 2 days - 1);
        expectBadConfig(launchTerms(), "unbondingPeriod", unbonding);
        unbonding += 1;
        idle = uint64(settling - 1);
        expectBadConfig(launchTerms(), "idlePeriod", idle);
        idle += 1;
        deployModel();
        vm.assertEq(operators.idlePeriod(), idle, "just patient enough");
    }

    function test_disputesOutOfBoundsRevert() public {
        expectBadDisputes(59, FLOOR, "hearingPeriod", 59);
        expectBadDisputes(7 days + 1, FLOOR, "hearingPeriod", 7 days + 1);
        expectBadDisputes(60, 0, "floor", 0);
        expectBadDisputes(60, BOND + 1, "floor", BOND + 1);
    }

    function test_capOutOfBoundsReverts() public {
        expectBadCap(0);
        expectBadCap(2 ** 104);
    }

    function test_scheduleOutOfBoundsReverts() public {
        Launch memory bad = launchTerms();
        bad.schedule.ratePerSecond = 0;
        expectBadSchedule(bad);
        bad.schedule.ratePerSecond = 2 ** 128;
        expectBadSchedule(bad);
        bad = launchTerms();
        bad.schedule.ceiling = 0;
        expectBadSchedule(bad);
        bad.schedule.ceiling = CAP + 1;
        expectBadSchedule(bad);
        bad = launchTerms();
        bad.schedule.tailRatePerSecond = 1;
        expectBadSchedule(bad);
        (bad.schedule.halvingPeriod, bad.schedule.tailRatePerSecond) = (1 days, RATE + 1);
        expectBadSchedule(bad);
        bad.schedule.tailRatePerSecond = RATE;
        launch(bad);
    }

    function test_startOfZeroIsTheSecondOfTheLaunch() public {
        Launch memory terms = launchTerms();
        terms.schedule.start = 0;
        launch(terms);
        vm.assertEq(pool.schedule().start, NOW, "start");
    }

    function expectBadCap(uint256 cap) private {
        Launch memory bad = launchTerms();
        bad.token.cap = cap;
        vm.expectRevert(abi.encodeWithSelector(IModelToken.ModelToken_BadCap.selector, cap));
        factory.launch(bad);
    }

    function expectBadSchedule(Launch memory bad) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IRewardPool.RewardPool_BadSchedule.selector,
                bad.schedule.ratePerSecond,
                bad.schedule.ceiling,
                CAP
            )
        );
        factory.launch(bad);
    }

    function expectBadDisputes(uint64 hearing, uint256 floor, bytes32 parameter, uint256 value) private {
        Launch memory bad = launchTerms();
        (bad.disputes.hearingPeriod, bad.disputes.floor) = (hearing, floor);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_BadConfig.selector, parameter, value));
        factory.launch(bad);
    }

    function expectBadConfig(Launch memory bad, bytes32 parameter, uint256 value) private {
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_BadConfig.selector, parameter, value)
        );
        factory.launch(bad);
    }
}
