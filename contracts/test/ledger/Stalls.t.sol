// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IModelGovernor } from "../../src/ledger/IModelGovernor.sol";
import { Outcome } from "../../src/training/IDisputes.sol";
import { Status, VoidReason } from "../../src/training/RoundTypes.sol";
import { ClaimTree } from "../support/ClaimTree.sol";
import { Governed } from "../support/Governed.sol";
import { Seven } from "../support/Seven.sol";
import { IGovernor } from "@openzeppelin/contracts/governance/IGovernor.sol";

/// What holding up a round costs, and how it ends; docs/trust.md has a line for each test.
contract StalledRoundTest is Seven {
    bytes32 private constant SALT = "salt of the plant";

    address private friend = vm.addr(0xF1);

    constructor() {
        (window, idle) = (1 days, 4 days);
        foundSeven();
    }

    /// Three of seven cannot decide, and can keep four from deciding in a hearing.
    function test_stall_kMinusOneValidatorsWithAChallengerOfTheirs() public {
        uint64 round = honestRound();
        bytes32 right = manager.roundOf(round).agreed;
        uint256 bond = challengeBy(friend, round, "anything else");
        uint256 before = pool.available();
        heard(round, 3, "anything else", right);
        vm.assertEq(uint256(manager.roundOf(round).voidReason), uint256(VoidReason.Undecided), "void");
        vm.assertLe(bond - bond / 20, disputes.owedTo(friend), "a twentieth of the challenge, and no more");
        vm.assertLt(disputes.owedTo(friend), bond - bond / 20 + 7, "to what divides among seven");
        vm.assertLe(before, pool.available(), "no emission is lost");
        vm.prank(coordinator);
        manager.retry(round, keccak256("plan"), uint64(block.timestamp) + 1 days);
    }

    function test_stall_aChallengeOfARightResult() public {
        uint64 round = honestRound();
        bytes32 right = manager.roundOf(round).agreed;
        uint256 bond = challengeBy(friend, round, "anything else");
        uint256 from = block.timestamp;
        heard(round, 2, "anything else", right);
        vm.assertEq(uint256(disputes.hearingOf(round, 0).outcome), uint256(Outcome.Upheld), "five of seven");
        vm.assertEq(disputes.owedTo(friend), 0, "the whole bond");
        vm.assertLe(bond / 5 * 5, 5 * disputes.owedTo(vm.addr(validatorKeys[6])), "goes to who said so");
        vm.assertLe(block.timestamp, from + 2 * HEARING, "two hearing periods at most");
        vm.warp(manager.roundOf(round).finalisableAt);
        manager.finalise(honestResult(round), honestRoot, EARNED, 0, 0);
    }

    function test_stall_validatorsThatNeverCommit() public {
        uint64 round = roundReadyToAttest(BUDGET);
        for (uint256 i = 0; i < 3; ++i) {
            commit(validatorKeys[i], honestResult(round));
        }
        vm.warp(manager.voidableAt(round));
        manager.void(round);
        vm.assertEq(uint256(manager.roundOf(round).voidReason), uint256(VoidReason.Deadline), "void");
        vm.assertEq(bondedOf(vm.addr(validatorKeys[6])), BOND, "who never spoke loses its pay alone");
        vm.prank(coordinator);
        manager.retry(round, keccak256("plan"), uint64(block.timestamp) + 1 days);
    }

    function test_stall_validatorsThatCommitAndKeepSilent() public {
        uint64 round = roundReadyToAttest(BUDGET);
        for (uint256 i = 0; i < 7; ++i) {
            commit(validatorKeys[i], honestResult(round));
        }
        for (uint256 i = 0; i < 3; ++i) {
            reveal(validatorKeys[i], honestResult(round));
        }
        vm.warp(manager.voidableAt(round));
        manager.void(round);
        for (uint256 i = 3; i < 7; ++i) {
            disputes.slashSilent(round, vm.addr(validatorKeys[i]));
            vm.assertEq(bondedOf(vm.addr(validatorKeys[i])), BOND - BOND / 100, "a hundredth each");
        }
        // below its bond none of them commits any more until it is topped up
        vm.assertFalse(operators.isBonded(vm.addr(validatorKeys[6])), "and its place until it pays");
    }

    /// It is never idle and mints nothing. Only gas; a vote ends it (KeyRotation.t.sol).
    function test_stall_aCoordinatorThatCallsEveryAttemptATest() public {
        uint64 round = openRound(BUDGET);
        for (uint32 attempt = 0; attempt < 3; ++attempt) {
            bytes32 hash = manager.plantHashOf(round, attempt, true, SALT);
            vm.prank(coordinator);
            manager.plant(round, hash);
            finishUntilSeed2(round);
            agree(honestResult(round));
            manager.openPlant(round, true, SALT);
            vm.assertEq(uint256(manager.roundOf(round).voidReason), uint256(VoidReason.Test), "void");
            vm.assertLt(block.timestamp, operators.idleAt(), "not idle");
            if (attempt == 2) break;
            vm.prank(coordinator);
            manager.retry(round, keccak256("plan"), uint64(block.timestamp) + 1 days);
        }
        vm.assertEq(bondedOf(coordinator), BOND, "it costs gas");
        vm.assertEq(pool.contributorsMinted(), EARNED, "and nobody is paid for it");
    }

    function test_stall_nobodyHoldsUpAClaim() public {
        uint64 round = honestRound();
        challengeBy(friend, round, "anything else");
        vm.assertEq(uint256(manager.roundOf(round).status), uint256(Status.Challenged), "halted");
        uint256 earned = EARNED - FETCHED;
        bytes32[] memory proof = ClaimTree.proofOf(ClaimTree.leafOf(prompt, FETCHED, FETCHED));
        // a stranger is first: the account is paid, and its own claim then pays nothing and is refused by nobody
        vm.prank(friend);
        vm.assertEq(pool.claim(slow, earned, EARNED, proof), earned, "by a stranger");
        vm.assertEq(token.balanceOf(slow), earned, "to the account");
        vm.prank(slow);
        vm.assertEq(pool.claim(slow, earned, EARNED, proof), 0, "nothing new");
    }

    function honestRound() private returns (uint64 round) {
        round = roundReadyToAttest(BUDGET);
        agree(honestResult(round));
    }
}

