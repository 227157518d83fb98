// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { CloneArgs } from "../ledger/CloneArgs.sol";
import { IFeeSplitters } from "./IFeeSplitters.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice Holds what was paid for one server's answers for one model; see {IFeeSplitters}. A clone; its words are: 0 the
/// model's `RoundManager`, 1 the server. Only the contract that made it moves anything.
contract FeeSplitter {
    using SafeERC20 for IERC20;

    struct Owed {
        uint256 toServer;
        uint256 toVault;
    }

    address private constant COIN = address(0);
    uint256 private constant BPS = 10_000;

    /// What a server that is a contract may use up when it takes coin: it must not hold up the holders.
    uint256 private constant SERVER_GAS = 100_000;

    address private immutable _splitters = msg.sender;
    mapping(address token => Owed) private _owed;

    receive() external payable { }

    /// @notice Splits what came since the last call and pays both; what is refused stays, owed to whom it was refused. Only
    /// `FeeSplitters`, which keeps this from being entered again.
    /// @param part the server's, in ten-thousandths
    function release(
        address token,
        address vault,
        uint16 part
    )
        external
        returns (uint256 toServer, uint256 toVault)
    {
        require(msg.sender == _splitters, IFeeSplitters.FeeSplitters_NotSplitters(msg.sender));
        Owed storage owed = _owed[token];
        (uint256 owedToServer, uint256 owedToVault) = (owed.toServer, owed.toVault);
        uint256 balance = token == COIN ? address(this).balance : IERC20(token).balanceOf(address(this));
        uint256 fresh = Math.saturatingSub(balance, owedToServer + owedToVault);
        toServer = Math.mulDiv(fresh, part, BPS);
        toVault = fresh - toServer + owedToVault;
        toServer += owedToServer;
        bool served = _pay(token, CloneArgs.addressAt(1), toServer, SERVER_GAS);
        bool kept = _pay(token, vault, toVault, gasleft());
        (owed.toServer, owed.toVault) = (served ? 0 : toServer, kept ? 0 : toVault);
        if (!served) toServer = 0;
        if (!kept) toVault = 0;
    }

    /// @notice What was refused.
    function owedOf(address token) external view returns (uint256 toServer, uint256 toVault) {
        Owed storage owed = _owed[token];
        return (owed.toServer, owed.toVault);
    }

    function _pay(
        address token,
        address account,
        uint256 amount,
        uint256 gasLimit
    )
        private
        returns (bool paid)
    {
        if (amount == 0) return true;
        if (token != COIN) return IERC20(token).trySafeTransfer(account, amount);
        // Reads nothing of the answer, however long it is.
        assembly ("memory-safe") {
            paid := call(gasLimit, account, amount, 0, 0, 0, 0)
        }
    }
}
