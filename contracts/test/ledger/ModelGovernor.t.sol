// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IModelGovernor } from "../../src/ledger/IModelGovernor.sol";
import { ModelGovernor } from "../../src/ledger/ModelGovernor.sol";
import { Governed } from "../support/Governed.sol";
import {
    TimelockControllerUpgradeable
} from "@openzeppelin/contracts-upgradeable/governance/TimelockControllerUpgradeable.sol";
import { IGovernor } from "@openzeppelin/contracts/governance/IGovernor.sol";
import { IERC6372 } from "@openzeppelin/contracts/interfaces/IERC6372.sol";
import { Initializable } from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import { IERC1155Receiver } from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import { IERC165 } from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// propose
/// ├── given an offering under way, or less than a tenth of the cap held: reverts
/// ├── given a proposer below the threshold: reverts
/// └── otherwise: the held supply is taken, the veto's size is fixed
/// quorum: the greater of the part of what is held and a hundredth of the cap
/// settings: by vote, within bounds; the timelock never
contract ModelGovernorTest is Governed {
    bytes private constant NEW_LICENCE = "licence 2";

    function licence() private view returns (Call memory) {
        return Call(address(policy), 0, abi.encodeCall(policy.setLicence, (keccak256(NEW_LICENCE))));
    }

    function to(bytes memory data) private view returns (Call memory) {
        return Call(address(governor), 0, data);
    }

    // --- when a proposal is possible

    function test_noProposalBeforeTheOfferingIsSettled() public {
        deployGoverned();
        give(anne, CAP / 2);
        vm.warp(block.timestamp + 1);
        (address[] memory targets, uint256[] memory values, bytes[] memory datas) = lists(licence());
        vm.expectRevert(
            abi.encodeWithSelector(IModelGovernor.ModelGovernor_OfferingNotSettled.selector, address(sale))
        );
        vm.prank(anne);
        governor.propose(targets, values, datas, "too early");
        sale.settle();
        propose(licence(), "now");
    }

    function testFuzz_noProposalBeforeATenthOfTheCapIsHeld(uint256 held) public {
        deployGoverned();
        sale.settle();
        held = within(held, THRESHOLD, CAP / 10 - 1);
        give(anne, held);
        vm.warp(block.timestamp + 1);
        (address[] memory targets, uint256[] memory values, bytes[] memory datas) = lists(licence());
        vm.expectRevert(
            abi.encodeWithSelector(IModelGovernor.ModelGovernor_TooFewHeld.selector, held, CAP / 10)
        );
        vm.prank(anne);
        governor.propose(targets, values, datas, "too early");
        give(bert, CAP / 10 - held);
        propose(licence(), "a tenth is held");
    }

    function test_tokensInThePoolAreNotHeld() public {
        deployGoverned();
        sale.settle();
        give(anne, CAP / 20);
        vm.prank(address(pool));
        token.mint(address(pool), CAP / 2);
        vm.warp(block.timestamp + 1);
        (address[] memory targets, uint256[] memory values, bytes[] memory datas) = lists(licence());
        vm.expectRevert(
            abi.encodeWithSelector(IModelGovernor.ModelGovernor_TooFewHeld.selector, CAP / 20, CAP / 10)
        );
        vm.prank(anne);
        governor.propose(targets, values, datas, "pool");
    }

    function test_aProposerNeedsTheThreshold() public {
        deployGovernedAndHeld();
        give(stranger, THRESHOLD - 1);
        vm.warp(block.timestamp + 1);
        (address[] memory targets, uint256[] memory values, bytes[] memory datas) = lists(licence());
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernor.GovernorInsufficientProposerVotes.selector, stranger, THRESHOLD - 1, THRESHOLD
            )
        );
        vm.prank(stranger);
        governor.propose(targets, values, datas, "small");
    }

    // --- quorum

    function testFuzz_quorumIsTheGreaterOfHeldPartAndAHundredthOfTheCap(uint256 more) public {
        deployGovernedAndHeld();
        more = within(more, 0, CAP * 6 / 10);
        vm.prank(address(pool));
        token.mint(cleo, more);
        uint256 id = propose(licence(), "quorum");
        uint256 part = (CAP * 4 / 10 + more) * QUORUM_BPS / 10_000;
        uint256 floor = CAP / 100;
        vm.assertEq(
            governor.quorum(governor.proposalSnapshot(id)),
            part > floor ? part : floor,
            "quorum of the proposal"
        );
    }

    function test_theLeastQuorumIsAHundredthOfTheCap() public {
        deployGoverned();
        sale.settle();
        give(anne, CAP / 10);
        vm.warp(block.timestamp + 1);
        // 10 % of what is held would be as much; what is burnt before the proposal lowers it no further.
        uint256 id = propose(licence(), "least");
        vm.assertEq(governor.quorum(governor.proposalSnapshot(id)), CAP / 100, "a hundredth");
    }

    function test_whatIsMintedLaterDoesNotMoveAQuorum() public {
        deployGovernedAndHeld();
        uint256 id = propose(licence(), "fixed");
        uint256 before = governor.quorum(governor.proposalSnapshot(id));
        give(stranger, CAP / 4);
        vm.assertEq(governor.quorum(governor.proposalSnapshot(id)), before, "as when proposed");
        vm.assertLt(before, governor.quorum(block.timestamp), "a new one needs more");
    }

    function test_aVoteWithoutQuorumIsDefeated() public {
        deployGovernedAndHeld();
        uint256 id = propose(licence(), "few");
        give(stranger, CAP / 50);
        toVoting(id);
        vote(stranger, id, FOR);
        toEnd(id);
        assertState(id, IGovernor.ProposalState.Defeated);
    }

    function test_abstentionsCountForTheQuorumOnly() public {
        deployGovernedAndHeld();
        give(stranger, THRESHOLD);
        vm.warp(block.timestamp + 1);
        uint256 id = propose(licence(), "abstain");
        toVoting(id);
        vote(cleo, id, ABSTAIN);
        vote(stranger, id, FOR);
        toEnd(id);
        assertState(id, IGovernor.ProposalState.Succeeded);
    }

    function test_aShorterDelayDoesNotStopLaterProposals() public {
        deployGovernedAndHeld();
        decide(address(governor), abi.encodeCall(governor.setVotingDelay, (10 days)));
        uint256 long = propose(licence(), "long delay");
        vm.warp(block.timestamp + 1);
        uint256 short = propose(to(abi.encodeCall(governor.setVotingDelay, (1 days))), "shorten");
        toVoting(short);
        vote(anne, short, FOR);
        carryOut(short);
        uint256 later = propose(licence(), "after");
        vm.assertTrue(governor.proposalSnapshot(later) != governor.proposalSnapshot(long), "own snapshot");
        vm.assertLt(0, governor.heldAt(governor.proposalSnapshot(later)), "its held supply is kept");
    }

    // --- settings

    function test_settingsChangeByVoteWithinBounds() public {
        deployGovernedAndHeld();
        decide(address(governor), abi.encodeCall(governor.setVotingDelay, (3 days)));
        decide(address(governor), abi.encodeCall(governor.setVotingPeriod, (7 days)));
        decide(address(governor), abi.encodeCall(governor.setProposalThreshold, (CAP / 200)));
        decide(address(governor), abi.encodeCall(governor.setLateQuorumVoteExtension, (4 days)));
        vm.assertEq(governor.votingDelay(), 3 days, "delay");
        vm.assertEq(governor.votingPeriod(), 7 days, "period");
        vm.assertEq(governor.proposalThreshold(), CAP / 200, "threshold");
        vm.assertEq(governor.lateQuorumVoteExtension(), 4 days, "extension");
    }

    function test_noVoteLeavesTheBounds() public {
        deployGovernedAndHeld();
        outOfBounds(
            abi.encodeCall(governor.setVotingDelay, (1 hours)), "votingDelay", 1 hours, SHORTEST, 30 days
        );
        outOfBounds(
            abi.encodeCall(governor.setVotingDelay, (31 days)), "votingDelay", 31 days, SHORTEST, 30 days
        );
        outOfBounds(abi.encodeCall(governor.setVotingPeriod, (1)), "votingPeriod", 1, SHORTEST, 60 days);
        uint256 threshold = CAP / 100 + 1;
        outOfBounds(
            abi.encodeCall(governor.setProposalThreshold, (threshold)),
            "proposalThreshold",
            threshold,
            0,
            CAP / 100
        );
        outOfBounds(
            abi.encodeCall(governor.setLateQuorumVoteExtension, (0)),
            "lateQuorumVoteExtension",
            0,
            SHORTEST,
            PERIOD
        );
    }

    function test_theEndsOfTheBoundsAreWithin() public {
        deployGovernedAndHeld();
        decide(address(governor), abi.encodeCall(governor.setVotingPeriod, (60 days)));
        decide(address(governor), abi.encodeCall(governor.setLateQuorumVoteExtension, (60 days)));
        decide(address(governor), abi.encodeCall(governor.setVotingDelay, (30 days)));
        decide(address(governor), abi.encodeCall(governor.setProposalThreshold, (CAP / 100)));
        vm.assertEq(governor.votingPeriod(), 60 days, "period");
        vm.assertEq(governor.lateQuorumVoteExtension(), 60 days, "extension");
        vm.assertEq(governor.votingDelay(), 30 days, "delay");
        vm.assertEq(governor.proposalThreshold(), CAP / 100, "threshold");
    }

    function test_whatIsFixedAtFoundingStandsInTheCode() public {
        deployGoverned();
        vm.assertEq(governor.cap(), CAP, "cap");
        vm.assertEq(governor.quorumBps(), QUORUM_BPS, "quorum");
        vm.assertEq(governor.vetoBps(), VETO_BPS, "veto");
        vm.assertEq(governor.shortest(), SHORTEST, "shortest");
        vm.assertEq(timelock.shortest(), SHORTEST, "the timelock's");
        vm.assertEq(address(governor.pool()), address(pool), "pool");
        vm.assertEq(address(policy.registry()), address(registry), "registry");
        vm.assertEq(policy.bar().evaluation, firstBar.evaluation, "bar");
    }

    function outOfBounds(
        bytes memory data,
        string memory what,
        uint256 value,
        uint256 low,
        uint256 high
    )
        private
    {
        decideInVain(
            to(data),
            abi.encodeWithSelector(IModelGovernor.ModelGovernor_OutOfBounds.selector, what, value, low, high)
        );
        vm.warp(block.timestamp + 1);
    }

    function test_noVoteTakesAnotherTimelock() public {
        deployGovernedAndHeld();
        decideInVain(
            to(abi.encodeCall(governor.updateTimelock, (TimelockControllerUpgradeable(payable(stranger))))),
            abi.encodeWithSelector(IModelGovernor.ModelGovernor_TimelockIsFixed.selector)
        );
    }

    // --- founding

    function test_initialisesOnceAndByTheFactoryOnly() public {
        deployGovernedAndHeld();
        vm.expectRevert(abi.encodeWithSelector(Initializable.InvalidInitialization.selector));
        governor.initialize(DELAY, PERIOD, THRESHOLD, EXTENSION);
        vm.expectRevert(abi.encodeWithSelector(Initializable.InvalidInitialization.selector));
        governorCode.initialize(DELAY, PERIOD, THRESHOLD, EXTENSION);
    }

    function test_aCloneOfAStrangerIsNotInitialised() public {
        ModelGovernor other = new ModelGovernor(stranger);
        vm.assertEq(other.factory(), stranger, "its factory");
        vm.expectRevert(abi.encodeWithSelector(Initializable.InvalidInitialization.selector));
        vm.prank(stranger);
        other.initialize(DELAY, PERIOD, THRESHOLD, EXTENSION);
    }

    // --- what tools ask

    function test_speaksOpenZeppelinsInterfaces() public {
        deployGovernedAndHeld();
        bytes4 full = type(IGovernor).interfaceId;
        vm.assertTrue(full == bytes4(0xcdbdfcee), "its id");
        vm.assertTrue(governor.supportsInterface(full), "IGovernor");
        vm.assertTrue(
            governor.supportsInterface(full ^ IGovernor.getProposalId.selector),
            "IGovernor before getProposalId"
        );
        vm.assertTrue(governor.supportsInterface(type(IERC165).interfaceId), "ERC-165");
        vm.assertTrue(governor.supportsInterface(type(IERC1155Receiver).interfaceId), "ERC-1155 receiver");
        vm.assertFalse(governor.supportsInterface(0xffffffff), "not everything");
        vm.assertEq(governor.COUNTING_MODE(), "support=bravo&quorum=for,abstain", "counting");
        vm.assertEq(IERC6372(address(governor)).CLOCK_MODE(), "mode=timestamp", "clock mode");
        vm.assertEq(uint256(governor.clock()), block.timestamp, "clock");
        vm.assertEq(governor.name(), "Andel", "name");
        vm.assertEq(governor.timelock(), address(timelock), "timelock");
        vm.assertEq(address(governor.token()), address(token), "token");
    }

    function test_proposalsAreListedWithoutLogs() public {
        deployGovernedAndHeld();
        uint256 id = propose(licence(), "stored");
        vm.assertEq(governor.proposalCount(), 1, "one");
        (uint256 found, address[] memory targets,, bytes[] memory datas, bytes32 why) =
            governor.proposalDetailsAt(0);
        vm.assertEq(found, id, "its id");
        vm.assertEq(targets[0], address(policy), "target");
        vm.assertEq(keccak256(datas[0]), keccak256(licence().data), "data");
        vm.assertEq(why, keccak256("stored"), "description's hash");
    }

    function test_aProposerTakesBackWhatNobodyVotesOnYet() public {
        deployGovernedAndHeld();
        uint256 id = propose(licence(), "back");
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, id, bert));
        vm.prank(bert);
        governor.cancel(id);
        vm.prank(anne);
        governor.cancel(id);
        assertState(id, IGovernor.ProposalState.Canceled);
    }

    // --- votes by signature

    function test_votesBySignatureCountOnce() public {
        deployGovernedAndHeld();
        uint256 id = propose(licence(), "signed");
        toVoting(id);
        bytes memory signature = ballot(ANNE_KEY, id, FOR, 0);
        vm.prank(stranger);
        governor.castVoteBySig(id, FOR, anne, signature);
        vm.assertTrue(governor.hasVoted(id, anne), "has voted");
        (, uint256 votesFor,) = governor.proposalVotes(id);
        vm.assertEq(votesFor, CAP / 5, "her votes");
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, anne));
        governor.castVoteBySig(id, FOR, anne, signature);
    }

    function test_aSignedVoteIsOneWayOnly() public {
        deployGovernedAndHeld();
        uint256 id = propose(licence(), "signed");
        toVoting(id);
        bytes memory signature = ballot(ANNE_KEY, id, FOR, 0);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, anne));
        governor.castVoteBySig(id, AGAINST, anne, signature);
    }

    /// Written a second time, from the type string.
    function ballot(
        uint256 key,
        uint256 id,
        uint8 support,
        uint256 nonce
    )
        private
        view
        returns (bytes memory)
    {
        bytes32 separator = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Andel"),
                keccak256("1"),
                block.chainid,
                address(governor)
            )
        );
        bytes32 message = keccak256(
            abi.encode(
                keccak256("Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)"),
                id,
                support,
                vm.addr(key),
                nonce
            )
        );
        return signed(key, keccak256(abi.encodePacked(hex"1901", separator, message)));
    }

    function assertState(uint256 id, IGovernor.ProposalState expected) private view {
        vm.assertEq(uint256(governor.state(id)), uint256(expected), "state");
    }
}
