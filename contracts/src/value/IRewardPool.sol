// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IModelToken } from "./IModelToken.sol";

/// @notice How fast a model's token may be minted. It can only be lowered or paused afterwards, see {IRewardPool}.
/// @param start first second of the schedule; may lie in the past, then that time has accrued already. 0 at a launch:
/// the second of the launch
/// @param ratePerSecond base units that accrue each second at first; 1 to 2**128 - 1
/// @param ceiling the most that ever accrues, base units; at most the token's cap
/// @param halvingPeriod seconds after which the rate is halved, rounded down, again and again; 0 for never
/// @param tailRatePerSecond halving stops here; 0 without halving, at most `ratePerSecond`
struct Schedule {
    uint64 start;
    uint256 ratePerSecond;
    uint256 ceiling;
    uint64 halvingPeriod;
    uint256 tailRatePerSecond;
}

/// @title Where a model's emission is minted and claimed
/// @notice Emission accrues with time; more rounds mint no more. A finalised round mints once into this pool, at
/// most what has accrued and was not minted before. All amounts are base units.
///
/// CONTRIBUTORS are paid from one Merkle root with cumulative amounts; a new root replaces the former. Leaves are
/// (account, cumulative, runningSum) in OpenZeppelin's StandardMerkleTree form: the leaf is
/// keccak256(keccak256(abi.encode(account, cumulative, runningSum))), pairs are sorted. `runningSum` adds up the
/// cumulative amounts in the tree's own order, so the last leaf shows the total that was minted. Whoever replays the
/// tree checks the sums; here no more is ever paid to contributors than was minted for them.
///
/// OPERATORS (the coordinator and the validators that agreed) are credited by name and pull what they earned; that
/// part is counted as minted when it is credited and comes into being when it is pulled, so it never lies here and no
/// root can reach it.
///
/// EMISSION CAN ONLY FALL. The model's governance (the account named at founding) may lower the ceiling, down to what was
/// minted; lower the highest rate, from then on; and pause emission for at most 30 days at a time, after which it
/// goes on by itself. Seconds of a pause accrue nothing, now or later, while halvings come when they would have come.
/// Nothing that has accrued is taken back, except by a lower ceiling.
///
/// WHO. Only the model's `RoundManager` credits. Anybody may claim *for* anybody; payment goes to the account alone.
///
/// ROUNDING. None here: amounts arrive as integers that add up.
///
/// WHAT CAN GET STUCK. The share of an account nobody controls. A leaf lower than what was claimed pays nothing
/// until it has caught up. Tokens sent here by mistake stay here.
interface IRewardPool {
    /// @notice A round was credited. `amount` is what it added for contributors, `operatorAmount` for operators.
    event RoundCredited(
        uint64 indexed round, bytes32 claimsRoot, uint256 claimsTotal, uint256 amount, uint256 operatorAmount
    );

    /// @notice An operator was credited in a round.
    event OperatorCredited(uint64 indexed round, address indexed operator, uint256 amount);

    /// @notice A contributor was paid; `cumulative` is what it has been paid over all rounds.
    event Claimed(address indexed account, uint256 cumulative, uint256 paid);

    /// @notice An operator was paid.
    event OperatorClaimed(address indexed operator, uint256 paid);

    /// @notice The ceiling is now `ceiling`, base units.
    event CeilingLowered(uint256 ceiling);

    /// @notice No second from now on accrues more than `rate` base units.
    event RateLowered(uint256 rate);

    /// @notice Nothing accrues until then.
    event EmissionPaused(uint64 until);

    /// @notice Rate or ceiling is zero or too high, or the tail is above the rate or stands without a halving.
    error RewardPool_BadSchedule(uint256 ratePerSecond, uint256 ceiling, uint256 cap);

    /// @notice Only the model's governance lowers and pauses.
    error RewardPool_NotGovernance(address sender, address governance);

    /// @notice Not below what holds, or below what was minted.
    error RewardPool_NotLower(uint256 value, uint256 least, uint256 present);

    /// @notice A pause ends in the future, at most 30 days from now.
    error RewardPool_BadPause(uint64 until, uint256 latest);

    /// @notice Only the model's `RoundManager` credits.
    error RewardPool_NotManager(address sender, address manager);

