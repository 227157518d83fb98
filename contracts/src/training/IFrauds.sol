// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Attestation } from "./AttestationTypes.sol";
import { Place } from "./IPostedUpdates.sol";

/// @notice What an attested value root stands for.
struct ValueOpening {
    bytes32 claimsRoot;
    uint256 claimsTotal;
    uint256 minted;
    int256 gain;
}

/// @notice A leaf of a claim tree with its proof.
struct ClaimLeaf {
    address account;
    uint256 cumulative;
    uint256 runningSum;
    bytes32[] proof;
}

/// @notice A leaf of the closed set of updates, with the signature it binds.
/// @param contributor whose update it claims to be
/// @param digest EIP-712 digest of its `Update`
/// @param signature what the leaf holds as the contributor's signature
/// @param place of the leaf under `updatesRoot`
struct ClosedUpdate {
    address contributor;
    bytes32 digest;
    bytes signature;
    Place place;
}

/// @title What a contract decides by itself
/// @notice Half of `Disputes`. Anybody shows one of these of an agreed result that is not final (the forged update: of any
/// closed set); the attempt is void at once, and whoever attested it loses a whole bond, half of which is the reporter's.
///
/// A CLAIM TREE holds leaves (account, cumulative, runningSum) in rising order of accounts, running sums adding up the
/// cumulative amounts to the total. So the leaf (c, r) owns the amounts from r - c to r, and two leaves are neighbours
/// if one begins where the other ends. No leaf falls from one root to the next, and none vanishes. A vanished account whose
/// amounts were left to nobody has no neighbours to show: nothing is stolen then, and a hearing decides it.
interface IFrauds {
    /// @notice An agreed result broke the rule `kind`: "overpaid", "fallen", "vanished", "overlap".
    event FraudShown(uint64 indexed round, uint32 indexed attempt, address indexed reporter, bytes32 kind);

    /// @notice The closed set held an update that its contributor did not sign.
    event ForgeryShown(
        uint64 indexed round, uint32 indexed attempt, address indexed reporter, address contributor
    );

    /// @notice There is nothing agreed and not final in this round, or this is not what was agreed.
    error Disputes_NotAgreed(uint64 round, bytes32 attestationHash);

    /// @notice The values do not hash to the attested value root.
    error Disputes_WrongValue(bytes32 valueRoot);

    /// @notice The leaf is not under its root.
    error Disputes_NotUnderRoot(address account);

    /// @notice What is shown breaks no rule.
    error Disputes_NoFraud(bytes32 kind);

    /// @notice Shows values that `finalise` would refuse: over the budget, a total that does not follow from what was
    /// minted before, minted without gain, a new root where nothing is minted, or none where something is.
    function showOverpaid(Attestation calldata attestation, ValueOpening calldata value) external;

    /// @notice Shows an account whose cumulative amount fell.
    /// @param former its leaf under the pool's root
    /// @param present its leaf under the attested one
    function showFallen(
        Attestation calldata attestation,
        ValueOpening calldata value,
        ClaimLeaf calldata former,
        ClaimLeaf calldata present
    )
        external;

    /// @notice Shows an account that the attested root holds no longer, by the neighbours between which it belongs.
    /// @param former its leaf under the pool's root
    /// @param below the neighbour below; account zero: the account belongs before the first leaf
    /// @param above the neighbour above; account zero: it belongs after the last leaf
    function showVanished(
        Attestation calldata attestation,
        ValueOpening calldata value,
        ClaimLeaf calldata former,
        ClaimLeaf calldata below,
        ClaimLeaf calldata above
    )
        external;

    /// @notice Shows two leaves of the attested root that own the same amounts, are of one account, or stand in another
    /// order than their accounts; or one leaf (then `b` is `a` again) whose running sum is less than its amount or more
    /// than the total.
    function showOverlap(
        Attestation calldata attestation,
        ValueOpening calldata value,
        ClaimLeaf calldata a,
        ClaimLeaf calldata b
    )
        external;

    /// @notice Shows an update in the closed set whose signature (65 bytes, low s) is not its contributor's. The coordinator
    /// pays a whole bond.
    function showForgedUpdate(uint64 round, ClosedUpdate calldata update) external;
}
