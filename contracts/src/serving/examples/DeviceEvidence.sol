// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IDeviceRegistry } from "../../device/IDeviceRegistry.sol";
import { PebblePacket } from "../../device/PebblePacket.sol";
import { IOnchainModel } from "../IOnchainModel.sol";
import { Feature, PacketQuestion } from "./PacketQuestion.sol";

/// @notice What a consumer asks, and of whom; fixed when it is deployed.
/// @param devices who owns which device
/// @param lister who vouches for the devices that count
/// @param models the registry that holds the model; zero with no model: the measured value itself is the answer
/// @param modelId the model
/// @param version the version that was looked at; a later one answers nothing here
/// @param baseField field that is the question's base value, or that is the answer where there is no model
/// @param maxAge seconds that a packet counts
/// @param features the model's inputs in their order
/// @param region packets count from inside only
struct Asking {
    IDeviceRegistry devices;
    address lister;
    IOnchainModel models;
    bytes32 modelId;
    bytes32 version;
    uint8 baseField;
    uint64 maxAge;
    Feature[] features;
    Region region;
}

/// @notice A part of the Earth, in 1e-7 degrees, borders included; all zero for anywhere. It does not pass the 180th
/// meridian.
// slot: south (4 bytes), north (4), west (4), east (4)
struct Region {
    int32 south;
    int32 north;
    int32 west;
    int32 east;
}

/// @title A model's answer about what a device signed
/// @notice The part that consumers share: raw packets in, the pinned version's answer out. Callers give bytes and the
/// name of a device, never a number.
///
/// WHAT COUNTS. The packets of one device, the first being the moment asked about: at most `maxAge` old and not of the
/// future, in the region, and all of them after `since`, which is the consumer's. The device is claimed, is not
/// revoked, and has not changed hands since `since`.
///
/// WHAT IT DOES NOT SHOW. That the sensor saw the weather: its owner can breathe on it, carry it elsewhere, or put it
/// into a box. Which packets are shown: of many, whoever brings them picks. That the device's clock is right.
/// Whoever needs more asks several owners ({WeatherInsurance}), or a device that is not in one owner's hands.
abstract contract DeviceEvidence {
    IDeviceRegistry public immutable DEVICES;
    address public immutable LISTER;
    IOnchainModel public immutable MODELS;
    bytes32 public immutable MODEL_ID;
    bytes32 public immutable VERSION;
    uint8 public immutable BASE_FIELD;
    uint64 public immutable MAX_AGE;

    Region private _region;
    Feature[] private _features;

    /// @notice Terms that mean nothing.
    error DeviceEvidence_BadTerms();

    /// @notice No packet, or more than can be asked about at once.
    error DeviceEvidence_BadCount(uint256 count);

    /// @notice Outside the time that counts; all in unix seconds.
    error DeviceEvidence_BadTime(address device, uint256 timestamp, uint256 since, uint256 present);

    /// @notice Measured outside the region, or it is not told where.
    error DeviceEvidence_OutsideRegion(address device);

    /// @notice Nobody owns the device, its key is worthless, or it changed hands since.
    error DeviceEvidence_NotOwned(address device);

    constructor(Asking memory asking) {
        bool measuredOnly = address(asking.models) == address(0);
        require(
            address(asking.devices) != address(0) && asking.lister != address(0) && asking.maxAge != 0
                && asking.baseField < 10 && asking.features.length <= PacketQuestion.MAX_FEATURES
                && (measuredOnly
                        ? asking.baseField != 0 && asking.features.length == 0 && asking.version == 0
                        : asking.features.length != 0 && asking.version != 0),
            DeviceEvidence_BadTerms()
        );
        require(
            asking.region.south <= asking.region.north && asking.region.west <= asking.region.east,
            DeviceEvidence_BadTerms()
        );
        DEVICES = asking.devices;
        LISTER = asking.lister;
        MODELS = asking.models;
        MODEL_ID = asking.modelId;
        VERSION = asking.version;
        BASE_FIELD = asking.baseField;
        MAX_AGE = asking.maxAge;
        _region = asking.region;
        for (uint256 i = 0; i < asking.features.length; ++i) {
            PacketQuestion.requireSound(asking.features[i]);
            _features.push(asking.features[i]);
        }
    }

    /// @notice What one packet of a device says; for whoever wants to see it before paying for a transaction.
    function readPacket(
        address device,
        bytes calldata packet
    )
        external
        pure
        returns (PebblePacket.Reading memory)
    {
        return PebblePacket.read(packet, device);
    }

    /// @notice The question that the contract makes of packets, and the pinned version's answer, whatever their time.
    /// With no model the question is empty.
    function answerOf(
        address device,
        bytes[] calldata packets
    )
        external
        view
        returns (bytes memory question, int256 answer)
    {
        return _answer(_read(device, packets));
    }

    /// @notice The model's inputs.
    function features() external view returns (Feature[] memory) {
        return _features;
    }

    /// @notice Where packets count from.
    function region() external view returns (Region memory) {
        return _region;
    }

    function _read(
        address device,
        bytes[] calldata packets
    )
        internal
        pure
        returns (PebblePacket.Reading[] memory readings)
    {
        uint256 count = packets.length;
        require(count != 0 && count <= PacketQuestion.MAX_PACKETS, DeviceEvidence_BadCount(count));
        readings = new PebblePacket.Reading[](count);
        for (uint256 i = 0; i < count; ++i) {
            readings[i] = PebblePacket.read(packets[i], device);
        }
    }

    /// Reverts unless the readings count, as told above; both times are unix seconds.
    /// @param since all are after this
    /// @param until the first is not after this
    /// @return owner the device's
    function _requireEvidence(
        address device,
        PebblePacket.Reading[] memory readings,
        uint256 since,
        uint256 until
    )
        internal
        view
        returns (address owner)
    {
        uint256 moment = readings[0].timestamp;
        require(
            moment <= until && moment <= block.timestamp && block.timestamp - moment <= MAX_AGE,
            DeviceEvidence_BadTime(device, moment, since, block.timestamp)
        );
        for (uint256 i = 0; i < readings.length; ++i) {
            uint256 time = readings[i].timestamp;
            require(
                time > since && time <= moment, DeviceEvidence_BadTime(device, time, since, block.timestamp)
            );
        }
        _requireInside(readings[0]);
        uint64 lastChange;
        bool revoked;
        (owner, lastChange, revoked) = DEVICES.statusOf(device);
        require(owner != address(0) && !revoked && lastChange <= since, DeviceEvidence_NotOwned(device));
    }

    function _answer(PebblePacket.Reading[] memory readings)
        internal
        view
        returns (bytes memory question, int256 answer)
    {
        if (address(MODELS) == address(0)) return ("", PebblePacket.valueOf(readings[0], BASE_FIELD));
        question = PacketQuestion.pack(_features, BASE_FIELD, readings);
        answer = MODELS.predictAt(MODEL_ID, VERSION, question);
    }

    function _requireInside(PebblePacket.Reading memory reading) private view {
        Region memory area = _region;
        if (area.south == 0 && area.north == 0 && area.west == 0 && area.east == 0) return;
        require(
            reading.measured >> PebblePacket.LATITUDE & 3 == 3, DeviceEvidence_OutsideRegion(reading.device)
        );
        int64 latitude = reading.values[PebblePacket.LATITUDE];
        int64 longitude = reading.values[PebblePacket.LONGITUDE];
        require(
            latitude >= area.south && latitude <= area.north && longitude >= area.west
                && longitude <= area.east,
            DeviceEvidence_OutsideRegion(reading.device)
        );
    }
}
