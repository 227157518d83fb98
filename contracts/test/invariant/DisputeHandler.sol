// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Attestation } from "../../src/training/AttestationTypes.sol";
import { Hearing, Outcome } from "../../src/training/IDisputes.sol";
import { ValueOpening } from "../../src/training/IFrauds.sol";
import { PlantState } from "../../src/training/IPlants.sol";
import { Round, Status } from "../../src/training/RoundTypes.sol";
import { World } from "../support/World.sol";

/// @notice One model whose operators and strangers do what they like: plant, test, copy, lie, equivocate, keep silent,
/// challenge, speak, leave and come back. What the contracts must answer for is counted here apart from them.
contract DisputeHandler is World {
    bytes32 private constant SALT = "plant";
    address private immutable challenger = vm.addr(0xCA);

    bool private plantIsTest;
    Attestation private truth;
    Attestation private lie;
    mapping(uint64 round => mapping(uint32 attempt => mapping(address validator => bool))) private
        bondedAtCommit;

    uint256 public deposited;
    uint256 public withdrawn;
    uint256 public stakes;
    uint256 public stakesWithdrawn;
    uint256 public finals;
    uint256 public voids;
    uint256 public hearingsEnded;
    bool public finalWithoutKBonded;
    bool public finalTest;
    bool public finalLost;
    bool public uncovered;
    bool public tooManyInOneWindow;
    uint256 private lastFinalAt;

    constructor() {
        (window, idle) = (1 hours, 2 days);
        deployModel();
        deposited = 5 * BOND;
    }

    function passTime(uint32 elapsed) external {
        uint256 length = elapsed % 8 == 0 ? within(elapsed, 1, 2 days) : within(elapsed, 1, 10 minutes);
        vm.warp(block.timestamp + length);
        vm.roll(block.number + 3);
    }

    /// A new attempt up to where validators commit; planted in two thirds of the cases.
    function start(uint256 budget, uint8 plant) external {
        uint64 round = manager.roundsCount();
        Status status = round == 0 ? Status.Finalised : manager.roundOf(round).status;
        if (status != Status.Finalised && status != Status.Void) return;
        uint256 available = pool.accrued() - pool.minted();
        bytes32 parent = manager.currentVersion();
        vm.prank(coordinator);
        try manager.open(
            keccak256("plan"), parent, within(budget, 0, available), uint64(block.timestamp) + 1 days
        ) returns (
            uint64 opened
        ) {
            round = opened;
        } catch {
            return;
        }
        Round memory entry = manager.roundOf(round);
        if (entry.k * BOND * 1e18 < entry.budget * COIN_PER_TOKEN) uncovered = true;
        plantIsTest = plant % 3 == 1;
        if (plant % 3 != 0) {
            bytes32 hash = manager.plantHashOf(round, 0, plantIsTest, SALT);
            vm.prank(coordinator);
            manager.plant(round, hash);
        }
        finishUntilSeed2(round);
        truth = attestation(round, "root", pool.contributorsMinted() + 1, 1, 1);
        lie = attestation(round, "lie", pool.contributorsMinted() + 2, 1, 1);
        if (plantIsTest) lie.versionHash = manager.plantedVersionOf(round, 0, SALT);
    }

    /// Each validator tells the truth, lies, commits and keeps silent, or does nothing.
    function attest(uint8 first, uint8 second, uint8 third) external {
        uint64 round = manager.roundsCount();
        if (round == 0 || manager.roundOf(round).status != Status.Closed) return;
        if (manager.roundOf(round).commitCount != 0) return;
        uint8[3] memory ways = [first, second, third];
        for (uint256 i = 0; i < 3; ++i) {
            if (ways[i] % 8 == 7) continue;
            address validator = vm.addr(validatorKeys[i]);
            bondedAtCommit[round][0][validator] = operators.isBonded(validator);
            try this.tryCommit(validatorKeys[i], said(ways[i])) { } catch { }
        }
        vm.warp(block.timestamp + COMMIT_PERIOD);
        for (uint256 i = 0; i < 3; ++i) {
            if (ways[i] % 8 >= 6) continue;
            try this.tryReveal(validatorKeys[i], said(ways[i])) { } catch { }
        }
    }

    function openPlant() external {
        uint64 round = manager.roundsCount();
        try manager.openPlant(round, plantIsTest, SALT) { } catch { }
    }

    function challenge(bool withTruth) external {
        uint64 round = manager.roundsCount();
        if (round == 0) return;
        uint256 stake = disputes.challengeBondOf(round);
        vm.deal(challenger, stake);
        bytes32 digest = manager.attestationHash(withTruth ? truth : lie);
        vm.prank(challenger);
        try disputes.challenge{ value: stake }(round, digest) {
            stakes += stake;
        } catch { }
    }

    /// A whole hearing; what each says: truth, lie, something else, or nothing.
    function hear(uint8 first, uint8 second, uint8 third) external {
        uint64 round = manager.roundsCount();
        if (round == 0 || manager.roundOf(round).status != Status.Challenged) return;
        uint8[3] memory words = [first, second, third];
        for (uint256 i = 0; i < 3; ++i) {
            if (words[i] % 4 == 3) continue;
            address validator = vm.addr(validatorKeys[i]);
            bytes32 commitment = disputes.wordCommitmentOf(round, 0, word(words[i]), validator, SALT);
            vm.prank(validator);
            try disputes.commitWord(round, commitment) { } catch { }
        }
        vm.warp(block.timestamp + HEARING + 1);
        for (uint256 i = 0; i < 3; ++i) {
            if (words[i] % 4 == 3) continue;
            bytes32 digest = word(words[i]);
            vm.prank(vm.addr(validatorKeys[i]));
            try disputes.revealWord(round, digest, SALT) { } catch { }
        }
        vm.warp(block.timestamp + HEARING);
        disputes.conclude(round);
        hearingsEnded += 1;
    }

    function conclude() external {
        try disputes.conclude(manager.roundsCount()) {
            hearingsEnded += 1;
        } catch { }
    }

    function finalise(bool withTruth) external {
        uint64 round = manager.roundsCount();
        if (round == 0) return;
        Attestation memory result = withTruth ? truth : lie;
        if (result.round != round) return;
        bytes32 root = "root";
        if (!withTruth) root = "lie";
        uint256 total = pool.contributorsMinted() + (withTruth ? 1 : 2);
        try manager.finalise(result, root, total, 1, 1) {
            judge(round, manager.attestationHash(result));
        } catch { }
    }

    function voidRound() external {
        try manager.void(manager.roundsCount()) {
            voids += 1;
        } catch { }
    }

    function showOverpaid() external {
        if (lie.round == 0) return;
        ValueOpening memory value = ValueOpening("lie", pool.contributorsMinted() + 2, 1, 1);
        try disputes.showOverpaid(lie, value) { } catch { }
    }

    function punish(uint8 index, uint8 offence) external {
        uint64 round = manager.roundsCount();
        if (round == 0) return;
        uint256 key = validatorKeys[index % 3];
        if (offence % 6 == 0) {
            bytes memory a = signed(key, manager.attestationHash(truth));
            bytes memory b = signed(key, manager.attestationHash(lie));
            try disputes.reportEquivocation(truth, a, lie, b, vm.addr(key)) { } catch { }
        }
        if (offence % 3 == 1) try disputes.slashLazy(lie, vm.addr(key), SALT) { } catch { }
        if (offence % 3 == 2) {
            try disputes.slashSilent(round, vm.addr(key)) { } catch { }
            try disputes.slashSealed(round, 0) { } catch { }
        }
    }

    function deposit(uint8 index, uint256 amount) external {
        amount = within(amount, 1, 2 * BOND);
        deposited += amount;
        depositFor(who(index), amount);
    }

    function leave(uint8 index, uint256 amount) external {
        // Seldom, or there would be no rounds.
        if (index % 16 != 0) return;
        vm.prank(who(index / 16));
        try operators.requestWithdrawal(amount) { } catch { }
    }

    function withdraw(uint8 index) external {
        vm.prank(who(index));
        try operators.withdraw() returns (uint256 amount) {
            withdrawn += amount;
        } catch { }
        vm.prank(who(index));
        withdrawn += operators.withdrawReward();
        vm.prank(who(index));
        stakesWithdrawn += disputes.withdraw();
    }

    /// Sums over everybody who can have anything: bonds, rewards; what disputes owe and hold for hearings.
    function held() external view returns (uint256 bonds, uint256 rewards, uint256 owed, uint256 open) {
        for (uint8 i = 0; i < 7; ++i) {
            bonds += operators.bondOf(who(i)).bonded;
            bonds += operators.bondOf(who(i)).unbonding;
            rewards += operators.rewardOf(who(i));
            owed += disputes.owedTo(who(i));
        }
        for (uint64 round = 1; round <= manager.roundsCount(); ++round) {
            Hearing memory hearing = disputes.hearingOf(round, 0);
            if (hearing.outcome == Outcome.Pending) open += hearing.bond;
        }
    }

    function parts() external view returns (address, address, address, address) {
        return (address(operators), address(disputes), address(manager), address(pool));
    }

    function tryCommit(uint256 key, Attestation memory result) external {
        // For the handler's own try only.
        if (msg.sender != address(this)) return;
        commit(key, result);
    }

    function tryReveal(uint256 key, Attestation memory result) external {
        // For the handler's own try only.
        if (msg.sender != address(this)) return;
        reveal(key, result);
    }

    /// What must be true of whatever has just become final.
    function judge(uint64 round, bytes32 digest) private {
        finals += 1;
        Round memory entry = manager.roundOf(round);
        uint256 bonded = 0;
        for (uint256 i = 0; i < 3; ++i) {
            address validator = vm.addr(validatorKeys[i]);
            (, bytes32 revealed) = manager.ballotOf(round, 0, validator);
            if (revealed == digest && bondedAtCommit[round][0][validator]) ++bonded;
        }
        if (bonded < entry.k) finalWithoutKBonded = true;
        PlantState state = manager.plantOf(round, 0).state;
        if (state == PlantState.Sealed || state == PlantState.Test) finalTest = true;
        Outcome outcome = disputes.hearingOf(round, 0).outcome;
        if (outcome != Outcome.None && outcome != Outcome.Upheld) finalLost = true;
        if (lastFinalAt != 0 && block.timestamp < lastFinalAt + window) tooManyInOneWindow = true;
        lastFinalAt = block.timestamp;
    }

    function said(uint8 way) private view returns (Attestation memory) {
        return way % 2 == 0 ? truth : lie;
    }

    function word(uint8 way) private view returns (bytes32) {
        if (way % 4 == 2) return "something else";
        return manager.attestationHash(way % 4 == 0 ? truth : lie);
    }

    function who(uint8 index) private view returns (address) {
        index %= 7;
        if (index < 3) return vm.addr(validatorKeys[index]);
        if (index == 3) return coordinator;
        if (index == 4) return standby;
        return index == 5 ? challenger : address(this);
    }

    receive() external payable { }
}
