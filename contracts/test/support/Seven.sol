// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Attestation } from "../../src/training/AttestationTypes.sol";
import { Status } from "../../src/training/RoundTypes.sol";
import { ClaimTree } from "./ClaimTree.sol";
import { World } from "./World.sol";

/// @notice A model whose validators are seven, of which four decide, some of them bad. One honest round has credited 500
/// tokens to a contributor that fetched them, and 200 to one that has not yet.
abstract contract Seven is World {
    uint256 internal constant BUDGET = 1000e18;
    uint256 internal constant EARNED = 700e18;
    uint256 internal constant FETCHED = 500e18;

    address internal thief = vm.addr(0x7E);
    address internal prompt = vm.addr(0xCC);
    address internal slow = vm.addr(0xCD);
    bytes32 internal honestRoot;
    Attestation internal lie;
    uint256 internal lieTotal;

    function foundSeven() internal {
        quorum = 4;
        for (uint256 key = 0x14; key <= 0x17; ++key) {
            validatorKeys.push(key);
        }
        deployModel();
        vm.deal(thief, 1 ether);
        bytes32 first = ClaimTree.leafOf(prompt, FETCHED, FETCHED);
        bytes32 second = ClaimTree.leafOf(slow, EARNED - FETCHED, EARNED);
        honestRoot = ClaimTree.pairOf(first, second);
        uint64 round = roundReadyToAttest(BUDGET);
        Attestation memory result = attestation(round, honestRoot, EARNED, EARNED, 1);
        agree(result);
        vm.warp(manager.roundOf(round).finalisableAt);
        manager.finalise(result, honestRoot, EARNED, EARNED, 1);
        pool.claim(prompt, FETCHED, FETCHED, ClaimTree.proofOf(second));
        vm.warp(block.timestamp + 1 days);
    }

    /// The best that a false root can do: what was fetched stays where it is, so that the leaf can be paid; all else,
    /// what was not fetched and what may be minted now, is the thief's.
    function theft(uint64 round) internal returns (bytes32 root, uint256 stolen) {
        (stolen, lieTotal) = (EARNED - FETCHED + mintable(), EARNED + mintable());
        root = ClaimTree.pairOf(thiefLeaf(stolen), ClaimTree.leafOf(prompt, FETCHED, lieTotal));
        lie = attestation(round, root, lieTotal, mintable(), 1);
    }

    function thiefLeaf(uint256 stolen) internal view returns (bytes32) {
        return ClaimTree.leafOf(thief, stolen, stolen);
    }

    /// What the thief's root pays it.
    function steal(uint256 stolen) internal returns (uint256) {
        bytes32[] memory proof = ClaimTree.proofOf(ClaimTree.leafOf(prompt, FETCHED, lieTotal));
        return pool.claim(thief, stolen, stolen, proof);
    }

    function honestResult(uint64 round) internal view returns (Attestation memory) {
        return attestation(round, honestRoot, EARNED, 0, 0);
    }

    /// The first `count` validators sign the lie, the others what honest ones found.
    function attestedBy(uint64 round, uint256 count) internal {
        Attestation memory honest = honestResult(round);
        for (uint256 i = 0; i < 7; ++i) {
            commit(validatorKeys[i], i < count ? lie : honest);
        }
        for (uint256 i = 0; i < 7; ++i) {
            if (manager.roundOf(round).status != Status.Closed) break;
            reveal(validatorKeys[i], i < count ? lie : honest);
        }
    }

    function mintable() internal pure returns (uint256) {
        return BUDGET * (10_000 - BPS) / 10_000;
    }

    /// Somebody puts down a challenge's bond for `digest`.
    function challengeBy(address challenger, uint64 round, bytes32 digest) internal returns (uint256 bond) {
        bond = disputes.challengeBondOf(round);
        vm.deal(challenger, bond);
        vm.prank(challenger);
        disputes.challenge{ value: bond }(round, digest);
    }

    /// All seven are heard: the first `count` say `first`, the others `second`.
    function heard(uint64 round, uint256 count, bytes32 first, bytes32 second) internal {
        for (uint256 i = 0; i < 7; ++i) {
            address validator = vm.addr(validatorKeys[i]);
            bytes32 sealed_ =
                disputes.wordCommitmentOf(round, 0, i < count ? first : second, validator, "salt");
            vm.prank(validator);
            disputes.commitWord(round, sealed_);
        }
        for (uint256 i = 0; i < 7; ++i) {
            vm.prank(vm.addr(validatorKeys[i]));
            disputes.revealWord(round, i < count ? first : second, "salt");
        }
        disputes.conclude(round);
    }
}
