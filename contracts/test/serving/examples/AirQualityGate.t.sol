// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { PebblePacket } from "../../../src/device/PebblePacket.sol";
import { SignedPredictions } from "../../../src/serving/SignedPredictions.sol";
import { AirQualityGate, GateTerms } from "../../../src/serving/examples/AirQualityGate.sol";
import { DeviceEvidence } from "../../../src/serving/examples/DeviceEvidence.sol";
import { ConsumerWorld } from "../../support/ConsumerWorld.sol";

/// showPackets: a listed device's fresh packets, newer than all before
/// showObservation: k observers over question, answer, version and times, in the gate's own domain
/// isOpen: by the newest evidence while it is fresh, with two thresholds
contract AirQualityGateTest is ConsumerWorld {
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes private constant QUESTION = abi.encode(uint256(7));

    AirQualityGate private gate;
    uint256[5] private observers;

    function setUp() public {
        deployWorld();
        observers = [uint256(21), 22, 23, 24, 25];
        for (uint256 i = 0; i < 5; ++i) {
            for (uint256 j = i + 1; j < 5; ++j) {
                if (vm.addr(observers[j]) < vm.addr(observers[i])) {
                    (observers[i], observers[j]) = (observers[j], observers[i]);
                }
            }
        }
        gate = new AirQualityGate(asking(), terms());
    }

    function test_itIsShutUntilEvidenceOpensItAndWhenEvidenceIsOld() public {
        vm.assertFalse(gate.isOpen(), "shut at first");
        show(1_000);
        vm.assertTrue(gate.isOpen(), "good air");
        vm.warp(block.timestamp + AGE);
        vm.assertTrue(gate.isOpen(), "still fresh");
        vm.warp(block.timestamp + 1);
        vm.assertFalse(gate.isOpen(), "old");
        show(1_001);
        vm.assertFalse(gate.isOpen(), "between the thresholds nothing opens a gate that was old");
    }

    function testFuzz_itMovesAtTwoThresholds(int16[16] calldata answers) public {
        bool open = false;
        for (uint256 i = 0; i < answers.length; ++i) {
            vm.warp(block.timestamp + 60);
            int256 answer = answers[i];
            show(answer);
            if (answer <= 1_000) open = true;
            if (answer >= 2_000) open = false;
            vm.assertEq(gate.isOpen(), open, "as told");
        }
    }

    function test_aPacketMovesItOnceAndNeverBack() public {
        bytes[] memory good = packets(0, 500, block.timestamp);
        gate.showPackets(deviceAt(0), good);
        vm.warp(block.timestamp + 60);
        show(2_500);
        vm.assertFalse(gate.isOpen(), "bad air");
        vm.expectPartialRevert(AirQualityGate.AirQualityGate_NotNewer.selector);
        gate.showPackets(deviceAt(0), good);
        bytes[] memory same = packets(1, 500, block.timestamp);
        vm.expectPartialRevert(AirQualityGate.AirQualityGate_NotNewer.selector);
        gate.showPackets(deviceAt(1), same);
    }

    function test_packetsOfNobodysOldOrUnlistedDevicesMoveNothing() public {
        bytes[] memory own = packets(0, 500, block.timestamp);
        own[0] = packetOf(0xB0B, weather(500), block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(PebblePacket.PebblePacket_BadSignature.selector, deviceAt(0)));
        gate.showPackets(deviceAt(0), own);
        vm.expectRevert(
            abi.encodeWithSelector(AirQualityGate.AirQualityGate_NotListed.selector, vm.addr(0xB0B))
        );
        gate.showPackets(vm.addr(0xB0B), own);
        vm.warp(block.timestamp + 2 * AGE);
        own = packets(0, 500, block.timestamp - AGE - 1);
        vm.expectPartialRevert(DeviceEvidence.DeviceEvidence_BadTime.selector);
        gate.showPackets(deviceAt(0), own);
        own = packets(0, 500, block.timestamp + 1);
        vm.expectPartialRevert(DeviceEvidence.DeviceEvidence_BadTime.selector);
        gate.showPackets(deviceAt(0), own);
        own = packets(0, 500, block.timestamp - 1);
        vm.prank(ownerAt(0));
        devices.revoke(deviceAt(0));
        vm.expectPartialRevert(DeviceEvidence.DeviceEvidence_BadTime.selector);
        gate.showPackets(deviceAt(0), own);
        vm.warp(block.timestamp + 10);
        own = packets(0, 500, block.timestamp);
        vm.expectPartialRevert(DeviceEvidence.DeviceEvidence_NotOwned.selector);
        gate.showPackets(deviceAt(0), own);
    }

    function test_packetsOfBeforeThePresentOwnerMoveNothing() public {
        bytes[] memory old = packets(0, 500, block.timestamp);
        vm.warp(block.timestamp + 60);
        vm.prank(ownerAt(0));
        devices.transfer(deviceAt(0), vm.addr(0xACC));
        vm.expectPartialRevert(DeviceEvidence.DeviceEvidence_BadTime.selector);
        gate.showPackets(deviceAt(0), old);
    }

    function test_threeObserversMoveIt() public {
        gate.showObservation(claim(), QUESTION, 500, signatures(gate.domainSeparator(), claim(), 500, 3));
        vm.assertTrue(gate.isOpen(), "good air");
        vm.assertEq(gate.observedAt(), block.timestamp - 60, "as old as they say");
    }

    function test_twoObserversMoveNothing() public {
        bytes memory two = signatures(gate.domainSeparator(), claim(), 500, 2);
        vm.expectRevert(abi.encodeWithSelector(SignedPredictions.SignedPredictions_BadCount.selector, 130, 3));
        gate.showObservation(claim(), QUESTION, 500, two);
        bytes memory twice = bytes.concat(two, signatures(gate.domainSeparator(), claim(), 500, 1));
        vm.expectPartialRevert(SignedPredictions.SignedPredictions_BadSigner.selector);
        gate.showObservation(claim(), QUESTION, 500, twice);
    }

    /// Operators answer whatever they are asked; that is no observation, even where the same keys observe.
    function test_answersSignedInTheModelsDomainMoveNothing() public {
        bytes32 models_ = keccak256(
            abi.encode(DOMAIN, keccak256("Andel"), keccak256("1"), block.chainid, address(manager))
        );
        refused(signatures(models_, claim(), 500, 3));
    }

    function test_anotherChainsOrGatesObservationsMoveNothing() public {
        bytes32 name = keccak256("Andel air quality gate");
        bytes32 here = keccak256(abi.encode(DOMAIN, name, keccak256("1"), block.chainid, address(gate)));
        vm.assertEq(here, gate.domainSeparator(), "the domain");
        refused(
            signatures(
                keccak256(abi.encode(DOMAIN, name, keccak256("1"), 4_690, address(gate))), claim(), 500, 3
            )
        );
        AirQualityGate other = new AirQualityGate(asking(), terms());
        refused(signatures(other.domainSeparator(), claim(), 500, 3));
        bytes memory ours = signatures(gate.domainSeparator(), claim(), 500, 3);
        vm.chainId(4_690); // a fork
        refused(ours);
    }

    function test_staleOrEarlyObservationsMoveNothing() public {
        SignedPredictions.Claim memory one = claim();
        bytes memory signed_ = signatures(gate.domainSeparator(), one, 500, 3);
        vm.warp(one.validUntil + 1);
        vm.expectPartialRevert(SignedPredictions.SignedPredictions_Stale.selector);
        gate.showObservation(one, QUESTION, 500, signed_);
        one.validUntil = uint64(block.timestamp) + 10 * AGE;
        signed_ = signatures(gate.domainSeparator(), one, 500, 3);
        vm.warp(one.issuedAt + AGE + 1);
        vm.expectPartialRevert(SignedPredictions.SignedPredictions_Stale.selector);
        gate.showObservation(one, QUESTION, 500, signed_);
        one.issuedAt = uint64(block.timestamp) + 1;
        signed_ = signatures(gate.domainSeparator(), one, 500, 3);
        vm.expectPartialRevert(SignedPredictions.SignedPredictions_NotYet.selector);
        gate.showObservation(one, QUESTION, 500, signed_);
    }

    function test_anotherModelsOrVersionsObservationMovesNothing() public {
        SignedPredictions.Claim memory one = claim();
        one.version = later;
        bytes memory signed_ = signatures(gate.domainSeparator(), one, 500, 3);
        vm.expectPartialRevert(AirQualityGate.AirQualityGate_OtherModel.selector);
        gate.showObservation(one, QUESTION, 500, signed_);
        one = claim();
        one.model = address(this);
        signed_ = signatures(gate.domainSeparator(), one, 500, 3);
        vm.expectPartialRevert(AirQualityGate.AirQualityGate_OtherModel.selector);
        gate.showObservation(one, QUESTION, 500, signed_);
    }

    function testFuzz_noOtherAnswerOrQuestionThanTheSignedMovesIt(
        int256 answer,
        bytes calldata question
    )
        public
    {
        vm.assume(answer != 500 && keccak256(question) != keccak256(QUESTION));
        bytes memory signed_ = signatures(gate.domainSeparator(), claim(), 500, 3);
        vm.expectRevert();
        gate.showObservation(claim(), QUESTION, answer, signed_);
        vm.expectRevert();
        gate.showObservation(claim(), question, 500, signed_);
    }

    function test_anObservationIsReplayedInVain() public {
        bytes memory signed_ = signatures(gate.domainSeparator(), claim(), 500, 3);
        SignedPredictions.Claim memory one = claim();
        gate.showObservation(one, QUESTION, 500, signed_);
        vm.expectPartialRevert(AirQualityGate.AirQualityGate_NotNewer.selector);
        gate.showObservation(one, QUESTION, 500, signed_);
    }

    function test_withoutObserversOnlyPacketsMoveIt() public {
        GateTerms memory none = terms();
        (none.observers, none.k) = (new address[](0), 0);
        gate = new AirQualityGate(asking(), none);
        vm.expectRevert(abi.encodeWithSelector(SignedPredictions.SignedPredictions_BadCount.selector, 0, 0));
        gate.showObservation(claim(), QUESTION, 500, "");
        show(500);
        vm.assertTrue(gate.isOpen(), "by a packet");
    }

    function test_badTermsRevert() public {
        GateTerms memory bad = terms();
        bad.closeAtLeast = bad.openAtMost;
        badTerms(bad);
        bad = terms();
        bad.k = 6;
        badTerms(bad);
        bad = terms();
        bad.k = 0;
        badTerms(bad);
        bad = terms();
        bad.observers[1] = bad.observers[0];
        badTerms(bad);
    }

    function badTerms(GateTerms memory bad) private {
        vm.expectRevert(abi.encodeWithSelector(AirQualityGate.AirQualityGate_BadTerms.selector));
        new AirQualityGate(asking(), bad);
    }

    function terms() private view returns (GateTerms memory) {
        address[] memory accounts = new address[](5);
        for (uint256 i = 0; i < 5; ++i) {
            accounts[i] = vm.addr(observers[i]);
        }
        return GateTerms(1_000, 2_000, accounts, 3);
    }

    function packets(uint256 index, int256 answer, uint256 time) private pure returns (bytes[] memory) {
        return single(packetOf(keyAt(index), weatherAt(answer), time));
    }

    function weatherAt(int256 answer) private pure returns (Weather memory) {
        // Zero degrees would prove no position.
        return weather(answer == 0 ? int256(1) : answer);
    }

    function show(int256 answer) private {
        gate.showPackets(deviceAt(0), packets(0, answer, block.timestamp));
    }

    function claim() private view returns (SignedPredictions.Claim memory) {
        uint64 time = uint64(block.timestamp);
        return SignedPredictions.Claim(address(manager), version, time - 60, time + 600);
    }

    function signatures(
        bytes32 separator,
        SignedPredictions.Claim memory one,
        int256 answer,
        uint256 count
    )
        private
        view
        returns (bytes memory all)
    {
        bytes32 digest = SignedPredictions.digest(separator, one, QUESTION, answer);
        for (uint256 i = 0; i < count; ++i) {
            all = bytes.concat(all, signed(observers[i], digest));
        }
    }

    function refused(bytes memory signed_) private {
        SignedPredictions.Claim memory one = claim();
        vm.expectPartialRevert(SignedPredictions.SignedPredictions_BadSigner.selector);
        gate.showObservation(one, QUESTION, 500, signed_);
    }
}
