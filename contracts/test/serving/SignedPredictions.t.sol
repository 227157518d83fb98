// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { SignedPredictions } from "../../src/serving/SignedPredictions.sol";
import { Base } from "../support/Base.sol";
import { PredictionConsumer } from "./PredictionConsumer.sol";

/// requireSigned: k operators over this question, this answer and these times
/// requireSignedBatch: the same over many questions and their answers, under another type
/// ├── given another count, another order, one twice, a stranger, or another content: reverts
/// └── given a date ahead, an end that has passed, or an age over the consumer's: reverts
contract SignedPredictionsTest is Base {
    bytes32 private constant SEPARATOR = keccak256("separator");
    uint256[3] private keys;
    PredictionConsumer private consumer;
    SignedPredictions.Claim private claim =
        SignedPredictions.Claim(address(0xA11), "version", NOW - 60, NOW + 600);
    bytes private question = abi.encode(uint256(7));

    constructor() {
        keys = [uint256(11), 12, 13];
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = i + 1; j < 3; ++j) {
                if (vm.addr(keys[j]) < vm.addr(keys[i])) (keys[i], keys[j]) = (keys[j], keys[i]);
            }
        }
        address[] memory operators = new address[](9);
        for (uint256 i = 0; i < 9; ++i) {
            operators[i] = vm.addr(11 + i);
        }
        consumer = new PredictionConsumer(SEPARATOR, 3, operators);
    }

    function test_threeOperatorsAreEnough() public view {
        bytes32 digest = SignedPredictions.digest(SEPARATOR, claim, question, -5);
        vm.assertEq(consumer.check(claim, question, -5, allSigned(-5)), digest, "digest");
    }

    function testFuzz_anyOtherContentReverts(bytes calldata other, int256 answer) public {
        bytes memory signatures = allSigned(-5);
        vm.assume(answer != -5 && keccak256(other) != keccak256(question));
        vm.expectRevert();
        consumer.check(claim, question, answer, signatures);
        vm.expectRevert();
        consumer.check(claim, other, -5, signatures);
        claim.version = "other";
        vm.expectRevert();
        consumer.check(claim, question, -5, signatures);
    }

    function test_oneOperatorTwiceOrOutOfOrderReverts() public {
        bytes memory a = one(keys[0], -5);
        bytes memory b = one(keys[1], -5);
        bytes memory c = one(keys[2], -5);
        vm.expectRevert(
            abi.encodeWithSelector(
                SignedPredictions.SignedPredictions_BadSigner.selector, 1, vm.addr(keys[0])
            )
        );
        consumer.check(claim, question, -5, bytes.concat(a, a, b));
        vm.expectRevert(
            abi.encodeWithSelector(
                SignedPredictions.SignedPredictions_BadSigner.selector, 2, vm.addr(keys[1])
            )
        );
        consumer.check(claim, question, -5, bytes.concat(a, c, b));
    }

    function test_aStrangersSignatureReverts() public {
        bytes memory signatures = bytes.concat(one(keys[0], -5), one(keys[1], -5), one(99, -5));
        vm.expectRevert();
        consumer.check(claim, question, -5, signatures);
    }

    function test_anotherCountReverts() public {
        bytes memory signatures = bytes.concat(one(keys[0], -5), one(keys[1], -5));
        vm.expectRevert(abi.encodeWithSelector(SignedPredictions.SignedPredictions_BadCount.selector, 130, 3));
        consumer.check(claim, question, -5, signatures);
        signatures = bytes.concat(allSigned(-5), one(keys[2], -5));
        vm.expectRevert(abi.encodeWithSelector(SignedPredictions.SignedPredictions_BadCount.selector, 260, 3));
        consumer.check(claim, question, -5, signatures);
    }

    function test_timesAreKept() public {
        bytes memory signatures = allSigned(-5);
        vm.warp(claim.issuedAt - 1);
        vm.expectRevert(
            abi.encodeWithSelector(SignedPredictions.SignedPredictions_NotYet.selector, claim.issuedAt)
        );
        consumer.check(claim, question, -5, signatures);
        vm.warp(claim.validUntil);
        consumer.check(claim, question, -5, signatures);
        vm.warp(claim.validUntil + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                SignedPredictions.SignedPredictions_Stale.selector, claim.issuedAt, claim.validUntil
            )
        );
        consumer.check(claim, question, -5, signatures);
        claim.validUntil = NOW + 1 days;
        signatures = allSigned(-5);
        vm.warp(claim.issuedAt + 1 hours);
        consumer.check(claim, question, -5, signatures);
        vm.warp(claim.issuedAt + 1 hours + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                SignedPredictions.SignedPredictions_Stale.selector, claim.issuedAt, claim.validUntil
            )
        );
        consumer.check(claim, question, -5, signatures);
    }

    function test_manyAnswersCountUnderOneSignatureOfEachOperator() public {
        (bytes memory questions, int256[] memory answers) = three();
        bytes32 digest = SignedPredictions.batchDigest(SEPARATOR, claim, questions, answers);
        bytes memory signatures =
            bytes.concat(signed(keys[0], digest), signed(keys[1], digest), signed(keys[2], digest));
        vm.assertEq(consumer.checkBatch(claim, questions, answers, signatures), digest, "digest");
        answers[1] = 6;
        vm.expectRevert();
        consumer.checkBatch(claim, questions, answers, signatures);
        answers[1] = 5;
        questions[95] = 0x01;
        vm.expectRevert();
        consumer.checkBatch(claim, questions, answers, signatures);
        (questions, answers) = three();
        vm.warp(claim.validUntil + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                SignedPredictions.SignedPredictions_Stale.selector, claim.issuedAt, claim.validUntil
            )
        );
        consumer.checkBatch(claim, questions, answers, signatures);
    }

    function test_oneAnswersSignaturesAreNoneOfABatchOfOne() public {
        int256[] memory answers = new int256[](1);
        answers[0] = -5;
        bytes memory signatures = allSigned(-5);
        consumer.check(claim, question, -5, signatures);
        vm.expectRevert();
        consumer.checkBatch(claim, question, answers, signatures);
    }

    function test_theBatchThatPythonSignedCounts() public {
        string memory json = vm.readFile("../vectors/predictions.json");
        address[] memory operators = new address[](1);
        operators[0] = vm.parseJsonAddress(json, ".batch.signer");
        bytes32 separator = vm.parseJsonBytes32(json, ".separator");
        PredictionConsumer python = new PredictionConsumer(separator, 1, operators);
        int256[] memory answers = new int256[](vm.parseJsonUint(json, ".batch.count"));
        for (uint256 i = 0; i < answers.length; ++i) {
            answers[i] = vm.parseJsonInt(json, string.concat(".batch.answers[", vm.toString(i), "]"));
        }
        SignedPredictions.Claim memory filed = SignedPredictions.Claim(
            vm.parseJsonAddress(json, ".batch.model"),
            vm.parseJsonBytes32(json, ".batch.version"),
            uint64(vm.parseJsonUint(json, ".batch.issuedAt")),
            uint64(vm.parseJsonUint(json, ".batch.validUntil"))
        );
        vm.warp(filed.issuedAt);
        bytes32 digest = python.checkBatch(
            filed,
            vm.parseJsonBytes(json, ".batch.questions"),
            answers,
            vm.parseJsonBytes(json, ".batch.signature")
        );
        vm.assertEq(digest, vm.parseJsonBytes32(json, ".batch.digest"), "digest");
    }

    function three() private pure returns (bytes memory questions, int256[] memory answers) {
        questions = abi.encode(uint256(7), uint256(8), uint256(9));
        answers = new int256[](3);
        (answers[0], answers[1], answers[2]) = (-5, 5, type(int256).min);
    }

    function allSigned(int256 answer) private view returns (bytes memory) {
        return bytes.concat(one(keys[0], answer), one(keys[1], answer), one(keys[2], answer));
    }

    function one(uint256 key, int256 answer) private view returns (bytes memory) {
        return signed(key, SignedPredictions.digest(SEPARATOR, claim, question, answer));
    }
}
