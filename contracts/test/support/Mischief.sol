// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IRevenueVault } from "../../src/ledger/IRevenueVault.sol";

/// @notice Calls whatever it was told, in the order it was told, and counts what got through.
abstract contract Mischief {
    struct Attempt {
        address target;
        bytes data;
    }

    Attempt[] private _attempts;
    bool private transient _playing;
    /// Attempts that were made, and those that did not revert.
    uint256 public tried;
    uint256 public entered;
    /// What its claims of revenue were paid, by payment token.
    mapping(address payment => uint256) public claimed;

    function plan(address target, bytes calldata data) external {
        _attempts.push(Attempt(target, data));
    }

    function _misbehave() internal {
        if (_playing) return;
        _playing = true;
        for (uint256 i = 0; i < _attempts.length; ++i) {
            ++tried;
            Attempt memory attempt = _attempts[i];
            (bool done, bytes memory answer) = attempt.target.call(attempt.data);
            if (!done) continue;
            ++entered;
            if (bytes4(attempt.data) != IRevenueVault.claimFor.selector) continue;
            bytes memory data = attempt.data;
            address payment;
            assembly ("memory-safe") {
                payment := mload(add(data, 0x44))
            }
            claimed[payment] += abi.decode(answer, (uint256));
        }
        _playing = false;
    }

    function _explode() internal pure {
        assembly ("memory-safe") {
            revert(0, 50000)
        }
    }

    function _burnGas() internal pure {
        assembly ("memory-safe") {
            invalid()
        }
    }
}

/// @notice How an account takes coin.
enum Mood {
    Takes,
    Refuses,
    /// answers 50,000 bytes
    Bombs,
    /// reverts with 50,000 bytes
    RevertsBomb,
    Greedy,
    /// calls others before it has been paid to the end
    Calls
}

/// @notice An account that is a contract: it holds, votes, buys and mines as its keeper says, and takes coin in its own
/// way.
contract Trickster is Mischief {
    Mood public mood;

    function turn(Mood mood_) external {
        mood = mood_;
    }

    /// Acts as this account, with its own coin.
    function act(address target, uint256 value, bytes calldata data) external returns (bool done) {
        (done,) = target.call{ value: value }(data);
    }

    receive() external payable {
        if (mood == Mood.Refuses) revert("refused");
        if (mood == Mood.RevertsBomb) _explode();
        if (mood == Mood.Greedy) _burnGas();
        if (mood == Mood.Calls) _misbehave();
        if (mood == Mood.Bombs) {
            assembly ("memory-safe") {
                return(0, 50000)
            }
        }
    }
}

/// @notice How a payment token behaves.
enum Trait {
    Plain,
    /// keeps a tenth of what is moved
    Fee,
    /// moves nothing and says false, while it is switched on
    SaysFalse,
    /// calls others before and after each move
    Calls,
    /// reverts with 50,000 bytes at every call, while it is switched on
    Bomb,
    /// burns all gas of a move, while it is switched on
    Greedy,
    /// balances grow and shrink by themselves
    Rebases
}

/// @notice A payment token with all of its supply given out at once. It asks for no allowance: what is tested are those
/// who are paid in it.
contract HostileToken is Mischief {
    uint256 private constant ONE = 10_000;

    Trait public immutable trait;
    bool public switchedOn = true;
    uint256 public scale = ONE;
    mapping(address => uint256) private _parts;

    constructor(Trait trait_, address to, uint256 supply) {
        trait = trait_;
        _parts[to] = supply;
    }

    /// Without any of its traits.
    function give(address to, uint256 amount) external {
        _parts[msg.sender] -= amount;
        _parts[to] += amount;
    }

    function turn(bool on) external {
        switchedOn = on;
    }

    /// Between a half and twice of what all had at first.
    function rebase(uint256 to) external {
        if (trait == Trait.Rebases) scale = ONE / 2 + to % (3 * ONE / 2 + 1);
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _move(from, to, amount);
    }

    function balanceOf(address account) external view returns (uint256) {
        if (trait == Trait.Bomb && switchedOn) _explode();
        return truth(account);
    }

    /// What is there, whatever the token's manner.
    function truth(address account) public view returns (uint256) {
        return _parts[account] * scale / ONE;
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        if (trait == Trait.SaysFalse && switchedOn) return false;
        if (trait == Trait.Bomb && switchedOn) _explode();
        if (trait == Trait.Greedy && switchedOn) _burnGas();
        if (trait == Trait.Calls && switchedOn) _misbehave();
        uint256 parts = (amount * ONE + scale - 1) / scale;
        _parts[from] -= parts;
        _parts[to] += trait == Trait.Fee ? parts - parts / 10 : parts;
        if (trait == Trait.Calls && switchedOn) _misbehave();
        return true;
    }
}
