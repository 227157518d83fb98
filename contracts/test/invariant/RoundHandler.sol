// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Attestation } from "../../src/training/AttestationTypes.sol";
import { Round, Status } from "../../src/training/RoundTypes.sol";
import { ClaimTree } from "../support/ClaimTree.sol";
import { World } from "../support/World.sol";

/// @notice Moves one model's rounds, two contributors and time. Every function may be called at any moment: what does
/// not fit is left alone. `paid` and the finalised rounds are kept apart from the contracts, to compare.
contract RoundHandler is World {
    struct Leaves {
        uint256 first;
        uint256 second;
    }

    address private immutable firstContributor = vm.addr(0x71);
    address private immutable secondContributor = vm.addr(0x72);

    /// What the current root promises, and what the next would.
    Leaves private current;
    Leaves private next;
    uint256 private nextMinted;
    int256 private nextGain;
    bytes32 private nextRoot;
    uint256 private nextTotal;

    uint256 public paid;
    uint256 public burnt;
    uint256 public operatorPaid;
    uint256 public finalisedRounds;
    uint256 public refusedLies;
    mapping(uint64 round => bytes32) public finalisedAs;
    mapping(uint64 round => bytes32) public versionOf;

    constructor() {
        deployModel();
    }

    function passTime(uint32 elapsed) external {
        // Mostly minutes, sometimes past a deadline or out of reach of a block hash.
        uint256 length = elapsed % 8 == 0 ? within(elapsed, 1, 2 days) : within(elapsed, 1, 1 hours);
        vm.warp(block.timestamp + length);
        vm.roll(block.number + (elapsed % 8 == 1 ? 300 : 3));
    }

    /// Several steps at once: alone, single ones would seldom meet in the right order.
    function run(uint256 budget, uint8 count) external {
        for (uint256 i = 0; i <= count % 6; ++i) {
            step(budget);
        }
    }

    /// Whatever is due next: a new round or attempt, the coordinator's step, a seed, or the end.
    function step(uint256 budget) public {
        uint64 round = manager.roundsCount();
        Status status = round == 0 ? Status.Finalised : manager.roundOf(round).status;
        if (status == Status.Void && budget % 2 == 0) {
            vm.prank(coordinator);
            manager.retry(round, keccak256("plan"), uint64(block.timestamp) + 1 days);
        } else if (status == Status.Finalised || status == Status.Void) {
            openRound(within(budget, 0, coveredBudget()));
        } else if (status == Status.Attested) {
            finalise(round);
        } else if (block.timestamp + 300 <= manager.roundOf(round).deadline) {
            advance(round, status);
        }
    }

    /// All validators agree on one result; a lie in a third of the cases.
    function attest(uint256 minted, uint256 split, uint8 lie) external {
        uint64 round = manager.roundsCount();
        if (round == 0) return;
        Round memory entry = manager.roundOf(round);
        if (entry.status != Status.Closed || entry.seed2 == 0) return;
        if (block.timestamp > entry.deadline) return;
        minted = within(minted, 0, entry.budget - entry.budget * BPS / 10_000);
        uint256 first = within(split, 0, minted);
        next = Leaves(current.first + first, current.second + minted - first);
        nextMinted = minted;
        nextGain = minted == 0 ? int256(0) : int256(1);
        nextRoot = minted == 0 ? pool.claimsRoot() : rootOf(next);
        uint256 total = next.first + next.second;
        if (lie % 9 == 0) nextMinted = entry.budget + 1;
        if (lie % 9 == 1) total += 1;
        // Such a root pays nobody until a later round puts a true one in place.
        if (lie % 9 == 2) nextRoot = keccak256(abi.encode("no tree", nextRoot));
        Attestation memory result = attestation(round, nextRoot, total, nextMinted, nextGain);
        agree(result);
        nextTotal = total;
    }

    function voidRound() external {
        uint64 round = manager.roundsCount();
        if (round == 0) return;
        Status status = manager.roundOf(round).status;
        if (status == Status.Finalised || status == Status.Void) return;
        if (block.timestamp < manager.voidableAt(round)) return;
        manager.void(round);
    }

    function claimBoth() external {
        if (pool.claimsRoot() != rootOf(current)) return;
        bytes32 first = ClaimTree.leafOf(firstContributor, current.first, current.first);
        bytes32 second = ClaimTree.leafOf(secondContributor, current.second, current.first + current.second);
        paid += pool.claim(firstContributor, current.first, current.first, ClaimTree.proofOf(second));
        paid += pool.claim(
            secondContributor, current.second, current.first + current.second, ClaimTree.proofOf(first)
        );
    }

    function claimOperators(uint8 index) external {
        address operator = index % 4 == 3 ? coordinator : vm.addr(validatorKeys[index % 4]);
        operatorPaid += pool.claimOperator(operator);
    }

    function burn(uint256 amount) external {
        amount = within(amount, 0, token.balanceOf(firstContributor));
        vm.prank(firstContributor);
        token.burn(amount);
        burnt += amount;
    }

    function changeOperators(uint8 k) external {
        vm.prank(founder);
        operators.setValidators(2 + k % 2, validatorSet(validatorKeys));
    }

    function everybodysTokens() external view returns (uint256 sum) {
        sum = token.balanceOf(firstContributor) + token.balanceOf(secondContributor);
        sum += token.balanceOf(coordinator) + token.balanceOf(address(pool));
        for (uint256 i = 0; i < validatorKeys.length; ++i) {
            sum += token.balanceOf(vm.addr(validatorKeys[i]));
        }
    }

    function operatorsDue() external view returns (uint256 sum) {
        sum = pool.operatorBalance(coordinator);
        for (uint256 i = 0; i < validatorKeys.length; ++i) {
            sum += pool.operatorBalance(vm.addr(validatorKeys[i]));
        }
    }

    function parts() external view returns (address, address, address) {
        return (address(manager), address(pool), address(token));
    }

    /// What has accrued, as far as k bonds cover it.
    function coveredBudget() private view returns (uint256) {
        uint256 covered = quorum * BOND * 1e18 / COIN_PER_TOKEN;
        uint256 available = pool.accrued() - pool.minted();
        return available < covered ? available : covered;
    }

    function rootOf(Leaves memory leaves) private view returns (bytes32) {
        bytes32 first = ClaimTree.leafOf(firstContributor, leaves.first, leaves.first);
        bytes32 second = ClaimTree.leafOf(secondContributor, leaves.second, leaves.first + leaves.second);
        return ClaimTree.pairOf(first, second);
    }

    function advance(uint64 round, Status status) private {
        Round memory entry = manager.roundOf(round);
        bool awaitsSeed = status == Status.DataCommitted ? entry.seed1 == 0 : entry.seed2 == 0;
        if (status == Status.Open) commitData(round);
        else if (awaitsSeed && block.number > entry.seedBlock) manager.recordSeed(round);
        else if (awaitsSeed) seed(round);
        else if (status == Status.DataCommitted) closeRound(round);
    }

    function finalise(uint64 round) private {
        if (block.timestamp < manager.roundOf(round).finalisableAt) return;
        Attestation memory result = attestation(round, nextRoot, nextTotal, nextMinted, nextGain);
        try manager.finalise(result, nextRoot, nextTotal, nextMinted, nextGain) {
            finalisedRounds += 1;
            finalisedAs[round] = keccak256(abi.encode(manager.roundOf(round)));
            versionOf[round] = result.versionHash;
            current = next;
        } catch {
            refusedLies += 1;
        }
    }
}
