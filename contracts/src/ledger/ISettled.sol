// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title What a governor asks an offering
interface ISettled {
    /// @notice True once the offering has succeeded or failed; then for ever.
    function settled() external view returns (bool);
}
