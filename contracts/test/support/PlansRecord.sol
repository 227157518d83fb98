// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IPassPlans, IPublishedModel, PassPlan } from "../../src/ledger/IPassPlans.sol";

/// @notice A model and its policy in one: plans as somebody voted them.
contract PlansRecord is IPassPlans, IPublishedModel {
    mapping(bytes32 plan => PassPlan) private _plans;

    function set(bytes32 plan, PassPlan calldata values) external {
        _plans[plan] = values;
    }

    function publisher() external view returns (address) {
        return address(this);
    }

    function passPlanOf(bytes32 plan) external view returns (PassPlan memory) {
        return _plans[plan];
    }
}
