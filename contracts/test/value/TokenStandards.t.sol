// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IERC7572 } from "../../src/value/IERC7572.sol";
import { IERC7641, IERC7641AltRevToken } from "../../src/value/IERC7641.sol";
import { ModelToken } from "../../src/value/ModelToken.sol";
import { Base } from "../support/Base.sol";
import { OwnershipSet, Ownerships } from "../support/OwnershipSet.sol";
import {
    ERC20PermitUpgradeable
} from "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/ERC20PermitUpgradeable.sol";
import { IVotes } from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import { IERC5805 } from "@openzeppelin/contracts/interfaces/IERC5805.sol";
import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// What wallets, explorers and governors expect of a token: ERC-20, 2612, 5267, 5805, 6372, 165, 7572, 7641.
contract TokenStandardsTest is Base {
    uint256 private constant HOLDER_KEY = 0xA0;

    OwnershipSet private set;
    ModelToken private token;
    address private holder = vm.addr(HOLDER_KEY);
    address private other = vm.addr(2);

    function setUp() public {
        set = new OwnershipSet(Ownerships.founding(1000e18, address(this)));
        token = set.token();
    }

    // ERC-20

    function test_transfersTellOfThemselvesAndReturnTrue() public {
        vm.expectEmit(address(token));
        emit IERC20.Transfer(address(0), holder, 9);
        token.mint(holder, 9);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(holder, other, 4);
        vm.prank(holder);
        vm.assertTrue(token.transfer(other, 4), "true");
        vm.assertEq(token.balanceOf(other), 4, "to");
        vm.assertEq(token.balanceOf(holder), 5, "from");
        vm.expectEmit(address(token));
        emit IERC20.Transfer(other, other, 0);
        vm.prank(other);
        vm.assertTrue(token.transfer(other, 0), "nothing to oneself");
        vm.expectEmit(address(token));
        emit IERC20.Transfer(holder, address(0), 5);
        vm.prank(holder);
        token.burn(5);
        vm.assertEq(token.totalSupply(), 4, "supply");
    }

    function test_movingToOneselfKeepsBalanceAndWeight() public {
        token.mint(holder, 9);
        vm.warp(NOW + 3 days);
        vm.prank(holder);
        vm.assertTrue(token.transfer(holder, 9), "true");
        vm.assertEq(token.balanceOf(holder), 9, "balance");
        vm.warp(NOW + 7 days);
        vm.assertEq(token.heldSeconds(holder, 0), 9 * 7 days, "weight");
    }

    function test_allowancesAreSpentAndTheHighestIsNot() public {
        token.mint(holder, 9);
        vm.expectEmit(address(token));
        emit IERC20.Approval(holder, address(this), 6);
        vm.prank(holder);
        vm.assertTrue(token.approve(address(this), 6), "approved");
        vm.assertTrue(token.transferFrom(holder, other, 4), "moved");
        vm.assertEq(token.allowance(holder, address(this)), 2, "left");
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(this), 2, 3)
        );
        token.transferFrom(holder, other, 3);
        vm.prank(holder);
        assert(token.approve(address(this), type(uint256).max));
        assert(token.transferFrom(holder, other, 3));
        vm.assertEq(token.allowance(holder, address(this)), type(uint256).max, "not spent");
    }

    function test_theZeroAddressNeitherSendsNorReceivesNorSpends() public {
        token.mint(holder, 1);
        vm.startPrank(holder);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        token.transfer(address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidSpender.selector, address(0)));
        token.approve(address(0), 1);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        token.mint(address(0), 1);
    }

    // ERC-2612, ERC-5267

    function test_theDomainIsTheTokensOwn() public view {
        (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chain,
            address verifier,
            bytes32 salt,
            uint256[] memory extensions
        ) = token.eip712Domain();
        vm.assertEq(uint256(uint8(fields)), 0x0f, "fields");
        vm.assertEq(name, "Andel Test", "name");
        vm.assertEq(version, "1", "version");
        vm.assertEq(chain, block.chainid, "chain");
        vm.assertEq(verifier, address(token), "verifier");
        vm.assertEq(salt, bytes32(0), "salt");
        vm.assertEq(extensions.length, 0, "extensions");
        bytes32 separator = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Andel Test"),
                keccak256("1"),
                block.chainid,
                address(token)
            )
        );
        vm.assertEq(token.DOMAIN_SEPARATOR(), separator, "separator");
    }

    function test_aPermitLetsASpenderSpendOnce() public {
        token.mint(holder, 4);
        (uint8 v, bytes32 r, bytes32 s) = permit(HOLDER_KEY, other, 4, 0, NOW);
        token.permit(holder, other, 4, NOW, v, r, s);
        vm.prank(other);
        assert(token.transferFrom(holder, other, 4));
        vm.assertEq(token.balanceOf(other), 4, "balance");
        vm.assertEq(token.nonces(holder), 1, "nonce");
        vm.expectPartialRevert(ERC20PermitUpgradeable.ERC2612InvalidSigner.selector);
        token.permit(holder, other, 4, NOW, v, r, s);
    }

    function test_aPermitThatIsLateOrAnothersIsRefused() public {
        (uint8 v, bytes32 r, bytes32 s) = permit(HOLDER_KEY, other, 4, 0, NOW - 1);
        vm.expectRevert(
            abi.encodeWithSelector(ERC20PermitUpgradeable.ERC2612ExpiredSignature.selector, NOW - 1)
        );
        token.permit(holder, other, 4, NOW - 1, v, r, s);
        (v, r, s) = permit(0xBAD, other, 4, 0, NOW);
        vm.expectRevert(
            abi.encodeWithSelector(
                ERC20PermitUpgradeable.ERC2612InvalidSigner.selector, vm.addr(0xBAD), holder
            )
        );
        token.permit(holder, other, 4, NOW, v, r, s);
        // The same words for another model's token.
        ModelToken twin = Ownerships.token(1000e18, address(this));
        (v, r, s) = permit(HOLDER_KEY, other, 4, 0, NOW);
        vm.expectPartialRevert(ERC20PermitUpgradeable.ERC2612InvalidSigner.selector);
        twin.permit(holder, other, 4, NOW, v, r, s);
    }

    // ERC-5805, ERC-6372

    function test_votesUseTheClockInSeconds() public {
        vm.assertEq(token.clock(), NOW, "clock");
        vm.assertEq(token.CLOCK_MODE(), "mode=timestamp", "mode");
        token.mint(holder, 7);
        vm.assertEq(token.getVotes(holder), 0, "not delegated");
        vm.expectEmit(address(token));
        emit IVotes.DelegateChanged(holder, address(0), holder);
        vm.expectEmit(address(token));
        emit IVotes.DelegateVotesChanged(holder, 0, 7);
        vm.prank(holder);
        token.delegate(holder);
        vm.warp(NOW + 10);
        vm.prank(holder);
        assert(token.transfer(other, 3));
        vm.warp(NOW + 20);
        vm.assertEq(token.getVotes(holder), 4, "votes");
        vm.assertEq(token.getPastVotes(holder, NOW + 5), 7, "past votes");
        vm.assertEq(token.getPastTotalSupply(NOW + 5), 7, "past supply");
        vm.expectPartialRevert(bytes4(keccak256("ERC5805FutureLookup(uint256,uint48)")));
        token.getPastVotes(holder, NOW + 20);
    }

    function test_aDelegationIsSignedOnceAndInTime() public {
        token.mint(holder, 7);
        bytes32 kind = keccak256("Delegation(address delegatee,uint256 nonce,uint256 expiry)");
        bytes32 digest = typed(keccak256(abi.encode(kind, other, 0, NOW)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(HOLDER_KEY, digest);
        token.delegateBySig(other, 0, NOW, v, r, s);
        vm.assertEq(token.delegates(holder), other, "delegate");
        vm.assertEq(token.getVotes(other), 7, "votes");
        vm.assertEq(token.nonces(holder), 1, "one counter with permits");
        vm.expectPartialRevert(bytes4(keccak256("InvalidAccountNonce(address,uint256)")));
        token.delegateBySig(other, 0, NOW, v, r, s);
        vm.warp(NOW + 1);
        vm.expectRevert(abi.encodeWithSelector(IVotes.VotesExpiredSignature.selector, NOW));
        token.delegateBySig(other, 0, NOW, v, r, s);
    }

    // ERC-165

    function test_itSaysWhatItAnswers() public view {
        bytes4[11] memory ids = [
            bytes4(0x01ffc9a7), // ERC-165
            0x36372b07, // ERC-20
            0xa219a025, // its name, symbol, decimals
            0x9d8ff7da, // ERC-2612
            0x84b0196e, // ERC-5267
            0xe90fb3f6, // votes
            0xda287a1d, // ERC-6372
            0xe8a3d485, // ERC-7572
            type(IERC7641).interfaceId,
            type(IERC7641AltRevToken).interfaceId,
            type(IERC7572).interfaceId
        ];
        for (uint256 i = 0; i < ids.length; ++i) {
            vm.assertTrue(token.supportsInterface(ids[i]), vm.toString(uint256(uint32(ids[i]))));
        }
        vm.assertFalse(token.supportsInterface(0xffffffff), "never");
    }

    function test_theFunctionsAreThoseOfTheStandards() public view {
        require(token.permit.selector == 0xd505accf, "permit");
        require(token.delegateBySig.selector == 0xc3cda520, "delegateBySig");
        require(token.getPastVotes.selector == 0x3a46b1a8, "getPastVotes");
        require(token.clock.selector == 0x91ddadf4, "clock");
        require(token.CLOCK_MODE.selector == 0x4bf5d7e9, "CLOCK_MODE");
        require(token.contractURI.selector == 0xe8a3d485, "contractURI");
        require(IERC7641.claim.selector == bytes4(keccak256("claim(uint256)")), "claim");
        require(IERC7641.snapshot.selector == bytes4(keccak256("snapshot()")), "snapshot");
        require(IERC7641.burn.selector == bytes4(keccak256("burn(uint256)")), "burn");
        require(
            IERC7641.claimableRevenue.selector == bytes4(keccak256("claimableRevenue(address,uint256)")),
            "claimableRevenue"
        );
        require(
            IERC7641.redeemableOnBurn.selector == bytes4(keccak256("redeemableOnBurn(uint256)")),
            "redeemableOnBurn"
        );
        require(type(IERC5805).interfaceId == bytes4(0), "no functions of its own");
    }

    // ERC-7641

    function test_revenueIsClaimedThroughTheToken() public {
        token.mint(holder, 3);
        token.mint(other, 1);
        uint256 epoch = token.snapshot();
        pay(8 ether);
        vm.assertEq(token.claimableRevenue(holder, epoch), 0, "the epoch is not over");
        vm.warp(NOW + 7 days);
        vm.assertEq(token.claimableRevenue(holder, epoch), 6 ether, "three quarters");
        vm.assertEq(token.claimableERC20(holder, epoch, address(0)), 6 ether, "the coin is the zero address");
        vm.prank(holder);
        token.claim(epoch);
        vm.assertEq(holder.balance, 6 ether, "paid");
        vm.assertEq(token.claimableRevenue(holder, epoch), 0, "nothing left");
        vm.prank(holder);
        token.claim(epoch);
        vm.assertEq(holder.balance, 6 ether, "once");
    }

    function pay(uint256 amount) private {
        vm.deal(address(this), amount);
        (bool done,) = address(set.vault()).call{ value: amount }("");
        assert(done);
    }

    function permit(
        uint256 key,
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
        return vm.sign(key, typed(keccak256(abi.encode(kind, holder, spender, amount, nonce, deadline))));
    }

    function typed(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash));
    }
}
