// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Epochs } from "../value/Epochs.sol";
import { IModelToken } from "../value/IModelToken.sol";
import { CloneArgs } from "./CloneArgs.sol";
import { IRevenueVault } from "./IRevenueVault.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice See {IRevenueVault}, which is the manual.
contract RevenueVault is IRevenueVault, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    address private constant COIN = address(0);
    uint256 private constant BPS = 10_000;

    // One slot remembers the claims of 224 epochs, a bit each, and above them what rounding has left the account, in
    // 2**-32 of a unit.
    uint256 private constant PAGE = 224;
    uint256 private constant BITS = 2 ** PAGE - 1;
    uint256 private constant FIRST_BIT = 1;
    uint256 private constant FRACTION_BITS = 32;

    mapping(address token => mapping(uint256 epoch => uint256)) private _revenue;
    mapping(address token => uint256) private _pots;
    mapping(address token => uint256) private _accounted;
    mapping(address account => mapping(address token => mapping(uint256 page => uint256))) private _records;

    /// The weight of all holders in a finished epoch, kept by the first claim; 0: not kept.
    mapping(uint256 epoch => uint256) private _weights;

    receive() external payable {
        _credit(COIN, msg.sender, msg.value);
    }

    /// @inheritdoc IRevenueVault
    function deposit(address token, uint256 amount) external payable nonReentrant returns (uint256) {
        uint256 expected = token == COIN ? amount : 0;
        require(msg.value == expected, RevenueVault_WrongCoin(msg.value, expected));
        if (token == COIN) {
            _credit(COIN, msg.sender, amount);
            return amount;
        }
        require(
            IERC20(token).trySafeTransferFrom(msg.sender, address(this), amount),
            RevenueVault_DepositFailed(token, msg.sender, amount)
        );
        return _creditSurplus(token, msg.sender);
    }

    /// @inheritdoc IRevenueVault
    function sync(address token) external nonReentrant returns (uint256) {
        return _creditSurplus(token, address(0));
    }

    /// @inheritdoc IRevenueVault
    function carry(address token, uint256 epoch) external nonReentrant returns (uint256 amount) {
        uint256 present = epochNow();
        require(epoch < present, RevenueVault_EpochOpen(epoch, present));
        require(_weightOfAll(epoch) == 0, RevenueVault_HasHolders(epoch));
        amount = _revenue[token][epoch];
        _revenue[token][epoch] = 0;
        _revenue[token][present] += amount;
        emit RevenueCarried(token, epoch, present, amount);
    }

    /// @inheritdoc IRevenueVault
    function claim(address token, uint256[] calldata epochs) external nonReentrant returns (uint256) {
        return _claim(msg.sender, token, epochs);
    }

    /// @inheritdoc IRevenueVault
    function claimFor(
        address account,
        address token,
        uint256[] calldata epochs
    )
        external
        nonReentrant
        returns (uint256)
    {
        return _claim(account, token, epochs);
    }

    /// @inheritdoc IRevenueVault
    function redeem(
        address account,
        uint256 amount,
        uint256 supply,
        address[] calldata tokens
    )
        external
        nonReentrant
    {
        require(msg.sender == modelToken(), RevenueVault_NotToken(msg.sender, modelToken()));
        for (uint256 i = 0; i < tokens.length; ++i) {
            address token = tokens[i];
            require(i == 0 || token > tokens[i - 1], RevenueVault_NotRising(token));
            uint256 paid = redeemable(token, amount, supply);
            if (paid == 0) continue;
            _pots[token] -= paid;
            _accounted[token] -= paid;
            emit RevenueRedeemed(account, token, paid);
            _pay(token, account, paid);
        }
    }

    /// @inheritdoc IRevenueVault
    function claimableOf(
        address account,
        address token,
        uint256 first,
        uint256 count
    )
        external
        view
        returns (uint256[] memory amounts)
    {
        amounts = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            amounts[i] = claimable(account, token, first + i);
        }
    }

    /// @inheritdoc IRevenueVault
    function revenueOf(address token, uint256 epoch) external view returns (uint256) {
        return _revenue[token][epoch];
    }

    /// @inheritdoc IRevenueVault
    function potOf(address token) external view returns (uint256) {
        return _pots[token];
    }

    /// @inheritdoc IRevenueVault
    function accountedOf(address token) external view returns (uint256) {
        return _accounted[token];
    }

    /// @inheritdoc IRevenueVault
    function claimable(address account, address token, uint256 epoch) public view returns (uint256) {
        if (epoch >= epochNow() || isClaimed(account, token, epoch)) return 0;
        uint256 share = _share(account, token, epoch, _weightOfAll(epoch));
        if (share == 0) return 0;
        return (share + (_records[account][token][epoch / PAGE] >> PAGE)) >> FRACTION_BITS;
    }

    /// @inheritdoc IRevenueVault
    function redeemable(address token, uint256 amount, uint256 supply) public view returns (uint256) {
        return supply == 0 ? 0 : Math.mulDiv(_pots[token], amount, supply);
    }

    /// @inheritdoc IRevenueVault
    function isClaimed(address account, address token, uint256 epoch) public view returns (bool) {
        return _records[account][token][epoch / PAGE] & _bit(epoch) != 0;
    }

    /// @inheritdoc IRevenueVault
    function modelToken() public view returns (address) {
        return CloneArgs.addressAt(0);
    }

    /// @inheritdoc IRevenueVault
    function epochStart() public view returns (uint256) {
        return CloneArgs.uintAt(1);
    }

    /// @inheritdoc IRevenueVault
    function epochLength() public view returns (uint256) {
        return CloneArgs.uintAt(2);
    }

    /// @inheritdoc IRevenueVault
    function redeemableBps() public view returns (uint256) {
        return CloneArgs.uintAt(3);
    }

    /// @inheritdoc IRevenueVault
    function epochNow() public view returns (uint256 epoch) {
        (epoch,) = Epochs.at(epochStart(), epochLength(), block.timestamp);
    }

    function _creditSurplus(address token, address from) private returns (uint256 surplus) {
        uint256 balance = token == COIN ? address(this).balance : IERC20(token).balanceOf(address(this));
        surplus = Math.saturatingSub(balance, _accounted[token]);
        _credit(token, from, surplus);
    }

    function _credit(address token, address from, uint256 amount) private {
        if (amount == 0) return;
        uint256 epoch = epochNow();
        uint256 toPot = Math.mulDiv(amount, redeemableBps(), BPS);
        _accounted[token] += amount;
        _revenue[token][epoch] += amount - toPot;
        if (toPot != 0) _pots[token] += toPot;
        emit RevenueReceived(token, from, epoch, amount - toPot, toPot);
    }

    function _claim(address account, address token, uint256[] calldata epochs)
        private
        returns (uint256 paid)
    {
        uint256 present = epochNow();
        for (uint256 i = 0; i < epochs.length; ++i) {
            require(epochs[i] < present, RevenueVault_EpochOpen(epochs[i], present));
            paid += _take(account, token, epochs[i]);
        }
        if (paid == 0) return 0;
        _accounted[token] -= paid;
        emit RevenueClaimed(account, token, paid, epochs);
        _pay(token, account, paid);
    }

    /// Marks one epoch as claimed; whole units of its share and of what rounding had left before are paid.
    function _take(address account, address token, uint256 epoch) private returns (uint256) {
        mapping(uint256 => uint256) storage records = _records[account][token];
        uint256 record = records[epoch / PAGE];
        if (record & _bit(epoch) != 0) return 0;
        uint256 all = _weightOfAll(epoch);
        uint256 share = _share(account, token, epoch, all);
        if (share == 0) return 0;
        if (_weights[epoch] == 0) _weights[epoch] = all;
        share += record >> PAGE;
        uint256 bits = (record & BITS) | _bit(epoch);
        records[epoch / PAGE] = bits | (share << PAGE);
        return share >> FRACTION_BITS;
    }

    /// The account's share of a finished epoch's revenue, in 2**-32 of a unit.
    function _share(
        address account,
        address token,
        uint256 epoch,
        uint256 all
    )
        private
        view
        returns (uint256)
    {
        uint256 revenue = _revenue[token][epoch];
        if (revenue == 0 || all == 0) return 0;
        uint256 own = IModelToken(modelToken()).heldSeconds(account, epoch);
        return Math.mulDiv(revenue, own << FRACTION_BITS, all);
    }

    function _weightOfAll(uint256 epoch) private view returns (uint256) {
        uint256 kept = _weights[epoch];
        return kept != 0 ? kept : IModelToken(modelToken()).heldSecondsOfAll(epoch);
    }

    function _bit(uint256 epoch) private pure returns (uint256) {
        return FIRST_BIT << (epoch % PAGE);
    }

    function _pay(address token, address account, uint256 amount) private {
        bool paid;
        if (token == COIN) {
            // Reads nothing of the answer, however long it is.
            assembly ("memory-safe") {
                paid := call(gas(), account, amount, 0, 0, 0, 0)
            }
        } else {
            paid = IERC20(token).trySafeTransfer(account, amount);
        }
        require(paid, RevenueVault_PaymentFailed(token, account, amount));
    }
}
