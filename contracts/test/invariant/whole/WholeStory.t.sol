// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Mood } from "../../support/Mischief.sol";
import { WholeHolds } from "./WholeHolds.sol";

/// The handler is no use if it never gets anywhere: here each of its actions comes to its end at least once, driven by
/// hand, and the invariants hold after it.
abstract contract WholeStory is WholeHolds {
    uint256 private constant ALL_FOR = type(uint256).max;
    uint256 private constant COIN = 0;
    uint256 private constant PLAIN = 1;
    uint256 private constant FEE = 2;
    uint256 private constant SAYS_FALSE = 3;
    uint256 private constant CALLS = 4;
    uint256 private constant BOMB = 5;
    uint256 private constant GREEDY = 6;

    function test_everyActionComesToItsEnd() public {
        sale();
        rounds();
        bonds();
        revenue();
        passes();
        votes();
        leavings();
        requireAll();
        requireSettled();
    }

    function test_aFailedOfferingPaysBack() public {
        handler.buy(0, 1 ether, 1);
        handler.buy(2, 1 ether, 1);
        handler.settle(true);
        did("settle as failed");
        handler.refund(0);
        did("refund");
        requireAll();
        requireSettled();
    }

    function test_missedMilestonesGoBackToBuyers() public {
        handler.buy(0, 100 ether, 1);
        handler.buy(2, 20 ether, 1);
        handler.settle(true);
        handler.release();
        for (uint256 i = 0; i < 30; ++i) {
            handler.passTime(2 days, 0);
        }
        handler.countRounds(7);
        did("miss the milestones");
        handler.refund(0);
        handler.refund(2);
        did("refund");
        requireAll();
        requireSettled();
    }

    /// Over-subscribed; revenue of an epoch in which nobody holds anything.
    function sale() private {
        handler.buy(0, 100 ether, 1);
        handler.buy(1, 120 ether, 1);
        handler.buy(2, 90 ether, 1);
        handler.buy(0, 50 ether, 16); // for the fifth account
        did("buy");
        handler.pay(0, COIN, 5 ether, true);
        did("pay coin");
        handler.settle(true);
        did("settle");
        for (uint256 i = 0; i < 5; ++i) {
            handler.claimSold(i);
        }
        did("claim what was bought");
        turn(2, Mood.Refuses);
        handler.refund(2);
        turn(2, Mood.Calls);
        handler.refund(2);
        handler.refund(0);
        did("refund");
        handler.release();
        did("release");
        handler.passTime(2 days, 0);
        handler.carry(COIN, 0);
        did("carry");
        handler.releaseVested(0);
        did("release what vested");
    }

    function rounds() private {
        for (uint256 i = 0; i < 4; ++i) {
            handler.round(4e23, 1e23, 2);
        }
        handler.round(0, 0, 1);
        handler.round(0, 0, 0);
        did("settle a round");
        did("mint in a round");
        did("void a round");
        handler.countRounds(7);
        did("count a round");
        handler.claimMined(false);
        handler.claimMined(true);
        did("claim what was mined");
        handler.claimInvented(3, 1e20);
        did("invented claim refused");
        handler.claimOperated(0);
        did("claim what was operated");
        handler.giveToPool(0, 1e20);
        did("give to the pool");
    }

    function bonds() private {
        handler.bond(2, 2 ether);
        did("bond");
        handler.unbond(2, 1 ether);
        did("unbond");
        handler.equivocate(0, 2);
        did("slash");
        handler.bondAgain(0);
        did("bond again");
        turn(2, Mood.RevertsBomb);
        handler.withdrawReward(2);
        did("reward refused");
        turn(2, Mood.Calls);
        handler.withdrawReward(2);
        did("withdraw a reward");
    }

    function revenue() private {
        handler.transfer(0, 3, 1e23);
        did("transfer");
        handler.delegate(3, 1);
        did("delegate");
        handler.pay(0, COIN, 3 ether, false);
        for (uint256 payment = PLAIN; payment < handler.PAYMENTS(); ++payment) {
            handler.pay(1, payment, 1e21, true);
        }
        did("pay");
        did("pay hostile");
        did("deposit refused");
        handler.pay(1, SAYS_FALSE, 1e21, false);
        handler.turnToken(SAYS_FALSE - 1, false, 0);
        handler.turnToken(BOMB - 1, false, 0);
        handler.turnToken(GREEDY - 1, false, 0);
        handler.pay(1, SAYS_FALSE, 1e21, false);
        handler.pay(1, BOMB, 1e21, true);
        handler.pay(1, GREEDY, 1e21, true);
        handler.sync(SAYS_FALSE);
        did("sync");
        handler.turnToken(SAYS_FALSE - 1, true, 0);
        handler.turnToken(BOMB - 1, true, 0);
        handler.turnToken(GREEDY - 1, true, 0);
        handler.sync(BOMB);
        did("sync refused");
        handler.passTime(0, 1);
        handler.turnToken(6, true, 1000);
        for (uint256 payment = COIN; payment < handler.PAYMENTS(); ++payment) {
            handler.claimRevenue(0, payment, 0);
            handler.claimRevenue(2, payment, 0);
        }
        did("claim revenue");
        did("claim revenue in tokens");
        turn(2, Mood.Greedy);
        handler.claimRevenue(2, COIN, 1);
        did("claim refused");
        handler.redeem(0, 1e22, COIN);
        handler.redeem(0, 1e22, CALLS);
        did("redeem");
        handler.redeem(2, 1e22, COIN);
        did("redemption refused");
    }

    function passes() private {
        handler.buyPass(0, 1, false);
        did("buy a pass");
        handler.buyPass(1, 1, true);
        did("buy a pass for tokens");
        handler.buyPass(0, 4, false);
        did("pass refused");
        handler.passOn(0, 4);
        did("pass on");
    }

    function votes() private {
        handler.usurp(3, 1, 5);
        did("usurpation refused");
        for (uint256 kind = 0; kind < 11; ++kind) {
            decide(kind, 4);
            did(string.concat("execute ", vm.toString(kind)));
        }
        did("propose");
        did("vote");
        did("queue");
        did("execute");
        turn(2, Mood.RevertsBomb);
        // Nothing is paid to an account that refuses it.
        decide(10, 2);
        handler.propose(0, 0, 1);
        handler.cast(0);
        handler.queue();
        did("defeated");
        handler.propose(0, 0, 1);
        handler.cast(ALL_FOR);
        handler.veto(4);
        handler.veto(2);
        did("veto");
        did("stopped by veto");
    }

    function leavings() private {
        turn(2, Mood.RevertsBomb);
        handler.withdrawBond(2, true);
        did("bond refused");
        turn(2, Mood.Bombs);
        handler.withdrawBond(2, false);
        did("withdraw a bond");
        handler.releaseVested(1);
    }

    function decide(uint256 kind, uint256 value) private {
        handler.propose(0, kind, value);
        handler.cast(ALL_FOR);
        handler.queue();
        handler.execute();
    }

    function turn(uint256 who, Mood mood) private {
        handler.turnReceiver(who, uint8(mood));
    }

    function did(string memory action) private view {
        vm.assertLt(0, handler.done(action), action);
    }
}

contract WholeStoryInCoinTest is WholeStory {
    function setUp() public {
        found(false);
    }
}

contract WholeStoryInTokensTest is WholeStory {
    function setUp() public {
        found(true);
    }
}
