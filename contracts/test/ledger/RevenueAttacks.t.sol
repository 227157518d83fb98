// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { RevenueVault } from "../../src/ledger/RevenueVault.sol";
import { ModelToken } from "../../src/value/ModelToken.sol";
import { PaymentToken } from "../support/PaymentToken.sol";
import { VaultWorld } from "../support/VaultWorld.sol";

/// @notice Lends all it has for the length of a call.
contract FlashPool {
    ModelToken private immutable token;

    constructor(ModelToken token_) {
        token = token_;
    }

    function lend(uint256 amount) external {
        assert(token.transfer(msg.sender, amount));
        FlashThief(payable(msg.sender)).onLoan(amount);
        assert(token.balanceOf(address(this)) >= amount);
    }
}

/// @notice Holds nothing; borrows, triggers whatever releases revenue, claims what it can, and gives back.
contract FlashThief {
    ModelToken private immutable token;
    RevenueVault private immutable vault;
    FlashPool private immutable pool;
    PaymentToken private immutable usd;

    constructor(ModelToken token_, RevenueVault vault_, FlashPool pool_, PaymentToken usd_) {
        (token, vault, pool, usd) = (token_, vault_, pool_, usd_);
    }

    receive() external payable { }

    function attack() external {
        pool.lend(token.balanceOf(address(pool)));
    }

    function onLoan(uint256 amount) external {
        uint256 epoch = token.snapshot();
        vault.sync(address(0));
        vault.sync(address(usd));
        vault.deposit(address(usd), 1);
        for (uint256 i = 0; i <= epoch; ++i) {
            uint256[] memory list = new uint256[](1);
            list[0] = i;
            attempt(address(token), abi.encodeCall(token.claim, (i)));
            attempt(address(vault), abi.encodeCall(vault.claim, (address(0), list)));
            attempt(address(vault), abi.encodeCall(vault.claim, (address(usd), list)));
            attempt(address(vault), abi.encodeCall(vault.carry, (address(usd), i)));
        }
        // Around the pool and back, should a move count for anything.
        assert(token.transfer(address(this), amount));
        assert(token.transfer(address(pool), amount));
    }

    /// What it can claim later, when the epoch is over.
    function collect(uint256 epoch) external {
        uint256[] memory list = new uint256[](1);
        list[0] = epoch;
        vault.claim(address(0), list);
        vault.claim(address(usd), list);
    }

    function attempt(address target, bytes memory data) private {
        (bool done,) = target.call(data);
        done;
    }
}

/// ERC-7641's published contract pays an account without tokens that borrows them for one call and takes the snapshot
/// itself. Here it earns nothing, in the call or ever.
contract FlashSnapshotTheftTest is VaultWorld {
    FlashPool private pool;
    FlashThief private thief;

    function setUp() public {
        found(0);
        pool = new FlashPool(token);
        thief = new FlashThief(token, vault, pool, usd);
        token.mint(address(pool), 60e18);
        token.mint(holders[0], 40e18);
        usd.give(address(thief), 100);
    }

    function test_aBorrowedBalanceEarnsNothingOfWhatItReleases() public {
        // One epoch's revenue is claimable, another's has arrived, and some lies here that nobody has counted.
        sendCoin(10 ether);
        payIn(address(usd), 1000);
        vm.warp(NOW + EPOCH + 3 days);
        payIn(address(usd), 500);
        usd.give(address(vault), 777);
        vm.deal(address(vault), 12 ether);
        thief.attack();
        vm.assertEq(vault.accountedOf(address(usd)), 2278, "it did release it");
        vm.assertEq(vault.accountedOf(address(0)), 12 ether, "it did release it");
        vm.warp(NOW + 2 * EPOCH);
        thief.collect(0);
        thief.collect(1);
        vm.assertEq(address(thief).balance, 0, "no coin");
        vm.assertEq(usd.balanceOf(address(thief)), 99, "what it came with, less what it paid in");
        vm.assertEq(vault.claimFor(holders[0], address(usd), epochs(1)), 511, "the holder's 40 %");
        vm.assertEq(vault.claimFor(address(pool), address(usd), epochs(1)), 766, "the pool's 60 %");
    }

    function testFuzz_atAnyTimeOfAnyEpoch(uint32 when) public {
        sendCoin(10 ether);
        vm.warp(NOW + within(when, 0, 5 * EPOCH));
        usd.give(address(vault), 777);
        thief.attack();
        uint256 epoch = token.epochNow();
        vm.warp(NOW + 6 * EPOCH);
        thief.collect(epoch);
        thief.collect(0);
        vm.assertEq(address(thief).balance, 0, "no coin");
        vm.assertEq(usd.balanceOf(address(thief)), 99, "nothing");
    }
}

