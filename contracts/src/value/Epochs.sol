// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice A calendar of epochs of equal length, counted from 0; seconds both.
/// @param start the first second of epoch 0; what happens before it is taken to happen at it
/// @param length how long each epoch lasts
struct Epochs {
    uint256 start;
    uint256 length;
}

/// @notice Which epoch a time lies in. Epoch e takes in [start + e * length, start + (e + 1) * length).
library EpochsLib {
    /// @notice The epoch `time` lies in, and how many seconds of that epoch are still to come (1 to `length`).
    function at(Epochs memory epochs, uint256 time) internal pure returns (uint256 epoch, uint256 left) {
        uint256 elapsed = time > epochs.start ? time - epochs.start : 0;
        epoch = elapsed / epochs.length;
        left = epochs.length - elapsed % epochs.length;
    }
}
