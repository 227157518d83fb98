"""Questions of any number of codes: slots of 4, 8 or 16 bits side by side, in words of 32 bytes.

Takes codes; gives the question's bytes, and back. Code 0 lies in the most significant slot of the first word; the
last word is filled up with zeros. Never judges what a code means. (Files of format 1 have a layout of their own,
`andel.serving.evaluate`.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andel.encoding import IntArray
from andel.errors import InputError, ModelFileError
from andel.serving.assembler import WORD_BITS
from andel.serving.file_fields import check_integer

FORMAT: Final = "andel-model/2"
"""Of every file whose questions lie in slots."""
WORD_BYTES: Final = WORD_BITS // 8
SLOT_BITS: Final = (4, 8, 16)
MAX_INPUTS: Final = 1_024

Codes = IntArray | npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Slots:
    """How a question of `inputs` codes lies in its words; making one checks it and raises ModelFileError."""

    inputs: int
    """Number of codes, 1..1024."""
    slot_bits: int
    """Pitch: 4, 8 or 16."""
    code_bits: int
    """Bits of a slot that count, 1..slot_bits: a code is its slot modulo 2**code_bits."""

    def __post_init__(self) -> None:
        if self.slot_bits not in SLOT_BITS:
            raise ModelFileError(f"slot_bits: {str(self.slot_bits)[:40]} is none of 4, 8, 16")
        for name, value, high in (("inputs", self.inputs, MAX_INPUTS), ("code_bits", self.code_bits, self.slot_bits)):
            check_integer(value, 1, high, name)

    @property
    def max_code(self) -> int:
        """The greatest code."""
        return (1 << self.code_bits) - 1

    @property
    def per_word(self) -> int:
        """Slots in a word."""
        return WORD_BITS // self.slot_bits

    @property
    def words(self) -> int:
        """Words of a question."""
        return -(-self.inputs // self.per_word)

    def layout(self) -> tuple[tuple[int | None, ...], ...]:
        """For each word, the input of each slot, the least significant slot first; None where there is none."""
        return tuple(
            tuple(
                i if (i := word * self.per_word + self.per_word - 1 - slot) < self.inputs else None
                for slot in range(self.per_word)
            )
            for word in range(self.words)
        )


def check_codes(slots: Slots, codes: Codes) -> IntArray:
    """The codes as int64 (n, inputs). Raises InputError for another shape, no integers, or a code out of range."""
    if not np.issubdtype(codes.dtype, np.integer) or codes.ndim != 2 or codes.shape[1] != slots.inputs:
        raise InputError(f"codes are {codes.dtype} {codes.shape}, not integers (n, {slots.inputs})")
    wide = codes.astype(np.int64)
    if wide.size and not 0 <= int(wide.min()) <= int(wide.max()) <= slots.max_code:
        raise InputError(f"a code is outside 0..{slots.max_code}: they lie in {wide.min()}..{wide.max()}")
    return wide


def pack_slots(slots: Slots, codes: Codes) -> bytes:
    """The question of one row of codes (inputs,). Raises InputError as `check_codes` does."""
    row = check_codes(slots, codes.reshape(1, -1))[0]
    number = 0
    for code in row.tolist():
        number = number << slots.slot_bits | code
    room = slots.words * slots.per_word - slots.inputs
    return (number << room * slots.slot_bits).to_bytes(slots.words * WORD_BYTES, "big")
