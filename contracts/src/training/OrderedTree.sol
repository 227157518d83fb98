// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Place } from "./IPostedUpdates.sol";

/// @title Ordered, position-binding Merkle trees over SHA-256, as `andel.merkle` makes them
/// @notice leaf = sha256(00 ‖ bytes), node = sha256(01 ‖ left ‖ right), root = sha256(02 ‖ count in 8 bytes ‖ top). The
/// path follows from index and count, an odd node is promoted, and the count is bound into the root.
library OrderedTree {
    /// @notice Whether `leaf` stands at `place` under `root`.
    function holds(bytes32 root, bytes memory leaf, Place calldata place) internal pure returns (bool) {
        (uint256 index, uint256 width, uint256 next) = (place.index, place.count, 0);
        if (index >= width) return false;
        bytes32 node = sha256(bytes.concat(hex"00", leaf));
        while (width > 1) {
            // The last node of an odd level has no sibling and is promoted.
            if (index % 2 == 1 || index + 1 < width) {
                if (next == place.siblings.length) return false;
                bytes32 sibling = place.siblings[next++];
                node = index % 2 == 1
                    ? sha256(bytes.concat(hex"01", sibling, node))
                    : sha256(bytes.concat(hex"01", node, sibling));
            }
            index /= 2;
            width = (width + 1) / 2;
        }
        if (next != place.siblings.length) return false;
        return sha256(bytes.concat(hex"02", bytes8(place.count), node)) == root;
    }
}
