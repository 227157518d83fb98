"""What a model's compiled code returns for any call data, computed off chain: the market asks by bytes, not by codes.

Takes a model file and bytes of any length. Gives int256 words, bit for bit what the code gives: bytes that it does not
read are not looked at, missing ones are zeros, bits of a slot above its code are dropped. Never judges whether a
question makes sense.
"""

from __future__ import annotations

import numpy as np

from andel.encoding import WORD_BYTES, IntArray, words_of
from andel.serving.any_file import AnyFile, evaluate_any, question_bytes, takes_base
from andel.serving.evaluate import BASE_BYTES
from andel.serving.model_file import ModelFile
from andel.serving.slots import Slots


def answer_to_call_data(model: AnyFile, data: bytes) -> bytes:
    """The words that the code of `model` returns for `data`."""
    size = question_bytes(model)
    read = data[:size].ljust(size, b"\0")
    slots = Slots(model.inputs, 8, 8, base=True) if isinstance(model, ModelFile) else model.slots
    base = np.array([int.from_bytes(read[-BASE_BYTES:], "big", signed=True)]) if takes_base(model) else None
    answers = evaluate_any(model, codes_in(slots, read), base)[0]
    return words_of(answers.tolist())


def codes_in(slots: Slots, data: bytes) -> IntArray:
    """The codes (1, inputs) that compiled code reads: each slot modulo 2**code_bits, zeros where data ends."""
    size = slots.words * WORD_BYTES
    number = int.from_bytes(data[:size].ljust(size, b"\0"), "big")
    top = 8 * size - slots.slot_bits
    codes = [number >> (top - slots.slot_bits * i) & slots.max_code for i in range(slots.inputs)]
    return np.array([codes], dtype=np.int64)
