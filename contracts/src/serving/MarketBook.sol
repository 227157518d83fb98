// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IFeeSplitters } from "./IFeeSplitters.sol";
import { IInferenceMarket } from "./IInferenceMarket.sol";
import { IOnchainModels } from "./IOnchainModels.sol";
import { Seat, Status, Terms } from "./MarketTypes.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { LowLevelCall } from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @notice What the market keeps, and how it takes and gives money. See {IInferenceMarket}.
abstract contract MarketBook is IInferenceMarket, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    struct KeptTerms {
        Terms terms;
        uint40 setAt;
        address vault;
    }

    /// One slot holds what a draw reads. `place` counts from 1 in the model's list.
    struct Entry {
        uint80 price;
        uint80 bond;
        uint40 since;
        uint40 left;
        uint16 terms;
        uint64 withdrawableAt;
        uint16 place;
        string endpoint;
    }

    /// The first slot holds what changes on the way. `routeDelay` is seconds from request to routing; `refundTo` is zero
    /// where it is the requester.
    struct Kept {
        address model;
        uint16 terms;
        Status status;
        bool provable;
        bool delivered;
        uint16 operatorsPart;
        uint8 sealedCount;
        uint8 revealedCount;
        uint8 finalSeat;
        uint8 servers;
        uint8 quorum;
        address requester;
        uint40 blockNumber;
        uint40 requestedAt;
        uint16 routeDelay;
        address refundTo;
        uint32 receiverGas;
        address receiver;
        bytes32 version;
        bytes32 inputHash;
    }

    address internal constant COIN = address(0);
    uint256 internal constant BPS = 10_000;

    /// Seconds in which a draw can be recorded; fits `routeDelay`. What a request can last in all, 1 hour and 2 days, and the
    /// day after in which it can be slashed, are less than the time that bonds stay.
    uint256 internal constant ROUTE_PERIOD = 1 hours;
    uint256 internal constant LONGEST_STEP = 1 days;
    uint64 internal constant SLASH_PERIOD = 1 days;
    uint64 internal constant UNBONDING = 4 days;

    /// @inheritdoc IInferenceMarket
    IOnchainModels public immutable registry;
    /// @inheritdoc IInferenceMarket
    IFeeSplitters public immutable splitters;

    /// @inheritdoc IInferenceMarket
    uint256 public burned;
    /// @inheritdoc IInferenceMarket
    mapping(address token => mapping(address account => uint256)) public creditOf;

    address[] internal _models;
    // `setTerms` and `join` fill these by a reference to a model's own list.
    // slither-disable-start uninitialized-state
    mapping(address model => KeptTerms[]) internal _terms;
    mapping(address model => address[]) internal _lists;
    // slither-disable-end uninitialized-state
    mapping(address model => mapping(address account => Entry)) internal _entries;
    mapping(address model => uint256) internal _turns;

    uint40 internal _requestsCount;
    mapping(uint256 id => Kept) internal _requests;
    mapping(uint256 id => mapping(uint256 position => Seat)) internal _seats;
    /// What a seat has sealed; once it has revealed, the hash of its answer.
    mapping(uint256 id => mapping(uint256 position => bytes32)) internal _seals;
    mapping(uint256 id => bytes) internal _answers;

    constructor(IOnchainModels registry_, IFeeSplitters splitters_) {
        registry = registry_;
        splitters = splitters_;
    }

    /// @inheritdoc IInferenceMarket
    function withdraw(address token, address account) external nonReentrant returns (uint256 amount) {
        amount = creditOf[token][account];
        if (amount == 0) return 0;
        creditOf[token][account] = 0;
        emit Withdrawn(token, account, amount);
        bool paid = token == COIN
            ? LowLevelCall.callNoReturn(account, amount, "")
            : IERC20(token).trySafeTransfer(account, amount);
        require(paid, InferenceMarket_PaymentFailed(token, account, amount));
    }

    function _credit(address token, address account, uint256 amount) internal {
        if (amount != 0) creditOf[token][account] += amount;
    }

    /// Exactly `cost` from the sender, or nothing at all. Nothing else moves this token meanwhile: `withdraw` is guarded too.
    function _take(address token, uint256 cost) internal {
        uint256 expected = token == COIN ? cost : 0;
        require(msg.value == expected, InferenceMarket_WrongCoin(msg.value, expected));
        if (token == COIN) return;
        uint256 before = IERC20(token).balanceOf(address(this));
        bool done = IERC20(token).trySafeTransferFrom(msg.sender, address(this), cost);
        require(
            done && IERC20(token).balanceOf(address(this)) == before + cost,
            InferenceMarket_NotReceived(token, cost)
        );
    }

    function _requireStatus(bool fits, uint256 id, Status status) internal pure {
        require(fits, InferenceMarket_WrongStatus(id, status));
    }

    /// The terms of this number, from 1; the model's own list is never cut.
    function _termsAt(address model, uint16 number) internal view returns (KeptTerms storage) {
        return _terms[model][number - 1];
    }

    function _loadTerms(address model, uint16 number) internal view returns (Terms memory) {
        return _termsAt(model, number).terms;
    }

    function _costOf(Terms memory terms) internal pure returns (uint256) {
        return uint256(terms.price) * terms.servers;
    }
}
