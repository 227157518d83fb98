// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IPostedUpdates, Place } from "../../src/training/IPostedUpdates.sol";
import { IRoundManager } from "../../src/training/IRoundManager.sol";
import { OrderedTree } from "../../src/training/OrderedTree.sol";
import { Status } from "../../src/training/RoundTypes.sol";
import { TypedData } from "../support/TypedData.sol";
import { World } from "../support/World.sol";

/// OrderedTree: every leaf at its place and nowhere else, as the shared vectors have it
/// postUpdate, postUpdateFor: who committed, between seed 1 and close, once
/// resolvePosted, refusePosted: after close, each once; validators wait for it
contract PostedUpdatesTest is World {
    uint256 private constant KEY = 0xCC;
    bytes32 private constant BATCHES = keccak256("batches");
    bytes32 private constant UPDATE = keccak256("update");
    uint32 private constant WEIGHT = 77;

    address private contributor = vm.addr(KEY);
    uint64 private round;
    Place private committed;
    Place private closed;

    constructor() {
        deployModel();
        bytes32 plan = keccak256("plan");
        bytes memory fields = abi.encode(address(manager), uint64(1), uint32(0), plan, BATCHES);
        bytes32 digest = TypedData.digestHere(address(manager), TypedData.DATA_COMMITMENT, fields);
        committed = place("other commitments", 1);
        commitmentsRoot = pair(sha256("other commitments"), leafOf(abi.encodePacked(contributor, digest)));
        closed = place("other updates", 0);
        bytes memory leaf = abi.encodePacked(contributor, updateDigest(UPDATE), keccak256(signature(UPDATE)));
        updatesRoot = pair(leafOf(leaf), sha256("other updates"));
        round = openRound(0);
        commitData(round);
    }

    function test_placesAreThoseOfTheVectors() public view {
        string memory json = vm.readFile("../vectors/ordered.json");
        for (uint256 t = 0; t < 9; ++t) {
            string memory tree = string.concat("$.trees[", vm.toString(t), "]");
            bytes32 root = vm.parseJsonBytes32(json, string.concat(tree, ".root"));
            for (uint256 i = 0; i <= t; ++i) {
                string memory index = string.concat("[", vm.toString(i), "]");
                bytes memory leaf = vm.parseJsonBytes(json, string.concat(tree, ".leaves", index));
                bytes memory path = vm.parseJsonBytes(json, string.concat(tree, ".paths", index));
                Place memory here = Place(uint64(i), uint64(t + 1), split(path));
                vm.assertTrue(this.holds(root, leaf, here), "at its place");
                here.count += 1;
                vm.assertFalse(this.holds(root, leaf, here), "another count");
                here.count -= 1;
                here.index = uint64((i + 1) % (t + 1));
                if (t != 0) vm.assertFalse(this.holds(root, leaf, here), "another place");
                here.index = uint64(t + 1);
                vm.assertFalse(this.holds(root, leaf, here), "outside");
                here = Place(uint64(i), uint64(t + 1), split(bytes.concat(path, bytes32(0))));
                vm.assertFalse(this.holds(root, leaf, here), "one sibling too many");
            }
        }
    }

    function test_postedUpdateHoldsTheRoundUntilItIsShown() public {
        seed(round);
        vm.expectEmit(address(manager));
        emit IPostedUpdates.UpdatePosted(round, 0, contributor, UPDATE);
        post(UPDATE);
        vm.assertEq(manager.postedOf(round, 0, contributor), UPDATE, "posted");
        vm.assertEq(manager.roundOf(round).unresolved, 1, "unresolved");
        vm.expectPartialRevert(IPostedUpdates.RoundManager_AlreadyPosted.selector);
        vm.prank(contributor);
        manager.postUpdate(round, UPDATE, BATCHES, committed);
        closeRound(round);
        seed(round);
        vm.expectRevert(abi.encodeWithSelector(IPostedUpdates.RoundManager_Unresolved.selector, round, 1));
        vm.prank(vm.addr(validatorKeys[0]));
        manager.commitAttestation(round, "c");
        bytes32 signatureHash = keccak256(signature(UPDATE));
        vm.expectPartialRevert(IPostedUpdates.RoundManager_NotInSet.selector);
        manager.resolvePosted(round, contributor, BATCHES, WEIGHT + 1, signatureHash, closed);
        vm.expectEmit(address(manager));
        emit IPostedUpdates.PostedResolved(round, 0, contributor);
        manager.resolvePosted(round, contributor, BATCHES, WEIGHT, signatureHash, closed);
        vm.expectPartialRevert(IPostedUpdates.RoundManager_NotPosted.selector);
        manager.resolvePosted(round, contributor, BATCHES, WEIGHT, signatureHash, closed);
        agree(attestation(round));
        manager.finalise(attestation(round), 0, 0, 0, 0);
    }

    function test_coordinatorRefusesWithAReason() public {
        seed(round);
        post(keccak256("an update that the set lacks"));
        closeRound(round);
        vm.expectPartialRevert(IPostedUpdates.RoundManager_NotInSet.selector);
        manager.resolvePosted(round, contributor, BATCHES, WEIGHT, keccak256(signature(UPDATE)), closed);
        vm.expectPartialRevert(IRoundManager.RoundManager_NotCoordinator.selector);
        manager.refusePosted(round, contributor, "reason");
        vm.expectPartialRevert(IRoundManager.RoundManager_EmptyHash.selector);
        vm.prank(coordinator);
        manager.refusePosted(round, contributor, 0);
        vm.expectEmit(address(manager));
        emit IPostedUpdates.PostedRefused(round, 0, contributor, "reason");
        vm.prank(coordinator);
        manager.refusePosted(round, contributor, "reason");
        vm.assertEq(manager.roundOf(round).unresolved, 0, "unresolved");
        vm.expectPartialRevert(IPostedUpdates.RoundManager_NotPosted.selector);
        vm.prank(coordinator);
        manager.refusePosted(round, contributor, "reason");
    }

    function test_unresolvedAttemptEndsAtItsDeadlineAndTheNextIsFree() public {
        seed(round);
        post(UPDATE);
        closeRound(round);
        vm.warp(manager.voidableAt(round));
        manager.void(round);
        vm.prank(coordinator);
        manager.retry(round, keccak256("plan"), uint64(block.timestamp) + 1 days);
        vm.assertEq(manager.roundOf(round).unresolved, 0, "a new attempt");
        vm.assertEq(uint256(manager.roundOf(round).status), uint256(Status.Open), "open");
    }

    function test_onlyWhoCommittedPostsAndOnlyItsOwn() public {
        vm.expectPartialRevert(IRoundManager.RoundManager_NoSeed.selector);
        post(UPDATE);
        seed(round);
        vm.expectPartialRevert(IPostedUpdates.RoundManager_NotCommitted.selector);
        vm.prank(vm.addr(0x5A));
        manager.postUpdate(round, UPDATE, BATCHES, committed);
        vm.expectPartialRevert(IPostedUpdates.RoundManager_NotCommitted.selector);
        vm.prank(contributor);
        manager.postUpdate(round, UPDATE, keccak256("other batches"), committed);
        vm.expectPartialRevert(IRoundManager.RoundManager_EmptyHash.selector);
        post(0);
        closeRound(round);
        vm.expectPartialRevert(IRoundManager.RoundManager_WrongStatus.selector);
        post(UPDATE);
    }

    function test_anybodyPostsForAContributorWithItsSignedUpdate() public {
        seed(round);
        bytes memory signed_ = signature(UPDATE);
        vm.expectPartialRevert(IRoundManager.RoundManager_BadSignature.selector);
        manager.postUpdateFor(round, contributor, UPDATE, BATCHES, WEIGHT + 1, signed_, committed);
        vm.expectPartialRevert(IRoundManager.RoundManager_BadSignature.selector);
        manager.postUpdateFor(round, contributor, UPDATE, BATCHES, WEIGHT, "short", committed);
        vm.expectPartialRevert(IRoundManager.RoundManager_BadSignature.selector);
        manager.postUpdateFor(round, address(0), UPDATE, BATCHES, WEIGHT, "short", committed);
        manager.postUpdateFor(round, contributor, UPDATE, BATCHES, WEIGHT, signed_, committed);
        vm.assertEq(manager.postedOf(round, 0, contributor), UPDATE, "posted");
    }

    function holds(bytes32 root, bytes memory leaf, Place calldata here) external pure returns (bool) {
        return OrderedTree.holds(root, leaf, here);
    }

    function post(bytes32 updateHash) private {
        vm.prank(contributor);
        manager.postUpdate(round, updateHash, BATCHES, committed);
    }

    function updateDigest(bytes32 updateHash) private view returns (bytes32) {
        bytes memory fields = abi.encode(
            address(manager), uint64(1), uint32(0), keccak256("plan"), updateHash, BATCHES, WEIGHT
        );
        return TypedData.digestHere(address(manager), TypedData.UPDATE, fields);
    }

    function signature(bytes32 updateHash) private view returns (bytes memory) {
        return signed(KEY, updateDigest(updateHash));
    }

    function leafOf(bytes memory leaf) private pure returns (bytes32) {
        return sha256(bytes.concat(hex"00", leaf));
    }

    function pair(bytes32 left, bytes32 right) private pure returns (bytes32) {
        bytes32 top = sha256(bytes.concat(hex"01", left, right));
        return sha256(bytes.concat(hex"02", bytes8(uint64(2)), top));
    }

    function place(bytes memory sibling, uint64 index) private pure returns (Place memory here) {
        here = Place(index, 2, new bytes32[](1));
        here.siblings[0] = sha256(sibling);
    }

    function split(bytes memory path) private pure returns (bytes32[] memory words) {
        words = new bytes32[](path.length / 32);
        for (uint256 i = 0; i < words.length; ++i) {
            bytes32 word;
            assembly ("memory-safe") {
                word := mload(add(path, mul(32, add(i, 1))))
            }
            words[i] = word;
        }
    }
}
