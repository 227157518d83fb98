// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IBatchRegistry } from "../../data/IBatchRegistry.sol";
import { EnvelopePacket } from "../../device/EnvelopePacket.sol";
import { IDeviceRegistry } from "../../device/IDeviceRegistry.sol";
import { WholeBatch } from "./WholeBatch.sol";

/// @notice What is covered; fixed when the contract is deployed.
/// @param batches where stations' days are entered
/// @param lister who vouches for the stations
/// @param stations devices whose word counts, rising; 1 to 16, each of another owner, none of them a party's
/// @param needed of them that must show a bad day: more than half, so that it is bad in the median of all
/// @param channel, unit, exponent of the value, as stations sign it: "pm2_5", "ug/m3", 0
/// @param threshold a day whose mean is this or more is bad; in steps of the exponent
/// @param hoursNeeded of the day that must have a value; 1 to 24. US EPA and Chinese HJ 663 ask for 18 and 20
/// @param firstDay, lastDay days since 1970-01-01 (UTC), both covered; none of them had begun at deployment
/// @param showWithin seconds after a day's end in which its evidence counts
/// @param beneficiary who is paid
/// @param sponsor who gets what was not paid
/// @param amount wei for a bad day
/// @param mostDays days that are paid at most; the constructor takes exactly amount * mostDays
struct Cover {
    IBatchRegistry batches;
    address lister;
    address[] stations;
    uint8 needed;
    string channel;
    string unit;
    int8 exponent;
    int64 threshold;
    uint8 hoursNeeded;
    uint32 firstDay;
    uint32 lastDay;
    uint64 showWithin;
    address beneficiary;
    address sponsor;
    uint128 amount;
    uint16 mostDays;
}

