// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice A holding, and what it was at the end of each earlier epoch in which it moved, oldest first. Each is one
/// word: bits 0 to 23 the epoch of the last move, 24 to 127 the balance after it in base units, 128 to 255 the weight:
/// base units times seconds that the whole of the epoch comes to when nothing moves any more in it.
struct Held {
    uint256 present;
    uint256[] past;
}

/// @notice Balances that remember, exactly, how long they were held in every finished epoch: the sum of balance times
/// seconds. A second move in one epoch writes the balance's own slot and no other; the first move in a new epoch keeps
/// the former word as it was, which costs one more entry.
///
/// Moves at one moment cancel out: what comes and goes within a second has no weight.
///
/// BOUNDS, which the caller sees to: balances stay below 2**104, and epochs are less than 2**23 seconds long, so a
/// weight stays below 2**127; epochs are counted below 2**24, 1,900 years of hours.
library Holdings {
    uint256 private constant EPOCH_MASK = 2 ** 24 - 1;
    uint256 private constant BALANCE_MASK = 2 ** 104 - 1;
    uint256 private constant BALANCE = 24;
    uint256 private constant WEIGHT = 128;

    function balanceOf(Held storage held) internal view returns (uint256) {
        return (held.present >> BALANCE) & BALANCE_MASK;
    }

    /// @notice Adds `amount` to what is held, with `left` seconds of `epoch` to come.
    function add(Held storage held, uint256 epoch, uint256 left, uint256 length, uint256 amount) internal {
        uint256 word = _inEpoch(held, epoch, length);
        // By the bounds neither part reaches its upper neighbour.
        unchecked {
            held.present = word + (amount << BALANCE) + ((amount * left) << WEIGHT);
        }
    }

    /// @notice Takes `amount`, at most the balance, from what is held, with `left` seconds of `epoch` to come.
    function take(Held storage held, uint256 epoch, uint256 left, uint256 length, uint256 amount) internal {
        uint256 word = _inEpoch(held, epoch, length);
        // The weight is at least the balance times the seconds left, so neither part borrows from its neighbour.
        unchecked {
            held.present = word - (amount << BALANCE) - ((amount * left) << WEIGHT);
        }
    }

    /// @notice Base units times seconds held in `epoch`, which must be finished.
    function weightIn(Held storage held, uint256 length, uint256 epoch) internal view returns (uint256) {
        uint256 word = held.present;
        if (word & EPOCH_MASK > epoch) word = _lastUpTo(held.past, epoch);
        if (word & EPOCH_MASK == epoch) return word >> WEIGHT;
        return ((word >> BALANCE) & BALANCE_MASK) * length;
    }

    function _inEpoch(Held storage held, uint256 epoch, uint256 length) private returns (uint256 word) {
        word = held.present;
        if (word & EPOCH_MASK == epoch) return word;
        // Whoever never held anything has nothing to be remembered.
        if (word != 0) held.past.push(word);
        uint256 balance = (word >> BALANCE) & BALANCE_MASK;
        return epoch | (balance << BALANCE) | ((balance * length) << WEIGHT);
    }

    /// The last word whose epoch is at most `epoch`. Zero when there is none, which weighs nothing in any epoch.
    function _lastUpTo(uint256[] storage past, uint256 epoch) private view returns (uint256) {
        uint256 low = 0;
        uint256 high = past.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (past[middle] & EPOCH_MASK > epoch) high = middle;
            else low = middle + 1;
        }
        return low == 0 ? 0 : past[low - 1];
    }
}
