"""Questions of any number of codes: slots of 4, 8 or 16 bits side by side, in words of 32 bytes.

Takes codes, and a base where the model adds one; gives the question's bytes, and back. Code 0 lies in the most
significant slot of the first word; the last four bytes of the last word are the base, int32, two's complement; what
lies between is zeros. So a question of bytes with a base is one of format 1 (`andel.serving.evaluate`). Never judges
what a code means.
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
MAX_QUESTION_BYTES: Final = 2_048
"""The longest question that anybody is asked: 64 words."""
BASE_BYTES: Final = 4
BASE_LIMIT: Final = 1 << (8 * BASE_BYTES - 1)

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
    base: bool = False
    """Whether the last four bytes of a question are a base, which the answer adds."""

    def __post_init__(self) -> None:
        if self.slot_bits not in SLOT_BITS:
            raise ModelFileError(f"slot_bits: {str(self.slot_bits)[:40]} is none of 4, 8, 16")
        for name, value, high in (("inputs", self.inputs, MAX_INPUTS), ("code_bits", self.code_bits, self.slot_bits)):
            check_integer(value, 1, high, name)
        if not isinstance(self.base, bool):
            raise ModelFileError("adds_base: neither true nor false")

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
        return -(-(self.inputs * self.slot_bits + self.base * 8 * BASE_BYTES) // WORD_BITS)

    @property
    def base_word(self) -> int | None:
        """Where the word begins that ends with the base; None where there is none."""
        return WORD_BYTES * (self.words - 1) if self.base else None

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


def check_bases(slots: Slots, base: IntArray | None, rows: int) -> IntArray | None:
    """The bases as they are, (rows,) int64; None for a model without. Raises InputError for anything else."""
    if not slots.base:
        if base is not None:
            raise InputError("a base for a model whose answers stand alone", "leave the base out")
        return None
    if base is None or base.dtype != np.int64 or base.shape != (rows,):
        raise InputError(f"base is not int64 ({rows},)", "this model adds its answer to a base")
    if base.size and not (-BASE_LIMIT <= int(base.min()) and int(base.max()) < BASE_LIMIT):
        raise InputError("a base is outside int32", "give it in the model's unit")
    return base


def pack_slots(slots: Slots, codes: Codes, base: int = 0) -> bytes:
    """The question of one row of codes (inputs,). Raises InputError as `check_codes` and `check_bases` do."""
    row = check_codes(slots, codes.reshape(1, -1))[0]
    number = 0
    for code in row.tolist():
        number = number << slots.slot_bits | code
    room = slots.words * slots.per_word - slots.inputs
    number <<= room * slots.slot_bits
    if slots.base:
        if not -BASE_LIMIT <= base < BASE_LIMIT:
            raise InputError(f"base {base} is outside int32", "give it in the model's unit")
        number |= base % (2 * BASE_LIMIT)
    elif base:
        raise InputError("a base for a model whose answers stand alone", "leave the base out")
    return number.to_bytes(slots.words * WORD_BYTES, "big")


def unpack_slots(slots: Slots, question: bytes) -> tuple[IntArray, int]:
    """Codes (inputs,) and base (0 where there is none) of a canonical question. Raises InputError for any other."""
    if len(question) != slots.words * WORD_BYTES:
        raise InputError(f"question of {len(question)} bytes, not {slots.words * WORD_BYTES}")
    number, places = int.from_bytes(question, "big"), slots.words * slots.per_word
    found = [number >> slots.slot_bits * (places - 1 - i) & (1 << slots.slot_bits) - 1 for i in range(slots.inputs)]
    row = np.array(found, dtype=np.int64)
    base = int.from_bytes(question[-BASE_BYTES:], "big", signed=True) if slots.base else 0
    if int(row.max()) > slots.max_code or pack_slots(slots, row, base) != question:
        raise InputError("question has a bit other than zero where nothing lies")
    return row, base
