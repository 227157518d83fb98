// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DeviceRegistry } from "../../src/device/DeviceRegistry.sol";
import { IModelOffering, OfferingTerms } from "../../src/ledger/IModelOffering.sol";
import { Alliance } from "../../src/training/Alliance.sol";
import { ClaimTree } from "../support/ClaimTree.sol";
import { OfferingWorld } from "../support/OfferingWorld.sol";
import { TypedData } from "../support/TypedData.sol";
import { Wallet } from "../support/Wallet.sol";

/// who may buy: members of an alliance, accounts under a root, who signed
contract OfferingAdmissionTest is OfferingWorld {
    uint256 private constant ALICE_KEY = 0xA11CE;
    uint256 private constant DEVICE_KEY = 0xD0;
    bytes32 private constant TERMS = keccak256("terms");

    DeviceRegistry private devices = new DeviceRegistry();
    Alliance private alliance;
    address private device = vm.addr(DEVICE_KEY);

    function setUp() public {
        address[] memory admitted = new address[](1);
        admitted[0] = device;
        alliance = newAlliance(treasury, devices, new address[](0), admitted, keccak256("policy"), TERMS);
    }

    function test_anOwnerOfAnAdmittedDeviceBuys() public {
        foundForMembers();
        claimDevice(alice);
        refusedMember(alice, "she has accepted no terms");
        vm.prank(alice);
        alliance.accept(TERMS);
        refusedMember(alice, "accepted in this very second");
        vm.warp(block.timestamp + 1);
        vm.assertEq(paysWith(alice, 100e6, abi.encode(device)), 100e6, "paid");
        refusedMember(bob, "not his device");
        vm.assertEq(offering.admittedBy(device), alice, "admitted by it");
    }

    function test_aDeviceThatIsBarredAdmitsNobody() public {
        foundForMembers();
        becomeMember(alice);
        address[] memory list = new address[](1);
        list[0] = device;
        vm.prank(treasury);
        alliance.bar(list);
        vm.warp(block.timestamp + 1);
        refusedMember(alice, "barred");
    }

    function test_withdrawnConsentIsNoMembership() public {
        foundForMembers();
        becomeMember(alice);
        vm.prank(alice);
        alliance.withdraw(TERMS, 0);
        vm.warp(block.timestamp + 1);
        refusedMember(alice, "withdrawn");
    }

    function testFuzz_anAccountUnderTheRootPaysUpToItsOwnMost(
        uint256 depth,
        uint256 salt,
        uint128 most,
        uint128 cap,
        uint128 amount
    )
        public
    {
        most = uint128(within(most, 1, 1e30));
        amount = uint128(within(amount, 1, 1e30));
        OfferingTerms memory terms = defaults();
        terms.capPerBuyer = cap;
        bytes32[] memory proof = new bytes32[](within(depth, 0, 20));
        bytes32 node = keccak256(bytes.concat(keccak256(abi.encode(alice, uint256(most)))));
        for (uint256 i = 0; i < proof.length; ++i) {
            proof[i] = keccak256(abi.encode(salt, i));
            node = ClaimTree.pairOf(node, proof[i]);
        }
        terms.allowRoot = node;
        found(terms);
        openNow();
        uint256 bound = cap == 0 || most < cap ? most : cap;
        uint256 expected = amount < bound ? amount : bound;
        vm.assertEq(paysWith(alice, amount, abi.encode(uint256(most), proof)), expected, "paid");
        vm.expectRevert(abi.encodeWithSelector(IModelOffering.ModelOffering_NotAllowed.selector, bob, most));
        offering.buy(bob, 1, abi.encode(uint256(most), proof));
        vm.expectRevert(
            abi.encodeWithSelector(IModelOffering.ModelOffering_NotAllowed.selector, alice, uint256(most) + 1)
        );
        offering.buy(alice, 1, abi.encode(uint256(most) + 1, proof));
    }

    function test_anAdmissionThatSaysNothingIsRefused() public {
        OfferingTerms memory terms = defaults();
        terms.allowRoot = keccak256("root");
        found(terms);
        openNow();
        vm.expectRevert();
        offering.buy(alice, 1, "");
        vm.expectRevert();
        offering.buy(alice, 1, hex"00");
    }

    function test_aBuyerWithoutCoinSignsAndSomebodyElseBringsIt() public {
        found(defaults());
        openNow();
        pay.mint(alice, 50e6);
        bytes memory permit = permitOf(50e6);
        bytes memory signature = purchaseOf(50e6, CLOSES);
        vm.prank(bob);
        offering.buySigned(alice, 50e6, "", CLOSES, signature, permit);
        vm.assertEq(offering.buyerOf(alice).paid, 50e6, "paid");
        vm.assertEq(alice.balance + pay.balanceOf(alice), 0, "out of her tokens");
        vm.expectRevert(abi.encodeWithSelector(IModelOffering.ModelOffering_BadSignature.selector, alice, 1));
        offering.buySigned(alice, 50e6, "", CLOSES, signature, permit);
    }

    function test_aPermitThatWasBroughtBeforeDoesNoHarm() public {
        found(defaults());
        openNow();
        pay.mint(alice, 50e6);
        bytes memory permit = permitOf(50e6);
        (, uint256 deadline, uint8 v, bytes32 r, bytes32 s) =
            abi.decode(permit, (uint256, uint256, uint8, bytes32, bytes32));
        pay.permit(alice, address(offering), 50e6, deadline, v, r, s);
        offering.buySigned(alice, 50e6, "", CLOSES, purchaseOf(50e6, CLOSES), permit);
        vm.assertEq(offering.buyerOf(alice).paid, 50e6, "paid");
    }

    function test_anAllowanceAloneLetsNobodySpendIt() public {
        found(defaults());
        openNow();
        pay.mint(alice, 50e6);
        vm.prank(alice);
        pay.approve(address(offering), 50e6);
        vm.prank(bob);
        vm.expectRevert();
        offering.buy(alice, 50e6, "");
        bytes memory forged = signed(0xB0B, bytes32(uint256(1)));
        vm.expectRevert(abi.encodeWithSelector(IModelOffering.ModelOffering_BadSignature.selector, alice, 0));
        offering.buySigned(alice, 50e6, "", CLOSES, forged, "");
    }

    function test_aLateSignatureAndCoinAreRefused() public {
        found(defaults());
        openNow();
        bytes memory signature = purchaseOf(1, OPENS - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IModelOffering.ModelOffering_Expired.selector, OPENS - 1, uint256(OPENS))
        );
        offering.buySigned(alice, 1, "", OPENS - 1, signature, "");
        found(coinTerms());
        vm.expectRevert(abi.encodeWithSelector(IModelOffering.ModelOffering_CoinNotSigned.selector));
        offering.buySigned(alice, 1, "", CLOSES, signature, "");
    }

    function test_aContractSignsByItsKeeper() public {
        found(defaults());
        openNow();
        Wallet wallet = new Wallet(alice);
        pay.mint(address(wallet), 5);
        vm.prank(address(wallet));
        pay.approve(address(offering), 5);
        bytes memory fields = abi.encode(address(wallet), uint256(5), uint256(0), CLOSES);
        bytes32 digest = TypedData.digestHere(address(offering), TypedData.OFFERING_PURCHASE, fields);
        offering.buySigned(address(wallet), 5, "", CLOSES, signed(ALICE_KEY, digest), "");
        vm.assertEq(offering.buyerOf(address(wallet)).paid, 5, "paid");
    }

    function test_aSignatureForOneOfferingIsNoneForAnother() public {
        found(defaults());
        bytes memory signature = purchaseOf(1, CLOSES);
        found(defaults());
        openNow();
        vm.expectPartialRevert(IModelOffering.ModelOffering_BadSignature.selector);
        offering.buySigned(alice, 1, "", CLOSES, signature, "");
    }

    function foundForMembers() private {
        OfferingTerms memory terms = defaults();
        terms.alliance = alliance;
        found(terms);
        openNow();
    }

    function claimDevice(address owner) private {
        uint32 at = uint32(block.timestamp);
        bytes memory signature = signed(DEVICE_KEY, sha256(abi.encodePacked(owner, at)));
        vm.prank(owner);
        devices.claim(device, at, signature);
    }

    function becomeMember(address owner) private {
        claimDevice(owner);
        vm.prank(owner);
        alliance.accept(TERMS);
        vm.warp(block.timestamp + 1);
    }

    function refusedMember(address buyer, string memory why) private {
        bytes memory admission = abi.encode(device);
        try offering.buy(buyer, 1, admission) {
            vm.assertTrue(false, why);
        } catch (bytes memory reason) {
            bytes memory expected =
                abi.encodeWithSelector(IModelOffering.ModelOffering_NotMember.selector, buyer, device);
            vm.assertEq(keccak256(reason), keccak256(expected), why);
        }
    }

    function purchaseOf(uint256 amount, uint64 deadline) private view returns (bytes memory) {
        bytes memory fields = abi.encode(alice, amount, offering.nonces(alice), deadline);
        return signed(ALICE_KEY, TypedData.digestHere(address(offering), TypedData.OFFERING_PURCHASE, fields));
    }

    function permitOf(uint256 value) private view returns (bytes memory) {
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 structHash = keccak256(
            abi.encode(typeHash, alice, address(offering), value, pay.nonces(alice), uint256(CLOSES))
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", pay.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE_KEY, digest);
        return abi.encode(value, uint256(CLOSES), v, r, s);
    }
}
