// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OfferingBooks, OfferingTerms } from "../../src/ledger/IModelOffering.sol";
import { OfferingWorld } from "../support/OfferingWorld.sol";
import { OfferedToken, PlainToken } from "../support/PaymentTokens.sol";

/// Whole sales against a plain model in Python, written in fractions (scripts/write_vectors.py).
contract OfferingVectorsTest is OfferingWorld {
    string private json;
    uint256 private count;

    function test_everySaleEndsAsThePlainModelSays() public {
        json = vm.readFile("../vectors/offering.json");
        for (; vm.keyExistsJson(json, at("offered")); ++count) {
            play();
        }
        vm.assertEq(count, 30, "all cases");
    }

    function play() private {
        (token, pay) = (new OfferedToken(), new PlainToken());
        OfferingTerms memory terms = defaults();
        terms.offered = number("offered");
        terms.price = number("price");
        terms.minimum = number("minimum");
        terms.capPerBuyer = number("cap");
        terms.firstBps = uint32(number("firstBps"));
        terms.milestoneRounds = uint32(number("rounds"));
        found(terms);
        vm.assertEq(offering.target(), number("target"), at("target"));
        openNow();
        uint256 buyers = number("buyers");
        for (uint256 i = 0; i < buyers; ++i) {
            vm.assertEq(pays(buyerAt(i), number("brought", i)), number("paid", i), at("paid"));
        }
        closeNow();
        offering.settle();
        vm.assertEq(offering.release(), number("first"), at("first"));
        for (uint256 i = 0; i < buyers; ++i) {
            vm.assertEq(offering.refund(buyerAt(i)), number("excess", i), at("excess"));
        }
        bool failed = number("failed") == 1;
        if (!failed) {
            mintedRounds(number("reached"));
            vm.warp(DEADLINE + 1);
            offering.countRounds(10_000);
            offering.release();
        }
        for (uint256 i = 0; i < buyers; ++i) {
            vm.assertEq(offering.refund(buyerAt(i)), number("rest", i), at("rest"));
            vm.assertEq(offering.claim(buyerAt(i)), number("tokens", i), at("tokens"));
        }
        offering.release();
        vm.assertEq(pay.balanceOf(treasury), number("released"), at("released"));
        vm.assertEq(token.totalEverMinted() - token.totalSupply(), number("burned"), at("burned"));
        OfferingBooks memory books = offering.books();
        vm.assertEq(books.raised, books.refunded + books.released, at("all is paid out"));
        vm.assertEq(heldUnits(), 0, at("no unit is stuck"));
        vm.assertEq(token.balanceOf(address(offering)), 0, at("no token is stuck"));
    }

    /// Other accounts in each case, as books are each offering's own and balances are not.
    function buyerAt(uint256 i) private view returns (address) {
        return vm.addr(1 + count * 100 + i);
    }

    function at(string memory name) private view returns (string memory) {
        return string.concat(".cases[", vm.toString(count), "].", name);
    }

    function number(string memory name) private view returns (uint256) {
        return vm.parseJsonUint(json, at(name));
    }

    function number(string memory name, uint256 i) private view returns (uint256) {
        return vm.parseJsonUint(json, string.concat(at(name), "[", vm.toString(i), "]"));
    }
}
