// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { ISuccessors, Succession } from "../../src/ledger/ISuccessors.sol";
import { Launch } from "../../src/ledger/LaunchTypes.sol";
import { RevenueVault } from "../../src/ledger/RevenueVault.sol";
import { Successors } from "../../src/ledger/Successors.sol";
import { Governed } from "../support/Governed.sol";

/// What looks like a model to the registry: it says who rules it.
contract Ruled {
    address public owner;

    constructor(address owner_) {
        owner = owner_;
    }

    function hand(address to) external {
        owner = to;
    }
}

/// nameSuccessor, withdrawSuccessor: only the model's ruler, until it was accepted
/// acceptPredecessor: only the successor's ruler, only what was named and read; then for ever, and never a circle
contract SuccessorsTest is Governed {
    bytes32 private constant WHY = keccak256("a bug in the accounting");

    Successors private successors = new Successors();
    address private other = vm.addr(0x0123);

    function test_holdersOfAModelAndRulerOfTheNextMakeAStepByTwoDecisions() public {
        deployGovernedAndHeld();
        address next = nextModel();
        decide(address(successors), abi.encodeCall(successors.nameSuccessor, (address(manager), next, WHY)));
        vm.assertEq(successors.successorOf(address(manager)), address(0), "named is not yet followed");
        followed(address(manager), address(manager), 8, true);
        vm.prank(founder);
        successors.acceptPredecessor(next, address(manager), WHY);
        vm.assertEq(successors.successorOf(address(manager)), next, "followed");
        vm.assertEq(successors.predecessorOf(next), address(manager), "named back");
        followed(address(manager), next, 8, true);
        Succession memory step = successors.successionOf(address(manager));
        vm.assertEq(step.reason, WHY, "why");
        vm.assertEq(step.acceptedAt, block.timestamp, "since");
    }

    /// Tokens, claims and revenue of the old model do not move: they stay claimable where they are.
    function test_whatWasEarnedStaysClaimableInTheOldModel() public {
        deployGovernedAndHeld();
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(cleo, uint256(7e18), uint256(7e18)))));
        runRound(8e18, leaf, 7e18);
        uint256 before = token.balanceOf(cleo);
        RevenueVault vault = RevenueVault(payable(token.vault()));
        uint256[] memory epochs = new uint256[](1);
        epochs[0] = vault.epochNow();
        vm.deal(stranger, 4 ether);
        vm.prank(stranger);
        vault.deposit{ value: 4 ether }(address(0), 4 ether);
        address next = nextModel();
        decide(address(successors), abi.encodeCall(successors.nameSuccessor, (address(manager), next, WHY)));
        vm.prank(founder);
        successors.acceptPredecessor(next, address(manager), WHY);
        vm.warp(block.timestamp + 3650 days);
        vm.prank(stranger);
        vm.assertEq(pool.claim(cleo, 7e18, 7e18, new bytes32[](0)), 7e18, "paid years later");
        vm.assertEq(token.balanceOf(cleo), before + 7e18, "to the account");
        uint256 due = vault.claimable(anne, address(0), epochs[0]);
        vm.assertLt(0, due, "her part of that epoch's revenue");
        vm.prank(stranger);
        vm.assertEq(vault.claimFor(anne, address(0), epochs), due, "paid years later");
        vm.assertEq(anne.balance, due, "to the account");
    }

    function test_onlyTheRulerNamesAndAccepts() public {
        (Ruled first, Ruled second) = (new Ruled(founder), new Ruled(other));
        expectNotRuler(address(first), other, founder);
        successors.nameSuccessor(address(first), address(second), WHY);
        vm.prank(founder);
        successors.nameSuccessor(address(first), address(second), WHY);
        expectNotRuler(address(second), founder, other);
        successors.acceptPredecessor(address(second), address(first), WHY);
        expectNotRuler(address(first), other, founder);
        successors.withdrawSuccessor(address(first));
        // whoever rules now speaks, not who did
        first.hand(stranger);
        expectNotRuler(address(first), founder, stranger);
        successors.withdrawSuccessor(address(first));
        vm.prank(stranger);
        successors.withdrawSuccessor(address(first));
    }

    function test_aCoordinatorOrValidatorNamesNothing() public {
        deployGovernedAndHeld();
        address[4] memory callers = [founder, coordinator, vm.addr(validatorKeys[0]), anne];
        for (uint256 i = 0; i < callers.length; ++i) {
            expectNotRuler(address(manager), callers[i], address(timelock));
            successors.nameSuccessor(address(manager), stranger, WHY);
        }
    }

    function test_untilItIsAcceptedANamingIsChangedOrTakenBack() public {
        (Ruled first, Ruled second) = (new Ruled(founder), new Ruled(other));
        Ruled third = new Ruled(other);
        vm.prank(founder);
        successors.nameSuccessor(address(first), address(second), WHY);
        vm.prank(founder);
        successors.nameSuccessor(address(first), address(third), WHY);
        vm.prank(other);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISuccessors.Successors_NotNamed.selector, address(first), address(second), address(third)
            )
        );
        successors.acceptPredecessor(address(second), address(first), WHY);
        vm.expectEmit(address(successors));
        emit ISuccessors.SuccessorWithdrawn(address(first), address(third));
        vm.prank(founder);
        successors.withdrawSuccessor(address(first));
        vm.assertEq(successors.successionOf(address(first)).namedAt, 0, "nothing left");
        vm.prank(other);
        vm.expectPartialRevert(ISuccessors.Successors_NotNamed.selector);
        successors.acceptPredecessor(address(third), address(first), WHY);
        vm.prank(founder);
        vm.expectPartialRevert(ISuccessors.Successors_NotNamed.selector);
        successors.withdrawSuccessor(address(first));
    }

    function test_theReasonThatIsAcceptedIsTheOneThatWasNamed() public {
        (Ruled first, Ruled second) = (new Ruled(founder), new Ruled(other));
        vm.prank(founder);
        successors.nameSuccessor(address(first), address(second), keccak256("another text"));
        vm.prank(other);
        vm.expectPartialRevert(ISuccessors.Successors_NotNamed.selector);
        successors.acceptPredecessor(address(second), address(first), WHY);
        vm.expectRevert(abi.encodeWithSelector(ISuccessors.Successors_NoReason.selector, address(first)));
        vm.prank(founder);
        successors.nameSuccessor(address(first), address(second), bytes32(0));
    }

    function test_anAcceptedStepStandsForEver() public {
        (Ruled first, Ruled second) = (new Ruled(founder), new Ruled(founder));
        link(first, second);
        bytes memory refusal = abi.encodeWithSelector(
            ISuccessors.Successors_Settled.selector, address(first), address(second)
        );
        vm.startPrank(founder);
        vm.expectRevert(refusal);
        successors.nameSuccessor(address(first), other, WHY);
        vm.expectRevert(refusal);
        successors.withdrawSuccessor(address(first));
        vm.expectRevert(refusal);
        successors.acceptPredecessor(address(second), address(first), WHY);
        vm.stopPrank();
    }

    function test_noPathClosesOrForks() public {
        Ruled[3] memory path = [new Ruled(founder), new Ruled(founder), new Ruled(founder)];
        link(path[0], path[1]);
        link(path[1], path[2]);
        // the last one may name the first, which cannot accept: it has a successor
        expectTaken(path[2], path[0], address(0), address(path[1]));
        // another model cannot follow into the middle, nor into an end that follows somebody
        Ruled late = new Ruled(founder);
        expectTaken(late, path[1], address(path[0]), address(path[2]));
        expectTaken(late, path[2], address(path[1]), address(0));
        vm.startPrank(founder);
        vm.expectRevert(
            abi.encodeWithSelector(ISuccessors.Successors_BadSuccessor.selector, address(late), address(late))
        );
        successors.nameSuccessor(address(late), address(late), WHY);
        vm.expectPartialRevert(ISuccessors.Successors_BadSuccessor.selector);
        successors.nameSuccessor(address(late), address(0), WHY);
        vm.stopPrank();
    }

    function test_currentOfWalksAsFarAsItIsToldTo() public {
        Ruled[] memory path = new Ruled[](5);
        for (uint256 i = 0; i < path.length; ++i) {
            path[i] = new Ruled(founder);
            if (i != 0) link(path[i - 1], path[i]);
        }
        followed(address(path[0]), address(path[0]), 0, false);
        followed(address(path[0]), address(path[3]), 3, false);
        followed(address(path[0]), address(path[4]), 4, true);
        followed(address(path[3]), address(path[4]), 100, true);
        followed(stranger, stranger, 100, true);
    }

    /// Whatever is named and accepted in whatever order: predecessor and successor mirror each other, and no walk is
    /// longer than there are models.
    function testFuzz_stepsMirrorEachOtherAndEnd(uint8[24] calldata moves) public {
        Ruled[] memory all = new Ruled[](6);
        for (uint256 i = 0; i < all.length; ++i) {
            all[i] = new Ruled(founder);
        }
        vm.startPrank(founder);
        for (uint256 i = 0; i < moves.length; ++i) {
            address from = address(all[moves[i] % 6]);
            address to = address(all[(moves[i] / 6) % 6]);
            try successors.nameSuccessor(from, to, WHY) { } catch { }
            if (moves[i] % 5 == 0) continue;
            try successors.acceptPredecessor(to, from, WHY) { } catch { }
        }
        vm.stopPrank();
        for (uint256 i = 0; i < all.length; ++i) {
            address next = successors.successorOf(address(all[i]));
            if (next != address(0)) {
                vm.assertEq(successors.predecessorOf(next), address(all[i]), "named back");
            }
            (address current, bool last) = successors.currentOf(address(all[i]), 5);
            vm.assertTrue(last, "the path ends");
            vm.assertEq(successors.successorOf(current), address(0), "at its end");
        }
    }

    /// A second model of the same factory, which the founder rules; the first stays this world's.
    function nextModel() private returns (address) {
        Launch memory terms = launchTerms();
        return factory.launch(terms).manager;
    }

    function link(Ruled from, Ruled to) private {
        vm.startPrank(founder);
        successors.nameSuccessor(address(from), address(to), WHY);
        vm.expectEmit(address(successors));
        emit ISuccessors.SuccessorAccepted(address(from), address(to), WHY);
        successors.acceptPredecessor(address(to), address(from), WHY);
        vm.stopPrank();
    }

    function expectTaken(Ruled from, Ruled to, address predecessor, address next) private {
        vm.startPrank(founder);
        successors.nameSuccessor(address(from), address(to), WHY);
        vm.expectRevert(
            abi.encodeWithSelector(ISuccessors.Successors_Taken.selector, address(to), predecessor, next)
        );
        successors.acceptPredecessor(address(to), address(from), WHY);
        vm.stopPrank();
    }

    function expectNotRuler(address model, address sender, address ruler) private {
        vm.expectRevert(
            abi.encodeWithSelector(ISuccessors.Successors_NotRuler.selector, model, sender, ruler)
        );
        vm.prank(sender);
    }

    function followed(address from, address to, uint256 most, bool end) private view {
        (address current, bool last) = successors.currentOf(from, most);
        vm.assertEq(current, to, "where the path leads");
        vm.assertEq(last, end, "whether it ends there");
    }
}
