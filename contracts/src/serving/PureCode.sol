// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IOnchainModels } from "./IOnchainModels.sol";

/// @title Code whose answer depends on its input alone
/// @notice Walks runtime code opcode by opcode, skipping what PUSH carries, and refuses everything that is not listed.
/// Data that is never run is walked too: what looks like an unlisted opcode is refused wherever it stands. A jump
/// cannot enter PUSH data, since a JUMPDEST there does not count.
library PureCode {
    uint256 private constant MAX_SIZE = 24_576;
    uint256 private constant PUSH0 = 0x5f;
    uint256 private constant PUSH32 = 0x7f;

    /// One bit for each opcode that may stand in a model's code.
    uint256 private constant LISTED = (0xfff << 0x00) // STOP ADD MUL SUB DIV SDIV MOD SMOD ADDMOD MULMOD EXP SIGNEXTEND
        | (0x3fff << 0x10) // LT GT SLT SGT EQ ISZERO AND OR XOR NOT BYTE SHL SHR SAR
        | (0x3 << 0x35) // CALLDATALOAD CALLDATASIZE
        | (0xf << 0x50) // POP MLOAD MSTORE MSTORE8
        | (0x3 << 0x56) // JUMP JUMPI
        | (0x1 << 0x5b) // JUMPDEST
        | (0x1ffffffff << 0x5f) // PUSH0 to PUSH32
        | (0xffffffff << 0x80) // DUP1 to DUP16, SWAP1 to SWAP16
        | (0x1 << 0xf3) // RETURN
        | (0x1 << 0xfd); // REVERT

    /// @notice Reverts unless every opcode of `code` is listed and no PUSH is cut off.
    function requirePure(bytes memory code) internal pure {
        uint256 size = code.length;
        require(size != 0 && size <= MAX_SIZE, IOnchainModels.OnchainModels_BadSize(size));
        uint256 position = 0;
        while (position < size) {
            uint256 opcode = uint8(code[position]);
            if ((LISTED >> opcode) & 1 == 0) {
                revert IOnchainModels.OnchainModels_BadOpcode(position, uint8(code[position]));
            }
            // Cannot overflow: position < size <= 24,576, and a step is at most 33.
            unchecked {
                uint256 next = position + 1;
                if (opcode > PUSH0 && opcode <= PUSH32) {
                    next += opcode - PUSH0;
                    if (next > size) revert IOnchainModels.OnchainModels_CutPush(position);
                }
                position = next;
            }
        }
    }

    /// @notice Creation code that returns `code` as it is: PUSH2 size, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN.
    function creationCode(bytes memory code) internal pure returns (bytes memory) {
        return abi.encodePacked(hex"61", uint16(code.length), hex"80600a5f395ff3", code);
    }
}
