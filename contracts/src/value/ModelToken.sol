// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IHeldSupply } from "../ledger/IHeldSupply.sol";
import { IModelToken } from "./IModelToken.sol";
import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { ERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import { ERC20Votes } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import { Nonces } from "@openzeppelin/contracts/utils/Nonces.sol";

/// @notice See {IModelToken}, which is the manual.
contract ModelToken is IModelToken, IHeldSupply, ERC20Permit, ERC20Votes {
    /// @inheritdoc IModelToken
    uint256 public immutable cap;

    /// @inheritdoc IModelToken
    address public immutable minter;

    /// @inheritdoc IModelToken
    uint256 public totalEverMinted;

    /// @param name_ the token's name, also the name of its EIP-712 domain
    /// @param symbol_ the token's symbol
    /// @param cap_ base units, at most 2**128 - 1 so that the pool can pack its counters
    /// @param minter_ the address the model's `RewardPool` will have; the pool's constructor checks it
    constructor(
        string memory name_,
        string memory symbol_,
        uint256 cap_,
        address minter_
    )
        ERC20(name_, symbol_)
        ERC20Permit(name_)
    {
        require(cap_ != 0 && cap_ <= type(uint128).max, ModelToken_BadCap(cap_));
        require(minter_ != address(0), ModelToken_ZeroMinter());
        cap = cap_;
        minter = minter_;
    }

    /// @inheritdoc IModelToken
    function mint(address to, uint256 amount) external {
        require(msg.sender == minter, ModelToken_NotMinter(msg.sender, minter));
        uint256 room = cap - totalEverMinted;
        require(amount <= room, ModelToken_OverCap(amount, room));
        totalEverMinted += amount;
        _mint(to, amount);
    }

    /// @inheritdoc IModelToken
    function burn(uint256 amount) external {
        _burn(msg.sender, amount);
    }

    /// @inheritdoc IHeldSupply
    function heldSupply() external view virtual returns (uint256) {
        return totalSupply() - balanceOf(minter);
    }

    /// @notice The clock of votes: seconds.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    /// @notice Says that `clock` counts seconds (ERC-6372).
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /// @notice The next unused nonce of `owner`, shared by permits and delegations by signature.
    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    function _update(address from, address to, uint256 amount) internal override(ERC20, ERC20Votes) {
        super._update(from, to, amount);
    }
}
