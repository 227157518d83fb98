// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Where a model's revenue is shared among its holders
/// @notice Revenue is any ERC-20, or the chain's coin, which the zero address stands for. What arrives in an epoch is
/// shared by the time its tokens were held in that epoch (`IModelToken.heldSeconds`), and can be claimed once the
/// epoch is over. A balance held for no time in an epoch earns nothing of it, whoever causes revenue to arrive, and
/// when. All amounts are base units of the payment token.
///
/// A CLONE. What can never change stands as words in its code (`CloneArgs`): 0 the model's token, 1 first second of
/// epoch 0, 2 length of an epoch in seconds (both as the token has them), 3 the part of revenue that is redeemable by
/// burning, in ten-thousandths. Nothing is to be initialised. It has no owner.
///
/// ARRIVAL. `deposit` takes an ERC-20 by allowance, or coin; plain coin sent here counts at once. ERC-20 that was
/// simply sent here, and coin that was forced here, count when somebody calls `sync`, in the epoch of that call. What
/// counts is what the balance rose by beyond what is accounted for, so a fee on transfer is the payer's.
///
/// WHO. Anybody pays in, syncs, carries on, and claims *for* anybody; payment goes to the account alone. Only the
/// model's token redeems.
///
/// REDEEMABLE is a pot of its own for each payment token: burning a part of the supply pays that part of the pot. An
/// account that is set aside earns and redeems nothing.
///
/// ROUNDING. Down, to 2**-32 of a unit; what an account loses by it is kept and counted to its next claim of that
/// payment token (within 224 epochs). The pot is rounded down too, so the rest is the holders'.
///
/// HOSTILE PAYMENT TOKENS harm only whoever deals in them: accounts are kept for each token apart, no call goes to a
/// token but the one it is about, nothing is re-entered, and no more than one word of an answer is read. An account that
/// is a contract can use up the gas of whoever claims coin for it, and nothing else.
///
/// WHAT CAN GET STUCK. Revenue of an account that never claims, or that the payment token refuses to pay. Less than a
/// unit an account, payment token and 224 epochs. Revenue of an epoch in which nobody held anything, until somebody
/// calls `carry`. If a payment token takes balances away, the last to claim go without.
interface IRevenueVault {
    /// @notice Revenue has arrived. `from` paid it, or is the zero address when it was found by `sync`.
    event RevenueReceived(
        address indexed token, address indexed from, uint256 indexed epoch, uint256 shared, uint256 redeemable
    );

    /// @notice `account` was paid its part of the epochs' revenue. Epochs may repeat or hold nothing for it.
    event RevenueClaimed(address indexed account, address indexed token, uint256 paid, uint256[] epochs);

    /// @notice Revenue of an epoch without holders now belongs to epoch `to`.
    event RevenueCarried(address indexed token, uint256 indexed from, uint256 indexed to, uint256 amount);

    /// @notice `account` was paid for burning.
    event RevenueRedeemed(address indexed account, address indexed token, uint256 paid);

    /// @notice The coin sent along is not what was said; with an ERC-20, none is to be sent.
    error RevenueVault_WrongCoin(uint256 sent, uint256 expected);

    /// @notice The epoch is not over.
    error RevenueVault_EpochOpen(uint256 epoch, uint256 present);

    /// @notice Somebody held tokens in the epoch: its revenue is theirs.
    error RevenueVault_HasHolders(uint256 epoch);

    /// @notice The payment token did not take the amount from the payer.
    error RevenueVault_DepositFailed(address token, address from, uint256 amount);

    /// @notice The payment token, or the account, did not take the payment. The claim stands.
    error RevenueVault_PaymentFailed(address token, address account, uint256 amount);

    /// @notice Only the model's token redeems.
    error RevenueVault_NotToken(address sender, address token);

    /// @notice Payment tokens must rise, so that none is redeemed twice.
    error RevenueVault_NotRising(address token);

    /// @notice Takes `amount` of `token` from the sender; for the coin, exactly `amount` is to be sent along.
    /// @return received what arrived
    function deposit(address token, uint256 amount) external payable returns (uint256 received);

    /// @notice Counts what lies here and is not accounted for.
    /// @return received how much that was
    function sync(address token) external returns (uint256 received);

    /// @notice Moves the revenue of a finished epoch without any holder to the present epoch.
    function carry(address token, uint256 epoch) external returns (uint256 amount);

    /// @notice Pays the sender its part of the revenue of finished epochs, in any order; what was paid is skipped.
    function claim(address token, uint256[] calldata epochs) external returns (uint256 paid);

    /// @notice As `claim`, for `account`, which is paid; the sender pays the gas.
    function claimFor(
        address account,
        address token,
        uint256[] calldata epochs
    )
        external
        returns (uint256 paid);

    /// @notice Pays `account` for `amount` burnt of a supply that was `supply`, in each of `tokens`. Only the token.
    function redeem(address account, uint256 amount, uint256 supply, address[] calldata tokens) external;

    /// @notice What a claim of this one epoch would pay `account` now; 0 for an epoch that is not over or was paid.
    function claimable(address account, address token, uint256 epoch) external view returns (uint256);

    /// @notice `claimable` of `count` epochs in a row from `first` on.
    function claimableOf(
        address account,
        address token,
        uint256 first,
        uint256 count
    )
        external
        view
        returns (uint256[] memory);

    /// @notice What burning `amount` of a supply of `supply` pays now.
    function redeemable(address token, uint256 amount, uint256 supply) external view returns (uint256);

    /// @notice Whether `account` was paid for the epoch.
    function isClaimed(address account, address token, uint256 epoch) external view returns (bool);

    /// @notice The revenue of an epoch that its holders share, claimed or not.
    function revenueOf(address token, uint256 epoch) external view returns (uint256);

    /// @notice What is redeemable by burning.
    function potOf(address token) external view returns (uint256);

    /// @notice What the vault holds for holders and burners: what arrived less what was paid.
    function accountedOf(address token) external view returns (uint256);

    /// @notice The model's token.
    function modelToken() external view returns (address);

    /// @notice The first second of epoch 0.
    function epochStart() external view returns (uint256);

    /// @notice Seconds an epoch lasts.
    function epochLength() external view returns (uint256);

    /// @notice The epoch of now.
    function epochNow() external view returns (uint256);

    /// @notice The part of revenue that is redeemable, in ten-thousandths.
    function redeemableBps() external view returns (uint256);
}
