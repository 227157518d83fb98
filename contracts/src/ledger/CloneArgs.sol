// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice The words a clone was made with. They lie in its code behind OpenZeppelin's 45 bytes
/// (`Clones.cloneWithImmutableArgs`), 32 bytes each, and can never change. Reading one costs about 150 gas.
library CloneArgs {
    uint256 private constant BEHIND_PROXY = 0x2d;

    /// @notice The word at `index`, counted from 0; zero beyond the last.
    function word(uint256 index) internal view returns (bytes32 value) {
        assembly ("memory-safe") {
            extcodecopy(address(), 0, add(BEHIND_PROXY, shl(5, index)), 32)
            value := mload(0)
        }
    }

    function addressAt(uint256 index) internal view returns (address) {
        return address(uint160(uint256(word(index))));
    }

    function uintAt(uint256 index) internal view returns (uint256) {
        return uint256(word(index));
    }

    /// @notice How many words there are.
    function count() internal view returns (uint256) {
        return (address(this).code.length - BEHIND_PROXY) / 32;
    }
}
