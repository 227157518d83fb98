// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IRewardPool, Schedule } from "../../src/value/IRewardPool.sol";
import { RewardPool } from "../../src/value/RewardPool.sol";
import { Clone } from "../support/Clone.sol";

/// accrued: with halvings and a tail, to the unit what adding up second by second gives, and what Python computes
/// lowerCeiling, lowerRate, pauseEmission: only governance, only downwards, nothing that has accrued is taken back but
/// by the ceiling; a pause ends by itself
contract EmissionTest is Clone {
    uint256 private constant CAP = 1_000_000;
    address private stranger = vm.addr(3);

    RewardPool private pool;

    constructor() {
        (, pool) = newPool(CAP, Schedule(NOW, 1000, CAP, 100, 7));
    }

    function testFuzz_accruedIsTheSumOfItsSeconds(
        uint8 rate,
        uint8 period,
        uint8 tail,
        uint16 ceiling,
        uint16 elapsed
    )
        public
    {
        uint256 first = within(rate, 1, 255);
        Schedule memory schedule = Schedule(
            NOW, first, within(ceiling, 1, CAP), uint64(within(period, 1, 50)), within(tail, 0, first)
        );
        (, RewardPool other) = newPool(CAP, schedule);
        elapsed = uint16(within(elapsed, 0, 700));
        uint256 sum = 0;
        for (uint256 i = 0; i < elapsed; ++i) {
            sum += rateOf(schedule, i, type(uint256).max);
        }
        vm.warp(uint256(NOW) + elapsed);
        vm.assertEq(other.accrued(), sum < schedule.ceiling ? sum : schedule.ceiling, "accrued");
    }

    function testFuzz_accruedNeverFallsAndNeverOverflows(
        uint64 start,
        uint128 rate,
        uint128 tail,
        uint64 period,
        uint64 at,
        uint64 later
    )
        public
    {
        rate = uint128(within(rate, 1, type(uint128).max));
        tail = uint128(within(tail, 0, rate));
        period = uint64(within(period, 1, type(uint64).max));
        uint256 cap = type(uint128).max;
        (, RewardPool other) = newPool(cap, Schedule(start, rate, cap, period, tail));
        vm.warp(at);
        uint256 before = other.accrued();
        vm.warp(uint256(at) + later);
        vm.assertLe(before, other.accrued(), "never falls");
        vm.assertLe(other.accrued(), cap, "ceiling");
    }

    function test_accruedIsWhatPythonComputes() public {
        string memory json = vm.readFile("../vectors/emission.json");
        uint256 i = 0;
        for (; vm.keyExistsJson(json, pathOf(i)); ++i) {
            Schedule memory schedule = Schedule(
                uint64(valueAt(json, i, ".start")),
                valueAt(json, i, ".rate"),
                valueAt(json, i, ".ceiling"),
                uint64(valueAt(json, i, ".halving_period")),
                valueAt(json, i, ".tail_rate")
            );
            (, RewardPool other) = newPool(schedule.ceiling, schedule);
            vm.warp(valueAt(json, i, ".at"));
            vm.assertEq(other.accrued(), valueAt(json, i, ".accrued"), pathOf(i));
        }
        vm.assertTrue(i > 10, "the file has cases");
    }

    function testFuzz_aLowerRateHoldsFromThenOn(uint16 newRate, uint16 first, uint16 second) public {
        Schedule memory schedule = pool.schedule();
        newRate = uint16(within(newRate, 0, 999));
        (first, second) = (uint16(within(first, 0, 600)), uint16(within(second, 0, 600)));
        uint256 sum = 0;
        for (uint256 i = 0; i < uint256(first) + second; ++i) {
            sum += rateOf(schedule, i, i < first ? type(uint256).max : newRate);
        }
        vm.warp(uint256(NOW) + first);
        pool.lowerRate(newRate);
        vm.assertEq(pool.highestRate(), newRate, "highest");
        vm.warp(uint256(NOW) + first + second);
        vm.assertEq(pool.accrued(), sum, "accrued");
    }

    function testFuzz_aPauseAccruesNothingAndEndsByItself(uint16 first, uint16 pause, uint16 rest) public {
        Schedule memory schedule = pool.schedule();
        (first, pause, rest) =
        (uint16(within(first, 0, 400)), uint16(within(pause, 0, 400)), uint16(within(rest, 0, 400)));
        uint256 sum = 0;
        for (uint256 i = 0; i < uint256(first) + pause + rest; ++i) {
            if (i < first || i >= uint256(first) + pause) sum += rateOf(schedule, i, type(uint256).max);
        }
        vm.warp(uint256(NOW) + first);
        uint256 before = pool.accrued();
        uint64 until = NOW + first + pause;
        vm.expectEmit(address(pool));
        emit IRewardPool.EmissionPaused(until);
        pool.pauseEmission(until);
        vm.assertEq(pool.pausedUntil(), pause == 0 ? 0 : until, "until");
        vm.warp(until);
        vm.assertEq(pool.accrued(), before, "nothing meanwhile");
        vm.assertEq(pool.pausedUntil(), 0, "over");
        vm.warp(uint256(until) + rest);
        vm.assertEq(pool.accrued(), sum, "accrued");
    }

    function test_aPauseCanBeEndedAndMovedButNotLong() public {
        vm.expectRevert(
            abi.encodeWithSelector(IRewardPool.RewardPool_BadPause.selector, NOW + 30 days + 1, NOW + 30 days)
        );
        pool.pauseEmission(NOW + 30 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IRewardPool.RewardPool_BadPause.selector, NOW - 1, NOW + 30 days)
        );
        pool.pauseEmission(NOW - 1);
        pool.pauseEmission(NOW + 30 days);
        vm.warp(NOW + 10);
        pool.lowerRate(500);
        vm.assertEq(pool.pausedUntil(), NOW + 30 days, "a lower rate ends no pause");
        pool.pauseEmission(NOW + 10);
        vm.warp(NOW + 20);
        vm.assertEq(pool.accrued(), 5000, "goes on at the lower rate");
    }

    function test_theCeilingFallsDownToWhatWasMinted() public {
        vm.warp(NOW + 100);
        pool.credit(1, "root", 600, 600, new address[](0), new uint256[](0));
        vm.expectRevert(abi.encodeWithSelector(IRewardPool.RewardPool_NotLower.selector, 599, 600, CAP));
        pool.lowerCeiling(599);
        vm.expectRevert(abi.encodeWithSelector(IRewardPool.RewardPool_NotLower.selector, CAP, 600, CAP));
        pool.lowerCeiling(CAP);
        vm.expectEmit(address(pool));
        emit IRewardPool.CeilingLowered(600);
        pool.lowerCeiling(600);
        vm.assertEq(pool.ceiling(), 600, "ceiling");
        vm.assertEq(pool.schedule().ceiling, CAP, "as it was founded");
        vm.assertEq(pool.available(), 0, "nothing is left");
        vm.warp(NOW + 10 days);
        vm.assertEq(pool.accrued(), 600, "for ever");
    }

    function test_aRateNeverRises() public {
        vm.expectRevert(abi.encodeWithSelector(IRewardPool.RewardPool_NotLower.selector, 1000, 0, 1000));
        pool.lowerRate(1000);
        vm.expectEmit(address(pool));
        emit IRewardPool.RateLowered(0);
        pool.lowerRate(0);
        vm.warp(NOW + 10 days);
        vm.assertEq(pool.accrued(), 0, "closed");
        vm.expectRevert(abi.encodeWithSelector(IRewardPool.RewardPool_NotLower.selector, 1, 0, 0));
        pool.lowerRate(1);
    }

    function test_onlyGovernanceLowersAndPauses() public {
        vm.assertEq(pool.governance(), address(this), "governance");
        bytes memory refusal =
            abi.encodeWithSelector(IRewardPool.RewardPool_NotGovernance.selector, stranger, address(this));
        vm.startPrank(stranger);
        vm.expectRevert(refusal);
        pool.lowerCeiling(1);
        vm.expectRevert(refusal);
        pool.lowerRate(1);
        vm.expectRevert(refusal);
        pool.pauseEmission(NOW);
        vm.stopPrank();
    }

    /// What second `i` after the start accrues.
    function rateOf(Schedule memory schedule, uint256 i, uint256 most) private pure returns (uint256 rate) {
        rate = schedule.ratePerSecond >> (i / schedule.halvingPeriod);
        if (rate < schedule.tailRatePerSecond) rate = schedule.tailRatePerSecond;
        if (rate > most) rate = most;
    }

    function valueAt(string memory json, uint256 i, string memory key) private pure returns (uint256) {
        return vm.parseJsonUint(json, string.concat(pathOf(i), key));
    }

    function pathOf(uint256 i) private pure returns (string memory) {
        return string.concat(".cases[", vm.toString(i), "]");
    }
}
