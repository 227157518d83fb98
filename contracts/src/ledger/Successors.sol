// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IRoundManager } from "../training/IRoundManager.sol";
import { ISuccessors, Succession } from "./ISuccessors.sol";

/// @notice See {ISuccessors}, which is the manual.
contract Successors is ISuccessors {
    mapping(address model => Succession) private _successions;

    /// @inheritdoc ISuccessors
    mapping(address model => address) public predecessorOf;

    modifier onlyRuler(address model) {
        address ruler = IRoundManager(model).owner();
        require(msg.sender == ruler, Successors_NotRuler(model, msg.sender, ruler));
        _;
    }

    /// @inheritdoc ISuccessors
    function nameSuccessor(address model, address successor, bytes32 reason) external onlyRuler(model) {
        require(successor != address(0) && successor != model, Successors_BadSuccessor(model, successor));
        require(reason != bytes32(0), Successors_NoReason(model));
        _requireOpen(model);
        _successions[model] = Succession(successor, reason, uint64(block.timestamp), 0);
        emit SuccessorNamed(model, successor, reason);
    }

    /// @inheritdoc ISuccessors
    function withdrawSuccessor(address model) external onlyRuler(model) {
        _requireOpen(model);
        address successor = _successions[model].successor;
        require(successor != address(0), Successors_NotNamed(model, address(0), address(0)));
        delete _successions[model];
        emit SuccessorWithdrawn(model, successor);
    }

    /// @inheritdoc ISuccessors
    function acceptPredecessor(address model, address predecessor, bytes32 reason) external onlyRuler(model) {
        _requireOpen(predecessor);
        Succession storage step = _successions[predecessor];
        require(
            step.successor == model && step.reason == reason,
            Successors_NotNamed(predecessor, model, step.successor)
        );
        // Both are ends of their paths, and not of the same one: so no path ever closes.
        address next = successorOf(model);
        address former = predecessorOf[model];
        require(former == address(0) && next == address(0), Successors_Taken(model, former, next));
        step.acceptedAt = uint64(block.timestamp);
        predecessorOf[model] = predecessor;
        emit SuccessorAccepted(predecessor, model, reason);
    }

    /// @inheritdoc ISuccessors
    function successionOf(address model) external view returns (Succession memory) {
        return _successions[model];
    }

    /// @inheritdoc ISuccessors
    function currentOf(address model, uint256 most) external view returns (address current, bool last) {
        current = model;
        address next = successorOf(current);
        for (uint256 i = 0; i < most && next != address(0); ++i) {
            current = next;
            next = successorOf(current);
        }
        return (current, next == address(0));
    }

    /// @inheritdoc ISuccessors
    function successorOf(address model) public view returns (address) {
        Succession storage step = _successions[model];
        return step.acceptedAt == 0 ? address(0) : step.successor;
    }

    function _requireOpen(address model) private view {
        require(_successions[model].acceptedAt == 0, Successors_Settled(model, _successions[model].successor));
    }
}
