// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Governed } from "../support/Governed.sol";

/// What each step of a vote costs, whole; see test/Gas.t.sol.
///
/// forge-config: default.isolate = true
contract GovernanceGasTest is Governed {
    function setUp() public {
        deployGovernedAndHeld();
    }

    function test_aVoteFromTheProposalToItsEffect() public {
        Call memory call =
            Call(address(policy), 0, abi.encodeCall(policy.setTrainingPolicy, (keccak256("next"))));
        (address[] memory targets, uint256[] memory values, bytes[] memory datas) = lists(call);
        vm.prank(anne);
        uint256 id = governor.propose(targets, values, datas, "a text of some forty characters, no more");
        keep("propose");
        toVoting(id);
        vote(anne, id, FOR);
        keep("vote, the first, completing the quorum");
        vote(bert, id, FOR);
        keep("vote");
        toEnd(id);
        governor.queue(id);
        keep("queue");
        vm.warp(block.timestamp + LOCK);
        governor.execute(id);
        keep("execute a policy");
    }

    function test_publishingAndPromoting() public {
        runRound(0, 0, 0);
        bytes32 version = manager.currentVersion();
        bytes memory code = hex"5f356001015f5260205ff3";
        (address[] memory signers, bytes[] memory signatures) = signedPublication(version, "file", code);
        policy.publish(version, "file", code, signers, signatures);
        keep("publish, 11 bytes of code, 2 signatures");
        policy.promote(version);
        keep("promote, the first");
    }

    function keep(string memory name) private {
        vm.snapshotGasLastCall("governance", name);
    }
}
