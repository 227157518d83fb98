// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { RevenueVault } from "../../src/ledger/RevenueVault.sol";
import { ModelToken } from "../../src/value/ModelToken.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";

/// @notice What a token and its vault are founded with.
/// @param others set aside beside minter, vault and treasury
struct Ownership {
    string name;
    string symbol;
    uint256 cap;
    address minter;
    address treasury;
    address[] others;
    uint256 epochStart;
    uint256 epochLength;
    uint256 redeemableBps;
}

/// @notice A token and a vault as clones that name each other, made in one go; this contract is their founder.
contract OwnershipSet {
    ModelToken public token;
    RevenueVault public vault;

    constructor(Ownership memory founding) {
        ModelToken tokenCode = new ModelToken();
        RevenueVault vaultCode = new RevenueVault();
        // This contract's nonces begin at 1: two implementations, the vault, then the token.
        address tokenAddress = _created(4);
        bytes memory words =
            abi.encode(tokenAddress, founding.epochStart, founding.epochLength, founding.redeemableBps);
        vault = RevenueVault(payable(Clones.cloneWithImmutableArgs(address(vaultCode), words)));
        words = abi.encode(
            founding.minter,
            address(this),
            address(vault),
            founding.cap,
            founding.epochStart,
            founding.epochLength,
            founding.treasury
        );
        for (uint256 i = 0; i < founding.others.length; ++i) {
            words = bytes.concat(words, abi.encode(founding.others[i]));
        }
        token = ModelToken(Clones.cloneWithImmutableArgs(address(tokenCode), words));
        assert(address(token) == tokenAddress);
        token.initialize(founding.name, founding.symbol, "ipfs://card");
    }

    /// In the transaction of the launch only.
    function mint(address to, uint256 amount) external {
        token.mint(to, amount);
    }

    function again() external {
        token.initialize("again", "A", "");
    }

    function _created(uint8 nonce) private view returns (address) {
        bytes memory encoded = abi.encodePacked(hex"d694", address(this), nonce);
        return address(uint160(uint256(keccak256(encoded))));
    }
}

/// @notice A token for the tests of other rooms: weekly epochs, nothing redeemable, nothing else set aside.
library Ownerships {
    function founding(uint256 cap, address minter) internal view returns (Ownership memory) {
        return Ownership({
            name: "Andel Test",
            symbol: "AT",
            cap: cap,
            minter: minter,
            treasury: address(0x7EA5),
            others: new address[](0),
            epochStart: block.timestamp,
            epochLength: 7 days,
            redeemableBps: 0
        });
    }

    function token(uint256 cap, address minter) internal returns (ModelToken) {
        return new OwnershipSet(founding(cap, minter)).token();
    }
}
