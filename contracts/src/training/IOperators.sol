// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Validator } from "./RoundTypes.sol";

/// @notice What one account has put down. Wei and seconds.
/// @param bonded counts as its bond
/// @param unbonding asked back; can still be slashed until it is withdrawn
/// @param withdrawableAt when `unbonding` can be withdrawn; 0 if nothing was asked for
struct Bond {
    uint128 bonded;
    uint128 unbonding;
    uint64 withdrawableAt;
}

/// @title Who operates a model, and what they have put down
/// @notice Operators are a coordinator, its standbys and n validators of which k decide. A change of any of them makes
/// a new epoch and leaves the former ones as they were: an attempt under way keeps the epoch it began with.
///
/// BONDS are in the chain's coin, never in the model's token, which is worth nothing at first and minted by whom it
/// would bind. An operator whose `bonded` is at least `bond` is *fully bonded*. Only fully bonded accounts can be named
/// (the founding names its operators before they can deposit); one that falls below counts for nothing: it commits
/// no attestation, and no attempt starts while fewer than k validators, or not the coordinator, are fully bonded.
///
/// LEAVING. Whoever is named in the present epoch may take back what it has above `bond`, or all of it (and then counts
/// for nothing, so an owner that is gone can hold nobody's bond). What was asked back stays in reach of slashing for
/// `unbondingPeriod`, which is longer than any attempt with its window and hearing.
///
/// SLASHING. Only the model's `Disputes`. At most half goes to the reporter, the rest is burned: it stays here, and no
/// function moves it. So whoever slashes itself by another name loses half. `bonded` goes first, then `unbonding`.
/// An offence costs at most `bond`, however much lies here.
///
/// WHO. The owner names operators and nothing else; anybody deposits for anybody; anybody has
/// what is owed paid out, to whom it belongs.
/// Anybody puts the first fully bonded standby in the coordinator's place once no attempt has moved and no operators
/// have changed for `idlePeriod`; the former coordinator becomes the last standby.
///
/// WHAT CAN GET STUCK. Coins sent other than by `deposit` are refused. What is owed to a contract that takes no coins
/// waits until it does.
interface IOperators {
    /// @notice Operators from the next attempt on.
    event OperatorsSet(
        uint32 indexed epoch,
        address indexed coordinator,
        uint32 k,
        Validator[] validators,
        address[] standbys
    );

    /// @notice A standby took an idle coordinator's place. Emitted with `OperatorsSet`.
    event CoordinatorReplaced(uint32 indexed epoch, address indexed former, address indexed next);

    /// @notice `bonded` is what the operator has after it. Wei.
    event BondDeposited(address indexed operator, address indexed from, uint256 amount, uint256 bonded);

    /// @notice `unbonding` can be withdrawn at `withdrawableAt`. Wei, seconds.
    event WithdrawalRequested(address indexed operator, uint256 unbonding, uint64 withdrawableAt);

    /// @notice An operator has taken back what it asked for.
    event BondWithdrawn(address indexed operator, uint256 amount);

    /// @notice An operator lost `amount`, of which `reward` is the reporter's and the rest burned. Wei.
    event Slashed(address indexed operator, address indexed reporter, uint256 amount, uint256 reward);

    /// @notice A reporter took its rewards.
    event RewardWithdrawn(address indexed reporter, uint256 amount);

    /// @notice A parameter out of its bounds.
    error Operators_BadConfig(bytes32 parameter, uint256 value);

    /// @notice k must be more than half of n and at most n, and n between 1 and 32.
    error Operators_BadQuorum(uint256 k, uint256 n);

    /// @notice A validator that is zero, named twice, or also a coordinator or standby.
    error Operators_BadValidator(address account);

    /// @notice A coordinator or standby that is zero, named twice, or also a validator.
    error Operators_BadCoordinator(address account);

    /// @notice More than 8 standbys.
    error Operators_TooManyStandbys(uint256 count);

    /// @notice The account has less than the bond. Wei.
    error Operators_NotBonded(address account, uint256 bonded, uint256 bond);

    /// @notice Fewer than k validators of the epoch are fully bonded.
    error Operators_TooFewBonded(uint32 epoch, uint256 bonded, uint32 k);

    /// @notice Only the model's `Disputes` slashes.
    error Operators_NotDisputes(address sender, address disputes);

    /// @notice An operator of the present epoch keeps its bond, or leaves with all of it. Wei.
    error Operators_BondNeeded(address operator, uint256 left, uint256 bond);

    /// @notice Nothing, or more than the account has. Wei.
    error Operators_BadAmount(address account, uint256 amount, uint256 available);

    /// @notice What was asked back cannot be withdrawn before `withdrawableAt` (seconds; 0: nothing was asked for).
    error Operators_NotWithdrawable(address operator, uint64 withdrawableAt);

    /// @notice The chain refused to pay `account`: a contract that takes no coins.
    error Operators_PaymentFailed(address account, uint256 amount);

