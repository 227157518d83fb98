// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IERC7572 } from "./IERC7572.sol";
import { IERC7641, IERC7641AltRevToken } from "./IERC7641.sol";
import { IERC165 } from "@openzeppelin/contracts/interfaces/IERC165.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title A model's own token
/// @notice ERC-20 with permits (ERC-2612) and votes (ERC-5805, clock in seconds: ERC-6372 "mode=timestamp"), contract
/// metadata (ERC-7572) and the functions of ERC-7641, which it passes on to the model's `RevenueVault`. One token is
/// 10**18 base units. Votes count once delegated.
///
/// A CLONE. What can never change stands as words in its code (`CloneArgs`): 0 minter (the model's `RewardPool`),
/// 1 founder (the factory), 2 vault, 3 cap, 4 first second of epoch 0, 5 length of an epoch in seconds, 6 treasury (the
/// model's timelock), 7 and on: further accounts that are set aside (offering, vesting wallets). The founder calls
/// `initialize` once.
///
/// SUPPLY. The minter mints at any time; the founder mints in the transaction of the launch and never again. The cap
/// counts tokens ever minted: burning does not make room.
///
/// SET ASIDE are the minter, the vault, the treasury, and the accounts of words 7 and on, for ever. What they hold
/// counts in neither `heldSupply` nor weights, earns no revenue, redeems none when burnt, and cannot be delegated.
///
/// WEIGHT. A holder's weight in an epoch is its balance times the seconds it was held, summed over the epoch, to the
/// unit: any balance that comes and goes within a second weighs nothing. The weights of all holders add up to
/// `heldSecondsOfAll` exactly. Only finished epochs have weights. A balance and its weight share one slot, so moving
/// tokens again within an epoch costs what it costs in any ERC-20; the first move of an account in a new epoch keeps an
/// entry of the former one (about 27,000 gas).
///
/// WHO. `mint`: minter, founder as said. `setContractURI`: treasury. Everything else: anybody, about its own tokens.
interface IModelToken is IERC20, IERC165, IERC7572, IERC7641, IERC7641AltRevToken {
    /// @notice Only the minter mints.
    error ModelToken_NotMinter(address sender, address minter);

    /// @notice More than what may still be minted. Base units.
    error ModelToken_OverCap(uint256 amount, uint256 room);

    /// @notice The cap is zero or above 2**104 - 1 (twenty million million tokens).
    error ModelToken_BadCap(uint256 cap);

    /// @notice The minter, the vault or the treasury is the zero address.
    error ModelToken_ZeroMinter();

    /// @notice Epochs last from one hour to 90 days.
    error ModelToken_BadEpochs(uint256 length);

    /// @notice An account is named twice among those set aside.
    error ModelToken_SetAsideTwice(address account);

    /// @notice Only the founder initialises.
    error ModelToken_NotFounder(address sender, address founder);

    /// @notice Only the treasury changes the metadata.
    error ModelToken_NotTreasury(address sender, address treasury);

    /// @notice The account is set aside: what it holds has no votes.
    error ModelToken_SetAside(address account);

    /// @notice The epoch is not over.
    error ModelToken_EpochOpen(uint256 epoch, uint256 present);

    /// @notice Names the token. Only the founder, once; `name` is also the name of the EIP-712 domain, version "1".
    function initialize(string calldata name, string calldata symbol, string calldata uri) external;

    /// @notice Mints `amount` base units to `to`. Only the minter; in the transaction of the launch the founder too.
    function mint(address to, uint256 amount) external;

    /// @notice Burns the sender's tokens, and pays their part of what is redeemable in each of `tokens` (the zero
    /// address is the coin), which rise. `burn` is this with the coin alone; what is not named is left to others.
    function burnAndRedeem(uint256 amount, address[] calldata tokens) external;

    /// @notice Changes where the metadata lies. Only the treasury, so only a vote.
    function setContractURI(string calldata uri) external;

    /// @notice The most that may ever be minted, base units.
    function cap() external view returns (uint256);

    /// @notice What was ever minted, base units; never falls.
    function totalEverMinted() external view returns (uint256);

    /// @notice What the launch itself minted, base units: the offering's tokens and the allocations.
    function mintedAtLaunch() external view returns (uint256);

    /// @notice The only account that may mint after the launch.
    function minter() external view returns (address);

    /// @notice The account that made this token and minted at its launch.
    function founder() external view returns (address);

    /// @notice Where the model's revenue is shared out.
    function vault() external view returns (address);

    /// @notice The model's timelock.
    function treasury() external view returns (address);

    /// @notice Whether what `account` holds counts as nobody's.
    function isSetAside(address account) external view returns (bool);

    /// @notice All accounts that are set aside.
    function setAsideAccounts() external view returns (address[] memory);

    /// @notice Tokens in the hands of holders: the supply without what is set aside. Base units.
    function heldSupply() external view returns (uint256);

    /// @notice The first second of epoch 0.
    function epochStart() external view returns (uint256);

    /// @notice Seconds an epoch lasts.
    function epochLength() external view returns (uint256);

    /// @notice The epoch of now.
    function epochNow() external view returns (uint256);

    /// @notice Base units times seconds that `account` held in a finished epoch; 0 for what is set aside.
    function heldSeconds(address account, uint256 epoch) external view returns (uint256);

    /// @notice The sum of `heldSeconds` over everybody.
    function heldSecondsOfAll(uint256 epoch) external view returns (uint256);
}
