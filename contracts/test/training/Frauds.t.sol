// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Attestation } from "../../src/training/AttestationTypes.sol";
import { ClaimLeaf, ClosedUpdate, IFrauds, ValueOpening } from "../../src/training/IFrauds.sol";
import { Place } from "../../src/training/IPostedUpdates.sol";
import { Round, Status, VoidReason } from "../../src/training/RoundTypes.sol";
import { ClaimTree } from "../support/ClaimTree.sol";
import { World } from "../support/World.sol";

/// Three accounts have earned 10, 20 and 30; each test lets k validators attest another tree on top of it.
/// showOverpaid, showFallen, showVanished, showOverlap: an honest tree is never condemned, each lie is
/// showForgedUpdate: the coordinator pays for a signature that is not the contributor's
contract FraudsTest is World {
    struct Leaf {
        address account;
        uint256 cumulative;
        uint256 runningSum;
    }

    uint256 private constant BUDGET = 1000e18;

    /// In rising order.
    address private constant A = address(0xA1);
    address private constant B = address(0xB2);
    address private constant C = address(0xC3);

    Leaf[] private former;
    Attestation private agreed;
    ValueOpening private value;
    uint64 private round;

    constructor() {
        (window, idle) = (1 days, 4 days);
        deployModel();
        former.push(Leaf(A, 10e18, 10e18));
        former.push(Leaf(B, 20e18, 30e18));
        former.push(Leaf(C, 30e18, 60e18));
        attest(former, 60e18, 60e18, 1);
        vm.warp(manager.roundOf(round).finalisableAt);
        manager.finalise(agreed, value.claimsRoot, value.claimsTotal, value.minted, value.gain);
    }

    function test_honestTreesAreNeverCondemned() public {
        Leaf[] memory next = three(15e18, 20e18, 40e18);
        attest(next, 75e18, 15e18, 1);
        vm.expectRevert(abi.encodeWithSelector(IFrauds.Disputes_NoFraud.selector, bytes32("overpaid")));
        disputes.showOverpaid(agreed, value);
        for (uint256 i = 0; i < 3; ++i) {
            expectNoFraud("fallen");
            disputes.showFallen(agreed, value, leaf(former, i), leaf(next, i));
            for (uint256 j = 0; j < 3; ++j) {
                expectNoFraud("overlap");
                disputes.showOverlap(agreed, value, leaf(next, i), leaf(next, j));
                for (uint256 k = 0; k < 3; ++k) {
                    expectNoFraud("vanished");
                    disputes.showVanished(agreed, value, leaf(former, i), leaf(next, j), leaf(next, k));
                }
                expectNoFraud("vanished");
                disputes.showVanished(agreed, value, leaf(former, i), none(), leaf(next, j));
                expectNoFraud("vanished");
                disputes.showVanished(agreed, value, leaf(former, i), leaf(next, j), none());
            }
            expectNoFraud("vanished");
            disputes.showVanished(agreed, value, leaf(former, i), none(), none());
        }
        vm.warp(manager.roundOf(round).finalisableAt);
        manager.finalise(agreed, value.claimsRoot, value.claimsTotal, value.minted, value.gain);
    }

    function testFuzz_honestTreesAreNeverCondemned(uint256 a, uint256 b, uint256 c) public {
        uint256 most = 100e18;
        Leaf[] memory next =
            three(10e18 + within(a, 1, most), 20e18 + within(b, 0, most), 30e18 + within(c, 0, most));
        uint256 total = next[2].runningSum;
        attest(next, total, total - 60e18, 1);
        expectNoFraud("overpaid");
        disputes.showOverpaid(agreed, value);
        for (uint256 i = 0; i < 3; ++i) {
            expectNoFraud("fallen");
            disputes.showFallen(agreed, value, leaf(former, i), leaf(next, i));
            expectNoFraud("overlap");
            disputes.showOverlap(agreed, value, leaf(next, i), leaf(next, (i + 1) % 3));
            expectNoFraud("vanished");
            disputes.showVanished(agreed, value, leaf(former, 1), leaf(next, i), leaf(next, (i + 1) % 3));
        }
    }

    function test_whatFinaliseWouldRefuseIsAFraud() public {
        expectOverpaid(BUDGET + 1, 60e18 + BUDGET + 1, 1, "root");
        expectOverpaid(BUDGET, 60e18 + BUDGET, 1, "root");
        expectOverpaid(type(uint256).max, 1, 1, "root");
        expectOverpaid(10e18, 71e18, 1, "root");
        expectOverpaid(10e18, 70e18, 0, "root");
        expectOverpaid(10e18, 70e18, 1, 0);
        expectOverpaid(0, 60e18, 1, "another root");
    }

    function test_attestersPayAndTheReporterGetsHalf() public {
        attest(former, 60e18, 0, 0);
        value = ValueOpening("another root", 60e18, 0, 0);
        // k attest it, the third does not.
        nextAttempt();
        Attestation memory honest = attestation(round);
        agreed = attestation(round);
        agreed.valueRoot = rootOfValue();
        commit(validatorKeys[0], agreed);
        commit(validatorKeys[1], honest);
        commit(validatorKeys[2], agreed);
        reveal(validatorKeys[0], agreed);
        reveal(validatorKeys[1], honest);
        reveal(validatorKeys[2], agreed);
        vm.expectEmit(address(disputes));
        emit IFrauds.FraudShown(round, 1, address(this), "overpaid");
        disputes.showOverpaid(agreed, value);
        vm.assertEq(uint256(manager.roundOf(round).voidReason), uint256(VoidReason.Fraud), "void");
        vm.assertEq(bondedOf(vm.addr(validatorKeys[0])), 0, "attested it");
        vm.assertEq(bondedOf(vm.addr(validatorKeys[1])), BOND, "did not");
        vm.assertEq(bondedOf(vm.addr(validatorKeys[2])), 0, "attested it");
        vm.assertEq(operators.rewardOf(address(this)), BOND, "half of two bonds");
        vm.expectPartialRevert(IFrauds.Disputes_NotAgreed.selector);
        disputes.showOverpaid(agreed, value);
    }

    function test_onlyWhatWasAgreedAndIsNotFinalIsJudged() public {
        Leaf[] memory next = three(11e18, 20e18, 30e18);
        attest(next, 61e18, 1e18, 1);
        Attestation memory other = agreed;
        other.versionHash = "other";
        vm.expectPartialRevert(IFrauds.Disputes_NotAgreed.selector);
        disputes.showOverpaid(other, value);
        ValueOpening memory wrong = value;
        wrong.minted += 1;
        vm.expectPartialRevert(IFrauds.Disputes_WrongValue.selector);
        disputes.showOverpaid(agreed, wrong);
        ClaimLeaf memory invented = leaf(next, 0);
        invented.cumulative = 1;
        vm.expectPartialRevert(IFrauds.Disputes_NotUnderRoot.selector);
        disputes.showFallen(agreed, value, leaf(former, 0), invented);
        vm.expectPartialRevert(IFrauds.Disputes_NotUnderRoot.selector);
        disputes.showFallen(agreed, value, invented, leaf(next, 0));
        vm.warp(manager.roundOf(round).finalisableAt);
        manager.finalise(agreed, value.claimsRoot, value.claimsTotal, value.minted, value.gain);
        vm.expectPartialRevert(IFrauds.Disputes_NotAgreed.selector);
        disputes.showOverpaid(agreed, value);
    }

    function test_fallenLeafIsAFraud() public {
        Leaf[] memory next = three(10e18, 19e18, 41e18);
        attest(next, 70e18, 10e18, 1);
        disputes.showFallen(agreed, value, leaf(former, 1), leaf(next, 1));
        expectFraud();
        vm.assertEq(pool.claimsRoot(), rootOf(former), "the former root stays");
    }

    function test_vanishedAccountIsShownByItsNeighbours() public {
        Leaf[] memory next = new Leaf[](2);
        (next[0], next[1]) = (Leaf(A, 10e18, 10e18), Leaf(C, 60e18, 70e18));
        attest(next, 70e18, 10e18, 1);
        disputes.showVanished(agreed, value, leaf(former, 1), leaf(next, 0), leaf(next, 1));
        expectFraud();
    }

    function test_vanishedFirstAndLastAreShownByTheEnds() public {
        Leaf[] memory next = new Leaf[](2);
        (next[0], next[1]) = (Leaf(B, 30e18, 30e18), Leaf(C, 40e18, 70e18));
        attest(next, 70e18, 10e18, 1);
        disputes.showVanished(agreed, value, leaf(former, 0), none(), leaf(next, 0));
        expectFraud();
        rebond();
        (next[0], next[1]) = (Leaf(A, 30e18, 30e18), Leaf(B, 40e18, 70e18));
        nextAttempt();
        attestHere(next, 70e18, 10e18, 1);
        disputes.showVanished(agreed, value, leaf(former, 2), leaf(next, 1), none());
        expectFraud();
    }

    function test_amountsOwnedTwiceAreAFraud() public {
        Leaf[] memory next = new Leaf[](3);
        (next[0], next[1], next[2]) = (Leaf(A, 40e18, 40e18), Leaf(B, 20e18, 50e18), Leaf(C, 20e18, 70e18));
        attest(next, 70e18, 10e18, 1);
        expectNoFraud("overlap");
        disputes.showOverlap(agreed, value, leaf(next, 1), leaf(next, 2));
        disputes.showOverlap(agreed, value, leaf(next, 1), leaf(next, 0));
        expectFraud();
    }

    function test_leavesInAnotherOrderOrOfOneAccountAreAFraud() public {
        Leaf[] memory next = new Leaf[](3);
        (next[0], next[1], next[2]) = (Leaf(A, 10e18, 70e18), Leaf(B, 30e18, 30e18), Leaf(C, 30e18, 60e18));
        attest(next, 70e18, 10e18, 1);
        disputes.showOverlap(agreed, value, leaf(next, 0), leaf(next, 1));
        expectFraud();
        rebond();
        (next[0], next[1], next[2]) = (Leaf(A, 10e18, 10e18), Leaf(B, 20e18, 30e18), Leaf(B, 40e18, 70e18));
        nextAttempt();
        attestHere(next, 70e18, 10e18, 1);
        disputes.showOverlap(agreed, value, leaf(next, 1), leaf(next, 2));
        expectFraud();
    }

    function test_impossibleLeavesAreAFraudAlone() public {
        Leaf[] memory next = three(10e18, 20e18, 41e18);
        attest(next, 70e18, 10e18, 1);
        disputes.showOverlap(agreed, value, leaf(next, 2), leaf(next, 2));
        expectFraud();
        rebond();
        next = three(10e18, 20e18, 30e18);
        next[0].cumulative = 11e18;
        nextAttempt();
        attestHere(next, 70e18, 10e18, 1);
        disputes.showOverlap(agreed, value, leaf(next, 0), leaf(next, 0));
        expectFraud();
    }

    function test_fraudIsShownDuringAHearingToo() public {
        attest(three(10e18, 19e18, 41e18), 70e18, 10e18, 1);
        uint256 stake = disputes.challengeBondOf(round);
        vm.deal(address(this), stake);
        disputes.challenge{ value: stake }(round, "truth");
        disputes.showFallen(agreed, value, leaf(former, 1), leaf(three(10e18, 19e18, 41e18), 1));
        expectFraud();
        disputes.conclude(round);
        vm.assertEq(disputes.owedTo(address(this)), stake, "the challenger's bond");
    }

    function test_forgedUpdateCostsTheCoordinator() public {
        (uint256 key, bytes32 digest) = (0xD1, keccak256("digest of an update"));
        bytes memory forged = signed(0xD2, digest);
        ClosedUpdate memory update = closeWith(vm.addr(key), digest, forged);
        update.signature = signed(key, digest);
        vm.expectPartialRevert(IFrauds.Disputes_NotUnderRoot.selector);
        disputes.showForgedUpdate(round, update);
        update.signature = forged;
        vm.expectEmit(address(disputes));
        emit IFrauds.ForgeryShown(round, 0, address(this), vm.addr(key));
        disputes.showForgedUpdate(round, update);
        vm.assertEq(uint256(manager.roundOf(round).voidReason), uint256(VoidReason.ForgedUpdate), "void");
        vm.assertEq(bondedOf(coordinator), 0, "the coordinator pays");
        vm.assertEq(bondedOf(vm.addr(validatorKeys[0])), BOND, "validators do not");
        vm.expectRevert();
        disputes.showForgedUpdate(round, update);
    }

    function test_signedUpdateIsNoForgery() public {
        bytes32 digest = keccak256("digest of an update");
        ClosedUpdate memory update = closeWith(vm.addr(0xD1), digest, signed(0xD1, digest));
        vm.expectRevert(abi.encodeWithSelector(IFrauds.Disputes_NoFraud.selector, bytes32("forged")));
        disputes.showForgedUpdate(round, update);
    }

    function closeWith(
        address contributor,
        bytes32 digest,
        bytes memory signature
    )
        private
        returns (ClosedUpdate memory update)
    {
        bytes memory leaf_ = abi.encodePacked(contributor, digest, keccak256(signature));
        bytes32 top = sha256(bytes.concat(hex"00", leaf_));
        updatesRoot = sha256(bytes.concat(hex"02", bytes8(uint64(1)), top));
        round = roundReadyToAttest(BUDGET);
        return ClosedUpdate(contributor, digest, signature, Place(0, 1, new bytes32[](0)));
    }

    function attest(Leaf[] memory leaves, uint256 total, uint256 minted, int256 gain) private {
        round = roundReadyToAttest(BUDGET);
        attestHere(leaves, total, minted, gain);
    }

    function attestHere(Leaf[] memory leaves, uint256 total, uint256 minted, int256 gain) private {
        value = ValueOpening(rootOf(leaves), total, minted, gain);
        agreed = attestation(round);
        agreed.valueRoot = rootOfValue();
        agree(agreed);
    }

    /// The same round once more.
    function nextAttempt() private {
        if (manager.roundOf(round).status != Status.Void) {
            vm.warp(manager.voidableAt(round));
            manager.void(round);
        }
        vm.prank(coordinator);
        manager.retry(round, keccak256("plan"), uint64(block.timestamp) + 1 days);
        finishUntilSeed2(round);
    }

    function rebond() private {
        for (uint256 i = 0; i < 3; ++i) {
            depositFor(vm.addr(validatorKeys[i]), BOND);
        }
    }

    function expectOverpaid(uint256 minted, uint256 total, int256 gain, bytes32 root) private {
        if (round > 1) nextAttempt();
        else round = roundReadyToAttest(BUDGET);
        value = ValueOpening(root, total, minted, gain);
        agreed = attestation(round);
        agreed.valueRoot = rootOfValue();
        agree(agreed);
        disputes.showOverpaid(agreed, value);
        expectFraud();
        rebond();
    }

    function expectFraud() private view {
        Round memory entry = manager.roundOf(round);
        vm.assertEq(uint256(entry.status), uint256(Status.Void), "void");
        vm.assertEq(uint256(entry.voidReason), uint256(VoidReason.Fraud), "reason");
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(bondedOf(vm.addr(validatorKeys[i])), 0, "a whole bond");
        }
    }

    function expectNoFraud(bytes32 kind) private {
        vm.expectRevert(abi.encodeWithSelector(IFrauds.Disputes_NoFraud.selector, kind));
    }

    function rootOfValue() private view returns (bytes32) {
        return keccak256(abi.encode(value.claimsRoot, value.claimsTotal, value.minted, value.gain));
    }

    function three(uint256 a, uint256 b, uint256 c) private pure returns (Leaf[] memory leaves) {
        leaves = new Leaf[](3);
        (leaves[0], leaves[1], leaves[2]) = (Leaf(A, a, a), Leaf(B, b, a + b), Leaf(C, c, a + b + c));
    }

    function none() private pure returns (ClaimLeaf memory) { }

    function hashOf(Leaf memory item) private pure returns (bytes32) {
        return ClaimTree.leafOf(item.account, item.cumulative, item.runningSum);
    }

    /// ((0, 1), 2), or (0, 1).
    function rootOf(Leaf[] memory leaves) private pure returns (bytes32) {
        bytes32 low = ClaimTree.pairOf(hashOf(leaves[0]), hashOf(leaves[1]));
        return leaves.length == 2 ? low : ClaimTree.pairOf(low, hashOf(leaves[2]));
    }

    function leaf(Leaf[] memory leaves, uint256 index) private pure returns (ClaimLeaf memory) {
        bytes32[] memory proof = new bytes32[](index == 2 || leaves.length == 2 ? 1 : 2);
        if (index == 2) {
            proof[0] = ClaimTree.pairOf(hashOf(leaves[0]), hashOf(leaves[1]));
        } else {
            proof[0] = hashOf(leaves[1 - index]);
            if (leaves.length == 3) proof[1] = hashOf(leaves[2]);
        }
        Leaf memory item = leaves[index];
        return ClaimLeaf(item.account, item.cumulative, item.runningSum, proof);
    }
}
