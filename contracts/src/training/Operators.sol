// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IRoundManager } from "./IRoundManager.sol";
import { Validator } from "./RoundTypes.sol";
import { Ownable2Step } from "@openzeppelin/contracts/access/Ownable2Step.sol";

/// @title Who coordinates and who validates a model, epoch by epoch
/// @notice The half of `RoundManager` that the owner can change. A change makes a new epoch and leaves the former
/// ones as they were, so an attempt under way keeps the operators it began with.
abstract contract Operators is IRoundManager, Ownable2Step {
    struct Epoch {
        address coordinator;
        uint32 k;
        Validator[] validators;
        mapping(address account => bool) isValidator;
    }

    uint256 private constant MAX_VALIDATORS = 32;

    /// @inheritdoc IRoundManager
    uint32 public operatorsEpoch;

    mapping(uint32 epoch => Epoch) internal _epochs;

    /// @inheritdoc IRoundManager
    function setCoordinator(address coordinator_) external onlyOwner {
        Epoch storage current = _epochs[operatorsEpoch];
        _addEpoch(coordinator_, current.k, current.validators);
    }

    /// @inheritdoc IRoundManager
    function setValidators(uint32 k_, Validator[] calldata validators_) external onlyOwner {
        _addEpoch(_epochs[operatorsEpoch].coordinator, k_, validators_);
    }

    /// @inheritdoc IRoundManager
    function operatorsOf(uint32 epoch)
        external
        view
        returns (address coordinator_, uint32 k_, Validator[] memory validators_)
    {
        Epoch storage entry = _epochs[epoch];
        return (entry.coordinator, entry.k, entry.validators);
    }

    /// @inheritdoc IRoundManager
    function coordinator() public view returns (address) {
        return _epochs[operatorsEpoch].coordinator;
    }

    /// @inheritdoc IRoundManager
    function k() external view returns (uint32) {
        return _epochs[operatorsEpoch].k;
    }

    /// @inheritdoc IRoundManager
    function validators() external view returns (Validator[] memory) {
        return _epochs[operatorsEpoch].validators;
    }

    function _addEpoch(address coordinator_, uint32 k_, Validator[] memory validators_) internal {
        uint256 n = validators_.length;
        require(
            n != 0 && n <= MAX_VALIDATORS && k_ <= n && 2 * uint256(k_) > n, RoundManager_BadQuorum(k_, n)
        );
        require(coordinator_ != address(0), RoundManager_BadCoordinator(coordinator_));
        uint32 number = ++operatorsEpoch;
        Epoch storage entry = _epochs[number];
        entry.coordinator = coordinator_;
        entry.k = k_;
        for (uint256 i = 0; i < n; ++i) {
            address account = validators_[i].account;
            require(account != address(0) && !entry.isValidator[account], RoundManager_BadValidator(account));
            entry.isValidator[account] = true;
            entry.validators.push(validators_[i]);
        }
        // Who closes the set of updates does not judge it.
        require(!entry.isValidator[coordinator_], RoundManager_BadCoordinator(coordinator_));
        emit OperatorsSet(number, coordinator_, k_, validators_);
    }
}
