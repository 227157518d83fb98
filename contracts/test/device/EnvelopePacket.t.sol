// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { EnvelopePacket } from "../../src/device/EnvelopePacket.sol";
import { Envelopes } from "../support/Envelopes.sol";

/// read
/// ├── given a canonical envelope that the device signed, low or high s: its time, and the wanted value if it is there
/// ├── given another device, another key inside, or any other byte: reverts
/// └── given channels that are not canonical: reverts
contract EnvelopePacketTest is Envelopes {
    uint256 private constant KEY = 0xD0;
    bytes32 private constant DUST =
        keccak256(abi.encodePacked(uint8(5), "pm2_5", uint8(5), "ug/m3", int8(0)));
    address private device = vm.addr(KEY);

    function read(bytes calldata raw, address from) external view returns (EnvelopePacket.Reading memory) {
        return EnvelopePacket.read(raw, from, DUST);
    }

    function label(string calldata name, string calldata unit) external pure returns (bytes32) {
        return EnvelopePacket.labelOf(name, unit, 0);
    }

    function testFuzz_whatItMeasuredIsRead(uint256 key, int64 dust, uint48 time) public {
        key = keyFrom(key);
        EnvelopePacket.Reading memory reading = this.read(envelopeOf(key, dust, time), vm.addr(key));
        vm.assertEq(int256(reading.value), dust, "value");
        vm.assertEq(reading.timestamp, time, "time");
        vm.assertEq(reading.sequence, 7, "sequence");
        vm.assertTrue(reading.isMeasured, "measured");
    }

    function test_aValueInAnotherUnitIsNoneOfTheWanted() public {
        bytes memory other = channelOf("pm2_5", "mg/m3", 0, 40);
        EnvelopePacket.Reading memory reading = this.read(made(1, other), device);
        vm.assertFalse(reading.isMeasured, "other unit");
        reading = this.read(made(1, channelOf("pm2_5", "ug/m3", -1, 40)), device);
        vm.assertFalse(reading.isMeasured, "other exponent");
        reading = this.read(made(1, channelOf("pm10", "ug/m3", 0, 40)), device);
        vm.assertFalse(reading.isMeasured, "other channel");
    }

    function test_theOtherFormOfASignatureIsTheSameSignature() public {
        bytes memory body = bodyOf(publicKeyOf(KEY), 1, 2, airOf(40));
        (, bytes32 r, bytes32 s) = vm.sign(KEY, sha256(body));
        bytes memory high = bytes.concat(body, r, bytes32(ORDER - uint256(s)));
        vm.assertEq(int256(this.read(high, device).value), 40, "high s");
        refused(bytes.concat(body, r, bytes32(ORDER)));
        refused(bytes.concat(body, r, bytes32(0)));
        refused(bytes.concat(body, bytes32(0), s));
    }

    function testFuzz_anyOtherByteIsRefused(uint256 place, uint8 change) public {
        bytes memory raw = envelopeOf(KEY, 40, NOW);
        vm.assume(change != 0);
        place = within(place, 0, raw.length - 1);
        raw[place] = bytes1(uint8(raw[place]) ^ change);
        vm.expectRevert();
        this.read(raw, device);
    }

    function testFuzz_aPartOrMoreIsRefused(uint256 size, bytes calldata more) public {
        bytes memory raw = envelopeOf(KEY, 40, NOW);
        vm.assume(more.length != 0);
        vm.expectRevert();
        this.read(bytes.concat(raw, more), device);
        size = within(size, 0, raw.length - 1);
        assembly ("memory-safe") {
            mstore(raw, size)
        }
        vm.expectRevert();
        this.read(raw, device);
    }

    function test_anotherDevicesPacketIsRefused() public {
        bytes memory raw = envelopeOf(0xB0B, 40, NOW);
        refused(raw);
        vm.expectRevert(
            abi.encodeWithSelector(EnvelopePacket.EnvelopePacket_BadSignature.selector, address(0))
        );
        this.read(raw, address(0));
    }

    function test_aKeyInsideThatIsNotTheSignersIsRefused() public {
        // The device signed that it is another; the other signed with its own key over the device's.
        refused(sealedBy(KEY, bodyOf(publicKeyOf(0xB0B), 1, 2, airOf(40))));
        refused(sealedBy(0xB0B, bodyOf(publicKeyOf(KEY), 1, 2, airOf(40))));
        bytes memory noPoint = bytes.concat(hex"02", bytes32(uint256(5))); // 5³ + 7 is no square
        refused(sealedBy(KEY, bodyOf(noPoint, 1, 2, airOf(40))));
        refused(sealedBy(KEY, bodyOf(bytes.concat(hex"02", bytes32(type(uint256).max)), 1, 2, airOf(40))));
        bytes memory odd = publicKeyOf(KEY);
        odd[0] = 0x04;
        refused(sealedBy(KEY, bodyOf(odd, 1, 2, airOf(40))));
        odd = publicKeyOf(KEY);
        odd[0] = odd[0] ^ 0x01;
        refused(sealedBy(KEY, bodyOf(odd, 1, 2, airOf(40))));
    }

    function test_anotherCurveIsRefused() public {
        bytes memory body = bodyOf(publicKeyOf(KEY), 1, 2, airOf(40));
        body[16] = 0x02;
        bytes memory raw = sealedBy(KEY, body);
        vm.expectRevert(abi.encodeWithSelector(EnvelopePacket.EnvelopePacket_OtherCurve.selector, 2));
        this.read(raw, device);
    }

    function test_channelsThatAreNotCanonicalAreRefused() public {
        bytes memory dust = channelOf("pm2_5", "ug/m3", 0, 40);
        bytes memory heat = channelOf("temperature", "degC", -2, 1);
        malformed(made(2, bytes.concat(heat, dust))); // falling
        malformed(made(2, bytes.concat(dust, dust))); // twice
        malformed(made(1, bytes.concat(dust, heat))); // more than counted
        malformed(made(3, bytes.concat(dust, heat))); // fewer than counted
        malformed(made(0, dust));
        malformed(made(65, dust));
        malformed(made(1, channelOf("", "ug/m3", 0, 40)));
        malformed(made(1, channelOf(string(new bytes(33)), "", 0, 40)));
        malformed(made(1, channelOf("pm2\x7f", "", 0, 40)));
        malformed(made(1, channelOf("pm2\x1f", "", 0, 40)));
        malformed(made(1, channelOf("pm2", string(bytes(hex"80")), 0, 40)));
        malformed(made(1, channelOf("pm2", unicode"µg", 0, 40)));
        malformed(made(1, hex"0170"));
        malformed(made(1, hex"017000ff00000000000000"));
        string memory long = "abcdefghijklmnopqrstuvwxyz~ 9876";
        vm.assertFalse(
            this.read(made(1, channelOf(long, "", 0, 40)), device).isMeasured, "32 are none too many"
        );
        malformed(made(1, channelOf(string(bytes.concat(bytes(long), "5")), "", 0, 40)));
    }

    function test_atTheBoundsOfTimeAndSize() public {
        bytes memory body = bodyOf(publicKeyOf(KEY), 2 ** 48, 2, airOf(40));
        malformed(sealedBy(KEY, body));
        malformed(new bytes(4_097));
        malformed("");
        malformed(bytes.concat(bytes16("ANDEL-READING/2"), new bytes(200)));
    }

    function test_whatStandsBeforeAValueIsOfThisForm() public {
        vm.assertEq(this.label("pm2_5", "ug/m3"), DUST, "label");
        vm.expectPartialRevert(EnvelopePacket.EnvelopePacket_Malformed.selector);
        this.label("", "ug/m3");
        vm.expectPartialRevert(EnvelopePacket.EnvelopePacket_Malformed.selector);
        this.label("pm2_5", string(new bytes(33)));
    }

    function made(uint8 count, bytes memory channels) private returns (bytes memory) {
        return sealedBy(KEY, bodyOf(publicKeyOf(KEY), 1, count, channels));
    }

    function refused(bytes memory raw) private {
        vm.expectRevert(abi.encodeWithSelector(EnvelopePacket.EnvelopePacket_BadSignature.selector, device));
        this.read(raw, device);
    }

    function malformed(bytes memory raw) private {
        vm.expectPartialRevert(EnvelopePacket.EnvelopePacket_Malformed.selector);
        this.read(raw, device);
    }
}
