// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Access, Bar, IModelPolicy, Price, Record, Rule } from "../../src/ledger/IModelPolicy.sol";
import { IModelTimelock } from "../../src/ledger/IModelTimelock.sol";
import { IOnchainModels } from "../../src/serving/IOnchainModels.sol";
import { Governed } from "../support/Governed.sol";
import { IGovernor } from "@openzeppelin/contracts/governance/IGovernor.sol";

/// For everything a vote can do: proposed, voted, queued, executed, and its effect seen where it is due: in the next
/// round, the next prediction, an account's balance. Emission: EmissionVotes.t.sol.
contract WhatAVoteCanDoTest is Governed {
    bytes private constant ADD_ONE = hex"5f356001015f5260205ff3";
    bytes private constant ADD_TWO = hex"5f356002015f5260205ff3";

    bytes32 private modelId;

    constructor() {
        deployGovernedAndHeld();
        modelId = bytes32(uint256(uint160(address(manager))));
    }

    // --- policies

    function test_trainingPolicy() public {
        followed(Rule.Training, policy.setTrainingPolicy.selector, keccak256("training 1"));
    }

    function test_dataPolicy() public {
        followed(Rule.Data, policy.setDataPolicy.selector, keccak256("data 1"));
    }

    function test_validationPolicy() public {
        followed(Rule.Validation, policy.setValidationPolicy.selector, keccak256("validation 1"));
    }

    function test_licenceText() public {
        followed(Rule.Licence, policy.setLicence.selector, keccak256("licence 1"));
    }

    /// A round that was opened before keeps the former rule, the next one has the new.
    function followed(Rule rule, bytes4 setter, bytes32 former) private {
        uint64 before = runRound(0, 0, 0);
        decide(address(policy), abi.encodeWithSelector(setter, keccak256("next")));
        vm.assertEq(policy.ruleOf(rule).hash, keccak256("next"), "in force");
        nextBlock();
        uint64 later = runRound(0, 0, 0);
        vm.assertEq(ruleIn(rule, before), former, "the former round's");
        vm.assertEq(ruleIn(rule, later), keccak256("next"), "the next round's");
    }

    function ruleIn(Rule rule, uint64 round) private view returns (bytes32) {
        (, Record memory record) = policy.ruleAt(rule, manager.roundOf(round).openedBlock);
        return record.hash;
    }

    function test_allianceRulesAndListers() public {
        decide(address(alliance), abi.encodeCall(alliance.setRules, (keccak256("p2"), keccak256("t2"))));
        nextBlock();
        (bytes32 policyHash, bytes32 termsHash) = alliance.rulesAt(uint64(block.timestamp));
        vm.assertEq(policyHash, keccak256("p2"), "policy of the next round");
        vm.assertEq(termsHash, keccak256("t2"), "terms of the next round");
    }

    // --- prices and access

    function test_pricesAndAccess() public {
        Price[] memory list = new Price[](2);
        list[0] = Price("predict", address(token), 0, 0, false, 1e15);
        list[1] = Price("month", address(0), 30 days, 1000, true, 1 ether);
        decide(address(policy), abi.encodeCall(policy.setPrices, (Access.Paid, list)));
        (Access access, Price[] memory found) = policy.prices();
        vm.assertEq(uint256(access), uint256(Access.Paid), "access");
        vm.assertEq(found.length, 2, "two");
        vm.assertEq(policy.priceOf("predict").amount, 1e15, "a call");
        vm.assertEq(policy.priceOf("month").ratePerDay, 1000, "a pass");
        vm.expectRevert(abi.encodeWithSelector(IModelPolicy.ModelPolicy_NoPrice.selector, bytes32("year")));
        policy.priceOf("year");
        (access, found) = policy.pricesByNumber(0);
        vm.assertEq(uint256(access), uint256(Access.Open), "what held at first");
        vm.assertEq(found.length, 0, "free at first");
    }

    // --- operators

    function test_validatorsOfTheNextRound() public {
        uint64 before = openRound(0);
        uint256[] memory keys = new uint256[](3);
        (keys[0], keys[1], keys[2]) = (0x21, 0x22, 0x23);
        for (uint256 i = 0; i < 3; ++i) {
            depositFor(vm.addr(keys[i]), BOND);
        }
        decide(address(operators), abi.encodeCall(operators.setValidators, (3, validatorSet(keys))));
        vm.assertEq(manager.roundOf(before).operatorsEpoch, 1, "the open round keeps its own");
        manager.void(before);
        uint64 later = openRound(0);
        vm.assertEq(manager.roundOf(later).k, 3, "k of the next");
        (bool isValidator,) = operators.standingOf(manager.roundOf(later).operatorsEpoch, vm.addr(0x21));
        vm.assertTrue(isValidator, "a new validator");
    }

    function test_coordinatorOfTheNextRound() public {
        decide(address(operators), abi.encodeCall(operators.setCoordinator, (standby, one(coordinator))));
        bytes32 parent = manager.currentVersion();
        vm.prank(standby);
        uint64 round = manager.open(keccak256("plan"), parent, 0, uint64(block.timestamp) + 1 days);
        vm.assertEq(uint256(round), 1, "the new coordinator's");
    }

    // --- versions

    /// A final version with this evaluation, published by k validators.
    function finalVersion(bytes memory code) private returns (bytes32 version) {
        nextBlock();
        runRound(0, 0, 0); // its evaluation is -17
        version = manager.currentVersion();
        publish(version, code);
    }

    function test_promotionAboveTheBarIsAnybodys() public {
        bytes32 version = finalVersion(ADD_ONE);
        vm.prank(stranger);
        policy.promote(version);
        vm.assertEq(registry.predict(modelId, abi.encode(41)), 42, "the next prediction");
        vm.assertEq(policy.currentVersion(), version, "current");
    }

    function test_belowTheBarOnlyTheOverridingVotePromotes() public {
        decide(address(policy), abi.encodeCall(policy.setBar, (Bar(-16, false, true))));
        bytes32 version = finalVersion(ADD_ONE);
        bytes memory refusal = abi.encodeWithSelector(
            IModelPolicy.ModelPolicy_BelowBar.selector, version, int64(-17), int64(-16)
        );
        vm.expectRevert(refusal);
        policy.promote(version);
        // a vote for the conditional promotion does not pass either
        decideInVain(Call(address(policy), 0, abi.encodeCall(policy.promote, (version))), refusal);
        decide(address(policy), abi.encodeCall(policy.promoteByVote, (version)));
        vm.assertEq(registry.predict(modelId, abi.encode(41)), 42, "the next prediction");
        vm.assertTrue(policy.promotionByNumber(0).byVote, "recorded as a vote's");
    }

    function test_rollback() public {
        bytes32 first = finalVersion(ADD_ONE);
        policy.promote(first);
        bytes32 second = finalVersion(ADD_TWO);
        policy.promote(second);
        vm.assertEq(registry.predict(modelId, abi.encode(1)), 3, "second");
        decide(address(policy), abi.encodeCall(policy.rollback, (first)));
        vm.assertEq(registry.predict(modelId, abi.encode(1)), 2, "first again");
        vm.expectRevert(
            abi.encodeWithSelector(IModelPolicy.ModelPolicy_NotNewer.selector, second, uint64(2), uint64(2))
        );
        policy.promote(second);
        bytes32 third = finalVersion(ADD_TWO);
        policy.promote(third);
        vm.assertEq(registry.predict(modelId, abi.encode(1)), 3, "a newer one is anybody's again");
    }

    // --- treasury

    function test_paymentInCoin() public {
        vm.deal(address(timelock), 3 ether);
        decide(Call(stranger, 2 ether, ""), "pay two coins");
        vm.assertEq(stranger.balance, 2 ether, "paid");
        vm.assertEq(address(timelock).balance, 1 ether, "the rest");
    }

    function test_paymentInTokens() public {
        vm.prank(address(pool));
        token.mint(address(timelock), 50e18);
        decide(address(token), abi.encodeCall(token.transfer, (stranger, 20e18)));
        vm.assertEq(token.balanceOf(stranger), 20e18, "paid");
    }

    function test_severalCallsAreOneDecision() public {
        vm.deal(address(timelock), 1 ether);
        address[] memory targets = new address[](2);
        uint256[] memory values = new uint256[](2);
        bytes[] memory datas = new bytes[](2);
        (targets[0], targets[1]) = (address(policy), stranger);
        values[1] = 2 ether; // more than there is
        datas[0] = abi.encodeCall(policy.setLicence, (keccak256("half")));
        vm.prank(anne);
        uint256 id = governor.propose(targets, values, datas, "both or none");
        toVoting(id);
        vote(anne, id, FOR);
        toEnd(id);
        governor.queue(id);
        vm.warp(block.timestamp + LOCK);
        vm.expectRevert();
        governor.execute(id);
        vm.assertEq(policy.ruleOf(Rule.Licence).hash, keccak256("licence 1"), "none");
        vm.deal(address(timelock), 2 ether);
        governor.execute(id);
        vm.assertEq(policy.ruleOf(Rule.Licence).hash, keccak256("half"), "both");
    }

    // --- the vote itself

    function test_theTimelocksDelay() public {
        decide(address(timelock), abi.encodeCall(timelock.updateDelay, (5 days)));
        vm.assertEq(timelock.getMinDelay(), 5 days, "longer");
        uint256 id = propose(Call(address(policy), 0, abi.encodeCall(policy.setLicence, ("x"))), "later");
        toVoting(id);
        vote(anne, id, FOR);
        toEnd(id);
        governor.queue(id);
        vm.warp(block.timestamp + LOCK);
        vm.expectRevert();
        governor.execute(id);
        vm.warp(block.timestamp + 3 days);
        governor.execute(id);
    }

    function test_noVoteShortensTheDelayBelowItsBound() public {
        decideInVain(
            Call(address(timelock), 0, abi.encodeCall(timelock.updateDelay, (1 hours))),
            abi.encodeWithSelector(
                IModelTimelock.ModelTimelock_BadDelay.selector, 1 hours, SHORTEST, uint256(30 days)
            )
        );
    }

    function test_noVoteGivesAnybodyARole() public {
        bytes32 role = timelock.PROPOSER_ROLE();
        decideInVain(
            Call(address(timelock), 0, abi.encodeCall(timelock.grantRole, (role, stranger))),
            abi.encodeWithSelector(IModelTimelock.ModelTimelock_RolesAreFixed.selector)
        );
        decideInVain(
            Call(address(timelock), 0, abi.encodeCall(timelock.revokeRole, (role, address(governor)))),
            abi.encodeWithSelector(IModelTimelock.ModelTimelock_RolesAreFixed.selector)
        );
    }

    function test_aDefeatedProposalDoesNothing() public {
        uint256 id =
            propose(Call(address(policy), 0, abi.encodeCall(policy.setLicence, ("no"))), "not wanted");
        toVoting(id);
        vote(anne, id, AGAINST);
        vote(bert, id, FOR);
        toEnd(id);
        vm.assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Defeated), "defeated");
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        governor.queue(id);
    }

    function test_onlyThePublisherReachesTheRegistry() public {
        bytes32 version = finalVersion(ADD_ONE);
        vm.expectRevert(
            abi.encodeWithSelector(
                IOnchainModels.OnchainModels_NotPublisher.selector, address(manager), address(timelock)
            )
        );
        vm.prank(address(timelock));
        registry.promote(address(manager), version);
    }

    function nextBlock() private {
        vm.roll(block.number + 1);
        vm.warp(block.timestamp + 1);
    }
}
