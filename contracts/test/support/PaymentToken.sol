// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IRevenueVault } from "../../src/ledger/IRevenueVault.sol";

/// @notice How a payment token behaves.
enum Manner {
    Plain,
    /// keeps a tenth of what is moved
    Fee,
    /// moves nothing and says false, while it is switched on
    SaysFalse,
    /// says nothing
    Silent,
    /// calls the vault back before and after each move
    Reenters,
    /// reverts with 50,000 bytes, while it is switched on
    Bomb,
    /// does not move to or from one account
    Blacklist,
    /// answers a balance above what it has
    Boasts
}

/// @notice A payment token, good or bad.
contract PaymentToken {
    Manner public immutable manner;
    mapping(address => uint256) private _balances;
    bool public switchedOn = true;
    address public banned;
    uint256 public reentered;

    constructor(Manner manner_) {
        manner = manner_;
    }

    function give(address to, uint256 amount) external {
        _balances[to] += amount;
    }

    function turn(bool on) external {
        switchedOn = on;
    }

    function ban(address account) external {
        banned = account;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount, to);
    }

    /// Asks for no allowance: what is tested is the vault.
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _move(from, to, amount, from);
    }

    function balanceOf(address account) external view returns (uint256) {
        uint256 held = _balances[account];
        return manner == Manner.Boasts && switchedOn ? held * 2 + 7 : held;
    }

    /// What is there, without boasting.
    function truth(address account) external view returns (uint256) {
        return _balances[account];
    }

    function _move(address from, address to, uint256 amount, address other) private returns (bool) {
        if (manner == Manner.SaysFalse && switchedOn) return false;
        if (manner == Manner.Bomb && switchedOn) _explode();
        if (manner == Manner.Blacklist) require(from != banned && to != banned, "banned");
        if (manner == Manner.Reenters && switchedOn) _callBack(msg.sender, other);
        _balances[from] -= amount;
        _balances[to] += manner == Manner.Fee ? amount - amount / 10 : amount;
        if (manner == Manner.Reenters && switchedOn) _callBack(msg.sender, other);
        if (manner == Manner.Silent) _saysNothing();
        return true;
    }

    /// Tries everything the vault has; what it refuses is left alone.
    function _callBack(address target, address other) private {
        IRevenueVault vault = IRevenueVault(target);
        uint256[] memory epochs = new uint256[](3);
        (epochs[1], epochs[2]) = (1, 2);
        try vault.sync(address(this)) {
            ++reentered;
        } catch { }
        try vault.claimFor(other, address(this), epochs) {
            ++reentered;
        } catch { }
        try vault.claimFor(other, address(0), epochs) {
            ++reentered;
        } catch { }
        try vault.deposit(address(this), 1) {
            ++reentered;
        } catch { }
        try vault.carry(address(this), 0) {
            ++reentered;
        } catch { }
    }

    function _explode() private pure {
        assembly ("memory-safe") {
            revert(0, 50000)
        }
    }

    function _saysNothing() private pure {
        assembly ("memory-safe") {
            return(0, 0)
        }
    }
}

/// @notice A holder that is a contract and takes coin in its own way.
contract Receiver {
    /// 0 takes it, 1 refuses, 2 answers 50,000 bytes, 3 burns all gas, 4 claims and syncs again
    uint256 public mode;
    IRevenueVault public immutable vault;
    uint256 public reentered;

    constructor(IRevenueVault vault_) {
        vault = vault_;
    }

    receive() external payable {
        if (mode == 1) revert("refused");
        if (mode == 2) {
            assembly ("memory-safe") {
                return(0, 50000)
            }
        }
        if (mode == 3) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (mode == 4) {
            uint256[] memory epochs = new uint256[](3);
            (epochs[1], epochs[2]) = (1, 2);
            try vault.claimFor(address(this), address(0), epochs) {
                ++reentered;
            } catch { }
            try vault.sync(address(0)) {
                ++reentered;
            } catch { }
        }
    }

    function turn(uint256 mode_) external {
        mode = mode_;
    }

    /// Acts for this account.
    function act(address target, bytes calldata data) external returns (bool done) {
        (done,) = target.call(data);
    }
}
