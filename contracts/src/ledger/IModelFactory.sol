// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Implementations, Launch, Model } from "./LaunchTypes.sol";

/// @title Where models are launched
/// @notice One per chain, without an owner. A launch makes all contracts of a model in one transaction, each a clone
/// (EIP-1167) of an implementation named here, with what it is founded with in its own code. No clone can be upgraded,
/// and none is ever there half founded: a launch happens whole or not at all.
///
/// The contracts of a model name one another. Their addresses follow from this factory's own count of creations, so
/// they are known before they are there; a clone that came out elsewhere reverts the launch.
///
/// WHO RULES. With an owner named, the owner: names operators, lowers emission, rules the model's own alliance, publishes
/// versions, and is the treasury; for tests and demonstrations. Without one, holders do by votes: everything that
/// somebody may ever change is the timelock's, and nobody keeps a key.
///
/// Tokens at the launch: what is offered lies in the offering, what founders get in vesting wallets, all within the cap
/// together with the ceiling of emission. Nobody gets a token in hand.
///
/// WHO. Anybody launches any model; a launch says nothing about whether a model is worth anything. Only this factory
/// initialises clones of implementations that need it, each once: so who finds `Operators` initialised, and all
/// parts naming one another, knows that the bounds of `LaunchTypes.sol` were kept.
interface IModelFactory {
    /// @notice A model was launched. `model` is its `RoundManager`, and so its id.
    event ModelLaunched(address indexed model, address indexed sender, Model parts);

    /// @notice Nothing is deployed there, or it answers to another factory.
    error ModelFactory_BadImplementation(address implementation);

    /// @notice A clone did not come out where it was told to the others.
    error ModelFactory_WrongAddress(address expected, address created);

    /// @notice A parameter out of its bounds, see `LaunchTypes.sol`.
    error ModelFactory_OutOfBounds(bytes32 parameter, uint256 value);

    /// @notice Launches a model: its bounds are checked here, once. Anybody may call. Operators' bonds are deposited after.
    function launch(Launch calldata terms) external returns (Model memory model);

    /// @notice How many contracts were created here.
    function creations() external view returns (uint256);

    /// @notice What every model's contracts are clones of.
    function implementations() external view returns (Implementations memory);
}
