// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { PebblePacket } from "../../device/PebblePacket.sol";
import { ClockCodes } from "./ClockCodes.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice What an input of a model is made of; the kinds of the task's features.
enum Kind {
    /// the value now
    Channel,
    /// the value `back` seconds before
    Lag,
    /// the value now less that one
    Difference,
    /// of `samples` values, now and every back / samples seconds before
    Mean,
    HourSine,
    HourCosine,
    YearSine,
    YearCosine
}

/// @notice One input, as the model's task names it.
/// @param field number of the packet's field, 1 to 9
/// @param amplitude codes of a clock's wave, 1 to 126
/// @param harmonic a clock's periods, 1 to 24
/// @param samples of a mean, 2 to 7
/// @param back seconds that a lag, a difference or a mean looks back
/// @param low value of code 0, in the field's steps
/// @param high value of code 255
// slot: kind (1 byte), field (1), amplitude (1), harmonic (1), samples (1), back (4), low (8), high (8)
struct Feature {
    Kind kind;
    uint8 field;
    uint8 amplitude;
    uint8 harmonic;
    uint8 samples;
    uint32 back;
    int64 low;
    int64 high;
}

/// @title A model's question, made by the contract of what a device signed
/// @notice Nobody gives a number: codes follow from packets and from constants that are fixed with the contract. The
/// same integers as `andel.data.features`, for values in the packet's own steps. A question is one word: a code a
/// byte from the first, the base value in the last four.
library PacketQuestion {
    uint256 internal constant MAX_FEATURES = 24;
    uint256 internal constant MAX_PACKETS = 8;

    /// @notice A feature that means nothing.
    error PacketQuestion_BadFeature(Feature feature);

    /// @notice Among the packets is none of exactly this time, unix seconds.
    error PacketQuestion_NoPacketOf(uint256 time);

    /// @notice Reverts for a feature that no question can be made of.
    function requireSound(Feature memory feature) internal pure {
        bool sound = feature.amplitude > 0 && feature.amplitude <= 126 && feature.harmonic > 0
            && feature.harmonic <= 24 && feature.back == 0;
        if (feature.kind <= Kind.Mean) {
            sound = feature.field > 0 && feature.field < 10 && feature.low < feature.high
                && (feature.kind == Kind.Channel) == (feature.back == 0);
            if (feature.kind == Kind.Mean) {
                uint256 samples = feature.samples;
                sound = sound && samples > 1 && samples < MAX_PACKETS && feature.back % samples == 0;
            }
        }
        require(sound, PacketQuestion_BadFeature(feature));
    }

    /// @notice The question at the time of the first reading; the others are what its features look back at.
    /// @param baseField the field whose present value is the base; 0 where the model adds none
    function pack(
        Feature[] memory features,
        uint8 baseField,
        PebblePacket.Reading[] memory readings
    )
        internal
        pure
        returns (bytes memory)
    {
        uint256 word = 0;
        for (uint256 i = 0; i < features.length; ++i) {
            word |= _code(features[i], readings) << (248 - 8 * i);
        }
        if (baseField != 0) {
            // The last four bytes, two's complement.
            // forge-lint: disable-next-line(unsafe-typecast)
            word |= uint32(SafeCast.toInt32(PebblePacket.valueOf(readings[0], baseField)));
        }
        return abi.encode(word);
    }

    function _code(
        Feature memory feature,
        PebblePacket.Reading[] memory readings
    )
        private
        pure
        returns (uint256)
    {
        if (feature.kind > Kind.Mean) return _clock(feature, readings[0].timestamp);
        int256 value = _measured(feature, readings);
        if (value < feature.low) value = feature.low;
        if (value > feature.high) value = feature.high;
        int256 span = int256(feature.high) - feature.low;
        // Held between low and high: 0 to 255.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint256((value - feature.low) * 255 / span);
    }

    function _clock(Feature memory feature, uint256 time) private pure returns (uint256) {
        bool cosine = feature.kind == Kind.HourCosine || feature.kind == Kind.YearCosine;
        return feature.kind <= Kind.HourCosine
            ? ClockCodes.hour(time, feature.harmonic, feature.amplitude, cosine)
            : ClockCodes.year(time, feature.harmonic, feature.amplitude, cosine);
    }

    function _measured(
        Feature memory feature,
        PebblePacket.Reading[] memory readings
    )
        private
        pure
        returns (int256)
    {
        if (feature.kind == Kind.Channel) return _valueAt(readings, feature.field, 0);
        if (feature.kind == Kind.Lag) return _valueAt(readings, feature.field, feature.back);
        if (feature.kind == Kind.Difference) {
            return _valueAt(readings, feature.field, 0) - _valueAt(readings, feature.field, feature.back);
        }
        int256 count = int256(uint256(feature.samples));
        uint256 step = feature.back / feature.samples;
        int256 sum = 0;
        for (uint256 i = 0; i < feature.samples; ++i) {
            sum += _valueAt(readings, feature.field, i * step);
        }
        // rounded down, not toward zero
        return sum < 0 ? (sum - count + 1) / count : sum / count;
    }

    function _valueAt(
        PebblePacket.Reading[] memory readings,
        uint8 field,
        uint256 back
    )
        private
        pure
        returns (int256)
    {
        for (uint256 i = 0; i < readings.length; ++i) {
            if (uint256(readings[i].timestamp) + back == readings[0].timestamp) {
                return PebblePacket.valueOf(readings[i], field);
            }
        }
        // A time before the epoch wraps; there is no packet of it either way.
        unchecked {
            revert PacketQuestion_NoPacketOf(uint256(readings[0].timestamp) - back);
        }
    }
}
