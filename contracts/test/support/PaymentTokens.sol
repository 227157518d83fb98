// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { ERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @notice A payment token as it should be: ERC-20 with permits. Anybody mints.
contract PlainToken is ERC20Permit {
    constructor() ERC20("Payment", "PAY") ERC20Permit("Payment") { }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice A token for sale: what an offering asks of a model's token, and no more. Anybody mints.
contract OfferedToken is PlainToken {
    uint256 public totalEverMinted;

    function burn(uint256 amount) external {
        _burn(msg.sender, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from == address(0)) totalEverMinted += amount;
        super._update(from, to, amount);
    }
}

/// @notice Keeps a hundredth of every transfer.
contract FeeToken is PlainToken {
    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0) && to != address(0)) super._update(to, address(0), amount / 100);
    }
}

/// @notice Moves nothing and says so, without a revert.
contract FalseToken is PlainToken {
    bool public refusing;

    function refuse(bool value) external {
        refusing = value;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return refusing ? false : super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return refusing ? false : super.transferFrom(from, to, amount);
    }
}

/// @notice Refuses to pay accounts on its issuer's list.
contract ListingToken is PlainToken {
    error Listed(address account);

    mapping(address account => bool) public listed;

    function setListed(address account, bool value) external {
        listed[account] = value;
    }

    function _update(address from, address to, uint256 amount) internal override {
        require(!listed[to], Listed(to));
        super._update(from, to, amount);
    }
}

/// @notice Calls somebody in the middle of every transfer, and keeps what came of it.
contract CallingToken is PlainToken {
    address private target;
    bytes private data;
    bool public succeeded;

    function callDuringTransfer(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (target != address(0) && from != address(0)) {
            (bool success,) = target.call(data);
            succeeded = succeeded || success;
        }
        super._update(from, to, amount);
    }
}
