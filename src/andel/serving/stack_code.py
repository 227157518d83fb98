"""EVM code written with names for what lies on the stack, so that no depth is counted by hand.

Takes pushes, copies and operations; gives the items of `assembler.assemble`. Knows only how deep each name lies:
never what a value is.
"""

from __future__ import annotations

from collections.abc import Sequence

from andel.errors import ModelFileError
from andel.serving.code_chunks import Item

MAX_DEPTH = 16
"""DUP and SWAP reach sixteen deep."""


class StackTooDeep(ModelFileError):
    """A value lies too deep on the stack for this way of writing; another way may reach it."""


class StackCode:
    """Straight-line code under construction; `items` is what was written so far."""

    def __init__(self, stack: Sequence[str] = ()) -> None:
        """Starts with no instruction, and these names on the stack, the last one on top."""
        self.items: list[Item] = []
        self._stack = list(stack)

    def push(self, value: int, name: str = "") -> None:
        """Pushes a number."""
        self.items.append(value)
        self._stack.append(name)

    def dup(self, name: str, copy: str = "") -> None:
        """Pushes a copy of the uppermost value of that name. Raises StackTooDeep, ValueError where there is none."""
        depth = self._stack[::-1].index(name) + 1
        if depth > MAX_DEPTH:
            raise StackTooDeep(f"{name} lies {depth} deep on the stack")
        self.items.append(f"DUP{depth}")
        self._stack.append(copy)

    def dup_top(self) -> None:
        """Pushes a copy of the top."""
        self.items.append("DUP1")
        self._stack.append("")

    def dup_second(self) -> None:
        """Pushes a copy of what lies under the top."""
        self.items.append("DUP2")
        self._stack.append("")

    def apply(self, mnemonic: str, takes: int, name: str | None = "") -> None:
        """An operation that takes values from the top and gives one of that name, or none (None)."""
        self.items.append(mnemonic)
        del self._stack[len(self._stack) - takes :]
        if name is not None:
            self._stack.append(name)

    def swap(self) -> None:
        """Exchanges the two upper values."""
        self.items.append("SWAP1")
        self._stack[-1], self._stack[-2] = self._stack[-2], self._stack[-1]

    def name(self, name: str) -> None:
        """Names the top."""
        self._stack[-1] = name

    def with_number(self, value: int, mnemonic: str) -> None:
        """Applies `mnemonic` to a pushed number and what lies below it (in EVM order: the number is on top)."""
        self.push(value)
        self.apply(mnemonic, 2)

    def extend(self, other: StackCode) -> None:
        """Writes code that was written apart, on a stack of its own."""
        self.items += other.items
        self._stack += other._stack

    def forget_top(self) -> None:
        """Says that instructions written to `items` have taken the top away."""
        del self._stack[-1]

    def store(self, place: int) -> None:
        """Puts the top into memory at `place`."""
        self.push(place)
        self.apply("MSTORE", 2, None)

    def load(self, place: int, mnemonic: str = "MLOAD", name: str = "") -> None:
        """Pushes the word at `place` of memory, or of the call data with CALLDATALOAD."""
        self.push(place)
        self.apply(mnemonic, 1, name)

    def call_chunk(self, address: bytes, given: int, given_bytes: int, place: int, place_bytes: int) -> None:
        """Asks the chunk at `address` what memory holds at `given`; its answer lands in memory at `place`."""
        for value in (place_bytes, place, given_bytes, given):
            self.push(value)
        self.items.append(address)
        del self._stack[len(self._stack) - 4 :]
