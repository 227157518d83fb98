// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Launch } from "../../src/ledger/LaunchTypes.sol";
import { IAlliance } from "../../src/training/IAlliance.sol";
import { TypedData } from "../support/TypedData.sol";
import { Wallet } from "../support/Wallet.sol";
import { World } from "../support/World.sol";

/// isAdmitted: by a trusted lister or by address, unless barred or revoked; a change never moves the past
/// hasAccepted: from the second after an acceptance up to a withdrawal's time; per terms
/// rulesAt, listersAt: as they stood before that second
/// owner's calls: only the owner; bounds; accept, withdraw: each for itself, or with its signature and nonce
contract AllianceTest is World {
    uint256 private constant OWNER_KEY = 0xA0;
    bytes32 private constant OTHER_TERMS = keccak256("other terms");

    address private device = vm.addr(0xD0);
    address private lister = vm.addr(0x71);
    address private owner = vm.addr(OWNER_KEY);

    constructor() {
        deployModel();
    }

    function test_foundingSetsRulesForEver() public view {
        (bytes32 policy, bytes32 terms) = alliance.rulesAt(0);
        vm.assertEq(policy, POLICY, "policy");
        vm.assertEq(terms, TERMS, "terms");
        vm.assertEq(alliance.owner(), founder, "owner");
        vm.assertEq(address(alliance.deviceRegistry()), address(devices), "registry");
        vm.assertEq(alliance.listersAt(NOW + 1)[0], founder, "lister");
        vm.assertEq(alliance.listersAt(1).length, 0, "not before it was there");
    }

    function test_zeroHashesAndAddressesRevert() public {
        Launch memory terms = launchTerms();
        terms.alliance.policyHash = 0;
        expectEmpty(terms);
        terms = launchTerms();
        terms.alliance.termsHash = 0;
        expectEmpty(terms);
        terms = launchTerms();
        terms.alliance.listers = one(address(0));
        expectEmpty(terms);
        terms = launchTerms();
        terms.alliance.devices = one(address(0));
        expectEmpty(terms);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.Alliance_Empty.selector));
        alliance.accept(0);
    }

    function expectEmpty(Launch memory terms) private {
        vm.expectRevert(abi.encodeWithSelector(IAlliance.Alliance_Empty.selector));
        factory.launch(terms);
    }

    function test_listedDevicesAreAdmittedWhileListedAndTrusted() public {
        listAs(lister);
        asOwner();
        alliance.trust(one(lister));
        vm.assertFalse(alliance.isAdmitted(device, NOW), "in the same second");
        vm.assertTrue(alliance.isAdmitted(device, NOW + 1), "from the next");
        vm.warp(NOW + 100);
        vm.prank(lister);
        devices.stop(one(device));
        vm.warp(NOW + 200);
        vm.assertTrue(alliance.isAdmitted(device, NOW + 100), "up to the stop");
        vm.assertFalse(alliance.isAdmitted(device, NOW + 101), "after it");
    }

    function test_aDroppedListerAdmitsNoLongerAndNoEarlierRoundChanges() public {
        listAs(lister);
        asOwner();
        alliance.trust(one(lister));
        vm.warp(NOW + 100);
        asOwner();
        alliance.drop(one(lister));
        vm.warp(NOW + 200);
        asOwner();
        alliance.trust(one(lister));
        vm.warp(NOW + 300);
        vm.assertTrue(alliance.isAdmitted(device, NOW + 100), "before");
        vm.assertFalse(alliance.isAdmitted(device, NOW + 101), "meanwhile");
        vm.assertFalse(alliance.isAdmitted(device, NOW + 200), "still");
        vm.assertTrue(alliance.isAdmitted(device, NOW + 201), "again");
        vm.assertEq(alliance.listersAt(NOW + 150).length, 1, "the founder only");
        vm.assertEq(alliance.listersAt(NOW + 250).length, 2, "both");
        vm.assertEq(alliance.listersAt(NOW + 250)[1], lister, "in the order of first trust");
    }

    function test_aDeviceAdmittedByAddressNeedsNoLister() public {
        asOwner();
        alliance.admit(one(device));
        vm.warp(NOW + 10);
        vm.assertTrue(alliance.isAdmitted(device, NOW + 1), "admitted");
        asOwner();
        alliance.dismiss(one(device));
        vm.assertTrue(alliance.isAdmitted(device, NOW + 10), "up to then");
        vm.assertFalse(alliance.isAdmitted(device, NOW + 11), "dismissed");
    }

    function test_aBarredDeviceStaysOutWhoeverListsIt() public {
        listAs(founder);
        asOwner();
        alliance.admit(one(device));
        vm.warp(NOW + 10);
        asOwner();
        alliance.bar(one(device));
        vm.warp(NOW + 20);
        vm.assertTrue(alliance.isAdmitted(device, NOW + 10), "before");
        vm.assertFalse(alliance.isAdmitted(device, NOW + 11), "barred");
        asOwner();
        alliance.unbar(one(device));
        vm.assertFalse(alliance.isAdmitted(device, NOW + 20), "until then");
        vm.assertTrue(alliance.isAdmitted(device, NOW + 21), "again");
    }

    function test_aRevokedDeviceIsOutFromTheNextSecond() public {
        asOwner();
        alliance.admit(one(device));
        bytes memory signature = signed(0xD0, sha256(abi.encodePacked(owner, uint32(NOW))));
        vm.prank(owner);
        devices.claim(device, uint32(NOW), signature);
        vm.warp(NOW + 50);
        vm.prank(owner);
        devices.revoke(device);
        vm.assertTrue(alliance.isAdmitted(device, NOW + 50), "before");
        vm.assertFalse(alliance.isAdmitted(device, NOW + 51), "after");
    }

    function test_theSharedKeyOf2020IsNotAdmitted() public {
        address known = 0xE540678F0B995BF3B287E47f84f84aeA44CFEb31;
        asOwner();
        vm.expectRevert(abi.encodeWithSelector(IAlliance.Alliance_KnownKey.selector, known));
        alliance.admit(one(known));
    }

    function test_newRulesCountForLaterRounds() public {
        vm.warp(NOW + 10);
        asOwner();
        vm.expectEmit(address(alliance));
        emit IAlliance.RulesSet(keccak256("p2"), OTHER_TERMS);
        alliance.setRules(keccak256("p2"), OTHER_TERMS);
        vm.warp(NOW + 20);
        asOwner();
        alliance.setRules(keccak256("p3"), TERMS);
        (bytes32 policy, bytes32 terms) = alliance.rulesAt(NOW + 10);
        vm.assertEq(policy, POLICY, "first policy");
        (policy, terms) = alliance.rulesAt(NOW + 11);
        vm.assertEq(policy, keccak256("p2"), "second policy");
        vm.assertEq(terms, OTHER_TERMS, "second terms");
        (policy, terms) = alliance.rulesAt(NOW + 21);
        vm.assertEq(policy, keccak256("p3"), "third policy");
        vm.assertEq(terms, TERMS, "third terms");
    }

    function test_endingWhatIsNotInForceReverts() public {
        bytes memory refusal = abi.encodeWithSelector(IAlliance.Alliance_NotInForce.selector, device);
        vm.startPrank(founder);
        vm.expectRevert(refusal);
        alliance.drop(one(device));
        vm.expectRevert(refusal);
        alliance.dismiss(one(device));
        vm.expectRevert(refusal);
        alliance.unbar(one(device));
        vm.stopPrank();
    }

    function test_listersAreBounded() public {
        address[] memory many = new address[](63);
        for (uint160 i = 0; i < 63; ++i) {
            many[i] = address(i + 1000);
        }
        vm.startPrank(founder);
        alliance.trust(many);
        alliance.drop(many);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.Alliance_TooManyListers.selector, 65));
        alliance.trust(one(lister));
        alliance.trust(one(many[5]));
        vm.stopPrank();
    }

    function test_onlyTheOwnerChangesTheRules() public {
        bytes4 unauthorised = bytes4(keccak256("OwnableUnauthorizedAccount(address)"));
        bytes[7] memory calls = [
            abi.encodeCall(IAlliance.trust, one(device)),
            abi.encodeCall(IAlliance.drop, one(device)),
            abi.encodeCall(IAlliance.admit, one(device)),
            abi.encodeCall(IAlliance.dismiss, one(device)),
            abi.encodeCall(IAlliance.bar, one(device)),
            abi.encodeCall(IAlliance.unbar, one(device)),
            abi.encodeCall(IAlliance.setRules, (POLICY, TERMS))
        ];
        for (uint256 i = 0; i < 7; ++i) {
            vm.prank(owner);
            (bool success, bytes memory answer) = address(alliance).call(calls[i]);
            vm.assertFalse(success, "a stranger");
            vm.assertEq(bytes32(bytes4(answer)), bytes32(unauthorised), "because of the owner");
        }
        vm.prank(founder);
        alliance.transferOwnership(lister);
        vm.assertEq(alliance.owner(), founder, "still");
        vm.prank(lister);
        alliance.acceptOwnership();
        vm.assertEq(alliance.owner(), lister, "in two steps");
    }

    function asOwner() private {
        vm.prank(founder);
    }

    function listAs(address who) private {
        vm.prank(who);
        devices.list(one(device));
    }
}

