// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IModelGovernor } from "../../src/ledger/IModelGovernor.sol";
import { ClaimTree } from "../support/ClaimTree.sol";
import { Governed } from "../support/Governed.sol";
import { IGovernor } from "@openzeppelin/contracts/governance/IGovernor.sol";

/// veto: contributors, with what they mined and still vote with, once, until it is carried out
contract VetoTest is Governed {
    bytes private constant NEW_LICENCE = "licence 2";

    function licence() private view returns (Call memory) {
        return Call(address(policy), 0, abi.encodeCall(policy.setLicence, (keccak256(NEW_LICENCE))));
    }

    /// A contributor that has mined and claimed `amount`.
    function mined(address account, uint256 amount) private {
        bytes32[] memory proof = minedNotClaimed(account, amount);
        pool.claim(account, amount, pool.contributorsMinted(), proof);
        vm.prank(account);
        token.delegate(account);
    }

    function minedNotClaimed(address account, uint256 amount) private returns (bytes32[] memory proof) {
        bytes32 root;
        (root, proof) =
            ClaimTree.single(account, amount, pool.contributorsMinted() + amount, 1, uint160(account));
        runRound(amount + amount / 10, root, amount);
    }

    function heldWithContributors() private {
        deployGoverned();
        vm.warp(block.timestamp + 10 days);
        depositFor(vm.addr(validatorKeys[0]), 20 ether);
        sale.settle();
        mined(cleo, CAP / 50);
        mined(stranger, CAP / 100);
        give(anne, CAP / 20);
        give(bert, CAP / 20);
        vm.warp(block.timestamp + 1);
    }

    function passed() private returns (uint256 id) {
        id = propose(licence(), "against contributors");
        toVoting(id);
        vote(anne, id, FOR);
        vote(bert, id, FOR);
        toEnd(id);
        governor.queue(id);
    }

    function test_contributorsStopWhatWasQueued() public {
        heldWithContributors();
        uint256 id = passed();
        vm.assertEq(
            governor.vetoOf(id).needed, CAP / 100, "a third of what was mined, a hundredth of the cap"
        );
        vm.prank(cleo);
        vm.assertEq(governor.veto(id), CAP / 50, "what it mined");
        assertState(id, IGovernor.ProposalState.Canceled);
        vm.warp(block.timestamp + LOCK);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        governor.execute(id);
        vm.assertTrue(governor.hasVetoed(id, cleo), "recorded");
    }

    function test_aVetoIsForWhoMined() public {
        heldWithContributors();
        uint256 id = passed();
        vm.expectRevert(abi.encodeWithSelector(IModelGovernor.ModelGovernor_NothingMined.selector, id, anne));
        vm.prank(anne);
        governor.veto(id);
    }

    function test_whoSoldItsTokensHasNoVetoLeft() public {
        heldWithContributors();
        vm.startPrank(cleo);
        assert(token.transfer(bert, CAP / 50));
        vm.stopPrank();
        vm.warp(block.timestamp + 1);
        uint256 id = passed();
        vm.expectRevert(abi.encodeWithSelector(IModelGovernor.ModelGovernor_NothingMined.selector, id, cleo));
        vm.prank(cleo);
        governor.veto(id);
    }

    function test_aVetoStandsOnce() public {
        vetoBps = 10_000;
        heldWithContributors();
        uint256 id = passed();
        vm.startPrank(cleo);
        governor.veto(id);
        vm.expectRevert(abi.encodeWithSelector(IModelGovernor.ModelGovernor_AlreadyVetoed.selector, id, cleo));
        governor.veto(id);
        vm.stopPrank();
        assertState(id, IGovernor.ProposalState.Queued);
        vm.prank(stranger);
        governor.veto(id);
        assertState(id, IGovernor.ProposalState.Canceled);
    }

    /// Whoever gives tokens to the pool buys no cheaper veto with them.
    function test_aGiftToThePoolMovesNoVeto() public {
        vetoBps = 10_000;
        heldWithContributors();
        give(founder, CAP / 25);
        vm.prank(founder);
        assert(token.transfer(address(pool), CAP / 25));
        vm.warp(block.timestamp + 1);
        uint256 id = propose(licence(), "after a gift");
        vm.assertEq(governor.vetoOf(id).needed, CAP / 50 + CAP / 100, "all that was mined");
    }

    /// Who keeps back its claim until a proposal is made does not stand against it with what the proposal did not count.
    function test_aClaimKeptBackMovesNoVeto() public {
        vetoBps = 10_000;
        heldWithContributors();
        uint256 more = CAP / 40;
        bytes32[] memory proof = minedNotClaimed(founder, more);
        uint256 id = propose(licence(), "before the claim");
        pool.claim(founder, more, pool.contributorsMinted(), proof);
        vm.prank(founder);
        token.delegate(founder);
        toVoting(id);
        vm.prank(founder);
        governor.veto(id);
        vm.assertEq(governor.vetoOf(id).needed, CAP / 50 + CAP / 100 + more, "what was mined, claimed or not");
        assertState(id, IGovernor.ProposalState.Active);
    }

    function test_noVetoAfterItWasCarriedOut() public {
        heldWithContributors();
        uint256 id = passed();
        vm.warp(block.timestamp + LOCK);
        governor.execute(id);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        vm.prank(cleo);
        governor.veto(id);
    }

    function test_aModelMayHaveNoVeto() public {
        vetoBps = 0;
        deployGovernedAndHeld();
        uint256 id = propose(licence(), "no veto");
        vm.expectRevert(abi.encodeWithSelector(IModelGovernor.ModelGovernor_NoVeto.selector));
        vm.prank(cleo);
        governor.veto(id);
    }

    function assertState(uint256 id, IGovernor.ProposalState expected) private view {
        vm.assertEq(uint256(governor.state(id)), uint256(expected), "state");
    }
}
