// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IRewardPool } from "../value/IRewardPool.sol";

/// @notice The veto against one proposal, base units.
/// @param weight mined tokens that stand against it
/// @param needed how many stop it; 0 if the model has no veto
struct Veto {
    uint128 weight;
    uint128 needed;
}

/// @title How a model's holders decide
/// @notice OpenZeppelin's Governor (settings, simple counting, stored proposals, votes of the token, late-quorum
/// extension, timelock) as a clone; existing tools work with it. Times are seconds (ERC-6372, `mode=timestamp`); the
/// EIP-712 domain of votes by signature is ("Andel", "1", chain, this contract).
///
/// WORDS of the clone: 0 token, 1 timelock, 2 offering (zero: none), 3 reward pool, 4 cap of tokens ever minted,
/// 5 quorum in 1/10000 of the held supply, 6 contributors' veto in 1/10000 of what contributors have mined (zero: no
/// veto), 7 the shortest delay or period a vote may set, seconds.
///
/// WHEN. Nobody proposes before the offering is settled and a tenth of the cap is held: before that, one early holder
/// would be everybody. *Held* is `IHeldSupply`: what lies in pool, offering, treasury or vesting counts in no quorum.
///
/// QUORUM of a proposal is the greater of the stated part of the held supply and a hundredth of the cap; the held supply
/// is taken when it is proposed. For and abstain count. A vote that completes the quorum late prolongs the vote, so
/// votes bought for the last moment can be answered.
///
/// VOTES count as they stood at the proposal's snapshot, a voting delay after it was proposed: borrowed tokens that are
/// returned in one transaction never had a vote.
///
/// VETO (an option of the founding). While a proposal is voted on, has passed or waits in the timelock, a contributor
/// may stand against it with the tokens it has mined and still votes with: min(claimed from the pool, its votes at the
/// snapshot). At the stated part of all that contributors had mined when it was proposed, claimed or not, and no less
/// than a hundredth of the cap, the proposal is cancelled for ever. What was mined moves by finalised rounds alone: no
/// gift to the pool and no claim kept back makes a veto cheaper, and no claim for others makes it dearer.
///
/// BOUNDS that no vote moves: delay and period from `shortest` to 30 and 60 days, the extension from `shortest` to the
/// period, the threshold at most a hundredth of the cap, quorum, veto, and the timelock itself.
interface IModelGovernor {
    /// @notice A contributor stood against a proposal with `weight`; now `total` of `needed` do.
    event VetoCast(
        uint256 indexed proposalId, address indexed contributor, uint256 weight, uint256 total, uint256 needed
    );

    /// @notice Only the factory initialises, in the launch.
    error ModelGovernor_NotFactory(address sender, address factory);

    /// @notice The offering is neither successful nor failed yet.
    error ModelGovernor_OfferingNotSettled(address offering);

    /// @notice Too few tokens are in holders' hands for a vote, base units.
    error ModelGovernor_TooFewHeld(uint256 held, uint256 needed);

    /// @notice A setting outside what the founding allows.
    error ModelGovernor_OutOfBounds(string setting, uint256 value, uint256 low, uint256 high);

    /// @notice The timelock holds every power; a governor with another one would govern nothing.
    error ModelGovernor_TimelockIsFixed();

    /// @notice The founding gave contributors no veto.
    error ModelGovernor_NoVeto();

    /// @notice The account's veto stands already.
    error ModelGovernor_AlreadyVetoed(uint256 proposalId, address contributor);

    /// @notice The account has mined nothing, or had no votes at the snapshot.
    error ModelGovernor_NothingMined(uint256 proposalId, address contributor);

    /// @notice Stands against a proposal with the sender's mined tokens. Active, succeeded or queued proposals, once.
    /// @return weight what the sender's veto counts, base units
    function veto(uint256 proposalId) external returns (uint256 weight);

    /// @notice How the veto against a proposal stands.
    function vetoOf(uint256 proposalId) external view returns (Veto memory);

    /// @notice True if the account's veto stands against the proposal.
    function hasVetoed(uint256 proposalId, address contributor) external view returns (bool);

    /// @notice The held supply that a proposal with this snapshot is measured against; 0 if there is none.
    function heldAt(uint256 snapshot) external view returns (uint256);

    /// @notice Who initialises clones.
    function factory() external view returns (address);

    /// @notice The offering that must be settled first; zero if the model has none.
    function offering() external view returns (address);

    /// @notice Where tokens are mined.
    function pool() external view returns (IRewardPool);

    /// @notice The most tokens ever minted, base units.
    function cap() external view returns (uint256);

    /// @notice Part of the held supply that makes a quorum, in 1/10000.
    function quorumBps() external view returns (uint256);

    /// @notice Part of what contributors have mined that stops a proposal, in 1/10000; 0: contributors have no veto.
    function vetoBps() external view returns (uint256);

    /// @notice The shortest delay, period or extension a vote may set, seconds.
    function shortest() external view returns (uint256);
}
