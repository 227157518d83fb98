// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { WholeWorld } from "./WholeWorld.sol";

/// @notice The offering and the founders' wallets: buys, settles, claims, refunds, releases, counts rounds. Whoever is
/// paid is paid what it was told before, to the unit, and nobody else loses by it.
abstract contract WholeSale is WholeWorld {
    function buy(uint256 who, uint256 amount, uint256 forWhom) external {
        who %= ACCOUNTS;
        amount = within(amount, 1, 160 ether);
        address buyer = accounts[forWhom % 4 == 0 ? forWhom / 4 % ACCOUNTS : who];
        bytes memory data = abi.encodeCall(offering.buy, (buyer, amount, ""));
        uint256 before = offering.books().raised;
        bool bought = actAs(who, address(offering), sold == address(0) ? amount : 0, data);
        require_(bought || offering.books().raised == before, "booked without payment");
        count("buy", bought);
    }

    function settle(bool jump) external {
        uint256 closes = offering.terms().closes;
        if (jump && block.timestamp <= closes && offering.books().raised != 0) vm.warp(closes + 1);
        settleIfOver();
    }

    function claimSold(uint256 who) external {
        who %= ACCOUNTS;
        if (!offering.isSettled()) return;
        address buyer = accounts[who];
        (uint256 told, uint256 had) = (offering.claimable(buyer), token.balanceOf(buyer));
        uint256 got = offering.claim(buyer);
        require_(got == told && token.balanceOf(buyer) == had + got, "claimed other than told");
        count("claim what was bought", got != 0);
    }

    function refund(uint256 who) external {
        who %= ACCOUNTS;
        if (!offering.isSettled()) return;
        address buyer = accounts[who];
        (uint256 told, uint256 had) = (offering.refundable(buyer), balanceIn(sold, address(offering)));
        bytes32 others = duesOfOthers(who);
        try offering.refund{ gas: ENOUGH }(buyer) returns (uint256 paid) {
            uint256 gone = had - balanceIn(sold, address(offering));
            require_(paid == told && gone == told, "refunded other than told");
            count("refund", paid != 0);
        } catch {
            require_(told == offering.refundable(buyer), "refused, and less is due");
            count("refund refused", true);
        }
        require_(others == duesOfOthers(who), "others' dues moved: refund");
    }

    function release() external {
        if (!offering.isSettled()) return;
        (uint256 told, uint256 had) = (offering.releasable(), balanceIn(sold, address(timelock)));
        try offering.release() returns (uint256 paid) {
            require_(balanceIn(sold, address(timelock)) - had == told, "released other than told");
            count("release", paid != 0);
        } catch { }
    }

    function countRounds(uint256 limit) external {
        try offering.countRounds(1 + limit % 8) returns (uint32 rounds) {
            count("count a round", rounds != 0);
            count("miss the milestones", offering.books().ended);
        } catch { }
    }

    function releaseVested(uint256 which) external {
        uint256 before = token.balanceOf(address(vestings[which % 2]));
        vestings[which % 2].release(address(token));
        count("release what vested", token.balanceOf(address(vestings[which % 2])) < before);
    }

    /// Before anybody else does, whose doing it would seem to be.
    function settleIfOver() internal {
        if (offering.isSettled() || block.timestamp <= offering.terms().closes) return;
        offering.settle();
        count(offering.books().sold == 0 ? "settle as failed" : "settle", true);
    }

    /// What is due to the people among the accounts, but for `who`: nothing that is done for `who` may move it.
    function duesOfOthers(uint256 who) internal returns (bytes32 dues) {
        settleIfOver();
        uint256 epoch = vault.epochNow();
        for (uint256 i = 0; i < 5; ++i) {
            if (!isHonest(i) || i == who) continue;
            address account = accounts[i];
            dues = keccak256(
                abi.encode(
                    dues,
                    account.balance,
                    token.balanceOf(account),
                    epoch == 0 ? 0 : vault.claimable(account, address(0), epoch - 1),
                    epoch == 0 ? 0 : vault.claimable(account, payments[1], epoch - 1),
                    offering.claimable(account),
                    offering.refundable(account),
                    pool.claimed(account),
                    operators.bondOf(account),
                    operators.rewardOf(account),
                    passes.passOf(address(manager), account)
                )
            );
        }
    }
}
