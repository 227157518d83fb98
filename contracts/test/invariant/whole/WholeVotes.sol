// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Access, Bar, Rule } from "../../../src/ledger/IModelPolicy.sol";
import { WholeMoney } from "./WholeMoney.sol";
import { IGovernor } from "@openzeppelin/contracts/governance/IGovernor.sol";

/// @notice One proposal at a time from propose to execute or veto, for each kind of thing that a vote can do; and
/// everybody's attempts at doing the same without a vote.
abstract contract WholeVotes is WholeMoney {
    uint256 private constant KINDS = 11;

    uint256 private proposal;
    uint256 private kindOfProposal;
    uint256 private proposals;
    /// What the privileged values were when a vote was last carried out, or at the launch.
    bytes32 public powersByVote;
    uint64 public pauseByVote;

    function propose(uint256 who, uint256 kind, uint256 value) external {
        if (proposal != 0 && isUnderWay()) return;
        kind %= KINDS;
        (address target, uint256 coin, bytes memory data) = decision(kind, value, ++proposals);
        uint256[] memory coins = new uint256[](1);
        bytes[] memory datas = new bytes[](1);
        (coins[0], datas[0]) = (coin, data);
        string memory why = vm.toString(proposals);
        bytes memory call = abi.encodeWithSelector(IGovernor.propose.selector, one(target), coins, datas, why);
        if (!actAs(who % ACCOUNTS, address(governor), 0, call)) return;
        proposal = governor.getProposalId(one(target), coins, datas, keccak256(bytes(why)));
        kindOfProposal = kind;
        count("propose", true);
    }

    /// Everybody votes, most of them for it.
    function cast(uint256 against) external {
        if (proposal == 0 || !isUnderWay()) return;
        if (governor.state(proposal) == IGovernor.ProposalState.Pending) {
            vm.warp(governor.proposalSnapshot(proposal) + 1);
        }
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            uint8 support = (against >> i) % 8 == 0 ? 0 : 1;
            count(
                "vote", actAs(i, address(governor), 0, abi.encodeCall(governor.castVote, (proposal, support)))
            );
        }
    }

    function queue() external {
        if (proposal == 0) return;
        IGovernor.ProposalState state = governor.state(proposal);
        if (state == IGovernor.ProposalState.Active) vm.warp(governor.proposalDeadline(proposal) + 1);
        else if (state != IGovernor.ProposalState.Succeeded) return;
        try governor.queue(proposal) {
            count("queue", true);
        } catch {
            count("defeated", governor.state(proposal) == IGovernor.ProposalState.Defeated);
        }
    }

    function veto(uint256 who) external {
        if (proposal == 0) return;
        if (!actAs(who % ACCOUNTS, address(governor), 0, abi.encodeCall(governor.veto, (proposal)))) return;
        require_(pool.claimed(accounts[who % ACCOUNTS]) != 0, "a veto by who mined nothing");
        count("veto", true);
        count("stopped by veto", governor.state(proposal) == IGovernor.ProposalState.Canceled);
    }

    function execute() external {
        if (proposal == 0 || governor.state(proposal) != IGovernor.ProposalState.Queued) return;
        if (block.timestamp < governor.proposalEta(proposal)) vm.warp(governor.proposalEta(proposal));
        try governor.execute{ gas: 3 * ENOUGH }(proposal) {
            (powersByVote, pauseByVote) = (powers(), pool.pausedUntil());
            count("execute", true);
            count(string.concat("execute ", vm.toString(kindOfProposal)), true);
            proposal = 0;
        } catch {
            // Whom it pays takes nothing, or what it names does not hold any more.
            count("executed in vain", true);
            proposal = 0;
        }
    }

    /// What only a vote may do, by somebody who thinks otherwise.
    function usurp(uint256 who, uint256 kind, uint256 value) external {
        (address target,, bytes memory data) = decision(kind % (KINDS - 1), value, 0);
        bool done_ = actAs(who % ACCOUNTS, target, 0, data);
        require_(!done_, "done without a vote");
        vm.prank(operatorAt(who));
        (done_,) = target.call(data);
        require_(!done_, "done by an operator");
        count("usurpation refused", !done_);
    }

    /// Everything that a vote can change, but for a pause, which ends by itself.
    function powers() public view returns (bytes32) {
        (bytes32 alliancePolicy, bytes32 allianceTerms) = alliance.rulesAt(type(uint64).max);
        bytes memory named = abi.encode(
            operators.owner(),
            operators.pendingOwner(),
            operators.operatorsEpoch(),
            alliance.owner(),
            alliance.pendingOwner(),
            alliancePolicy,
            allianceTerms,
            pool.ceiling(),
            pool.highestRate(),
            token.contractURI(),
            successors.successionOf(address(manager))
        );
        bytes memory settings = abi.encode(
            governor.votingDelay(),
            governor.votingPeriod(),
            governor.proposalThreshold(),
            governor.lateQuorumVoteExtension(),
            governor.timelock(),
            timelock.getMinDelay(),
            timelock.hasRole(timelock.PROPOSER_ROLE(), accounts[0]),
            timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), accounts[0]),
            vestings[0].owner(),
            vestings[1].owner()
        );
        bytes memory rules = "";
        for (uint256 i = 0; i <= uint256(Rule.Bar); ++i) {
            uint256 rulesCount = policy.rulesCount(Rule(i));
            rules = bytes.concat(rules, abi.encode(rulesCount, policy.ruleByNumber(Rule(i), rulesCount - 1)));
        }
        return keccak256(bytes.concat(named, settings, rules));
    }

    function isUnderWay() private view returns (bool) {
        IGovernor.ProposalState state = governor.state(proposal);
        return state == IGovernor.ProposalState.Pending || state == IGovernor.ProposalState.Active
            || state == IGovernor.ProposalState.Succeeded || state == IGovernor.ProposalState.Queued;
    }

    function decision(
        uint256 kind,
        uint256 value,
        uint256 number
    )
        private
        view
        returns (address, uint256 coin, bytes memory)
    {
        if (kind == 0) return (address(policy), 0, abi.encodeCall(policy.setLicence, (bytes32(value | 1))));
        if (kind == 1) {
            return (address(pool), 0, abi.encodeCall(pool.lowerRate, (pool.highestRate() * 9 / 10)));
        }
        if (kind == 2) {
            uint256 ceiling =
                within(value, pool.minted() + (pool.ceiling() - pool.minted()) / 2, pool.ceiling());
            return (address(pool), 0, abi.encodeCall(pool.lowerCeiling, (ceiling)));
        }
        if (kind == 3) {
            uint64 until = uint64(block.timestamp + 3 days);
            return (address(pool), 0, abi.encodeCall(pool.pauseEmission, (until)));
        }
        if (kind == 4) {
            address payment = payments[1 + value % (PAYMENTS - 1)];
            return (address(policy), 0, abi.encodeCall(policy.setPrices, (Access.Paid, pricesIn(payment))));
        }
        if (kind == 5) {
            return (address(alliance), 0, abi.encodeCall(alliance.setRules, (bytes32(value | 1), TERMS)));
        }
        if (kind == 6) {
            uint32 k = value % 2 == 0 ? 2 : 3;
            return (
                address(operators),
                0,
                abi.encodeCall(operators.setValidators, (k, validatorSet(validatorKeys)))
            );
        }
        if (kind == 7) {
            return (
                address(successors),
                0,
                abi.encodeCall(successors.nameSuccessor, (address(manager), accounts[value % 4], "reason"))
            );
        }
        if (kind == 8) {
            return (address(token), 0, abi.encodeCall(token.setContractURI, (vm.toString(number))));
        }
        if (kind == 9) {
            return (address(timelock), 0, abi.encodeCall(timelock.updateDelay, (2 hours + value % 1 hours)));
        }
        // The treasury pays whoever it is, in coin.
        return (accounts[value % ACCOUNTS], within(value, 0, address(timelock).balance), "");
    }
}
