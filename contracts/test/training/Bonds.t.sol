// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Launch } from "../../src/ledger/LaunchTypes.sol";
import { Bond, IOperators } from "../../src/training/IOperators.sol";
import { IRoundManager } from "../../src/training/IRoundManager.sol";
import { World } from "../support/World.sol";

/// deposit: anybody for anybody. requestWithdrawal: what is above the bond, or all. withdraw: after the period, once
/// slash: only Disputes; bonded first, then unbonding; at most half to the reporter, the rest burned
/// open, retry, commitAttestation: only with bonds that are there and cover the budget
contract BondsTest is World {
    address private validator = vm.addr(validatorKeys[0]);
    address private reporter = vm.addr(0x5A);

    constructor() {
        deployModel();
    }

    function test_foundingOutOfBoundsReverts() public {
        Launch memory bad = launchTerms();
        bad.operators.bond = 0;
        expectBadConfig(bad, "bond", 0);
        bad.operators.bond = 2 ** 128;
        expectBadConfig(bad, "bond", 2 ** 128);
        (bad.operators.bond, bad.operators.unbondingPeriod) = (BOND, 365 days + 1);
        expectBadConfig(bad, "unbondingPeriod", 365 days + 1);
        (bad.operators.unbondingPeriod, bad.operators.idlePeriod) = (365 days, 365 days + 1);
        expectBadConfig(bad, "idlePeriod", 365 days + 1);
    }

    function test_anybodyDepositsForAnybody() public {
        vm.deal(reporter, 3 ether);
        vm.expectEmit(address(operators));
        emit IOperators.BondDeposited(validator, reporter, 3 ether, BOND + 3 ether);
        vm.prank(reporter);
        operators.deposit{ value: 3 ether }(validator);
        vm.assertEq(bondedOf(validator), BOND + 3 ether, "bonded");
        vm.expectRevert(abi.encodeWithSelector(IOperators.Operators_BadAmount.selector, validator, 0, 0));
        operators.deposit(validator);
    }

    function test_coinsComeByDepositOnly() public {
        vm.deal(address(this), 1);
        (bool paid,) = address(operators).call{ value: 1 }("");
        vm.assertFalse(paid, "operators take no plain coins");
        (paid,) = address(disputes).call{ value: 1 }("");
        vm.assertFalse(paid, "nor do disputes");
    }

    function test_namedOperatorsKeepTheirBondOrLeave() public {
        depositFor(validator, 0.5 ether);
        vm.expectRevert(
            abi.encodeWithSelector(IOperators.Operators_BondNeeded.selector, validator, BOND - 1, BOND)
        );
        vm.prank(validator);
        operators.requestWithdrawal(0.5 ether + 1);
        vm.prank(validator);
        operators.requestWithdrawal(0.5 ether);
        vm.assertTrue(operators.isBonded(validator), "still fully bonded");
        vm.expectRevert(abi.encodeWithSelector(IOperators.Operators_BondNeeded.selector, standby, 1, BOND));
        vm.prank(standby);
        operators.requestWithdrawal(BOND - 1);
        vm.prank(validator);
        operators.requestWithdrawal(BOND);
        vm.assertFalse(operators.isBonded(validator), "left");
        vm.expectPartialRevert(IOperators.Operators_BadAmount.selector);
        vm.prank(validator);
        operators.requestWithdrawal(1);
        vm.expectPartialRevert(IOperators.Operators_BadAmount.selector);
        vm.prank(validator);
        operators.requestWithdrawal(0);
    }

    function test_whoIsNotNamedMayGoBelowTheBond() public {
        address former = vm.addr(0xF0F0);
        depositFor(former, BOND);
        vm.prank(former);
        operators.requestWithdrawal(1);
        vm.assertEq(bondedOf(former), BOND - 1, "left");
        vm.assertFalse(operators.isBonded(former), "not bonded any more");
    }

    function test_whatWasAskedBackComesAfterThePeriodOnce() public {
        address former = vm.addr(0xF0F0);
        depositFor(former, 2 ether);
        vm.prank(former);
        operators.requestWithdrawal(0.5 ether);
        vm.warp(block.timestamp + 1 days);
        vm.prank(former);
        operators.requestWithdrawal(1.5 ether);
        uint64 from = uint64(block.timestamp) + unbonding;
        Bond memory entry = operators.bondOf(former);
        vm.assertEq(entry.unbonding, 2 ether, "all of it");
        vm.assertEq(entry.withdrawableAt, from, "the period starts anew");
        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(IOperators.Operators_NotWithdrawable.selector, former, from));
        vm.prank(former);
        operators.withdraw();
        vm.warp(from);
        vm.prank(former);
        operators.withdraw();
        vm.assertEq(former.balance, 2 ether, "paid");
        vm.expectPartialRevert(IOperators.Operators_NotWithdrawable.selector);
        vm.prank(former);
        operators.withdraw();
    }

    /// Also what a reporter earned: whoever brings it, the money goes to whom it belongs.
    function test_anybodyHasAnOperatorPaidWhatIsItsOwn() public {
        address former = vm.addr(0xF0F0);
        depositFor(former, 2 ether);
        vm.expectPartialRevert(IOperators.Operators_NotWithdrawable.selector);
        operators.withdrawFor(former);
        vm.prank(former);
        operators.requestWithdrawal(2 ether);
        vm.warp(block.timestamp + unbonding);
        uint256 before = address(this).balance;
        vm.expectEmit(address(operators));
        emit IOperators.BondWithdrawn(former, 2 ether);
        vm.assertEq(operators.withdrawFor(former), 2 ether, "amount");
        vm.assertEq(former.balance, 2 ether, "to the operator");
        vm.expectPartialRevert(IOperators.Operators_NotWithdrawable.selector);
        operators.withdrawFor(former);
        slash(validator, BOND, reporter);
        vm.assertEq(operators.withdrawRewardFor(reporter), BOND / 2, "amount");
        vm.assertEq(reporter.balance, BOND / 2, "to the reporter");
        vm.assertEq(operators.withdrawRewardFor(reporter), 0, "once");
        vm.assertEq(address(this).balance, before, "nothing to who brings it");
    }

    function test_onlyDisputesSlash() public {
        vm.expectPartialRevert(IOperators.Operators_NotDisputes.selector);
        vm.prank(founder);
        operators.slash(validator, 1, founder);
        vm.expectPartialRevert(IOperators.Operators_NotDisputes.selector);
        vm.prank(address(manager));
        operators.slash(validator, 1, founder);
    }

    function test_slashingReachesWhatWasAskedBack() public {
        depositFor(validator, 0.6 ether);
        vm.prank(validator);
        operators.requestWithdrawal(0.6 ether);
        vm.expectEmit(address(operators));
        emit IOperators.Slashed(validator, reporter, 1.5 ether, 0.75 ether);
        slash(validator, 1.5 ether, reporter);
        Bond memory entry = operators.bondOf(validator);
        vm.assertEq(entry.bonded, 0, "bonded first");
        vm.assertEq(entry.unbonding, 0.1 ether, "then what was asked back");
        vm.assertEq(operators.burned(), 0.75 ether, "burned");
        vm.prank(reporter);
        vm.assertEq(operators.withdrawReward(), 0.75 ether, "half");
        vm.assertEq(reporter.balance, 0.75 ether, "paid");
        vm.prank(reporter);
        vm.assertEq(operators.withdrawReward(), 0, "once");
        slash(validator, 5 ether, reporter);
        vm.assertEq(operators.rewardOf(reporter), 0.05 ether, "no more than there was");
    }

    function test_nobodyIsRewardedForItself() public {
        slash(validator, BOND, validator);
        vm.assertEq(operators.rewardOf(validator), 0, "reward");
        vm.assertEq(operators.burned(), BOND, "all burned");
        slash(standby, BOND, address(0));
        vm.assertEq(operators.burned(), 2 * BOND, "no reporter, all burned");
    }

    function test_contractThatTakesNoCoinsWaits() public {
        depositFor(address(this), 1 ether);
        operators.requestWithdrawal(1 ether);
        vm.warp(block.timestamp + unbonding);
        vm.expectRevert(
            abi.encodeWithSelector(IOperators.Operators_PaymentFailed.selector, address(this), 1 ether)
        );
        operators.withdraw();
        vm.assertEq(operators.bondOf(address(this)).unbonding, 1 ether, "still its own");
    }

    function test_noAttemptStartsWithoutBonds() public {
        bytes32 parent = manager.currentVersion();
        slash(validator, 1, address(0));
        openRound(0);
        vm.warp(block.timestamp + 2 days);
        manager.void(1);
        slash(vm.addr(validatorKeys[1]), 1, address(0));
        vm.expectRevert(abi.encodeWithSelector(IOperators.Operators_TooFewBonded.selector, 1, 1, 2));
        vm.prank(coordinator);
        manager.retry(1, "plan", uint64(block.timestamp) + 1 days);
        depositFor(validator, 1);
        slash(coordinator, 1, address(0));
        vm.expectRevert(
            abi.encodeWithSelector(IOperators.Operators_NotBonded.selector, coordinator, BOND - 1, BOND)
        );
        vm.prank(coordinator);
        manager.open("plan", parent, 0, uint64(block.timestamp) + 1 days);
        depositFor(coordinator, 1);
        vm.prank(coordinator);
        manager.retry(1, "plan", uint64(block.timestamp) + 1 days);
    }

    function test_unbondedValidatorsDoNotCommit() public {
        uint64 round = roundReadyToAttest(0);
        slash(validator, 1, address(0));
        vm.expectRevert(
            abi.encodeWithSelector(IRoundManager.RoundManager_NotBonded.selector, round, validator)
        );
        vm.prank(validator);
        manager.commitAttestation(round, "c");
        depositFor(validator, 1);
        vm.prank(validator);
        manager.commitAttestation(round, "c");
    }

    function testFuzz_budgetIsCoveredByKBonds(uint256 budget) public {
        vm.warp(START + 10 days);
        budget = within(budget, 0, pool.accrued());
        uint256 covered = 2 * BOND * 1e18 / COIN_PER_TOKEN;
        bytes32 parent = manager.currentVersion();
        if (budget > covered) {
            uint256 worth = (budget * COIN_PER_TOKEN + 1e18 - 1) / 1e18;
            vm.expectRevert(
                abi.encodeWithSelector(IRoundManager.RoundManager_NotCovered.selector, 2 * BOND, worth)
            );
        }
        vm.prank(coordinator);
        manager.open("plan", parent, budget, uint64(block.timestamp) + 1 days);
    }

    function slash(address operator, uint256 amount, address to) private {
        vm.prank(address(disputes));
        operators.slash(operator, amount, to);
    }

    function expectBadConfig(Launch memory bad, bytes32 parameter, uint256 value) private {
        vm.expectRevert(abi.encodeWithSelector(IOperators.Operators_BadConfig.selector, parameter, value));
        factory.launch(bad);
    }
}
