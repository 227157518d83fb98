// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Epochs } from "./Epochs.sol";
import { Held, Holdings } from "./Holdings.sol";
import { ERC20Upgradeable } from "@openzeppelin/contracts-upgradeable/token/ERC20/ERC20Upgradeable.sol";

/// @notice OpenZeppelin's ERC-20 whose balances and supply remember how long they were held: only where they are kept
/// differs. Takes no name and mints nothing by itself.
abstract contract HeldERC20 is ERC20Upgradeable {
    using Holdings for Held;

    mapping(address account => Held) private _holdings;
    Held private _supply;

    function totalSupply() public view virtual override returns (uint256) {
        return _supply.present.balance;
    }

    function balanceOf(address account) public view virtual override returns (uint256) {
        return _holdings[account].present.balance;
    }

    /// As OpenZeppelin's, from whose storage nothing is used here. Additions stay below the cap, which `mint` guards.
    function _update(address from, address to, uint256 value) internal virtual override {
        Epochs memory epochs = _epochs();
        if (from == address(0)) {
            _supply.add(epochs, value);
        } else {
            uint256 balance = balanceOf(from);
            if (balance < value) revert ERC20InsufficientBalance(from, balance, value);
            _holdings[from].take(epochs, value);
        }
        if (to == address(0)) _supply.take(epochs, value);
        else _holdings[to].add(epochs, value);
        emit Transfer(from, to, value);
    }

    function _weightIn(address account, uint256 epoch) internal view returns (uint256) {
        return _holdings[account].weightIn(_epochs(), epoch);
    }

    function _supplyWeightIn(uint256 epoch) internal view returns (uint256) {
        return _supply.weightIn(_epochs(), epoch);
    }

    function _epochs() internal view virtual returns (Epochs memory);
}
