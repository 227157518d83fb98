// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Epochs } from "./Epochs.sol";
import { Held, Holdings } from "./Holdings.sol";
import { ERC20Upgradeable } from "@openzeppelin/contracts-upgradeable/token/ERC20/ERC20Upgradeable.sol";

/// @notice OpenZeppelin's ERC-20 whose balances and supply remember how long they were held: only where they are kept
/// differs. Takes no name and mints nothing by itself; whoever mints keeps the supply below 2**104.
abstract contract HeldERC20 is ERC20Upgradeable {
    using Holdings for Held;

    mapping(address account => Held) private _holdings;
    Held private _supply;

    function totalSupply() public view virtual override returns (uint256) {
        return _supply.balanceOf();
    }

    function balanceOf(address account) public view virtual override returns (uint256) {
        return _holdings[account].balanceOf();
    }

    /// As OpenZeppelin's, whose own storage for balances and supply stays empty.
    function _update(address from, address to, uint256 value) internal virtual override {
        (uint256 start, uint256 length) = _calendar();
        (uint256 epoch, uint256 left) = Epochs.at(start, length, block.timestamp);
        if (from == address(0)) {
            _supply.add(epoch, left, length, value);
        } else {
            Held storage sender = _holdings[from];
            uint256 balance = sender.balanceOf();
            if (balance < value) revert ERC20InsufficientBalance(from, balance, value);
            sender.take(epoch, left, length, value);
        }
        if (to == address(0)) _supply.take(epoch, left, length, value);
        else _holdings[to].add(epoch, left, length, value);
        emit Transfer(from, to, value);
    }

    function _weightIn(address account, uint256 epoch) internal view returns (uint256) {
        (, uint256 length) = _calendar();
        return _holdings[account].weightIn(length, epoch);
    }

    function _supplyWeightIn(uint256 epoch) internal view returns (uint256) {
        (, uint256 length) = _calendar();
        return _supply.weightIn(length, epoch);
    }

    /// The first second of epoch 0, and the seconds an epoch lasts.
    function _calendar() internal view virtual returns (uint256 start, uint256 length);
}
