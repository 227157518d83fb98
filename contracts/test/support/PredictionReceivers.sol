// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IPredictionReceiver } from "../../src/serving/IPredictionReceiver.sol";

/// @notice How a receiver takes its answer.
enum Taking {
    Keeps,
    Reverts,
    /// reverts with a megabyte
    RevertBomb,
    /// returns a megabyte
    Bomb,
    /// burns all gas it is given
    Greedy,
    /// calls whatever it was told
    Calls
}

/// @notice A contract that wants its answer brought, good or bad.
contract AnswerTaker is IPredictionReceiver {
    Taking public taking;
    uint256 public calls;
    uint256 public id;
    address public requester;
    bytes public answer;
    uint256 public gasGiven;
    uint256 public entered;
    address[] private _targets;
    bytes[] private _datas;

    function turn(Taking taking_) external {
        taking = taking_;
    }

    function plan(address target, bytes calldata data) external {
        _targets.push(target);
        _datas.push(data);
    }

    /// Acts as this account, with the coin sent along.
    function act(address target, bytes calldata data) external payable returns (bytes memory result) {
        bool done;
        (done, result) = target.call{ value: msg.value }(data);
        require(done, "act");
    }

    function onPrediction(
        uint256 id_,
        address requester_,
        address,
        bytes32,
        bytes32,
        bytes calldata answer_
    )
        external
    {
        gasGiven = gasleft();
        ++calls;
        Taking how = taking;
        if (how == Taking.Reverts) revert("not wanted");
        if (how == Taking.Greedy) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (how == Taking.RevertBomb || how == Taking.Bomb) {
            assembly ("memory-safe") {
                if eq(how, 2) { revert(0, 1000000) }
                return(0, 1000000)
            }
        }
        if (how == Taking.Calls) _call();
        (id, requester, answer) = (id_, requester_, answer_);
    }

    receive() external payable {
        if (taking == Taking.Calls) _call();
    }

    function _call() private {
        for (uint256 i = 0; i < _targets.length; ++i) {
            (bool done,) = _targets[i].call(_datas[i]);
            if (done) ++entered;
        }
    }
}

/// @notice Keeps the last answer, and no more.
contract AnswerKeeper is IPredictionReceiver {
    int256 public answer;

    function onPrediction(uint256, address, address, bytes32, bytes32, bytes calldata answer_) external {
        answer = abi.decode(answer_, (int256));
    }
}
