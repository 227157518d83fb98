// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice What a model sells access for.
/// @param payTo who is paid: the model's revenue vault
/// @param token the ERC-20 to pay with; zero for the chain's coin
/// @param price the token's smallest units, or wei, for one period; may be zero
/// @param period seconds that a purchase lasts; zero says that there is no such plan
/// @param perDay requests that the holder may make in a day
/// @param transferable whether the holder may pass it on
/// @param termsHash sha2-256 of the licence
struct PassPlan {
    address payTo;
    address token;
    uint256 price;
    uint64 period;
    uint32 perDay;
    bool transferable;
    bytes32 termsHash;
}

/// @notice What a model's policy answers about its passes.
interface IPassPlans {
    /// @notice A plan by its id, as it is sold now; all zero if there is none.
    function passPlanOf(bytes32 plan) external view returns (PassPlan memory);
}

/// @notice What a model answers about who sets its policy.
interface IPublishedModel {
    /// @notice The model's policy.
    function publisher() external view returns (address);
}
