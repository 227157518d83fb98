// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OfferingTerms } from "../../src/ledger/IModelOffering.sol";
import { ModelOffering } from "../../src/ledger/ModelOffering.sol";
import { IAlliance } from "../../src/training/IAlliance.sol";
import { IModelToken } from "../../src/value/IModelToken.sol";
import { OfferedToken } from "../support/PaymentTokens.sol";
import { World } from "../support/World.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";

/// The milestones against a real `RoundManager`: rounds that mint release, others do not.
contract OfferingRoundsTest is World {
    ModelOffering private offering;
    OfferedToken private sold = new OfferedToken();
    address private treasury = vm.addr(0x7EA);

    function setUp() public {
        deployModel();
        OfferingTerms memory terms = OfferingTerms({
            token: IModelToken(address(sold)),
            payment: address(0),
            treasury: treasury,
            manager: manager,
            alliance: IAlliance(address(0)),
            allowRoot: bytes32(0),
            offered: 1000e18,
            price: 0.001 ether,
            minimum: 1 ether,
            capPerBuyer: 0,
            opens: NOW,
            closes: NOW + 10 minutes,
            milestoneDeadline: NOW + 30 days,
            milestoneRounds: 2,
            firstBps: 5000
        });
        offering = ModelOffering(
            Clones.cloneWithImmutableArgs(address(new ModelOffering(address(this))), abi.encode(terms))
        );
        sold.mint(address(offering), 1000e18);
        offering.initialize();
    }

    function test_roundsThatMintReleaseTheProceeds() public {
        runRound(1000e18, keccak256("before"), 10e18);
        vm.deal(address(this), 1 ether);
        offering.buy{ value: 1 ether }(address(this), 1 ether, "");
        vm.warp(NOW + 10 minutes + 1);
        vm.assertEq(offering.release(), 0.5 ether, "at success");
        runRound(1000e18, keccak256("before"), 0);
        vm.assertEq(offering.countRounds(10), 0, "no gain");
        uint64 round = openRound(1000e18);
        vm.assertEq(offering.countRounds(10), 0, "under way");
        vm.warp(block.timestamp + 2 days);
        manager.void(round);
        vm.assertEq(offering.countRounds(10), 0, "void");
        runRound(1000e18, keccak256("one"), 10e18);
        vm.assertEq(offering.countRounds(10), 1, "one");
        runRound(1000e18, keccak256("two"), 10e18);
        vm.assertEq(offering.countRounds(10), 2, "two");
        vm.assertEq(offering.release(), 0.5 ether, "the rest");
        vm.assertEq(treasury.balance, 1 ether, "treasury");
    }
}
