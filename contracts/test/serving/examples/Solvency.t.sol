// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Product, Shown, WeatherInsurance } from "../../../src/serving/examples/WeatherInsurance.sol";
import { ConsumerWorld } from "../../support/ConsumerWorld.sol";

/// @notice Buyers, devices and an insurer in any order; keeps its own book of who was promised and paid what.
contract InsuranceHandler is ConsumerWorld {
    WeatherInsurance public insurance;
    address public insurer = vm.addr(0x145);
    uint256 public put;
    uint256 public paid;
    uint256 public promised;
    uint256 public claims;
    uint256 private _nonce;

    constructor() {
        deployWorld();
        insurance = new WeatherInsurance(asking(), Product(insurer, 700, 1 hours, 1 days, 0, true, 1));
    }

    function fund(uint256 amount) external {
        amount = within(amount, 0, 50 ether);
        vm.deal(address(this), amount);
        insurance.fund{ value: amount }();
        put += amount;
    }

    function buy(uint256 payout, uint256 who) external {
        uint256 free = insurance.free();
        if (free == 0) return;
        payout = within(payout, 1, free);
        uint256 due = insurance.premiumOf(payout);
        address buyer = vm.addr(0xB00 + who % 5);
        address[] memory named = new address[](2);
        (named[0], named[1]) = (deviceAt(0), deviceAt(1));
        vm.deal(buyer, due);
        vm.prank(buyer);
        insurance.buy{ value: due }(uint128(payout), named);
        put += due;
        promised += payout;
    }

    function claim(uint256 which, uint256 device, bool hot) external {
        uint256 id = policy(which);
        WeatherInsurance.Policy memory one = insurance.policyOf(id);
        vm.warp(block.timestamp + 1);
        bool covered = block.timestamp > one.boughtAt + 1 hours && block.timestamp <= one.until;
        Shown[] memory shown = new Shown[](1);
        uint256 key = keyAt(device % 4);
        shown[0].device = vm.addr(key);
        shown[0].packets = single(packetOf(key, weather(hot ? int256(1) : int256(-1)), block.timestamp));
        try insurance.claim(id, shown) {
            require(hot && covered && device % 4 < 2 && one.payout != 0, "paid on nothing");
            promised -= one.payout;
            ++claims;
        } catch {
            require(!hot || !covered || device % 4 > 1 || one.payout == 0, "refused what is due");
        }
    }

    function expire(uint256 which) external {
        uint256 id = policy(which);
        uint256 payout = insurance.policyOf(id).payout;
        try insurance.expire(id) {
            promised -= payout;
        } catch { }
    }

    function release(uint256 amount) external {
        amount = within(amount, 0, insurance.free());
        vm.prank(insurer);
        insurance.release(amount);
    }

    function withdraw(uint256 who) external {
        address account = who % 6 == 5 ? insurer : vm.addr(0xB00 + who % 6);
        uint256 amount = insurance.owed(account);
        if (amount == 0) return;
        insurance.withdraw(account);
        paid += amount;
    }

    function passTime(uint256 time) external {
        vm.warp(block.timestamp + within(time, 1, 6 hours));
    }

    function policy(uint256 which) private view returns (uint256) {
        return within(which, 1, insurance.count() + 1);
    }
}

/// Whatever was promised and not ended is there, credits are, and nothing comes from nowhere.
contract SolvencyInvariants is ConsumerWorld {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    InsuranceHandler private handler;
    WeatherInsurance private insurance;

    function setUp() public {
        handler = new InsuranceHandler();
        insurance = handler.insurance();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](7);
        selectors[0] = handler.fund.selector;
        selectors[1] = handler.buy.selector;
        selectors[2] = handler.claim.selector;
        selectors[3] = handler.expire.selector;
        selectors[4] = handler.release.selector;
        selectors[5] = handler.withdraw.selector;
        selectors[6] = handler.passTime.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    function invariant_everyPromiseIsCovered() public view {
        vm.assertEq(insurance.reserved(), handler.promised(), "reserved is what was promised");
        vm.assertLe(insurance.reserved(), insurance.pool(), "and it is there");
        vm.assertEq(
            insurance.pool() + insurance.totalOwed(), address(insurance).balance, "pool and credits are all"
        );
        vm.assertEq(address(insurance).balance + handler.paid(), handler.put(), "to the wei");
    }
}
