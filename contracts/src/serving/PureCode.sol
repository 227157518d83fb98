// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IOnchainModels } from "./IOnchainModels.sol";

/// @title Code whose answer depends on its input alone
/// @notice Walks runtime code opcode by opcode, skipping what PUSH carries, and refuses everything that is not listed.
/// Data that is never run is walked too: what looks like an unlisted opcode is refused wherever it stands. A jump
/// cannot enter PUSH data, since a JUMPDEST there does not count.
///
/// CHUNKS. Code over 24,576 bytes lies in a head and chunks. A head may call in one sequence of bytes alone: PUSH20 of a
/// chunk, GAS, STATICCALL, PUSH2 of the byte after, JUMPI, PUSH0, PUSH0, REVERT, JUMPDEST. A chunk is pure code that the
/// same registry created, so what it returns depends on what it is asked. What GAS pushes is taken by STATICCALL at once,
/// and a failed call reverts: however little gas a caller gives, it can withhold an answer, never change it.
library PureCode {
    uint256 private constant MAX_SIZE = 24_576;
    uint256 private constant PUSH0 = 0x5f;
    uint256 private constant PUSH32 = 0x7f;
    uint256 private constant PUSH20 = 0x73;

    /// Bytes of a call: PUSH20 and an address, then GAS STATICCALL PUSH2 after JUMPI PUSH0 PUSH0 REVERT JUMPDEST.
    uint256 private constant CALL_SIZE = 31;

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
    function requirePure(bytes memory code) internal view {
        _requireListed(code, _noChunk);
    }

    /// @notice As {requirePure}, with calls of what `isChunk` knows.
    function requireHead(bytes memory code, function(address) view returns (bool) isChunk) internal view {
        _requireListed(code, isChunk);
    }

    /// @notice Creation code that returns `code` as it is: PUSH2 size, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN.
    function creationCode(bytes memory code) internal pure returns (bytes memory) {
        return abi.encodePacked(hex"61", uint16(code.length), hex"80600a5f395ff3", code);
    }

    function _requireListed(bytes memory code, function(address) view returns (bool) isChunk) private view {
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
                    if (opcode == PUSH20 && _isCall(code, position, isChunk)) next = position + CALL_SIZE;
                }
                position = next;
            }
        }
    }

    /// Whether a call of a chunk stands at `position`, byte for byte.
    function _isCall(
        bytes memory code,
        uint256 position,
        function(address) view returns (bool) isChunk
    )
        private
        view
        returns (bool)
    {
        if (position + CALL_SIZE > code.length) return false;
        bytes32 word;
        // In bounds: 31 bytes from `position` on are code, and a 32nd is dropped.
        assembly ("memory-safe") {
            word := mload(add(add(code, 32), position))
        }
        uint256 after_ = position + CALL_SIZE - 1;
        uint256 rest = (uint256(word) >> 8) & type(uint80).max;
        if (rest != (0x5afa61 << 56 | after_ << 40 | 0x575f5ffd5b)) return false;
        return isChunk(address(uint160(uint256(word) >> 88)));
    }

    function _noChunk(address) private pure returns (bool) {
        return false;
    }
}
