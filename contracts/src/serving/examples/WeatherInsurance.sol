// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { PebblePacket } from "../../device/PebblePacket.sol";
import { Asking, DeviceEvidence } from "./DeviceEvidence.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice What is sold; fixed when the contract is deployed.
/// @param insurer whose coin backs the policies, and who gets what is left
/// @param premiumBps premium, ten-thousandths of the payout, rounded up; 1 to 10,000
/// @param wait seconds from purchase to the begin of cover: who sees the weather coming buys too late
/// @param cover seconds that cover lasts
/// @param threshold of the model's answer, in its unit
/// @param above whether an answer pays from the threshold up, or from it down
/// @param needed devices, each of another owner, that must show it; 1 to 8
struct Product {
    address insurer;
    uint16 premiumBps;
    uint64 wait;
    uint64 cover;
    int256 threshold;
    bool above;
    uint8 needed;
}

/// @notice The packets of one device.
struct Shown {
    address device;
    bytes[] packets;
}

/// @title Weather insurance that pays by what devices signed
/// @notice An example of a consumer. A buyer insures against an event: the pinned version of a model answers at or
/// over (or under) the threshold, about packets that devices sent while the cover lasted. The contract reads the
/// packets, makes the question and asks; nobody gives it a number, and anybody may bring the packets.
///
/// DEVICES. A policy names up to eight that the lister vouches for when it is bought. Those of the insured never count,
/// nor those that changed hands since. A device that the lister stops counts up to then: an insurer that lists cannot
/// undo a packet. Where several are needed they are of different owners.
///
/// MONEY. Every payout is reserved in full when its policy is bought; the insurer takes out no more than is free.
/// Payouts are credited and fetched, so no receiver can stop anybody. A packet pays once, over all policies.
///
/// WHAT IT DOES NOT PROTECT AGAINST. The owner of a device can heat it, wet it or carry it off, and can share what the
/// insured gets, under another account too; each further `needed` owner has to be won as well. An owner who revokes or
/// gives away a device leaves the insured without it. A lister that lies. A buyer who knows the weather
/// further ahead than `wait`. A model that is wrong: it was looked at, by its version, before it was pinned. Two policies
/// on one device need two packets. Money on an example should be small.
contract WeatherInsurance is DeviceEvidence {
    // slots: insured (20 bytes), boughtAt (8); until (8), payout (16); seconds, wei. Payout 0: ended.
    struct Policy {
        address insured;
        uint64 boughtAt;
        uint64 until;
        uint128 payout;
    }

    uint256 private constant BPS = 10_000;
    uint256 private constant MAX_DEVICES = 8;

    address public immutable INSURER;
    uint256 public immutable PREMIUM_BPS;
    uint64 public immutable WAIT;
    uint64 public immutable COVER;
    int256 public immutable THRESHOLD;
    bool public immutable ABOVE;
    uint256 public immutable NEEDED;

    /// @notice Coin that backs policies, and its part that policies may still take, wei.
    uint256 public pool;
    uint256 public reserved;

    /// @notice Credits, wei: of an account, and of all.
    mapping(address account => uint256) public owed;
    uint256 public totalOwed;

    /// @notice Policies sold; their ids are 1 to this.
    uint256 public count;

    /// @notice Whether this packet paid before ({PebblePacket.keyOf}).
    mapping(bytes32 key => bool) public hasPaid;

    mapping(uint256 id => Policy) private _policies;
    // The owner when the policy was bought; zero for a device that it does not name.
    mapping(uint256 id => mapping(address device => address owner)) private _owners;

    event Funded(address indexed from, uint256 amount);
    event Bought(uint256 indexed id, address indexed insured, uint256 payout, uint64 from, uint64 until);
    event Paid(uint256 indexed id, address indexed insured, uint256 payout);
    event Expired(uint256 indexed id);
    event Released(uint256 amount);
    event Withdrawn(address indexed account, uint256 amount);

    error WeatherInsurance_BadProduct();
    error WeatherInsurance_BadPremium(uint256 sent, uint256 due);
    /// @notice Not so many devices as the product needs, or more than eight.
    error WeatherInsurance_BadCount(uint256 devices);
    /// @notice Devices come in rising order of their addresses, so that each comes once.
    error WeatherInsurance_BadOrder(address device);
    error WeatherInsurance_NotListed(address device);
    /// @notice The insured owns it, or another device shown is of the same owner.
    error WeatherInsurance_BadOwner(address device, address owner);
    error WeatherInsurance_NotNamed(uint256 id, address device);
    error WeatherInsurance_NotOpen(uint256 id);
    error WeatherInsurance_PacketUsed(address device, uint32 timestamp);
    error WeatherInsurance_NoEvent(address device, int256 answer);
    error WeatherInsurance_NotFree(uint256 amount, uint256 free);
    error WeatherInsurance_NotInsurer(address sender);
    error WeatherInsurance_NotYet(uint256 from);
    error WeatherInsurance_NothingOwed(address account);
    error WeatherInsurance_NotTaken(address account);

    constructor(Asking memory asking, Product memory product) DeviceEvidence(asking) {
        require(
            product.insurer != address(0) && product.premiumBps != 0 && product.premiumBps <= BPS
                && product.cover != 0 && product.cover <= 3650 days && product.wait <= 365 days
                && product.needed != 0 && product.needed <= MAX_DEVICES,
            WeatherInsurance_BadProduct()
        );
        INSURER = product.insurer;
        PREMIUM_BPS = product.premiumBps;
        WAIT = product.wait;
        COVER = product.cover;
        THRESHOLD = product.threshold;
        ABOVE = product.above;
        NEEDED = product.needed;
    }

    /// @notice Adds coin that backs policies; the insurer's from then on, whoever brought it.
    function fund() external payable {
        pool += msg.value;
        emit Funded(msg.sender, msg.value);
    }

    /// @notice Buys a policy for the sender, with exactly its premium; its payout must be free.
    /// @param payout wei
    /// @param devices whose packets count, rising; listed, owned by others than the sender
    function buy(uint128 payout, address[] calldata devices) external payable returns (uint256 id) {
        uint256 due = premiumOf(payout);
        require(msg.value == due && due != 0, WeatherInsurance_BadPremium(msg.value, due));
        require(payout <= free() + due, WeatherInsurance_NotFree(payout, free() + due));
        require(
            devices.length >= NEEDED && devices.length <= MAX_DEVICES,
            WeatherInsurance_BadCount(devices.length)
        );
        id = ++count;
        address last = address(0);
        for (uint256 i = 0; i < devices.length; ++i) {
            address device = devices[i];
            require(device > last, WeatherInsurance_BadOrder(device));
            last = device;
            require(DEVICES.isListed(LISTER, device), WeatherInsurance_NotListed(device));
            (address owner,, bool revoked) = DEVICES.statusOf(device);
            require(owner != address(0) && !revoked, DeviceEvidence_NotOwned(device));
            require(owner != msg.sender, WeatherInsurance_BadOwner(device, owner));
            _owners[id][device] = owner;
        }
        pool += due;
        reserved += payout;
        uint64 until = uint64(block.timestamp) + WAIT + COVER;
        _policies[id] = Policy(msg.sender, uint64(block.timestamp), until, payout);
        emit Bought(id, msg.sender, payout, uint64(block.timestamp) + WAIT, until);
    }

    /// @notice Credits a policy's payout, if the packets shown earn it; by anybody, in the time of cover or up to the
    /// age that a packet may have after it.
    /// @param shown exactly as many devices as are needed, rising; all packets of each, the newest first
    function claim(uint256 id, Shown[] calldata shown) external {
        Policy memory policy = _openPolicy(id);
        require(shown.length == NEEDED, WeatherInsurance_BadCount(shown.length));
        address[] memory owners = new address[](shown.length);
        for (uint256 i = 0; i < shown.length; ++i) {
            address device = shown[i].device;
            require(i == 0 || device > shown[i - 1].device, WeatherInsurance_BadOrder(device));
            require(_owners[id][device] != address(0), WeatherInsurance_NotNamed(id, device));
            owners[i] = _requireEvent(policy, device, shown[i].packets);
            // `lastChange` alone lets a device change hands later in the very second of the purchase.
            // This owner was not the insured then, so it is not now.
            require(owners[i] == _owners[id][device], DeviceEvidence_NotOwned(device));
            for (uint256 j = 0; j < i; ++j) {
                require(owners[j] != owners[i], WeatherInsurance_BadOwner(device, owners[i]));
            }
        }
        _policies[id].payout = 0;
        reserved -= policy.payout;
        pool -= policy.payout;
        _credit(policy.insured, policy.payout);
        emit Paid(id, policy.insured, policy.payout);
    }

    /// @notice Frees what a policy reserved, once no packet can earn it any more; by anybody.
    function expire(uint256 id) external {
        Policy memory policy = _openPolicy(id);
        uint256 last = uint256(policy.until) + MAX_AGE;
        require(block.timestamp > last, WeatherInsurance_NotYet(last + 1));
        _policies[id].payout = 0;
        reserved -= policy.payout;
        emit Expired(id);
    }

    /// @notice Credits the insurer what is free, or less; only the insurer.
    function release(uint256 amount) external {
        require(msg.sender == INSURER, WeatherInsurance_NotInsurer(msg.sender));
        require(amount <= free(), WeatherInsurance_NotFree(amount, free()));
        pool -= amount;
        _credit(INSURER, amount);
        emit Released(amount);
    }

    /// @notice Pays an account its credit; by anybody.
    function withdraw(address account) external {
        uint256 amount = owed[account];
        require(amount != 0, WeatherInsurance_NothingOwed(account));
        owed[account] = 0;
        totalOwed -= amount;
        emit Withdrawn(account, amount);
        // The credit is gone before the call, and what the account answers is not read.
        // slither-disable-next-line low-level-calls,arbitrary-send-eth
        (bool taken,) = account.call{ value: amount }("");
        require(taken, WeatherInsurance_NotTaken(account));
    }

    /// @notice A policy; times in unix seconds, cover begins `WAIT` after the purchase. A payout of 0: it has ended.
    function policyOf(uint256 id) external view returns (Policy memory) {
        return _policies[id];
    }

    /// @notice Whether a policy names a device.
    function isNamed(uint256 id, address device) external view returns (bool) {
        return _owners[id][device] != address(0);
    }

    /// @notice What a payout costs, wei.
    function premiumOf(uint256 payout) public view returns (uint256) {
        return Math.mulDiv(payout, PREMIUM_BPS, BPS, Math.Rounding.Ceil);
    }

    /// @notice Coin that no policy may take, wei.
    function free() public view returns (uint256) {
        return pool - reserved;
    }

    /// Reverts unless these packets of a device show the event under this policy, each for the first time.
    function _requireEvent(
        Policy memory policy,
        address device,
        bytes[] calldata packets
    )
        private
        returns (address owner)
    {
        PebblePacket.Reading[] memory readings = _read(device, packets);
        uint256 since = uint256(policy.boughtAt) + WAIT;
        owner = _requireEvidence(device, readings, since, policy.until);
        _requireOwnedSince(device, policy.boughtAt);
        (, uint64 stoppedAt) = DEVICES.listingOf(LISTER, device);
        require(stoppedAt == 0 || readings[0].timestamp < stoppedAt, WeatherInsurance_NotListed(device));
        for (uint256 i = 0; i < readings.length; ++i) {
            bytes32 key = PebblePacket.keyOf(readings[i]);
            require(!hasPaid[key], WeatherInsurance_PacketUsed(device, readings[i].timestamp));
            hasPaid[key] = true;
        }
        (, int256 answer) = _answer(readings);
        require(ABOVE ? answer >= THRESHOLD : answer <= THRESHOLD, WeatherInsurance_NoEvent(device, answer));
    }

    function _requireOwnedSince(address device, uint256 time) private view {
        (, uint64 lastChange,) = DEVICES.statusOf(device);
        require(lastChange <= time, DeviceEvidence_NotOwned(device));
    }

    function _credit(address account, uint256 amount) private {
        owed[account] += amount;
        totalOwed += amount;
    }

    function _openPolicy(uint256 id) private view returns (Policy memory policy) {
        policy = _policies[id];
        require(policy.payout != 0, WeatherInsurance_NotOpen(id));
    }
}
