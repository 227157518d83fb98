// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { BatchRegistry } from "../../src/data/BatchRegistry.sol";
import { DeviceRegistry } from "../../src/device/DeviceRegistry.sol";
import {
    DisputeTerms,
    Launch,
    Model,
    OperatorTerms,
    RoundTerms,
    TokenTerms
} from "../../src/ledger/LaunchTypes.sol";
import { ModelFactory } from "../../src/ledger/ModelFactory.sol";
import { Alliance } from "../../src/training/Alliance.sol";
import { Attestation } from "../../src/training/AttestationTypes.sol";
import { Disputes } from "../../src/training/Disputes.sol";
import { Operators } from "../../src/training/Operators.sol";
import { RoundManager } from "../../src/training/RoundManager.sol";
import { Validator } from "../../src/training/RoundTypes.sol";
import { Schedule } from "../../src/value/IRewardPool.sol";
import { ModelToken } from "../../src/value/ModelToken.sol";
import { RewardPool } from "../../src/value/RewardPool.sol";
import { Clone } from "./Clone.sol";

/// @notice One founded model: three validators of which two decide, ten tokens a second since a day ago, and a round
/// driven step by step. Named defaults; a test changes what it is about.
abstract contract World is Clone {
    uint256 internal constant CAP = 10_000_000e18;
    uint256 internal constant RATE = 10e18;
    uint64 internal constant START = NOW - 1 days;
    uint32 internal constant BPS = 500;
    uint64 internal constant COMMIT_PERIOD = 600;
    uint64 internal constant HEARING = 300;
    uint256 internal constant BOND = 1 ether;
    uint256 internal constant FLOOR = 0.001 ether;
    uint256 internal constant COIN_PER_TOKEN = 1e12;
    bytes32 internal constant GENESIS = keccak256("genesis");
    bytes32 internal constant POLICY = keccak256("policy");
    bytes32 internal constant TERMS = keccak256("terms");

    address internal founder = vm.addr(0xF0);
    address internal coordinator = vm.addr(0xC0);
    address internal standby = vm.addr(0xC9);
    uint256[] internal validatorKeys = [uint256(0x11), 0x12, 0x13];

    DeviceRegistry internal devices = new DeviceRegistry();
    BatchRegistry internal batches = new BatchRegistry(devices);
    ModelFactory internal factory = newFactory();
    Alliance internal alliance;
    ModelToken internal token;
    RewardPool internal pool;
    Operators internal operators;
    Disputes internal disputes;
    RoundManager internal manager;

    bytes32 internal commitmentsRoot = keccak256("commitments");
    bytes32 internal updatesRoot = keccak256("updates");

    /// Seconds; a test that is about the window founds its model with another.
    uint64 internal window = 0;
    uint32 internal quorum = 2;
    uint64 internal unbonding = 40 days;
    uint64 internal idle = 2 days;

    function launchTerms() internal view virtual returns (Launch memory terms) {
        terms.owner = founder;
        terms.token = TokenTerms("Andel Test", "AT", "", CAP);
        terms.schedule = Schedule(START, RATE, CAP, 0, 0);
        terms.rounds = RoundTerms({
            deviceRegistry: devices,
            batchRegistry: batches,
            coinPerToken: COIN_PER_TOKEN,
            challengeWindow: window,
            seedDelay: 2,
            commitPeriod: COMMIT_PERIOD,
            operatorShareBps: BPS,
            genesisVersion: GENESIS,
            taskHash: keccak256("task")
        });
        terms.operators = OperatorTerms({
            coordinator: coordinator,
            standbys: one(standby),
            validators: validatorSet(validatorKeys),
            k: quorum,
            bond: BOND,
            unbondingPeriod: unbonding,
            idlePeriod: idle
        });
        terms.disputes = DisputeTerms(HEARING, FLOOR);
        terms.alliance.listers = one(founder);
        (terms.alliance.policyHash, terms.alliance.termsHash) = (POLICY, TERMS);
        terms.revenue.epochLength = 7 days;
    }

    function deployModel() internal {
        launch(launchTerms());
    }

    /// A model with its bonds, which is the model of this world from now on.
    function launch(Launch memory terms) internal returns (Model memory model) {
        model = factory.launch(terms);
        manager = RoundManager(model.manager);
        token = ModelToken(model.token);
        pool = RewardPool(model.pool);
        operators = Operators(model.operators);
        disputes = Disputes(model.disputes);
        alliance = Alliance(model.alliance);
        bondAll();
    }

    /// The bond of everybody named at founding.
    function bondAll() internal {
        depositFor(coordinator, BOND);
        depositFor(standby, BOND);
        for (uint256 i = 0; i < validatorKeys.length; ++i) {
            depositFor(vm.addr(validatorKeys[i]), BOND);
        }
    }

    function depositFor(address operator, uint256 amount) internal {
        vm.deal(address(this), amount);
        operators.deposit{ value: amount }(operator);
    }

    function validatorSet(uint256[] memory keys) internal pure returns (Validator[] memory set) {
        set = new Validator[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            set[i] = Validator(vm.addr(keys[i]), keccak256(abi.encode("sealing", keys[i])));
        }
    }

    function openRound(uint256 budget) internal returns (uint64 round) {
        bytes32 parent = manager.currentVersion();
        vm.prank(coordinator);
        return manager.open(keccak256("plan"), parent, budget, uint64(block.timestamp) + 1 days);
    }

    function commitData(uint64 round) internal {
        vm.prank(coordinator);
        manager.commitData(round, commitmentsRoot, keccak256("list"));
    }

    function closeRound(uint64 round) internal {
        vm.prank(coordinator);
        manager.close(round, updatesRoot, keccak256("evidence"));
    }

    /// Mines up to the block after the seed's, one block a second, and records the seed.
    function seed(uint64 round) internal returns (bytes32) {
        uint64 seedBlock = manager.roundOf(round).seedBlock;
        vm.warp(block.timestamp + (seedBlock + 1 - block.number));
        vm.roll(seedBlock + 1);
        return manager.recordSeed(round);
    }

    /// The rest of an attempt just opened, up to where validators can commit.
    function finishUntilSeed2(uint64 round) internal {
        commitData(round);
        seed(round);
        closeRound(round);
        seed(round);
    }

    /// A round up to where validators can commit.
    function roundReadyToAttest(uint256 budget) internal returns (uint64 round) {
        round = openRound(budget);
        finishUntilSeed2(round);
    }

    function attestation(uint64 round) internal view returns (Attestation memory) {
        return attestation(round, bytes32(0), 0, 0, 0);
    }

    function attestation(
        uint64 round,
        bytes32 claimsRoot,
        uint256 claimsTotal,
        uint256 minted,
        int256 gain
    )
        internal
        view
        returns (Attestation memory)
    {
        return Attestation({
            model: address(manager),
            round: round,
            attempt: manager.roundOf(round).attempt,
            planHash: manager.roundOf(round).planHash,
            updatesRoot: updatesRoot,
            versionHash: keccak256(abi.encode("version", round)),
            valueRoot: keccak256(abi.encode(claimsRoot, claimsTotal, minted, gain)),
            stateHash: keccak256(abi.encode("state", round)),
            evaluation: -17,
            evidenceHash: keccak256("evidence")
        });
    }

    function commit(uint256 key, Attestation memory result) internal {
        bytes32 commitment = keccak256(abi.encode(manager.attestationHash(result), vm.addr(key), salt(key)));
        vm.prank(vm.addr(key));
        manager.commitAttestation(result.round, commitment);
    }

    function reveal(uint256 key, Attestation memory result) internal {
        bytes memory signature = signed(key, manager.attestationHash(result));
        manager.reveal(result, vm.addr(key), salt(key), signature);
    }

    function agree(Attestation memory result) internal {
        for (uint256 i = 0; i < validatorKeys.length; ++i) {
            commit(validatorKeys[i], result);
        }
        for (uint256 i = 0; i < validatorKeys.length; ++i) {
            reveal(validatorKeys[i], result);
        }
    }

    /// A whole round that adds `minted` under `claimsRoot`.
    function runRound(uint256 budget, bytes32 claimsRoot, uint256 minted) internal returns (uint64 round) {
        round = roundReadyToAttest(budget);
        uint256 total = pool.contributorsMinted() + minted;
        Attestation memory result =
            attestation(round, claimsRoot, total, minted, minted == 0 ? int256(0) : int256(1));
        agree(result);
        manager.finalise(result, claimsRoot, total, minted, minted == 0 ? int256(0) : int256(1));
    }

    function bondedOf(address operator) internal view returns (uint256) {
        return operators.bondOf(operator).bonded;
    }

    function one(address account) internal pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }

    function salt(uint256 key) internal pure returns (bytes32) {
        return keccak256(abi.encode("salt", key));
    }
}
