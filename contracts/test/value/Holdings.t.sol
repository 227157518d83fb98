// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { ModelToken } from "../../src/value/ModelToken.sol";
import { Base } from "../support/Base.sol";
import { HoldingBook } from "../support/HoldingBook.sol";
import { Ownership, OwnershipSet, Ownerships } from "../support/OwnershipSet.sol";

/// Weights are those of a plain list of moves, to the unit, whatever moves and however time goes by.
contract HoldingsTest is Base {
    uint256 private constant EPOCH = 1 days;

    HoldingBook private book = new HoldingBook();
    ModelToken private token;
    address[] private accounts;

    function setUp() public {
        Ownership memory founding = Ownerships.founding(type(uint104).max, address(this));
        founding.epochLength = EPOCH;
        token = new OwnershipSet(founding).token();
        for (uint256 i = 1; i <= 4; ++i) {
            accounts.push(vm.addr(i));
        }
        // Two that are set aside.
        accounts.push(address(this));
        accounts.push(token.treasury());
    }

    function mint(address to, uint256 amount) private {
        token.mint(to, amount);
        book.note(address(0), to, amount);
    }

    function move(address from, address to, uint256 amount) private {
        vm.prank(from);
        assert(token.transfer(to, amount));
        book.note(from, to, amount);
    }

    function test_aBalanceHeldForNoTimeWeighsNothing() public {
        mint(accounts[0], 100);
        vm.warp(NOW + 10 * EPOCH + 5);
        move(accounts[0], accounts[1], 100);
        move(accounts[1], accounts[0], 100);
        vm.warp(NOW + 20 * EPOCH);
        for (uint256 epoch = 0; epoch < 20; ++epoch) {
            vm.assertEq(token.heldSeconds(accounts[1], epoch), 0, "nothing");
            vm.assertEq(token.heldSeconds(accounts[0], epoch), 100 * EPOCH, "all of it");
        }
    }

    function test_aMoveAtTheBoundaryCountsInTheNewEpochOnly() public {
        mint(accounts[0], 100);
        vm.warp(NOW + EPOCH);
        move(accounts[0], accounts[1], 40);
        vm.warp(NOW + 2 * EPOCH);
        vm.assertEq(token.heldSeconds(accounts[0], 0), 100 * EPOCH, "before");
        vm.assertEq(token.heldSeconds(accounts[1], 0), 0, "before");
        vm.assertEq(token.heldSeconds(accounts[0], 1), 60 * EPOCH, "after");
        vm.assertEq(token.heldSeconds(accounts[1], 1), 40 * EPOCH, "after");
    }

    function test_theGreatestBalanceAndTheLongestEpochFit() public {
        Ownership memory founding = Ownerships.founding(type(uint104).max, address(this));
        founding.epochLength = 90 days;
        ModelToken great = new OwnershipSet(founding).token();
        great.mint(accounts[0], type(uint104).max);
        vm.warp(NOW + 90 days);
        vm.prank(accounts[0]);
        assert(great.transfer(accounts[1], type(uint104).max));
        vm.warp(NOW + 180 days);
        uint256 whole = uint256(type(uint104).max) * 90 days;
        vm.assertEq(great.heldSeconds(accounts[0], 0), whole, "first epoch");
        vm.assertEq(great.heldSeconds(accounts[0], 1), 0, "second epoch");
        vm.assertEq(great.heldSecondsOfAll(1), whole, "all");
    }

    function testFuzz_weightsAreThoseOfThePlainBook(uint256 seed) public {
        mint(accounts[0], 1e24);
        for (uint256 i = 0; i < 40; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 kind = seed % 8;
            address from = accounts[(seed >> 8) % 6];
            address to = accounts[(seed >> 16) % 6];
            uint256 amount = within(seed >> 32, 0, token.balanceOf(from));
            if (kind == 0) {
                mint(to, within(seed >> 32, 0, 1e24));
            } else if (kind == 1) {
                vm.prank(from);
                token.burn(amount);
                book.note(from, address(0), amount);
            } else {
                move(from, to, amount);
            }
            if (kind > 3) vm.warp(block.timestamp + wait(seed >> 64));
        }
        compare();
    }

    /// Nothing, seconds, parts of an epoch, up to a boundary, or several epochs.
    function wait(uint256 seed) private view returns (uint256) {
        uint256 kind = seed % 5;
        seed /= 5;
        if (kind == 0) return 0;
        if (kind == 1) return seed % 60;
        if (kind == 2) return seed % EPOCH;
        if (kind == 3) return EPOCH - (block.timestamp - NOW) % EPOCH;
        return seed % (4 * EPOCH);
    }

    function compare() private view {
        uint256 present = token.epochNow();
        for (uint256 epoch = 0; epoch < present; ++epoch) {
            uint256 start = NOW + epoch * EPOCH;
            uint256 sum = 0;
            for (uint256 i = 0; i < 4; ++i) {
                uint256 expected = book.weight(accounts[i], start, start + EPOCH);
                vm.assertEq(token.heldSeconds(accounts[i], epoch), expected, "weight");
                sum += expected;
            }
            vm.assertEq(token.heldSecondsOfAll(epoch), sum, "sum");
        }
    }
}
