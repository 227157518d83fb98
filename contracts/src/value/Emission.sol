// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title How much a schedule accrues, exactly
/// @notice Integers only, without a loop: the halved rates of m periods add up to f(R) - f(R >> m), where
/// f(R) = R + (R >> 1) + (R >> 2) + ... = 2R - (number of ones in R). Rates are below 2**128, times below 2**64, so no
/// sum here overflows.
library Emission {
    /// @notice Base units that accrue in the first `elapsed` seconds of a schedule whose rate is `rate`, halved (rounded
    /// down) at the end of each `period` (0: never), never below `tail`, never above `most`.
    function accruedAfter(
        uint256 elapsed,
        uint256 rate,
        uint256 period,
        uint256 tail,
        uint256 most
    )
        internal
        pure
        returns (uint256)
    {
        if (most <= tail || period == 0) return Math.min(rate, most) * elapsed;
        // Periods at the full `most`; then halved rates; then the tail, from period `last` on.
        uint256 first = _halvingsTo(rate, most);
        uint256 last = _halvingsTo(rate, tail);
        uint256 periods = elapsed / period;
        uint256 rest = elapsed % period;
        if (periods < first) return most * elapsed;
        uint256 total = most * first * period;
        if (periods < last) {
            return total + _sumOfHalves(rate >> first, periods - first) * period + (rate >> periods) * rest;
        }
        return total + _sumOfHalves(rate >> first, last - first) * period + tail * (elapsed - last * period);
    }

    /// The least m with rate >> m at most `bound`.
    function _halvingsTo(uint256 rate, uint256 bound) private pure returns (uint256 m) {
        if (rate <= bound) return 0;
        m = Math.log2(rate) - Math.log2(bound);
        if (bound == 0 || rate >> m > bound) ++m;
    }

    /// The sum of rate >> i for i below `count`.
    function _sumOfHalves(uint256 rate, uint256 count) private pure returns (uint256) {
        uint256 left = rate >> count;
        return (2 * rate - _ones(rate)) - (2 * left - _ones(left));
    }

    /// How many bits of a number below 2**128 are one.
    function _ones(uint256 x) private pure returns (uint256) {
        x = x - ((x >> 1) & 0x55555555555555555555555555555555);
        x = (x & 0x33333333333333333333333333333333) + ((x >> 2) & 0x33333333333333333333333333333333);
        x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f;
        x = (x & 0x00ff00ff00ff00ff00ff00ff00ff00ff) + ((x >> 8) & 0x00ff00ff00ff00ff00ff00ff00ff00ff);
        x = (x & 0x0000ffff0000ffff0000ffff0000ffff) + ((x >> 16) & 0x0000ffff0000ffff0000ffff0000ffff);
        x = (x & 0x00000000ffffffff00000000ffffffff) + ((x >> 32) & 0x00000000ffffffff00000000ffffffff);
        return (x & type(uint64).max) + (x >> 64);
    }
}
