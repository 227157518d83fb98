// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IOnchainModel } from "../../src/serving/IOnchainModel.sol";
import { OnchainModels } from "../../src/serving/OnchainModels.sol";
import { Asking, Region } from "../../src/serving/examples/DeviceEvidence.sol";
import { Feature, Kind } from "../../src/serving/examples/PacketQuestion.sol";
import { Pebbles } from "./Pebbles.sol";
import { World } from "./World.sol";

/// @notice A model in the chain that answers with its base value, a second version that answers 1e6 more, and four
/// devices of a lister, each with an owner of its own.
abstract contract ConsumerWorld is World, Pebbles {
    /// PUSH0 CALLDATALOAD PUSH1 3 SIGNEXTEND PUSH0 MSTORE PUSH1 32 PUSH0 RETURN: the base value.
    bytes internal constant BASE = hex"5f3560030b5f5260205ff3";
    /// The same, PUSH3 1,000,000 ADD.
    bytes internal constant BASE_AND_MORE = hex"5f3560030b620f4240015f5260205ff3";
    uint256 internal constant DEVICE_KEYS = 0xD0;
    uint64 internal constant AGE = 1 hours;

    OnchainModels internal models = new OnchainModels();
    address internal lister = vm.addr(0x115);
    bytes32 internal modelId;
    bytes32 internal version;
    bytes32 internal later;

    function deployWorld() internal {
        deployModel();
        modelId = bytes32(uint256(uint160(address(manager))));
        runRound(0, 0, 0);
        version = manager.currentVersion();
        runRound(0, 0, 0);
        later = manager.currentVersion();
        vm.startPrank(founder);
        models.publish(address(manager), version, "file", BASE);
        models.publish(address(manager), later, "file", BASE_AND_MORE);
        models.promote(address(manager), version);
        vm.stopPrank();
        address[] memory all = new address[](4);
        for (uint256 i = 0; i < 4; ++i) {
            all[i] = deviceAt(i);
            claimDevice(i, ownerAt(i));
        }
        vm.prank(lister);
        devices.list(all);
        vm.warp(block.timestamp + 10);
    }

    /// The keys in rising order of their addresses.
    function keyAt(uint256 index) internal pure returns (uint256) {
        uint256[4] memory keys = [DEVICE_KEYS, DEVICE_KEYS + 1, DEVICE_KEYS + 2, DEVICE_KEYS + 3];
        for (uint256 i = 0; i < 4; ++i) {
            for (uint256 j = i + 1; j < 4; ++j) {
                if (vm.addr(keys[j]) < vm.addr(keys[i])) (keys[i], keys[j]) = (keys[j], keys[i]);
            }
        }
        return keys[index];
    }

    function deviceAt(uint256 index) internal pure returns (address) {
        return vm.addr(keyAt(index));
    }

    function ownerAt(uint256 index) internal pure returns (address) {
        return vm.addr(0xA0 + index);
    }

    function claimDevice(uint256 index, address owner) internal {
        uint32 time = uint32(block.timestamp);
        bytes memory signature = signed(keyAt(index), sha256(abi.encodePacked(owner, time)));
        vm.prank(owner);
        devices.claim(deviceAt(index), time, signature);
    }

    /// The temperature is the base value, humidity the only input.
    function asking() internal view returns (Asking memory asked) {
        asked.devices = devices;
        asked.lister = lister;
        asked.models = IOnchainModel(address(models));
        asked.modelId = modelId;
        asked.version = version;
        asked.baseField = 6;
        asked.maxAge = AGE;
        asked.features = new Feature[](1);
        asked.features[0] = Feature(Kind.Channel, 8, 0, 0, 0, 0, 0, 10_000);
        asked.region = Region(400_000_000, 410_000_000, -750_000_000, -730_000_000);
    }
}
