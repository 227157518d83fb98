// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Ask, Routing, Status } from "../../src/serving/MarketTypes.sol";
import { MarketWorld } from "../support/MarketWorld.sol";
import { AnswerKeeper } from "../support/PredictionReceivers.sol";

/// What each transaction costs, whole, as in Gas.t.sol; kept in snapshots/market.json.
///
/// forge-config: default.isolate = true
contract MarketGasTest is MarketWorld {
    uint256 private spent;
    string private kind;

    function test_oneServerByLot() public {
        openMarket(1, 1, Routing.Random, 8);
        kind = "1 of 8 servers by lot";
        // The first pays for slots that later ones find: the vault's credit, the server's, the turn.
        answerOne();
        spent = 0;
        answerOne();
        vm.snapshotValue("market", string.concat(kind, ": request to delivery, whole"), spent);
        vm.assertLt(spent, 750_000, "whole");
    }

    function test_oneServerByPrice() public {
        openMarket(1, 1, Routing.Price, 1);
        kind = "the 1 server there is, by price";
        answerOne();
        spent = 0;
        answerOne();
        vm.snapshotValue("market", string.concat(kind, ": request to delivery, whole"), spent);
    }

    function test_threeServersByLot() public {
        openMarket(3, 2, Routing.Random, 8);
        kind = "3 of 8 servers by lot";
        answerOne();
        spent = 0;
        answerOne();
        vm.snapshotValue("market", string.concat(kind, ": request to delivery, whole"), spent);
        vm.assertLt(spent, 1_250_000, "whole");
    }

    function test_routingAmong64() public {
        openMarket(15, 8, Routing.Random, 64);
        uint256 id = request();
        vm.roll(market.requestOf(id).seedBlock + 1);
        market.route(id);
        vm.assertLt(keep("15 of 64 servers by lot: route"), 1_500_000, "the longest draw");
    }

    function test_bonds() public {
        openMarket(3, 2, Routing.Random, 0);
        join(serverAt(0), PRICE, SERVER_BOND);
        keep("join");
        join(serverAt(1), PRICE, SERVER_BOND);
        join(serverAt(2), PRICE, SERVER_BOND);
        uint256 id = routed();
        answerAll(id, lie);
        address liar = seatAt(id, 0);
        vm.prank(stranger);
        market.slash(id, liar, question);
        keep("slash, without the model's own gas");
        vm.prank(liar);
        market.leave(model);
        keep("leave");
        usd.mint(splitters.splitterOf(model, liar), 1000);
        splitters.release(model, liar, address(usd));
        keep("release by a fee splitter, first");
        usd.mint(splitters.splitterOf(model, liar), 1000);
        splitters.release(model, liar, address(usd));
        keep("release by a fee splitter, later");
    }

    function answerOne() private {
        AnswerKeeper keeper = new AnswerKeeper();
        Ask memory asked = ask();
        (asked.receiver, asked.receiverGas) = (address(keeper), 50_000);
        uint256 id = measuredRequest(asked);
        if (market.requestOf(id).status == Status.Open) {
            vm.roll(market.requestOf(id).seedBlock + 1);
            market.route(id);
            add("route");
        }
        uint256 n = market.routedTo(id).length;
        for (uint256 i = 0; i < n; ++i) {
            seal(id, seatAt(id, i), truth);
            add("seal");
        }
        for (uint256 i = 0; i < n; ++i) {
            reveal(id, seatAt(id, i), truth);
            add(i + 1 == n / 2 + 1 ? "reveal that is final" : "reveal");
        }
        market.finish(id);
        add("finish");
        assert(market.deliver(id));
        add("deliver one word to be kept");
        vm.assertEq(keeper.answer(), int256(42), "kept");
    }

    function measuredRequest(Ask memory asked) private returns (uint256 id) {
        (, uint256 cost) = market.costOf(model);
        usd.mint(asker, 10 * cost);
        vm.startPrank(asker);
        usd.approve(address(market), type(uint256).max);
        id = market.request(asked);
        vm.stopPrank();
        add("request, two words");
    }

    function add(string memory name) private {
        spent += keep(string.concat(kind, ": ", name));
    }

    function keep(string memory name) private returns (uint256) {
        return vm.snapshotGasLastCall("market", name);
    }
}
