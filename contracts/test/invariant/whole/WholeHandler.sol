// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { HostileToken, Mood, Trickster } from "../../support/Mischief.sol";
import { WholeVotes } from "./WholeVotes.sol";
import { WholeWorld } from "./WholeWorld.sol";

/// @notice All that anybody does with a launched model, in any order, and time.
contract WholeHandler is WholeVotes {
    constructor(bool soldForToken) WholeWorld(soldForToken) {
        powersByVote = powers();
    }

    /// Minutes, hours, sometimes the rest of an epoch.
    function passTime(uint32 elapsed, uint8 kind) external {
        uint256 length = within(elapsed, 1, kind % 4 == 0 ? 2 days : 3 hours);
        if (kind % 4 == 1) {
            length = vault.epochStart() + (vault.epochNow() + 1) * vault.epochLength() - block.timestamp;
        }
        vm.warp(block.timestamp + length);
        vm.roll(block.number + 3);
        count("pass time", true);
    }

    /// Everybody turns honest, and fetches what is due. For the end of a run.
    function settleAll() external {
        for (uint256 j = 1; j < PAYMENTS; ++j) {
            HostileToken(payments[j]).turn(false);
            HostileToken(payments[j]).rebase(5000);
        }
        for (uint256 i = 2; i < ACCOUNTS; ++i) {
            if (!isHonest(i)) Trickster(payable(accounts[i])).turn(Mood.Takes);
        }
        // The last epoch, the offering, and every bond that is being withdrawn are over by then.
        vm.warp(block.timestamp + 70 days);
        settleIfOver();
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            settleFor(i);
        }
        offering.release();
    }

    function settleFor(uint256 who) private {
        address account = accounts[who];
        uint256 present = vault.epochNow();
        for (uint256 j = 0; j < PAYMENTS; ++j) {
            uint256[] memory epochs = new uint256[](3);
            for (uint256 epoch = 0; epoch < present; ++epoch) {
                if (vault.revenueOf(payments[j], epoch) == 0) continue;
                (epochs[0], epochs[1], epochs[2]) = (epoch, epoch, epoch);
                claimAsTold(who, payments[j], epochs);
            }
        }
        offering.claim(account);
        offering.refund(account);
        operators.withdrawRewardFor(account);
        if (operators.bondOf(account).withdrawableAt != 0) operators.withdrawFor(account);
    }
}
