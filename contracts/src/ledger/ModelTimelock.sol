// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { CloneArgs } from "./CloneArgs.sol";
import { IModelTimelock } from "./IModelTimelock.sol";
import {
    AccessControlUpgradeable
} from "@openzeppelin/contracts-upgradeable/access/AccessControlUpgradeable.sol";
import {
    TimelockControllerUpgradeable
} from "@openzeppelin/contracts-upgradeable/governance/TimelockControllerUpgradeable.sol";

/// @notice See {IModelTimelock}, which is the manual.
contract ModelTimelock is IModelTimelock, TimelockControllerUpgradeable {
    uint256 private constant LONGEST = 30 days;

    /// @inheritdoc IModelTimelock
    address public immutable factory;

    /// @param factory_ who initialises clones
    constructor(address factory_) {
        factory = factory_;
        _disableInitializers();
    }

    /// @notice OpenZeppelin's, for the factory, once.
    /// @param minDelay seconds between queue and execute
    /// @param proposers the governor alone
    /// @param executors the governor alone
    /// @param admin none: zero
    function initialize(
        uint256 minDelay,
        address[] memory proposers,
        address[] memory executors,
        address admin
    )
        public
        override
    {
        require(msg.sender == factory, ModelTimelock_NotFactory(msg.sender, factory));
        require(
            proposers.length == 1 && executors.length == 1 && proposers[0] == governor()
                && executors[0] == governor() && admin == address(0),
            ModelTimelock_BadRoles()
        );
        _requireDelay(minDelay);
        super.initialize(minDelay, proposers, executors, admin);
    }

    /// @notice Another delay between queue and execute. Only by a vote.
    /// @param newDelay seconds
    function updateDelay(uint256 newDelay) public override {
        super.updateDelay(newDelay);
        _requireDelay(newDelay);
    }

    /// @notice Never.
    function grantRole(bytes32, address) public pure override {
        revert ModelTimelock_RolesAreFixed();
    }

    /// @notice Never.
    function revokeRole(bytes32, address) public pure override {
        revert ModelTimelock_RolesAreFixed();
    }

    /// @notice Never.
    function renounceRole(bytes32, address) public pure override {
        revert ModelTimelock_RolesAreFixed();
    }

    /// @inheritdoc IModelTimelock
    function governor() public view returns (address) {
        return CloneArgs.addressAt(0);
    }

    /// @inheritdoc IModelTimelock
    function shortest() public view returns (uint256) {
        return CloneArgs.uintAt(1);
    }

    function _requireDelay(uint256 delay) private view {
        uint256 low = shortest();
        require(delay >= low && delay <= LONGEST, ModelTimelock_BadDelay(delay, low, LONGEST));
    }
}
