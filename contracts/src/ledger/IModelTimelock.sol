// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title A model's timelock: its treasury, and the one account its votes act through
/// @notice OpenZeppelin's `TimelockController` as a clone, with two things taken away. ROLES never change: the model's
/// governor alone schedules, cancels and executes, so no vote can name somebody who acts without votes. The DELAY stays
/// within bounds. It holds the treasury (coin and tokens), and every setter of the model's contracts answers to it alone.
///
/// WORDS of the clone: 0 governor, 1 the shortest delay a vote may set, seconds.
///
/// WHAT CAN GET STUCK. Nothing that a vote can move: whatever lies here, a vote can send.
interface IModelTimelock {
    /// @notice Only the factory initialises, in the launch.
    error ModelTimelock_NotFactory(address sender, address factory);

    /// @notice A founding with other roles than: the governor proposes and executes, nobody administers.
    error ModelTimelock_BadRoles();

    /// @notice Roles are what they were at the founding.
    error ModelTimelock_RolesAreFixed();

    /// @notice A delay outside [`low`, `high`], seconds.
    error ModelTimelock_BadDelay(uint256 delay, uint256 low, uint256 high);

    /// @notice Who initialises clones.
    function factory() external view returns (address);

    /// @notice The one account that schedules, cancels and executes.
    function governor() external view returns (address);

    /// @notice The shortest delay a vote may set, seconds.
    function shortest() external view returns (uint256);
}
