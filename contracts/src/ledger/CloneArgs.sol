// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title What a clone was founded with
/// @notice A clone's code is 45 bytes that delegate, then words of 32 bytes that nothing can change (OpenZeppelin's
/// `Clones.cloneWithImmutableArgs`). Under DELEGATECALL `address(this)` is the clone, so its implementation reads them.
library CloneArgs {
    /// @notice Word `index` of the clone that runs; zero beyond the last.
    function word(uint256 index) internal view returns (bytes32 value) {
        assembly ("memory-safe") {
            // The scratch space may hold bytes of before; EXTCODECOPY writes all 32, zeros beyond the code.
            extcodecopy(address(), 0, add(0x2d, shl(5, index)), 0x20)
            value := mload(0)
        }
    }

    /// @notice Word `index` as an address.
    function addressAt(uint256 index) internal view returns (address) {
        return address(uint160(uint256(word(index))));
    }

    /// @notice Word `index` as an unsigned integer.
    function uintAt(uint256 index) internal view returns (uint256) {
        return uint256(word(index));
    }
}
