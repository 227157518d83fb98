// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { ClockCodes } from "../../../src/serving/examples/ClockCodes.sol";
import { Asking, DeviceEvidence, Region } from "../../../src/serving/examples/DeviceEvidence.sol";
import { Feature, Kind, PacketQuestion } from "../../../src/serving/examples/PacketQuestion.sol";
import { Product, WeatherInsurance } from "../../../src/serving/examples/WeatherInsurance.sol";
import { ConsumerWorld } from "../../support/ConsumerWorld.sol";

/// answerOf: codes and base made of packets of exactly the times looked at; the measured value where there is no model
/// tests/serving/test_packets_on_chain.py compares questions with those that Python packs.
contract QuestionsTest is ConsumerWorld {
    Product private product = Product(vm.addr(0x145), 500, 1 days, 30 days, 0, true, 1);
    WeatherInsurance private consumer;

    function setUp() public {
        deployWorld();
        consumer = newConsumer(asking());
    }

    function test_theQuestionIsMadeHere() public view {
        (bytes memory question, int256 answer) =
            consumer.answerOf(deviceAt(0), single(packetOf(keyAt(0), weather(-7), NOW)));
        vm.assertEq(bytes32(question), bytes32((uint256(127) << 248) | 0xFFFFFFF9), "127, base -7");
        vm.assertEq(answer, -7, "answer");
    }

    function test_aReadingLikeAnyOtherIsMeasuredWithoutAModel() public {
        Asking memory asked = asking();
        asked.version = 0;
        delete asked.models;
        delete asked.features;
        asked.baseField = 8;
        asked.region = Region(0, 0, 0, 0);
        consumer = newConsumer(asked);
        (bytes memory question, int256 answer) =
            consumer.answerOf(deviceAt(0), single(packetOf(keyAt(0), weather(0), NOW)));
        vm.assertEq(question.length, 0, "no question");
        vm.assertEq(answer, 5_000, "humidity");
    }

    function test_lagsComeFromPacketsOfExactlyThen() public {
        Asking memory asked = asking();
        asked.features = new Feature[](3);
        asked.features[0] = Feature(Kind.Lag, 6, 0, 0, 0, 600, -1_000, 1_550);
        asked.features[1] = Feature(Kind.Difference, 6, 0, 0, 0, 600, -255, 255);
        asked.features[2] = Feature(Kind.Mean, 6, 0, 0, 2, 1_200, -255, 0);
        consumer = newConsumer(asked);
        bytes[] memory packets = new bytes[](2);
        packets[0] = packetOf(keyAt(0), weather(-101), NOW);
        packets[1] = packetOf(keyAt(0), weather(-2), NOW - 600);
        (bytes memory question,) = consumer.answerOf(deviceAt(0), packets);
        // -2 + 1000 in tenths of 2550; (-99 + 255) / 2; floor(-103 / 2) = -52
        vm.assertEq(bytes32(question) >> 232, bytes32(uint256(99 << 16 | 78 << 8 | 203)), "codes");
        packets[1] = packetOf(keyAt(0), weather(-2), NOW - 601);
        vm.expectRevert(abi.encodeWithSelector(PacketQuestion.PacketQuestion_NoPacketOf.selector, NOW - 600));
        consumer.answerOf(deviceAt(0), packets);
    }

    function test_badTermsRevert() public {
        Asking memory asked = asking();
        asked.features[0].high = 0;
        vm.expectPartialRevert(PacketQuestion.PacketQuestion_BadFeature.selector);
        newConsumer(asked);
        asked = asking();
        asked.maxAge = 0;
        vm.expectRevert(abi.encodeWithSelector(DeviceEvidence.DeviceEvidence_BadTerms.selector));
        newConsumer(asked);
        asked = asking();
        asked.region.north = asked.region.south - 1;
        vm.expectRevert(abi.encodeWithSelector(DeviceEvidence.DeviceEvidence_BadTerms.selector));
        newConsumer(asked);
        Product memory none = product;
        none.needed = 0;
        asked = asking();
        vm.expectRevert(abi.encodeWithSelector(WeatherInsurance.WeatherInsurance_BadProduct.selector));
        new WeatherInsurance(asked, none);
    }

    function test_theDayOfTheYearIsTheCalendars() public pure {
        vm.assertEq(ClockCodes.dayOfYear(0), 0, "1970-01-01");
        vm.assertEq(ClockCodes.dayOfYear(951_782_399), 58, "2000-02-28");
        vm.assertEq(ClockCodes.dayOfYear(978_220_800), 365, "2000-12-31");
        vm.assertEq(ClockCodes.dayOfYear(4_102_444_799), 364, "2099-12-31");
        vm.assertEq(ClockCodes.dayOfYear(4_107_542_400), 59, "2100-03-01, no leap year");
    }

    function newConsumer(Asking memory asked) private returns (WeatherInsurance) {
        return new WeatherInsurance(asked, product);
    }
}
