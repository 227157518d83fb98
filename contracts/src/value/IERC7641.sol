// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice The functions of ERC-7641 (revenue sharing tokens, a draft of May 2024); the draft names no events and no
/// ERC-165 id. Here a snapshot is an epoch.
interface IERC7641 {
    /// @notice The coin that `account` can claim of one snapshot's revenue, wei.
    function claimableRevenue(address account, uint256 snapshotId) external view returns (uint256);

    /// @notice Pays the sender its part of one snapshot's coin revenue.
    function claim(uint256 snapshotId) external;

    /// @notice The id of the snapshot that revenue arriving now belongs to.
    function snapshot() external returns (uint256);

    /// @notice The coin that burning `amount` would pay now, wei.
    function redeemableOnBurn(uint256 amount) external view returns (uint256);

    /// @notice Burns the sender's tokens, and pays their part of the redeemable coin.
    function burn(uint256 amount) external;
}

/// @notice The optional functions of ERC-7641 for revenue in other tokens.
interface IERC7641AltRevToken {
    /// @notice What `account` can claim of one snapshot's revenue in `token`.
    function claimableERC20(
        address account,
        uint256 snapshotId,
        address token
    )
        external
        view
        returns (uint256);

    /// @notice What burning `amount` would pay now in `token`.
    function redeemableERC20OnBurn(uint256 amount, address token) external view returns (uint256);
}
