// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Outcome } from "../../src/training/IDisputes.sol";
import { IRoundManager } from "../../src/training/IRoundManager.sol";
import { Status, VoidReason } from "../../src/training/RoundTypes.sol";
import { Governed } from "../support/Governed.sol";
import { Seven } from "../support/Seven.sol";

/// What validators can take at worst when nobody looks, to the unit; docs/trust.md has a line for each test.
contract UnwatchedValidatorsTest is Seven {
    constructor() {
        foundSeven();
    }

    function test_kMinusOneValidatorsMakeNothingFinal() public {
        uint256 minted = pool.minted();
        uint64 round = roundReadyToAttest(BUDGET);
        (bytes32 root,) = theft(round);
        attestedBy(round, 3);
        vm.assertEq(
            manager.roundOf(round).agreed,
            manager.attestationHash(honestResult(round)),
            "the honest four decide"
        );
        vm.warp(manager.roundOf(round).finalisableAt);
        vm.expectPartialRevert(IRoundManager.RoundManager_NotAgreed.selector);
        manager.finalise(lie, root, lieTotal, mintable(), 1);
        vm.assertEq(pool.minted(), minted, "nothing minted");
        vm.assertEq(pool.claimsRoot(), honestRoot, "nothing moved");
    }

    function test_kValidatorsTakeABudgetAndWhatIsUnclaimed() public {
        uint256 owed = pool.operatorBalance(coordinator);
        uint64 round = roundReadyToAttest(BUDGET);
        (bytes32 root, uint256 stolen) = theft(round);
        attestedBy(round, 4);
        vm.warp(manager.roundOf(round).finalisableAt);
        manager.finalise(lie, root, lieTotal, mintable(), 1);
        vm.assertEq(token.balanceOf(address(pool)), stolen, "all that lies there for contributors");
        vm.assertEq(steal(stolen), EARNED - FETCHED + mintable(), "is the loss");
        vm.assertEq(token.balanceOf(prompt), FETCHED, "what was fetched stays fetched");
        vm.assertLe(owed, pool.claimOperator(coordinator), "operators' pay is under no root");
        vm.assertLe(pool.minted(), pool.accrued(), "never more than accrued");
        vm.assertLe(token.totalEverMinted(), token.cap(), "nor than the cap");
    }

    function test_kValidatorsMintNoMoreThanTheBudget() public {
        uint64 round = roundReadyToAttest(BUDGET);
        uint256 tooMuch = mintable() + 1;
        lie = attestation(round, "root", EARNED + tooMuch, tooMuch, 1);
        attestedBy(round, 4);
        vm.warp(manager.roundOf(round).finalisableAt);
        vm.expectPartialRevert(IRoundManager.RoundManager_OverBudget.selector);
        manager.finalise(lie, "root", EARNED + tooMuch, tooMuch, 1);
    }
}

