// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IRoundManager } from "../training/IRoundManager.sol";
import { IInferenceMarket } from "./IInferenceMarket.sol";
import { MarketServers } from "./MarketServers.sol";
import { Ask, Request, Routing, Seat, SeatState, Status, Terms } from "./MarketTypes.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice What is asked, and who is to answer. See {IInferenceMarket}.
abstract contract MarketRequests is MarketServers {
    using SafeCast for uint256;

    uint256 private constant MAX_INPUT = 64 * 32;
    uint256 private constant MAX_RECEIVER_GAS = 1_000_000;

    /// Blocks from a request to the one whose hash draws, and how long the chain remembers a hash.
    uint64 private constant SEED_DELAY = 2;
    uint256 private constant MEMORY = 256;

    /// @inheritdoc IInferenceMarket
    function request(Ask calldata ask) external payable nonReentrant returns (uint256 id) {
        (uint16 number, Terms memory terms) = _openTerms(ask.model);
        uint256 cost = _costOf(terms);
        _requireFair(ask, terms.token, cost);
        uint256 present = _lists[ask.model].length;
        require(present >= terms.servers, InferenceMarket_TooFewServers(ask.model, present, terms.servers));
        id = ++_requestsCount;
        Kept storage kept = _requests[id];
        kept.model = ask.model;
        kept.terms = number;
        kept.operatorsPart = splitters.operatorsPartOf(ask.model);
        kept.servers = terms.servers;
        kept.quorum = terms.quorum;
        kept.requester = msg.sender;
        kept.blockNumber = uint40(block.number);
        kept.requestedAt = uint40(block.timestamp);
        if (ask.refundTo != address(0) && ask.refundTo != msg.sender) kept.refundTo = ask.refundTo;
        if (ask.receiver != address(0)) (kept.receiver, kept.receiverGas) = (ask.receiver, ask.receiverGas);
        bytes32 version;
        (version, kept.provable) = _pin(ask.model, ask.version);
        (kept.version, kept.inputHash) = (version, keccak256(ask.input));
        kept.status = terms.routing == Routing.Random ? Status.Open : Status.Routed;
        emit Requested(id, ask.model, msg.sender, version, number, _seedBlockOf(kept, terms), cost, ask.input);
        if (terms.routing != Routing.Random) _seat(id, ask.model, number, terms, 0);
        _take(terms.token, cost);
    }

    /// @inheritdoc IInferenceMarket
    function route(uint256 id) external {
        Kept storage kept = _requests[id];
        _requireStatus(kept.status == Status.Open, id, kept.status);
        uint64 seedBlock = kept.blockNumber + SEED_DELAY;
        require(block.number > seedBlock, InferenceMarket_DrawTooEarly(id, seedBlock, block.number));
        bytes32 blockHash = blockhash(seedBlock);
        uint256 delay = block.timestamp - kept.requestedAt;
        require(blockHash != 0 && delay <= ROUTE_PERIOD, InferenceMarket_DrawMissed(id));
        kept.routeDelay = delay.toUint16();
        kept.status = Status.Routed;
        (address model, uint16 number) = (kept.model, kept.terms);
        bytes32 seed = keccak256(abi.encode(block.chainid, address(this), id, blockHash));
        _seat(id, model, number, _loadTerms(model, number), seed);
    }

    /// @inheritdoc IInferenceMarket
    function requestsCount() external view returns (uint256) {
        return _requestsCount;
    }

    /// @inheritdoc IInferenceMarket
    function requestOf(uint256 id) external view returns (Request memory found) {
        Kept storage kept = _requests[id];
        if (kept.status == Status.None) return found;
        Terms memory terms = _loadTerms(kept.model, kept.terms);
        found.model = kept.model;
        found.requester = kept.requester;
        found.refundTo = _refundTo(kept);
        found.receiver = kept.receiver;
        found.receiverGas = kept.receiverGas;
        found.version = kept.version;
        found.inputHash = kept.inputHash;
        found.terms = kept.terms;
        found.operatorsPart = kept.operatorsPart;
        found.status = kept.status;
        found.provable = kept.provable;
        found.delivered = kept.delivered;
        found.sealedCount = kept.sealedCount;
        found.revealedCount = kept.revealedCount;
        found.blockNumber = kept.blockNumber;
        found.seedBlock = _seedBlockOf(kept, terms);
        found.requestedAt = kept.requestedAt;
        found.cost = _costOf(terms);
        if (!_isRouted(id)) return found;
        found.routedAt = kept.requestedAt + kept.routeDelay;
        (found.sealBy, found.revealBy) = _deadlines(kept);
        found.slashableUntil = found.revealBy + SLASH_PERIOD;
    }

    /// @inheritdoc IInferenceMarket
    function routedTo(uint256 id) external view returns (Seat[] memory seats) {
        seats = new Seat[](_isRouted(id) ? _requests[id].servers : 0);
        for (uint256 i = 0; i < seats.length; ++i) {
            seats[i] = _seats[id][i];
        }
    }

    /// @inheritdoc IInferenceMarket
    function requestsOf(
        address server,
        uint256 first,
        uint256 count
    )
        external
        view
        returns (uint256[] memory ids)
    {
        ids = new uint256[](count);
        uint256 found = 0;
        for (uint256 id = first; id < first + count; ++id) {
            for (uint256 i = 0; i < _requests[id].servers; ++i) {
                if (_seats[id][i].server == server) ids[found++] = id;
            }
        }
        // Shortens the list to what was found.
        assembly ("memory-safe") {
            mstore(ids, found)
        }
    }

    /// Until when servers seal, and reveal.
    function _deadlines(Kept storage kept) internal view returns (uint64 sealBy, uint64 revealBy) {
        Terms memory terms = _loadTerms(kept.model, kept.terms);
        sealBy = uint64(kept.requestedAt) + kept.routeDelay + terms.sealSeconds;
        revealBy = sealBy + terms.revealSeconds;
    }

    function _isMissed(Kept storage kept) internal view returns (bool) {
        return block.number > kept.blockNumber + SEED_DELAY + MEMORY
            || block.timestamp > kept.requestedAt + ROUTE_PERIOD;
    }

    function _refundTo(Kept storage kept) internal view returns (address) {
        return kept.refundTo == address(0) ? kept.requester : kept.refundTo;
    }

    /// Names the servers with the lowest keys: a key's low byte is the place in the list, the rest is what the routing goes by.
    function _seat(uint256 id, address model, uint16 number, Terms memory terms, bytes32 seed) private {
        uint256[] memory keys = new uint256[](terms.servers);
        uint256 found = 0;
        address[] storage list = _lists[model];
        uint256 length = list.length;
        uint256 turn = terms.routing == Routing.RoundRobin && length != 0 ? _turns[model] % length : 0;
        for (uint256 i = 0; i < length; ++i) {
            Entry storage entry = _entries[model][list[i]];
            if (!_isEligible(entry, id, number, terms)) continue;
            uint256 key;
            if (terms.routing == Routing.Random) {
                key = uint256(keccak256(abi.encode(seed, list[i]))) >> 8;
            } else {
                key = terms.routing == Routing.Price ? entry.price : (i + length - turn) % length;
            }
            found = _insert(keys, found, (key << 8) | i);
        }
        require(found == keys.length, InferenceMarket_TooFewServers(model, found, terms.servers));
        address[] memory chosen = new address[](found);
        for (uint256 i = 0; i < found; ++i) {
            chosen[i] = list[uint8(keys[i])];
            _seats[id][i] = Seat(chosen[i], _entries[model][chosen[i]].price, SeatState.Routed);
        }
        if (terms.routing == Routing.RoundRobin) _turns[model] = uint8(keys[found - 1]) + 1;
        emit Routed(id, model, chosen);
    }

    /// Whoever came after the request is not drawn; whoever left after it still is.
    function _isEligible(
        Entry storage entry,
        uint256 id,
        uint16 number,
        Terms memory terms
    )
        private
        view
        returns (bool)
    {
        uint256 left = entry.left;
        return
            entry.terms == number && entry.bond >= terms.bond && entry.since < id && (left == 0 || id < left);
    }

    function _isRouted(uint256 id) private view returns (bool) {
        return _seats[id][0].server != address(0);
    }

    function _seedBlockOf(Kept storage kept, Terms memory terms) private view returns (uint64) {
        return terms.routing == Routing.Random ? kept.blockNumber + SEED_DELAY : 0;
    }

    /// The version that is asked, and whether the chain has its code.
    function _pin(address model, bytes32 asked) private view returns (bytes32 version, bool provable) {
        bytes32 modelId = bytes32(uint256(uint160(model)));
        version = asked;
        if (version == 0) {
            (version,,,) = registry.currentOf(modelId);
            // Only final versions are published.
            if (version != 0) return (version, true);
            version = IRoundManager(model).currentVersion();
        }
        bool final_ = version != 0 && IRoundManager(model).isFinalVersion(version);
        require(final_, InferenceMarket_BadVersion(model, version));
        (address implementation,,) = registry.publicationOf(modelId, version);
        provable = implementation != address(0);
    }

    function _requireFair(Ask calldata ask, address token, uint256 cost) private pure {
        uint256 length = ask.input.length;
        require(length != 0 && length % 32 == 0 && length <= MAX_INPUT, InferenceMarket_BadInput(length));
        require(ask.token == token, InferenceMarket_OtherToken(ask.token, token));
        require(cost <= ask.mostPaid, InferenceMarket_TooDear(cost, ask.mostPaid));
        bool called = ask.receiver != address(0);
        require(
            called == (ask.receiverGas != 0) && ask.receiverGas <= MAX_RECEIVER_GAS,
            InferenceMarket_BadReceiver(ask.receiver, ask.receiverGas)
        );
    }

    /// Puts a key in its place among the lowest so far, in rising order.
    function _insert(uint256[] memory keys, uint256 found, uint256 key) private pure returns (uint256) {
        uint256 i = found;
        if (found == keys.length) {
            if (key >= keys[found - 1]) return found;
            i = found - 1;
        } else {
            ++found;
        }
        for (; i != 0 && keys[i - 1] > key; --i) {
            keys[i] = keys[i - 1];
        }
        keys[i] = key;
        return found;
    }
}
