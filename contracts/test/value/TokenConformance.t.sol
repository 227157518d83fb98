// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { ModelToken } from "../../src/value/ModelToken.sol";
import { Base } from "../support/Base.sol";
import { Ownerships } from "../support/OwnershipSet.sol";
import {
    ERC20PermitUpgradeable
} from "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/ERC20PermitUpgradeable.sol";
import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// The sentences of ERC-20, ERC-2612, ERC-5805 and ERC-6372 that a token can break, each as a test; which functions
/// there are, and the usual way through each, is TokenStandards.t.sol's.
contract TokenConformanceTest is Base {
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    uint256 private constant HOLDER_KEY = 0xA0;
    bytes4 private constant FUTURE = bytes4(keccak256("ERC5805FutureLookup(uint256,uint48)"));
    bytes4 private constant BAD_NONCE = bytes4(keccak256("InvalidAccountNonce(address,uint256)"));

    ModelToken private token;
    address private holder = vm.addr(HOLDER_KEY);
    address private other = vm.addr(2);
    address private third = vm.addr(3);

    function setUp() public {
        token = Ownerships.token(1000e18, address(this));
        token.mint(holder, 100);
    }

    // ERC-20

    function test_erc20_nothingMovesLikeAnyOtherAmount() public {
        vm.expectEmit(address(token));
        emit IERC20.Transfer(holder, other, 0);
        vm.prank(third);
        vm.assertTrue(token.transferFrom(holder, other, 0), "needs no allowance");
        vm.expectEmit(address(token));
        emit IERC20.Transfer(third, other, 0);
        vm.prank(third);
        vm.assertTrue(token.transfer(other, 0), "needs no balance");
        vm.assertEq(token.balanceOf(other), 0, "nothing came");
    }

    function test_erc20_moreThanTheBalanceMovesNothing() public {
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, holder, 100, 101)
        );
        vm.prank(holder);
        token.transfer(other, 101);
        vm.assertEq(token.balanceOf(holder), 100, "all");
    }

    function test_erc20_ownTokensNeedAnAllowanceInTransferFrom() public {
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, holder, 0, 1)
        );
        vm.prank(holder);
        token.transferFrom(holder, other, 1);
    }

    function test_erc20_anAllowanceIsReplacedNotAddedTo() public {
        vm.startPrank(holder);
        assert(token.approve(other, 60));
        assert(token.approve(other, 20));
        vm.assertEq(token.allowance(holder, other), 20, "the last");
        assert(token.approve(other, 0));
        vm.stopPrank();
        vm.assertEq(token.allowance(holder, other), 0, "taken back");
        vm.assertEq(token.allowance(other, holder), 0, "one way");
    }

    function test_erc20_anAllowanceMayExceedTheBalance() public {
        vm.prank(holder);
        assert(token.approve(other, 200));
        vm.expectPartialRevert(IERC20Errors.ERC20InsufficientBalance.selector);
        vm.prank(other);
        token.transferFrom(holder, other, 150);
        vm.assertEq(token.allowance(holder, other), 200, "a refused transfer spends nothing");
    }

    function test_erc20_namesAndDecimals() public view {
        vm.assertEq(token.name(), "Andel Test", "name");
        vm.assertEq(token.symbol(), "AT", "symbol");
        vm.assertEq(uint256(token.decimals()), 18, "decimals");
    }

    function testFuzz_erc20_balancesAddUpAndVotesWithThem(uint256 seed) public {
        address[3] memory accounts = [holder, other, third];
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(accounts[i]);
            token.delegate(accounts[(i + seed % 3) % 3]);
        }
        for (uint256 i = 0; i < 16; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            vm.warp(block.timestamp + seed % 3);
            address from = accounts[(seed >> 8) % 3];
            uint256 amount = within(seed >> 16, 0, token.balanceOf(from));
            vm.prank(from);
            if (seed % 5 == 0) token.burn(amount);
            else assert(token.transfer(accounts[(seed >> 200) % 3], amount));
            uint256 votes = token.getVotes(holder) + token.getVotes(other) + token.getVotes(third);
            uint256 balances = token.balanceOf(holder) + token.balanceOf(other) + token.balanceOf(third);
            vm.assertEq(balances, token.totalSupply(), "balances");
            vm.assertEq(votes, token.totalSupply(), "votes, as all are delegated");
        }
    }

    // ERC-2612

    function test_erc2612_aPermitSetsTheAllowanceAndSaysSo() public {
        vm.prank(holder);
        assert(token.approve(other, 70));
        (uint8 v, bytes32 r, bytes32 s) = permit(other, 4, 0, NOW);
        vm.expectEmit(address(token));
        emit IERC20.Approval(holder, other, 4);
        // by anybody
        vm.prank(third);
        token.permit(holder, other, 4, NOW, v, r, s);
        vm.assertEq(token.allowance(holder, other), 4, "not added to");
        (v, r, s) = permit(other, 0, 1, NOW);
        token.permit(holder, other, 0, NOW, v, r, s);
        vm.assertEq(token.allowance(holder, other), 0, "taken back");
        vm.assertEq(token.balanceOf(holder), 100, "nothing moved");
    }

    function test_erc2612_theDeadlineIsTheLastSecond() public {
        (uint8 v, bytes32 r, bytes32 s) = permit(other, 4, 0, NOW + 10);
        vm.warp(NOW + 11);
        vm.expectRevert(
            abi.encodeWithSelector(ERC20PermitUpgradeable.ERC2612ExpiredSignature.selector, NOW + 10)
        );
        token.permit(holder, other, 4, NOW + 10, v, r, s);
        vm.warp(NOW + 10);
        token.permit(holder, other, 4, NOW + 10, v, r, s);
        (v, r, s) = permit(other, 5, 1, type(uint256).max);
        token.permit(holder, other, 5, type(uint256).max, v, r, s);
        vm.assertEq(token.allowance(holder, other), 5, "never late");
    }

    function test_erc2612_everyWordIsSigned() public {
        (uint8 v, bytes32 r, bytes32 s) = permit(other, 4, 0, NOW);
        bytes4 refusal = ERC20PermitUpgradeable.ERC2612InvalidSigner.selector;
        vm.expectPartialRevert(refusal);
        token.permit(holder, third, 4, NOW, v, r, s);
        vm.expectPartialRevert(refusal);
        token.permit(holder, other, 5, NOW, v, r, s);
        vm.expectPartialRevert(refusal);
        token.permit(holder, other, 4, NOW + 1, v, r, s);
        vm.expectPartialRevert(refusal);
        token.permit(other, other, 4, NOW, v, r, s);
        // a nonce ahead
        (v, r, s) = permit(other, 4, 1, NOW);
        vm.expectPartialRevert(refusal);
        token.permit(holder, other, 4, NOW, v, r, s);
        vm.assertEq(token.nonces(holder), 0, "none was used up");
    }

    function test_erc2612_theOtherFormOfASignatureIsNone() public {
        (uint8 v, bytes32 r, bytes32 s) = permit(other, 4, 0, NOW);
        bytes32 high = bytes32(ORDER - uint256(s));
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, high));
        token.permit(holder, other, 4, NOW, v ^ 7, r, high);
        vm.expectPartialRevert(ECDSA.ECDSAInvalidSignature.selector);
        token.permit(holder, other, 4, NOW, 0, r, s);
    }

    function test_erc2612_nobodySignsForTheZeroAddress() public {
        vm.expectPartialRevert(ECDSA.ECDSAInvalidSignature.selector);
        token.permit(address(0), other, 4, NOW, 27, bytes32(0), bytes32(0));
        vm.assertEq(token.allowance(address(0), other), 0, "none");
    }

    function test_erc2612_aForkOfTheChainTakesNoPermitOfTheOther() public {
        (uint8 v, bytes32 r, bytes32 s) = permit(other, 4, 0, NOW);
        bytes32 before = token.DOMAIN_SEPARATOR();
        vm.chainId(block.chainid + 1);
        vm.assertFalse(token.DOMAIN_SEPARATOR() == before, "another domain");
        vm.expectPartialRevert(ERC20PermitUpgradeable.ERC2612InvalidSigner.selector);
        token.permit(holder, other, 4, NOW, v, r, s);
    }

    // ERC-5805

    function test_erc5805_aCheckpointHoldsFromItsSecondOn() public {
        vm.warp(NOW + 10);
        vm.prank(holder);
        token.delegate(other);
        vm.expectRevert(abi.encodeWithSelector(FUTURE, NOW + 10, uint48(NOW + 10)));
        token.getPastVotes(other, NOW + 10);
        vm.expectRevert(abi.encodeWithSelector(FUTURE, NOW + 11, uint48(NOW + 10)));
        token.getPastTotalSupply(NOW + 11);
        vm.warp(NOW + 20);
        vm.prank(holder);
        token.burn(40);
        vm.warp(NOW + 21);
        vm.assertEq(token.getPastVotes(other, 0), 0, "before anything");
        vm.assertEq(token.getPastVotes(other, NOW + 9), 0, "the second before");
        vm.assertEq(token.getPastVotes(other, NOW + 10), 100, "that second");
        vm.assertEq(token.getPastVotes(other, NOW + 19), 100, "until the next");
        vm.assertEq(token.getPastVotes(other, NOW + 20), 60, "the next");
        vm.assertEq(token.getPastTotalSupply(NOW - 1), 0, "no supply yet");
        vm.assertEq(token.getPastTotalSupply(NOW), 100, "minted");
        vm.assertEq(token.getPastTotalSupply(NOW + 20), 60, "burnt");
    }

    function test_erc5805_ofOneSecondTheEndCounts() public {
        vm.startPrank(holder);
        token.delegate(other);
        token.delegate(third);
        token.delegate(other);
        assert(token.transfer(third, 30));
        vm.stopPrank();
        vm.warp(NOW + 1);
        vm.assertEq(token.getPastVotes(other, NOW), 70, "other");
        vm.assertEq(token.getPastVotes(third, NOW), 0, "what is not delegated has no votes");
    }

    function test_erc5805_delegatingMovesAllAndKeepsTokens() public {
        vm.startPrank(holder);
        token.delegate(other);
        token.delegate(third);
        vm.assertEq(token.getVotes(other), 0, "left");
        vm.assertEq(token.getVotes(third), 100, "came");
        assert(token.transfer(holder, 50));
        vm.assertEq(token.getVotes(third), 100, "a move to oneself moves none");
        token.delegate(address(0));
        vm.stopPrank();
        vm.assertEq(token.getVotes(third), 0, "taken back");
        vm.assertEq(token.getVotes(address(0)), 0, "nobody's");
        vm.assertEq(token.balanceOf(holder), 100, "tokens");
        vm.assertEq(token.delegates(holder), address(0), "nobody");
    }

    function test_erc5805_votesAreNotPassedOn() public {
        vm.prank(holder);
        token.delegate(other);
        vm.prank(other);
        token.delegate(third);
        vm.assertEq(token.getVotes(other), 100, "others' tokens");
        vm.assertEq(token.getVotes(third), 0, "one's own only");
    }

    function test_erc5805_aSignedDelegationBindsDelegateNonceAndExpiry() public {
        (uint8 v, bytes32 r, bytes32 s) = delegation(other, 0, NOW + 10);
        // Other words have another signer, who holds nothing and whose nonce this is.
        token.delegateBySig(third, 0, NOW + 10, v, r, s);
        token.delegateBySig(other, 0, NOW + 9, v, r, s);
        vm.assertEq(token.delegates(holder), address(0), "not the holder's");
        vm.assertEq(token.getVotes(third) + token.getVotes(other), 0, "no votes");
        vm.assertEq(token.nonces(holder), 0, "nor its nonce");
        vm.warp(NOW + 10);
        token.delegateBySig(other, 0, NOW + 10, v, r, s);
        vm.assertEq(token.getVotes(other), 100, "in its last second");
        vm.expectRevert(abi.encodeWithSelector(BAD_NONCE, holder, 1));
        token.delegateBySig(other, 0, NOW + 10, v, r, s);
        (v, r, s) = delegation(third, 2, NOW + 10);
        vm.expectRevert(abi.encodeWithSelector(BAD_NONCE, holder, 1));
        token.delegateBySig(third, 2, NOW + 10, v, r, s);
    }

    function test_erc5805_theOtherFormOfASignatureIsNone() public {
        (uint8 v, bytes32 r, bytes32 s) = delegation(other, 0, NOW);
        bytes32 high = bytes32(ORDER - uint256(s));
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, high));
        token.delegateBySig(other, 0, NOW, v ^ 7, r, high);
    }

    function test_erc5805_aPermitUsesUpADelegationsNonce() public {
        (uint8 dv, bytes32 dr, bytes32 ds) = delegation(other, 0, NOW);
        (uint8 v, bytes32 r, bytes32 s) = permit(other, 1, 0, NOW);
        token.permit(holder, other, 1, NOW, v, r, s);
        vm.expectRevert(abi.encodeWithSelector(BAD_NONCE, holder, 1));
        token.delegateBySig(other, 0, NOW, dv, dr, ds);
    }

    // ERC-6372

    function testFuzz_erc6372_theClockIsTheBlocksTime(uint48 ahead) public {
        vm.warp(NOW + within(ahead, 0, 100 * 365 days));
        vm.assertEq(uint256(token.clock()), block.timestamp, "seconds");
        vm.assertEq(token.CLOCK_MODE(), "mode=timestamp", "and says so");
    }

    function permit(
        address spender,
        uint256 amount,
        uint256 nonce,
        uint256 deadline
    )
        private
        view
        returns (uint8, bytes32, bytes32)
    {
        bytes32 kind =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        return typed(keccak256(abi.encode(kind, holder, spender, amount, nonce, deadline)));
    }

    function delegation(
        address to,
        uint256 nonce,
        uint256 expiry
    )
        private
        view
        returns (uint8, bytes32, bytes32)
    {
        bytes32 kind = keccak256("Delegation(address delegatee,uint256 nonce,uint256 expiry)");
        return typed(keccak256(abi.encode(kind, to, nonce, expiry)));
    }

    function typed(bytes32 structHash) private view returns (uint8, bytes32, bytes32) {
        return
            vm.sign(HOLDER_KEY, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash)));
    }
}