/// The same with a day in which anybody may challenge.
contract WatchedValidatorsTest is Seven {
    address private watcher = vm.addr(0x3A7C);

    constructor() {
        (window, idle) = (1 days, 4 days);
        foundSeven();
    }

    function test_kValidatorsWhoAreChallengedGetNothing() public {
        uint64 round = lieOf(4);
        bytes32 truth = manager.attestationHash(honestResult(round));
        uint256 bond = challengeBy(watcher, round, truth);
        heard(round, 4, manager.attestationHash(lie), truth);
        vm.assertEq(uint256(manager.roundOf(round).voidReason), uint256(VoidReason.Undecided), "void");
        vm.assertEq(pool.claimsRoot(), honestRoot, "nothing moved");
        // what of the fee does not divide among those who spoke is the challenger's
        vm.assertLe(bond - bond / 20, disputes.owedTo(watcher), "all but a twentieth comes back");
    }

    function test_twoThirdsOfTheValidatorsTakeItThoughTheyAreChallenged() public {
        uint64 round = lieOf(5);
        bytes32 truth = manager.attestationHash(honestResult(round));
        challengeBy(watcher, round, truth);
        heard(round, 5, manager.attestationHash(lie), truth);
        vm.assertEq(uint256(disputes.hearingOf(round, 0).outcome), uint256(Outcome.Upheld), "it stands");
        vm.assertEq(disputes.owedTo(watcher), 0, "and the challenger has lost its bond");
        (bytes32 root, uint256 stolen) = theft(round);
        vm.warp(manager.roundOf(round).finalisableAt);
        manager.finalise(lie, root, lieTotal, mintable(), 1);
        vm.assertEq(steal(stolen), EARNED - FETCHED + mintable(), "a round's budget and what was unclaimed");
        vm.assertLe(pool.minted(), pool.accrued(), "never more than accrued");
    }

    function lieOf(uint256 count) private returns (uint64 round) {
        round = roundReadyToAttest(BUDGET);
        theft(round);
        attestedBy(round, count);
        vm.assertEq(manager.roundOf(round).agreed, manager.attestationHash(lie), "agreed on");
        vm.assertEq(uint256(manager.roundOf(round).status), uint256(Status.Attested), "attested");
    }
}

/// Who has all votes has the treasury, and none of these.
contract BadMajorityTest is Governed {
    uint256 private constant TREASURE = 100 ether;

    constructor() {
        deployGovernedAndHeld();
    }

    function test_aMajorityTakesTheTreasuryAndNothingElse() public {
        vm.deal(address(timelock), TREASURE);
        vm.deal(address(this), 5 ether);
        (bool paid,) = token.vault().call{ value: 5 ether }("");
        vm.assertTrue(paid, "revenue");
        decide(Call(stranger, TREASURE, ""), "all of it");
        vm.assertEq(stranger.balance, TREASURE, "the treasury is the votes'");
        uint256 supply = token.totalEverMinted();
        uint256 bonds = address(operators).balance;
        address validator = vm.addr(validatorKeys[0]);
        refused(address(token), abi.encodeCall(token.mint, (stranger, 1)));
        refused(address(token), abi.encodeCall(token.transferFrom, (cleo, stranger, 1)));
        refused(address(token), abi.encodeWithSignature("burn(address,uint256)", cleo, 1));
        refused(address(pool), abi.encodeCall(pool.lowerRate, (RATE + 1)));
        refused(address(pool), abi.encodeCall(pool.lowerCeiling, (CAP + 1)));
        refused(
            address(pool),
            abi.encodeWithSignature("credit(uint64,bytes32,uint256,uint256,address[],uint256[])")
        );
        refused(token.vault(), abi.encodeWithSignature("redeem(address,uint256,uint256,address[])"));
        refused(address(operators), abi.encodeCall(operators.slash, (validator, 1, stranger)));
        refused(address(operators), abi.encodeCall(operators.withdrawFor, (validator)));
        refused(address(governor), abi.encodeWithSignature("updateTimelock(address)", stranger));
        refused(address(governor), abi.encodeWithSignature("relay(address,uint256,bytes)", address(0), 1, ""));
        refused(address(timelock), abi.encodeCall(timelock.grantRole, (timelock.PROPOSER_ROLE(), stranger)));
        refused(address(timelock), abi.encodeCall(timelock.updateDelay, (SHORTEST - 1)));
        vm.assertEq(token.totalEverMinted(), supply, "no token more");
        vm.assertEq(token.vault().balance, 5 ether, "revenue stays");
        vm.assertEq(address(operators).balance, bonds, "bonds stay");
        vm.assertEq(token.balanceOf(cleo), CAP / 20, "balances stay");
    }

    /// Passed by all votes, queued, and refused by what it calls.
    function refused(address target, bytes memory data) private {
        uint256 id = propose(Call(target, 0, data), string(abi.encode(target, data)));
        passAndWait(id);
        vm.expectRevert();
        governor.execute(id);
    }
}
