// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { CloneArgs } from "../ledger/CloneArgs.sol";
import { FoundedOnce } from "../ledger/FoundedOnce.sol";
import { IModelToken } from "./IModelToken.sol";
import { ERC20Upgradeable } from "@openzeppelin/contracts-upgradeable/token/ERC20/ERC20Upgradeable.sol";
import {
    ERC20PermitUpgradeable
} from "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/ERC20PermitUpgradeable.sol";
import {
    ERC20VotesUpgradeable
} from "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/ERC20VotesUpgradeable.sol";
import { NoncesUpgradeable } from "@openzeppelin/contracts-upgradeable/utils/NoncesUpgradeable.sol";

/// @notice See {IModelToken}, which is the manual. A clone; its words are: 0 minter, 1 genesis minter, 2 vault, 3 cap,
/// 4 pool, 5 offering, 6 treasury.
contract ModelToken is IModelToken, FoundedOnce, ERC20PermitUpgradeable, ERC20VotesUpgradeable {
    /// @inheritdoc IModelToken
    uint256 public totalEverMinted;

    /// @inheritdoc IModelToken
    string public contractURI;

    /// @param factory_ the address the `ModelFactory` will have
    constructor(address factory_) FoundedOnce(factory_) { }

    /// @inheritdoc IModelToken
    function initialize(
        string calldata name_,
        string calldata symbol_,
        string calldata contractURI_
    )
        external
        onlyFactory
        initializer
    {
        __ERC20_init(name_, symbol_);
        __ERC20Permit_init(name_);
        contractURI = contractURI_;
    }

    /// @inheritdoc IModelToken
    function mint(address to, uint256 amount) external {
        require(msg.sender == minter(), ModelToken_NotMinter(msg.sender, minter()));
        uint256 ever = totalEverMinted;
        uint256 room = cap() - ever;
        require(amount <= room, ModelToken_OverCap(amount, room));
        totalEverMinted = ever + amount;
        _mint(to, amount);
    }

    /// @inheritdoc IModelToken
    function burn(uint256 amount) external {
        _burn(msg.sender, amount);
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
    function nonces(address owner)
        public
        view
        override(ERC20PermitUpgradeable, NoncesUpgradeable)
        returns (uint256)
    {
        return super.nonces(owner);
    }

    /// @inheritdoc IModelToken
    function minter() public view returns (address) {
        return CloneArgs.addressAt(0);
    }

    /// @inheritdoc IModelToken
    function cap() public view returns (uint256) {
        return CloneArgs.uintAt(3);
    }

    function _update(
        address from,
        address to,
        uint256 amount
    )
        internal
        override(ERC20Upgradeable, ERC20VotesUpgradeable)
    {
        super._update(from, to, amount);
    }
}
