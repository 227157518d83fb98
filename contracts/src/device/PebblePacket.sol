// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title A Pebble's data packet, read and verified by the contract that uses it
/// @notice Takes a BinPackage as current firmware publishes it (Riverrock 1.0.10 of February 2022 and later) and the
/// device it is said to be of. Gives what that device signed, or reverts.
///
/// ONE READING. Whatever is read here, `andel.device` reads alike; bytes that two readers could take differently are
/// refused: the package in any but its canonical form, fields of the data out of order, twice or unknown, integers
/// over 32 bits or written longer than needed, repeated fields of another form or number than firmware sends. Python
/// is more lenient inside the signed data; so the chain refuses some packets that Python reads, never the reverse.
///
/// EPOCHS. Older firmware means something else by the same fields, and no packet tells its firmware. A temperature
/// counts only where temperature2 proves the epoch; a position only beside such a temperature. Anything else of older
/// firmware is refused where the fields show it, and is otherwise the same in every epoch.
///
/// WHAT A SIGNATURE SAYS. Neither chain nor contract nor owner is in the signed bytes: a packet is public and anybody
/// may bring it, again and again. Whoever pays by one looks the device up, bounds the time and marks {keyOf} as used.
/// The signature itself is malleable and marks nothing. The 2020 firmware's shared key must be refused by the
/// registry that knows the device. A device says what its sensor saw; who holds it can breathe on it.
library PebblePacket {
    /// @param device who signed
    /// @param timestamp the device's clock, unix seconds
    /// @param digest what was signed: SHA-256 of type, data and timestamp
    /// @param measured bit n is set where field n holds a value
    /// @param values by field number, 1 to 9, in the steps below; 0 where nothing was measured
    struct Reading {
        address device;
        uint32 timestamp;
        bytes32 digest;
        uint256 measured;
        int64[10] values;
    }

    /// Field numbers. All values are in hundredths but the position.
    uint8 internal constant SIGNAL = 1; // an index
    uint8 internal constant BATTERY = 2; // volts
    uint8 internal constant LATITUDE = 3; // 1e-7 degrees, north positive
    uint8 internal constant LONGITUDE = 4; // 1e-7 degrees, east positive
    uint8 internal constant GAS_RESISTANCE = 5; // ohms
    uint8 internal constant TEMPERATURE = 6; // degrees Celsius
    uint8 internal constant PRESSURE = 7; // hectopascals
    uint8 internal constant HUMIDITY = 8; // percent
    uint8 internal constant LIGHT = 9; // lux

    uint256 private constant TEMPERATURE_AGAIN = 10;
    uint256 private constant NONCE = 13;
    uint256 private constant MAX_NONCE = 16;
    uint256 private constant MAX_DATA = 500;
    /// Data of this length makes the signed bytes those of a claim: 4 + 16 + 4 = 20 + 4.
    uint256 private constant CONFIRMATION = 16;
    uint256 private constant MAX_PACKET = 5 + MAX_DATA + 6 + SIGNATURE_FIELD;
    uint256 private constant SIGNATURE_FIELD = 66;
    uint256 private constant NO_FIX = 4_000_000_000; // zigzag of 2e9
    uint256 private constant MAX_LATITUDE = 1_800_000_000; // zigzag, 90 degrees
    uint256 private constant MAX_LONGITUDE = 3_600_000_000; // zigzag, 180 degrees
    uint256 private constant NO_SIGNAL = 25_500;
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    /// @notice Not a package of type DATA in canonical form, or data that has more than one reading; `at` is the byte.
    error PebblePacket_Malformed(uint256 at);

    /// @notice Data of 16 bytes, whose signed bytes could be those of a claim.
    error PebblePacket_Ambiguous();

    /// @notice Temperature or position are not as current firmware writes them.
    error PebblePacket_OtherFirmware();

    /// @notice The signature is not the device's over these bytes.
    error PebblePacket_BadSignature(address device);

    /// @notice The packet holds no value of this field.
    error PebblePacket_NotMeasured(address device, uint8 field);

    /// @notice What `device` signed in `raw`; reverts unless it did.
    function read(bytes calldata raw, address device) internal pure returns (Reading memory reading) {
        require(raw.length <= MAX_PACKET, PebblePacket_Malformed(MAX_PACKET));
        require(raw.length > 4 && bytes3(raw[:3]) == 0x080012, PebblePacket_Malformed(0));
        (uint256 size, uint256 at) = _varint(raw, 3, raw.length);
        require(size != CONFIRMATION, PebblePacket_Ambiguous());
        require(size != 0 && size <= MAX_DATA && at + size < raw.length, PebblePacket_Malformed(3));
        bytes calldata data = raw[at:at + size];
        at += size;
        require(raw[at] == 0x18, PebblePacket_Malformed(at));
        uint256 time;
        (time, at) = _varint(raw, at + 1, raw.length);
        require(
            raw.length == at + SIGNATURE_FIELD && bytes2(raw[at:at + 2]) == 0x2240, PebblePacket_Malformed(at)
        );
        reading.device = device;
        // A varint is at most 32 bits here.
        // forge-lint: disable-next-line(unsafe-typecast)
        reading.timestamp = uint32(time);
        reading.digest = sha256(abi.encodePacked(uint32(0), data, reading.timestamp));
        require(_isSigned(reading.digest, raw[at + 2:], device), PebblePacket_BadSignature(device));
        _readData(data, reading);
    }

    /// @notice What marks a reading as used: one for each text a device signed, whatever its signature.
    function keyOf(Reading memory reading) internal pure returns (bytes32) {
        return keccak256(abi.encode(reading.device, reading.digest));
    }

    /// @notice The value of a field, in its steps; reverts where there is none.
    function valueOf(Reading memory reading, uint8 field) internal pure returns (int256) {
        require(
            field < 10 && reading.measured >> field & 1 == 1, PebblePacket_NotMeasured(reading.device, field)
        );
        return reading.values[field];
    }

    /// Packets carry no v, and firmware does not normalise s: both v are tried with the low one.
    function _isSigned(bytes32 digest, bytes calldata signature, address device) private pure returns (bool) {
        uint256 s = uint256(bytes32(signature[32:64]));
        if (s >= ORDER || device == address(0)) return false;
        if (s > ORDER / 2) s = ORDER - s;
        for (uint8 v = 27; v < 29; ++v) {
            // The third value only details an error.
            // slither-disable-next-line unused-return
            (address found, ECDSA.RecoverError err,) =
                ECDSA.tryRecover(digest, v, bytes32(signature[:32]), bytes32(s));
            if (err == ECDSA.RecoverError.NoError && found == device) return true;
        }
        return false;
    }

    function _readData(bytes calldata data, Reading memory reading) private pure {
        uint256[11] memory bits;
        uint256 present = 0;
        uint256 at = 0;
        uint256 last = 0;
        while (at < data.length) {
            uint256 tag = uint8(data[at]);
            uint256 field = tag >> 3;
            bool scalar = field <= TEMPERATURE_AGAIN;
            require(field > last && field <= NONCE && tag & 7 == (scalar ? 0 : 2), PebblePacket_Malformed(at));
            if (scalar) {
                // Bit `field` is meant.
                // forge-lint: disable-next-line(incorrect-shift)
                present |= 1 << field;
                (bits[field], at) = _varint(data, at + 1, data.length);
            } else {
                at = _skip(data, at + 1, field);
            }
            last = field;
        }
        _mean(bits, present, reading);
    }

    /// The end of a bounded field that has no value here: three axes, or the nonce.
    function _skip(bytes calldata data, uint256 at, uint256 field) private pure returns (uint256 end) {
        require(at < data.length, PebblePacket_Malformed(at));
        end = at + 1 + uint8(data[at]);
        require(end <= data.length, PebblePacket_Malformed(at));
        if (field == NONCE) {
            require(end - at - 1 <= MAX_NONCE, PebblePacket_Malformed(at));
            return end;
        }
        uint256 next = at + 1;
        for (uint256 i = 0; i < 3; ++i) {
            (, next) = _varint(data, next, end);
        }
        require(next == end, PebblePacket_Malformed(next));
    }

    /// What the bits mean, in the epoch that temperature and its copy prove.
    function _mean(uint256[11] memory bits, uint256 present, Reading memory reading) private pure {
        int64 temperature = _zigzag(bits[TEMPERATURE]);
        if (present >> TEMPERATURE & 1 == 1) {
            // Its two's complement is meant.
            // forge-lint: disable-next-line(unsafe-typecast)
            uint256 copy = uint256(int256(temperature)) & type(uint32).max;
            require(copy == bits[TEMPERATURE_AGAIN], PebblePacket_OtherFirmware());
        }
        uint256 position = present >> LATITUDE & 3;
        bool fixed_ = false;
        if (position != 0) {
            (uint256 latitude, uint256 longitude) = (bits[LATITUDE], bits[LONGITUDE]);
            bool nowhere = latitude == NO_FIX && longitude == NO_FIX;
            require(
                position == 3 && (nowhere || (latitude <= MAX_LATITUDE && longitude <= MAX_LONGITUDE)),
                PebblePacket_OtherFirmware()
            );
            // Zero degrees prove no epoch.
            fixed_ = !nowhere && temperature != 0;
        }
        for (uint256 field = 1; field < TEMPERATURE_AGAIN; ++field) {
            // At most 32 bits.
            // forge-lint: disable-next-line(unsafe-typecast)
            if (present >> field & 1 == 1) reading.values[field] = int64(uint64(bits[field]));
        }
        reading.values[TEMPERATURE] = temperature;
        (reading.values[LATITUDE], reading.values[LONGITUDE]) =
            fixed_ ? (_zigzag(bits[LATITUDE]), _zigzag(bits[LONGITUDE])) : (int64(0), int64(0));
        reading.measured = present & (fixed_ ? 0x3FE : 0x3E6);
        if (bits[SIGNAL] == NO_SIGNAL) {
            reading.measured &= ~uint256(2);
            reading.values[SIGNAL] = 0;
        }
    }

    function _zigzag(uint256 bits) private pure returns (int64) {
        // At most 32 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        int64 half = int64(uint64(bits >> 1));
        return bits & 1 == 1 ? -half - 1 : half;
    }

    /// A canonical varint of at most 32 bits that ends before `end`, and where it ends.
    function _varint(
        bytes calldata data,
        uint256 at,
        uint256 end
    )
        private
        pure
        returns (uint256 value, uint256 next)
    {
        next = at;
        for (uint256 shift = 0; shift < 35; shift += 7) {
            require(next < end, PebblePacket_Malformed(next));
            uint256 part = uint8(data[next]);
            ++next;
            value |= (part & 0x7F) << shift;
            if (part < 0x80) {
                require(
                    (part != 0 || shift == 0) && value <= type(uint32).max, PebblePacket_Malformed(next - 1)
                );
                return (value, next);
            }
        }
        revert PebblePacket_Malformed(next);
    }
}
