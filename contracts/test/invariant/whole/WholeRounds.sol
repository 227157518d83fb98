// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Attestation } from "../../../src/training/AttestationTypes.sol";
import { Bond } from "../../../src/training/IOperators.sol";
import { ClaimTree } from "../../support/ClaimTree.sol";
import { WholeSale } from "./WholeSale.sol";

/// @notice Rounds from open to finalise or to void, contributors' and operators' claims, gifts to the pool, bonds,
/// equivocation and its reward.
abstract contract WholeRounds is WholeSale {
    /// What the root in force says of accounts 4 and 2.
    uint256 private first;
    uint256 private second;
    uint256 private equivocations;

    /// Sent to the pool by somebody who holds tokens.
    uint256 public gifts;
    /// What contributors and operators were paid, by their own balances.
    uint256 public contributorsPaid;
    uint256 public operatorsPaid;

    function round(uint256 minted, uint256 split, uint8 end) external {
        for (uint256 i = 0; i < 4; ++i) {
            if (!operators.isBonded(operatorAt(i))) return;
        }
        uint256 budget = pool.available();
        uint256 covered = quorum * BOND * 1e18 / COIN_PER_TOKEN;
        if (budget > covered) budget = covered;
        uint64 number = openRound(budget);
        if (end % 8 == 0) {
            vm.warp(manager.roundOf(number).deadline + 1);
            manager.void(number);
            count("void a round", true);
            return;
        }
        minted = budget == 0 || end % 8 == 1 ? 0 : within(minted, 0, budget - budget * BPS / 10_000 - 1);
        finishUntilSeed2(number);
        uint256 part = within(split, 0, minted);
        (first, second) = (first + part, second + minted - part);
        bytes32 root = minted == 0 ? pool.claimsRoot() : rootNow();
        int256 gain = minted == 0 ? int256(0) : int256(1);
        Attestation memory result = attestation(number, root, first + second, minted, gain);
        agree(result);
        manager.finalise(result, root, first + second, minted, gain);
        count("settle a round", true);
        count("mint in a round", minted != 0);
    }

    function claimMined(bool other) external {
        (bytes32 one_, bytes32 two) = leaves();
        if (pool.claimsRoot() != ClaimTree.pairOf(one_, two)) return;
        address account = accounts[other ? 2 : 4];
        uint256 before = token.balanceOf(account);
        uint256 due = (other ? second : first) - pool.claimed(account);
        uint256 paid = pool.claim(
            account,
            other ? second : first,
            first + (other ? second : 0),
            ClaimTree.proofOf(other ? one_ : two)
        );
        require_(paid == due && token.balanceOf(account) == before + paid, "mined, and not what was due");
        contributorsPaid += token.balanceOf(account) - before;
        count("claim what was mined", paid != 0);
    }

    /// A leaf of one's own, of somebody else, or of a former root: never paid.
    function claimInvented(uint256 who, uint256 amount) external {
        address account = accounts[who % ACCOUNTS];
        (bytes32 one_, bytes32 two) = leaves();
        try pool.claim(account, amount, first, ClaimTree.proofOf(who % 2 == 0 ? one_ : two)) returns (
            uint256 paid
        ) {
            require_(paid == 0 || account == accounts[4], "an invented claim was paid");
            contributorsPaid += paid;
        } catch {
            count("invented claim refused", true);
        }
    }

    function claimOperated(uint256 index) external {
        address operator = operatorAt(index);
        uint256 before = token.balanceOf(operator);
        uint256 due = pool.operatorBalance(operator);
        uint256 paid = pool.claimOperator(operator);
        require_(paid == due && token.balanceOf(operator) == before + paid, "operated, and not what was due");
        operatorsPaid += token.balanceOf(operator) - before;
        count("claim what was operated", paid != 0);
    }

    function giveToPool(uint256 who, uint256 amount) external {
        who %= ACCOUNTS;
        amount = within(amount, 0, token.balanceOf(accounts[who]) / 10);
        uint256 before = pool.contributorsMinted();
        if (actAs(who, address(token), 0, abi.encodeCall(token.transfer, (address(pool), amount)))) {
            gifts += amount;
            count("give to the pool", amount != 0);
        }
        require_(before == pool.contributorsMinted(), "a gift was taken for emission");
    }

    function bond(uint256 who, uint256 amount) external {
        amount = within(amount, 1, 2 * BOND);
        bytes memory data = abi.encodeCall(operators.deposit, (accounts[who % ACCOUNTS]));
        count("bond", actAs(who % ACCOUNTS, address(operators), amount, data));
    }

    /// Puts down again what an operator has lost.
    function bondAgain(uint256 index) external {
        address operator = operatorAt(index);
        if (operators.isBonded(operator) || operator.balance < BOND) return;
        vm.prank(operator);
        operators.deposit{ value: BOND }(operator);
        count("bond again", true);
    }

    function unbond(uint256 who, uint256 amount) external {
        who %= ACCOUNTS;
        uint256 bonded = bondedOf(accounts[who]);
        if (bonded == 0) return;
        amount = within(amount, 1, bonded);
        bytes memory data = abi.encodeCall(operators.requestWithdrawal, (amount));
        count("unbond", actAs(who, address(operators), 0, data));
    }

    function withdrawBond(uint256 who, bool jump) external {
        who %= ACCOUNTS;
        address account = accounts[who];
        Bond memory entry = operators.bondOf(account);
        if (entry.withdrawableAt == 0) return;
        if (jump && block.timestamp < entry.withdrawableAt) vm.warp(entry.withdrawableAt);
        (bytes32 others, uint256 had) = (duesOfOthers(who), address(operators).balance);
        uint256 reward = operators.rewardOf(account);
        try operators.withdrawFor{ gas: ENOUGH }(account) returns (uint256 paid) {
            // While it was paid it may have fetched its reward too.
            uint256 also = reward - operators.rewardOf(account);
            require_(paid == entry.unbonding, "a bond, and not what was due");
            require_(had - address(operators).balance == paid + also, "more bonds than due");
            count("withdraw a bond", paid != 0);
        } catch {
            require_(operators.bondOf(account).unbonding == entry.unbonding, "refused, and the bond is less");
            count("bond refused", true);
        }
        require_(others == duesOfOthers(who), "others' dues moved: bond");
    }

    /// A validator has signed two results; whoever shows them gets half of its bond.
    function equivocate(uint256 index, uint256 who) external {
        if (manager.roundsCount() == 0) return;
        uint256 key = validatorKeys[index % 3];
        Attestation memory a = attestation(manager.roundsCount());
        Attestation memory b = attestation(manager.roundsCount());
        b.stateHash = keccak256(abi.encode(++equivocations));
        (bytes memory one_, bytes memory two) =
            (signed(key, manager.attestationHash(a)), signed(key, manager.attestationHash(b)));
        bytes memory data = abi.encodeCall(disputes.reportEquivocation, (a, one_, b, two, vm.addr(key)));
        uint256 before = bondedOf(vm.addr(key));
        uint256 burned = operators.burned();
        if (!actAs(who % ACCOUNTS, address(disputes), 0, data)) return;
        require_(operators.burned() - burned >= before / 2, "a reporter got more than half");
        count("slash", before != 0);
    }

    function withdrawReward(uint256 who) external {
        who %= ACCOUNTS;
        (uint256 due, uint256 had) = (operators.rewardOf(accounts[who]), address(operators).balance);
        bytes32 others = duesOfOthers(who);
        Bond memory entry = operators.bondOf(accounts[who]);
        try operators.withdrawRewardFor{ gas: ENOUGH }(accounts[who]) returns (uint256 paid) {
            uint256 also = entry.unbonding - operators.bondOf(accounts[who]).unbonding;
            require_(paid == due && had - address(operators).balance == due + also, "other than its reward");
            count("withdraw a reward", paid != 0);
        } catch {
            require_(operators.rewardOf(accounts[who]) == due, "refused, and the reward is less");
            count("reward refused", true);
        }
        require_(others == duesOfOthers(who), "others' dues moved: reward");
    }

    /// What contributors, operators and reporters are still owed.
    function owedByOperators()
        external
        view
        returns (uint256 bonds, uint256 rewards, uint256 tokens, uint256 fees)
    {
        address[] memory all = everybody();
        for (uint256 i = 0; i < ACCOUNTS + 6; ++i) {
            Bond memory entry = operators.bondOf(all[i]);
            bonds += uint256(entry.bonded) + entry.unbonding;
            rewards += operators.rewardOf(all[i]);
            tokens += pool.operatorBalance(all[i]);
            fees += disputes.owedTo(all[i]);
        }
    }

    function leaves() private view returns (bytes32, bytes32) {
        return (
            ClaimTree.leafOf(accounts[4], first, first), ClaimTree.leafOf(accounts[2], second, first + second)
        );
    }

    function rootNow() private view returns (bytes32) {
        (bytes32 one_, bytes32 two) = leaves();
        return ClaimTree.pairOf(one_, two);
    }
}
