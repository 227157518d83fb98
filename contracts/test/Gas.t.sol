// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { BatchRegistry } from "../src/data/BatchRegistry.sol";
import { Entry } from "../src/data/IBatchRegistry.sol";
import { DeviceRegistry } from "../src/device/DeviceRegistry.sol";
import { P256Key } from "../src/device/IDeviceRegistry.sol";
import { OnchainModels } from "../src/serving/OnchainModels.sol";
import { PredictionLog } from "../src/serving/PredictionLog.sol";
import { Attestation } from "../src/training/AttestationTypes.sol";
import { ClaimTree } from "./support/ClaimTree.sol";
import { World } from "./support/World.sol";

/// What each transaction costs, whole: base fee, calldata, cold storage. `snapshots/*.json` keep the figures; forge
/// writes them anew at each run, so a change shows in the difference of two commits. Bars are asserted here.
///
/// forge-config: default.isolate = true
contract GasTest is World {
    uint256 private constant DEPTH = 17;
    uint256 private constant OWNER_KEY = 0xA0;
    uint256 private constant DEVICE_KEY = 0xD0;

    address private owner = vm.addr(OWNER_KEY);
    address private device = vm.addr(DEVICE_KEY);
    address private contributor = vm.addr(0xCC);

    uint256 private settlement;

    function setUp() public {
        deployModel();
        bytes memory signature = signed(DEVICE_KEY, sha256(abi.encodePacked(owner, uint32(NOW))));
        vm.prank(owner);
        devices.claim(device, uint32(NOW), signature);
        keep("device", "claim");
    }

    function test_claimP256() public {
        (uint256 x, uint256 y) = vm.publicKeyP256(DEVICE_KEY);
        P256Key memory key = P256Key(bytes32(x), bytes32(y));
        (bytes32 r, bytes32 s) = vm.signP256(DEVICE_KEY, sha256(abi.encodePacked(owner, uint32(NOW))));
        uint256 order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551;
        if (uint256(s) > order / 2) s = bytes32(order - uint256(s));
        vm.prank(owner);
        devices.claimP256(key, uint32(NOW), r, s);
        vm.assertLt(keep("device", "claimP256 without the precompile (IoTeX)"), 400_000, "in Solidity");
        // Osaka has the precompile at 0x100 (EIP-7951).
        vm.setEvmVersion("osaka");
        devices = new DeviceRegistry();
        vm.prank(owner);
        devices.claimP256(key, uint32(NOW), r, s);
        vm.assertLt(keep("device", "claimP256 with the precompile"), 80_000, "by the precompile");
    }

    function test_alliance() public {
        vm.prank(owner);
        alliance.accept(TERMS);
        keep("alliance", "accept");
        vm.warp(NOW + 100);
        vm.prank(owner);
        alliance.withdraw(TERMS, 0);
        keep("alliance", "withdraw");
        vm.prank(founder);
        alliance.admit(one(device));
        keep("alliance", "admit one device");
        vm.prank(founder);
        alliance.setRules(keccak256("policy 2"), keccak256("terms 2"));
        keep("alliance", "setRules");
    }

    function test_batches() public {
        enter(1);
        keep("batch", "enter 1");
        enter(60);
        vm.assertLt(keep("batch", "enter 60"), 60 * 27_000 + 21_000, "60 batches");
    }

    function test_round() public {
        measureRound("one contributor", 1, 1);
        uint256 first = settlement;
        measureRound("first round, written anew", DEPTH, 2);
        uint256 shallow = settlement;
        measureRound("next round, 2^20 contributors", 20, 3);
        uint256 deep = settlement;
        // The number of contributors is in no call, so only a zero byte more or less can tell two rounds apart.
        uint256 difference = deep > shallow ? deep - shallow : shallow - deep;
        vm.assertLt(difference, 500, "settlement does not grow with contributors");
        vm.assertLt(shallow, first, "the first round writes slots that the next ones change");
    }

    function test_claims() public {
        (uint256 first, bytes32[] memory proof) = creditSingle(1, 10e18);
        pool.claim(contributor, first, first, proof);
        vm.assertLt(keep("claim", "first, depth 17"), 125_000, "first claim");
        pool.claim(contributor, first, first, proof);
        keep("claim", "nothing new, depth 17");
        uint256 second;
        (second, proof) = creditSingle(2, 25e18);
        pool.claim(contributor, second, second, proof);
        vm.assertLt(keep("claim", "repeated, depth 17"), 80_000, "repeated claim");
        pool.claimOperator(coordinator);
        keep("claim", "operator");
    }

    function test_serving() public {
        creditSingle(1, 10e18);
        OnchainModels registry = new OnchainModels();
        bytes32 version = manager.currentVersion();
        // Answers the question itself; 2,000 bytes, as a small perceptron has.
        bytes memory code = bytes.concat(hex"5f355f5260205ff3", new bytes(1992));
        vm.prank(founder);
        registry.publish(address(manager), version, "file", code);
        keep("serving", "publish 2000 bytes");
        vm.prank(founder);
        registry.promote(address(manager), version);
        keep("serving", "promote");
        PredictionLog log = newLog(address(registry), address(manager));
        log.ask(abi.encode(7));
        keep("serving", "ask through PredictionLog, without the model's own gas");
        bytes32 modelId = bytes32(uint256(uint160(address(manager))));
        registry.predict(modelId, abi.encode(7));
        keep("serving", "predict");
        registry.predictAt(modelId, version, abi.encode(7));
        keep("serving", "predictAt");
        registry.predictWord(modelId, 7);
        keep("serving", "predictWord");
        registry.predictWords(modelId, abi.encode(7));
        keep("serving", "predictWords, one word");
        bytes[] memory inputs = new bytes[](64);
        for (uint256 i = 0; i < 64; ++i) {
            inputs[i] = abi.encode(7);
        }
        registry.predictBatch(modelId, inputs);
        keep("serving", "predictBatch, 64 questions");
        address head = registry.publishHead(code);
        keep("serving", "publishHead, 2000 bytes");
        registry.ask(head, abi.encode(7));
        keep("serving", "ask, one word");
    }

    function measureRound(string memory name, uint256 depth, uint256 roundNumber) private {
        uint256 minted = 100e18 + roundNumber;
        uint256 total = pool.contributorsMinted() + minted;
        (bytes32 root,) = ClaimTree.single(contributor, total, total, depth, roundNumber);
        settlement = 0;
        uint64 round = openRound(1000e18);
        add("open");
        commitData(round);
        add("commitData");
        seedAndAdd(round, "recordSeed 1");
        closeRound(round);
        add("close");
        seedAndAdd(round, "recordSeed 2");
        Attestation memory result = attestation(round, root, total, minted, 1);
        for (uint256 i = 0; i < 3; ++i) {
            commitAndAdd(validatorKeys[i], result);
        }
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory signature = signed(validatorKeys[i], manager.attestationHash(result));
            manager.reveal(result, vm.addr(validatorKeys[i]), salt(validatorKeys[i]), signature);
            add("reveal");
        }
        manager.finalise(result, root, total, minted, 1);
        add("finalise");
        vm.snapshotValue("round", string.concat("open to finalise, 3 validators: ", name), settlement);
    }

    function seedAndAdd(uint64 round, string memory name) private {
        vm.roll(manager.roundOf(round).seedBlock + 1);
        manager.recordSeed(round);
        add(name);
    }

    function commitAndAdd(uint256 key, Attestation memory result) private {
        bytes32 commitment = keccak256(abi.encode(manager.attestationHash(result), vm.addr(key), salt(key)));
        vm.prank(vm.addr(key));
        manager.commitAttestation(result.round, commitment);
        add("commitAttestation");
    }

    function add(string memory name) private {
        settlement += keep("round", name);
    }

    function keep(string memory group, string memory name) private returns (uint256) {
        return vm.snapshotGasLastCall(group, name);
    }

    function creditSingle(
        uint256 salt_,
        uint256 cumulative
    )
        private
        returns (uint256, bytes32[] memory proof)
    {
        bytes32 root;
        (root, proof) = ClaimTree.single(contributor, cumulative, cumulative, DEPTH, salt_);
        runRound(1000e18, root, cumulative - pool.contributorsMinted());
        return (cumulative, proof);
    }

    function enter(uint256 count) private {
        Entry[] memory entries = new Entry[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint32 day = uint32(NOW / 1 days - 100 * count - i);
            entries[i] = Entry(device, day, keccak256(abi.encode(day)));
        }
        vm.prank(owner);
        batches.enter(entries);
    }
}
