// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OfferingBooks, OfferingStatus, OfferingTerms } from "../../src/ledger/IModelOffering.sol";
import { ModelOffering } from "../../src/ledger/ModelOffering.sol";
import { Status } from "../../src/training/RoundTypes.sol";
import { OfferingWorld } from "../support/OfferingWorld.sol";
import { CallingReceiver, ClosedReceiver } from "../support/Receivers.sol";

/// @notice Buys, settles, claims, refunds, releases, counts, lets rounds and time go by, in any order, for coin; one
/// buyer takes no coin at first, one calls back. Once an offering is settled, another may be founded with other
/// terms. What reverts here is caught: the invariants ask what is left of it.
contract OfferingHandler is OfferingWorld {
    address[] public buyers;
    uint256 public burnedBefore;
    uint256 public paid;
    uint256 public treasuryBefore;
    uint256 public settledCount;
    uint256 public missedCount;

    mapping(address buyer => uint256) public paidBy;
    mapping(address buyer => uint256) public tokensBefore;
    mapping(address buyer => uint256) public coinBefore;

    ClosedReceiver private closed = new ClosedReceiver();
    CallingReceiver private caller = new CallingReceiver();

    constructor() {
        for (uint160 i = 0; i < 4; ++i) {
            buyers.push(address(i + 7000));
        }
        buyers.push(address(closed));
        buyers.push(address(caller));
        again(0);
    }

    receive() external payable { }

    function parts() external view returns (address offering_, address token_, address treasury_) {
        return (address(offering), address(token), treasury);
    }

    function buyerCount() external view returns (uint256) {
        return buyers.length;
    }

    function callerSucceeded() external view returns (bool) {
        return caller.succeeded();
    }

    function buy(uint256 who, uint256 amount) external {
        address buyer = buyers[who % buyers.length];
        amount = within(amount, 1, offering.target() / 2 + 1);
        vm.deal(address(this), amount);
        try offering.buy{ value: amount }(buyer, amount, "") returns (uint256 taken) {
            paid += taken;
            paidBy[buyer] += taken;
        } catch { }
    }

    function settle() external {
        bool before = offering.isSettled();
        try offering.settle() { } catch { }
        if (offering.isSettled() && !before) ++settledCount;
    }

    function claim(uint256 who) external {
        try offering.claim(buyers[who % buyers.length]) { } catch { }
    }

    function refund(uint256 who) external {
        try offering.refund(buyers[who % buyers.length]) { } catch { }
    }

    function release() external {
        try offering.release() { } catch { }
    }

    function count(uint256 limit) external {
        bool before = offering.books().ended;
        try offering.countRounds(limit % 8) { } catch { }
        if (offering.books().ended && !before) ++missedCount;
    }

    /// The next step of the rounds: one begins, or the one under way ends somehow.
    function round(uint256 end, uint256 minted) external {
        uint64 last = rounds.roundsCount();
        bool underWay = last != 0 && rounds.roundOf(last).status == Status.Open;
        if (!underWay) last = rounds.add(Status.Open, 0);
        if (end % 4 == 3) return;
        rounds.set(last, end % 4 == 2 ? Status.Void : Status.Finalised, end % 4 == 2 ? 0 : minted % 3);
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + within(time, 1, 10 days));
    }

    function takeCoin(bool value) external {
        closed.setOpen(value);
        vm.prank(address(closed));
        try offering.refundTo(address(closed)) { } catch { }
    }

    /// Everybody fetches what is due; then nothing but what milestones hold back may be left.
    function fetchAll() public {
        closed.setOpen(true);
        for (uint256 i = 0; i < buyers.length; ++i) {
            try offering.refund(buyers[i]) { } catch { }
            try offering.claim(buyers[i]) { } catch { }
        }
        try offering.release() { } catch { }
    }

    /// Another offering, once this one is settled.
    function again(uint16 salt) public {
        if (address(offering) != address(0) && !offering.isSettled()) return;
        OfferingTerms memory terms = coinTerms();
        terms.offered = within(uint256(keccak256(abi.encode(salt, 1))), 1, 1e24) >> (salt % 64);
        if (terms.offered == 0) terms.offered = 1;
        terms.price = within(uint256(keccak256(abi.encode(salt, 2))), 1, 1e21) >> (salt % 59);
        if (terms.price == 0) terms.price = 1;
        terms.minimum = 1 + (terms.offered * terms.price / 1e18) / (2 + salt % 9);
        uint256 target = (terms.offered * terms.price + 1e18 - 1) / 1e18;
        if (terms.minimum > target) terms.minimum = target;
        terms.capPerBuyer = salt % 3 == 0 ? target / (1 + salt % 5) : 0;
        (terms.milestoneRounds, terms.firstBps) = (salt % 7 + 1, salt % 9973);
        terms.opens = uint64(block.timestamp);
        terms.closes = terms.opens + 1 days;
        terms.milestoneDeadline = terms.closes + 20 days;
        burnedBefore = token.totalEverMinted() - token.totalSupply();
        treasuryBefore = treasury.balance;
        paid = 0;
        for (uint256 i = 0; i < buyers.length; ++i) {
            paidBy[buyers[i]] = 0;
            coinBefore[buyers[i]] = buyers[i].balance;
            tokensBefore[buyers[i]] = token.balanceOf(buyers[i]);
        }
        offering = cloneOf(terms);
        token.mint(address(offering), terms.offered);
        offering.initialize();
        caller.callDuringReceive(address(offering), abi.encodeCall(ModelOffering.refund, (address(caller))));
    }

    function status() external view returns (OfferingStatus) {
        return offering.books().status;
    }

    function booksNow() external view returns (OfferingBooks memory) {
        return offering.books();
    }
}
