// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Attestation } from "../../src/training/AttestationTypes.sol";
import { IDisputes } from "../../src/training/IDisputes.sol";
import { IPlants, Plant, PlantState } from "../../src/training/IPlants.sol";
import { IRoundManager } from "../../src/training/IRoundManager.sol";
import { Status, VoidReason } from "../../src/training/RoundTypes.sol";
import { World } from "../support/World.sol";

/// plant: the coordinator, before the data, once. propose: an event. openPlant: when revealing is over, until it is due
/// ├── a test is void for good; whoever copied it loses its bond; whoever replays cannot be hurt
/// ├── a sealed plant keeps the attempt from being final and costs the coordinator
/// └── a validator that commits and never reveals pays a little
contract PlantsTest is World {
    bytes32 private constant SALT = "salt of the plant";

    address private reporter = vm.addr(0x5A);

    constructor() {
        (window, idle) = (1 days, 4 days);
        deployModel();
    }

    function test_plantIsForTheCoordinatorBeforeTheDataOnce() public {
        uint64 round = openRound(0);
        vm.expectPartialRevert(IRoundManager.RoundManager_NotCoordinator.selector);
        manager.plant(round, "hash");
        vm.expectPartialRevert(IRoundManager.RoundManager_EmptyHash.selector);
        vm.prank(coordinator);
        manager.plant(round, 0);
        uint64 dueAt = NOW + 1 days + COMMIT_PERIOD + window + 1 days;
        vm.expectEmit(address(manager));
        emit IPlants.AttemptPlanted(round, 0, "hash", dueAt);
        vm.prank(coordinator);
        manager.plant(round, "hash");
        vm.expectPartialRevert(IPlants.RoundManager_AlreadyPlanted.selector);
        vm.prank(coordinator);
        manager.plant(round, "other");
        Plant memory kept = manager.plantOf(round, 0);
        vm.assertEq(kept.hash, "hash", "hash");
        vm.assertEq(kept.dueAt, dueAt, "due");
        vm.assertEq(kept.epoch, 1, "epoch");
        vm.warp(manager.voidableAt(round));
        manager.void(round);
        round = openRound(0);
        commitData(round);
        vm.expectPartialRevert(IRoundManager.RoundManager_WrongStatus.selector);
        vm.prank(coordinator);
        manager.plant(round, "late");
    }

    function test_hashesSayWhatTheyAreOf() public view {
        vm.assertEq(
            manager.plantHashOf(7, 3, true, SALT),
            keccak256(
                abi.encode(
                    keccak256("andel.plant.1"),
                    block.chainid,
                    address(manager),
                    uint64(7),
                    uint32(3),
                    true,
                    SALT
                )
            ),
            "plant"
        );
        vm.assertEq(
            manager.plantedVersionOf(7, 3, SALT),
            keccak256(
                abi.encode(
                    keccak256("andel.planted-version.1"),
                    block.chainid,
                    address(manager),
                    uint64(7),
                    uint32(3),
                    SALT
                )
            ),
            "version"
        );
    }

    function test_proposalIsTheCoordinatorsWordOnly() public {
        uint64 round = planted(true);
        Attestation memory lie = copied(round);
        vm.expectPartialRevert(IRoundManager.RoundManager_NotCoordinator.selector);
        manager.propose(lie);
        vm.expectEmit(address(manager));
        emit IPlants.AttestationProposed(round, 0, lie);
        vm.prank(coordinator);
        manager.propose(lie);
        lie.attempt = 1;
        vm.expectPartialRevert(IRoundManager.RoundManager_ForeignAttestation.selector);
        vm.prank(coordinator);
        manager.propose(lie);
    }

    function test_sealedPlantKeepsAnAttemptFromBeingFinal() public {
        uint64 round = planted(false);
        Attestation memory result = attestation(round);
        agree(result);
        vm.warp(manager.roundOf(round).finalisableAt);
        vm.expectRevert(abi.encodeWithSelector(IRoundManager.RoundManager_PlantSealed.selector, round));
        manager.finalise(result, 0, 0, 0, 0);
        vm.expectPartialRevert(IPlants.RoundManager_WrongPlant.selector);
        manager.openPlant(round, true, SALT);
        vm.expectPartialRevert(IPlants.RoundManager_WrongPlant.selector);
        manager.openPlant(round, false, "another salt");
        vm.expectEmit(address(manager));
        emit IPlants.PlantOpened(round, 0, false, SALT);
        manager.openPlant(round, false, SALT);
        manager.finalise(result, 0, 0, 0, 0);
        vm.expectPartialRevert(IPlants.RoundManager_NotPlanted.selector);
        manager.openPlant(round, false, SALT);
    }

    function test_testIsVoidThoughAllAgree() public {
        uint64 round = planted(true);
        agree(attestation(round));
        vm.expectEmit(address(manager));
        emit IRoundManager.RoundVoided(round, 0, VoidReason.Test);
        manager.openPlant(round, true, SALT);
        vm.assertEq(uint256(manager.roundOf(round).voidReason), uint256(VoidReason.Test), "reason");
        Attestation memory result = attestation(round);
        vm.warp(block.timestamp + window);
        vm.expectPartialRevert(IRoundManager.RoundManager_WrongStatus.selector);
        manager.finalise(result, 0, 0, 0, 0);
        vm.prank(coordinator);
        manager.retry(round, "plan", uint64(block.timestamp) + 1 days);
        vm.assertEq(uint256(manager.plantOf(round, 1).state), uint256(PlantState.None), "a new attempt");
    }

    function test_nothingIsOpenedWhileSomebodyMayStillReveal() public {
        uint64 round = planted(true);
        Attestation memory result = attestation(round);
        expectTooEarly(round);
        for (uint256 i = 0; i < 3; ++i) {
            commit(validatorKeys[i], result);
        }
        reveal(validatorKeys[0], result);
        expectTooEarly(round);
        reveal(validatorKeys[1], result);
        expectTooEarly(round);
        vm.warp(block.timestamp + COMMIT_PERIOD - 1);
        expectTooEarly(round);
        vm.warp(block.timestamp + 1);
        manager.openPlant(round, true, SALT);
    }

    function test_withoutAgreementItIsOpenedAfterTheDeadline() public {
        uint64 round = planted(true);
        vm.warp(manager.roundOf(round).deadline);
        expectTooEarly(round);
        vm.warp(block.timestamp + 1);
        manager.openPlant(round, true, SALT);
        vm.assertEq(uint256(manager.roundOf(round).status), uint256(Status.Void), "void");
    }

    function test_whoeverCopiesATestLosesItsBond() public {
        uint64 round = planted(true);
        Attestation memory lie = copied(round);
        Attestation memory honest = attestation(round);
        commit(validatorKeys[0], lie);
        commit(validatorKeys[1], honest);
        commit(validatorKeys[2], lie);
        reveal(validatorKeys[0], lie);
        reveal(validatorKeys[1], honest);
        reveal(validatorKeys[2], lie);
        vm.assertEq(manager.roundOf(round).agreed, manager.attestationHash(lie), "the lazy agree");
        expectNoOffence(lie, validatorKeys[0]);
        manager.openPlant(round, true, SALT);
        vm.expectEmit(address(disputes));
        emit IDisputes.LazinessShown(round, 0, vm.addr(validatorKeys[0]));
        vm.prank(reporter);
        disputes.slashLazy(lie, vm.addr(validatorKeys[0]), SALT);
        vm.assertEq(bondedOf(vm.addr(validatorKeys[0])), 0, "a whole bond");
        vm.assertEq(operators.rewardOf(reporter), BOND / 2, "half is the reporter's");
        expectNoOffence(lie, validatorKeys[0]);
        expectNoOffence(lie, validatorKeys[1]);
        expectNoOffence(honest, validatorKeys[1]);
        disputes.slashLazy(lie, vm.addr(validatorKeys[2]), SALT);
        vm.assertEq(bondedOf(vm.addr(validatorKeys[1])), BOND, "who looked keeps its bond");
    }

    /// Whatever is planted, proposed and opened: who reveals another version than the planted one loses nothing.
    function testFuzz_coordinatorCannotHurtWhoReplays(
        bytes32 salt_,
        bytes32 otherSalt,
        bool isTest,
        bytes32 version
    )
        public
    {
        uint64 round = openRound(0);
        bytes32 hash = manager.plantHashOf(round, 0, isTest, salt_);
        vm.prank(coordinator);
        manager.plant(round, hash);
        finishUntilSeed2(round);
        Attestation memory honest = attestation(round);
        if (version != 0) honest.versionHash = version;
        vm.assume(version != manager.plantedVersionOf(round, 0, salt_));
        agree(honest);
        manager.openPlant(round, isTest, salt_);
        for (uint256 i = 0; i < 3; ++i) {
            address validator = vm.addr(validatorKeys[i]);
            vm.expectPartialRevert(IDisputes.Disputes_NoOffence.selector);
            disputes.slashLazy(honest, validator, salt_);
            vm.expectPartialRevert(IDisputes.Disputes_NoOffence.selector);
            disputes.slashLazy(honest, validator, otherSalt);
            Attestation memory lie = honest;
            lie.versionHash = manager.plantedVersionOf(round, 0, salt_);
            vm.expectPartialRevert(IDisputes.Disputes_NoOffence.selector);
            disputes.slashLazy(lie, validator, salt_);
            vm.expectPartialRevert(IDisputes.Disputes_NoOffence.selector);
            disputes.slashSilent(round, validator);
            vm.assertEq(bondedOf(validator), BOND, "its bond");
        }
    }

    function test_plantLeftSealedCostsTheCoordinator() public {
        uint64 round = planted(true);
        uint64 dueAt = manager.plantOf(round, 0).dueAt;
        vm.warp(dueAt);
        manager.void(round);
        vm.expectPartialRevert(IDisputes.Disputes_NoOffence.selector);
        disputes.slashSealed(round, 0);
        vm.warp(dueAt + 1);
        vm.expectRevert(abi.encodeWithSelector(IPlants.RoundManager_PlantTooLate.selector, round, dueAt));
        manager.openPlant(round, true, SALT);
        vm.prank(reporter);
        disputes.slashSealed(round, 0);
        vm.assertEq(bondedOf(coordinator), BOND - BOND / 10, "a tenth");
        vm.assertEq(operators.rewardOf(reporter), BOND / 20, "half of it");
        vm.expectPartialRevert(IDisputes.Disputes_NoOffence.selector);
        disputes.slashSealed(round, 0);
        vm.expectPartialRevert(IDisputes.Disputes_NoOffence.selector);
        disputes.slashSealed(round, 1);
    }

    function test_silentAfterAgreementPays() public {
        uint64 round = planted(true);
        Attestation memory result = attestation(round);
        for (uint256 i = 0; i < 3; ++i) {
            commit(validatorKeys[i], result);
        }
        reveal(validatorKeys[0], result);
        reveal(validatorKeys[1], result);
        address silent = vm.addr(validatorKeys[2]);
        vm.warp(block.timestamp + COMMIT_PERIOD - 1);
        expectNotSilent(round, silent);
        vm.warp(block.timestamp + 1);
        manager.openPlant(round, true, SALT);
        disputes.slashSilent(round, silent);
        vm.assertEq(bondedOf(silent), BOND - BOND / 100, "a hundredth");
        expectNotSilent(round, silent);
        expectNotSilent(round, vm.addr(validatorKeys[0]));
    }

    function test_silentWithoutAgreementPaysIfThereWasTime() public {
        uint64 round = planted(true);
        commit(validatorKeys[0], copied(round));
        commit(validatorKeys[1], attestation(round));
        commit(validatorKeys[2], copied(round));
        address silent = vm.addr(validatorKeys[0]);
        reveal(validatorKeys[1], attestation(round));
        vm.warp(manager.voidableAt(round));
        expectNotSilent(round, silent);
        manager.void(round);
        disputes.slashSilent(round, silent);
        vm.assertEq(bondedOf(silent), BOND - BOND / 100, "a hundredth");
    }

    function test_nobodyPaysForSilenceWithoutTimeToSpeak() public {
        uint64 round = planted(true);
        uint64 deadline = manager.roundOf(round).deadline;
        vm.warp(deadline - COMMIT_PERIOD + 1);
        commit(validatorKeys[0], attestation(round));
        commit(validatorKeys[1], attestation(round));
        vm.warp(deadline);
        vm.warp(deadline + 1);
        manager.void(round);
        expectNotSilent(round, vm.addr(validatorKeys[0]));
    }

    function planted(bool isTest) private returns (uint64 round) {
        round = openRound(0);
        bytes32 hash = manager.plantHashOf(round, 0, isTest, SALT);
        vm.prank(coordinator);
        manager.plant(round, hash);
        finishUntilSeed2(round);
    }

    function copied(uint64 round) private view returns (Attestation memory lie) {
        lie = attestation(round);
        lie.versionHash = manager.plantedVersionOf(round, 0, SALT);
    }

    function expectTooEarly(uint64 round) private {
        vm.expectRevert(abi.encodeWithSelector(IPlants.RoundManager_PlantTooEarly.selector, round));
        manager.openPlant(round, true, SALT);
    }

    function expectNoOffence(Attestation memory said, uint256 key) private {
        vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_NoOffence.selector, vm.addr(key)));
        disputes.slashLazy(said, vm.addr(key), SALT);
    }

    function expectNotSilent(uint64 round, address validator) private {
        vm.expectRevert(abi.encodeWithSelector(IDisputes.Disputes_NoOffence.selector, validator));
        disputes.slashSilent(round, validator);
    }
}
