// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { AirQualityGate, GateTerms } from "../../../src/serving/examples/AirQualityGate.sol";
import { Asking } from "../../../src/serving/examples/DeviceEvidence.sol";
import { Feature, Kind } from "../../../src/serving/examples/PacketQuestion.sol";
import { Product, Shown, WeatherInsurance } from "../../../src/serving/examples/WeatherInsurance.sol";
import { ConsumerWorld } from "../../support/ConsumerWorld.sol";

/// What consumers cost, whole transactions as in ../../Gas.t.sol, with the eleven inputs of the weather task and
/// without the model's own gas (850 for its network).
///
/// forge-config: default.isolate = true
contract ConsumersGasTest is ConsumerWorld {
    WeatherInsurance private lone;
    WeatherInsurance private two;
    AirQualityGate private gate;
    address private buyer = vm.addr(0xB0);

    function setUp() public {
        deployWorld();
        Asking memory asked = asking();
        asked.features = weatherFeatures();
        lone = new WeatherInsurance(asked, product(1));
        two = new WeatherInsurance(asked, product(2));
        gate = new AirQualityGate(asked, GateTerms(3_500, 4_000, new address[](0), 0));
        vm.deal(address(this), 100 ether);
        lone.fund{ value: 50 ether }();
        two.fund{ value: 50 ether }();
        vm.deal(buyer, 1 ether);
    }

    function test_whatConsumersCost() public {
        lone.readPacket(deviceAt(0), packet(0));
        keep("check a packet");
        lone.answerOf(deviceAt(0), single(packet(0)));
        keep("check a packet, make its question, ask");
        buy(lone);
        keep("buy, two devices named");
        buy(two);
        vm.warp(block.timestamp + 2 days);
        lone.claim(1, shown(1));
        vm.assertLt(keep("claim, one device"), 255_000, "a claim");
        lone.withdraw(buyer);
        keep("withdraw");
        two.claim(1, shown(2));
        keep("claim, two devices");
        gate.showPackets(deviceAt(0), single(packet(0)));
        keep("move the gate by a packet, first");
        vm.warp(block.timestamp + 60);
        gate.showPackets(deviceAt(0), single(packet(0)));
        keep("move the gate by a packet");
        gate.isOpen();
        keep("ask the gate");
    }

    function keep(string memory name) private returns (uint256) {
        return vm.snapshotGasLastCall("consumers", name);
    }

    function buy(WeatherInsurance insurance) private {
        address[] memory named = new address[](2);
        (named[0], named[1]) = (deviceAt(0), deviceAt(1));
        vm.prank(buyer);
        insurance.buy{ value: 0.05 ether }(1 ether, named);
    }

    function shown(uint256 count) private view returns (Shown[] memory all) {
        all = new Shown[](count);
        for (uint256 i = 0; i < count; ++i) {
            all[i] = Shown(deviceAt(i), single(packet(i)));
        }
    }

    function packet(uint256 index) private view returns (bytes memory) {
        return packetOf(keyAt(index), weather(3_500), block.timestamp);
    }

    function product(uint8 needed) private pure returns (Product memory) {
        return Product(vm.addr(0x145), 500, 1 days, 30 days, 3_500, true, needed);
    }

    function weatherFeatures() private pure returns (Feature[] memory all) {
        all = new Feature[](11);
        all[0] = Feature(Kind.Channel, 6, 0, 0, 0, 0, -2_500, 4_500);
        all[1] = Feature(Kind.Channel, 8, 0, 0, 0, 0, -1_000, 12_000);
        all[2] = Feature(Kind.Channel, 7, 0, 0, 0, 0, 98_000, 105_000);
        all[3] = Feature(Kind.HourSine, 0, 45, 1, 0, 0, 0, 0);
        all[4] = Feature(Kind.HourCosine, 0, 45, 1, 0, 0, 0, 0);
        all[5] = Feature(Kind.HourSine, 0, 45, 2, 0, 0, 0, 0);
        all[6] = Feature(Kind.HourCosine, 0, 45, 2, 0, 0, 0, 0);
        all[7] = Feature(Kind.YearSine, 0, 45, 1, 0, 0, 0, 0);
        all[8] = Feature(Kind.YearCosine, 0, 45, 1, 0, 0, 0, 0);
        all[9] = Feature(Kind.Channel, 3, 0, 0, 0, 0, 403_600_000, 410_000_000);
        all[10] = Feature(Kind.Channel, 4, 0, 0, 0, 0, -750_000_000, -730_000_000);
    }
}
