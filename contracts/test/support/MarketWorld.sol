// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IRevenueVault } from "../../src/ledger/IRevenueVault.sol";
import { FeeSplitters } from "../../src/serving/FeeSplitters.sol";
import { InferenceMarket } from "../../src/serving/InferenceMarket.sol";
import { Ask, Request, Routing, Seat, SeatState, Status, Terms } from "../../src/serving/MarketTypes.sol";
import { OnchainModels } from "../../src/serving/OnchainModels.sol";
import { PlainToken } from "./PaymentTokens.sol";
import { World } from "./World.sol";

/// @notice A model whose version is on chain and answers its question's first word, its market, servers, and who asks. The
/// model's publisher, and so its ruler, is `founder`.
abstract contract MarketWorld is World {
    uint80 internal constant PRICE = 1001;
    uint80 internal constant SERVER_BOND = 1 ether;
    uint32 internal constant SEAL = 60;
    uint32 internal constant REVEAL = 40;

    OnchainModels internal registry = new OnchainModels();
    FeeSplitters internal splitters = new FeeSplitters();
    InferenceMarket internal market = new InferenceMarket(registry, splitters);
    PlainToken internal usd = new PlainToken();

    address internal asker = vm.addr(0xA5);
    address internal stranger = vm.addr(0x57A);
    address internal model;
    IRevenueVault internal vault;
    bytes32 internal version;
    bytes internal question = abi.encode(uint256(42), uint256(7));
    bytes internal truth = abi.encode(uint256(42));
    bytes internal lie = abi.encode(uint256(43));

    function deployMarket() internal {
        deployModel();
        model = address(manager);
        runRound(1000e18, keccak256("root"), 1);
        version = manager.currentVersion();
        vault = IRevenueVault(splitters.vaultOf(model));
    }

    /// Returns the first word of the question.
    function publishCode() internal {
        vm.startPrank(founder);
        registry.publish(model, version, "file", hex"5f355f5260205ff3");
        registry.promote(model, version);
        vm.stopPrank();
    }

    function termsFor(uint8 n, uint8 k, Routing routing) internal view returns (Terms memory) {
        return Terms(address(usd), PRICE, n, k, routing, SEAL, REVEAL, SERVER_BOND);
    }

    function setTerms(Terms memory terms) internal {
        vm.prank(founder);
        market.setTerms(model, terms);
    }

    /// A market with its code on chain, n servers to a request of which k decide, and `present` servers.
    function openMarket(uint8 n, uint8 k, Routing routing, uint256 present) internal {
        deployMarket();
        publishCode();
        setTerms(termsFor(n, k, routing));
        for (uint256 i = 0; i < present; ++i) {
            join(serverAt(i), PRICE, SERVER_BOND);
        }
    }

    function serverAt(uint256 i) internal pure returns (address) {
        return vm.addr(0x5E00 + i);
    }

    function termsNumber() internal view returns (uint16 number) {
        (number,,) = market.termsOf(model);
    }

    function join(address server, uint80 price, uint256 bond) internal {
        vm.deal(server, server.balance + bond);
        uint16 number = termsNumber();
        vm.prank(server);
        market.join{ value: bond }(model, number, "http://server", price);
    }

    function ask() internal view returns (Ask memory) {
        return Ask(model, 0, question, address(usd), type(uint256).max, address(0), 0, address(0));
    }

    function request() internal returns (uint256) {
        return request(ask());
    }

    function request(Ask memory asked) internal returns (uint256 id) {
        (address token, uint256 cost) = market.costOf(model);
        if (token == address(0)) {
            vm.deal(asker, asker.balance + cost);
            vm.prank(asker);
            return market.request{ value: cost }(asked);
        }
        usd.mint(asker, cost);
        vm.startPrank(asker);
        usd.approve(address(market), cost);
        id = market.request(asked);
        vm.stopPrank();
    }

    function route(uint256 id) internal {
        vm.roll(market.requestOf(id).seedBlock + 1);
        market.route(id);
    }

    /// A request whose servers are named.
    function routed() internal returns (uint256 id) {
        id = request();
        if (market.requestOf(id).status == Status.Open) route(id);
    }

    function saltOf(address server) internal pure returns (bytes32) {
        return keccak256(abi.encode("salt", server));
    }

    function seatAt(uint256 id, uint256 i) internal view returns (address) {
        return market.routedTo(id)[i].server;
    }

    function seal(uint256 id, address server, bytes memory answer) internal {
        bytes32 sealed_ = market.sealHash(id, server, keccak256(answer), saltOf(server));
        vm.prank(server);
        market.seal(id, sealed_);
    }

    function reveal(uint256 id, address server, bytes memory answer) internal {
        vm.prank(server);
        market.reveal(id, answer, saltOf(server));
    }

    /// All servers of a request give this answer; nothing is finished.
    function answerAll(uint256 id, bytes memory answer) internal {
        Seat[] memory seats = market.routedTo(id);
        for (uint256 i = 0; i < seats.length; ++i) {
            seal(id, seats[i].server, answer);
        }
        for (uint256 i = 0; i < seats.length; ++i) {
            reveal(id, seats[i].server, answer);
        }
    }

    function statusOf(uint256 id) internal view returns (uint256) {
        return uint256(market.requestOf(id).status);
    }

    function requireStatus(uint256 id, Status status, string memory what) internal view {
        vm.assertEq(statusOf(id), uint256(status), what);
    }

    function bondOf(address server) internal view returns (uint256) {
        return market.serverOf(model, server).bond;
    }
}
