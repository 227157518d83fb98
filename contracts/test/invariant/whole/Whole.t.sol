// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { WholeHandler } from "./WholeHandler.sol";
import { WholeHolds } from "./WholeHolds.sol";

/// Whatever anybody does, in any order: see {WholeHolds}. That each action can come to its end: WholeStory.t.sol.
abstract contract WholeInvariants is WholeHolds {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// Settling everything is for the end of a run.
    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[38] memory all = actions();
        bytes4[] memory selectors = new bytes4[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            selectors[i] = all[i];
        }
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    /// One function for all: forge draws new runs for each. By default it looks after every eighth call, as it goes
    /// through all accounts; each action compares what it did by itself. Profile `full` looks after every call.
    function invariant_wholeModelHolds() public {
        requireAll();
    }

    function afterInvariant() public {
        requireSettled();
    }

    function actions() private view returns (bytes4[38] memory) {
        WholeHandler h = handler;
        return [
            h.buy.selector,
            h.buy.selector,
            h.settle.selector,
            h.claimSold.selector,
            h.refund.selector,
            h.release.selector,
            h.countRounds.selector,
            h.releaseVested.selector,
            h.round.selector,
            h.round.selector,
            h.claimMined.selector,
            h.claimInvented.selector,
            h.claimOperated.selector,
            h.giveToPool.selector,
            h.bond.selector,
            h.bondAgain.selector,
            h.unbond.selector,
            h.withdrawBond.selector,
            h.equivocate.selector,
            h.withdrawReward.selector,
            h.transfer.selector,
            h.delegate.selector,
            h.pay.selector,
            h.sync.selector,
            h.carry.selector,
            h.claimRevenue.selector,
            h.redeem.selector,
            h.buyPass.selector,
            h.passOn.selector,
            h.turnToken.selector,
            h.turnReceiver.selector,
            h.propose.selector,
            h.cast.selector,
            h.queue.selector,
            h.veto.selector,
            h.execute.selector,
            h.usurp.selector,
            h.passTime.selector
        ];
    }
}

/// forge-config: default.invariant.check-interval = 8
contract WholeInCoinInvariants is WholeInvariants {
    function setUp() public {
        found(false);
    }
}

/// forge-config: default.invariant.check-interval = 8
/// forge-config: default.invariant.runs = 16
contract WholeInTokensInvariants is WholeInvariants {
    function setUp() public {
        found(true);
    }
}
