// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice A step from a model to the one that follows it.
/// @param successor the model that follows; zero where none was named
/// @param reason sha2-256 of the text that says why; not zero
/// @param namedAt when the model's ruler named it, seconds
/// @param acceptedAt when the successor's ruler named the model back, seconds; 0 while it has not
struct Succession {
    address successor;
    bytes32 reason;
    uint64 namedAt;
    uint64 acceptedAt;
}

/// @title Which model follows which
/// @notice One contract for all models of a chain, with no owner. No model's code can ever be changed: when a bug is
/// found in it, its holders launch or choose another model and name it here. Consumers and tools that want to go along
/// ask `currentOf`.
///
/// WHO. A model's *ruler* is what its `RoundManager` answers to `owner()`: the timelock of a model that its holders
/// govern, so naming and accepting are two votes. The model's ruler names; the ruler of the named model accepts, which
/// names the predecessor back. Until then the model may be named anew or the naming taken back, and nobody follows
/// it. Once accepted, the step stands for ever.
///
/// A PATH. Each model has at most one successor and one predecessor. Who is accepted as a successor has no successor of
/// its own yet, so no path ever closes to a circle, and a step behind the last one is all that can be added.
///
/// WHAT DOES NOT MOVE. Nothing moves from one model to the next: tokens, votes, claims, revenue, bonds, passes and
/// devices' consents stay with the old contracts, where they can be claimed, redeemed and withdrawn for ever. Whether
/// the new model allots anything to holders of the old one is part of its own launch.
///
/// TRUST. A step says that both rulers wanted it; it says nothing about whether either is a model of a known factory.
/// Nothing is called here but `owner()` of the two named: a foreign contract can only speak for itself.
interface ISuccessors {
    /// @notice A model's ruler named a successor, in place of any that was not accepted.
    event SuccessorNamed(address indexed model, address indexed successor, bytes32 reason);

    /// @notice A model's ruler took back what was not accepted.
    event SuccessorWithdrawn(address indexed model, address indexed successor);

    /// @notice The step counts, for ever.
    event SuccessorAccepted(address indexed model, address indexed successor, bytes32 reason);

    /// @notice Only the model's ruler speaks for it.
    error Successors_NotRuler(address model, address sender, address ruler);

    /// @notice The zero address, or the model itself.
    error Successors_BadSuccessor(address model, address successor);

    /// @notice A step without a reason.
    error Successors_NoReason(address model);

    /// @notice The model has a successor, for ever.
    error Successors_Settled(address model, address successor);

    /// @notice The model did not name this successor, or names another by now.
    error Successors_NotNamed(address model, address successor, address named);

    /// @notice The successor follows another model already, or has a successor itself: name the last of its path.
    error Successors_Taken(address successor, address predecessor, address next);

    /// @notice Names who follows `model`. Only its ruler, as long as no successor was accepted.
    /// @param reason sha2-256 of the text that says why; not zero
    function nameSuccessor(address model, address successor, bytes32 reason) external;

    /// @notice Takes back a naming that was not accepted. Only the model's ruler.
    function withdrawSuccessor(address model) external;

    /// @notice Names `predecessor` back. Only the ruler of `model`, after the predecessor's has named it.
    /// @param reason the one that was named: what is accepted is what was read
    function acceptPredecessor(address model, address predecessor, bytes32 reason) external;

    /// @notice The step from a model on, accepted or not; empty where none was named.
    function successionOf(address model) external view returns (Succession memory);

    /// @notice The model that follows by a step that counts; zero if none does.
    function successorOf(address model) external view returns (address);

    /// @notice The model that this one follows by a step that counts; zero if none.
    function predecessorOf(address model) external view returns (address);

    /// @notice Follows at most `most` steps that count.
    /// @return current where that leads: the model itself if it has no successor
    /// @return last whether the path ends there; false if there are more steps to ask for
    function currentOf(address model, uint256 most) external view returns (address current, bool last);
}
