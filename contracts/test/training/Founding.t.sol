// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { BatchRegistry } from "../../src/data/BatchRegistry.sol";
import { DeviceRegistry } from "../../src/device/DeviceRegistry.sol";
import { Alliance } from "../../src/training/Alliance.sol";
import { IRoundManager } from "../../src/training/IRoundManager.sol";
import { RoundManager } from "../../src/training/RoundManager.sol";
import { Config, Validator } from "../../src/training/RoundTypes.sol";
import { World } from "../support/World.sol";

/// constructor: every bound refused just outside it; operators sound; the pool waits for this address
/// setCoordinator, setValidators: only the owner; from the next attempt; former epochs stay
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
        vm.assertEq(manager.coordinator(), coordinator, "coordinator");
        vm.assertEq(manager.k(), 2, "k");
        vm.assertEq(manager.validators().length, 3, "n");
        vm.assertEq(manager.validators()[2].account, vm.addr(validatorKeys[2]), "third validator");
        vm.assertEq(manager.validators()[2].sealingKey, founding.validators[2].sealingKey, "third key");
        vm.assertEq(manager.challengeWindow(), WINDOW, "window");
        vm.assertEq(manager.bond(), 0, "bond");
        vm.assertEq(manager.seedDelay(), 2, "seed delay");
        vm.assertEq(manager.commitPeriod(), COMMIT_PERIOD, "commit period");
        vm.assertEq(manager.operatorShareBps(), BPS, "operators' part");
        vm.assertEq(manager.genesisVersion(), GENESIS, "genesis");
        vm.assertEq(manager.currentVersion(), GENESIS, "current");
        vm.assertFalse(manager.isFinalVersion(GENESIS), "nobody attested the genesis");
        vm.assertEq(manager.taskHash(), founding.taskHash, "task");
        vm.assertEq(address(manager.alliance()), address(alliance), "alliance");
        vm.assertEq(manager.operatorsEpoch(), 1, "epoch");
    }

    function test_parametersOutOfBoundsRevert() public {
        Config memory bad = config();
        bad.bond = 1;
        expectBadConfig(bad, "bond", 1);
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

    function test_quorumsThatCouldSplitRevert() public {
        expectBadQuorum(1, 3);
        expectBadQuorum(2, 4);
        expectBadQuorum(4, 3);
        expectBadQuorum(0, 0);
        expectBadQuorum(1, 0);
        expectBadQuorum(17, 33);
        expectBadQuorum(type(uint32).max, 3);
        setValidators(1, keys(1));
        setValidators(3, keys(4));
        setValidators(17, keys(32));
        vm.assertEq(manager.validators().length, 32, "n");
    }

    function test_validatorsNamedTwiceOrZeroOrCoordinatingRevert() public {
        Validator[] memory set = validatorSet(keys(3));
        set[2].account = set[0].account;
        expectBadValidator(set, set[0].account);
        set[2].account = address(0);
        expectBadValidator(set, address(0));
        set[2].account = coordinator;
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_BadCoordinator.selector, coordinator)
        );
        vm.prank(founder);
        manager.setValidators(2, set);
        address validator = vm.addr(validatorKeys[1]);
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_BadCoordinator.selector, validator));
        vm.prank(founder);
        manager.setCoordinator(validator);
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_BadCoordinator.selector, address(0))
        );
        vm.prank(founder);
        manager.setCoordinator(address(0));
    }

    function test_onlyTheOwnerNamesOperators() public {
        vm.prank(coordinator);
        vm.expectPartialRevert(bytes4(keccak256("OwnableUnauthorizedAccount(address)")));
        manager.setCoordinator(vm.addr(5));
        vm.prank(coordinator);
        vm.expectPartialRevert(bytes4(keccak256("OwnableUnauthorizedAccount(address)")));
        manager.setValidators(2, validatorSet(keys(3)));
    }

    function test_ownershipMovesInTwoSteps() public {
        address timelock = vm.addr(9);
        vm.prank(founder);
        manager.transferOwnership(timelock);
        vm.assertEq(manager.owner(), founder, "still the founder");
        vm.prank(timelock);
        manager.acceptOwnership();
        vm.assertEq(manager.owner(), timelock, "owner");
    }

    function test_changesOfOperatorsMakeAnEpoch() public {
        address next = vm.addr(0xC1);
        vm.expectEmit(address(manager));
        emit IRoundManager.OperatorsSet(2, next, 2, validatorSet(validatorKeys));
        vm.prank(founder);
        manager.setCoordinator(next);
        setValidators(3, keys(5));
        vm.assertEq(manager.operatorsEpoch(), 3, "epoch");
        vm.assertEq(manager.coordinator(), next, "coordinator");
        vm.assertEq(manager.validators().length, 5, "n");
        (address first, uint32 k, Validator[] memory set) = manager.operatorsOf(1);
        vm.assertEq(first, coordinator, "first coordinator");
        vm.assertEq(k, 2, "first k");
        vm.assertEq(set.length, 3, "first n");
    }

    function test_roundUnderWayKeepsItsOperators() public {
        uint64 round = openRound(0);
        vm.prank(founder);
        manager.setCoordinator(vm.addr(0xC1));
        setValidators(1, keys(1));
        commitData(round);
        seed(round);
        closeRound(round);
        seed(round);
        agree(attestation(round));
        manager.finalise(attestation(round), 0, 0, 0, 0);
        vm.assertEq(manager.currentVersion(), attestation(round).versionHash, "version");
        bytes32 version = manager.currentVersion();
        vm.expectRevert(
            abi.encodeWithSelector(
                IRoundManager.RoundManager_NotCoordinator.selector, coordinator, vm.addr(0xC1)
            )
        );
        vm.prank(coordinator);
        manager.open("plan", version, 0, NOW + 1 days);
    }

    function keys(uint256 n) private pure returns (uint256[] memory list) {
        list = new uint256[](n);
        for (uint256 i = 0; i < n; ++i) {
            list[i] = 0x1000 + i;
        }
    }

    function setValidators(uint32 k, uint256[] memory list) private {
        vm.prank(founder);
        manager.setValidators(k, validatorSet(list));
    }

    function expectBadConfig(Config memory bad, bytes32 parameter, uint256 value) private {
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_BadConfig.selector, parameter, value)
        );
        new RoundManager(bad);
    }

    function expectBadQuorum(uint32 k, uint256 n) private {
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_BadQuorum.selector, uint256(k), n));
        setValidators(k, keys(n));
    }

    function expectBadValidator(Validator[] memory set, address account) private {
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_BadValidator.selector, account));
        vm.prank(founder);
        manager.setValidators(2, set);
    }
}
