// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice What a clone was founded with. OpenZeppelin's `Clones.cloneWithImmutableArgs` writes the arguments behind
/// the 45 bytes of an EIP-1167 proxy; each argument is one word of 32 bytes here, counted from 0. Nothing can change
/// them.
///
/// Read on a contract that is no clone, or beyond the last word, the answer means nothing: an implementation is
/// locked, so that nothing there asks.
library CloneArgs {
    /// Bytes of an EIP-1167 proxy.
    uint256 private constant START = 0x2d;

    /// @notice Word `i`.
    function word(uint256 i) internal view returns (bytes32 value) {
        assembly ("memory-safe") {
            extcodecopy(address(), 0, add(START, shl(5, i)), 32)
            value := mload(0)
        }
    }

    /// @notice Word `i` as an address: its last 20 bytes.
    function addressAt(uint256 i) internal view returns (address) {
        return address(uint160(uint256(word(i))));
    }

    /// @notice Word `i` as an integer.
    function uintAt(uint256 i) internal view returns (uint256) {
        return uint256(word(i));
    }
}
