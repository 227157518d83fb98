// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice The public key of a device on P-256: a point's two coordinates.
struct P256Key {
    bytes32 x;
    bytes32 y;
}

/// @title Who owns which device, and who vouches for it
/// @notice One registry for all models. It has no owner, no admin and no upgrade path.
///
/// LISTING. Anybody may list device addresses under their own name (a *lister*: a manufacturer, a lab, an
/// alliance). A listing says "this device is genuine, says this lister"; whoever reads it chooses the listers it
/// trusts. A lister may stop a device from now on, and never take that back. Listing and owning are independent.
///
/// OWNING. A device without an owner is claimed with bytes the device itself signed: SHA-256 of the 20 bytes of
/// the owner and the 4 bytes of a time in seconds, both big-endian, signed with secp256k1 (Pebble's
/// `ConfirmPackage`) or with P-256. A device's address is the last 20 bytes of keccak256(x, y) of its public key, on
/// either curve; a P-256 claim brings the key, since it cannot be recovered for as little gas. Those bytes name neither a chain nor a contract: the same signature is valid on every chain
/// and in every registry that reads it. Therefore the signed owner must send it or sign the claim as well, the
/// time must be fresh, and it must be later than the last change of ownership here.
///
/// WHAT CAN GET STUCK. A device sent to an address nobody controls stays there. A revoked device stays revoked. A
/// device whose clock is wrong by more than an hour cannot be claimed until its clock is right.
interface IDeviceRegistry {
    /// @notice A lister vouches for a device from now on.
    event DeviceListed(address indexed lister, address indexed device);

    /// @notice A lister no longer vouches for a device, from now on and for ever.
    event DeviceStopped(address indexed lister, address indexed device);

    /// @notice A device without an owner was claimed. `timestamp` is the time the device signed, in seconds.
    event DeviceClaimed(address indexed device, address indexed owner, uint32 timestamp);

    /// @notice An owner gave a device to another owner.
    event DeviceTransferred(address indexed device, address indexed from, address indexed to);

    /// @notice An owner gave a device up; it has no owner until it is claimed again.
    event DeviceReleased(address indexed device, address indexed owner);

    /// @notice An owner declared a device's key worthless, for ever.
    event DeviceRevoked(address indexed device, address indexed owner);

    /// @notice The zero address is not a device.
    error DeviceRegistry_ZeroDevice();

    /// @notice The private half of this device's key is public: its signatures prove nothing.
    error DeviceRegistry_KnownKey(address device);

    /// @notice This lister stopped the device; it cannot list it again.
    error DeviceRegistry_StoppedForGood(address lister, address device);

    /// @notice This lister never listed the device.
    error DeviceRegistry_NotListed(address lister, address device);

    /// @notice The device has an owner; only that owner can hand it on.
    error DeviceRegistry_AlreadyOwned(address device, address owner);

    /// @notice The sender, or whose signature was brought, does not own the device.
    error DeviceRegistry_NotOwner(address device, address owner, address sender);

    /// @notice The device was revoked.
    error DeviceRegistry_Revoked(address device);

    /// @notice The owner's first four bytes are a packet type (0 to 3), or zero: the signed bytes of such a claim
    /// are also those of a data packet, so a device could be led to sign a reading it never took.
    error DeviceRegistry_AmbiguousOwner(address owner);

    /// @notice The signed time is more than an hour before block time, or more than two minutes after it. Seconds.
    error DeviceRegistry_StaleTimestamp(address device, uint32 timestamp, uint256 blockTimestamp);

    /// @notice The signed time is not later than the device's last claim, transfer or release. Seconds.
    error DeviceRegistry_OldTimestamp(address device, uint32 timestamp, uint64 lastChange);

    /// @notice The signature is not the device's over (owner, timestamp).
    error DeviceRegistry_BadDeviceSignature(address device, address owner);

    /// @notice The signature is not the owner's over what was brought, with its present nonce where there is one.
    error DeviceRegistry_BadOwnerSignature(address owner);

    /// @notice The owner's signature was valid until `deadline`, in seconds.
    error DeviceRegistry_Expired(uint64 deadline, uint256 blockTimestamp);

    /// @notice Vouches for devices under the sender's name. Listing a listed device changes nothing.
    /// @param devices device addresses; none zero, none publicly known, none stopped by this sender before
    function list(address[] calldata devices) external;

    /// @notice Stops vouching for devices, from now on and for ever. Stopping a stopped device changes nothing.
    /// @param devices device addresses, each listed by this sender
    function stop(address[] calldata devices) external;

    /// @notice Claims a device for the sender.
    /// @param device the device's address (of its secp256k1 key); must have no owner
    /// @param timestamp the time the device signed, seconds
    /// @param signature 65 bytes r, s, v of the device over SHA-256(sender, timestamp); v is 0, 1, 27 or 28, and s
    /// may be high (Pebbles do not normalise it)
    function claim(address device, uint32 timestamp, bytes calldata signature) external;

