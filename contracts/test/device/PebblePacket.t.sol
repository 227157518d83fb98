// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { PebblePacket } from "../../src/device/PebblePacket.sol";
import { Pebbles } from "../support/Pebbles.sol";

/// read
/// ├── given the canonical package of current firmware, signed by the device, low or high s: all it measured
/// ├── given another device, another type, or any other byte: reverts
/// └── given signed data that two readers could take differently, or of other firmware: reverts
contract PebblePacketTest is Pebbles {
    uint256 private constant KEY = 0xD0;
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    address private device = vm.addr(KEY);

    function read(bytes calldata raw, address from) external pure returns (PebblePacket.Reading memory) {
        return PebblePacket.read(raw, from);
    }

    function test_theVectorsAreReadAsPythonReadsThem() public view {
        string memory json = vm.readFile("../vectors/pebble.json");
        address from = vm.parseJsonAddress(json, ".device");
        uint256 count = 0;
        while (true) {
            string memory at = string.concat(".packets[", vm.toString(count), "]");
            if (!vm.keyExistsJson(json, at)) break;
            bytes memory raw = vm.parseJsonBytes(json, string.concat(at, ".packet"));
            PebblePacket.Reading memory reading = this.read(raw, from);
            vm.assertEq(reading.timestamp, vm.parseJsonUint(json, string.concat(at, ".timestamp")), "time");
            vm.assertEq(reading.digest, vm.parseJsonBytes32(json, string.concat(at, ".digest")), "digest");
            vm.assertEq(reading.measured, vm.parseJsonUint(json, string.concat(at, ".measured")), "fields");
            for (uint256 field = 0; field < 10; ++field) {
                string memory place = string.concat(at, ".values[", vm.toString(field), "]");
                vm.assertEq(int256(reading.values[field]), vm.parseJsonInt(json, place), "value");
            }
            ++count;
        }
        vm.assertEq(count, 6, "packets");
    }

    function testFuzz_whatItMeasuredIsRead(
        uint256 key,
        int16 temperature,
        uint32 humidity,
        uint32 gas,
        uint32 time
    )
        public
        view
    {
        key = keyFrom(key);
        int256 degrees = temperature == 0 ? int256(1) : temperature;
        Weather memory seen = Weather(degrees, humidity, gas, -345_600_000, 583_800_000);
        PebblePacket.Reading memory reading = this.read(packetOf(key, seen, time), vm.addr(key));
        vm.assertEq(int256(reading.values[6]), degrees, "temperature");
        vm.assertEq(uint256(int256(reading.values[8])), humidity, "humidity");
        vm.assertEq(uint256(int256(reading.values[5])), gas, "gas");
        vm.assertEq(int256(reading.values[3]), -345_600_000, "latitude");
        vm.assertEq(int256(reading.values[4]), 583_800_000, "longitude");
        vm.assertEq(reading.timestamp, time, "time");
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzz_aSignatureWithTheOtherSHasTheSameKey(int16 temperature, uint32 time) public view {
        bytes memory data = dataOf(weather(temperature));
        (, bytes32 r, bytes32 s) = vm.sign(KEY, sha256(abi.encodePacked(uint32(0), data, time)));
        bytes memory high = packageOf(data, time, 0, r, bytes32(ORDER - uint256(s)));
        PebblePacket.Reading memory one = this.read(packageOf(data, time, 0, r, s), device);
        PebblePacket.Reading memory other = this.read(high, device);
        vm.assertEq(PebblePacket.keyOf(one), PebblePacket.keyOf(other), "one packet");
    }

    function testFuzz_anyOtherByteReverts(uint256 place, uint8 change, int16 temperature) public {
        bytes memory raw = packetOf(KEY, weather(temperature), NOW);
        vm.assume(change != 0);
        raw[place % raw.length] ^= bytes1(change);
        vm.expectRevert();
        this.read(raw, device);
    }

    function test_aCutOrLengthenedPacketReverts() public {
        bytes memory raw = packetOf(KEY, weather(100), NOW);
        for (uint256 length = 0; length < raw.length; ++length) {
            bytes memory cut = new bytes(length);
            for (uint256 i = 0; i < length; ++i) {
                cut[i] = raw[i];
            }
            vm.expectRevert();
            this.read(cut, device);
        }
        vm.expectRevert();
        this.read(bytes.concat(raw, hex"00"), device);
        vm.expectRevert();
        this.read(bytes.concat(raw, hex"2800"), device);
    }

    function test_anotherDevicesPacketReverts() public {
        bytes memory raw = packetOf(KEY, weather(100), NOW);
        address other = vm.addr(0xD1);
        vm.expectRevert(abi.encodeWithSelector(PebblePacket.PebblePacket_BadSignature.selector, other));
        this.read(raw, other);
        vm.expectRevert(abi.encodeWithSelector(PebblePacket.PebblePacket_BadSignature.selector, address(0)));
        this.read(raw, address(0));
    }

    function test_otherTypesRevert() public {
        for (uint8 kind = 1; kind < 4; ++kind) {
            bytes memory raw = packetOf(KEY, dataOf(weather(100)), NOW, kind);
            vm.expectRevert(abi.encodeWithSelector(PebblePacket.PebblePacket_Malformed.selector, 0));
            this.read(raw, device);
        }
    }

    function test_sixteenBytesOfDataAreAmbiguousWithAClaim() public {
        bytes memory raw = packetOf(KEY, hex"6a0e3030303030303030303030303030", NOW, 0);
        vm.expectRevert(abi.encodeWithSelector(PebblePacket.PebblePacket_Ambiguous.selector));
        this.read(raw, device);
    }

    /// All of these are signed: the device itself, or whoever has its key, must not say two things at once.
    function test_dataWithMoreThanOneReadingReverts() public {
        bytes[14] memory bad = [
            bytes(hex"40014002"), // humidity twice
            hex"48014001", // out of order
            hex"0001", // field 0
            hex"7001", // field 14
            hex"408100", // longer than needed
            hex"40ffffffff1f", // over 32 bits
            hex"40ffffffffff01", // over 32 bits, six bytes
            hex"4201aa", // humidity as bytes
            hex"4501000000", // humidity as fixed32
            hex"58015801", // an axis unpacked
            hex"5a020102", // two axes
            hex"5a0401020304", // four
            hex"6a110000000000000000000000000000000000", // a long nonce
            hex"6a02" // a nonce that is not there
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            bytes memory raw = packetOf(KEY, bad[i], NOW, 0);
            vm.expectPartialRevert(PebblePacket.PebblePacket_Malformed.selector);
            this.read(raw, device);
        }
    }

    function test_otherFirmwareReverts() public {
        bytes[4] memory bad = [
            bytes(hex"30d71350d713"), // temperature2 is a copy of the bits
            hex"30d713", // no temperature2
            hex"180230025001", // latitude alone
            hex"18ffffffff0f2000" // no place on Earth
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            bytes memory raw = packetOf(KEY, bad[i], NOW, 0);
            vm.expectRevert(abi.encodeWithSelector(PebblePacket.PebblePacket_OtherFirmware.selector));
            this.read(raw, device);
        }
    }

    function test_zeroDegreesProveNoPosition() public view {
        PebblePacket.Reading memory reading = this.read(packetOf(KEY, weather(0), NOW), device);
        vm.assertEq(reading.measured >> 3 & 3, 0, "no position");
        vm.assertEq(reading.measured >> 6 & 1, 1, "a temperature");
    }
}
