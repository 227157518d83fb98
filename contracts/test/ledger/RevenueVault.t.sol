// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IRevenueVault } from "../../src/ledger/IRevenueVault.sol";
import { Manner, PaymentToken, Receiver } from "../support/PaymentToken.sol";
import { VaultWorld } from "../support/VaultWorld.sol";

/// deposit, receive, sync: what the balance rose by, in the epoch of now, the pot's part apart
/// claim: finished epochs, once, by weight, rounded down with what is left carried to the next claim
/// carry: epochs without holders only. redeem: the token only, by what is burnt of the supply
/// hostile payment tokens and receivers: their own claims fail, and nobody else's
contract RevenueVaultTest is VaultWorld {
    function setUp() public {
        found(0);
    }

    function test_itIsFixedAtFounding() public view {
        vm.assertEq(vault.modelToken(), address(token), "token");
        vm.assertEq(vault.epochStart(), NOW, "start");
        vm.assertEq(vault.epochLength(), EPOCH, "length");
        vm.assertEq(vault.redeemableBps(), 0, "redeemable");
        vm.assertEq(vault.epochNow(), 0, "epoch");
    }

    function test_depositSyncAndPlainCoinCountInTheEpochOfNow() public {
        usd.give(address(this), 100);
        vm.expectEmit(address(vault));
        emit IRevenueVault.RevenueReceived(address(usd), address(this), 0, 60, 0);
        vm.assertEq(vault.deposit(address(usd), 60), 60, "deposited");
        assert(usd.transfer(address(vault), 40));
        vm.assertEq(vault.revenueOf(address(usd), 0), 60, "not yet counted");
        vm.warp(NOW + EPOCH);
        vm.expectEmit(address(vault));
        emit IRevenueVault.RevenueReceived(address(usd), address(0), 1, 40, 0);
        vm.assertEq(vault.sync(address(usd)), 40, "synced");
        vm.assertEq(vault.sync(address(usd)), 0, "nothing new");
        sendCoin(5);
        vm.deal(address(this), 7);
        vm.assertEq(vault.deposit{ value: 7 }(address(0), 7), 7, "coin");
        vm.assertEq(vault.revenueOf(address(0), 1), 12, "coin of epoch 1");
        vm.assertEq(vault.accountedOf(address(usd)), 100, "accounted");
        // Coin can be forced here without a call.
        vm.deal(address(vault), 20);
        vm.assertEq(vault.sync(address(0)), 8, "found");
        vm.assertEq(vault.accountedOf(address(0)), 20, "accounted");
    }

    function test_coinMustBeWhatWasSaid() public {
        vm.deal(address(this), 10);
        vm.expectRevert(abi.encodeWithSelector(IRevenueVault.RevenueVault_WrongCoin.selector, 4, 5));
        vault.deposit{ value: 4 }(address(0), 5);
        vm.expectRevert(abi.encodeWithSelector(IRevenueVault.RevenueVault_WrongCoin.selector, 4, 0));
        vault.deposit{ value: 4 }(address(usd), 5);
    }

    function test_revenueIsSharedByTimeHeld() public {
        token.mint(holders[0], 100);
        vm.warp(NOW + EPOCH / 4);
        token.mint(holders[1], 100);
        payIn(address(usd), 700);
        vm.warp(NOW + EPOCH);
        // A hundred for a whole epoch, a hundred for three quarters of it.
        vm.assertEq(vault.claimable(holders[0], address(usd), 0), 400, "claimable");
        vm.expectEmit(address(vault));
        emit IRevenueVault.RevenueClaimed(holders[0], address(usd), 400, epochs(0));
        vm.assertEq(vault.claimFor(holders[0], address(usd), epochs(0)), 400, "for another");
        vm.prank(holders[1]);
        vm.assertEq(vault.claim(address(usd), epochs(0)), 300, "for oneself");
        vm.assertEq(usd.balanceOf(holders[0]), 400, "paid");
        vm.assertEq(usd.balanceOf(holders[1]), 300, "paid");
        vm.assertTrue(vault.isClaimed(holders[0], address(usd), 0), "claimed");
        vm.assertEq(vault.claimFor(holders[0], address(usd), epochs(0)), 0, "once");
        vm.assertEq(vault.claimable(holders[0], address(usd), 0), 0, "nothing left");
    }

    function test_anOpenEpochIsNotClaimed() public {
        token.mint(holders[0], 100);
        payIn(address(usd), 700);
        vm.warp(NOW + EPOCH - 1);
        vm.assertEq(vault.claimable(holders[0], address(usd), 0), 0, "not yet");
        vm.expectRevert(abi.encodeWithSelector(IRevenueVault.RevenueVault_EpochOpen.selector, 0, 0));
        vault.claimFor(holders[0], address(usd), epochs(0));
        uint256 far = type(uint256).max;
        vm.assertEq(vault.claimable(holders[0], address(usd), far), 0, "never");
        vm.expectRevert(abi.encodeWithSelector(IRevenueVault.RevenueVault_EpochOpen.selector, far, 0));
        vault.claimFor(holders[0], address(usd), epochs(far));
    }

    function test_manyEpochsInAnyOrderAndTwiceInOneClaim() public {
        token.mint(holders[0], 100);
        for (uint256 i = 0; i < 4; ++i) {
            payIn(address(usd), 10 ** i);
            vm.warp(NOW + (i + 1) * EPOCH);
        }
        uint256[] memory list = new uint256[](5);
        (list[0], list[1], list[2], list[3], list[4]) = (3, 1, 3, 1, 3);
        vm.assertEq(vault.claimFor(holders[0], address(usd), list), 1010, "each once");
        uint256[] memory left = vault.claimableOf(holders[0], address(usd), 0, 5);
        vm.assertEq(left[0], 1, "first");
        vm.assertEq(left[1], 0, "second");
        vm.assertEq(left[2], 100, "third");
        vm.assertEq(left[4], 0, "open");
    }

    function test_whatRoundingLeavesIsCountedToTheNextClaim() public {
        token.mint(holders[0], 1);
        token.mint(holders[1], 2);
        for (uint256 i = 0; i < 3; ++i) {
            payIn(address(usd), 1);
            vm.warp(NOW + (i + 1) * EPOCH);
        }
        // A third each time: three thirds, less 2**-32 of a unit, stay below one; the fourth passes it.
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(vault.claimFor(holders[0], address(usd), epochs(i)), 0, "below one");
            vm.assertTrue(vault.isClaimed(holders[0], address(usd), i), "taken");
        }
        payIn(address(usd), 1);
        vm.warp(NOW + 4 * EPOCH);
        vm.assertEq(vault.claimable(holders[0], address(usd), 3), 1, "claimable");
        vm.assertEq(vault.claimFor(holders[0], address(usd), epochs(3)), 1, "one");
    }

    function test_claimsBeyondAPageAreRememberedApart() public {
        token.mint(holders[0], 1);
        for (uint256 epoch = 222; epoch < 227; ++epoch) {
            vm.warp(NOW + epoch * EPOCH);
            payIn(address(usd), epoch);
        }
        vm.warp(NOW + 227 * EPOCH);
        uint256[] memory list = new uint256[](2);
        (list[0], list[1]) = (223, 224);
        vm.assertEq(vault.claimFor(holders[0], address(usd), list), 447, "on both sides");
        vm.assertFalse(vault.isClaimed(holders[0], address(usd), 222), "not claimed");
        vm.assertFalse(vault.isClaimed(holders[0], address(usd), 225), "not claimed");
        vm.assertFalse(vault.isClaimed(holders[0], address(usd), 0), "not claimed");
    }

    function test_revenueOfAnEpochWithoutHoldersIsCarriedOn() public {
        payIn(address(usd), 50);
        vm.expectRevert(abi.encodeWithSelector(IRevenueVault.RevenueVault_EpochOpen.selector, 0, 0));
        vault.carry(address(usd), 0);
        vm.warp(NOW + EPOCH);
        token.mint(holders[0], 1);
        payIn(address(usd), 5);
        vm.expectEmit(address(vault));
        emit IRevenueVault.RevenueCarried(address(usd), 0, 1, 50);
        vm.assertEq(vault.carry(address(usd), 0), 50, "carried");
        vm.assertEq(vault.carry(address(usd), 0), 0, "once");
        vm.warp(NOW + 2 * EPOCH);
        vm.expectRevert(abi.encodeWithSelector(IRevenueVault.RevenueVault_HasHolders.selector, 1));
        vault.carry(address(usd), 1);
        vm.assertEq(vault.claimFor(holders[0], address(usd), epochs(1)), 55, "paid");
    }

    function test_whatIsSetAsideEarnsNothing() public {
        token.mint(address(this), 1e6);
        token.mint(token.treasury(), 1e6);
        token.mint(holders[0], 1);
        payIn(address(usd), 9);
        vm.warp(NOW + EPOCH);
        vm.assertEq(vault.claimFor(address(this), address(usd), epochs(0)), 0, "minter");
        vm.assertEq(vault.claimFor(token.treasury(), address(usd), epochs(0)), 0, "treasury");
        vm.assertEq(vault.claimFor(holders[0], address(usd), epochs(0)), 9, "the only holder");
    }

    function test_theModelsOwnTokenCanBeRevenue() public {
        token.mint(holders[0], 100);
        vm.prank(holders[0]);
        assert(token.transfer(address(vault), 60));
        vm.assertEq(vault.sync(address(token)), 60, "synced");
        vm.warp(NOW + EPOCH);
        vm.assertEq(vault.claimFor(holders[0], address(token), epochs(0)), 60, "paid");
        vm.assertEq(token.balanceOf(holders[0]), 100, "back");
    }

    // Burning

    function test_burningPaysItsPartOfThePot() public {
        found(2_500);
        token.mint(holders[0], 60);
        token.mint(address(this), 40);
        payIn(address(usd), 401);
        sendCoin(4000);
        vm.assertEq(vault.potOf(address(usd)), 100, "a quarter, rounded down");
        vm.assertEq(vault.revenueOf(address(usd), 0), 301, "the rest");
        vm.assertEq(token.redeemableOnBurn(30), 300, "coin");
        vm.assertEq(token.redeemableERC20OnBurn(30, address(usd)), 30, "usd");
        vm.prank(holders[0]);
        token.burn(30);
        vm.assertEq(holders[0].balance, 300, "burn pays the coin");
        vm.assertEq(usd.balanceOf(holders[0]), 0, "and nothing else");
        address[] memory both = new address[](2);
        both[1] = address(usd);
        vm.expectEmit(address(vault));
        emit IRevenueVault.RevenueRedeemed(holders[0], address(0), 300);
        vm.prank(holders[0]);
        token.burnAndRedeem(30, both);
        vm.assertEq(holders[0].balance, 600, "30 of 70 of 700");
        vm.assertEq(usd.balanceOf(holders[0]), 42, "30 of 70 of 100");
        token.burn(40);
        vm.assertEq(vault.potOf(address(0)), 400, "what is set aside redeems nothing");
        vm.assertEq(token.redeemableOnBurn(1), 0, "no supply");
    }

    function test_onePaymentTokenIsNotRedeemedTwice() public {
        found(10_000);
        token.mint(holders[0], 2);
        payIn(address(usd), 100);
        address[] memory twice = new address[](2);
        (twice[0], twice[1]) = (address(usd), address(usd));
        vm.prank(holders[0]);
        vm.expectRevert(abi.encodeWithSelector(IRevenueVault.RevenueVault_NotRising.selector, address(usd)));
        token.burnAndRedeem(1, twice);
    }

    function test_onlyTheTokenRedeems() public {
        address[] memory tokens = new address[](1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRevenueVault.RevenueVault_NotToken.selector, address(this), address(token)
            )
        );
        vault.redeem(holders[0], 1, 1, tokens);
    }

    // Hostile payment tokens

    function test_aFeeOnTransferIsThePayersAndTheReceivers() public {
        PaymentToken fee = new PaymentToken(Manner.Fee);
        token.mint(holders[0], 1);
        fee.give(address(this), 1000);
        vm.assertEq(vault.deposit(address(fee), 1000), 900, "what arrived");
        vm.warp(NOW + EPOCH);
        vm.assertEq(vault.claimFor(holders[0], address(fee), epochs(0)), 900, "paid out");
        vm.assertEq(fee.balanceOf(holders[0]), 810, "received");
        vm.assertEq(vault.accountedOf(address(fee)), 0, "nothing is owed");
    }

    function test_aTokenThatSaysFalseOrRevertsKeepsTheClaimAlive() public {
        Manner[2] memory manners = [Manner.SaysFalse, Manner.Bomb];
        token.mint(holders[0], 1);
        for (uint256 i = 0; i < 2; ++i) {
            PaymentToken bad = new PaymentToken(manners[i]);
            uint256 epoch = vault.epochNow();
            bad.give(address(this), 8);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IRevenueVault.RevenueVault_DepositFailed.selector, address(bad), address(this), 8
                )
            );
            vault.deposit(address(bad), 8);
            bad.turn(false);
            vault.deposit(address(bad), 8);
            bad.turn(true);
            vm.warp(block.timestamp + EPOCH);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IRevenueVault.RevenueVault_PaymentFailed.selector, address(bad), holders[0], 8
                )
            );
            vault.claimFor(holders[0], address(bad), epochs(epoch));
            bad.turn(false);
            vm.assertEq(vault.claimFor(holders[0], address(bad), epochs(epoch)), 8, "later");
        }
    }

    function test_aTokenThatSaysNothingIsTaken() public {
        PaymentToken silent = new PaymentToken(Manner.Silent);
        token.mint(holders[0], 1);
        silent.give(address(this), 8);
        vm.assertEq(vault.deposit(address(silent), 8), 8, "deposited");
        vm.warp(NOW + EPOCH);
        vm.assertEq(vault.claimFor(holders[0], address(silent), epochs(0)), 8, "paid");
    }

    function test_aTokenThatCallsBackGetsNothing() public {
        PaymentToken back = new PaymentToken(Manner.Reenters);
        token.mint(holders[0], 1);
        sendCoin(100);
        back.give(address(this), 8);
        vm.assertEq(vault.deposit(address(back), 8), 8, "deposited once");
        vm.warp(NOW + EPOCH);
        vm.assertEq(vault.claimFor(holders[0], address(back), epochs(0)), 8, "paid once");
        vm.assertEq(back.reentered(), 0, "nothing was entered");
        vm.assertEq(vault.accountedOf(address(back)), 0, "nothing is owed");
    }

    function test_aBlacklistHoldsUpOneAccountAndNoOther() public {
        PaymentToken strict = new PaymentToken(Manner.Blacklist);
        token.mint(holders[0], 1);
        token.mint(holders[1], 1);
        strict.give(address(this), 8);
        vault.deposit(address(strict), 8);
        payIn(address(usd), 8);
        strict.ban(holders[0]);
        vm.warp(NOW + EPOCH);
        vm.expectPartialRevert(IRevenueVault.RevenueVault_PaymentFailed.selector);
        vault.claimFor(holders[0], address(strict), epochs(0));
        vm.assertEq(vault.claimFor(holders[0], address(usd), epochs(0)), 4, "another token");
        vm.assertEq(vault.claimFor(holders[1], address(strict), epochs(0)), 4, "another account");
    }

    function test_aTokenThatBoastsFailsByItself() public {
        PaymentToken boasts = new PaymentToken(Manner.Boasts);
        token.mint(holders[0], 1);
        payIn(address(usd), 8);
        boasts.give(address(this), 8);
        vm.assertEq(vault.deposit(address(boasts), 8), 23, "what it says");
        vm.warp(NOW + EPOCH);
        vm.expectPartialRevert(IRevenueVault.RevenueVault_PaymentFailed.selector);
        vault.claimFor(holders[0], address(boasts), epochs(0));
        vm.assertEq(vault.claimFor(holders[0], address(usd), epochs(0)), 8, "another token");
    }

    function test_anAddressWithoutCodeIsNoPaymentToken() public {
        vm.expectPartialRevert(IRevenueVault.RevenueVault_DepositFailed.selector);
        vault.deposit(address(0xDEAD), 1);
        vm.expectRevert();
        vault.sync(address(0xDEAD));
        vm.warp(NOW + EPOCH);
        vm.assertEq(vault.claimFor(holders[0], address(0xDEAD), epochs(0)), 0, "nothing");
    }

    // Hostile receivers of coin

    function test_aReceiverThatRefusesKeepsItsClaimAndHoldsUpNobody() public {
        Receiver receiver = new Receiver(vault);
        token.mint(address(receiver), 1);
        token.mint(holders[0], 1);
        sendCoin(10);
        vm.warp(NOW + EPOCH);
        for (uint256 mode = 1; mode < 4; mode += 2) {
            receiver.turn(mode);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IRevenueVault.RevenueVault_PaymentFailed.selector, address(0), address(receiver), 5
                )
            );
            vault.claimFor{ gas: 2_000_000 }(address(receiver), address(0), epochs(0));
        }
        vm.assertEq(vault.claimFor(holders[0], address(0), epochs(0)), 5, "another holder");
        // Its long answer is not read.
        receiver.turn(2);
        vm.assertEq(vault.claimFor(address(receiver), address(0), epochs(0)), 5, "paid");
    }

    function test_aReceiverThatCallsBackIsPaidOnce() public {
        Receiver receiver = new Receiver(vault);
        token.mint(address(receiver), 1);
        token.mint(holders[0], 1);
        sendCoin(10);
        vm.warp(NOW + EPOCH);
        receiver.turn(4);
        vm.assertEq(vault.claimFor(address(receiver), address(0), epochs(0)), 5, "paid");
        vm.assertEq(address(receiver).balance, 5, "once");
        vm.assertEq(receiver.reentered(), 0, "nothing was entered");
        vm.assertEq(address(vault).balance, vault.accountedOf(address(0)), "the rest is there");
    }

    // Any numbers

    function testFuzz_claimsNeverExceedRevenue(uint256 seed, uint128 revenue, uint8 count) public {
        uint256 people = within(count, 1, 12);
        for (uint256 i = 0; i < people; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            token.mint(vm.addr(i + 1), within(seed, 1, CAP / 12));
            vm.warp(block.timestamp + within(seed >> 128, 0, EPOCH / 13));
        }
        payIn(address(usd), revenue);
        vm.warp(NOW + EPOCH);
        uint256 paid = 0;
        for (uint256 i = 0; i < people; ++i) {
            paid += vault.claimFor(vm.addr(i + 1), address(usd), epochs(0));
        }
        vm.assertLe(paid, revenue, "never more");
        vm.assertLe(revenue, paid + people, "less than a unit each is left");
    }
}
