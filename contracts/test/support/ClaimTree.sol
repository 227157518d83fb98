// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Claim trees for tests: leaves and pairs as OpenZeppelin's StandardMerkleTree hashes them, one leaf beside a
/// path of arbitrary siblings, or two leaves.
library ClaimTree {
    function leafOf(address account, uint256 cumulative, uint256 runningSum) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(account, cumulative, runningSum))));
    }

    function pairOf(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        return a < b ? keccak256(abi.encodePacked(a, b)) : keccak256(abi.encodePacked(b, a));
    }

    /// A root over one leaf at `depth`, with siblings drawn from `salt`.
    function single(
        address account,
        uint256 cumulative,
        uint256 runningSum,
        uint256 depth,
        uint256 salt
    )
        internal
        pure
        returns (bytes32 root, bytes32[] memory proof)
    {
        proof = new bytes32[](depth);
        root = leafOf(account, cumulative, runningSum);
        for (uint256 i = 0; i < depth; ++i) {
            proof[i] = keccak256(abi.encode(salt, i));
            root = pairOf(root, proof[i]);
        }
    }

    /// A proof of one hash.
    function proofOf(bytes32 sibling) internal pure returns (bytes32[] memory proof) {
        proof = new bytes32[](1);
        proof[0] = sibling;
    }
}
