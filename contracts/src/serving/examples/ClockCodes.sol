// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title The input codes of hour and year
/// @notice The same integers as `andel.data.features`: floor(128 + amplitude * wave + 1/4), where the wave is the sine or
/// cosine of UTC time of day, or of the day of a year of 365.25 days, 1 January being day 0. A multiple of the wave is
/// never within 1e-9 of where the floor steps (a test asks every angle and amplitude), and the sine here is exact to
/// 1e-17; so no rounding decides.
library ClockCodes {
    uint256 private constant ONE = 1 << 64;
    /// floor(pi / 2 * 2**64)
    uint256 private constant QUARTER_TURN = 28_976_077_832_308_491_369;
    uint256 private constant DAY = 86_400;
    uint256 private constant YEAR = 1_461; // quarters of a day

    /// @param time unix seconds
    /// @param harmonic periods a day
    /// @param amplitude codes, at most 126
    function hour(
        uint256 time,
        uint256 harmonic,
        uint256 amplitude,
        bool cosine
    )
        internal
        pure
        returns (uint256)
    {
        return _code(time % DAY * harmonic % DAY, DAY, amplitude, cosine);
    }

    /// @notice As `hour`, of the day of the year.
    function year(
        uint256 time,
        uint256 harmonic,
        uint256 amplitude,
        bool cosine
    )
        internal
        pure
        returns (uint256)
    {
        return _code(dayOfYear(time) * 4 * harmonic % YEAR, YEAR, amplitude, cosine);
    }

    /// @notice Days since 1 January of the UTC year, from 0.
    function dayOfYear(uint256 time) internal pure returns (uint256) {
        uint256 day = time / DAY;
        uint256 at = 1970 + day / 366;
        while (_firstDay(at + 1) <= day) ++at;
        return day - _firstDay(at);
    }

    /// The first day of a year since 1970, as days since the epoch.
    function _firstDay(uint256 at) private pure returns (uint256) {
        uint256 before = at - 1;
        return (at - 1970) * 365 + before / 4 - before / 100 + before / 400 - 477;
    }

    /// The code at `part` of `whole`, part < whole.
    function _code(
        uint256 part,
        uint256 whole,
        uint256 amplitude,
        bool cosine
    )
        private
        pure
        returns (uint256)
    {
        uint256 turned = part * 4 + (cosine ? whole : 0);
        uint256 quarter = turned / whole % 4;
        uint256 rest = turned % whole;
        uint256 wave = amplitude * _sine((quarter & 1 == 1 ? whole - rest : rest) * QUARTER_TURN / whole);
        uint256 middle = 513 << 62; // 128 and a quarter
        return (quarter < 2 ? middle + wave : middle - wave) >> 64;
    }

    /// The sine of 0 to a quarter turn, by its series up to the 23rd power, which leaves less than 1e-20.
    function _sine(uint256 angle) private pure returns (uint256) {
        // All below 2**130, and what is subtracted is less than a half of ONE.
        unchecked {
            uint256 square = angle * angle >> 64;
            uint256 sum = ONE;
            for (uint256 k = 22; k != 0; k -= 2) {
                sum = ONE - (square * sum >> 64) / (k * (k + 1));
            }
            return angle * sum >> 64;
        }
    }
}
