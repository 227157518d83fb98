// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Schedule } from "../../src/value/IRewardPool.sol";
import { RewardPool } from "../../src/value/RewardPool.sol";
import { Base } from "../support/Base.sol";
import { ClaimTree } from "../support/ClaimTree.sol";
import { OfferedToken } from "../support/PaymentTokens.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";

/// The pool does, step by step, what the plain model in Python did second by second (vectors/pool.json), to the unit:
/// credits, claims, lowered ceilings and rates, pauses, and what of it is refused.
contract PoolVectorsTest is Base {
    struct Steps {
        uint256[] kind;
        uint256[] time;
        uint256[] who;
        uint256[] amount;
        uint256[] other;
        uint256[] fault;
        uint256[] result;
        uint256[] accrued;
        uint256[] minted;
    }

    struct Schedules {
        uint256[] start;
        uint256[] rate;
        uint256[] ceiling;
        uint256[] period;
        uint256[] tail;
    }

    uint256 private constant CONTRIBUTORS = 3;

    address private immutable implementation = address(new RewardPool());
    OfferedToken private token = new OfferedToken();
    RewardPool private pool;
    Schedules private schedules;
    uint256 private founded;
    uint64 private lastRound;
    uint256[CONTRIBUTORS] private earned;
    address[CONTRIBUTORS] private contributors = [vm.addr(1), vm.addr(2), vm.addr(3)];
    address[2] private operators = [vm.addr(4), vm.addr(5)];

    function test_everySequenceOfTheSharedVectorFile() public {
        string memory json = vm.readFile("../vectors/pool.json");
        schedules = Schedules(
            vm.parseJsonUintArray(json, ".schedules.start"),
            vm.parseJsonUintArray(json, ".schedules.rate"),
            vm.parseJsonUintArray(json, ".schedules.ceiling"),
            vm.parseJsonUintArray(json, ".schedules.period"),
            vm.parseJsonUintArray(json, ".schedules.tail")
        );
        Steps memory steps;
        steps.kind = vm.parseJsonUintArray(json, ".steps.kind");
        steps.time = vm.parseJsonUintArray(json, ".steps.time");
        steps.who = vm.parseJsonUintArray(json, ".steps.who");
        steps.amount = vm.parseJsonUintArray(json, ".steps.amount");
        steps.other = vm.parseJsonUintArray(json, ".steps.other");
        steps.fault = vm.parseJsonUintArray(json, ".steps.fault");
        steps.result = vm.parseJsonUintArray(json, ".steps.result");
        steps.accrued = vm.parseJsonUintArray(json, ".steps.accrued");
        steps.minted = vm.parseJsonUintArray(json, ".steps.minted");
        for (uint256 i = 0; i < steps.kind.length; ++i) {
            vm.warp(NOW + steps.time[i]);
            uint256 result =
                step(steps.kind[i], steps.who[i], steps.amount[i], steps.other[i], steps.fault[i]);
            vm.assertEq(result, steps.result[i], string.concat("result of step ", vm.toString(i)));
            vm.assertEq(pool.accrued(), steps.accrued[i], string.concat("accrued at step ", vm.toString(i)));
            vm.assertEq(pool.minted(), steps.minted[i], string.concat("minted at step ", vm.toString(i)));
        }
        vm.assertEq(founded, schedules.rate.length, "all sequences");
        vm.assertLe(200, founded, "two hundred at least");
    }

    function step(
        uint256 kind,
        uint256 who,
        uint256 amount,
        uint256 other,
        uint256 fault
    )
        private
        returns (uint256)
    {
        if (kind == 0) return found();
        if (kind == 1) return credit(who, amount, other, fault);
        if (kind == 2) return claim(who);
        if (kind == 3) return pool.claimOperator(operators[who]);
        if (kind == 4) return call(abi.encodeCall(pool.lowerCeiling, (amount)));
        if (kind == 5) return call(abi.encodeCall(pool.lowerRate, (amount)));
        if (kind == 6) return call(abi.encodeCall(pool.pauseEmission, (uint64(NOW + amount))));
        return 0;
    }

    /// The next pool; this contract is its manager and its governance.
    function found() private returns (uint256) {
        uint256 i = founded++;
        Schedule memory schedule = Schedule(
            uint64(NOW + schedules.start[i]),
            schedules.rate[i],
            schedules.ceiling[i],
            uint64(schedules.period[i]),
            schedules.tail[i]
        );
        bytes memory words = abi.encode(token, address(this), address(this), schedule);
        pool = RewardPool(Clones.cloneWithImmutableArgs(implementation, words));
        lastRound = 0;
        delete earned;
        return 0;
    }

    function credit(uint256 who, uint256 amount, uint256 part, uint256 fault) private returns (uint256) {
        uint256[CONTRIBUTORS] memory before = earned;
        earned[who % CONTRIBUTORS] += amount;
        uint256 total = earned[0] + earned[1] + earned[2];
        address[] memory paid = new address[](1);
        uint256[] memory parts = new uint256[](1);
        (paid[0], parts[0]) = (operators[who % 2], part);
        bytes memory data = abi.encodeCall(
            pool.credit,
            (
                fault == 1 ? lastRound : lastRound + 1,
                amount == 0 ? pool.claimsRoot() : rootNow(),
                fault == 2 ? total + 1 : total,
                amount,
                paid,
                parts
            )
        );
        if (call(data) == 1) {
            ++lastRound;
            return 1;
        }
        earned = before;
        return 0;
    }

    function claim(uint256 who) private returns (uint256) {
        bytes32[CONTRIBUTORS] memory leaf = leaves();
        uint256 runningSum = 0;
        for (uint256 i = 0; i <= who; ++i) {
            runningSum += earned[i];
        }
        bytes32[] memory proof = new bytes32[](who == 2 ? 1 : 2);
        (proof[0], proof[proof.length - 1]) = (leaf[who == 0 ? 1 : 0], leaf[2]);
        if (who == 2) proof[0] = ClaimTree.pairOf(leaf[0], leaf[1]);
        // Before the first root there is nothing to prove.
        if (pool.claimsRoot() == bytes32(0)) return 0;
        uint256 before = token.balanceOf(contributors[who]);
        uint256 paid = pool.claim(contributors[who], earned[who], runningSum, proof);
        vm.assertEq(token.balanceOf(contributors[who]), before + paid, "paid");
        return paid;
    }

    function call(bytes memory data) private returns (uint256) {
        (bool success,) = address(pool).call(data);
        return success ? 1 : 0;
    }

    function leaves() private view returns (bytes32[CONTRIBUTORS] memory leaf) {
        uint256 sum = 0;
        for (uint256 i = 0; i < CONTRIBUTORS; ++i) {
            sum += earned[i];
            leaf[i] = ClaimTree.leafOf(contributors[i], earned[i], sum);
        }
    }

    function rootNow() private view returns (bytes32) {
        bytes32[CONTRIBUTORS] memory leaf = leaves();
        return ClaimTree.pairOf(ClaimTree.pairOf(leaf[0], leaf[1]), leaf[2]);
    }
}
