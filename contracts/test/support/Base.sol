// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Vm } from "./Vm.sol";

/// @notice What every test has: the cheat codes, a start time, signatures, and bounded fuzz inputs.
abstract contract Base {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// A Sunday in June 2025, at noon; days and deadlines in tests count from here. Seconds.
    uint64 internal constant NOW = 1_750_593_600;

    constructor() {
        vm.warp(NOW);
        vm.roll(1000);
    }

    /// 65 bytes r, s, v (27 or 28), as wallets give them.
    function signed(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// A value in [low, high] that keeps small inputs small.
    function within(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        if (value >= low && value <= high) return value;
        if (high - low == type(uint256).max) return value;
        return low + value % (high - low + 1);
    }

    /// A private key of secp256k1.
    function keyFrom(uint256 value) internal pure returns (uint256) {
        return within(value, 1, 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364140);
    }
}
