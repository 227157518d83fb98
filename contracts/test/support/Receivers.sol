// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice An account that takes no coin until it is told to.
contract ClosedReceiver {
    bool public open;

    error Closed();

    function setOpen(bool value) external {
        open = value;
    }

    /// Has this account call somebody.
    function act(address target, bytes calldata data) external returns (bool success) {
        (success,) = target.call(data);
    }

    receive() external payable {
        require(open, Closed());
    }
}

/// @notice Answers coin with a megabyte, or with a revert of one.
contract BombReceiver {
    bool public reverting;

    function setReverting(bool value) external {
        reverting = value;
    }

    receive() external payable {
        bool failing = reverting;
        assembly {
            if failing { revert(0, 1000000) }
            return(0, 1000000)
        }
    }
}

/// @notice Burns all gas it is given.
contract GreedyReceiver {
    uint256 private sink;

    receive() external payable {
        while (true) ++sink;
    }
}

/// @notice Calls somebody again while it is being paid, and keeps what came of it.
contract CallingReceiver {
    address private target;
    bytes private data;
    bool public succeeded;
    uint256 public calls;

    function callDuringReceive(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    receive() external payable {
        if (target == address(0)) return;
        ++calls;
        (bool success,) = target.call(data);
        succeeded = succeeded || success;
    }
}
