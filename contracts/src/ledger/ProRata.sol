// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice The arithmetic of an offering; each name says which way it rounds. `vectors/offering.json` holds what a
/// plain model in Python gives for the same numbers.
library ProRata {
    /// Base units of a whole token.
    uint256 private constant TOKEN = 1e18;

    /// @notice Units that `tokens` base units cost at `price` units for a whole token.
    function costRoundedUp(uint256 tokens, uint256 price) internal pure returns (uint256) {
        return Math.mulDiv(tokens, price, TOKEN, Math.Rounding.Ceil);
    }

    /// @notice Token base units that `units` buy at `price` units for a whole token.
    function tokensRoundedDown(uint256 units, uint256 price) internal pure returns (uint256) {
        return Math.mulDiv(units, TOKEN, price);
    }

    /// @notice Of `whole`, the part that `part` is of `total`. Zero of nothing.
    function shareRoundedDown(uint256 whole, uint256 part, uint256 total) internal pure returns (uint256) {
        return total == 0 ? 0 : Math.mulDiv(whole, part, total);
    }
}
