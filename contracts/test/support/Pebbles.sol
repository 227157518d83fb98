// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Base } from "./Base.sol";

/// @notice Pebbles that sign packets as current firmware does.
abstract contract Pebbles is Base {
    /// What a device measures; hundredths, the position in 1e-7 degrees.
    struct Weather {
        int256 temperature;
        uint256 humidity;
        uint256 gas;
        int256 latitude;
        int256 longitude;
    }

    function weather(int256 temperature) internal pure returns (Weather memory) {
        return Weather(temperature, 5_000, 300_000, 406_000_000, -740_000_000);
    }

    /// The packet of a device with `key`.
    function packetOf(uint256 key, Weather memory seen, uint256 time) internal pure returns (bytes memory) {
        return packetOf(key, dataOf(seen), time, 0);
    }

    function packetOf(
        uint256 key,
        bytes memory data,
        uint256 time,
        uint8 kind
    )
        internal
        pure
        returns (bytes memory)
    {
        (, bytes32 r, bytes32 s) = vm.sign(key, sha256(abi.encodePacked(uint32(kind), data, uint32(time))));
        return packageOf(data, time, kind, r, s);
    }

    function packageOf(
        bytes memory data,
        uint256 time,
        uint8 kind,
        bytes32 r,
        bytes32 s
    )
        internal
        pure
        returns (bytes memory)
    {
        bytes memory head = bytes.concat(hex"08", bytes1(kind), hex"12", varint(data.length), data);
        return bytes.concat(head, hex"18", varint(time), hex"2240", r, s);
    }

    function dataOf(Weather memory seen) internal pure returns (bytes memory) {
        bytes memory place =
            bytes.concat(hex"18", varint(zigzag(seen.latitude)), hex"20", varint(zigzag(seen.longitude)));
        bytes memory air = bytes.concat(
            hex"28", varint(seen.gas), hex"30", varint(zigzag(seen.temperature)), hex"38", varint(101_300)
        );
        bytes memory rest = bytes.concat(
            hex"40",
            varint(seen.humidity),
            hex"50",
            varint(uint256(seen.temperature) & type(uint32).max),
            hex"6a10",
            "5da0997414922a8b"
        );
        return bytes.concat(place, air, rest);
    }

    function varint(uint256 value) internal pure returns (bytes memory text) {
        while (value >= 0x80) {
            text = bytes.concat(text, bytes1(uint8(value & 0x7F | 0x80)));
            value >>= 7;
        }
        return bytes.concat(text, bytes1(uint8(value)));
    }

    function zigzag(int256 value) internal pure returns (uint256) {
        return value < 0 ? uint256(-value) * 2 - 1 : uint256(value) * 2;
    }

    function single(bytes memory packet) internal pure returns (bytes[] memory list) {
        list = new bytes[](1);
        list[0] = packet;
    }
}