contract ConsentTest is World {
    uint256 private constant OWNER_KEY = 0xA0;
    bytes32 private constant OTHER_TERMS = keccak256("other terms");

    address private owner = vm.addr(OWNER_KEY);

    constructor() {
        deployModel();
    }

    function test_consentHoldsFromAcceptanceToWithdrawal() public {
        vm.expectEmit(address(alliance));
        emit IAlliance.TermsAccepted(owner, TERMS);
        vm.prank(owner);
        alliance.accept(TERMS);
        vm.assertFalse(accepted(NOW), "in the same second");
        vm.assertTrue(accepted(NOW + 1), "from the next");
        vm.assertFalse(alliance.hasAccepted(owner, OTHER_TERMS, NOW + 1), "other terms");
        vm.assertFalse(alliance.hasAccepted(founder, TERMS, NOW + 1), "another owner");
        vm.warp(NOW + 100);
        vm.expectEmit(address(alliance));
        emit IAlliance.TermsWithdrawn(owner, TERMS, NOW + 100);
        vm.prank(owner);
        alliance.withdraw(TERMS, 0);
        vm.assertTrue(accepted(NOW + 100), "never for the past");
        vm.assertFalse(accepted(NOW + 101), "withdrawn");
    }

    function test_consentToSeveralTermsStandsSideBySide() public {
        vm.startPrank(owner);
        alliance.accept(TERMS);
        alliance.accept(OTHER_TERMS);
        alliance.withdraw(TERMS, 0);
        vm.stopPrank();
        vm.assertFalse(accepted(NOW + 1), "withdrawn");
        vm.assertTrue(alliance.hasAccepted(owner, OTHER_TERMS, NOW + 1), "kept");
    }

    function test_withdrawalFromALaterTimeCanBeMovedAndTakenBack() public {
        vm.startPrank(owner);
        alliance.accept(TERMS);
        alliance.withdraw(TERMS, NOW + 1000);
        vm.assertTrue(accepted(NOW + 1000), "until then");
        vm.assertFalse(accepted(NOW + 1001), "after");
        vm.warp(NOW + 10);
        alliance.withdraw(TERMS, NOW + 20);
        vm.assertFalse(accepted(NOW + 21), "earlier");
        alliance.accept(TERMS);
        vm.assertTrue(accepted(NOW + 5000), "taken back");
        vm.stopPrank();
    }

    function test_withdrawalNeverReachesThePast() public {
        vm.startPrank(owner);
        alliance.accept(TERMS);
        vm.warp(NOW + 10);
        vm.expectRevert(
            abi.encodeWithSelector(IAlliance.Alliance_InThePast.selector, NOW + 9, uint256(NOW + 10))
        );
        alliance.withdraw(TERMS, NOW + 9);
        alliance.withdraw(TERMS, NOW + 20);
        vm.warp(NOW + 30);
        // Ended is ended: it can only be given anew, from now on.
        vm.expectRevert(abi.encodeWithSelector(IAlliance.Alliance_NoConsent.selector, owner, TERMS));
        alliance.withdraw(TERMS, NOW + 40);
        alliance.accept(TERMS);
        vm.stopPrank();
        vm.assertTrue(accepted(NOW + 20), "first span");
        vm.assertFalse(accepted(NOW + 30), "between");
        vm.assertTrue(accepted(NOW + 31), "second span");
    }

    function test_withdrawalWithoutConsentReverts() public {
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.Alliance_NoConsent.selector, owner, TERMS));
        alliance.withdraw(TERMS, 0);
    }

    function test_anybodyBringsASignedAcceptanceOnce() public {
        bytes memory signature = signed(OWNER_KEY, acceptance(owner, 0, NOW + 60));
        alliance.acceptFor(owner, TERMS, NOW + 60, signature);
        vm.assertTrue(accepted(NOW + 1), "accepted");
        vm.prank(owner);
        alliance.withdraw(TERMS, 0);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.Alliance_BadSignature.selector, owner, 2));
        alliance.acceptFor(owner, TERMS, NOW + 60, signature);
        vm.assertFalse(accepted(NOW + 1), "not given again");
    }

    function test_aWithdrawalUsesUpASignatureNotYetBrought() public {
        bytes memory signature = signed(OWNER_KEY, acceptance(owner, 0, NOW + 60));
        vm.startPrank(owner);
        alliance.accept(TERMS);
        alliance.withdraw(TERMS, 0);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IAlliance.Alliance_BadSignature.selector, owner, 2));
        alliance.acceptFor(owner, TERMS, NOW + 60, signature);
    }

    function test_anybodyBringsASignedWithdrawal() public {
        vm.prank(owner);
        alliance.accept(TERMS);
        bytes memory fields = abi.encode(owner, TERMS, NOW + 5, 1, NOW);
        bytes32 digest = TypedData.digestHere(address(alliance), TypedData.TERMS_WITHDRAWAL, fields);
        alliance.withdrawFor(owner, TERMS, NOW + 5, NOW, signed(OWNER_KEY, digest));
        vm.assertTrue(accepted(NOW + 5), "until then");
        vm.assertFalse(accepted(NOW + 6), "after");
    }

    function test_foreignAndLateSignaturesRevert() public {
        bytes memory late = signed(OWNER_KEY, acceptance(owner, 0, NOW - 1));
        vm.expectRevert(abi.encodeWithSelector(IAlliance.Alliance_Expired.selector, NOW - 1, uint256(NOW)));
        alliance.acceptFor(owner, TERMS, NOW - 1, late);
        bytes memory foreign = signed(0xB0, acceptance(owner, 0, NOW));
        vm.expectRevert(abi.encodeWithSelector(IAlliance.Alliance_BadSignature.selector, owner, 0));
        alliance.acceptFor(owner, TERMS, NOW, foreign);
        bytes memory own = signed(OWNER_KEY, acceptance(owner, 0, NOW));
        vm.expectRevert(abi.encodeWithSelector(IAlliance.Alliance_BadSignature.selector, owner, 0));
        alliance.acceptFor(owner, OTHER_TERMS, NOW, own);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.Alliance_BadSignature.selector, owner, 0));
        alliance.withdrawFor(owner, TERMS, NOW, NOW, own);
    }

    function test_aContractOwnerAcceptsByItsKeeper() public {
        Wallet wallet = new Wallet(owner);
        alliance.acceptFor(
            address(wallet), TERMS, NOW, signed(OWNER_KEY, acceptance(address(wallet), 0, NOW))
        );
        vm.assertTrue(alliance.hasAccepted(address(wallet), TERMS, NOW + 1), "accepted");
    }

    /// Whatever is done later, what was answered of a time that has come stays answered so.
    function testFuzz_noLaterStepChangesThePast(uint8[12] calldata steps) public {
        bool[12] memory before;
        for (uint64 i = 0; i < 12; ++i) {
            vm.warp(NOW + 10 * i);
            before[i] = accepted(NOW + 10 * i);
            step(steps[i]);
            step(steps[11 - i]);
            for (uint64 past = 0; past <= i; ++past) {
                vm.assertEq(accepted(NOW + 10 * past), before[past], "the past");
            }
        }
    }

    function step(uint8 which) private {
        bytes memory data = which % 3 == 0
            ? abi.encodeCall(IAlliance.accept, TERMS)
            : abi.encodeCall(IAlliance.withdraw, (TERMS, uint64(block.timestamp) + (which % 3 - 1) * which));
        vm.prank(owner);
        // A withdrawal without consent reverts, which is no step.
        (bool success,) = address(alliance).call(data);
        success;
    }

    function accepted(uint64 at) private view returns (bool) {
        return alliance.hasAccepted(owner, TERMS, at);
    }

    function acceptance(address who, uint256 nonce, uint64 deadline) private view returns (bytes32) {
        bytes memory fields = abi.encode(who, TERMS, nonce, deadline);
        return TypedData.digestHere(address(alliance), TypedData.TERMS_ACCEPTANCE, fields);
    }
}
