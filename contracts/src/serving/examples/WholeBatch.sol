// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title The root of a whole batch, from all its packets
/// @notice As `andel.data.batch` makes it: leaf i is the packet's time (8 bytes), the hours with a packet up to and with it
/// (4 bytes) and the packet's SHA-256, under the ordered tree of `andel.merkle`. Who has one packet of a batch shows it by
/// {OrderedTree}; who has to show that none was left out brings all, and this.
library WholeBatch {
    /// @param timestamp of the packet before; no time before the first
    /// @param slots hours that have a packet so far
    struct Place {
        uint64 timestamp;
        uint32 slots;
    }

    uint64 private constant NEVER = type(uint64).max;

    /// @notice The place before the first packet.
    function start() internal pure returns (Place memory) {
        return Place(NEVER, 0);
    }

    /// @notice The leaf of the next packet, hashed; moves the place on. Times rise, which the caller sees to.
    function leaf(
        Place memory place,
        uint64 timestamp,
        bytes calldata packet
    )
        internal
        pure
        returns (bytes32)
    {
        if (place.timestamp == NEVER || place.timestamp / 1 hours != timestamp / 1 hours) ++place.slots;
        place.timestamp = timestamp;
        return sha256(abi.encodePacked(bytes1(0x00), timestamp, place.slots, sha256(packet)));
    }

    /// @notice The root over leaves, which are used up; at least one.
    function rootOf(bytes32[] memory nodes) internal pure returns (bytes32) {
        uint256 width = nodes.length;
        while (width > 1) {
            uint256 half = width / 2;
            for (uint256 i = 0; i < half; ++i) {
                nodes[i] = sha256(abi.encodePacked(bytes1(0x01), nodes[2 * i], nodes[2 * i + 1]));
            }
            // The last node of an odd level has no sibling and is promoted.
            if (width % 2 == 1) nodes[half] = nodes[width - 1];
            width = half + width % 2;
        }
        return sha256(abi.encodePacked(bytes1(0x02), uint64(nodes.length), nodes[0]));
    }
}
