// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice A calendar of epochs of equal length, counted from 0. Epoch e takes in the seconds from
/// start + e * length up to start + (e + 1) * length, the last excluded.
library Epochs {
    /// @notice The epoch `time` lies in, and how many seconds of it are still to come (1 to `length`). What happens
    /// before the start is taken to happen at it.
    function at(
        uint256 start,
        uint256 length,
        uint256 time
    )
        internal
        pure
        returns (uint256 epoch, uint256 left)
    {
        uint256 elapsed = time > start ? time - start : 0;
        epoch = elapsed / length;
        left = length - elapsed % length;
    }
}
