// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Who held what and when, the plain way: a list of moves, gone through from the start at every question.
contract HoldingBook {
    struct Move {
        uint256 time;
        address account;
        bool gains;
        uint256 amount;
    }

    Move[] private _moves;

    /// Zero addresses are nobody's account.
    function note(address from, address to, uint256 amount) external {
        if (from != address(0)) _moves.push(Move(block.timestamp, from, false, amount));
        if (to != address(0)) _moves.push(Move(block.timestamp, to, true, amount));
    }

    /// Base units times seconds in [start, end).
    function weight(address account, uint256 start, uint256 end) external view returns (uint256 sum) {
        uint256 balance = 0;
        uint256 since = 0;
        for (uint256 i = 0; i < _moves.length; ++i) {
            Move memory move = _moves[i];
            if (move.account != account) continue;
            sum += balance * overlap(since, move.time, start, end);
            balance = move.gains ? balance + move.amount : balance - move.amount;
            since = move.time;
        }
        sum += balance * overlap(since, type(uint256).max, start, end);
    }

    function overlap(uint256 a, uint256 b, uint256 start, uint256 end) private pure returns (uint256) {
        uint256 first = a > start ? a : start;
        uint256 last = b < end ? b : end;
        return last > first ? last - first : 0;
    }
}
