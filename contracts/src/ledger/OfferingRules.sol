// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IModelOffering, OfferingTerms } from "./IModelOffering.sol";
import { ProRata } from "./ProRata.sol";

/// @notice The bounds of an offering's terms, see {OfferingTerms}. They hold for every model and nothing can change
/// them.
library OfferingRules {
    uint256 internal constant MIN_WINDOW = 10 minutes;
    uint256 internal constant MAX_WINDOW = 90 days;
    uint256 internal constant MAX_AHEAD = 180 days;
    uint256 internal constant MIN_MILESTONES = 1 days;
    uint256 internal constant MAX_MILESTONES = 1095 days;
    uint256 internal constant MAX_ROUNDS = 10_000;
    uint256 internal constant BPS = 10_000;

    /// @notice Reverts with the first term that is out of its bounds.
    function requireSound(OfferingTerms memory terms) internal view {
        _requireParties(terms);
        _require(terms.offered != 0 && terms.offered <= type(uint128).max, "offered", terms.offered);
        _require(terms.price != 0 && terms.price <= type(uint128).max, "price", terms.price);
        uint256 target = ProRata.costRoundedUp(terms.offered, terms.price);
        _require(target <= type(uint128).max, "price", terms.price);
        _require(terms.minimum != 0 && terms.minimum <= target, "minimum", terms.minimum);
        uint256 length = terms.closes > terms.opens ? terms.closes - terms.opens : 0;
        _require(length >= MIN_WINDOW && length <= MAX_WINDOW, "closes", terms.closes);
        _require(
            terms.closes > block.timestamp && terms.closes <= block.timestamp + MAX_AHEAD,
            "closes",
            terms.closes
        );
        _requireMilestones(terms);
    }

    function _requireParties(OfferingTerms memory terms) private view {
        _require(address(terms.token).code.length != 0, "token", uint160(address(terms.token)));
        // A coin is the zero address; a token has code, and the model's own pays for nothing.
        _require(
            terms.payment == address(0)
                || (terms.payment.code.length != 0 && terms.payment != address(terms.token)),
            "payment",
            uint160(terms.payment)
        );
        _require(
            terms.treasury != address(0) && terms.treasury != address(this),
            "treasury",
            uint160(terms.treasury)
        );
        _require(address(terms.manager) != address(0), "manager", 0);
        _require(address(terms.alliance) == address(0) || terms.allowRoot == bytes32(0), "allowRoot", 0);
    }

    function _requireMilestones(OfferingTerms memory terms) private pure {
        if (terms.milestoneRounds == 0) {
            _require(terms.firstBps == BPS, "firstBps", terms.firstBps);
            _require(terms.milestoneDeadline == 0, "milestoneDeadline", terms.milestoneDeadline);
            return;
        }
        _require(terms.milestoneRounds <= MAX_ROUNDS, "milestoneRounds", terms.milestoneRounds);
        _require(terms.firstBps < BPS, "firstBps", terms.firstBps);
        uint256 time = terms.milestoneDeadline > terms.closes ? terms.milestoneDeadline - terms.closes : 0;
        _require(
            time >= MIN_MILESTONES && time <= MAX_MILESTONES, "milestoneDeadline", terms.milestoneDeadline
        );
    }

    function _require(bool sound, bytes32 name, uint256 value) private pure {
        require(sound, IModelOffering.ModelOffering_BadTerm(name, value));
    }
}
