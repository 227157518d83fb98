// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IDeviceRegistry } from "../device/IDeviceRegistry.sol";
import { CloneArgs } from "../ledger/CloneArgs.sol";
import { FoundedOnce } from "../ledger/FoundedOnce.sol";
import { IAlliance } from "./IAlliance.sol";
import { Span, Spans } from "./Spans.sol";
import {
    Ownable2StepUpgradeable
} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import { Nonces } from "@openzeppelin/contracts/utils/Nonces.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import { Checkpoints } from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @notice See {IAlliance}, which is the manual. A clone; its word 0 is the deviceRegistry.
contract Alliance is IAlliance, FoundedOnce, Ownable2StepUpgradeable, EIP712, Nonces {
    using Checkpoints for Checkpoints.Trace256;
    using Spans for Span[];

    bytes32 private constant ACCEPTANCE_TYPE_HASH =
        keccak256("TermsAcceptance(address owner,bytes32 termsHash,uint256 nonce,uint64 deadline)");
    bytes32 private constant WITHDRAWAL_TYPE_HASH = keccak256(
        "TermsWithdrawal(address owner,bytes32 termsHash,uint64 until,uint256 nonce,uint64 deadline)"
    );

    /// Each is asked about a device: some 10,000 gas, in a view.
    uint256 private constant MAX_LISTERS = 64;

    // second to hash; what was set in a second counts for later ones
    Checkpoints.Trace256 private _policies;
    Checkpoints.Trace256 private _terms;
    address[] private _everTrusted;
    mapping(address lister => Span[]) private _trusted;
    mapping(address device => Span[]) private _admitted;
    mapping(address device => Span[]) private _barred;
    mapping(address owner => mapping(bytes32 termsHash => Span[])) private _consents;

    /// @param factory_ the address the `ModelFactory` will have
    constructor(address factory_) FoundedOnce(factory_) EIP712("Andel", "1") { }

    /// @inheritdoc IAlliance
    function initialize(
        address owner_,
        address[] calldata listers,
        address[] calldata devices,
        bytes32 policyHash,
        bytes32 termsHash
    )
        external
        onlyFactory
        initializer
    {
        require(address(deviceRegistry()) != address(0), Alliance_Empty());
        __Ownable_init(owner_);
        _setRules(0, policyHash, termsHash);
        _trust(listers);
        _admit(devices);
    }

    /// @inheritdoc IAlliance
    function trust(address[] calldata listers) external onlyOwner {
        _trust(listers);
    }

    /// @inheritdoc IAlliance
    function drop(address[] calldata listers) external onlyOwner {
        for (uint256 i = 0; i < listers.length; ++i) {
            _endNow(_trusted[listers[i]], listers[i]);
            emit ListerDropped(listers[i]);
        }
    }

    /// @inheritdoc IAlliance
    function admit(address[] calldata devices) external onlyOwner {
        _admit(devices);
    }

    /// @inheritdoc IAlliance
    function dismiss(address[] calldata devices) external onlyOwner {
        for (uint256 i = 0; i < devices.length; ++i) {
            _endNow(_admitted[devices[i]], devices[i]);
            emit DeviceDismissed(devices[i]);
        }
    }

    /// @inheritdoc IAlliance
    function bar(address[] calldata devices) external onlyOwner {
        for (uint256 i = 0; i < devices.length; ++i) {
            if (_barred[devices[i]].begin()) emit DeviceBarred(devices[i]);
        }
    }

    /// @inheritdoc IAlliance
    function unbar(address[] calldata devices) external onlyOwner {
        for (uint256 i = 0; i < devices.length; ++i) {
            _endNow(_barred[devices[i]], devices[i]);
            emit DeviceUnbarred(devices[i]);
        }
    }

    /// @inheritdoc IAlliance
    function setRules(bytes32 policyHash, bytes32 termsHash) external onlyOwner {
        _setRules(uint64(block.timestamp), policyHash, termsHash);
    }

    /// @inheritdoc IAlliance
    function accept(bytes32 termsHash) external {
        _useNonce(msg.sender);
        _accept(msg.sender, termsHash);
    }

    /// @inheritdoc IAlliance
    function acceptFor(address owner, bytes32 termsHash, uint64 deadline, bytes calldata signature) external {
        uint256 nonce = _useNonce(owner);
        bytes32 message = keccak256(abi.encode(ACCEPTANCE_TYPE_HASH, owner, termsHash, nonce, deadline));
        _requireSigned(owner, message, nonce, deadline, signature);
        _accept(owner, termsHash);
    }

    /// @inheritdoc IAlliance
    function withdraw(bytes32 termsHash, uint64 until) external {
        _useNonce(msg.sender);
        _withdraw(msg.sender, termsHash, until);
    }

    /// @inheritdoc IAlliance
    function withdrawFor(
        address owner,
        bytes32 termsHash,
        uint64 until,
        uint64 deadline,
        bytes calldata signature
    )
        external
    {
        uint256 nonce = _useNonce(owner);
        bytes32 message =
            keccak256(abi.encode(WITHDRAWAL_TYPE_HASH, owner, termsHash, until, nonce, deadline));
        _requireSigned(owner, message, nonce, deadline, signature);
        _withdraw(owner, termsHash, until);
    }

    /// @inheritdoc IAlliance
    function isAdmitted(address device, uint64 at) external view returns (bool) {
        if (_barred[device].covers(at)) return false;
        IDeviceRegistry registry = deviceRegistry();
        // The owner of a device is judged where its batches were entered.
        // slither-disable-next-line unused-return
        (, uint64 lastChange, bool revoked) = registry.statusOf(device);
        if (revoked && lastChange < at) return false;
        if (_admitted[device].covers(at)) return true;
        for (uint256 i = 0; i < _everTrusted.length; ++i) {
            address lister = _everTrusted[i];
            if (!_trusted[lister].covers(at)) continue;
            (uint64 listedAt, uint64 stoppedAt) = registry.listingOf(lister, device);
            if (listedAt != 0 && listedAt < at && (stoppedAt == 0 || at <= stoppedAt)) return true;
        }
        return false;
    }

    /// @inheritdoc IAlliance
    function hasAccepted(address owner, bytes32 termsHash, uint64 at) external view returns (bool) {
        return _consents[owner][termsHash].covers(at);
    }

    /// @inheritdoc IAlliance
    function rulesAt(uint64 at) external view returns (bytes32 policyHash, bytes32 termsHash) {
        uint256 last = at == 0 ? 0 : at - 1;
        return (bytes32(_policies.upperLookupRecent(last)), bytes32(_terms.upperLookupRecent(last)));
    }

    /// @inheritdoc IAlliance
    function listersAt(uint64 at) external view returns (address[] memory listers) {
        uint256 count = 0;
        for (uint256 i = 0; i < _everTrusted.length; ++i) {
            if (_trusted[_everTrusted[i]].covers(at)) ++count;
        }
        listers = new address[](count);
        count = 0;
        for (uint256 i = 0; i < _everTrusted.length; ++i) {
            if (_trusted[_everTrusted[i]].covers(at)) listers[count++] = _everTrusted[i];
        }
    }

    /// @inheritdoc IAlliance
    function deviceRegistry() public view returns (IDeviceRegistry) {
        return IDeviceRegistry(CloneArgs.addressAt(0));
    }

    /// @inheritdoc IAlliance
    function nonces(address owner) public view override(IAlliance, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    function _trust(address[] memory listers) private {
        for (uint256 i = 0; i < listers.length; ++i) {
            address lister = listers[i];
            require(lister != address(0), Alliance_Empty());
            Span[] storage history = _trusted[lister];
            if (history.length == 0) {
                _everTrusted.push(lister);
                uint256 count = _everTrusted.length;
                require(count <= MAX_LISTERS, Alliance_TooManyListers(count));
            }
            if (history.begin()) emit ListerTrusted(lister);
        }
    }

    function _admit(address[] memory devices) private {
        IDeviceRegistry registry = deviceRegistry();
        for (uint256 i = 0; i < devices.length; ++i) {
            address device = devices[i];
            require(device != address(0), Alliance_Empty());
            require(!registry.isKnownKey(device), Alliance_KnownKey(device));
            if (_admitted[device].begin()) emit DeviceAdmitted(device);
        }
    }

    function _endNow(Span[] storage history, address account) private {
        require(history.isOpen(), Alliance_NotInForce(account));
        history.end(uint64(block.timestamp));
    }

    function _setRules(uint64 since, bytes32 policyHash, bytes32 termsHash) private {
        require(policyHash != bytes32(0) && termsHash != bytes32(0), Alliance_Empty());
        _policies.push(since, uint256(policyHash));
        _terms.push(since, uint256(termsHash));
        emit RulesSet(policyHash, termsHash);
    }

    function _accept(address owner, bytes32 termsHash) private {
        require(termsHash != bytes32(0), Alliance_Empty());
        if (_consents[owner][termsHash].begin()) emit TermsAccepted(owner, termsHash);
    }

    function _withdraw(address owner, bytes32 termsHash, uint64 until) private {
        if (until == 0) until = uint64(block.timestamp);
        require(until >= block.timestamp, Alliance_InThePast(until, block.timestamp));
        Span[] storage history = _consents[owner][termsHash];
        require(history.isOpen(), Alliance_NoConsent(owner, termsHash));
        history.end(until);
        emit TermsWithdrawn(owner, termsHash, until);
    }

    function _requireSigned(
        address owner,
        bytes32 message,
        uint256 nonce,
        uint64 deadline,
        bytes calldata signature
    )
        private
        view
    {
        require(block.timestamp <= deadline, Alliance_Expired(deadline, block.timestamp));
        require(
            SignatureChecker.isValidSignatureNowCalldata(owner, _hashTypedDataV4(message), signature),
            Alliance_BadSignature(owner, nonce)
        );
    }
}
