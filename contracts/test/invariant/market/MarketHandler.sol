// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {
    Ask,
    Request,
    Routing,
    Seat,
    SeatState,
    Server,
    Status,
    Terms
} from "../../../src/serving/MarketTypes.sol";
import { MarketWorld } from "../../support/MarketWorld.sol";
import { HostileToken, Mood, Trait, Trickster } from "../../support/Mischief.sol";
import { AnswerTaker, Taking } from "../../support/PredictionReceivers.sol";

/// @notice Sets terms, joins, leaves, asks, routes, seals, reveals, finishes, delivers, slashes, refunds and withdraws in any
/// order, with six servers of which one is a contract that takes coin as it likes, a receiver that takes answers as it likes, coin,
/// a good token and three hostile ones. What the market refuses is left alone.
contract MarketHandler is MarketWorld {
    uint256 public constant SERVERS = 6;
    uint256 public constant TOKENS = 5;
    uint256 private constant RECENT = 4;

    address[] public servers;
    /// All that can have a credit.
    address[] public accounts;
    address[] public tokens;
    AnswerTaker public taker = new AnswerTaker();
    Trickster public trickster = new Trickster();

    /// What was seen when it happened.
    mapping(uint256 id => bytes32) public seatsHash;
    mapping(uint256 id => mapping(address server => bytes)) private _given;
    uint256 public delivered;
    uint256 public finished;
    uint256 public refunded;
    uint256 public slashed;
    uint256 public withdrawn;
    uint256 public returned;
    uint256 public refusals;
    /// Servers that were routed though they had left or come too late.
    uint256 public wronglyRouted;
    /// Steps that were done twice.
    uint256 public repeated;

    constructor() {
        deployMarket();
        publishCode();
        for (uint256 i = 0; i + 1 < SERVERS; ++i) {
            servers.push(serverAt(i));
        }
        servers.push(address(trickster));
        tokens = [address(0), address(usd)];
        tokens.push(address(new HostileToken(Trait.Fee, asker, 1e30)));
        tokens.push(address(new HostileToken(Trait.SaysFalse, asker, 1e30)));
        tokens.push(address(new HostileToken(Trait.Calls, asker, 1e30)));
        for (uint256 i = 0; i < SERVERS; ++i) {
            accounts.push(servers[i]);
        }
        accounts.push(asker);
        accounts.push(stranger);
        accounts.push(address(vault));
        usd.mint(asker, 1e30);
        vm.prank(asker);
        usd.approve(address(market), type(uint256).max);
        planMischief();
        setTermsOf(1, 3, 0);
        for (uint256 i = 0; i < SERVERS; ++i) {
            join(i, 900 + i, 0);
        }
    }

    function setTermsOf(uint256 token_, uint256 n, uint256 routing) public {
        n = within(n, 1, 5);
        Terms memory terms = termsFor(uint8(n), uint8(n / 2 + 1), Routing(routing % 3));
        terms.token = tokens[token_ % TOKENS];
        setTerms(terms);
    }

    function join(uint256 who, uint256 price, uint256 more) public {
        uint16 number = termsNumber();
        address server = servers[who % SERVERS];
        bool there = market.serverOf(model, server).account != address(0);
        uint256 value = SERVER_BOND + within(more, 0, 1 ether);
        bytes memory call = abi.encodeWithSelector(
            there ? market.update.selector : market.join.selector,
            model,
            number,
            "http://server",
            uint80(within(price, 1, PRICE))
        );
        vm.deal(server, server.balance + value);
        if (!callAs(server, value, call)) ++refusals;
    }

    function leave(uint256 who) external {
        if (!callAs(servers[who % SERVERS], 0, abi.encodeCall(market.leave, (model)))) ++refusals;
    }

    function evict(uint256 who) external {
        if (!callAs(stranger, 0, abi.encodeCall(market.evict, (model, servers[who % SERVERS])))) ++refusals;
    }

    function withdrawBond(uint256 who) external {
        bytes memory call = abi.encodeCall(market.withdrawBond, (model, servers[who % SERVERS]));
        if (callAs(stranger, 0, call)) ++returned;
        else ++refusals;
    }

    function passTime(uint32 seconds_, uint8 kind) external {
        uint256 longest = kind % 8 == 0 ? 5 days : kind % 8 == 1 ? 2 hours : SEAL;
        vm.warp(block.timestamp + within(seconds_, 0, longest));
        vm.roll(block.number + (kind % 16 == 2 ? 300 : 1 + kind % 4));
    }

    function turn(uint8 mood, uint8 taking, bool on) external {
        trickster.turn(Mood(mood % 6));
        taker.turn(Taking(taking % 6));
        for (uint256 i = 2; i < TOKENS; ++i) {
            HostileToken(tokens[i]).turn(on);
        }
    }

    function makeRequest(bool called, bool elsewhere) public {
        (, Terms memory terms,) = market.termsOf(model);
        Ask memory asked = ask();
        asked.token = terms.token;
        if (called) (asked.receiver, asked.receiverGas) = (address(taker), 300_000);
        if (elsewhere) asked.refundTo = address(trickster);
        (, uint256 cost) = market.costOf(model);
        uint256 value = terms.token == address(0) ? cost : 0;
        vm.deal(asker, asker.balance + value);
        uint256 before = market.requestsCount();
        if (!callAs(asker, value, abi.encodeCall(market.request, (asked)))) ++refusals;
        else if (market.requestsCount() > before) noteSeats(market.requestsCount());
    }

    /// The next step of a recent request, whatever it is; `choice` says who does it and how.
    function advance(uint256 which, uint256 choice) public {
        uint256 id = pick(which);
        if (id == 0) return;
        Request memory found = market.requestOf(id);
        if (found.status == Status.Open) {
            if (block.number <= found.seedBlock) vm.roll(found.seedBlock + 1);
            if (!callAs(stranger, 0, abi.encodeCall(market.route, (id)))) ++refusals;
            else noteSeats(id);
            return;
        }
        Seat[] memory seats = market.routedTo(id);
        if (seats.length == 0) return;
        Seat memory seat = seats[choice % seats.length];
        if (seat.state == SeatState.Routed) sealAs(id, seat.server, choice);
        else if (seat.state == SeatState.Sealed) revealAs(id, seat.server);
    }

    /// All that a request needs to be final, for the depth of it.
    function advanceAll(uint256 which, uint256 choices) external {
        for (uint256 i = 0; i < 11; ++i) {
            advance(which, i + (((choices >> i) & 1) << 64));
        }
    }

    function finish(uint256 which) external {
        uint256 id = pick(which);
        bool before = id != 0 && market.requestOf(id).status != Status.Final;
        if (!callAs(stranger, 0, abi.encodeCall(market.finish, (id)))) return;
        ++finished;
        if (before) ++repeated;
    }

    function refund(uint256 which) external {
        if (callAs(stranger, 0, abi.encodeCall(market.refund, (pick(which))))) ++refunded;
    }

    function deliver(uint256 which, uint256 gasGiven) external {
        uint256 id = pick(which);
        bool before = market.requestOf(id).delivered;
        try market.deliver{ gas: within(gasGiven, 50_000, 5_000_000) }(id) {
            ++delivered;
            if (before) ++repeated;
        } catch { }
    }

    function slash(uint256 which, uint256 who) external {
        uint256 id = pick(which);
        Seat[] memory seats = market.routedTo(id);
        if (seats.length == 0) return;
        Seat memory seat = seats[who % seats.length];
        if (!callAs(stranger, 0, abi.encodeCall(market.slash, (id, seat.server, question)))) return;
        ++slashed;
        if (seat.state != SeatState.Revealed || keccak256(_given[id][seat.server]) == keccak256(truth)) {
            ++repeated;
        }
    }

    function withdraw(uint256 token_, uint256 who) external {
        address account = accounts[who % accounts.length];
        try market.withdraw{ gas: 3_000_000 }(tokens[token_ % TOKENS], account) returns (uint256 amount) {
            if (amount != 0) ++withdrawn;
        } catch {
            ++refusals;
        }
    }

    function accountsCount() external view returns (uint256) {
        return accounts.length;
    }

    function givenBy(uint256 id, address server) external view returns (bytes memory) {
        return _given[id][server];
    }

    function hashOfSeats(uint256 id) public view returns (bytes32) {
        Seat[] memory seats = market.routedTo(id);
        bytes memory all;
        for (uint256 i = 0; i < seats.length; ++i) {
            all = abi.encodePacked(all, seats[i].server, seats[i].price);
        }
        return keccak256(all);
    }

    function world() external view returns (address, address, address) {
        return (address(market), model, address(vault));
    }

    function holdings(uint256 token_) external view returns (uint256) {
        address token__ = tokens[token_];
        if (token__ == address(0)) return address(market).balance;
        if (token__ == address(usd)) return usd.balanceOf(address(market));
        return HostileToken(token__).truth(address(market));
    }

    function noteSeats(uint256 id) private {
        Seat[] memory seats = market.routedTo(id);
        if (seats.length == 0) return;
        seatsHash[id] = hashOfSeats(id);
        for (uint256 i = 0; i < seats.length; ++i) {
            Server memory server = market.serverOf(model, seats[i].server);
            if (server.since >= id || (server.left != 0 && server.left <= id)) ++wronglyRouted;
        }
    }

    function sealAs(uint256 id, address server, uint256 choice) private {
        bytes memory answer = choice >> 64 == 1 ? lie : truth;
        bytes32 sealed_ = market.sealHash(id, server, keccak256(answer), saltOf(server));
        if (!callAs(server, 0, abi.encodeCall(market.seal, (id, sealed_)))) ++refusals;
        else if (_given[id][server].length != 0) ++repeated;
        else _given[id][server] = answer;
    }

    function revealAs(uint256 id, address server) private {
        // Other than what was sealed first: it is never taken.
        bytes memory other = keccak256(_given[id][server]) == keccak256(truth) ? lie : truth;
        if (callAs(server, 0, abi.encodeCall(market.reveal, (id, other, saltOf(server))))) ++repeated;
        bytes memory call = abi.encodeCall(market.reveal, (id, _given[id][server], saltOf(server)));
        if (!callAs(server, 0, call)) ++refusals;
    }

    /// One of the last four; 0 if there is none.
    function pick(uint256 which) private view returns (uint256) {
        uint256 count = market.requestsCount();
        if (count == 0) return 0;
        return count - which % (count < RECENT ? count : RECENT);
    }

    function callAs(address account, uint256 value, bytes memory call) private returns (bool done) {
        if (account == address(trickster)) return trickster.act(address(market), value, call);
        vm.prank(account);
        (done,) = address(market).call{ value: value }(call);
    }

    /// What trickster, taker and the token that calls try whenever they are called.
    function planMischief() private {
        HostileToken calling = HostileToken(tokens[4]);
        Ask memory asked = ask();
        asked.token = address(calling);
        bytes[4] memory calls = [
            abi.encodeCall(market.withdraw, (address(0), address(trickster))),
            abi.encodeCall(market.withdraw, (address(calling), address(trickster))),
            abi.encodeCall(market.request, (asked)),
            abi.encodeCall(market.deliver, (1))
        ];
        for (uint256 i = 0; i < 4; ++i) {
            calling.plan(address(market), calls[i]);
            trickster.plan(address(market), calls[i]);
            taker.plan(address(market), calls[i]);
        }
    }
}
