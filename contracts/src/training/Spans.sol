// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice A time in which something held: after `since`, up to and with `until` (0: no end in sight). Seconds.
struct Span {
    uint64 since;
    uint64 until;
}

/// @title What held when, so that a later change never changes the past
/// @notice A history of spans in rising order. A change made in a second counts for later seconds only: what is asked
/// of a time that has come can never be answered otherwise. Asking is a binary search, so nobody can make a history
/// too long to be asked.
library Spans {
    /// @notice True if the history held at the time `at`.
    function covers(Span[] storage history, uint64 at) internal view returns (bool) {
        (uint256 low, uint256 high) = (0, history.length);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (history[middle].since < at) low = middle + 1;
            else high = middle;
        }
        if (low == 0) return false;
        uint64 until = history[low - 1].until;
        return until == 0 || at <= until;
    }

    /// @notice True if the history holds after this second.
    function isOpen(Span[] storage history) internal view returns (bool) {
        if (history.length == 0) return false;
        uint64 until = history[history.length - 1].until;
        return until == 0 || until > block.timestamp;
    }

    /// @notice Lets it hold from now on without an end; takes back an end that has not come.
    /// @return changed false if it held without an end already
    function begin(Span[] storage history) internal returns (bool changed) {
        if (!isOpen(history)) {
            history.push(Span(uint64(block.timestamp), 0));
            return true;
        }
        Span storage last = history[history.length - 1];
        changed = last.until != 0;
        last.until = 0;
    }

    /// @notice Lets it hold no longer than `until`, which is not in the past. The history must be open.
    function end(Span[] storage history, uint64 until) internal {
        history[history.length - 1].until = until;
    }
}
