// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { ERC3009 } from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title A token to pay by the call with, for rehearsals and tests
/// @notice OpenZeppelin's ERC-20 with ERC-3009: whoever holds it signs a transfer, anybody brings the signature, and each
/// signature's random nonce counts once. All of it is its maker's at first. It is worth nothing, and nothing of a model
/// rests on it: a model's holders name the token that they are paid in.
contract AuthorizedToken is ERC3009 {
    /// @param supply base units, of which a whole one has 10^6; all go to the sender
    constructor(string memory name_, uint256 supply) ERC20(name_, "PAY") EIP712(name_, "1") {
        _mint(msg.sender, supply);
    }

    /// @notice Places of a whole one, as of the tokens that such payments are made in.
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @notice EIP-712 separator of this token's signatures.
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }
}
