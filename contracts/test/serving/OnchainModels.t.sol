// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IOnchainModels } from "../../src/serving/IOnchainModels.sol";
import { IPredictionLog } from "../../src/serving/IPredictionLog.sol";
import { OnchainModels } from "../../src/serving/OnchainModels.sol";
import { PredictionLog } from "../../src/serving/PredictionLog.sol";
import { World } from "../support/World.sol";

/// publish: the model's owner, a finalised version, once, pure code, a model file's hash
/// promote: the model's owner, a published version, also an older one
/// predict, predictAt
/// ├── given no version, or a question that is not 32 bytes: reverts
/// ├── given code that reverts, runs dry, or returns anything but 32 bytes: reverts
/// └── otherwise: what the code returns, for any caller
contract OnchainModelsTest is World {
    /// Returns the question plus `added` (one byte): PUSH0 CALLDATALOAD PUSH1 added ADD PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
    bytes private constant ADD_ONE = hex"5f356001015f5260205ff3";
    bytes private constant ADD_TWO = hex"5f356002015f5260205ff3";

    OnchainModels private registry = new OnchainModels();
    bytes32 private modelId;
    bytes32 private first;
    bytes32 private second;

    constructor() {
        deployModel();
        modelId = bytes32(uint256(uint160(address(manager))));
        runRound(0, 0, 0);
        first = manager.currentVersion();
        runRound(0, 0, 0);
        second = manager.currentVersion();
    }

    function test_publishThenPromoteThenPredict() public {
        vm.prank(founder);
        address implementation = registry.publish(address(manager), first, "file", ADD_ONE);
        vm.assertEq(keccak256(implementation.code), keccak256(ADD_ONE), "code as given");
        (bytes32 version,,,) = registry.currentOf(modelId);
        vm.assertEq(version, bytes32(0), "not yet current");
        vm.assertEq(
            registry.predictAt(modelId, first, abi.encode(41)), 42, "published is enough for predictAt"
        );
        vm.expectEmit(address(registry));
        emit IOnchainModels.ModelPromoted(modelId, first, implementation);
        promote(first);
        vm.assertEq(registry.predict(modelId, abi.encode(41)), 42, "answer");
        vm.assertEq(registry.predict(modelId, abi.encode(-2)), -1, "signed answer");
        (bytes32 current, address at, bytes32 codehash, bytes32 file) = registry.currentOf(modelId);
        vm.assertEq(current, first, "current");
        vm.assertEq(at, implementation, "implementation");
        vm.assertEq(codehash, keccak256(ADD_ONE), "code hash");
        vm.assertEq(file, "file", "model file");
    }

    function test_promoteOfAnOlderVersionIsARollback() public {
        publish(first, ADD_ONE);
        publish(second, ADD_TWO);
        promote(second);
        vm.assertEq(registry.predict(modelId, abi.encode(1)), 3, "second");
        promote(first);
        vm.assertEq(registry.predict(modelId, abi.encode(1)), 2, "first again");
        vm.assertEq(registry.predictAt(modelId, second, abi.encode(1)), 3, "second stays");
    }

    function test_publishIsTheOwners() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                IOnchainModels.OnchainModels_NotPublisher.selector, address(manager), coordinator
            )
        );
        vm.prank(coordinator);
        registry.publish(address(manager), first, "file", ADD_ONE);
        publish(first, ADD_ONE);
        vm.expectRevert(
            abi.encodeWithSelector(
                IOnchainModels.OnchainModels_NotPublisher.selector, address(manager), coordinator
            )
        );
        vm.prank(coordinator);
        registry.promote(address(manager), first);
    }

    function test_publishOfAnUnattestedVersionReverts() public {
        vm.expectRevert(
            abi.encodeWithSelector(IOnchainModels.OnchainModels_NotFinal.selector, address(manager), GENESIS)
        );
        publish(GENESIS, ADD_ONE);
    }

    function test_publishTwiceReverts() public {
        publish(first, ADD_ONE);
        vm.expectRevert(
            abi.encodeWithSelector(IOnchainModels.OnchainModels_AlreadyPublished.selector, modelId, first)
        );
        publish(first, ADD_TWO);
    }

    function test_publishWithoutAModelFileReverts() public {
        vm.expectRevert(
            abi.encodeWithSelector(IOnchainModels.OnchainModels_EmptyHash.selector, modelId, first)
        );
        vm.prank(founder);
        registry.publish(address(manager), first, 0, ADD_ONE);
    }

    function test_publishOfImpureCodeReverts() public {
        vm.expectRevert(
            abi.encodeWithSelector(IOnchainModels.OnchainModels_BadOpcode.selector, 0, uint8(0x42))
        );
        publish(first, hex"425f5260205ff3");
    }

    function test_aHeadAsksItsChunk() public {
        address chunk = registry.publishChunk(ADD_ONE);
        vm.assertEq(keccak256(chunk.code), keccak256(ADD_ONE), "code as given");
        vm.assertTrue(registry.isChunk(chunk), "known");
        vm.prank(coordinator);
        vm.assertEq(registry.publishChunk(ADD_ONE), chunk, "the same again");
        publish(first, headOf(chunk));
        vm.assertEq(registry.predictAt(modelId, first, abi.encode(41)), 42, "the chunk's answer");
    }

    function test_aHeadAsksNobodyElse() public {
        address foreign = address(new OnchainModels()); // pure or not, this registry did not create it
        bytes memory head = headOf(foreign);
        vm.expectRevert(
            abi.encodeWithSelector(IOnchainModels.OnchainModels_BadOpcode.selector, 31, uint8(0x5a))
        );
        publish(first, head);
    }

    function test_aCallInAnyOtherSequenceReverts() public {
        address chunk = registry.publishChunk(ADD_ONE);
        bytes memory head = headOf(chunk);
        for (uint256 i = 31; i < 41; ++i) {
            bytes memory changed = bytes.concat(head);
            changed[i] = bytes1(uint8(changed[i]) ^ 1);
            vm.expectRevert();
            publish(first, changed);
        }
    }

    function test_aChunkCallsNobody() public {
        bytes memory head = headOf(registry.publishChunk(ADD_ONE));
        vm.expectRevert(
            abi.encodeWithSelector(IOnchainModels.OnchainModels_BadOpcode.selector, 31, uint8(0x5a))
        );
        registry.publishChunk(head);
    }

    function test_aFailedChunkWithholdsTheAnswer() public {
        publish(first, headOf(registry.publishChunk(hex"5f5ffd")));
        vm.expectRevert(
            abi.encodeWithSelector(IOnchainModels.OnchainModels_NoAnswer.selector, modelId, first)
        );
        registry.predictAt(modelId, first, abi.encode(1));
    }

    function test_promoteOfAnUnpublishedVersionReverts() public {
        vm.expectRevert(
            abi.encodeWithSelector(IOnchainModels.OnchainModels_NotPublished.selector, modelId, first)
        );
        promote(first);
    }

    function test_predictWithoutAVersionReverts() public {
        vm.expectRevert(
            abi.encodeWithSelector(IOnchainModels.OnchainModels_NotPublished.selector, modelId, bytes32(0))
        );
        registry.predict(modelId, abi.encode(1));
    }

    function test_predictTakesWholeWords() public {
        publish(first, ADD_ONE);
        promote(first);
        for (uint256 length = 0; length <= 2_080; length += length < 66 ? 1 : 31) {
            if (length != 0 && length % 32 == 0 && length <= 2_048) {
                vm.assertEq(registry.predict(modelId, new bytes(length)), 1, "whole words");
                continue;
            }
            vm.expectRevert(abi.encodeWithSelector(IOnchainModels.OnchainModels_BadInput.selector, length));
            registry.predict(modelId, new bytes(length));
        }
    }

    function test_codeThatGivesNoAnswerReverts() public {
        bytes[5] memory codes = [
            bytes(hex"00"), // stops
            hex"5f5ffd", // reverts
            hex"60405ff3", // returns 64 bytes
            hex"601f5ff3", // returns 31 bytes
            hex"5b5f56" // jumps to itself until the gas is gone
        ];
        for (uint256 i = 0; i < codes.length; ++i) {
            runRound(0, 0, 0);
            bytes32 version = manager.currentVersion();
            publish(version, codes[i]);
            vm.expectRevert(
                abi.encodeWithSelector(IOnchainModels.OnchainModels_NoAnswer.selector, modelId, version)
            );
            registry.predictAt(modelId, version, abi.encode(1));
        }
    }

    function test_pretendedManagerFillsOnlyItsOwnId() public {
        registry.publish(address(this), "mine", "file", ADD_ONE);
        bytes32 ownId = bytes32(uint256(uint160(address(this))));
        vm.assertEq(registry.predictAt(ownId, "mine", abi.encode(1)), 2, "its own");
        (address implementation,,) = registry.publicationOf(modelId, "mine");
        vm.assertEq(implementation, address(0), "not another's");
    }

    function test_predictionLogWritesTheAnswerDown() public {
        PredictionLog log = newLog(address(registry), address(manager));
        vm.assertEq(address(log.registry()), address(registry), "registry");
        vm.assertEq(log.modelId(), modelId, "model");
        publish(first, ADD_ONE);
        promote(first);
        bytes memory question = abi.encode(6);
        vm.expectEmit(address(log));
        emit IPredictionLog.Answered(coordinator, keccak256(question), 7);
        vm.prank(coordinator);
        vm.assertEq(log.ask(question), 7, "answer");
    }

    /// This test contract pretends to be a `RoundManager` whose publisher it is itself.
    function publisher() external view returns (address) {
        return address(this);
    }

    function isFinalVersion(bytes32) external pure returns (bool) {
        return true;
    }

    /// Hands its question to `chunk` and returns its answer: 10 bytes of arguments, the call's 31, then RETURN.
    function headOf(address chunk) private pure returns (bytes memory) {
        bytes memory arguments = hex"5f355f5260205f60205f"; // memory 0: the question; 32 bytes from 0, 32 bytes to 0
        bytes memory call = abi.encodePacked(hex"73", chunk, hex"5afa610028575f5ffd5b");
        return bytes.concat(arguments, call, hex"60205ff3");
    }

    function publish(bytes32 version, bytes memory code) private {
        vm.prank(founder);
        registry.publish(address(manager), version, "file", code);
    }

    function promote(bytes32 version) private {
        vm.prank(founder);
        registry.promote(address(manager), version);
    }
}
