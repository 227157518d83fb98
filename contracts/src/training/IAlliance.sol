// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IDeviceRegistry } from "../device/IDeviceRegistry.sol";

/// @title Who may contribute to a model, and on which terms
/// @notice One for each model, named in its founding. A round asks it about the time at which the round was opened.
///
/// DEVICES. A device may contribute at a time if it was not barred, not revoked, and either admitted here by its address or listed in the
/// `DeviceRegistry` by a lister that is trusted here. Where devices stand and what they measure is judged off chain,
/// from opened packets: `policyHash` names that rule, a canonical JSON object in the content store
/// (`andel-policy/1`: boxes in 1e-7 degrees, required channels).
///
/// TERMS. An owner of devices accepts terms by their hash, in a transaction or by an EIP-712 signature that anybody may
/// bring (domain: name "Andel", version "1", this contract). Other terms need another acceptance, which can be given
/// before they are in force. Consent can be withdrawn from a time on that has not passed; rounds opened before keep it.
/// A signature carries the owner's nonce, which every acceptance and withdrawal uses up, so that an old acceptance
/// cannot be brought again after a withdrawal.
///
/// TIME. Everything here is a history in seconds. A change counts after the second it was made in, for rounds opened
/// from then on; what was answered of a time that has come is never answered otherwise. Views take that time and no
/// block, so a node without archive state can ask.
///
/// WHO. The owner (a person or a timelock; two steps to hand it on) says which devices, listers, policy and terms. Consent
/// is each owner's own: nobody can give it or keep it up for another.
///
/// WHAT CAN GET STUCK. An owner that gives the ownership up freezes the rules; devices and consents go on. If it
/// changes policy or terms in the moment a round opens, that round's plan names the former ones and comes to nothing.
interface IAlliance {
    /// @notice Listings of this lister admit devices, from now on.
    event ListerTrusted(address indexed lister);

    /// @notice Listings of this lister admit no device, from now on.
    event ListerDropped(address indexed lister);

    /// @notice The device is admitted without a lister, from now on.
    event DeviceAdmitted(address indexed device);

    /// @notice The device is no longer admitted without a lister, from now on.
    event DeviceDismissed(address indexed device);

    /// @notice The device is not admitted, whoever lists it, from now on.
    event DeviceBarred(address indexed device);

    /// @notice The device is barred no longer, from now on.
    event DeviceUnbarred(address indexed device);

    /// @notice Policy and terms of rounds opened from now on.
    event RulesSet(bytes32 policyHash, bytes32 termsHash);

    /// @notice An owner of devices accepted terms, from now on.
    event TermsAccepted(address indexed owner, bytes32 indexed termsHash);

    /// @notice An owner's consent to terms ends: rounds opened after `until` (seconds) do not have it.
    event TermsWithdrawn(address indexed owner, bytes32 indexed termsHash, uint64 until);

    /// @notice A hash or an address that must say something is zero.
    error Alliance_Empty();

    /// @notice The private half of this device's key is public: its signatures prove nothing.
    error Alliance_KnownKey(address device);

    /// @notice More listers than can be asked about one device; former ones count.
    error Alliance_TooManyListers(uint256 count);

    /// @notice The lister is not trusted, the device not admitted here, or not barred: there is nothing to end.
    error Alliance_NotInForce(address account);

    /// @notice The owner has no consent to these terms that could be withdrawn.
    error Alliance_NoConsent(address owner, bytes32 termsHash);

    /// @notice Consent never ends in the past. Seconds.
    error Alliance_InThePast(uint64 until, uint256 blockTimestamp);

    /// @notice The signature was valid until `deadline`, in seconds.
    error Alliance_Expired(uint64 deadline, uint256 blockTimestamp);

    /// @notice The signature is not the owner's over this message with its present nonce.
    error Alliance_BadSignature(address owner, uint256 nonce);

    /// @notice Founds the alliance under an owner. Only the factory, once.
    /// @param owner_ sets listers, devices and rules
    /// @param listers whom it trusts to vouch for devices
    /// @param devices admitted whoever lists them
    /// @param policyHash sha2-256 of the policy object, for ever before the first change
    /// @param termsHash sha2-256 of the terms, likewise
    function initialize(
        address owner_,
        address[] calldata listers,
        address[] calldata devices,
        bytes32 policyHash,
        bytes32 termsHash
    )
        external;

    /// @notice Trusts listers from now on. Only the owner. Trusting a trusted one changes nothing.
    function trust(address[] calldata listers) external;

    /// @notice Trusts listers no longer. Only the owner; each must be trusted.
    function drop(address[] calldata listers) external;

    /// @notice Admits devices whoever lists them. Only the owner. Admitting an admitted one changes nothing.
    function admit(address[] calldata devices) external;

    /// @notice Ends what `admit` began. Only the owner; each must be admitted here.
    function dismiss(address[] calldata devices) external;

    /// @notice Keeps devices out, whoever lists them. Only the owner. Barring a barred one changes nothing.
    function bar(address[] calldata devices) external;

    /// @notice Lets barred devices in again. Only the owner; each must be barred.
    function unbar(address[] calldata devices) external;

    /// @notice Sets policy and terms of rounds opened from now on. Only the owner.
    /// @param policyHash sha2-256 of the policy object
    /// @param termsHash sha2-256 of the terms; owners who accepted other terms only no longer contribute
    function setRules(bytes32 policyHash, bytes32 termsHash) external;

    /// @notice Accepts terms for the sender's devices, from now on; takes back a withdrawal that has not come.
    /// @param termsHash sha2-256 of the terms the sender has read; in force now or later
    function accept(bytes32 termsHash) external;

    /// @notice Accepts terms for `owner`; anybody may bring it, with the owner's signature.
    /// @param owner who accepts
    /// @param termsHash sha2-256 of the terms
    /// @param deadline last second at which the signature counts
    /// @param signature the owner's EIP-712 `TermsAcceptance(owner, termsHash, nonce, deadline)` with its present
    /// nonce (ECDSA, or ERC-1271 where the owner is a contract)
    function acceptFor(address owner, bytes32 termsHash, uint64 deadline, bytes calldata signature) external;

    /// @notice Withdraws the sender's consent to terms.
    /// @param termsHash terms the sender has accepted
    /// @param until rounds opened after this second do not have the consent; now or later, 0 for now
    function withdraw(bytes32 termsHash, uint64 until) external;

    /// @notice Withdraws `owner`'s consent; anybody may bring it, with the owner's signature.
    /// @param signature the owner's EIP-712 `TermsWithdrawal(owner, termsHash, until, nonce, deadline)`
    function withdrawFor(
        address owner,
        bytes32 termsHash,
        uint64 until,
        uint64 deadline,
        bytes calldata signature
    )
        external;

    /// @notice True if the device could contribute to a round opened at `at`. Final once `at` has come.
    /// @param device the device's address
    /// @param at seconds
    function isAdmitted(address device, uint64 at) external view returns (bool);

    /// @notice True if the owner's consent to these terms covers a round opened at `at`. Final once `at` has come.
    function hasAccepted(address owner, bytes32 termsHash, uint64 at) external view returns (bool);

    /// @notice Policy and terms of a round opened at `at`. Final once `at` has come.
    function rulesAt(uint64 at) external view returns (bytes32 policyHash, bytes32 termsHash);

    /// @notice The listers trusted at `at`. Final once `at` has come.
    function listersAt(uint64 at) external view returns (address[] memory);

    /// @notice The nonce of an owner's next signature.
    function nonces(address owner) external view returns (uint256);

    /// @notice Who owns and lists which device.
    function deviceRegistry() external view returns (IDeviceRegistry);
}
