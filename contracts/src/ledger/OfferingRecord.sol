// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { CloneArgs } from "./CloneArgs.sol";
import {
    IModelOffering,
    OfferingBooks,
    OfferingBuyer,
    OfferingStatus,
    OfferingTerms
} from "./IModelOffering.sol";
import { ProRata } from "./ProRata.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice The record of an offering: its words, its books, and what is due to whom by them. Changes nothing.
abstract contract OfferingRecord is IModelOffering {
    uint256 internal constant BPS = 10_000;

    // Words of the clone, in the order of OfferingTerms.
    uint256 internal constant TOKEN = 0;
    uint256 internal constant PAYMENT = 1;
    uint256 internal constant TREASURY = 2;
    uint256 internal constant MANAGER = 3;
    uint256 internal constant ALLIANCE = 4;
    uint256 internal constant ALLOW_ROOT = 5;
    uint256 internal constant OFFERED = 6;
    uint256 internal constant PRICE = 7;
    uint256 internal constant MINIMUM = 8;
    uint256 internal constant CAP_PER_BUYER = 9;
    uint256 internal constant OPENS = 10;
    uint256 internal constant CLOSES = 11;
    uint256 internal constant MILESTONE_DEADLINE = 12;
    uint256 internal constant MILESTONE_ROUNDS = 13;
    uint256 internal constant FIRST_BPS = 14;

    // slot 0
    OfferingStatus internal _status;
    bool internal _ended;
    uint32 internal _roundsCounted;
    uint64 internal _nextRound;
    uint128 internal _raised;
    // slot 1
    uint128 internal _proceeds;
    uint128 internal _released;
    // slot 2: `paid` of the buyers whose excess was paid back, and what that was
    uint128 internal _refundedOf;
    uint128 internal _refunded;
    // slot 3: the same of what the milestones did not release
    uint128 internal _returnedOf;
    uint128 internal _returned;
    // slot 4: `paid` of the buyers whose tokens were given
    uint128 internal _claimedOf;
    uint128 internal _claimed;
    uint256 internal _sold;

    mapping(address buyer => OfferingBuyer) internal _buyers;

    /// @inheritdoc IModelOffering
    mapping(address device => address) public admittedBy;

    /// @inheritdoc IModelOffering
    function isSettled() external view returns (bool) {
        return _status > OfferingStatus.Open;
    }

    /// @inheritdoc IModelOffering
    function books() external view returns (OfferingBooks memory) {
        return OfferingBooks({
            status: _status,
            roundsCounted: _roundsCounted,
            ended: _ended,
            raised: _raised,
            proceeds: _proceeds,
            refunded: uint256(_refunded) + _returned,
            released: _released,
            sold: _sold,
            claimed: _claimed
        });
    }

    /// @inheritdoc IModelOffering
    function buyerOf(address buyer) external view returns (OfferingBuyer memory) {
        return _buyers[buyer];
    }

    /// @inheritdoc IModelOffering
    function claimable(address buyer) external view returns (uint256) {
        OfferingBuyer memory entry = _buyers[buyer];
        return _status == OfferingStatus.Succeeded && !entry.claimed ? _tokensOf(entry.paid) : 0;
    }

    /// @inheritdoc IModelOffering
    function refundable(address buyer) external view returns (uint256) {
        if (_status <= OfferingStatus.Open) return 0;
        (uint256 excess, uint256 rest) = _due(_buyers[buyer]);
        return excess + rest;
    }

    /// @inheritdoc IModelOffering
    function releasable() external view returns (uint256) {
        return _status <= OfferingStatus.Open ? 0 : _releasable();
    }

    /// @inheritdoc IModelOffering
    function terms() public view returns (OfferingTerms memory) {
        return abi.decode(Clones.fetchCloneArgs(address(this)), (OfferingTerms));
    }

    /// @inheritdoc IModelOffering
    function target() public view returns (uint256) {
        return ProRata.costRoundedUp(CloneArgs.uintAt(OFFERED), CloneArgs.uintAt(PRICE));
    }

    /// What is due to a buyer and was not paid: of its payment what was too much, and of what no milestone released.
    function _due(OfferingBuyer memory entry) internal view returns (uint256 excess, uint256 rest) {
        if (!entry.refunded) {
            excess = ProRata.shareRoundedDown(_raised - _proceeds, entry.paid, _raised);
        }
        if (_ended && !entry.returned) rest = ProRata.shareRoundedDown(_left(), entry.paid, _raised);
    }

    /// What success and milestones released so far; the rest is either awaited or the buyers'.
    function _earned() internal view returns (uint256) {
        uint256 first = Math.mulDiv(_proceeds, CloneArgs.uintAt(FIRST_BPS), BPS);
        uint256 wanted = CloneArgs.uintAt(MILESTONE_ROUNDS);
        return first + ProRata.shareRoundedDown(_proceeds - first, _roundsCounted, wanted);
    }

    function _left() internal view returns (uint256) {
        return _proceeds - _earned();
    }

    /// Once the last buyer has fetched its part, what rounding left is the treasury's too.
    function _releasable() internal view returns (uint256) {
        uint256 entitled = _earned();
        if (_refundedOf == _raised) entitled += _raised - _proceeds - _refunded;
        if (_returnedOf == _raised) entitled += _left() - _returned;
        return entitled - _released;
    }

    function _tokensOf(uint256 paid) internal view returns (uint256) {
        if (_raised >= target()) return ProRata.shareRoundedDown(CloneArgs.uintAt(OFFERED), paid, _raised);
        return ProRata.tokensRoundedDown(paid, CloneArgs.uintAt(PRICE));
    }
}
