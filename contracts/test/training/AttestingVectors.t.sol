// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Attestation } from "../../src/training/AttestationTypes.sol";
import { Round, Status } from "../../src/training/RoundTypes.sol";
import { World } from "../support/World.sol";

/// Validators' votes end as the plain model in Python says (vectors/attesting.json): who may commit and reveal when, what
/// is agreed, when it is final or void, and what each operator is credited.
abstract contract AttestingVectors is World {
    struct Steps {
        uint256[] kind;
        uint256[] who;
        uint256[] way;
        uint256[] amount;
        uint256[] result;
        uint256[] status;
        uint256[] finalisable;
        uint256[] each;
    }

    uint64 private round;
    uint256 private minted;
    uint256 private total;
    uint256 private seeded;
    mapping(address operator => uint256) private before;
    mapping(address validator => uint256 way) private shown;

    function play(string memory set) internal {
        window = 1 hours;
        deployModel();
        Steps memory steps = read(set);
        uint256 started = 0;
        for (uint256 i = 0; i < steps.kind.length; ++i) {
            if (steps.kind[i] == 0) ++started;
            string memory at = string.concat(set, ", step ", vm.toString(i));
            uint256 result = step(steps.kind[i], steps.who[i], steps.way[i], steps.amount[i]);
            vm.assertEq(result, steps.result[i], string.concat("result: ", at));
            Round memory entry = manager.roundOf(round);
            vm.assertEq(number(entry.status), steps.status[i], string.concat("status: ", at));
            uint256 from = entry.finalisableAt == 0 ? 0 : entry.finalisableAt - seeded;
            vm.assertEq(from, steps.finalisable[i], string.concat("finalisable: ", at));
            if (steps.kind[i] == 4 && result != 0) requirePaid(steps.each[i], steps.way[i], at);
        }
        vm.assertEq(started, 110, "all sequences");
    }

    function step(uint256 kind, uint256 who, uint256 way, uint256 amount) private returns (uint256) {
        if (kind == 0) return start(amount);
        if (kind == 1) return succeeds(abi.encodeCall(this.tryCommit, (validatorKeys[who], way)));
        if (kind == 2) {
            uint256 done = succeeds(abi.encodeCall(this.tryReveal, (validatorKeys[who], way)));
            if (done == 1) shown[vm.addr(validatorKeys[who])] = way + 1;
            return done;
        }
        if (kind == 3) vm.warp(block.timestamp + amount);
        if (kind == 4) {
            uint256 had = pool.minted();
            return succeeds(abi.encodeCall(this.tryFinalise, (way))) == 0 ? 0 : pool.minted() - had;
        }
        if (kind == 5 && manager.roundOf(round).status == Status.Closed) {
            vm.warp(manager.voidableAt(round));
            manager.void(round);
            return 1;
        }
        return 0;
    }

    function start(uint256 amount) private returns (uint256) {
        round = roundReadyToAttest(amount + amount / 10);
        (minted, total, seeded) = (amount, pool.contributorsMinted() + amount, block.timestamp);
        for (uint256 i = 0; i < validatorKeys.length; ++i) {
            address validator = vm.addr(validatorKeys[i]);
            (shown[validator], before[validator]) = (0, pool.operatorBalance(validator));
        }
        before[coordinator] = pool.operatorBalance(coordinator);
        return 0;
    }

    function requirePaid(uint256 each, uint256 way, string memory at) private view {
        vm.assertEq(pool.operatorBalance(coordinator) - before[coordinator], each, at);
        for (uint256 i = 0; i < validatorKeys.length; ++i) {
            address validator = vm.addr(validatorKeys[i]);
            uint256 due = shown[validator] == way + 1 ? each : 0;
            vm.assertEq(pool.operatorBalance(validator) - before[validator], due, at);
        }
    }

    function succeeds(bytes memory data) private returns (uint256) {
        (bool success,) = address(this).call(data);
        return success ? 1 : 0;
    }

    function tryCommit(uint256 key, uint256 way) external {
        commit(key, said(way));
    }

    function tryReveal(uint256 key, uint256 way) external {
        reveal(key, said(way));
    }

    function tryFinalise(uint256 way) external {
        manager.finalise(said(way), "root", total, minted, 1);
    }

    function said(uint256 way) private view returns (Attestation memory result) {
        result = attestation(round, "root", total, minted, 1);
        result.stateHash = keccak256(abi.encode(way));
    }

    function number(Status status) private pure returns (uint256) {
        if (status == Status.Closed) return 0;
        if (status == Status.Attested) return 1;
        return status == Status.Finalised ? 2 : 3;
    }

    function read(string memory set) private view returns (Steps memory steps) {
        string memory json = vm.readFile("../vectors/attesting.json");
        string memory path = string.concat(".", set, ".");
        steps.kind = vm.parseJsonUintArray(json, string.concat(path, "kind"));
        steps.who = vm.parseJsonUintArray(json, string.concat(path, "who"));
        steps.way = vm.parseJsonUintArray(json, string.concat(path, "way"));
        steps.amount = vm.parseJsonUintArray(json, string.concat(path, "amount"));
        steps.result = vm.parseJsonUintArray(json, string.concat(path, "result"));
        steps.status = vm.parseJsonUintArray(json, string.concat(path, "status"));
        steps.finalisable = vm.parseJsonUintArray(json, string.concat(path, "finalisable"));
        steps.each = vm.parseJsonUintArray(json, string.concat(path, "each"));
    }
}

contract AttestingTwoOfThreeTest is AttestingVectors {
    function test_twoOfThreeValidators() public {
        play("twoOfThree");
    }
}

contract AttestingThreeOfFiveTest is AttestingVectors {
    constructor() {
        validatorKeys.push(0x14);
        validatorKeys.push(0x15);
        quorum = 3;
    }

    function test_threeOfFiveValidators() public {
        play("threeOfFive");
    }
}