    /// @notice Claims a device for `owner`; anybody may bring it, with the owner's own signature.
    /// @param device the device's address; must have no owner
    /// @param owner who will own the device; the owner the device signed
    /// @param timestamp the time the device signed, seconds
    /// @param signature the device's 65 bytes, as in `claim`
    /// @param deadline last second at which the owner's signature counts
    /// @param ownerSignature the owner's EIP-712 `DeviceClaim` (ECDSA, or ERC-1271 where the owner is a contract)
    function claimFor(
        address device,
        address owner,
        uint32 timestamp,
        bytes calldata signature,
        uint64 deadline,
        bytes calldata ownerSignature
    )
        external;

    /// @notice Claims a device with a P-256 key for the sender. Verified by the precompile of RIP-7212 where the chain
    /// has it at 0x100, else by OpenZeppelin's Solidity, which costs about 200,000 gas more.
    /// @param key the device's public key; the device of its address must have no owner
    /// @param timestamp the time the device signed, seconds
    /// @param r the signature's r
    /// @param s the signature's s, at most half of the curve's order: whoever brings a high one puts order - s
    function claimP256(P256Key calldata key, uint32 timestamp, bytes32 r, bytes32 s) external;

    /// @notice Claims a device with a P-256 key for `owner`; anybody may bring it, with the owner's own signature.
    /// @param key the device's public key, as in `claimP256`
    /// @param owner who will own the device; the owner the device signed
    /// @param timestamp the time the device signed, seconds
    /// @param r the signature's r
    /// @param s the signature's s, low
    /// @param deadline last second at which the owner's signature counts
    /// @param ownerSignature the owner's EIP-712 `DeviceClaim`, as in `claimFor`
    function claimP256For(
        P256Key calldata key,
        address owner,
        uint32 timestamp,
        bytes32 r,
        bytes32 s,
        uint64 deadline,
        bytes calldata ownerSignature
    )
        external;

    /// @notice Gives a device to another owner. Only its owner; not a revoked device.
    function transfer(address device, address to) external;

    /// @notice `transfer` for `owner`; anybody may bring it, with the owner's own signature.
    /// @param deadline last second at which the owner's signature counts
    /// @param ownerSignature the owner's EIP-712 `DeviceTransfer(device, owner, to, nonce, deadline)` with its present
    /// nonce (ECDSA, or ERC-1271 where the owner is a contract)
    function transferFor(
        address device,
        address owner,
        address to,
        uint64 deadline,
        bytes calldata ownerSignature
    )
        external;

    /// @notice Gives a device up. Only its owner; not a revoked device.
    function release(address device) external;

    /// @notice `release` for `owner`, by its EIP-712 `DeviceRelease(device, owner, nonce, deadline)`, as `transferFor`.
    function releaseFor(
        address device,
        address owner,
        uint64 deadline,
        bytes calldata ownerSignature
    )
        external;

    /// @notice Declares a device's key worthless for ever, say after a theft. Only its owner. The owner stays on
    /// record; the time of revocation is the device's `lastChange`.
    function revoke(address device) external;

    /// @notice `revoke` for `owner`, by its EIP-712 `DeviceRevocation(device, owner, nonce, deadline)`, as `transferFor`.
    function revokeFor(
        address device,
        address owner,
        uint64 deadline,
        bytes calldata ownerSignature
    )
        external;

    /// @notice True while `lister` vouches for `device`.
    function isListed(address lister, address device) external view returns (bool);

    /// @notice From when to when a lister vouched for a device, in seconds.
    /// @return listedAt 0 if never listed
    /// @return stoppedAt 0 while not stopped
    function listingOf(
        address lister,
        address device
    )
        external
        view
        returns (uint64 listedAt, uint64 stoppedAt);

    /// @notice The owner of a device, zero if it has none. A revoked device keeps its last owner here.
    function ownerOf(address device) external view returns (address);

    /// @notice A device's owner, the time of its last claim, transfer, release or revocation (seconds; never
    /// earlier than a time used in a claim), and whether it is revoked.
    function statusOf(address device) external view returns (address owner, uint64 lastChange, bool revoked);

    /// @notice The nonce of an owner's next transfer, release or revocation by signature. Each that is brought uses one
    /// up, so an owner gives one signature at a time, and nobody brings one twice.
    function nonces(address owner) external view returns (uint256);

    /// @notice The address of the device with this P-256 key.
    function addressOfP256(P256Key calldata key) external pure returns (address);

    /// @notice True if the private half of this device's key is public.
    function isKnownKey(address device) external pure returns (bool);
}