    /// @notice The coordinator can be replaced at `idleAt`, in seconds, if nothing moves before.
    error Operators_NotIdle(uint64 idleAt);

    /// @notice No standby is fully bonded.
    error Operators_NoStandby();

    /// @notice Names the owner and the first operators. Only the factory, once. They need no bond yet.
    /// @param owner_ may name other operators; a person, a timelock, or given up (Ownable2Step)
    /// @param coordinator_ opens and closes rounds; not a validator
    /// @param standbys_ who coordinates next, in this order; at most 8, none a validator or the coordinator
    /// @param validators_ 1 to 32, all different
    /// @param k_ how many equal attestations decide; more than half of the validators
    function initialize(
        address owner_,
        address coordinator_,
        address[] calldata standbys_,
        Validator[] calldata validators_,
        uint32 k_
    )
        external;

    /// @notice Names the coordinator and its standbys, from the next attempt on; all fully bonded. Only the owner.
    function setCoordinator(address coordinator_, address[] calldata standbys_) external;

    /// @notice Names validators and k, from the next attempt on; all fully bonded. Only the owner.
    function setValidators(uint32 k_, Validator[] calldata validators_) external;

    /// @notice Puts the first fully bonded standby in the coordinator's place, from the next attempt on. Anybody, once
    /// no attempt has moved and no operators have changed for `idlePeriod`.
    /// @return next the new coordinator
    function replaceCoordinator() external returns (address next);

    /// @notice Adds the coins sent to an operator's bond. Anybody, for anybody; they belong to the operator.
    function deposit(address operator) external payable;

    /// @notice Asks back part of the sender's bond. The period starts anew for all that was asked for.
    /// @param amount wei; an operator of the present epoch leaves `bond` behind, or takes all
    function requestWithdrawal(uint256 amount) external;

    /// @notice Pays the sender what it asked back, after the period.
    /// @return amount wei
    function withdraw() external returns (uint256 amount);

    /// @notice Pays `operator` what it asked back, after the period. Anybody may call; payment goes to the operator alone.
    /// @return amount wei
    function withdrawFor(address operator) external returns (uint256 amount);

    /// @notice Pays the sender its rewards for reports.
    /// @return amount wei; zero, without a revert, if there is none
    function withdrawReward() external returns (uint256 amount);

    /// @notice Pays `reporter` its rewards for reports. Anybody may call; payment goes to the reporter alone.
    /// @return amount wei; zero, without a revert, if there is none
    function withdrawRewardFor(address reporter) external returns (uint256 amount);

    /// @notice Takes up to `amount` from an operator. Only the model's `Disputes`.
    /// @param reporter who gets half, rounded down; nobody if zero or the operator itself
    /// @return slashed what was taken: less than `amount` if there was less
    function slash(address operator, uint256 amount, address reporter) external returns (uint256 slashed);

    /// @notice The present epoch, if an attempt can start with it; reverts where a bond is missing.
    function requireReady() external view returns (uint32 epoch, address coordinator_, uint32 k_, uint32 n);

    /// @notice Whether an account is a validator of an epoch, and whether it is fully bonded now.
    function standingOf(uint32 epoch, address account) external view returns (bool isValidator, bool isBonded);

    /// @notice The operators of an epoch; zero and empty for an unknown one.
    function operatorsOf(uint32 epoch)
        external
        view
        returns (address coordinator_, uint32 k_, Validator[] memory validators_, address[] memory standbys_);

    /// @notice The accounts of an epoch's operators, without keys.
    function accountsOf(uint32 epoch)
        external
        view
        returns (address coordinator_, address[] memory validators_);

    /// @notice The coordinator of an epoch; zero for an unknown one.
    function coordinatorOf(uint32 epoch) external view returns (address);

    /// @notice The present epoch; the first is 1.
    function operatorsEpoch() external view returns (uint32);

    /// @notice The present coordinator.
    function coordinator() external view returns (address);

    /// @notice What an account has put down.
    function bondOf(address operator) external view returns (Bond memory);

    /// @notice Whether an account has at least `bond` that it has not asked back.
    function isBonded(address operator) external view returns (bool);

    /// @notice What a reporter can withdraw, wei.
    function rewardOf(address reporter) external view returns (uint256);

    /// @notice Wei burned by slashing: they lie here for ever.
    function burned() external view returns (uint256);

    /// @notice From when on a standby can take over, in seconds, if nothing moves before.
    function idleAt() external view returns (uint64);

    /// @notice What each operator puts down, wei.
    function bond() external view returns (uint256);

    /// @notice Seconds between asking for a bond and getting it.
    function unbondingPeriod() external view returns (uint64);

    /// @notice Seconds without a move after which a standby may take over.
    function idlePeriod() external view returns (uint64);

    /// @notice The model's `RoundManager`.
    function manager() external view returns (address);

    /// @notice The model's `Disputes`.
    function disputes() external view returns (address);
}
