"""Code in several contracts: a head that asks chunks, which are pure codes of their own.

Takes runtime codes and the registry that will create them; gives the addresses at which it does, and the one sequence
of instructions in which a head may call: PUSH20 of the chunk, GAS, STATICCALL, and a revert when that fails. So a
failed chunk can never change an answer, only withhold it, and GAS is seen by nobody. Never deploys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from andel.errors import ModelFileError
from andel.hashing import keccak
from andel.serving.assembler import MAX_CODE_BYTES, assemble

COLD_CALL_GAS: Final = 2_600
CALL_BYTES: Final = 21 + 1 + 1 + 3 + 1 + 3 + 1
"""PUSH20 address, GAS, STATICCALL, PUSH2 after, JUMPI, PUSH0 PUSH0 REVERT, JUMPDEST."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place to jump to."""

    name: str


@dataclass(frozen=True, slots=True)
class To:
    """Pushes where the mark of that name stands."""

    name: str


Item = str | int | bytes | Mark | To


@dataclass(frozen=True, slots=True)
class CompiledModel:
    """What stands on chain: the head is what is asked, the chunks are created before it."""

    head: bytes
    chunks: tuple[bytes, ...]
    gas: int | None
    """Gas of the call's execution with every chunk cold, the same for every question; None where it depends on it."""


def creation_code(runtime: bytes) -> bytes:
    """What creates `runtime` as it is, byte for byte that of the contract `PureCode`. Raises ModelFileError."""
    if not 1 <= len(runtime) <= MAX_CODE_BYTES:
        raise ModelFileError(f"code of {len(runtime)} bytes, not 1 to {MAX_CODE_BYTES}")
    return b"\x61" + len(runtime).to_bytes(2, "big") + bytes.fromhex("80600a5f395ff3") + runtime


def chunk_address(registry: bytes, runtime: bytes) -> bytes:
    """Where `registry` (20 bytes) creates a chunk: CREATE2 with salt zero (EIP-1014)."""
    return keccak(b"\xff" + registry + bytes(32) + keccak(creation_code(runtime)))[12:]


def call_sequence(address: bytes, position: int) -> bytes:
    """The bytes of a call that stand at `position`; below them lie what STATICCALL takes besides gas and address."""
    after = position + CALL_BYTES - 1
    return b"\x73" + address + b"\x5a\xfa\x61" + after.to_bytes(2, "big") + b"\x57\x5f\x5f\xfd\x5b"


def assemble_head(items: Sequence[Item]) -> bytes:
    """The bytes of `items`: as `assemble` makes them, 20 bytes being a call of the chunk at that address."""
    positions: dict[str, int] = {}
    position = 0
    for item in items:
        if isinstance(item, Mark):
            positions[item.name] = position
        position += _size(item)
    # places past 2**16 are written short: such code is longer than any contract, and only measured
    code = bytearray()
    for item in items:
        if isinstance(item, bytes):
            code += call_sequence(item, len(code))
        elif isinstance(item, Mark):
            code += assemble(["JUMPDEST"])
        elif isinstance(item, To):
            code += b"\x61" + (positions[item.name] & 0xFFFF).to_bytes(2, "big")
        else:
            code += assemble([item])
    return bytes(code)


def _size(item: Item) -> int:
    if isinstance(item, bytes):
        return CALL_BYTES
    if isinstance(item, int):
        return 1 + (item.bit_length() + 7) // 8
    return 3 if isinstance(item, To) else 1
