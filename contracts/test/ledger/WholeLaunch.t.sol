// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { FounderVesting } from "../../src/ledger/FounderVesting.sol";
import { IModelFactory } from "../../src/ledger/IModelFactory.sol";
import { OfferingTerms } from "../../src/ledger/IModelOffering.sol";
import { Allocation, GovernanceTerms, Launch, Model } from "../../src/ledger/LaunchTypes.sol";
import { ModelGovernor } from "../../src/ledger/ModelGovernor.sol";
import { ModelOffering } from "../../src/ledger/ModelOffering.sol";
import { ModelPolicy } from "../../src/ledger/ModelPolicy.sol";
import { ModelTimelock } from "../../src/ledger/ModelTimelock.sol";
import { RevenueVault } from "../../src/ledger/RevenueVault.sol";
import { OnchainModels } from "../../src/serving/OnchainModels.sol";
import { IRewardPool } from "../../src/value/IRewardPool.sol";
import { World } from "../support/World.sol";

/// A launch with everything: who holds which power and which tokens when its one transaction is over, and which bounds
/// the factory itself keeps.
///
/// forge-config: default.isolate = true
contract WholeLaunchTest is World {
    uint256 private constant OFFERED = 2_000_000e18;
    uint256 private constant GIVEN = 1_000_000e18;

    OnchainModels private registry = new OnchainModels();
    address private first = vm.addr(0xF1);
    address private second = vm.addr(0xF2);

    function whole() private view returns (Launch memory terms) {
        terms = launchTerms();
        terms.owner = address(0);
        terms.registry = registry;
        terms.token.contractURI = "ipfs://card";
        terms.schedule.ceiling = CAP - OFFERED - 2 * GIVEN;
        terms.revenue.redeemableBps = 500;
        terms.offering.offered = OFFERED;
        (terms.offering.price, terms.offering.minimum) = (1e12, 1e17);
        (terms.offering.opens, terms.offering.closes) = (NOW + 1 hours, NOW + 7 days);
        terms.offering.firstBps = 4000;
        (terms.offering.milestoneRounds, terms.offering.milestoneDeadline) = (10, NOW + 60 days);
        terms.onlyAlliance = true;
        terms.allocations = new Allocation[](2);
        terms.allocations[0] = Allocation(first, GIVEN, 0, 1000 days, 100 days);
        terms.allocations[1] = Allocation(second, GIVEN, NOW + 10 days, 500 days, 0);
        terms.governance = GovernanceTerms({
            votingDelay: 1 days,
            votingPeriod: 5 days,
            extension: 2 days,
            proposalThreshold: CAP / 1000,
            timelockDelay: 2 days,
            shortest: 1 days,
            quorumBps: 1000,
            vetoBps: 3333,
            policy: terms.governance.policy
        });
        terms.governance.policy.training = keccak256("training");
    }

    /// Before the launch nobody can name the treasury, and who launches something else first would change its address.
    function test_anAllocationToNobodyIsTheTreasurys() public {
        Launch memory terms = whole();
        terms.allocations[1].beneficiary = address(0);
        Model memory model = launch(terms);
        FounderVesting wallet = FounderVesting(payable(model.vestings[1]));
        vm.assertEq(wallet.owner(), model.timelock, "the treasury's");
        vm.assertEq(FounderVesting(payable(model.vestings[0])).owner(), first, "the founder's");
        vm.warp(NOW + 1000 days);
        wallet.release(model.token);
        vm.assertEq(token.balanceOf(model.timelock), GIVEN, "set free");
    }

    function test_allPowersAreTheTimelocks() public {
        Model memory model = launch(whole());
        address ruler = model.timelock;
        vm.assertEq(operators.owner(), ruler, "operators");
        vm.assertEq(alliance.owner(), ruler, "alliance");
        vm.assertEq(manager.owner(), ruler, "owner");
        vm.assertEq(manager.publisher(), model.policy, "versions");
        vm.assertEq(pool.governance(), ruler, "emission");
        vm.assertEq(token.treasury(), ruler, "treasury");
        ModelGovernor governor = ModelGovernor(payable(model.governor));
        vm.assertEq(governor.timelock(), ruler, "governor");
        vm.assertEq(address(governor.token()), model.token, "votes");
        vm.assertEq(governor.offering(), model.offering, "not before it is settled");
        vm.assertEq(governor.cap(), CAP, "cap");
        ModelTimelock timelock = ModelTimelock(payable(ruler));
        vm.assertTrue(timelock.hasRole(timelock.PROPOSER_ROLE(), model.governor), "proposes");
        vm.assertTrue(timelock.hasRole(timelock.EXECUTOR_ROLE(), model.governor), "executes");
        vm.assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(factory)), "not the factory");
        vm.assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(this)), "not the founder");
        ModelPolicy policy = ModelPolicy(model.policy);
        vm.assertEq(policy.timelock(), ruler, "policy");
        vm.assertEq(address(policy.manager()), model.manager, "of this model");
    }

    function test_allTokensAreSetAsideAndCounted() public {
        Model memory model = launch(whole());
        vm.assertEq(token.totalEverMinted(), OFFERED + 2 * GIVEN, "ever minted");
        vm.assertEq(token.balanceOf(model.offering), OFFERED, "offered");
        vm.assertEq(token.heldSupply(), 0, "nobody holds any");
        vm.assertEq(pool.minted(), 0, "nothing is emitted");
        for (uint256 i = 0; i < 2; ++i) {
            vm.assertEq(token.balanceOf(model.vestings[i]), GIVEN, "in its wallet");
        }
        FounderVesting wallet = FounderVesting(payable(model.vestings[0]));
        vm.assertEq(wallet.owner(), first, "whose");
        vm.assertEq(wallet.start(), NOW, "from the launch");
        vm.assertEq(wallet.cliff(), NOW + 100 days, "cliff");
        wallet = FounderVesting(payable(model.vestings[1]));
        vm.assertEq(wallet.owner(), second, "whose");
        vm.assertEq(wallet.start(), NOW + 10 days, "as said");
        // The factory could mint in the transaction of the launch only; it has no function that would try again.
        vm.prank(address(factory));
        vm.expectRevert();
        token.mint(first, 1);
    }

    function test_offeringAndVaultAreTheModelsOwn() public {
        Launch memory terms = whole();
        terms.offering.treasury = first;
        Model memory model = launch(terms);
        OfferingTerms memory sale = ModelOffering(model.offering).terms();
        vm.assertEq(address(sale.token), model.token, "token");
        vm.assertEq(sale.treasury, model.timelock, "treasury, whatever was asked for");
        vm.assertEq(address(sale.manager), model.manager, "manager");
        vm.assertEq(address(sale.alliance), model.alliance, "alliance");
        vm.assertEq(sale.offered, OFFERED, "offered");
        RevenueVault vault = RevenueVault(payable(model.vault));
        vm.assertEq(token.vault(), model.vault, "vault");
        vm.assertEq(vault.epochStart(), NOW, "epochs begin now");
        vm.assertEq(vault.epochLength(), token.epochLength(), "as long as the token's");
        vm.assertEq(vault.redeemableBps(), 500, "redeemable");
    }

    function test_emissionIsWhatTheLaunchLeavesOfTheCap() public {
        Launch memory bad = whole();
        bad.schedule.ceiling += 1;
        vm.expectRevert(
            abi.encodeWithSelector(
                IRewardPool.RewardPool_BadSchedule.selector,
                RATE,
                bad.schedule.ceiling,
                bad.schedule.ceiling - 1
            )
        );
        factory.launch(bad);
        bad.allocations[1].amount = CAP;
        expectOutOfBounds(bad, "amount", CAP);
        bad.allocations[1].amount = 0;
        expectOutOfBounds(bad, "amount", 0);
        bad.offering.offered = CAP + 1;
        expectOutOfBounds(bad, "offered", CAP + 1);
        bad = whole();
        bad.allocations = new Allocation[](17);
        expectOutOfBounds(bad, "allocations", 17);
    }

    function test_governanceOutOfBoundsReverts() public {
        Launch memory bad = whole();
        bad.governance.shortest = 59;
        expectOutOfBounds(bad, "shortest", 59);
        bad.governance.shortest = 30 days + 1;
        expectOutOfBounds(bad, "shortest", 30 days + 1);
        bad = whole();
        bad.governance.quorumBps = 0;
        expectOutOfBounds(bad, "quorumBps", 0);
        bad.governance.quorumBps = 10_001;
        expectOutOfBounds(bad, "quorumBps", 10_001);
        bad = whole();
        bad.governance.vetoBps = 10_001;
        expectOutOfBounds(bad, "vetoBps", 10_001);
        bad = whole();
        bad.registry = OnchainModels(address(0));
        expectOutOfBounds(bad, "registry", 0);
        bad = whole();
        bad.revenue.redeemableBps = 10_001;
        expectOutOfBounds(bad, "redeemableBps", 10_001);
    }

    function test_gasOfALaunch() public {
        Launch memory terms = whole();
        factory.launch(terms);
        uint256 governed = vm.snapshotGasLastCall("launch", "whole model, governed, two founders");
        terms = launchTerms();
        terms.registry = registry;
        factory.launch(terms);
        uint256 owned = vm.snapshotGasLastCall("launch", "model with an owner");
        vm.assertLt(owned, governed, "less is made");
        vm.assertLt(governed, 6_500_000, "a launch fits a block many times");
    }

    function expectOutOfBounds(Launch memory bad, bytes32 parameter, uint256 value) private {
        vm.expectRevert(
            abi.encodeWithSelector(IModelFactory.ModelFactory_OutOfBounds.selector, parameter, value)
        );
        factory.launch(bad);
    }
}