    /// @notice Rounds are credited once, in rising order.
    error RewardPool_AlreadyCredited(uint64 round, uint64 lastRound);

    /// @notice Two arrays that belong together differ in length.
    error RewardPool_LengthMismatch(uint256 operators, uint256 amounts);

    /// @notice The root's total is not what was minted for contributors so far plus this round.
    error RewardPool_TotalMismatch(uint256 claimsTotal, uint256 expected);

    /// @notice A round that adds something needs a root.
    error RewardPool_EmptyRoot(uint64 round);

    /// @notice A round that adds nothing for contributors must keep the root.
    error RewardPool_RootChanged(uint64 round, bytes32 claimsRoot, bytes32 current);

    /// @notice More than has accrued and was not minted.
    error RewardPool_OverAccrued(uint256 requested, uint256 available);

    /// @notice The leaf is not in the current root.
    error RewardPool_BadProof(address account, uint256 cumulative, uint256 runningSum);

    /// @notice The root promises more than was minted for contributors; `left` is what lies here.
    error RewardPool_OverMinted(uint256 due, uint256 left);

    /// @notice Mints what a finalised round earned and puts its root in place. Only the `RoundManager`.
    /// @param round id of the round, above every one credited before
    /// @param root root over all contributors, cumulative; unchanged if `amount` is zero
    /// @param claimsTotal sum of all cumulative amounts in the tree
    /// @param amount what the round adds for contributors
    /// @param operators who else is paid
    /// @param operatorAmounts how much each, in the same order
    function credit(
        uint64 round,
        bytes32 root,
        uint256 claimsTotal,
        uint256 amount,
        address[] calldata operators,
        uint256[] calldata operatorAmounts
    )
        external;

    /// @notice Pays an account what it has earned and not received. Anybody may call.
    /// @return paid base units; zero, without a revert, if there is nothing new
    function claim(
        address account,
        uint256 cumulative,
        uint256 runningSum,
        bytes32[] calldata proof
    )
        external
        returns (uint256 paid);

    /// @notice Pays an operator what it was credited. Anybody may call.
    /// @return paid base units; zero, without a revert, if there is nothing
    function claimOperator(address operator) external returns (uint256 paid);

    /// @notice Lowers the ceiling, at most down to what was minted. Only governance.
    function lowerCeiling(uint256 newCeiling) external;

    /// @notice Lets no second from now on accrue more than `newRate` base units. Only governance.
    function lowerRate(uint256 newRate) external;

    /// @notice Lets nothing accrue until `until`, at most 30 days from now; a pause is ended by naming the present second.
    /// Only governance.
    function pauseEmission(uint64 until) external;

    /// @notice What has accrued by now: the sum of the schedule's rates over the seconds since its start, as far as
    /// no pause and no lower rate held, at most the ceiling.
    function accrued() external view returns (uint256);

    /// @notice What may be credited now: what has accrued and was not minted.
    function available() external view returns (uint256);

    /// @notice The most that ever accrues, base units.
    function ceiling() external view returns (uint256);

    /// @notice What a second accrues at most, base units.
    function highestRate() external view returns (uint256);

    /// @notice When a pause ends; 0 if there is none.
    function pausedUntil() external view returns (uint64);

    /// @notice Who lowers and pauses.
    function governance() external view returns (address);

    /// @notice What was minted so far, contributors and operators together; operators' part from its credit on.
    function minted() external view returns (uint256);

    /// @notice What was minted for contributors so far: the total of the current root.
    function contributorsMinted() external view returns (uint256);

    /// @notice What contributors have been paid so far; less by what was sent here by mistake.
    function contributorsClaimed() external view returns (uint256);

    /// @notice The current root; zero before the first round that paid.
    function claimsRoot() external view returns (bytes32);

    /// @notice What an account has been paid from roots so far.
    function claimed(address account) external view returns (uint256);

    /// @notice What an operator can pull.
    function operatorBalance(address operator) external view returns (uint256);

    /// @notice The last round that was credited; 0 before the first.
    function lastRound() external view returns (uint64);

    /// @notice The model's token.
    function token() external view returns (IModelToken);

    /// @notice The model's `RoundManager`.
    function manager() external view returns (address);

    /// @notice The schedule as it was founded.
    function schedule() external view returns (Schedule memory);
}
