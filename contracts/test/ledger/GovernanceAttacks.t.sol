// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IModelGovernor } from "../../src/ledger/IModelGovernor.sol";
import { ModelGovernor } from "../../src/ledger/ModelGovernor.sol";
import { ModelToken } from "../../src/value/ModelToken.sol";
import { ClaimTree } from "../support/ClaimTree.sol";
import { Governed } from "../support/Governed.sol";
import { IGovernor } from "@openzeppelin/contracts/governance/IGovernor.sol";

/// @notice Borrows tokens, does with them what it can in one transaction, gives them back.
contract FlashVoter {
    ModelToken private immutable _token;
    ModelGovernor private immutable _governor;
    bool public couldPropose;
    uint256 public weight;

    constructor(ModelToken token, ModelGovernor governor) {
        (_token, _governor) = (token, governor);
    }

    function attack(address lender, uint256 amount, uint256 running, bytes calldata proposal) external {
        assert(_token.transferFrom(lender, address(this), amount));
        _token.delegate(address(this));
        (couldPropose,) = address(_governor).call(proposal);
        weight = _governor.castVote(running, 1);
        assert(_token.transfer(lender, amount));
    }
}

/// Known ways to take a vote over, each by its name, none of which works.
contract GovernanceAttacksTest is Governed {
    function robbery() private view returns (Call memory) {
        return Call(stranger, 100 ether, "");
    }

    function proposal(string memory why) private view returns (bytes memory) {
        (address[] memory targets, uint256[] memory values, bytes[] memory datas) = lists(robbery());
        return
            abi.encodeWithSignature(
                "propose(address[],uint256[],bytes[],string)", targets, values, datas, why
            );
    }

    function test_attack_flashLoanVote() public {
        deployGovernedAndHeld();
        vm.deal(address(timelock), 100 ether);
        uint256 id = propose(robbery(), "running");
        toVoting(id);
        FlashVoter attacker = new FlashVoter(token, governor);
        vm.prank(bert);
        token.approve(address(attacker), type(uint256).max);
        attacker.attack(bert, CAP * 15 / 100, id, proposal("by a loan"));
        vm.assertFalse(attacker.couldPropose(), "no proposal with a loan");
        vm.assertEq(attacker.weight(), 0, "no vote with a loan");
        toEnd(id);
        vm.assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Defeated), "defeated");
    }

    /// A lender that keeps its tokens in its hands before the snapshot cannot be used in the snapshot's second either.
    function test_attack_flashLoanAtTheSnapshot() public {
        deployGovernedAndHeld();
        uint256 id = propose(robbery(), "running");
        vm.warp(governor.proposalSnapshot(id));
        FlashVoter attacker = new FlashVoter(token, governor);
        vm.prank(bert);
        token.approve(address(attacker), type(uint256).max);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        attacker.attack(bert, CAP * 15 / 100, id, proposal("by a loan"));
        // borrowed and returned in that second, the loan leaves no trace: the last balance of a second counts
        vm.warp(block.timestamp + 1);
        vm.assertEq(governor.getVotes(address(attacker), governor.proposalSnapshot(id)), 0, "no votes");
    }

    function test_attack_firstClaimantVote() public {
        deployGoverned();
        sale.settle();
        uint256 amount = CAP / 20;
        depositFor(vm.addr(validatorKeys[0]), 20 ether);
        (bytes32 root, bytes32[] memory proof) = ClaimTree.single(stranger, amount, amount, 1, 1);
        runRound(amount + amount / 10, root, amount);
        pool.claim(stranger, amount, amount, proof);
        vm.prank(stranger);
        token.delegate(stranger);
        vm.warp(block.timestamp + 1);
        vm.assertEq(token.heldSupply(), amount, "it holds all that is held");
        (address[] memory targets, uint256[] memory values, bytes[] memory datas) = lists(robbery());
        vm.expectRevert(
            abi.encodeWithSelector(IModelGovernor.ModelGovernor_TooFewHeld.selector, amount, CAP / 10)
        );
        vm.prank(stranger);
        governor.propose(targets, values, datas, "I am everybody");
    }

    function test_attack_votesBoughtAfterTheSnapshot() public {
        deployGovernedAndHeld();
        uint256 id = propose(robbery(), "buy later");
        toVoting(id);
        vm.startPrank(bert);
        assert(token.transfer(stranger, CAP * 15 / 100));
        vm.stopPrank();
        vm.prank(stranger);
        token.delegate(stranger);
        vm.warp(governor.proposalDeadline(id));
        vm.prank(stranger);
        vm.assertEq(governor.castVote(id, FOR), 0, "bought too late");
    }

    function test_attack_boughtVotesAtTheLastMoment() public {
        deployGovernedAndHeld();
        give(stranger, CAP / 10);
        vm.warp(block.timestamp + 1);
        vm.deal(address(timelock), 100 ether);
        (address[] memory targets, uint256[] memory values, bytes[] memory datas) = lists(robbery());
        vm.prank(stranger);
        uint256 id = governor.propose(targets, values, datas, "while nobody looks");
        uint256 deadline = governor.proposalDeadline(id);
        vm.warp(deadline);
        vote(stranger, id, FOR);
        vm.assertEq(governor.proposalDeadline(id), deadline + EXTENSION, "the vote goes on");
        vm.warp(deadline + 1 days);
        vote(bert, id, AGAINST);
        toEnd(id);
        vm.assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Defeated), "defeated");
    }

    function test_attack_executingWithoutWaiting() public {
        deployGovernedAndHeld();
        uint256 id = propose(robbery(), "at once");
        toVoting(id);
        vote(anne, id, FOR);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        governor.execute(id);
        toEnd(id);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        governor.execute(id);
        governor.queue(id);
        vm.expectRevert();
        governor.execute(id);
    }

    function test_attack_quorumLoweredByLockingOthersTokensAway() public {
        deployGovernedAndHeld();
        uint256 before = governor.quorum(block.timestamp);
        // what an attacker may set aside is its own: the quorum's part of it, at most
        vm.startPrank(cleo);
        assert(token.transfer(address(pool), CAP / 20));
        vm.stopPrank();
        vm.assertEq(
            governor.quorum(block.timestamp), before - CAP / 20 * QUORUM_BPS / 10_000, "a tenth of it"
        );
        vm.assertLe(CAP / 100, governor.quorum(block.timestamp), "never below a hundredth of the cap");
    }

    function test_attack_vetoByTheFirstTinyContributor() public {
        deployGovernedAndHeld();
        uint256 amount = 1e18;
        (bytes32 root, bytes32[] memory proof) = ClaimTree.single(stranger, amount, amount, 1, 1);
        runRound(amount * 2, root, amount);
        pool.claim(stranger, amount, amount, proof);
        vm.prank(stranger);
        token.delegate(stranger);
        vm.warp(block.timestamp + 1);
        uint256 id = propose(robbery(), "vetoed by one token?");
        toVoting(id);
        vm.prank(stranger);
        governor.veto(id);
        vm.assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Active), "goes on");
    }
}
