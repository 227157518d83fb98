// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Governed } from "../support/Governed.sol";

/// Every function of every contract of a model that changes anything stands in vectors/permissions.json, with who may
/// call it; that the file lacks none is tested from the compiled ABIs (tests/ledger/test_permissions.py). Each that names
/// a refusal is called here by everybody else who has any part in the model: nobody gets past it.
contract PermissionsTest is Governed {
    string private json = vm.readFile("../vectors/permissions.json");

    constructor() {
        deployGovernedAndHeld();
    }

    function test_onlyWhoIsNamedGetsPastTheGate() public {
        uint256 walked = 0;
        for (uint256 i = 0; vm.keyExistsJson(json, at(i, ".function")); ++i) {
            string memory refusal = vm.parseJsonString(json, at(i, ".refusal"));
            if (bytes(refusal).length == 0) continue;
            walk(i, refusal);
            ++walked;
        }
        vm.assertLt(40, walked, "privileged functions");
    }

    function walk(uint256 i, string memory refusal) private {
        string memory name = vm.parseJsonString(json, at(i, ".function"));
        address target = contractOf(vm.parseJsonString(json, at(i, ".contract")));
        address named = accountOf(vm.parseJsonString(json, at(i, ".by")));
        // words of zero are empty lists, too
        bytes memory data = bytes.concat(selectorOf(name), new bytes(32 * 24));
        address[17] memory callers = everybody();
        for (uint256 j = 0; j < callers.length; ++j) {
            if (callers[j] == named) continue;
            vm.prank(callers[j]);
            (bool success, bytes memory answer) = target.call(data);
            vm.assertFalse(success, name);
            vm.assertEq(bytes32(bytes4(answer)), bytes32(selectorOf(refusal)), name);
        }
    }

    function everybody() private view returns (address[17] memory) {
        return [
            stranger,
            founder,
            coordinator,
            standby,
            vm.addr(validatorKeys[0]),
            anne,
            address(sale),
            address(token),
            address(pool),
            address(operators),
            address(disputes),
            address(manager),
            address(alliance),
            address(governor),
            address(timelock),
            address(policy),
            address(registry)
        ];
    }

    /// What stands behind each name after a launch: the founder is none of them.
    function test_whoHoldsThePowers() public view {
        vm.assertEq(operators.owner(), address(timelock), "operators");
        vm.assertEq(alliance.owner(), address(timelock), "alliance");
        vm.assertEq(manager.publisher(), address(policy), "versions");
        vm.assertEq(policy.timelock(), address(timelock), "policy");
        vm.assertEq(governor.timelock(), address(timelock), "governor");
        vm.assertEq(timelock.governor(), address(governor), "timelock");
        vm.assertEq(token.minter(), address(pool), "minter");
        vm.assertEq(pool.manager(), address(manager), "pool");
        vm.assertFalse(timelock.hasRole(timelock.PROPOSER_ROLE(), founder), "founder proposes nothing");
        vm.assertFalse(
            timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), founder), "founder administers nothing"
        );
        vm.assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(this)), "nor the factory");
    }

    function at(uint256 i, string memory field) private pure returns (string memory) {
        return string.concat(".functions[", vm.toString(i), "]", field);
    }

    function selectorOf(string memory signature) private pure returns (bytes4) {
        return bytes4(keccak256(bytes(signature)));
    }

    function contractOf(string memory name) private view returns (address) {
        bytes32 id = keccak256(bytes(name));
        if (id == keccak256("ModelToken")) return address(token);
        if (id == keccak256("RewardPool")) return address(pool);
        if (id == keccak256("Operators")) return address(operators);
        if (id == keccak256("Disputes")) return address(disputes);
        if (id == keccak256("RoundManager")) return address(manager);
        if (id == keccak256("Alliance")) return address(alliance);
        if (id == keccak256("ModelGovernor")) return address(governor);
        if (id == keccak256("ModelTimelock")) return address(timelock);
        if (id == keccak256("ModelPolicy")) return address(policy);
        revert(string.concat("no such contract: ", name));
    }

    function accountOf(string memory name) private view returns (address) {
        bytes32 id = keccak256(bytes(name));
        if (id == keccak256("timelock")) return address(timelock);
        if (id == keccak256("governor")) return address(governor);
        if (id == keccak256("pool")) return address(pool);
        if (id == keccak256("manager")) return address(manager);
        if (id == keccak256("disputes")) return address(disputes);
        return address(0);
    }
}
