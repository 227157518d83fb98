// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { AccessPass } from "../../src/ledger/AccessPass.sol";
import { FounderVesting } from "../../src/ledger/FounderVesting.sol";
import { PassOrder } from "../../src/ledger/IAccessPass.sol";
import { OfferingTerms } from "../../src/ledger/IModelOffering.sol";
import { PassPlan } from "../../src/ledger/IPassPlans.sol";
import { ModelOffering } from "../../src/ledger/ModelOffering.sol";
import { OfferingWorld } from "../support/OfferingWorld.sol";
import { PlansRecord } from "../support/PlansRecord.sol";
import { TypedData } from "../support/TypedData.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";

/// Whole transactions, as in Gas.t.sol. Bars are asserted here.
///
/// forge-config: default.isolate = true
contract OfferingGasTest is OfferingWorld {
    function test_offeringForTokens() public {
        found(defaults());
        openNow();
        pay.mint(alice, 4 * TARGET);
        vm.prank(alice);
        pay.approve(address(offering), 4 * TARGET);
        vm.prank(alice);
        offering.buy(alice, TARGET, "");
        keep("buy for ERC-20, the first of all");
        pays(bob, TARGET);
        vm.assertLt(keep("buy for ERC-20, another's first"), 130_000, "buy");
        vm.prank(alice);
        offering.buy(alice, TARGET, "");
        keep("buy for ERC-20, once more");
        signedPurchase();
        closeNow();
        offering.settle();
        vm.assertLt(keep("settle"), 150_000, "settle");
        offering.claim(alice);
        keep("claim, the first of all");
        offering.claim(bob);
        vm.assertLt(keep("claim"), 110_000, "claim");
        offering.refund(alice);
        keep("refund in ERC-20, the first of all");
        offering.refund(bob);
        vm.assertLt(keep("refund in ERC-20"), 90_000, "refund");
        offering.release();
        keep("release at success");
        mintedRounds(2);
        offering.countRounds(1);
        keep("count one round");
        offering.release();
        keep("release of a milestone");
    }

    function test_offeringForCoin() public {
        found(coinTerms());
        openNow();
        pays(alice, 3 ether);
        keep("buy for coin, the first of all");
        pays(bob, 1 ether);
        vm.assertLt(keep("buy for coin, another's first"), 90_000, "buy");
        closeNow();
        offering.refund(alice);
        keep("refund in coin, with the settlement");
        offering.refund(bob);
        vm.assertLt(keep("refund in coin"), 75_000, "refund");
    }

    function test_launch() public {
        OfferingTerms memory terms = defaults();
        offering = ModelOffering(this.made(address(implementation), abi.encode(terms)));
        keep("make the offering's clone");
        token.mint(address(offering), OFFERED);
        offering.initialize();
        keep("found the offering");
        address wallets = address(new FounderVesting(address(this)));
        FounderVesting wallet = FounderVesting(payable(this.made(wallets, "")));
        wallet.initialize(alice, NOW, 540 days, 180 days);
        keep("found a vesting wallet");
    }

    function test_passes() public {
        AccessPass passes = new AccessPass();
        PlansRecord model = new PlansRecord();
        model.set("month", PassPlan(treasury, address(0), 1, 30 days, 1000, false, "licence"));
        PassOrder memory order = PassOrder(address(model), "month", alice, "licence", address(0), 1);
        vm.deal(alice, 2);
        vm.prank(alice);
        passes.buy{ value: 1 }(order);
        vm.snapshotGasLastCall("pass", "buy for coin");
        vm.prank(alice);
        passes.buy{ value: 1 }(order);
        vm.snapshotGasLastCall("pass", "buy the same again");
    }

    /// A call of its own, so that its gas is a transaction's.
    function made(address target, bytes memory words) external returns (address) {
        return Clones.cloneWithImmutableArgs(target, words);
    }

    function signedPurchase() private {
        bytes memory fields = abi.encode(alice, TARGET, uint256(0), CLOSES);
        bytes32 digest = TypedData.digestHere(address(offering), TypedData.OFFERING_PURCHASE, fields);
        bytes memory signature = signed(0xA11CE, digest);
        vm.prank(bob);
        offering.buySigned(alice, TARGET, "", CLOSES, signature, "");
        keep("buy by signature, for ERC-20");
    }

    function keep(string memory name) private returns (uint256) {
        return vm.snapshotGasLastCall("offering", name);
    }
}
