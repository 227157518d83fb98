// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OfferingBooks, OfferingTerms } from "../../src/ledger/IModelOffering.sol";
import { ModelOffering } from "../../src/ledger/ModelOffering.sol";
import { IAlliance } from "../../src/training/IAlliance.sol";
import { IRoundManager } from "../../src/training/IRoundManager.sol";
import { Round, Status } from "../../src/training/RoundTypes.sol";
import { IModelToken } from "../../src/value/IModelToken.sol";
import { Clone } from "./Clone.sol";
import { OfferedToken, PlainToken } from "./PaymentTokens.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";

/// @notice The record of rounds as an offering reads it; a test writes how each ended.
contract RoundsRecord {
    mapping(uint64 round => Round) private _rounds;
    uint64 public roundsCount;

    function add(Status status, uint256 minted) external returns (uint64 round) {
        round = ++roundsCount;
        set(round, status, minted);
    }

    function set(uint64 round, Status status, uint256 minted) public {
        Round storage entry = _rounds[round];
        (entry.status, entry.minted, entry.movedAt) = (status, minted, uint48(block.timestamp));
    }

    function roundOf(uint64 round) external view returns (Round memory) {
        return _rounds[round];
    }
}

/// @notice An offering made as a clone by this contract, which is its factory, with named defaults: a thousand tokens
/// at two units of a payment token with six decimals, at least a quarter sold, four rounds release the last 60 %.
abstract contract OfferingWorld is Clone {
    uint256 internal constant OFFERED = 1000e18;
    uint256 internal constant PRICE = 2e6;
    uint256 internal constant TARGET = 2000e6;
    uint256 internal constant MINIMUM = 500e6;
    uint64 internal constant OPENS = NOW + 1 hours;
    uint64 internal constant CLOSES = NOW + 1 days;
    uint64 internal constant DEADLINE = CLOSES + 30 days;
    uint32 internal constant ROUNDS = 4;

    address internal treasury = vm.addr(0x7EA);
    address internal alice = vm.addr(0xA11CE);
    address internal bob = vm.addr(0xB0B);
    address internal carol = vm.addr(0xCA201);

    ModelOffering internal implementation = new ModelOffering(address(this));
    OfferedToken internal token = new OfferedToken();
    PlainToken internal pay = new PlainToken();
    RoundsRecord internal rounds = new RoundsRecord();
    ModelOffering internal offering;

    function defaults() internal view returns (OfferingTerms memory terms) {
        terms.token = IModelToken(address(token));
        terms.payment = address(pay);
        terms.treasury = treasury;
        terms.manager = IRoundManager(address(rounds));
        terms.alliance = IAlliance(address(0));
        terms.offered = OFFERED;
        terms.price = PRICE;
        terms.minimum = MINIMUM;
        terms.opens = OPENS;
        terms.closes = CLOSES;
        terms.milestoneDeadline = DEADLINE;
        terms.milestoneRounds = ROUNDS;
        terms.firstBps = 4000;
    }

    /// In the chain's coin, at 0.002 coin a token.
    function coinTerms() internal view returns (OfferingTerms memory terms) {
        terms = defaults();
        terms.payment = address(0);
        terms.price = 0.002 ether;
        terms.minimum = 0.5 ether;
    }

    function cloneOf(OfferingTerms memory terms) internal returns (ModelOffering) {
        return ModelOffering(Clones.cloneWithImmutableArgs(address(implementation), abi.encode(terms)));
    }

    function found(OfferingTerms memory terms) internal {
        vm.warp(NOW);
        offering = cloneOf(terms);
        token.mint(address(offering), terms.offered);
        offering.initialize();
    }

    function openNow() internal {
        vm.warp(OPENS);
    }

    function closeNow() internal {
        vm.warp(CLOSES + 1);
    }

    /// `buyer` gets the units and pays them.
    function pays(address buyer, uint256 amount) internal returns (uint256) {
        return paysWith(buyer, amount, "");
    }

    function paysWith(address buyer, uint256 amount, bytes memory admission) internal returns (uint256) {
        address payment = offering.terms().payment;
        if (payment == address(0)) {
            vm.deal(buyer, amount);
            vm.prank(buyer);
            return offering.buy{ value: amount }(buyer, amount, admission);
        }
        PlainToken(payment).mint(buyer, amount);
        vm.prank(buyer);
        PlainToken(payment).approve(address(offering), amount);
        vm.prank(buyer);
        return offering.buy(buyer, amount, admission);
    }

    function mintedRounds(uint256 count) internal {
        for (uint256 i = 0; i < count; ++i) {
            rounds.add(Status.Finalised, 1e18);
        }
    }

    function heldUnits() internal view returns (uint256) {
        address payment = offering.terms().payment;
        return payment == address(0) ? address(offering).balance : pay.balanceOf(address(offering));
    }

    /// raised = refunded + released + held; offered = given + burned + held.
    function requireBooks() internal view {
        OfferingBooks memory books = offering.books();
        vm.assertEq(books.raised, books.refunded + books.released + heldUnits(), "units");
        uint256 burned = token.totalEverMinted() - token.totalSupply();
        vm.assertEq(
            offering.terms().offered, books.claimed + burned + token.balanceOf(address(offering)), "tokens"
        );
    }
}
