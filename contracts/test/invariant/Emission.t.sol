// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { RoundManager } from "../../src/training/RoundManager.sol";
import { Round, Status } from "../../src/training/RoundTypes.sol";
import { ModelToken } from "../../src/value/ModelToken.sol";
import { RewardPool } from "../../src/value/RewardPool.sol";
import { Base } from "../support/Base.sol";
import { RoundHandler } from "./RoundHandler.sol";

/// The numbers are those of README.md beside this file.
contract EmissionInvariants is Base {
    RoundHandler private handler;
    RoundManager private manager;
    RewardPool private pool;
    ModelToken private token;

    uint256 private lastAccrued;
    uint256 private lastMinted;
    uint256 private lastClaimed;
    uint64 private lastRounds;

    function setUp() public {
        handler = new RoundHandler();
        (address m, address p, address t) = handler.parts();
        (manager, pool, token) = (RoundManager(m), RewardPool(p), ModelToken(t));
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// The handler is no use if it never gets anywhere: this drives it by hand.
    function test_handlerSettlesVoidsAndPays() public {
        for (uint256 i = 0; i < 5; ++i) {
            handler.step(1000e18);
        }
        handler.attest(500e18, 200e18, 8);
        handler.step(0);
        handler.claimBoth();
        handler.claimOperators(0);
        vm.assertEq(handler.finalisedRounds(), 1, "finalised");
        vm.assertEq(handler.paid(), 500e18, "paid");
        vm.assertLt(0, handler.operatorPaid(), "an operator was paid");
        for (uint8 lie = 0; lie < 2; ++lie) {
            for (uint256 i = 0; i < 5; ++i) {
                handler.step(1000e18);
            }
            handler.attest(500e18, 200e18, lie);
            handler.step(0);
            vm.assertEq(handler.refusedLies(), lie + 1, "refused");
            vm.warp(block.timestamp + 3 days);
            handler.voidRound();
        }
        vm.assertEq(handler.finalisedRounds(), 1, "no lie was finalised");
    }

    /// One function for all: forge draws new runs for each.
    function invariant_moneyAndRecordHold() public {
        requirePaidMintedAccruedCapped();
        requireOperatorsCanAlwaysPull();
        requireCountsNeverFall();
        requireFinalisedRoundsUnchanged();
    }

    function requirePaidMintedAccruedCapped() private view {
        uint256 paid = handler.paid() + handler.operatorPaid();
        vm.assertLe(paid, pool.minted(), "1: paid, minted");
        vm.assertLe(pool.minted(), pool.accrued(), "2: minted, accrued");
        vm.assertLe(pool.accrued(), pool.schedule().ceiling, "2: accrued, ceiling");
        vm.assertLe(pool.schedule().ceiling, token.cap(), "2: ceiling, cap");
        uint256 there = pool.minted() - handler.operatorsDue();
        vm.assertEq(token.balanceOf(address(pool)), there - paid, "3: the rest lies in the pool");
        vm.assertEq(handler.everybodysTokens() + handler.burnt(), there, "3: nothing is elsewhere");
        vm.assertEq(token.totalEverMinted(), there, "3: operators' part comes when it is pulled");
        vm.assertEq(token.totalSupply() + handler.burnt(), token.totalEverMinted(), "3: supply");
    }

    function requireOperatorsCanAlwaysPull() private view {
        vm.assertEq(handler.paid(), pool.contributorsClaimed(), "4: the pool counts what it pays");
        vm.assertLe(pool.contributorsClaimed(), pool.contributorsMinted(), "4: claims, their part");
        vm.assertEq(
            pool.contributorsMinted() + handler.operatorsDue() + handler.operatorPaid(),
            pool.minted(),
            "4: the two parts are all"
        );
    }

    function requireCountsNeverFall() private {
        vm.assertLe(lastAccrued, pool.accrued(), "5: accrued");
        vm.assertLe(lastMinted, pool.minted(), "5: minted");
        vm.assertLe(lastClaimed, pool.contributorsClaimed(), "5: claimed");
        vm.assertLe(lastRounds, manager.roundsCount(), "5: rounds");
        (lastAccrued, lastMinted) = (pool.accrued(), pool.minted());
        (lastClaimed, lastRounds) = (pool.contributorsClaimed(), manager.roundsCount());
    }

    function requireFinalisedRoundsUnchanged() private view {
        uint64 count = manager.roundsCount();
        for (uint64 round = 1; round <= count; ++round) {
            Round memory entry = manager.roundOf(round);
            bool finalised = entry.status == Status.Finalised;
            vm.assertEq(finalised, handler.finalisedAs(round) != 0, "6: the handler saw it");
            if (finalised) {
                vm.assertEq(keccak256(abi.encode(entry)), handler.finalisedAs(round), "6: the record");
                vm.assertEq(manager.versionRound(handler.versionOf(round)), round, "6: the version");
                vm.assertLe(entry.minted, entry.budget, "8: budget");
            } else {
                vm.assertTrue(round == count || entry.status == Status.Void, "7: one round at a time");
            }
        }
    }
}
