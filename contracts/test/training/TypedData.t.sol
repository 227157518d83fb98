// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { BatchRegistry } from "../../src/data/BatchRegistry.sol";
import { Entry, IBatchRegistry } from "../../src/data/IBatchRegistry.sol";
import { DeviceRegistry } from "../../src/device/DeviceRegistry.sol";
import { IDeviceRegistry } from "../../src/device/IDeviceRegistry.sol";
import { Alliance } from "../../src/training/Alliance.sol";
import { Attestation } from "../../src/training/AttestationTypes.sol";
import { TypedData } from "../support/TypedData.sol";
import { World } from "../support/World.sol";

/// The digests and signatures Python made (vectors/typed_data.json, vectors/confirm.json) are those of the contracts,
/// and no signature of one type, chain or contract counts as another.
contract TypedDataTest is World {
    uint256 private constant COUNT = 24;

    string private json = vm.readFile("../vectors/typed_data.json");
    bytes32 private separator;

    constructor() {
        separator = TypedData.domainSeparator(chainId(), verifier());
    }

    function test_everyTypeInTheFileHasItsDigestAndSigner() public view {
        uint256 count = 0;
        for (; vm.keyExistsJson(json, pathOf(count)); ++count) {
            string memory path = pathOf(count);
            string memory name = vm.parseJsonString(json, string.concat(path, ".name"));
            string memory encodeType = typeOf(name);
            bytes32 typeHash = vm.parseJsonBytes32(json, string.concat(path, ".typeHash"));
            vm.assertEq(keccak256(bytes(encodeType)), typeHash, name);
            bytes32 digest = TypedData.digest(separator, encodeType, fieldsOf(path, encodeType));
            vm.assertEq(digest, vm.parseJsonBytes32(json, string.concat(path, ".digest")), name);
            bytes memory signature = vm.parseJsonBytes(json, string.concat(path, ".signature"));
            vm.assertEq(
                signerOf(digest, signature), vm.parseJsonAddress(json, string.concat(path, ".signer")), name
            );
        }
        vm.assertEq(count, COUNT, "all types");
    }

    function test_roundManagerHashesTheFilesAttestation() public {
        deployModel();
        // The domain is built anew for the address the code stands at.
        vm.etch(verifier(), address(manager).code);
        vm.chainId(chainId());
        string memory path = entryOf("Attestation");
        bytes memory words = fieldsOf(path, TypedData.ATTESTATION);
        Attestation memory result = abi.decode(words, (Attestation));
        (bool success, bytes memory answer) =
            verifier().staticcall(abi.encodeWithSelector(manager.attestationHash.selector, result));
        assert(success);
        vm.assertEq(
            abi.decode(answer, (bytes32)), vm.parseJsonBytes32(json, string.concat(path, ".digest")), "digest"
        );
    }

    function test_deviceRegistryTakesTheFilesClaim() public {
        vm.etch(verifier(), address(devices).code);
        vm.chainId(chainId());
        string memory path = entryOf("DeviceClaim");
        string memory confirm = vm.readFile("../vectors/confirm.json");
        (address device, address owner, uint32 timestamp, uint64 deadline) =
            abi.decode(fieldsOf(path, TypedData.DEVICE_CLAIM), (address, address, uint32, uint64));
        vm.assertEq(device, vm.parseJsonAddress(confirm, ".device"), "one device in both files");
        vm.warp(timestamp + 1);
        DeviceRegistry registry = DeviceRegistry(verifier());
        bytes memory signature65 = vm.parseJsonBytes(confirm, ".signature65");
        bytes memory ownerSignature = vm.parseJsonBytes(json, string.concat(path, ".signature"));
        registry.claimFor(device, owner, timestamp, signature65, deadline, ownerSignature);
        vm.assertEq(registry.ownerOf(device), owner, "owner");
    }

    function test_allianceTakesTheFilesAcceptanceAndWithdrawal() public {
        deployModel();
        vm.etch(verifier(), address(alliance).code);
        vm.chainId(chainId());
        (address owner, bytes32 terms) = bringAcceptance(Alliance(verifier()));
        bringWithdrawal(Alliance(verifier()), owner, terms);
    }

    function bringAcceptance(Alliance filed) private returns (address owner, bytes32 terms) {
        string memory path = entryOf("TermsAcceptance");
        bytes memory words = fieldsOf(path, TypedData.TERMS_ACCEPTANCE);
        uint256 nonce;
        uint64 deadline;
        (owner, terms, nonce, deadline) = abi.decode(words, (address, bytes32, uint256, uint64));
        vm.assertEq(nonce, 0, "the first signature");
        vm.warp(deadline);
        filed.acceptFor(owner, terms, deadline, signatureAt(path));
        vm.assertTrue(filed.hasAccepted(owner, terms, deadline + 1), "accepted");
    }

    function bringWithdrawal(Alliance filed, address owner, bytes32 terms) private {
        string memory path = entryOf("TermsWithdrawal");
        bytes memory words = fieldsOf(path, TypedData.TERMS_WITHDRAWAL);
        (, bytes32 left, uint64 until, uint256 nonce, uint64 deadline) =
            abi.decode(words, (address, bytes32, uint64, uint256, uint64));
        vm.assertEq(left, terms, "one consent in both entries");
        vm.assertEq(nonce, 1, "the second signature");
        filed.withdrawFor(owner, terms, until, deadline, signatureAt(path));
        vm.assertFalse(filed.hasAccepted(owner, terms, until + 1), "withdrawn");
    }

    function signatureAt(string memory path) private view returns (bytes memory) {
        return vm.parseJsonBytes(json, string.concat(path, ".signature"));
    }

    function test_signatureOfOneTypeNeverCountsAsAnother() public view {
        for (uint256 i = 0; i < COUNT; ++i) {
            for (uint256 j = 0; j < COUNT; ++j) {
                if (i == j) continue;
                string memory path = pathOf(i);
                string memory other = typeOf(vm.parseJsonString(json, string.concat(pathOf(j), ".name")));
                bytes memory signature = vm.parseJsonBytes(json, string.concat(path, ".signature"));
                address signer = vm.parseJsonAddress(json, string.concat(path, ".signer"));
                string memory own = typeOf(vm.parseJsonString(json, string.concat(path, ".name")));
                // The same words under another type's name.
                bytes32 digest = TypedData.digest(separator, other, fieldsOf(path, own));
                vm.assertFalse(signerOf(digest, signature) == signer, "another type");
            }
        }
    }

    function test_contractsRefuseAnotherTypesSignature() public {
        uint256 key = 0xA0;
        address owner = vm.addr(key);
        Entry[] memory entries = new Entry[](0);
        bytes memory fields = abi.encode(owner, keccak256(abi.encode(entries)), NOW);
        string[COUNT - 1] memory types = [
            TypedData.DATA_COMMITMENT,
            TypedData.UPDATE,
            TypedData.GROUP_KEYS,
            TypedData.GROUP_SURVIVORS,
            TypedData.DISCLOSURE,
            TypedData.ATTESTATION,
            TypedData.PREDICTION,
            TypedData.PREDICTION_BATCH,
            TypedData.CONTENT_PUT,
            TypedData.DEVICE_CLAIM,
            TypedData.TERMS_ACCEPTANCE,
            TypedData.TERMS_WITHDRAWAL,
            TypedData.NODE_DELEGATION,
            TypedData.EVALUATION,
            TypedData.OFFERING_PURCHASE,
            TypedData.PASS_PURCHASE,
            TypedData.PUBLICATION,
            TypedData.BALLOT,
            TypedData.DEVICE_TRANSFER,
            TypedData.DEVICE_RELEASE,
            TypedData.DEVICE_REVOCATION,
            TypedData.PASS_TRANSFER,
            TypedData.PASS_USE
        ];
        for (uint256 i = 0; i < COUNT - 1; ++i) {
            bytes memory signature = signed(key, TypedData.digestHere(address(batches), types[i], fields));
            vm.expectRevert(abi.encodeWithSelector(IBatchRegistry.BatchRegistry_BadSignature.selector, owner));
            batches.enterFor(owner, entries, NOW, signature);
        }
        // The right type, in another contract's domain.
        bytes memory foreign =
            signed(key, TypedData.digestHere(address(devices), TypedData.BATCH_ENTRIES, fields));
        vm.expectRevert(abi.encodeWithSelector(IBatchRegistry.BatchRegistry_BadSignature.selector, owner));
        batches.enterFor(owner, entries, NOW, foreign);
        // The right type and contract, on another chain.
        bytes32 elsewhere = TypedData.domainSeparator(block.chainid + 1, address(batches));
        foreign = signed(key, TypedData.digest(elsewhere, TypedData.BATCH_ENTRIES, fields));
        vm.expectRevert(abi.encodeWithSelector(IBatchRegistry.BatchRegistry_BadSignature.selector, owner));
        batches.enterFor(owner, entries, NOW, foreign);
        batches.enterFor(
            owner,
            entries,
            NOW,
            signed(key, TypedData.digestHere(address(batches), TypedData.BATCH_ENTRIES, fields))
        );
    }

    function chainId() private view returns (uint256) {
        return vm.parseJsonUint(json, ".domain.chainId");
    }

    function verifier() private view returns (address) {
        return vm.parseJsonAddress(json, ".domain.contract");
    }

    function pathOf(uint256 index) private pure returns (string memory) {
        return string.concat(".types[", vm.toString(index), "]");
    }

    function entryOf(string memory name) private view returns (string memory) {
        for (uint256 i = 0; vm.keyExistsJson(json, pathOf(i)); ++i) {
            string memory found = vm.parseJsonString(json, string.concat(pathOf(i), ".name"));
            if (keccak256(bytes(found)) == keccak256(bytes(name))) return pathOf(i);
        }
        revert(string.concat("not in the file: ", name));
    }

    function typeOf(string memory name) private pure returns (string memory) {
        string[COUNT] memory types = [
            TypedData.DATA_COMMITMENT,
            TypedData.UPDATE,
            TypedData.GROUP_KEYS,
            TypedData.GROUP_SURVIVORS,
            TypedData.DISCLOSURE,
            TypedData.ATTESTATION,
            TypedData.PREDICTION,
            TypedData.PREDICTION_BATCH,
            TypedData.CONTENT_PUT,
            TypedData.BATCH_ENTRIES,
            TypedData.DEVICE_CLAIM,
            TypedData.TERMS_ACCEPTANCE,
            TypedData.TERMS_WITHDRAWAL,
            TypedData.NODE_DELEGATION,
            TypedData.EVALUATION,
            TypedData.OFFERING_PURCHASE,
            TypedData.PASS_PURCHASE,
            TypedData.PUBLICATION,
            TypedData.BALLOT,
            TypedData.DEVICE_TRANSFER,
            TypedData.DEVICE_RELEASE,
            TypedData.DEVICE_REVOCATION,
            TypedData.PASS_TRANSFER,
            TypedData.PASS_USE
        ];
        for (uint256 i = 0; i < COUNT; ++i) {
            if (startsWith(bytes(types[i]), string.concat(name, "("))) return types[i];
        }
        revert(string.concat("not a type: ", name));
    }

    /// The message as words in the type's order: each "kind name" between the brackets is one field.
    function fieldsOf(string memory path, string memory encodeType)
        private
        view
        returns (bytes memory words)
    {
        bytes memory text = bytes(encodeType);
        uint256 from = indexOf(text, "(", 0) + 1;
        while (from < text.length) {
            uint256 space = indexOf(text, " ", from);
            uint256 end = indexOf(text, ",", space);
            if (end == text.length) end = text.length - 1;
            string memory key = string.concat(path, ".message.", string(cut(text, space + 1, end)));
            words = bytes.concat(words, wordOf(text[from], key));
            from = end + 1;
        }
    }

    /// By the first letter of its kind: address, bytes32, intN or uintN.
    function wordOf(bytes1 kind, string memory key) private view returns (bytes32) {
        if (kind == "a") return bytes32(uint256(uint160(vm.parseJsonAddress(json, key))));
        if (kind == "b") return vm.parseJsonBytes32(json, key);
        if (kind == "i") return bytes32(uint256(vm.parseJsonInt(json, key)));
        return bytes32(vm.parseJsonUint(json, key));
    }

    function indexOf(bytes memory text, bytes1 letter, uint256 from) private pure returns (uint256 index) {
        index = from;
        while (index < text.length && text[index] != letter) ++index;
    }

    function cut(bytes memory text, uint256 from, uint256 to) private pure returns (bytes memory part) {
        part = new bytes(to - from);
        for (uint256 i = from; i < to; ++i) {
            part[i - from] = text[i];
        }
    }

    function startsWith(bytes memory text, string memory start) private pure returns (bool) {
        bytes memory head = bytes(start);
        return text.length >= head.length && keccak256(cut(text, 0, head.length)) == keccak256(head);
    }

    function signerOf(bytes32 digest, bytes memory signature) private pure returns (address) {
        assert(signature.length == 65);
        (bytes32 r, bytes32 s) = abi.decode(cut(signature, 0, 64), (bytes32, bytes32));
        return ecrecover(digest, uint8(signature[64]), r, s);
    }
}
