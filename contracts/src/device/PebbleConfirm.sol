// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title What a Pebble signs when it is claimed
/// @notice The preimage is owner (20 bytes) then time (4 bytes, big-endian seconds); the digest is SHA-256; a Pebble's
/// curve is secp256k1, and a device of P-256 signs the same digest. The firmware does not normalise s, so a high s is folded before recovery; a replay is
/// refused by time, not by the uniqueness of a signature.
library PebbleConfirm {
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    /// @notice True if `signature` (65 bytes r, s, v; v of 0, 1, 27 or 28; any s) is the device's over
    /// (owner, timestamp).
    function isSignedBy(
        address device,
        address owner,
        uint32 timestamp,
        bytes calldata signature
    )
        internal
        pure
        returns (bool)
    {
        if (signature.length != 65) return false;
        uint256 s = uint256(bytes32(signature[32:64]));
        uint8 v = uint8(signature[64]);
        if (v < 27) v += 27;
        if (v > 28 || s >= ORDER) return false;
        if (s > ORDER / 2) {
            s = ORDER - s;
            v = 55 - v;
        }
        bytes32 digest = digestOf(owner, timestamp);
        // The third value only details an error.
        // slither-disable-next-line unused-return
        (address recovered, ECDSA.RecoverError err,) =
            ECDSA.tryRecover(digest, v, bytes32(signature[0:32]), bytes32(s));
        return err == ECDSA.RecoverError.NoError && recovered == device;
    }

    /// @notice What a device signs for `owner` at `timestamp`, on either curve.
    function digestOf(address owner, uint32 timestamp) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(owner, timestamp));
    }
}
