// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Access, Bar, IModelPolicy, Price, Promotion, Record, Rule } from "../../src/ledger/IModelPolicy.sol";
import { PassPlan } from "../../src/ledger/IPassPlans.sol";
import { ModelPolicy } from "../../src/ledger/ModelPolicy.sol";
import { IOnchainModels } from "../../src/serving/IOnchainModels.sol";
import { Attestation } from "../../src/training/AttestationTypes.sol";
import { Governed } from "../support/Governed.sol";
import { TypedData } from "../support/TypedData.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { Initializable } from "@openzeppelin/contracts/proxy/utils/Initializable.sol";

/// rules: only the timelock; every record is kept; what holds for a block is the last of an earlier block
/// publish: k present, bonded validators in rising order over (model, version, file, code)
/// promote: automatic, final, reaches the bar, newer than every one before
contract ModelPolicyTest is Governed {
    bytes private constant CODE = hex"5f356001015f5260205ff3";

    constructor() {
        deployGoverned();
    }

    function asTimelock() private {
        vm.prank(address(timelock));
    }

    // --- records

    function test_theFoundingsRecordsHoldFromTheStart() public view {
        vm.assertEq(policy.ruleOf(Rule.Training).hash, keccak256("training 1"), "training");
        vm.assertEq(policy.ruleOf(Rule.Licence).hash, keccak256("licence 1"), "licence");
        (uint256 number, Record memory record) = policy.ruleAt(Rule.Data, 0);
        vm.assertEq(number, 0, "the first");
        vm.assertEq(record.hash, keccak256("data 1"), "also of the founding's own block");
        vm.assertEq(policy.rulesCount(Rule.Bar), 1, "one bar");
        vm.assertEq(policy.currentVersion(), bytes32(0), "no version yet");
    }

    /// Against a search from the last record back.
    function testFuzz_whatHeldAtABlock(uint8[12] calldata steps, uint256 asked) public {
        uint256 start = block.number;
        for (uint256 i = 0; i < steps.length; ++i) {
            vm.roll(block.number + steps[i] % 4); // several in one block too
            asTimelock();
            policy.setTrainingPolicy(keccak256(abi.encode(i)));
        }
        asked = within(asked, start - 2, block.number + 2);
        uint256 expected = policy.rulesCount(Rule.Training) - 1;
        while (expected != 0 && policy.ruleByNumber(Rule.Training, expected).sinceBlock >= asked) --expected;
        (uint256 number, Record memory record) = policy.ruleAt(Rule.Training, asked);
        vm.assertEq(number, expected, "number");
        vm.assertEq(record.hash, policy.ruleByNumber(Rule.Training, expected).hash, "hash");
    }

    function test_unknownRecordsAreRefused() public {
        vm.expectRevert(
            abi.encodeWithSelector(IModelPolicy.ModelPolicy_NoRecord.selector, Rule.Training, uint256(1))
        );
        policy.ruleByNumber(Rule.Training, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IModelPolicy.ModelPolicy_NoRecord.selector, Rule.Bar, uint256(1))
        );
        policy.barByNumber(1);
        vm.expectRevert(
            abi.encodeWithSelector(IModelPolicy.ModelPolicy_NoRecord.selector, Rule.Prices, uint256(1))
        );
        policy.pricesByNumber(1);
    }

    function test_pricesAreBoundedAndEachRouteStandsOnce() public {
        Price[] memory list = new Price[](33);
        vm.expectRevert(abi.encodeWithSelector(IModelPolicy.ModelPolicy_BadPrices.selector, uint256(33)));
        asTimelock();
        policy.setPrices(Access.Open, list);
        list = new Price[](2);
        list[0].route = "predict";
        vm.expectRevert(abi.encodeWithSelector(IModelPolicy.ModelPolicy_BadPrices.selector, uint256(1)));
        asTimelock();
        policy.setPrices(Access.Open, list);
        list[1].route = "predict";
        vm.expectRevert(abi.encodeWithSelector(IModelPolicy.ModelPolicy_BadPrices.selector, uint256(1)));
        asTimelock();
        policy.setPrices(Access.Open, list);
        list[1].route = "explain";
        asTimelock();
        policy.setPrices(Access.Holders, list);
        vm.assertEq(
            policy.ruleOf(Rule.Prices).hash, keccak256(abi.encode(Access.Holders, list)), "the list's hash"
        );
    }

    function test_aPriceWithAPeriodIsAPlanThatIsSold() public {
        Price[] memory list = new Price[](2);
        list[0] = Price("predict", address(0), 0, 0, false, 5);
        list[1] = Price("month", address(token), 30 days, 1000, true, 7);
        asTimelock();
        policy.setPrices(Access.Paid, list);
        PassPlan memory plan = policy.passPlanOf("month");
        vm.assertEq(plan.payTo, policy.vault(), "to the vault of the model");
        vm.assertEq(plan.token, address(token), "token");
        vm.assertEq(plan.price, 7, "price");
        vm.assertEq(uint256(plan.period), 30 days, "period");
        vm.assertEq(uint256(plan.perDay), 1000, "rate");
        vm.assertTrue(plan.transferable, "transferable");
        vm.assertEq(plan.termsHash, keccak256("licence 1"), "the licence in force");
        vm.assertEq(uint256(policy.passPlanOf("predict").period), 0, "a call is no pass");
        vm.assertEq(policy.passPlanOf("year").payTo, address(0), "no such plan");
    }

    function test_passesArePaidToTheVault() public {
        ModelPolicy other = ModelPolicy(
            Clones.cloneWithImmutableArgs(
                address(policyCode),
                abi.encode(address(timelock), address(manager), address(registry), stranger)
            )
        );
        vm.assertEq(other.vault(), stranger, "its word");
    }

    function test_initialisesOnce() public {
        vm.expectRevert(abi.encodeWithSelector(Initializable.InvalidInitialization.selector));
        policy.initialize(policyFounding());
        vm.expectRevert(abi.encodeWithSelector(Initializable.InvalidInitialization.selector));
        policyCode.initialize(policyFounding());
    }

    // --- publishing

    function finalVersion() private returns (bytes32) {
        runRound(0, 0, 0);
        return manager.currentVersion();
    }

    function test_theDigestIsThatOfTheTypeString() public view {
        bytes32 expected = TypedData.digestHere(
            address(manager),
            "Publication(address model,bytes32 version,bytes32 modelFileHash,bytes32 codeHash)",
            abi.encode(address(manager), bytes32("v"), bytes32("f"), bytes32("c"))
        );
        vm.assertEq(policy.publicationHash("v", "f", "c"), expected, "digest");
    }

    function test_kValidatorsPublish() public {
        bytes32 version = finalVersion();
        publish(version, CODE);
        (, bytes32 codehash, bytes32 file) =
            registry.publicationOf(bytes32(uint256(uint160(address(manager)))), version);
        vm.assertEq(codehash, keccak256(CODE), "code");
        vm.assertEq(file, bytes32("file"), "file");
    }

    function test_fewerThanKDoNotPublish() public {
        bytes32 version = finalVersion();
        (address[] memory signers, bytes[] memory signatures) = signedPublication(version, "file", CODE);
        assembly {
            mstore(signers, 1)
            mstore(signatures, 1)
        }
        vm.expectRevert(
            abi.encodeWithSelector(IModelPolicy.ModelPolicy_TooFewSignatures.selector, uint256(1), uint256(2))
        );
        policy.publish(version, "file", CODE, signers, signatures);
    }

    function test_oneValidatorTwiceIsOne() public {
        bytes32 version = finalVersion();
        (address[] memory signers, bytes[] memory signatures) = signedPublication(version, "file", CODE);
        (signers[1], signatures[1]) = (signers[0], signatures[0]);
        vm.expectRevert(abi.encodeWithSelector(IModelPolicy.ModelPolicy_BadSigner.selector, signers[0]));
        policy.publish(version, "file", CODE, signers, signatures);
    }

    function test_strangersAndUnbondedValidatorsDoNotSign() public {
        bytes32 version = finalVersion();
        (address[] memory signers, bytes[] memory signatures) = signedPublication(version, "file", CODE);
        address out = signers[0];
        vm.prank(out);
        operators.requestWithdrawal(BOND);
        vm.expectRevert(abi.encodeWithSelector(IModelPolicy.ModelPolicy_BadSigner.selector, out));
        policy.publish(version, "file", CODE, signers, signatures);
        signers[0] = stranger;
        vm.expectRevert();
        policy.publish(version, "file", CODE, signers, signatures);
    }

    function test_aSignatureIsForItsCodeAndFile() public {
        bytes32 version = finalVersion();
        (address[] memory signers, bytes[] memory signatures) = signedPublication(version, "file", CODE);
        bytes memory refusal =
            abi.encodeWithSelector(IModelPolicy.ModelPolicy_BadSignature.selector, signers[0]);
        vm.expectRevert(refusal);
        policy.publish(version, "other", CODE, signers, signatures);
        vm.expectRevert(refusal);
        policy.publish(version, "file", hex"5f356002015f5260205ff3", signers, signatures);
        bytes[] memory fewer = new bytes[](1);
        vm.expectRevert(
            abi.encodeWithSelector(IModelPolicy.ModelPolicy_LengthMismatch.selector, uint256(2), uint256(1))
        );
        policy.publish(version, "file", CODE, signers, fewer);
    }

    // --- promotion

    /// Every evaluation, on either side of every bar, in both directions.
    function testFuzz_theBar(int64 bar, bool lowerIsBetter) public {
        bytes32 version = finalVersion(); // attested: -17
        publish(version, CODE);
        asTimelock();
        policy.setBar(Bar(bar, lowerIsBetter, true));
        bool reached = lowerIsBetter ? int256(-17) <= bar : int256(-17) >= bar;
        if (!reached) {
            vm.expectRevert(
                abi.encodeWithSelector(IModelPolicy.ModelPolicy_BelowBar.selector, version, int64(-17), bar)
            );
        }
        policy.promote(version);
        vm.assertEq(policy.currentVersion(), reached ? version : bytes32(0), "current");
    }

    function test_withoutAnAutomaticBarEveryPromotionIsAVotes() public {
        bytes32 version = finalVersion();
        publish(version, CODE);
        asTimelock();
        policy.setBar(Bar(-20, false, false));
        vm.expectRevert(abi.encodeWithSelector(IModelPolicy.ModelPolicy_NotAutomatic.selector));
        policy.promote(version);
        asTimelock();
        policy.promoteByVote(version);
        vm.assertEq(policy.currentVersion(), version, "by vote");
    }

    function test_whatNoRoundGaveIsNeverPromoted() public {
        vm.expectRevert(abi.encodeWithSelector(IModelPolicy.ModelPolicy_NotFinal.selector, GENESIS));
        policy.promote(GENESIS);
        vm.expectRevert(abi.encodeWithSelector(IModelPolicy.ModelPolicy_NotFinal.selector, GENESIS));
        asTimelock();
        policy.promoteByVote(GENESIS);
    }

    function test_whatIsNotPublishedIsNotPromoted() public {
        bytes32 version = finalVersion();
        vm.expectPartialRevert(IOnchainModels.OnchainModels_NotPublished.selector);
        policy.promote(version);
    }

    function test_anOlderVersionIsNotPromotedOverANewer() public {
        bytes32 first = finalVersion();
        publish(first, CODE);
        bytes32 second = finalVersion();
        publish(second, CODE);
        policy.promote(second);
        vm.expectRevert(
            abi.encodeWithSelector(IModelPolicy.ModelPolicy_NotNewer.selector, first, uint64(1), uint64(2))
        );
        policy.promote(first);
        vm.assertEq(uint256(policy.newestRound()), 2, "newest");
    }

    function test_rollbackGoesOnlyToWhatWasCurrent() public {
        bytes32 first = finalVersion();
        publish(first, CODE);
        bytes32 second = finalVersion();
        publish(second, CODE);
        policy.promote(second);
        vm.expectRevert(abi.encodeWithSelector(IModelPolicy.ModelPolicy_NeverPromoted.selector, first));
        asTimelock();
        policy.rollback(first);
        vm.expectRevert(abi.encodeWithSelector(IModelPolicy.ModelPolicy_NeverPromoted.selector, second));
        asTimelock();
        policy.rollback(second);
        asTimelock();
        policy.promoteByVote(first);
        asTimelock();
        policy.rollback(second);
        Promotion memory last = policy.promotionByNumber(2);
        vm.assertEq(last.version, second, "back");
        vm.assertTrue(last.byVote, "by vote");
        vm.assertEq(policy.promotionsCount(), 3, "all are kept");
    }
}
