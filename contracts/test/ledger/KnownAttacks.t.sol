// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Launch, Model } from "../../src/ledger/LaunchTypes.sol";
import { ModelPolicy } from "../../src/ledger/ModelPolicy.sol";
import { RevenueVault } from "../../src/ledger/RevenueVault.sol";
import { Governed } from "../support/Governed.sol";
import { IERC5267 } from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/// Ways in which other models' contracts were robbed that are no single contract's here; docs/trust.md lists all of them.
contract KnownAttacksTest is Governed {
    address private constant COIN = address(0);

    Model private model;

    constructor() {
        vm.warp(NOW + 10 days);
        Launch memory terms = governedTerms();
        (terms.schedule.start, terms.schedule.ratePerSecond) = (0, RATE / 10);
        model = launchGoverned(terms);
        give(anne, CAP / 5);
        give(bert, CAP / 5);
    }

    /// Whoever pays for predictions of its own model mines nothing by it, and gets back a holder's part at most.
    function test_attack_washConsumption() public {
        RevenueVault vault = RevenueVault(payable(model.vault));
        vm.warp(NOW + 20 days);
        uint256 epoch = vault.epochNow();
        uint256 accrued = pool.accrued();
        vm.deal(anne, 10 ether);
        vm.prank(anne);
        vault.deposit{ value: 10 ether }(COIN, 10 ether);
        vm.assertEq(pool.accrued(), accrued, "emission knows no revenue");
        vm.assertEq(pool.available(), accrued - pool.minted(), "nor what may be minted");
        vm.warp(NOW + 40 days);
        vm.assertEq(pool.accrued() - accrued, 20 days * RATE / 10, "nor later");
        uint256[] memory epochs = new uint256[](1);
        epochs[0] = epoch;
        vm.assertEq(vault.claimFor(anne, COIN, epochs), 5 ether, "half of the tokens, half of the money");
        vm.assertEq(vault.claimFor(anne, COIN, epochs), 0, "once");
    }

    /// Each contract that takes signatures says in ERC-5267 that it is meant by its own address on this chain, in every
    /// model anew; on a fork of the chain it says the fork.
    function test_attack_signatureForAnotherChainContractOrModel() public {
        Model memory second = launchGoverned(governedTerms());
        address[10] memory signedFor = [
            model.token,
            model.governor,
            model.manager,
            model.alliance,
            model.offering,
            second.token,
            second.governor,
            second.manager,
            second.alliance,
            second.offering
        ];
        bytes32 ofFirst = ModelPolicy(model.policy).publicationHash("version", "file", "code");
        bytes32 ofSecond = ModelPolicy(second.policy).publicationHash("version", "file", "code");
        vm.assertFalse(ofFirst == ofSecond, "what validators publish is of one model");
        requireOwnDomains(signedFor);
        vm.chainId(block.chainid + 1);
        requireOwnDomains(signedFor);
        bytes32 ofFork = ModelPolicy(model.policy).publicationHash("version", "file", "code");
        vm.assertFalse(ofFirst == ofFork, "and of one chain");
    }

    function requireOwnDomains(address[10] memory signedFor) private view {
        for (uint256 i = 0; i < signedFor.length; ++i) {
            (bytes1 fields,, string memory version, uint256 chain, address verifier, bytes32 salt,) =
                IERC5267(signedFor[i]).eip712Domain();
            vm.assertEq(uint256(uint8(fields)), 0x0f, "name, version, chain and contract");
            vm.assertEq(version, "1", "version");
            vm.assertEq(chain, block.chainid, "this chain");
            vm.assertEq(verifier, signedFor[i], "itself, not what it is a clone of");
            vm.assertEq(salt, bytes32(0), "no salt");
        }
    }
}
