// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title What a clone was founded with
/// @notice A clone's code is OpenZeppelin's 45 bytes of forwarding (EIP-1167) and then words of 32 bytes that nothing can
/// change: `Clones.cloneWithImmutableArgs(implementation, abi.encode(word 0, word 1, ...))`. Code that runs for the clone
/// reads them from its own address: some 110 gas each. Reading beyond the end, or in an implementation itself, which
/// has no words, gives zeros or noise; no implementation acts on what it reads for itself.
library CloneArgs {
    /// Where the words begin, after the forwarding.
    uint256 private constant OFFSET = 0x2d;

    /// @notice Word `i`, from 0.
    function word(uint256 i) internal view returns (bytes32 value) {
        assembly ("memory-safe") {
            extcodecopy(address(), 0x00, add(OFFSET, shl(5, i)), 0x20)
            value := mload(0x00)
        }
    }

    /// @notice Word `i` as an address.
    function addressAt(uint256 i) internal view returns (address) {
        return address(uint160(uint256(word(i))));
    }

    /// @notice Word `i` as a number.
    function uintAt(uint256 i) internal view returns (uint256) {
        return uint256(word(i));
    }

    /// @notice How many words there are.
    function count() internal view returns (uint256) {
        return (address(this).code.length - OFFSET) / 32;
    }
}
