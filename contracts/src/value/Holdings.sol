// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Epochs, EpochsLib } from "./Epochs.sol";

/// @notice What somebody holds, and its weight in the epoch of the last move. One slot.
/// @param epoch the epoch of the last move
/// @param balance base units after it
/// @param weight base units times seconds that the whole of `epoch` comes to when nothing moves any more in it
struct Holding {
    uint24 epoch;
    uint104 balance;
    uint128 weight;
}

/// @notice A holding, and what it was at the end of each earlier epoch in which it moved, oldest first.
struct Held {
    Holding present;
    Holding[] past;
}

/// @notice Balances that remember, exactly, how long they were held in every finished epoch: the sum of balance times
/// seconds. A second move in one epoch writes the balance's own slot and no other; the first move in a new epoch keeps
/// the former slot as it was, which costs one more entry.
///
/// Moves at one moment cancel out: what comes and goes within a second has no weight.
///
/// BOUNDS. Balances stay below 2**104 and epochs are at most 2**23 seconds long, so a weight fits; 2**24 epochs are
/// 1,900 years of hours. The caller sees to the first two.
library Holdings {
    using EpochsLib for Epochs;

    /// @notice Adds `amount` to what is held, now.
    function add(Held storage held, Epochs memory epochs, uint256 amount) internal {
        (Holding memory next, uint256 left) = _inThisEpoch(held, epochs);
        next.balance += uint104(amount);
        next.weight += uint128(amount * left);
        held.present = next;
    }

    /// @notice Takes `amount`, at most the balance, from what is held, now.
    function take(Held storage held, Epochs memory epochs, uint256 amount) internal {
        (Holding memory next, uint256 left) = _inThisEpoch(held, epochs);
        next.balance -= uint104(amount);
        next.weight -= uint128(amount * left);
        held.present = next;
    }

    /// @notice Base units times seconds held in `epoch`, which must be finished.
    function weightIn(Held storage held, Epochs memory epochs, uint256 epoch)
        internal
        view
        returns (uint256)
    {
        Holding memory found = held.present;
        if (found.epoch > epoch) found = _lastUpTo(held.past, epoch);
        return found.epoch == epoch ? found.weight : uint256(found.balance) * epochs.length;
    }

    function _inThisEpoch(
        Held storage held,
        Epochs memory epochs
    )
        private
        returns (Holding memory next, uint256 left)
    {
        uint256 epoch;
        (epoch, left) = epochs.at(block.timestamp);
        next = held.present;
        if (next.epoch == epoch) return (next, left);
        // Whoever never held anything has nothing to be remembered.
        if (next.epoch != 0 || next.weight != 0) held.past.push(next);
        next.epoch = uint24(epoch);
        next.weight = uint128(uint256(next.balance) * epochs.length);
    }

    /// The last entry whose epoch is at most `epoch`; an empty one when there is none.
    function _lastUpTo(Holding[] storage past, uint256 epoch) private view returns (Holding memory found) {
        uint256 low = 0;
        uint256 high = past.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (past[middle].epoch > epoch) high = middle;
            else low = middle + 1;
        }
        // An empty entry lies in epoch 0 with no weight, or in none with no balance: both come to zero.
        if (low != 0) found = past[low - 1];
    }
}
