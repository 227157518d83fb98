// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title A model's own token
/// @notice ERC-20 with permits (ERC-2612) and votes (ERC-5805, clock in seconds: ERC-6372 "mode=timestamp"). One
/// token is 10**18 base units. Nobody owns it; only the minter fixed at deployment (the model's `RewardPool`) mints.
/// The cap counts tokens ever minted: burning does not make room again. Votes count once delegated.
interface IModelToken is IERC20 {
    /// @notice Only the minter mints.
    error ModelToken_NotMinter(address sender, address minter);

    /// @notice More than what may still be minted. Base units.
    error ModelToken_OverCap(uint256 amount, uint256 room);

    /// @notice The cap is zero or above 2**128 - 1.
    error ModelToken_BadCap(uint256 cap);

    /// @notice Gives the token its name, symbol and description (ERC-7572). Only the factory, once.
    function initialize(string calldata name, string calldata symbol, string calldata contractURI) external;

    /// @notice Where wallets find the token's description (ERC-7572); may be empty.
    function contractURI() external view returns (string memory);

    /// @notice Mints `amount` base units to `to`. Only the minter.
    function mint(address to, uint256 amount) external;

    /// @notice Destroys `amount` base units of the sender.
    function burn(uint256 amount) external;

    /// @notice The most that may ever be minted, base units.
    function cap() external view returns (uint256);

    /// @notice What was ever minted, base units; never falls.
    function totalEverMinted() external view returns (uint256);

    /// @notice The only account that may mint.
    function minter() external view returns (address);
}
