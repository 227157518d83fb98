// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IOffchainModel, IPredictionGateway } from "../../src/serving/IOffchainModel.sol";
import { OffchainModel } from "../../src/serving/OffchainModel.sol";
import { SignedPredictions } from "../../src/serving/SignedPredictions.sol";
import { World } from "../support/World.sol";

/// predict: reverts with OffchainLookup, whose call data and extra data hold the question that was asked
/// answered, check: the answer, if k present and bonded validators signed it for that question
/// ├── another question, model, version, age or answer; too few, one twice, out of order, a stranger: reverts
/// └── stale, not yet valid, left or unbonded, k raised since: reverts
contract OffchainModelTest is World {
    uint64 private constant AGE = 600;
    bytes32 private constant VERSION = "version";
    int256 private constant ANSWER = -2137;
    OffchainModel private offchain;
    bytes32 private id;
    bytes private question = abi.encode(uint256(7), uint256(9));
    uint256[] private signers;

    constructor() {
        deployModel();
        offchain = new OffchainModel(address(manager), AGE, urls(), 0, new address[](0));
        id = bytes32(uint256(uint160(address(manager))));
        signers = sorted(0x11, 0x12);
    }

    function test_predictTellsGatewaysWhatIsAsked() public {
        vm.expectRevert(lookup(offchain, question, 0, AGE));
        offchain.predict(id, question);
        vm.expectRevert(lookup(offchain, question, VERSION, 60));
        offchain.predictWithin(id, VERSION, 60, question);
    }

    function test_whatIsNoQuestionReverts() public {
        vm.expectRevert(
            abi.encodeWithSelector(IOffchainModel.OffchainModel_OtherModel.selector, bytes32("other"), id)
        );
        offchain.predict("other", question);
        vm.expectRevert(abi.encodeWithSelector(IOffchainModel.OffchainModel_BadInput.selector, 31));
        offchain.predict(id, new bytes(31));
        vm.expectRevert(abi.encodeWithSelector(IOffchainModel.OffchainModel_BadInput.selector, 0));
        offchain.predict(id, "");
        vm.expectRevert(abi.encodeWithSelector(IOffchainModel.OffchainModel_BadInput.selector, 65 * 32));
        offchain.predict(id, new bytes(65 * 32));
        vm.expectRevert(abi.encodeWithSelector(IOffchainModel.OffchainModel_BadAge.selector, AGE + 1, AGE));
        offchain.predictWithin(id, 0, AGE + 1, question);
        vm.expectRevert(abi.encodeWithSelector(IOffchainModel.OffchainModel_BadAge.selector, 0, AGE));
        offchain.predictWithin(id, 0, 0, question);
    }

    function test_kValidatorsAreBelieved() public view {
        bytes memory response = signedResponse(question, ANSWER);
        vm.assertEq(offchain.answered(response, asked(0, AGE)), ANSWER, "any version");
        vm.assertEq(offchain.answered(response, asked(VERSION, AGE)), ANSWER, "that version");
        (int256 answer, bytes32 digest) = offchain.check(VERSION, AGE, question, response);
        vm.assertEq(answer, ANSWER, "answer");
        vm.assertEq(
            digest, SignedPredictions.digest(separator(), claim(), question, ANSWER), "what marks it as used"
        );
        vm.assertEq(offchain.threshold(), 2, "k");
        vm.assertTrue(offchain.isOperator(vm.addr(0x11)) && !offchain.isOperator(coordinator), "who");
    }

    function testFuzz_aGatewayThatAnswersAnotherQuestionIsRefused(bytes32 other, int256 answer) public {
        bytes memory asked_ = abi.encode(other, uint256(9));
        vm.assume(keccak256(asked_) != keccak256(question));
        bytes memory response = signedResponse(asked_, answer);
        vm.expectRevert();
        offchain.answered(response, asked(0, AGE));
        vm.expectRevert();
        offchain.check(0, AGE, question, response);
    }

    function testFuzz_aGatewayThatAltersTheAnswerIsRefused(int256 answer) public {
        vm.assume(answer != ANSWER);
        bytes memory response = abi.encode(claim(), answer, signatures(signers, question, ANSWER, claim()));
        vm.expectRevert();
        offchain.answered(response, asked(0, AGE));
    }

    function test_aGatewayThatAltersTimesOrVersionIsRefused() public {
        bytes memory made = signatures(signers, question, ANSWER, claim());
        SignedPredictions.Claim memory altered = claim();
        altered.issuedAt += 1;
        refused(abi.encode(altered, ANSWER, made));
        altered = claim();
        altered.validUntil += 1;
        refused(abi.encode(altered, ANSWER, made));
        altered = claim();
        altered.version = "another";
        refused(abi.encode(altered, ANSWER, made));
        vm.expectRevert(
            abi.encodeWithSelector(
                IOffchainModel.OffchainModel_OtherVersion.selector, address(manager), VERSION
            )
        );
        offchain.answered(abi.encode(claim(), ANSWER, made), asked("another", AGE));
        altered = claim();
        altered.model = address(0xBAD);
        refused(abi.encode(altered, ANSWER, made));
    }

    function test_staleAnswersAreRefused() public {
        bytes memory response = signedResponse(question, ANSWER);
        vm.warp(claim().issuedAt + AGE);
        offchain.answered(response, asked(0, AGE));
        vm.expectRevert();
        offchain.answered(response, asked(0, AGE - 1));
        vm.warp(claim().issuedAt + AGE + 1);
        refused(response);
        vm.warp(claim().issuedAt - 1);
        refused(response);
    }

    /// Whoever calls the callback itself cannot ask for more age than the contract takes.
    function test_extraDataCannotRaiseTheAge() public {
        bytes memory response = signedResponse(question, ANSWER);
        vm.expectRevert(abi.encodeWithSelector(IOffchainModel.OffchainModel_BadAge.selector, AGE + 1, AGE));
        offchain.answered(response, asked(0, AGE + 1));
        vm.expectRevert();
        offchain.answered(response, abi.encode(bytes32("other"), bytes32(0), AGE, question));
    }

    function test_tooFewOneTwiceOutOfOrderOrAStrangerIsRefused() public {
        uint256[] memory some = new uint256[](1);
        some[0] = signers[0];
        refused(some);
        some = new uint256[](2);
        (some[0], some[1]) = (signers[0], signers[0]);
        refused(some);
        (some[0], some[1]) = (signers[1], signers[0]);
        refused(some);
        refused(sorted(0x11, 0x99));
        refused(sorted(0x11, 0xC0));
    }

    function test_aValidatorThatTookItsBondBackCountsNoMore() public {
        bytes memory response = signedResponse(question, ANSWER);
        vm.prank(vm.addr(0x11));
        operators.requestWithdrawal(BOND);
        refused(response);
    }

    function test_aRaisedQuorumHoldsAtOnce() public {
        bytes memory response = signedResponse(question, ANSWER);
        vm.prank(founder);
        operators.setValidators(3, validatorSet(validatorKeys));
        vm.assertEq(offchain.threshold(), 3, "k");
        refused(response);
    }

    function test_aStatedListAnswersWithoutTheModelsOperators() public {
        address[] memory stated = new address[](3);
        (stated[0], stated[1], stated[2]) = (vm.addr(0x21), vm.addr(0x22), vm.addr(0x23));
        offchain = new OffchainModel(address(manager), AGE, urls(), 2, stated);
        bytes memory response = signedResponse(question, ANSWER);
        refused(response);
        signers = sorted(0x21, 0x23);
        vm.assertEq(offchain.answered(signedResponse(question, ANSWER), asked(0, AGE)), ANSWER, "stated");
    }

    function test_badTermsAreRefused() public {
        address[] memory two = new address[](2);
        (two[0], two[1]) = (vm.addr(1), vm.addr(2));
        vm.expectRevert(
            abi.encodeWithSelector(IOffchainModel.OffchainModel_BadConfig.selector, bytes32("threshold"), 1)
        );
        new OffchainModel(address(manager), AGE, urls(), 1, two);
        vm.expectRevert(
            abi.encodeWithSelector(IOffchainModel.OffchainModel_BadConfig.selector, bytes32("threshold"), 0)
        );
        new OffchainModel(address(manager), AGE, urls(), 0, two);
        two[1] = two[0];
        vm.expectRevert(
            abi.encodeWithSelector(IOffchainModel.OffchainModel_BadConfig.selector, bytes32("operator"), 1)
        );
        new OffchainModel(address(manager), AGE, urls(), 2, two);
        vm.expectRevert(
            abi.encodeWithSelector(IOffchainModel.OffchainModel_BadConfig.selector, bytes32("maxAge"), 59)
        );
        new OffchainModel(address(manager), 59, urls(), 0, new address[](0));
        vm.expectRevert(
            abi.encodeWithSelector(IOffchainModel.OffchainModel_BadConfig.selector, bytes32("urls"), 0)
        );
        new OffchainModel(address(manager), AGE, new string[](0), 0, new address[](0));
    }

    function urls() private pure returns (string[] memory list) {
        list = new string[](1);
        list[0] = "http://gateway.example/ccip/{sender}/{data}.json";
    }

    function lookup(
        OffchainModel asked_,
        bytes memory input,
        bytes32 version,
        uint64 age
    )
        private
        view
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            IOffchainModel.OffchainLookup.selector,
            address(asked_),
            urls(),
            abi.encodeCall(IPredictionGateway.answerOf, (id, version, 2, input)),
            IOffchainModel.answered.selector,
            abi.encode(id, version, age, input)
        );
    }

    function asked(bytes32 version, uint64 age) private view returns (bytes memory) {
        return abi.encode(id, version, age, question);
    }

    function claim() private view returns (SignedPredictions.Claim memory) {
        return SignedPredictions.Claim(address(manager), VERSION, NOW - 60, NOW + 3600);
    }

    function signedResponse(bytes memory input, int256 answer) private view returns (bytes memory) {
        return abi.encode(claim(), answer, signatures(signers, input, answer, claim()));
    }

    function signatures(
        uint256[] memory keys,
        bytes memory input,
        int256 answer,
        SignedPredictions.Claim memory content
    )
        private
        view
        returns (bytes memory all)
    {
        bytes32 digest = SignedPredictions.digest(separator(), content, input, answer);
        for (uint256 i = 0; i < keys.length; ++i) {
            all = bytes.concat(all, signed(keys[i], digest));
        }
    }

    function refused(bytes memory response) private {
        vm.expectRevert();
        offchain.answered(response, asked(0, AGE));
    }

    function refused(uint256[] memory keys) private {
        refused(abi.encode(claim(), ANSWER, signatures(keys, question, ANSWER, claim())));
    }

    function separator() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Andel"),
                keccak256("1"),
                block.chainid,
                address(manager)
            )
        );
    }

    function sorted(uint256 a, uint256 b) private pure returns (uint256[] memory keys) {
        keys = new uint256[](2);
        (keys[0], keys[1]) = vm.addr(a) < vm.addr(b) ? (a, b) : (b, a);
    }
}
