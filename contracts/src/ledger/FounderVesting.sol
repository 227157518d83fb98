// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { OwnableUpgradeable } from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {
    VestingWalletCliffUpgradeable
} from "@openzeppelin/contracts-upgradeable/finance/VestingWalletCliffUpgradeable.sol";

/// @notice A founder's tokens, released in equal parts of time behind a cliff: OpenZeppelin's `VestingWalletCliff` as
/// a clone. Anybody calls `release(token)`; what has vested goes to the owner, who can pass the wallet on with what
/// is in it (a lost key is one reason), and can change neither start, duration nor cliff. Tokens in here neither vote
/// nor earn: the wallet never delegates, and the model's token counts it as set aside.
contract FounderVesting is VestingWalletCliffUpgradeable {
    /// @notice Only the factory founds a clone.
    error FounderVesting_NotFactory(address sender, address factory);

    /// @notice Without an owner nothing could ever be released.
    error FounderVesting_NeedsOwner();

    /// @notice Who founds clones.
    address public immutable factory;

    /// @param factory_ the only account that founds clones
    constructor(address factory_) {
        factory = factory_;
        _disableInitializers();
    }

    /// @notice Founds the clone. Only the factory, once.
    /// @param beneficiary who gets what has vested
    /// @param start first second of the vesting
    /// @param durationSeconds seconds after `start` at which all has vested
    /// @param cliffSeconds seconds after `start` before which nothing has; at most the duration
    function initialize(
        address beneficiary,
        uint64 start,
        uint64 durationSeconds,
        uint64 cliffSeconds
    )
        external
        initializer
    {
        require(msg.sender == factory, FounderVesting_NotFactory(msg.sender, factory));
        __VestingWallet_init(beneficiary, start, durationSeconds);
        __VestingWalletCliff_init(cliffSeconds);
    }

    /// @notice Refused, see {FounderVesting_NeedsOwner}.
    function renounceOwnership() public pure override(OwnableUpgradeable) {
        revert FounderVesting_NeedsOwner();
    }
}
