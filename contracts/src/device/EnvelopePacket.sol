// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title A packet in Andel's envelope, read and verified by the contract that uses it
/// @notice Takes an envelope (docs/rooms/device.md has its layout), the device it is said to be of, and what stands before
/// the one value that is wanted: name, unit and exponent. Gives what that device signed, or reverts.
///
/// ONE READING. Whatever is read here, `andel.device` reads alike: canonical form, channel names that rise strictly,
/// nothing after the last, and the key in the envelope is the device's own. The chain refuses some that Python reads:
/// keys of P-256, and names or units beyond ASCII. Never the reverse.
///
/// WHAT A SIGNATURE SAYS. Neither chain nor contract nor owner is in the signed bytes: a packet is public and anybody may
/// bring it, again and again. Whoever pays by one looks the device up, bounds the time, and marks it as used. A device
/// says what its sensor saw; who holds it can breathe on it.
library EnvelopePacket {
    /// @param timestamp the device's clock, unix seconds
    /// @param sequence the device's counter
    /// @param isMeasured whether the envelope holds the wanted value
    /// @param value of the wanted channel, in its steps; 0 where it is not measured
    struct Reading {
        uint64 timestamp;
        uint64 sequence;
        bool isMeasured;
        int64 value;
    }

    bytes16 private constant TAG = "ANDEL-READING/1";
    uint256 private constant CURVE = 16;
    uint256 private constant KEY = 17;
    uint256 private constant SEQUENCE = 50;
    uint256 private constant TIMESTAMP = 58;
    uint256 private constant COUNT = 66;
    uint256 private constant CHANNELS = 67;
    uint256 private constant SIGNATURE = 64;
    uint256 private constant MAX_PACKET = 4_096;
    uint256 private constant MAX_CHANNELS = 64;
    uint256 private constant MAX_NAME = 32;
    uint64 private constant MAX_TIMESTAMP = 2 ** 48 - 1;

    uint256 private constant FIELD = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    bytes32 private constant SPACES = 0x2020202020202020202020202020202020202020202020202020202020202020;
    uint256 private constant HIGHS = 0x8080808080808080808080808080808080808080808080808080808080808080;
    uint256 private constant ONES = 0x0101010101010101010101010101010101010101010101010101010101010101;
    uint256 private constant SIXTIES = 0x4040404040404040404040404040404040404040404040404040404040404040;

    /// @notice Not an envelope in canonical form; `at` is the byte.
    error EnvelopePacket_Malformed(uint256 at);

    /// @notice A curve that is not read here: 1 is secp256k1.
    error EnvelopePacket_OtherCurve(uint8 curve);

    /// @notice The key in the envelope is not the device's, or the signature is not that key's over these bytes.
    error EnvelopePacket_BadSignature(address device);

    /// @notice What `device` signed in `raw`; reverts unless it did.
    /// @param label keccak256 of what stands before the wanted value, made by {labelOf}
    function read(
        bytes calldata raw,
        address device,
        bytes32 label
    )
        internal
        view
        returns (Reading memory reading)
    {
        require(raw.length <= MAX_PACKET, EnvelopePacket_Malformed(MAX_PACKET));
        require(raw.length > CHANNELS + SIGNATURE && bytes16(raw[:CURVE]) == TAG, EnvelopePacket_Malformed(0));
        require(raw[CURVE] == 0x01, EnvelopePacket_OtherCurve(uint8(raw[CURVE])));
        reading.sequence = uint64(bytes8(raw[SEQUENCE:TIMESTAMP]));
        reading.timestamp = uint64(bytes8(raw[TIMESTAMP:COUNT]));
        require(reading.timestamp <= MAX_TIMESTAMP, EnvelopePacket_Malformed(TIMESTAMP));
        (reading.isMeasured, reading.value) = _find(raw[:raw.length - SIGNATURE], label);
        require(
            device != address(0) && _addressOf(raw[KEY:SEQUENCE]) == device && _isSigned(raw, device),
            EnvelopePacket_BadSignature(device)
        );
    }

    /// @notice What {read} finds a value by: two channels of one name in other units are others.
    function labelOf(string memory name, string memory unit, int8 exponent) internal pure returns (bytes32) {
        (uint256 long, uint256 short) = (bytes(name).length, bytes(unit).length);
        require(long != 0 && long <= MAX_NAME && short <= MAX_NAME, EnvelopePacket_Malformed(CHANNELS));
        // Both are at most 32.
        // forge-lint: disable-next-line(unsafe-typecast)
        return keccak256(abi.encodePacked(uint8(long), name, uint8(short), unit, exponent));
    }

    /// The wanted value among all channels, each of which is looked at: the form of the whole is canonical.
    function _find(bytes calldata body, bytes32 label) private pure returns (bool isMeasured, int64 value) {
        uint256 count = uint8(body[COUNT]);
        require(count != 0 && count <= MAX_CHANNELS, EnvelopePacket_Malformed(COUNT));
        uint256 at = CHANNELS;
        bytes32 last = 0;
        for (uint256 i = 0; i < count; ++i) {
            (uint256 unit, bytes32 name) = _text(body, at);
            require(name > last, EnvelopePacket_Malformed(at));
            last = name;
            (uint256 place,) = _text(body, unit);
            // The exponent, then the value.
            ++place;
            require(place + 8 <= body.length, EnvelopePacket_Malformed(place));
            if (keccak256(body[at:place]) == label) {
                // Two's complement.
                // forge-lint: disable-next-line(unsafe-typecast)
                (isMeasured, value) = (true, int64(uint64(bytes8(body[place:place + 8]))));
            }
            at = place + 8;
        }
        require(at == body.length, EnvelopePacket_Malformed(at));
    }

    /// The end of a name or unit that begins at `at` with its length, and its bytes, zeros after them: as those are below
    /// every letter, words are ordered as the names are.
    function _text(bytes calldata body, uint256 at) private pure returns (uint256 end, bytes32 text) {
        require(at < body.length, EnvelopePacket_Malformed(at));
        uint256 size = uint8(body[at]);
        end = at + 1 + size;
        require(size <= MAX_NAME && end < body.length, EnvelopePacket_Malformed(at));
        text = bytes32(body[at + 1:end]);
        // Every byte is from 0x20 to 0x7E: none has its highest bit, one added sets it in none, and each has one of the two
        // bits that are worth 0x20 and 0x40.
        uint256 word = uint256(size == MAX_NAME ? text : text | (SPACES >> (8 * size)));
        require(
            word & HIGHS == 0 && (word + ONES) & HIGHS == 0 && (word | (word << 1)) & SIXTIES == SIXTIES,
            EnvelopePacket_Malformed(at)
        );
    }

    /// The device of a compressed key; zero for one that is no point of the curve.
    function _addressOf(bytes calldata key) private view returns (address) {
        uint256 x = uint256(bytes32(key[1:]));
        if ((key[0] != 0x02 && key[0] != 0x03) || x >= FIELD) return address(0);
        uint256 square = addmod(mulmod(mulmod(x, x, FIELD), x, FIELD), 7, FIELD);
        // The field is 3 modulo 4, so this is a root where there is one.
        uint256 y = Math.modExp(square, (FIELD + 1) / 4, FIELD);
        if (mulmod(y, y, FIELD) != square) return address(0);
        if (y % 2 != uint8(key[0]) % 2) y = FIELD - y;
        return address(uint160(uint256(keccak256(abi.encode(x, y)))));
    }

    /// Envelopes carry no v, and devices need not normalise s: both v are tried with the low one.
    function _isSigned(bytes calldata raw, address device) private pure returns (bool) {
        uint256 end = raw.length - SIGNATURE;
        bytes32 digest = sha256(raw[:end]);
        uint256 s = uint256(bytes32(raw[end + 32:]));
        if (s >= ORDER) return false;
        if (s > ORDER / 2) s = ORDER - s;
        for (uint8 v = 27; v < 29; ++v) {
            // The third value only details an error.
            // slither-disable-next-line unused-return
            (address found, ECDSA.RecoverError err,) =
                ECDSA.tryRecover(digest, v, bytes32(raw[end:end + 32]), bytes32(s));
            if (err == ECDSA.RecoverError.NoError && found == device) return true;
        }
        return false;
    }
}