/// What holding up a vote costs, and how it ends.
contract StalledVoteTest is Governed {
    constructor() {
        deployGovernedAndHeld();
    }

    function target() private view returns (Call memory) {
        return Call(address(policy), 0, abi.encodeCall(policy.setTrainingPolicy, (keccak256("next"))));
    }

    /// Who sees a proposal on its way can make the same first and take it back: the same words are then used up.
    function test_stall_aProposalTakenBeforehand() public {
        (address[] memory targets, uint256[] memory values, bytes[] memory datas) = lists(target());
        vm.startPrank(bert);
        uint256 id = governor.propose(targets, values, datas, "slower");
        governor.cancel(targets, values, datas, keccak256("slower"));
        vm.stopPrank();
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        vm.prank(anne);
        governor.propose(targets, values, datas, "slower");
        // other words are another proposal, and words that name the proposer are nobody else's to take
        string memory mine = string.concat("slower#proposer=", lowerHex(anne));
        vm.expectPartialRevert(IGovernor.GovernorRestrictedProposer.selector);
        vm.prank(bert);
        governor.propose(targets, values, datas, mine);
        vm.prank(anne);
        uint256 again = governor.propose(targets, values, datas, mine);
        vm.assertFalse(again == id, "its own");
    }

    function test_stall_manyProposalsHoldUpNone() public {
        uint256 mine = propose(target(), "mine");
        for (uint256 i = 0; i < 40; ++i) {
            propose(target(), vm.toString(i));
        }
        toVoting(mine);
        vote(anne, mine, FOR);
        vote(bert, mine, FOR);
        carryOut(mine);
        vm.assertEq(uint256(governor.state(mine)), uint256(IGovernor.ProposalState.Executed), "as ever");
    }

    function test_stall_aLateQuorumProlongsAVoteOnce() public {
        uint256 id = propose(target(), "late");
        uint256 deadline = governor.proposalDeadline(id);
        vm.warp(deadline);
        vote(anne, id, FOR);
        vm.assertEq(governor.proposalDeadline(id), deadline + EXTENSION, "once");
        vm.warp(deadline + EXTENSION);
        vote(bert, id, AGAINST);
        vote(cleo, id, AGAINST);
        vm.assertEq(governor.proposalDeadline(id), deadline + EXTENSION, "and no more");
    }

    function test_stall_aVoteThatOneCallFailsHoldsUpNoOther() public {
        uint256 bad = propose(Call(address(token), 0, abi.encodeCall(token.mint, (anne, 1))), "fails");
        uint256 good = propose(target(), "works");
        toVoting(good);
        vote(anne, bad, FOR);
        vote(anne, good, FOR);
        toEnd(good);
        governor.queue(bad);
        governor.queue(good);
        vm.warp(block.timestamp + LOCK);
        vm.expectRevert();
        governor.execute(bad);
        governor.execute(good);
        vm.assertEq(uint256(governor.state(bad)), uint256(IGovernor.ProposalState.Queued), "waits for ever");
        vm.assertEq(uint256(governor.state(good)), uint256(IGovernor.ProposalState.Executed), "goes on");
    }

    /// As many noes as ayes are enough; the tokens are free again at once.
    function test_stall_noesCostVotesAndNoTokens() public {
        give(cleo, CAP * 15 / 100);
        vm.warp(block.timestamp + 1);
        uint256 id = propose(target(), "stopped");
        toVoting(id);
        vote(anne, id, FOR);
        vote(cleo, id, AGAINST);
        uint256 all = token.balanceOf(cleo);
        vm.prank(cleo);
        assert(token.transfer(stranger, all));
        toEnd(id);
        vm.assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Defeated), "no majority");
    }

    /// Nobody proposes before a tenth of the cap is held: whoever burns its own can bring a young model below that.
    function test_stall_tokensBurnedBelowATenthOfTheCap() public {
        uint256 burned = token.balanceOf(anne) + token.balanceOf(bert) + token.balanceOf(cleo) - CAP / 10 + 1;
        uint256 own = token.balanceOf(bert) + token.balanceOf(cleo);
        vm.assertLe(own, burned, "here three quarters of all tokens");
        burn(bert, token.balanceOf(bert));
        burn(cleo, token.balanceOf(cleo));
        burn(anne, burned - own);
        (address[] memory targets, uint256[] memory values, bytes[] memory datas) = lists(target());
        vm.warp(block.timestamp + 1);
        vm.expectPartialRevert(IModelGovernor.ModelGovernor_TooFewHeld.selector);
        vm.prank(anne);
        governor.propose(targets, values, datas, "too few");
        // what the next round mints, once it is claimed, ends it
        give(stranger, 1);
        vm.warp(block.timestamp + 1);
        propose(target(), "enough");
    }

    function burn(address holder, uint256 amount) private {
        vm.prank(holder);
        token.burn(amount);
    }

    function lowerHex(address account) private pure returns (string memory) {
        bytes16 digits = "0123456789abcdef";
        bytes memory text = new bytes(42);
        (text[0], text[1]) = ("0", "x");
        for (uint256 i = 0; i < 40; ++i) {
            text[41 - i] = digits[(uint160(account) >> (4 * i)) & 0xf];
        }
        return string(text);
    }
}
