// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IOnchainModels } from "../../src/serving/IOnchainModels.sol";
import { PureCode } from "../../src/serving/PureCode.sol";
import { Base } from "../support/Base.sol";
import { Create2 } from "@openzeppelin/contracts/utils/Create2.sol";

/// requirePure: each of the 256 opcodes as the list says; PUSH data is skipped, never cut
/// creationCode: creates exactly the code it was given
contract PureCodeTest is Base {
    function test_everyOpcodeIsListedOrRefused() public {
        for (uint256 opcode = 0; opcode < 256; ++opcode) {
            bytes memory code = bytes.concat(bytes1(uint8(opcode)), new bytes(32));
            if (!mayStand(opcode)) {
                vm.expectRevert(
                    abi.encodeWithSelector(IOnchainModels.OnchainModels_BadOpcode.selector, 0, uint8(opcode))
                );
            }
            this.requirePure(code);
        }
    }

    function test_pushDataIsSkipped() public {
        this.requirePure(hex"6042");
        this.requirePure(bytes.concat(hex"7f", bytes32(type(uint256).max), hex"00"));
        vm.expectRevert(
            abi.encodeWithSelector(IOnchainModels.OnchainModels_BadOpcode.selector, 2, uint8(0x42))
        );
        this.requirePure(hex"600142");
        vm.expectRevert(
            abi.encodeWithSelector(IOnchainModels.OnchainModels_BadOpcode.selector, 1, uint8(0x42))
        );
        this.requirePure(hex"5f42");
    }

    function test_cutPushReverts() public {
        for (uint256 n = 1; n <= 32; ++n) {
            bytes memory code = bytes.concat(hex"00", bytes1(uint8(0x5f + n)), new bytes(n - 1));
            vm.expectRevert(abi.encodeWithSelector(IOnchainModels.OnchainModels_CutPush.selector, 1));
            this.requirePure(code);
            this.requirePure(bytes.concat(code, hex"00"));
        }
    }

    function test_sizeHasBounds() public {
        vm.expectRevert(abi.encodeWithSelector(IOnchainModels.OnchainModels_BadSize.selector, 0));
        this.requirePure("");
        this.requirePure(new bytes(24_576));
        vm.expectRevert(abi.encodeWithSelector(IOnchainModels.OnchainModels_BadSize.selector, 24_577));
        this.requirePure(new bytes(24_577));
    }

    function testFuzz_creationCodeGivesTheCode(bytes memory code, bytes32 salt) public {
        vm.assume(code.length > 0 && code.length <= 24_576 && code[0] != 0xef);
        address created = Create2.deploy(0, salt, PureCode.creationCode(code));
        vm.assertEq(keccak256(created.code), keccak256(code), "code");
    }

    function test_creationCodeGivesTheLargestCode() public {
        bytes memory code = new bytes(24_576);
        address created = Create2.deploy(0, 0, PureCode.creationCode(code));
        vm.assertEq(created.code.length, code.length, "size");
    }

    /// The list again, as ranges.
    function mayStand(uint256 opcode) private pure returns (bool) {
        if (opcode <= 0x0b) return true; // STOP to SIGNEXTEND
        if (opcode >= 0x10 && opcode <= 0x1d) return true; // LT to SAR
        if (opcode == 0x35 || opcode == 0x36) return true; // CALLDATALOAD, CALLDATASIZE
        if (opcode >= 0x50 && opcode <= 0x53) return true; // POP to MSTORE8
        if (opcode == 0x56 || opcode == 0x57 || opcode == 0x5b) return true; // jumps
        if (opcode >= 0x5f && opcode <= 0x9f) return true; // PUSH, DUP, SWAP
        return opcode == 0xf3 || opcode == 0xfd; // RETURN, REVERT
    }

    function requirePure(bytes memory code) external view {
        PureCode.requirePure(code);
    }
}
