// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IOnchainModels } from "../../src/serving/IOnchainModels.sol";
import { OnchainModels } from "../../src/serving/OnchainModels.sol";
import { Base } from "../support/Base.sol";

/// predictWord, predictBatch, predictWords: the current version's answers, in the form that is asked for
/// publishHead: pure code that may call chunks of this registry, at one address for the same bytes
/// ask: heads and chunks of this registry, nothing else
/// ├── given code that fails, runs dry, or returns no words or more than 32: reverts
/// └── given less gas than an answer takes: reverts, never another answer
contract OnchainModelsAskTest is Base {
    /// PUSH0 CALLDATALOAD PUSH1 added ADD PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
    bytes private constant ADD_ONE = hex"5f356001015f5260205ff3";
    bytes private constant ADD_TWO = hex"5f356002015f5260205ff3";
    /// Two words: the question and the question again.
    bytes private constant TWICE = hex"5f355f525f3560205260405ff3";
    /// Returns as many bytes as the question says: PUSH0 CALLDATALOAD PUSH0 RETURN
    bytes private constant AS_LONG = hex"5f355ff3";
    /// Jumps to itself until the gas is gone.
    bytes private constant ENDLESS = hex"5b5f56";

    OnchainModels private registry = new OnchainModels();
    bytes32 private modelId = bytes32(uint256(uint160(address(this))));

    function test_everyWayGivesTheSameAnswer() public {
        current("one", ADD_ONE);
        bytes[] memory inputs = new bytes[](3);
        for (uint256 i = 0; i < 3; ++i) {
            inputs[i] = abi.encode(int256(i) - 2);
        }
        int256[] memory answers = registry.predictBatch(modelId, inputs);
        vm.assertEq(answers.length, 3, "as many answers");
        for (uint256 i = 0; i < 3; ++i) {
            int256 wanted = int256(i) - 1;
            vm.assertEq(answers[i], wanted, "batch");
            vm.assertEq(registry.predict(modelId, inputs[i]), wanted, "predict");
            vm.assertEq(registry.predictWord(modelId, uint256(bytes32(inputs[i]))), wanted, "word");
            vm.assertEq(
                abi.decode(registry.predictWords(modelId, inputs[i]), (int256)), wanted, "words of one"
            );
        }
    }

    function test_aPromotionChangesEveryWay() public {
        current("one", ADD_ONE);
        current("two", ADD_TWO);
        vm.assertEq(registry.predictWord(modelId, 1), 3, "the new one");
        vm.assertEq(registry.predict(modelId, abi.encode(1)), 3, "the new one");
        registry.promote(address(this), "one");
        vm.assertEq(registry.predictWord(modelId, 1), 2, "rolled back");
        vm.assertEq(registry.predict(modelId, abi.encode(1)), 2, "rolled back");
        vm.assertEq(registry.predictAt(modelId, "two", abi.encode(1)), 3, "stays");
    }

    function test_withoutAVersionEveryWayReverts() public {
        bytes memory refusal =
            abi.encodeWithSelector(IOnchainModels.OnchainModels_NotPublished.selector, modelId, bytes32(0));
        vm.expectRevert(refusal);
        registry.predictWord(modelId, 1);
        vm.expectRevert(refusal);
        registry.predictWords(modelId, abi.encode(1));
        bytes[] memory inputs = new bytes[](1);
        inputs[0] = abi.encode(1);
        vm.expectRevert(refusal);
        registry.predictBatch(modelId, inputs);
    }

    function test_predictWordsGivesSeveralWordsAndPredictRefusesThem() public {
        current("twice", TWICE);
        (int256 a, int256 b) =
            abi.decode(registry.predictWords(modelId, abi.encode(int256(-7))), (int256, int256));
        vm.assertEq(a, -7, "first");
        vm.assertEq(b, -7, "second");
        bytes memory refusal = noAnswer("twice");
        vm.expectRevert(refusal);
        registry.predict(modelId, abi.encode(1));
        vm.expectRevert(refusal);
        registry.predictWord(modelId, 1);
    }

    function test_aBatchIsBounded() public {
        current("one", ADD_ONE);
        vm.expectRevert(abi.encodeWithSelector(IOnchainModels.OnchainModels_BadBatch.selector, 0));
        registry.predictBatch(modelId, new bytes[](0));
        vm.expectRevert(abi.encodeWithSelector(IOnchainModels.OnchainModels_BadBatch.selector, 65));
        registry.predictBatch(modelId, new bytes[](65));
        vm.expectRevert(abi.encodeWithSelector(IOnchainModels.OnchainModels_BadInput.selector, 0));
        registry.predictBatch(modelId, new bytes[](64));
    }

    function test_anAnswerHasOneToThirtyTwoWholeWords() public {
        current("as long", AS_LONG);
        for (uint256 length = 0; length <= 1_056; ++length) {
            if (length != 0 && length % 32 == 0 && length <= 1_024) {
                vm.assertEq(registry.predictWords(modelId, abi.encode(length)).length, length, "as long");
                continue;
            }
            vm.expectRevert(noAnswer("as long"));
            registry.predictWords(modelId, abi.encode(length));
        }
    }

    function test_aHeadIsAskedAndLiesAtOneAddress() public {
        address chunk = registry.publishChunk(ADD_ONE);
        bytes memory head = headOf(chunk);
        address at = registry.publishHead(head);
        vm.assertEq(keccak256(at.code), keccak256(head), "code as given");
        vm.assertTrue(registry.isHead(at) && !registry.isChunk(at), "a head is no chunk");
        vm.assertTrue(registry.isHead(chunk) && registry.isChunk(chunk), "a chunk is asked, too");
        vm.prank(address(0xBEEF));
        vm.assertEq(registry.publishHead(head), at, "the same again");
        vm.assertEq(abi.decode(registry.ask(at, abi.encode(41)), (int256)), 42, "through its chunk");
        vm.assertEq(abi.decode(registry.ask(chunk, abi.encode(41)), (int256)), 42, "the chunk itself");
    }

    function test_pureCodeIsTheSameAsHeadAndAsChunk() public {
        address at = registry.publishHead(ADD_ONE);
        vm.assertFalse(registry.isChunk(at), "not yet a chunk");
        vm.assertEq(registry.publishChunk(ADD_ONE), at, "one address");
        vm.assertTrue(registry.isChunk(at), "a chunk now");
        vm.assertEq(registry.publishHead(ADD_ONE), at, "still");
        vm.assertTrue(registry.isChunk(at), "and stays one");
        publish("head", headOf(at));
        vm.assertEq(registry.predictAt(modelId, "head", abi.encode(1)), 2, "called as a chunk");
    }

    function test_aHeadIsNeverCalledByAHead() public {
        address head = registry.publishHead(headOf(registry.publishChunk(ADD_ONE)));
        bytes memory above = headOf(head);
        vm.expectRevert(
            abi.encodeWithSelector(IOnchainModels.OnchainModels_BadOpcode.selector, 31, uint8(0x5a))
        );
        registry.publishHead(above);
        vm.expectRevert(
            abi.encodeWithSelector(IOnchainModels.OnchainModels_BadOpcode.selector, 31, uint8(0x5a))
        );
        registry.publishChunk(headOf(head));
    }

    function test_aHeadCallsNoCodeOfAnotherRegistry() public {
        OnchainModels other = new OnchainModels();
        bytes memory head = headOf(other.publishChunk(ADD_ONE));
        vm.expectRevert(
            abi.encodeWithSelector(IOnchainModels.OnchainModels_BadOpcode.selector, 31, uint8(0x5a))
        );
        registry.publishHead(head);
    }

    function test_askRefusesWhatThisRegistryDidNotMake() public {
        address foreign = new OnchainModels().publishChunk(ADD_ONE);
        publish("one", ADD_ONE);
        (address implementation,,) = registry.publicationOf(modelId, "one");
        address[5] memory strangers = [foreign, implementation, address(this), address(0), address(4)];
        for (uint256 i = 0; i < strangers.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IOnchainModels.OnchainModels_NotCode.selector, strangers[i])
            );
            registry.ask(strangers[i], abi.encode(1));
        }
    }

    function test_askRefusesABadQuestion() public {
        address at = registry.publishHead(ADD_ONE);
        uint256[4] memory lengths = [uint256(0), 31, 33, 2_080];
        for (uint256 i = 0; i < lengths.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IOnchainModels.OnchainModels_BadInput.selector, lengths[i])
            );
            registry.ask(at, new bytes(lengths[i]));
        }
    }

    /// A chunk that burns all it is given, and one that returns as much as its gas buys: what a caller can lose is bounded.
    function test_aChunkBombCostsItsAskerTheBoundAndNoMore() public {
        bytes[3] memory codes = [ENDLESS, hex"6203ffff5ff3", hex"5f5ffd"];
        for (uint256 i = 0; i < codes.length; ++i) {
            address bomb = registry.publishChunk(codes[i]);
            address head = registry.publishHead(headOf(bomb));
            address[2] memory asked = [bomb, head];
            for (uint256 k = 0; k < 2; ++k) {
                // A head that asks the one which returns much takes its first word: that is an answer.
                bool answers = k == 1 && i == 1;
                uint256 before = gasleft();
                try registry.ask(asked[k], abi.encode(1)) returns (bytes memory answer) {
                    vm.assertTrue(answers && answer.length == 32, "only a word");
                } catch (bytes memory reason) {
                    vm.assertFalse(answers, "fails");
                    bytes memory refusal =
                        abi.encodeWithSelector(IOnchainModels.OnchainModels_CodeFailed.selector, asked[k]);
                    vm.assertEq(keccak256(reason), keccak256(refusal), "says which");
                }
                vm.assertLt(before - gasleft(), 230_000, "bounded");
            }
        }
    }

    /// 4,096 rounds of a loop: with any gas the answer is right or withheld.
    function testFuzz_starvedOfGasItNeverAnswersOtherwise(uint256 given) public {
        given = within(given, 3_000, 260_000);
        address chunk = registry.publishChunk(hex"611000" hex"5b600190038060035760015f5260205ff3");
        bytes memory head = headOf(chunk);
        address at = registry.publishHead(head);
        current("head", head);
        try registry.ask{ gas: given }(at, abi.encode(1)) returns (bytes memory answer) {
            vm.assertEq(keccak256(answer), keccak256(abi.encode(1)), "right");
        } catch { }
        try registry.predictWord{ gas: given }(modelId, 1) returns (int256 answer) {
            vm.assertEq(answer, 1, "right");
        } catch { }
        try registry.predict{ gas: given }(modelId, abi.encode(1)) returns (int256 answer) {
            vm.assertEq(answer, 1, "right");
        } catch { }
        vm.assertEq(abi.decode(registry.ask(at, abi.encode(1)), (int256)), 1, "with enough");
    }

    /// This test contract pretends to be a `RoundManager` whose publisher it is itself.
    function publisher() external view returns (address) {
        return address(this);
    }

    function isFinalVersion(bytes32) external pure returns (bool) {
        return true;
    }

    function noAnswer(bytes32 version) private view returns (bytes memory) {
        return abi.encodeWithSelector(IOnchainModels.OnchainModels_NoAnswer.selector, modelId, version);
    }

    /// Hands its question to `chunk` and returns its answer: 10 bytes of arguments, the call's 31, then RETURN.
    function headOf(address chunk) private pure returns (bytes memory) {
        bytes memory arguments = hex"5f355f5260205f60205f"; // memory 0: the question; 32 bytes from 0, 32 bytes to 0
        bytes memory call = abi.encodePacked(hex"73", chunk, hex"5afa610028575f5ffd5b");
        return bytes.concat(arguments, call, hex"60205ff3");
    }

    function publish(bytes32 version, bytes memory code) private {
        registry.publish(address(this), version, "file", code);
    }

    function current(bytes32 version, bytes memory code) private {
        publish(version, code);
        registry.promote(address(this), version);
    }
}
