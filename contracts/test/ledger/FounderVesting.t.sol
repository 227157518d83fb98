// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { FounderVesting } from "../../src/ledger/FounderVesting.sol";
import { OfferingWorld } from "../support/OfferingWorld.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { Initializable } from "@openzeppelin/contracts/proxy/utils/Initializable.sol";

/// founded once, by the factory; nothing before the cliff, in equal parts of time after it
contract FounderVestingTest is OfferingWorld {
    FounderVesting private wallets = new FounderVesting(address(this));
    FounderVesting private wallet;

    function setUp() public {
        wallet = FounderVesting(payable(Clones.clone(address(wallets))));
        wallet.initialize(alice, NOW, 540 days, 180 days);
        token.mint(address(wallet), 540e18);
    }

    function test_nothingBeforeTheCliffThenInEqualPartsOfTime() public {
        vm.warp(NOW + 180 days - 1);
        wallet.release(address(token));
        vm.assertEq(token.balanceOf(alice), 0, "before the cliff");
        vm.warp(NOW + 180 days);
        vm.prank(bob);
        wallet.release(address(token));
        vm.assertEq(token.balanceOf(alice), 180e18, "at the cliff");
        vm.warp(NOW + 540 days);
        wallet.release(address(token));
        vm.assertEq(token.balanceOf(alice), 540e18, "all");
    }

    function test_theOwnerPassesItOnButNeverAway() public {
        vm.prank(alice);
        wallet.transferOwnership(bob);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(FounderVesting.FounderVesting_NeedsOwner.selector));
        wallet.renounceOwnership();
        vm.warp(NOW + 540 days);
        wallet.release(address(token));
        vm.assertEq(token.balanceOf(bob), 540e18, "the new owner's");
    }

    function test_onlyTheFactoryFoundsOnce() public {
        vm.expectRevert(abi.encodeWithSelector(Initializable.InvalidInitialization.selector));
        wallet.initialize(bob, NOW, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(Initializable.InvalidInitialization.selector));
        wallets.initialize(bob, NOW, 1, 0);
        FounderVesting fresh = FounderVesting(payable(Clones.clone(address(wallets))));
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(FounderVesting.FounderVesting_NotFactory.selector, alice, address(this))
        );
        fresh.initialize(alice, NOW, 1, 0);
        vm.expectRevert();
        fresh.initialize(alice, NOW, 1 days, 2 days);
    }
}
