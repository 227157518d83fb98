// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { RevenueVault } from "../../src/ledger/RevenueVault.sol";
import { ModelToken } from "../../src/value/ModelToken.sol";
import { Base } from "../support/Base.sol";
import { HoldingBook } from "../support/HoldingBook.sol";
import { Ownership, OwnershipSet, Ownerships } from "../support/OwnershipSet.sol";
import { Manner, PaymentToken, Receiver } from "../support/PaymentToken.sol";

/// @notice Moves, mints and burns a model's tokens, pays revenue in coin and in eight payment tokens of which seven are
/// hostile, claims, redeems, and lets time go by, in any order. What the vault refuses is left alone; what it paid is
/// counted here from its own balance.
contract RevenueHandler is Base {
    uint256 public constant EPOCH = 1 days;
    uint256 private constant LAST = 12;
    uint256 public constant ACCOUNTS = 7;
    uint256 public constant TOKENS = 9;

    ModelToken public token;
    RevenueVault public vault;
    HoldingBook public book = new HoldingBook();

    /// Two people, two contracts that take coin as they like, the minter (this), the treasury, an offering.
    address[] public accounts;
    /// The coin, and one payment token of each manner.
    address[] public payments;

    /// What left the vault by claims and by burning, by its own balance.
    mapping(address payment => uint256) public claimed;
    mapping(address payment => uint256) public redeemed;
    mapping(address payment => mapping(address account => uint256)) public claimedBy;
    uint256 public claims;
    uint256 public refusals;

    constructor() {
        accounts = [vm.addr(0xA1), vm.addr(0xA2)];
        Ownership memory founding = Ownerships.founding(type(uint104).max, address(this));
        founding.others = new address[](1);
        founding.others[0] = vm.addr(0x0F);
        founding.epochLength = EPOCH;
        founding.redeemableBps = 1_500;
        OwnershipSet set = new OwnershipSet(founding);
        (token, vault) = (set.token(), set.vault());
        accounts.push(address(new Receiver(vault)));
        accounts.push(address(new Receiver(vault)));
        accounts.push(address(this));
        accounts.push(token.treasury());
        accounts.push(founding.others[0]);
        payments.push(address(0));
        for (uint256 i = 0; i < TOKENS - 1; ++i) {
            payments.push(address(new PaymentToken(Manner(i))));
        }
    }

    receive() external payable { }

    function passTime(uint32 seconds_, uint8 kind) external {
        // Few epochs, so that what is compared at the end stays short.
        if (token.epochNow() >= LAST) vm.warp(block.timestamp + seconds_ % 60);
        else if (kind % 4 == 0) vm.warp(NOW + (token.epochNow() + 1) * EPOCH);
        else vm.warp(block.timestamp + within(seconds_, 0, kind % 4 == 1 ? 3 * EPOCH : 6 hours));
    }

    function mint(uint256 to, uint256 amount) external {
        address account = accounts[to % ACCOUNTS];
        amount = within(amount, 0, 1e24);
        token.mint(account, amount);
        book.note(address(0), account, amount);
    }

    function move(uint256 from, uint256 to, uint256 amount) external {
        address sender = accounts[from % ACCOUNTS];
        address receiver = accounts[to % ACCOUNTS];
        amount = within(amount, 0, token.balanceOf(sender));
        vm.prank(sender);
        assert(token.transfer(receiver, amount));
        book.note(sender, receiver, amount);
    }

    function burn(uint256 from, uint256 amount, uint256 payment) external {
        address account = accounts[from % ACCOUNTS];
        amount = within(amount, 0, token.balanceOf(account));
        address[] memory list = new address[](1);
        list[0] = payments[payment % TOKENS];
        uint256 before = vaultBalance(list[0]);
        vm.prank(account);
        try token.burnAndRedeem(amount, list) {
            book.note(account, address(0), amount);
            redeemed[list[0]] += before - vaultBalance(list[0]);
        } catch {
            ++refusals;
        }
    }

    function pay(uint256 payment, uint256 amount, uint8 kind) external {
        address paid = payments[payment % TOKENS];
        amount = within(amount, 0, 1e24);
        if (paid == address(0)) {
            vm.deal(address(this), amount);
            // Said, sent, or forced.
            if (kind % 3 == 0) {
                vault.deposit{ value: amount }(paid, amount);
            } else if (kind % 3 == 1) {
                (bool done,) = address(vault).call{ value: amount }("");
                assert(done);
            } else {
                vm.deal(address(vault), address(vault).balance + amount);
            }
            return;
        }
        PaymentToken(paid).give(kind % 2 == 0 ? address(this) : address(vault), amount);
        if (kind % 2 != 0) return;
        try vault.deposit(paid, amount) { }
        catch {
            ++refusals;
        }
    }

    function sync(uint256 payment) external {
        vault.sync(payments[payment % TOKENS]);
    }

    function carry(uint256 payment, uint256 epoch) external {
        try vault.carry(payments[payment % TOKENS], within(epoch, 0, token.epochNow())) { }
        catch {
            ++refusals;
        }
    }

    /// Twice the same epoch among them.
    function claim(uint256 who, uint256 payment, uint256 epoch) external {
        uint256[] memory list = new uint256[](4);
        uint256 present = token.epochNow();
        list[0] = within(epoch, 0, present);
        (list[1], list[3]) = (list[0], list[0]);
        list[2] = within(epoch >> 32, 0, present);
        claimList(accounts[who % ACCOUNTS], payments[payment % TOKENS], list);
    }

    function turnTokens(uint256 payment, uint256 banned) external {
        uint256 index = payment % TOKENS;
        if (index == 0) return;
        PaymentToken paid = PaymentToken(payments[index]);
        paid.turn(!paid.switchedOn());
        paid.ban(accounts[banned % ACCOUNTS]);
    }

    function turnReceivers(uint8 mode) external {
        Receiver(payable(accounts[2])).turn(mode % 5);
        Receiver(payable(accounts[3])).turn((mode / 5) % 5);
    }

    /// Everybody becomes honest, and everything is claimed. For the end of a run.
    function settleAll() external {
        Receiver(payable(accounts[2])).turn(0);
        Receiver(payable(accounts[3])).turn(0);
        vm.warp(NOW + (token.epochNow() + 1) * EPOCH);
        for (uint256 j = 0; j < TOKENS; ++j) {
            if (j != 0) {
                PaymentToken(payments[j]).turn(false);
                PaymentToken(payments[j]).ban(address(0));
            }
            for (uint256 epoch = 0; epoch < token.epochNow(); ++epoch) {
                uint256[] memory list = new uint256[](1);
                list[0] = epoch;
                for (uint256 i = 0; i < ACCOUNTS; ++i) {
                    claimList(accounts[i], payments[j], list);
                }
            }
        }
    }

    function claimList(address account, address payment, uint256[] memory list) private {
        uint256 before = vaultBalance(payment);
        try vault.claimFor{ gas: 3_000_000 }(account, payment, list) {
            uint256 paid = before - vaultBalance(payment);
            claimed[payment] += paid;
            claimedBy[payment][account] += paid;
            if (paid != 0) ++claims;
        } catch {
            ++refusals;
        }
    }

    /// What is there, whatever the token says.
    function vaultBalance(address payment) public view returns (uint256) {
        if (payment == address(0)) return address(vault).balance;
        return PaymentToken(payment).truth(address(vault));
    }
}
