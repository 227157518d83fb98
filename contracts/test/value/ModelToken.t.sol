// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { FoundedOnce } from "../../src/ledger/FoundedOnce.sol";
import { IModelToken } from "../../src/value/IModelToken.sol";
import { ModelToken } from "../../src/value/ModelToken.sol";
import { Clone } from "../support/Clone.sol";
import { Initializable } from "@openzeppelin/contracts/proxy/utils/Initializable.sol";

/// initialize: the factory only, once; never the implementation
/// mint: the minter only, never beyond the cap, burnt tokens make no room
/// votes: seconds, past balances; permit: as ERC-2612
contract ModelTokenTest is Clone {
    uint256 private constant CAP = 1000e18;
    uint256 private constant HOLDER_KEY = 0xA0;

    ModelToken private token = newToken(CAP, address(this));
    address private holder = vm.addr(HOLDER_KEY);
    address private other = vm.addr(2);

    function test_onlyTheFactoryInitialisesAndOnce() public {
        ModelToken implementation = new ModelToken(other);
        vm.expectRevert(
            abi.encodeWithSelector(FoundedOnce.FoundedOnce_NotFactory.selector, address(this), other)
        );
        implementation.initialize("A", "A", "");
        vm.expectRevert(abi.encodeWithSelector(Initializable.InvalidInitialization.selector));
        vm.prank(other);
        implementation.initialize("A", "A", "");
        vm.expectRevert(abi.encodeWithSelector(Initializable.InvalidInitialization.selector));
        token.initialize("A", "A", "");
        vm.assertEq(token.name(), "Andel Test", "name");
        vm.assertEq(token.symbol(), "AT", "symbol");
    }

    function test_onlyTheMinterMints() public {
        vm.prank(holder);
        vm.expectRevert(
            abi.encodeWithSelector(IModelToken.ModelToken_NotMinter.selector, holder, address(this))
        );
        token.mint(holder, 1);
        token.mint(holder, 5);
        vm.assertEq(token.balanceOf(holder), 5, "balance");
        vm.assertEq(token.totalEverMinted(), 5, "ever minted");
    }

    function testFuzz_capCountsWhatWasEverMinted(uint256 first, uint256 burnt, uint256 second) public {
        first = within(first, 0, CAP);
        burnt = within(burnt, 0, first);
        token.mint(holder, first);
        vm.prank(holder);
        token.burn(burnt);
        vm.assertEq(token.totalSupply(), first - burnt, "supply");
        vm.assertEq(token.totalEverMinted(), first, "ever minted");
        second = within(second, CAP - first + 1, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IModelToken.ModelToken_OverCap.selector, second, CAP - first));
        token.mint(holder, second);
        token.mint(holder, CAP - first);
        vm.assertEq(token.totalEverMinted(), CAP, "ever minted, full");
    }

    function test_votesUseTheClockInSeconds() public {
        vm.assertEq(token.clock(), NOW, "clock");
        vm.assertEq(token.CLOCK_MODE(), "mode=timestamp", "mode");
        vm.prank(holder);
        token.delegate(holder);
        token.mint(holder, 7);
        vm.warp(NOW + 10);
        vm.prank(holder);
        assert(token.transfer(other, 3));
        vm.warp(NOW + 20);
        vm.assertEq(token.getVotes(holder), 4, "votes");
        vm.assertEq(token.getPastVotes(holder, NOW + 5), 7, "past votes");
        vm.assertEq(token.getPastTotalSupply(NOW + 5), 7, "past supply");
    }

    function test_permitLetsASpenderSpend() public {
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 structHash = keccak256(abi.encode(typeHash, holder, other, 4, token.nonces(holder), NOW));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(HOLDER_KEY, digest);
        token.mint(holder, 4);
        token.permit(holder, other, 4, NOW, v, r, s);
        vm.prank(other);
        assert(token.transferFrom(holder, other, 4));
        vm.assertEq(token.balanceOf(other), 4, "balance");
        vm.assertEq(token.nonces(holder), 1, "nonce");
    }
}
