"""EVM bytes from mnemonics and numbers, and back.

Takes a sequence of mnemonics ("MUL", "DUP3") and non-negative integers (pushed in their shortest form);
gives the bytes, and for bytes of unknown origin the instructions and whether all of them are listed. The
list is that of the contract `OnchainModels`: arithmetic, comparison, bits, stack, memory, jumps and the call
data. Never runs code, and knows no instruction that reads state or the environment, calls, creates or logs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from andel.errors import ModelFileError

WORD_BITS: Final = 256
MAX_CODE_BYTES: Final = 24_576
"""EIP-170: the longest runtime code that a chain accepts."""


@dataclass(frozen=True, slots=True)
class Opcode:
    """A listed instruction: its mnemonic, its byte, and its gas without memory growth (Cancun)."""

    name: str
    byte: int
    gas: int


def _listed() -> tuple[Opcode, ...]:
    named = (
        "ADD 01 3, MUL 02 5, SUB 03 3, DIV 04 5, SDIV 05 5, MOD 06 5, SMOD 07 5, ADDMOD 08 8, MULMOD 09 8, "
        "SIGNEXTEND 0b 5, LT 10 3, GT 11 3, SLT 12 3, SGT 13 3, EQ 14 3, ISZERO 15 3, AND 16 3, OR 17 3, "
        "XOR 18 3, NOT 19 3, BYTE 1a 3, SHL 1b 3, SHR 1c 3, SAR 1d 3, CALLDATALOAD 35 3, POP 50 2, "
        "MLOAD 51 3, MSTORE 52 3, JUMP 56 8, JUMPI 57 10, JUMPDEST 5b 1, PUSH0 5f 2, RETURN f3 0, REVERT fd 0"
    )
    rows = (entry.split() for entry in named.split(", "))
    opcodes = [Opcode(name, int(byte, 16), int(gas)) for name, byte, gas in rows]
    opcodes += [Opcode(f"PUSH{n}", 0x5F + n, 3) for n in range(1, 33)]
    opcodes += [Opcode(f"DUP{n}", 0x7F + n, 3) for n in range(1, 17)]
    opcodes += [Opcode(f"SWAP{n}", 0x8F + n, 3) for n in range(1, 17)]
    return tuple(opcodes)


LISTED_OPCODES: Final = _listed()
_BY_NAME: Final = {opcode.name: opcode for opcode in LISTED_OPCODES}
_BY_BYTE: Final = {opcode.byte: opcode for opcode in LISTED_OPCODES}


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a code: where it stands, what it is, and what it pushes (None unless a push)."""

    position: int
    opcode: Opcode
    pushed: int | None


def assemble(items: Iterable[str | int]) -> bytes:
    """The bytes of `items`: a string is a mnemonic, an integer in 0..2**256-1 the shortest push of itself.

    Raises KeyError for a mnemonic that is not listed, OverflowError for an integer outside the word: both are
    mistakes of the caller, never of a file.
    """
    return b"".join(_push(item) if isinstance(item, int) else bytes([_BY_NAME[item].byte]) for item in items)


def disassemble(code: bytes) -> tuple[Instruction, ...]:
    """The instructions of `code`, read in order and past what is pushed.

    Raises ModelFileError, with the position, at the first byte that is no listed opcode and at a push that
    the end of the code cuts short.
    """
    instructions = []
    position = 0
    while position < len(code):
        opcode = _BY_BYTE.get(code[position])
        if opcode is None:
            raise ModelFileError(f"byte {position}: opcode 0x{code[position]:02x} is not listed")
        size = _pushed_bytes(opcode)
        data = code[position + 1 : position + 1 + size]
        if len(data) < size:
            raise ModelFileError(f"byte {position}: {opcode.name} has {len(data)} bytes to push")
        pushed = int.from_bytes(data, "big") if opcode.name.startswith("PUSH") else None
        instructions.append(Instruction(position, opcode, pushed))
        position += 1 + size
    return tuple(instructions)


def opcodes_used(code: bytes) -> frozenset[str]:
    """Mnemonics that occur in `code`. Raises ModelFileError as `disassemble` does: returning is the check."""
    return frozenset(instruction.opcode.name for instruction in disassemble(code))


def _push(value: int) -> bytes:
    size = (value.bit_length() + 7) // 8
    if value < 0 or size > WORD_BITS // 8:
        raise OverflowError(f"{value} is outside the EVM's word")
    return bytes([0x5F + size]) + value.to_bytes(size, "big")


def _pushed_bytes(opcode: Opcode) -> int:
    return opcode.byte - 0x5F if 0x5F <= opcode.byte <= 0x7F else 0
