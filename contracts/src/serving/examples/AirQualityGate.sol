// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { PebblePacket } from "../../device/PebblePacket.sol";
import { SignedPredictions } from "../SignedPredictions.sol";
import { Asking, DeviceEvidence } from "./DeviceEvidence.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @notice When the gate moves, and on whose word; fixed when it is deployed.
/// @param openAtMost an answer up to this opens
/// @param closeAtLeast an answer from this on closes; greater than the other, and between them nothing moves
/// @param observers who may report what they measured themselves; may be empty
/// @param k of them that must agree; 0 only where there are none
struct GateTerms {
    int256 openAtMost;
    int256 closeAtLeast;
    address[] observers;
    uint256 k;
}

/// @notice What other contracts ask.
interface IGate {
    /// @notice Whether the air is good by evidence that is fresh; false without any.
    function isOpen() external view returns (bool);
}

/// @title A gate that is open while the air is good
/// @notice An example of a consumer: other contracts ask {isOpen}. It moves by the pinned version's answer about
///
/// 1. packets that a listed device signed; the contract makes the question and asks the model in the chain; or
/// 2. an observation that k of n observers signed: question and answer, as EIP-712 `Prediction` IN THE DOMAIN OF THIS
///    GATE (name "Andel air quality gate", version "1"). Operators that sell answers sign in the model's domain whatever
///    question they are asked, so their signatures say nothing of the air and do not count here, however many.
///    This way is also open to a model that is too large for the chain.
///
/// TIME. Evidence is at most `maxAge` old, newer than all before it, and not of the future. A gate that hears nothing
/// for `maxAge` seconds is shut. The first evidence must be clear of the space between the thresholds to open it.
///
/// WHAT IT DOES NOT PROTECT AGAINST. The owner of any listed device can breathe on it, or put it into clean air; one is
/// enough, as it is enough for showing only the packets that suit. Between two packets the air may change. k observers
/// together say what they like. A device with a fast clock is refused until its time has come, one with a slow clock is old.
/// Gate nothing by it whose wrong state hurts anybody.
contract AirQualityGate is DeviceEvidence, EIP712, IGate {
    address public immutable MODEL;
    int256 public immutable OPEN_AT_MOST;
    int256 public immutable CLOSE_AT_LEAST;
    uint256 public immutable K;

    /// @notice Time of the newest evidence, unix seconds; and the state it left, which counts while it is fresh.
    uint64 public observedAt;
    bool public wasOpen;

    mapping(address account => bool) public isObserver;

    event Observed(uint64 indexed observedAt, int256 answer, bool open);

    error AirQualityGate_BadTerms();
    error AirQualityGate_NotListed(address device);
    /// @notice The observation names another model or version.
    error AirQualityGate_OtherModel(address model, bytes32 version);
    /// @notice There is evidence that is as new.
    error AirQualityGate_NotNewer(uint64 observedAt);

    constructor(
        Asking memory asking,
        GateTerms memory terms
    )
        DeviceEvidence(asking)
        EIP712("Andel air quality gate", "1")
    {
        require(
            terms.openAtMost < terms.closeAtLeast && terms.k <= terms.observers.length
                && (terms.k == 0) == (terms.observers.length == 0) && uint256(asking.modelId) >> 160 == 0,
            AirQualityGate_BadTerms()
        );
        MODEL = address(uint160(uint256(asking.modelId)));
        OPEN_AT_MOST = terms.openAtMost;
        CLOSE_AT_LEAST = terms.closeAtLeast;
        K = terms.k;
        for (uint256 i = 0; i < terms.observers.length; ++i) {
            require(
                terms.observers[i] != address(0) && !isObserver[terms.observers[i]], AirQualityGate_BadTerms()
            );
            isObserver[terms.observers[i]] = true;
        }
    }

    /// @notice Moves the gate by packets of a listed device, the newest first; by anybody.
    function showPackets(address device, bytes[] calldata packets) external {
        require(DEVICES.isListed(LISTER, device), AirQualityGate_NotListed(device));
        PebblePacket.Reading[] memory readings = _read(device, packets);
        // Of before its present owner nothing counts.
        (, uint64 lastChange,) = DEVICES.statusOf(device);
        _requireEvidence(device, readings, lastChange, type(uint64).max);
        (, int256 answer) = _answer(readings);
        _move(readings[0].timestamp, answer);
    }

    /// @notice Moves the gate by an observation that exactly `K` observers signed; by anybody.
    /// @param question what they measured, as the model takes it
    /// @param answer the model's
    /// @param signatures 65 bytes r, s, v each, in ascending order of their signers
    function showObservation(
        SignedPredictions.Claim calldata observed,
        bytes calldata question,
        int256 answer,
        bytes calldata signatures
    )
        external
    {
        require(
            observed.model == MODEL && observed.version == VERSION,
            AirQualityGate_OtherModel(observed.model, observed.version)
        );
        SignedPredictions.Terms memory terms = SignedPredictions.Terms(domainSeparator(), K, MAX_AGE);
        // The time of the newest evidence marks it as used.
        // slither-disable-next-line unused-return
        SignedPredictions.requireSigned(terms, observed, question, answer, signatures, _observes);
        _move(observed.issuedAt, answer);
    }

    /// @inheritdoc IGate
    function isOpen() external view returns (bool) {
        return wasOpen && block.timestamp - observedAt <= MAX_AGE;
    }

    /// @notice What observers sign in.
    function domainSeparator() public view returns (bytes32) {
        return _domainSeparatorV4();
    }

    function _move(uint64 time, int256 answer) private {
        require(time > observedAt, AirQualityGate_NotNewer(observedAt));
        // Between the thresholds the state stays; one that had gone stale was shut.
        bool open = wasOpen && block.timestamp - observedAt <= MAX_AGE;
        if (answer <= OPEN_AT_MOST) open = true;
        if (answer >= CLOSE_AT_LEAST) open = false;
        observedAt = time;
        wasOpen = open;
        emit Observed(time, answer, open);
    }

    function _observes(address account) private view returns (bool) {
        return isObserver[account];
    }
}
