// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { VoidReason } from "./RoundTypes.sol";

/// @title What `Disputes` does to an attempt
/// @notice The part of `RoundManager` that only the model's `Disputes` calls. Nothing here reaches a final round.
interface IHaltable {
    /// @notice A challenge stopped the agreed attempt until its hearing is over.
    event RoundHalted(uint64 indexed round, uint32 indexed attempt);

    /// @notice The hearing upheld the agreed result: it goes on.
    event RoundResumed(uint64 indexed round, uint32 indexed attempt, uint64 finalisableAt);

    /// @notice A slashed validator's vote counts no longer in this attempt.
    event VoteDropped(uint64 indexed round, uint32 indexed attempt, address indexed validator);

    /// @notice Only the model's `Disputes`.
    error RoundManager_NotDisputes(address sender);

    /// @notice Stops an agreed attempt. Only `Disputes`, inside the window.
    function halt(uint64 round) external;

    /// @notice Lets a halted attempt go on. Only `Disputes`. Its window is not opened again.
    function resume(uint64 round) external;

    /// @notice Voids an attempt that is closed, agreed or halted. Only `Disputes`. Nothing that was final changes.
    function annul(uint64 round, VoidReason reason) external;

    /// @notice Takes a slashed validator's vote out of the newest attempt, if that is not final; void if an agreement
    /// is left with fewer than k, or no commitment is left to reveal and no k agree. Only `Disputes`.
    function dropVote(address validator) external;
}
