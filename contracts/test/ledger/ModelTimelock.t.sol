// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { CloneArgs } from "../../src/ledger/CloneArgs.sol";
import { IModelTimelock } from "../../src/ledger/IModelTimelock.sol";
import { ModelTimelock } from "../../src/ledger/ModelTimelock.sol";
import { Base } from "../support/Base.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";

/// @notice Shows the words of the clone it runs as.
contract Words {
    function word(uint256 index) external view returns (bytes32) {
        return CloneArgs.word(index);
    }

    function read(uint256 index) external view returns (bytes32, address, uint256) {
        return (CloneArgs.word(index), CloneArgs.addressAt(index), CloneArgs.uintAt(index));
    }
}

contract CloneArgsTest is Base {
    function testFuzz_aCloneReadsItsWords(bytes32[5] calldata words) public {
        Words clone = Words(Clones.cloneWithImmutableArgs(address(new Words()), abi.encode(words)));
        for (uint256 i = 0; i < 5; ++i) {
            (bytes32 word, address account, uint256 number) = clone.read(i);
            vm.assertEq(word, words[i], "word");
            vm.assertEq(account, address(uint160(uint256(words[i]))), "address");
            vm.assertEq(number, uint256(words[i]), "integer");
        }
        vm.assertEq(clone.word(5), bytes32(0), "beyond the last");
        vm.assertEq(clone.word(1 << 40), bytes32(0), "far beyond");
    }

    function test_aPartOfAWordIsFilledWithZeros() public {
        Words clone = Words(Clones.cloneWithImmutableArgs(address(new Words()), hex"aabb"));
        vm.assertEq(clone.word(0), bytes32(hex"aabb"), "two bytes");
    }
}

contract ModelTimelockTest is Base {
    ModelTimelock private code = new ModelTimelock(address(this));
    address private governor = vm.addr(7);

    function clone() private returns (ModelTimelock) {
        return ModelTimelock(
            payable(Clones.cloneWithImmutableArgs(address(code), abi.encode(governor, uint256(1 days))))
        );
    }

    function one(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }

    function test_theGovernorAloneActs() public {
        ModelTimelock timelock = clone();
        timelock.initialize(2 days, one(governor), one(governor), address(0));
        vm.assertTrue(timelock.hasRole(timelock.PROPOSER_ROLE(), governor), "proposes");
        vm.assertTrue(timelock.hasRole(timelock.EXECUTOR_ROLE(), governor), "executes");
        vm.assertTrue(timelock.hasRole(timelock.CANCELLER_ROLE(), governor), "cancels");
        vm.assertFalse(timelock.hasRole(timelock.EXECUTOR_ROLE(), address(0)), "not everybody");
        vm.assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(this)), "no admin");
        vm.assertEq(timelock.governor(), governor, "its word");
    }

    function test_otherRolesAreNoFounding() public {
        ModelTimelock timelock = clone();
        bytes memory refusal = abi.encodeWithSelector(IModelTimelock.ModelTimelock_BadRoles.selector);
        vm.expectRevert(refusal);
        timelock.initialize(2 days, one(governor), one(governor), address(this));
        vm.expectRevert(refusal);
        timelock.initialize(2 days, one(address(this)), one(governor), address(0));
        vm.expectRevert(refusal);
        timelock.initialize(2 days, one(governor), one(address(0)), address(0));
        vm.expectRevert(refusal);
        timelock.initialize(2 days, new address[](0), one(governor), address(0));
    }

    function testFuzz_delaysOutsideTheirBoundsAreNoFounding(uint256 delay) public {
        ModelTimelock timelock = clone();
        if (delay < 1 days || delay > 30 days) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IModelTimelock.ModelTimelock_BadDelay.selector, delay, uint256(1 days), uint256(30 days)
                )
            );
        }
        timelock.initialize(delay, one(governor), one(governor), address(0));
    }

    function test_onlyTheFactoryInitialises() public {
        ModelTimelock timelock = clone();
        vm.expectRevert(
            abi.encodeWithSelector(IModelTimelock.ModelTimelock_NotFactory.selector, governor, address(this))
        );
        vm.prank(governor);
        timelock.initialize(2 days, one(governor), one(governor), address(0));
    }
}
