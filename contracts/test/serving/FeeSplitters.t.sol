// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IRevenueVault } from "../../src/ledger/IRevenueVault.sol";
import { FeeSplitter } from "../../src/serving/FeeSplitter.sol";
import { FeeSplitters } from "../../src/serving/FeeSplitters.sol";
import { IFeeSplitters } from "../../src/serving/IFeeSplitters.sol";
import { IInferenceMarket } from "../../src/serving/IInferenceMarket.sol";
import { InferenceMarket } from "../../src/serving/InferenceMarket.sol";
import { Routing, Terms } from "../../src/serving/MarketTypes.sol";
import { Governed } from "../support/Governed.sol";
import { CallingToken, FeeToken, ListingToken, PlainToken } from "../support/PaymentTokens.sol";
import { BombReceiver, CallingReceiver, ClosedReceiver, GreedyReceiver } from "../support/Receivers.sol";

contract FeeSplittersTest is Governed {
    FeeSplitters private splitters = new FeeSplitters();
    PlainToken private usd = new PlainToken();
    address private server = vm.addr(0x5E00);
    address private model;
    IRevenueVault private vault;

    function found() private {
        deployModel();
        model = address(manager);
        vault = IRevenueVault(splitters.vaultOf(model));
    }

    function test_whatIsPaidBeforeThereIsCodeIsSplitToTheWei() public {
        found();
        address at = splitters.splitterOf(model, server);
        vm.assertEq(at.code.length, 0, "told before it has code");
        usd.mint(at, 1001);
        vm.deal(at, 777);
        (uint256 toServer, uint256 toVault) = splitters.release(model, server, address(usd));
        vm.assertEq(toServer, 200, "a fifth, rounded down");
        vm.assertEq(toVault, 801, "the rest");
        vm.assertEq(usd.balanceOf(server), 200, "paid");
        vm.assertEq(vault.accountedOf(address(usd)), 801, "counted at once");
        (toServer, toVault) = splitters.release(model, server, address(0));
        vm.assertEq(server.balance, 155, "coin too");
        vm.assertEq(vault.accountedOf(address(0)), 622, "counted");
        vm.assertEq(at.code.length != 0, true, "it has code now");
        (toServer, toVault) = splitters.release(model, server, address(usd));
        vm.assertEq(toServer + toVault, 0, "nothing twice");
    }

    function test_onlyTheRulerSetsThePart() public {
        found();
        vm.assertEq(splitters.rulerOf(model), founder, "the publisher, where no policy exists");
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IFeeSplitters.FeeSplitters_NotRuler.selector, model, stranger, founder)
        );
        splitters.setOperatorsPart(model, 1);
        vm.startPrank(founder);
        vm.expectRevert(
            abi.encodeWithSelector(IFeeSplitters.FeeSplitters_BadPart.selector, uint16(5001), uint16(5000))
        );
        splitters.setOperatorsPart(model, 5001);
        vm.assertEq(uint256(splitters.operatorsPartOf(model)), 2000, "unless it is set");
        splitters.setOperatorsPart(model, 0);
        vm.stopPrank();
        vm.assertEq(uint256(splitters.operatorsPartOf(model)), 0, "none is a part too");
    }

    function test_aGovernedModelsPartIsItsVotes() public {
        deployGovernedAndHeld();
        model = address(manager);
        vm.assertEq(splitters.rulerOf(model), address(timelock), "the timelock");
        vm.assertEq(splitters.vaultOf(model), policy.vault(), "the policy's vault");
        vm.assertEq(splitters.vaultOf(model), token.vault(), "which is the token's");
        decide(address(splitters), abi.encodeCall(splitters.setOperatorsPart, (model, 3000)));
        vm.assertEq(uint256(splitters.operatorsPartOf(model)), 3000, "by vote");
    }

    function test_aGovernedModelsMarketIsItsVotes() public {
        deployGovernedAndHeld();
        InferenceMarket market = new InferenceMarket(registry, splitters);
        Terms memory terms = Terms(address(usd), 7, 3, 2, Routing.Random, 60, 60, 1 ether);
        vm.prank(anne);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceMarket.InferenceMarket_NotRuler.selector, address(manager), anne, address(timelock)
            )
        );
        market.setTerms(address(manager), terms);
        decide(address(market), abi.encodeCall(market.setTerms, (address(manager), terms)));
        (uint16 number, Terms memory present, address to) = market.termsOf(address(manager));
        vm.assertEq(uint256(number), 1, "by vote");
        vm.assertEq(uint256(present.price), 7, "as it was voted");
        vm.assertEq(to, policy.vault(), "the holders' part goes to the vault");
    }

    function test_onlyTheMakerMovesWhatACloneHolds() public {
        found();
        usd.mint(splitters.splitterOf(model, server), 100);
        splitters.release(model, server, address(usd));
        FeeSplitter clone = FeeSplitter(payable(splitters.splitterOf(model, server)));
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IFeeSplitters.FeeSplitters_NotSplitters.selector, stranger));
        clone.release(address(usd), stranger, 0);
        vm.expectRevert(abi.encodeWithSelector(IFeeSplitters.FeeSplitters_Empty.selector));
        splitters.release(model, address(0), address(usd));
    }

    /// A server that takes no coin, eats all gas or answers without end does not hold up the holders.
    function test_attack_aServerThatCannotBePaid() public {
        found();
        address payable[2] memory bad =
            [payable(address(new ClosedReceiver())), payable(address(new GreedyReceiver()))];
        for (uint256 i = 0; i < 2; ++i) {
            address at = splitters.splitterOf(model, bad[i]);
            vm.deal(at, 1000);
            (uint256 toServer, uint256 toVault) =
                splitters.release{ gas: 2_000_000 }(model, bad[i], address(0));
            vm.assertEq(toServer, 0, "not paid");
            vm.assertEq(toVault, 800, "the holders are");
            vm.deal(at, at.balance + 500);
            splitters.release{ gas: 2_000_000 }(model, bad[i], address(0));
            (toServer, toVault) = splitters.owedOf(model, bad[i], address(0));
            vm.assertEq(toServer, 300, "kept for it");
            vm.assertEq(toVault, 0, "and nothing of the holders'");
        }
        ClosedReceiver(bad[0]).setOpen(true);
        splitters.release(model, bad[0], address(0));
        vm.assertEq(bad[0].balance, 300, "all of it");
        vm.assertEq(splitters.splitterOf(model, bad[0]).balance, 0, "nothing stays");
        BombReceiver bomb = new BombReceiver();
        vm.deal(splitters.splitterOf(model, address(bomb)), 1000);
        splitters.release{ gas: 2_000_000 }(model, address(bomb), address(0));
        vm.assertEq(vault.accountedOf(address(0)), 3 * 800 + 2 * 400, "all that is the holders'");
    }

    function test_attack_aVaultThatIsRefused() public {
        found();
        ListingToken listing = new ListingToken();
        listing.setListed(address(vault), true);
        listing.mint(splitters.splitterOf(model, server), 1000);
        splitters.release(model, server, address(listing));
        vm.assertEq(listing.balanceOf(server), 200, "the server is paid");
        (, uint256 owed) = splitters.owedOf(model, server, address(listing));
        vm.assertEq(owed, 800, "the holders' part waits");
        listing.mint(splitters.splitterOf(model, server), 100);
        listing.setListed(address(vault), false);
        splitters.release(model, server, address(listing));
        vm.assertEq(listing.balanceOf(address(vault)), 880, "and is paid whole");
    }

    function test_attack_whoReentersIsPaidOnce() public {
        found();
        CallingReceiver again = new CallingReceiver();
        again.callDuringReceive(
            address(splitters), abi.encodeCall(splitters.release, (model, address(again), address(0)))
        );
        vm.deal(splitters.splitterOf(model, address(again)), 1000);
        splitters.release(model, address(again), address(0));
        vm.assertEq(address(again).balance, 200, "once");
        vm.assertFalse(again.succeeded(), "not entered");
        CallingToken calling = new CallingToken();
        calling.callDuringTransfer(
            address(splitters), abi.encodeCall(splitters.release, (model, server, address(calling)))
        );
        calling.mint(splitters.splitterOf(model, server), 1000);
        splitters.release(model, server, address(calling));
        vm.assertEq(calling.balanceOf(server), 200, "once");
        vm.assertEq(calling.balanceOf(address(vault)), 800, "the rest");
    }

    function test_feeOnTransferIsTheReceivers() public {
        found();
        FeeToken fee = new FeeToken();
        fee.mint(splitters.splitterOf(model, server), 10_000);
        splitters.release(model, server, address(fee));
        vm.assertEq(fee.balanceOf(server), 1980, "less the fee");
        vm.assertEq(vault.accountedOf(address(fee)), 7920, "what arrived");
    }

    function test_addressesDifferByModelAndServer() public view {
        address a = splitters.splitterOf(address(1), address(2));
        vm.assertTrue(a != splitters.splitterOf(address(2), address(1)), "another");
        vm.assertTrue(a != splitters.splitterOf(address(1), address(3)), "another");
    }

    function testFuzz_theSplitIsWhole(uint96[4] memory amounts, uint16[4] memory parts) public {
        found();
        uint256 sum = 0;
        uint256 served = 0;
        for (uint256 i = 0; i < 4; ++i) {
            uint16 part = uint16(within(parts[i], 0, 5000));
            vm.prank(founder);
            splitters.setOperatorsPart(model, part);
            usd.mint(splitters.splitterOf(model, server), amounts[i]);
            splitters.release(model, server, address(usd));
            sum += amounts[i];
            served += uint256(amounts[i]) * part / 10_000;
            vm.assertEq(usd.balanceOf(server), served, "the part of then, rounded down");
            vm.assertEq(vault.accountedOf(address(usd)), sum - served, "the rest");
        }
    }
}
