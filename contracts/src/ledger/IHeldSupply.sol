// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title How much of a token somebody holds
/// @notice What lies in the pool, the offering, the treasury or a vesting wallet is set aside: it counts in no quorum.
interface IHeldSupply {
    /// @notice The total supply without what is set aside, base units.
    function heldSupply() external view returns (uint256);
}