/// @title Pay for days of bad air, by what stations signed
/// @notice An example of a consumer. A sponsor pays in what the cover can ever cost; each day on which more than half of
/// the stations named measured bad air pays the beneficiary. Anybody may bring the evidence, and nobody gives a number:
/// the contract reads the packets and takes the mean of the day's hours itself, as air quality indices do.
///
/// EVIDENCE. A station's day is shown whole: all packets under the root that its owner entered in the batch registry for
/// that day, once and for ever, after the day was over. So whoever brings it cannot leave out the clean hours, and who
/// entered it did so for training as well. Each packet carries the device's signature. A station shows a day once.
///
/// STATIONS. They are named at deployment, when none of the days covered had begun. One that changes hands or is revoked
/// counts no more; one that its lister stops counts for days that were over by then. A station that shows nothing counts
/// as clean, so fewer stations never pay more.
///
/// MONEY. All that can be paid is there from the first. Payouts are credited and fetched, so no receiver can stop anybody.
/// What is left is the sponsor's once nothing can be shown any more.
///
/// WHAT IT DOES NOT PROTECT AGAINST. `needed` owners together say what they like. An owner can smoke into a station, leave
/// packets out of the batch that it enters, or enter none. A device's clock may be wrong. Days are UTC days, as batches
/// are. A packet may show in several covers. Money on an example should be small.
contract BadAirDays {
    uint256 private constant MAX_STATIONS = 16;
    uint256 private constant MAX_PACKETS = 288;
    uint256 private constant HOURS = 24;

    IBatchRegistry public immutable BATCHES;
    IDeviceRegistry public immutable DEVICES;
    address public immutable LISTER;
    uint256 public immutable NEEDED;
    bytes32 public immutable LABEL;
    int64 public immutable THRESHOLD;
    uint256 public immutable HOURS_NEEDED;
    uint32 public immutable FIRST_DAY;
    uint32 public immutable LAST_DAY;
    uint64 public immutable SHOW_WITHIN;
    address public immutable BENEFICIARY;
    address public immutable SPONSOR;
    uint256 public immutable AMOUNT;
    uint256 public immutable MOST_DAYS;

    /// @notice Unix seconds; a station that changed hands since does not count.
    uint64 public immutable DEPLOYED_AT;

    /// @notice Who owned a station at deployment; zero for a device whose word does not count.
    mapping(address device => address) public stationOwner;

    /// @notice Whether a station has shown a day.
    mapping(uint32 day => mapping(address device => bool)) public hasShown;

    /// @notice Stations that showed a bad day; it is paid when they are `NEEDED`, if any pay is left.
    mapping(uint32 day => uint256) public badStations;

    /// @notice Days paid.
    uint256 public paidDays;

    /// @notice Whether the sponsor's rest was credited.
    bool public isClosed;

    /// @notice Credits, wei.
    mapping(address account => uint256) public owed;

    event Shown(uint32 indexed day, address indexed device, int64 mean, uint256 hoursMeasured);
    event Paid(uint32 indexed day, address indexed beneficiary, uint256 amount);
    event Closed(address indexed sponsor, uint256 rest);
    event Withdrawn(address indexed account, uint256 amount);

    error BadAirDays_BadCover();
    error BadAirDays_BadPayment(uint256 sent, uint256 due);
    /// @notice Not listed, without an owner, revoked, a party's, of an owner named before, or out of order.
    error BadAirDays_BadStation(address device);
    error BadAirDays_NotCovered(uint32 day);
    /// @notice The day is not over, or was over for too long; unix seconds.
    error BadAirDays_BadTime(uint32 day, uint256 present);
    error BadAirDays_NoStation(address device);
    /// @notice It changed hands, was revoked, or its lister stopped it before the day was over.
    error BadAirDays_StationLost(address device);
    error BadAirDays_AlreadyShown(uint32 day, address device);
    error BadAirDays_BadCount(uint256 packets);
    /// @notice Of another day, or not later than the packet before.
    error BadAirDays_BadOrder(uint32 day, uint64 timestamp);
    /// @notice These are not the packets that the owner entered for this day, or it entered them before it was over.
    error BadAirDays_NotEntered(uint32 day, address device);
    error BadAirDays_TooFewHours(uint32 day, address device, uint256 measured);
    error BadAirDays_NotYet(uint256 from);
    error BadAirDays_NothingOwed(address account);
    error BadAirDays_NotTaken(address account);

    constructor(Cover memory cover) payable {
        uint256 count = cover.stations.length;
        require(
            address(cover.batches) != address(0) && cover.lister != address(0) && count <= MAX_STATIONS
                && cover.needed <= count && uint256(cover.needed) * 2 > count && cover.hoursNeeded != 0
                && cover.hoursNeeded <= HOURS && cover.threshold > 0
                && cover.firstDay > block.timestamp / 1 days && cover.firstDay <= cover.lastDay
                && cover.showWithin != 0 && cover.showWithin <= 365 days && cover.beneficiary != address(0)
                && cover.sponsor != address(0) && cover.mostDays != 0,
            BadAirDays_BadCover()
        );
        uint256 due = uint256(cover.amount) * cover.mostDays;
        require(msg.value == due && due != 0, BadAirDays_BadPayment(msg.value, due));
        BATCHES = cover.batches;
        DEVICES = cover.batches.deviceRegistry();
        LISTER = cover.lister;
        NEEDED = cover.needed;
        LABEL = EnvelopePacket.labelOf(cover.channel, cover.unit, cover.exponent);
        THRESHOLD = cover.threshold;
        HOURS_NEEDED = cover.hoursNeeded;
        (FIRST_DAY, LAST_DAY) = (cover.firstDay, cover.lastDay);
        SHOW_WITHIN = cover.showWithin;
        (BENEFICIARY, SPONSOR) = (cover.beneficiary, cover.sponsor);
        (AMOUNT, MOST_DAYS) = (cover.amount, cover.mostDays);
        DEPLOYED_AT = uint64(block.timestamp);
        _name(cover);
    }

    /// @notice Shows a station's day; by anybody. Pays, if with it enough stations showed a bad one.
    /// @param packets all that the station's owner entered for the day, in their order
    function show(uint32 day, address device, bytes[] calldata packets) external {
        require(day >= FIRST_DAY && day <= LAST_DAY, BadAirDays_NotCovered(day));
        uint256 end = (uint256(day) + 1) * 1 days;
        require(
            block.timestamp >= end && block.timestamp <= end + SHOW_WITHIN,
            BadAirDays_BadTime(day, block.timestamp)
        );
        require(!hasShown[day][device], BadAirDays_AlreadyShown(day, device));
        address owner = _requireStation(device, end);
        (bytes32 root, int64 mean, uint256 measured) = _readDay(day, device, packets);
        _requireEntered(day, device, keccak256(abi.encode(root, owner)), end);
        require(measured >= HOURS_NEEDED, BadAirDays_TooFewHours(day, device, measured));
        hasShown[day][device] = true;
        emit Shown(day, device, mean, measured);
        if (mean < THRESHOLD) return;
        if (++badStations[day] == NEEDED && paidDays < MOST_DAYS) {
            ++paidDays;
            owed[BENEFICIARY] += AMOUNT;
            emit Paid(day, BENEFICIARY, AMOUNT);
        }
    }

    /// @notice Credits the sponsor what was not paid, once no day can be shown any more; by anybody, once.
    function close() external {
        uint256 from = (uint256(LAST_DAY) + 1) * 1 days + SHOW_WITHIN + 1;
        require(block.timestamp >= from && !isClosed, BadAirDays_NotYet(from));
        isClosed = true;
        uint256 rest = AMOUNT * (MOST_DAYS - paidDays);
        owed[SPONSOR] += rest;
        emit Closed(SPONSOR, rest);
    }

    /// @notice Pays an account its credit; by anybody.
    function withdraw(address account) external {
        uint256 amount = owed[account];
        require(amount != 0, BadAirDays_NothingOwed(account));
        owed[account] = 0;
        emit Withdrawn(account, amount);
        // The credit is gone before the call, and what the account answers is not read.
        // slither-disable-next-line low-level-calls,arbitrary-send-eth
        (bool taken,) = account.call{ value: amount }("");
        require(taken, BadAirDays_NotTaken(account));
    }

    /// @notice What a station's packets of a day say, entered or not; for whoever wants to see it before paying for a
    /// transaction.
    /// @return root what their owner has to have entered
    /// @return mean of the hours measured, cut to whole steps
    /// @return measured hours with a value
    function dayOf(
        uint32 day,
        address device,
        bytes[] calldata packets
    )
        external
        view
        returns (bytes32 root, int64 mean, uint256 measured)
    {
        return _readDay(day, device, packets);
    }

    function _name(Cover memory cover) private {
        address[] memory owners = new address[](cover.stations.length);
        for (uint256 i = 0; i < cover.stations.length; ++i) {
            address device = cover.stations[i];
            // The time of the last change does not matter yet.
            // slither-disable-next-line unused-return
            (address owner,, bool revoked) = DEVICES.statusOf(device);
            require(
                (i == 0 || device > cover.stations[i - 1]) && owner != address(0) && !revoked
                    && owner != cover.beneficiary && owner != cover.sponsor
                    && DEVICES.isListed(LISTER, device),
                BadAirDays_BadStation(device)
            );
            for (uint256 j = 0; j < i; ++j) {
                require(owners[j] != owner, BadAirDays_BadStation(device));
            }
            owners[i] = owner;
            stationOwner[device] = owner;
        }
    }

    function _requireStation(address device, uint256 end) private view returns (address owner) {
        require(stationOwner[device] != address(0), BadAirDays_NoStation(device));
        uint64 lastChange;
        bool revoked;
        (owner, lastChange, revoked) = DEVICES.statusOf(device);
        // When it was listed does not matter any more.
        // slither-disable-next-line unused-return
        (, uint64 stoppedAt) = DEVICES.listingOf(LISTER, device);
        // The owner as well: a device may change hands later in the very second of the deployment.
        require(
            owner == stationOwner[device] && lastChange <= DEPLOYED_AT && !revoked
                && (stoppedAt == 0 || stoppedAt >= end),
            BadAirDays_StationLost(device)
        );
    }

    /// @param named what the registry keeps 24 bytes of, with the time of entry in the other 8
    function _requireEntered(uint32 day, address device, bytes32 named, uint256 end) private view {
        uint256 entry = uint256(BATCHES.entryOf(device, day));
        require(
            entry >> 64 == uint256(named) >> 64 && entry & type(uint64).max >= end,
            BadAirDays_NotEntered(day, device)
        );
    }

    /// The root over all packets, and the mean of the means of the hours that have a value: so a station that sends more
    /// often in one hour weighs that hour no more.
    function _readDay(
        uint32 day,
        address device,
        bytes[] calldata packets
    )
        private
        view
        returns (bytes32 root, int64 mean, uint256 measured)
    {
        uint256 count = packets.length;
        require(count != 0 && count <= MAX_PACKETS, BadAirDays_BadCount(count));
        bytes32[] memory nodes = new bytes32[](count);
        int256[HOURS] memory sums;
        int256[HOURS] memory values;
        WholeBatch.Place memory place = WholeBatch.start();
        for (uint256 i = 0; i < count; ++i) {
            EnvelopePacket.Reading memory reading = EnvelopePacket.read(packets[i], device, LABEL);
            uint64 time = reading.timestamp;
            require(
                time / 1 days == day && (i == 0 || time > place.timestamp), BadAirDays_BadOrder(day, time)
            );
            nodes[i] = WholeBatch.leaf(place, time, packets[i]);
            if (!reading.isMeasured) continue;
            uint256 hour = time % 1 days / 1 hours;
            sums[hour] += reading.value;
            ++values[hour];
        }
        root = WholeBatch.rootOf(nodes);
        int256 sum = 0;
        for (uint256 hour = 0; hour < HOURS; ++hour) {
            if (values[hour] == 0) continue;
            sum += sums[hour] / values[hour];
            ++measured;
        }
        // A mean lies between the values, each of which is an int64, and there are at most 24 hours.
        // forge-lint: disable-next-line(unsafe-typecast)
        if (measured != 0) mean = int64(sum / int256(measured));
    }
}
