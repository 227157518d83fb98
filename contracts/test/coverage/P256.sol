// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Stands in for OpenZeppelin's library of this name while lines are counted (scripts/contract-coverage), and only
/// then. Without its optimizer the compiler has too little stack for the library's assembly; the chain's own precompile
/// (EIP-7951) answers the same questions. In every other run the tests meet the library itself.
library P256 {
    address private constant PRECOMPILE = address(0x100);
    /// Above half the order the library takes no `s`; the precompile takes any.
    uint256 private constant HALF_ORDER = 0x7FFFFFFF800000007FFFFFFFFFFFFFFFDE737D56D38BCF4279DCE5617E3192A8;

    function verify(bytes32 h, bytes32 r, bytes32 s, bytes32 qx, bytes32 qy) internal view returns (bool) {
        if (uint256(s) > HALF_ORDER) return false;
        (bool answered, bytes memory answer) = PRECOMPILE.staticcall(abi.encode(h, r, s, qx, qy));
        return answered && answer.length == 32 && abi.decode(answer, (uint256)) == 1;
    }
}