/// Whoever buys a second before an epoch ends has a second's worth.
contract LastSecondBuyerTest is VaultWorld {
    function test_aSecondEarnsASecondsShare() public {
        found(0);
        token.mint(holders[0], 100);
        payIn(address(usd), EPOCH);
        vm.warp(NOW + EPOCH - 1);
        vm.prank(holders[0]);
        assert(token.transfer(holders[1], 100));
        vm.warp(NOW + EPOCH);
        vm.prank(holders[1]);
        assert(token.transfer(holders[0], 100));
        vm.assertEq(vault.claimFor(holders[1], address(usd), epochs(0)), 1, "one of as many as seconds");
        vm.assertEq(vault.claimFor(holders[0], address(usd), epochs(0)), EPOCH - 1, "the rest");
    }

    function test_buyingAtTheEndAndReleasingItOneselfEarnsNothing() public {
        found(0);
        token.mint(holders[0], 100);
        usd.give(address(vault), 1000);
        // In the first second of the next epoch, where the revenue then belongs.
        vm.warp(NOW + EPOCH);
        vm.prank(holders[0]);
        assert(token.transfer(holders[1], 100));
        vault.sync(address(usd));
        vm.prank(holders[1]);
        assert(token.transfer(holders[0], 100));
        vm.warp(NOW + 2 * EPOCH);
        vm.assertEq(vault.claimFor(holders[1], address(usd), epochs(1)), 0, "nothing");
        vm.assertEq(vault.claimFor(holders[0], address(usd), epochs(1)), 1000, "all of it");
    }
}

/// Tokens that move after their revenue has accrued, before it is claimed, pay it once.
contract MovedBetweenAccrueAndClaimTest is VaultWorld {
    function test_theOneWhoHeldThemIsPaidAndNobodyElse() public {
        found(0);
        token.mint(holders[0], 100);
        payIn(address(usd), 900);
        vm.warp(NOW + EPOCH);
        vm.assertEq(vault.claimFor(holders[0], address(usd), epochs(0)), 900, "paid");
        vm.prank(holders[0]);
        assert(token.transfer(holders[1], 100));
        vm.assertEq(vault.claimFor(holders[1], address(usd), epochs(0)), 0, "not again");
        vm.warp(NOW + 9 * EPOCH);
        vm.prank(holders[1]);
        assert(token.transfer(holders[2], 100));
        vm.assertEq(vault.claimFor(holders[2], address(usd), epochs(0)), 0, "not again");
    }

    function testFuzz_anyPassingOnBeforeTheClaimChangesNothing(uint256 seed) public {
        found(0);
        token.mint(holders[0], 100);
        vm.warp(NOW + EPOCH / 2);
        vm.prank(holders[0]);
        assert(token.transfer(holders[1], 50));
        payIn(address(usd), 1_000_000);
        for (uint256 i = 0; i < 12; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            vm.warp((i == 0 ? NOW + EPOCH : block.timestamp) + within(seed, 0, EPOCH));
            address from = holders[(seed >> 32) % 3];
            uint256 balance = token.balanceOf(from);
            vm.prank(from);
            assert(token.transfer(holders[(seed >> 64) % 3], within(seed >> 96, 0, balance)));
        }
        vm.assertEq(vault.claimFor(holders[0], address(usd), epochs(0)), 750_000, "three quarters");
        vm.assertEq(vault.claimFor(holders[1], address(usd), epochs(0)), 250_000, "a quarter");
        vm.assertEq(vault.claimFor(holders[2], address(usd), epochs(0)), 0, "nothing");
    }
}

/// What somebody sends here moves no denominator and takes nobody's share.
contract DonationTest is VaultWorld {
    function test_giftsAreRevenueOfNowAndChangeNoOtherShare() public {
        found(0);
        token.mint(holders[0], 3);
        token.mint(holders[1], 1);
        payIn(address(usd), 400);
        vm.warp(NOW + EPOCH);
        uint256 before = vault.claimable(holders[0], address(usd), 0);
        usd.give(address(vault), 1e30);
        vm.deal(address(vault), 1e30);
        vm.prank(holders[1]);
        assert(token.transfer(address(vault), 1));
        vault.sync(address(usd));
        vault.sync(address(0));
        vault.sync(address(token));
        vm.assertEq(vault.claimable(holders[0], address(usd), 0), before, "as before");
        vm.assertEq(vault.claimFor(holders[1], address(usd), epochs(0)), 100, "as before");
        vm.assertEq(vault.claimFor(holders[0], address(usd), epochs(0)), 300, "as before");
        vm.assertEq(token.heldSecondsOfAll(0), 4 * EPOCH, "no denominator moved");
    }

    function test_aGiftBetweenTwoClaimsIsNotPaidAsTheFormer() public {
        found(0);
        token.mint(holders[0], 1);
        token.mint(holders[1], 1);
        payIn(address(usd), 10);
        vm.warp(NOW + EPOCH);
        vm.assertEq(vault.claimFor(holders[0], address(usd), epochs(0)), 5, "half");
        usd.give(address(vault), 90);
        vm.assertEq(vault.claimFor(holders[1], address(usd), epochs(0)), 5, "half");
        vm.assertEq(vault.sync(address(usd)), 90, "counted now");
        vm.assertEq(vault.revenueOf(address(usd), 0), 10, "not there");
        vm.assertEq(vault.revenueOf(address(usd), 1), 90, "but here");
    }
}
