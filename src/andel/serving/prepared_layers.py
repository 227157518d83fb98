"""A file of layers made ready to be asked one question after another.

Takes a proven LayersFile with one answer; gives the integers of `evaluate_layers`, bit for bit. Weights are arrays
once, in float64: every sum of a hidden layer fits 16 bits and one of the last layer 32, and so does each part of it up
to the sum of all magnitudes, far below 2**53; so whatever the order of the products, nothing is rounded. Never takes a
question that is not canonical.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from andel.encoding import IntArray
from andel.errors import InputError
from andel.serving.layers_file import LayersFile
from andel.serving.slots import BASE_BYTES, WORD_BYTES, unpack_slots


class PreparedLayers:
    """The answers of one file. Holds no state besides: threads may share one."""

    __slots__ = ("_argmax", "_by_bytes", "_layers", "_slots")

    def __init__(self, model: LayersFile) -> None:
        """Raises InputError for a model that answers with several integers."""
        if model.answers != 1:
            raise InputError(f"a model that answers with {model.answers} integers", "evaluate it by codes")
        self._slots = model.slots
        self._by_bytes = (model.slots.slot_bits, model.slots.code_bits) == (8, 8)
        self._argmax = model.output == "argmax"
        self._layers = [
            (np.array(layer.weights, dtype=np.float64).T, np.array(layer.biases, dtype=np.float64), layer.shift)
            for layer in model.layers
        ]

    def answer(self, question: bytes) -> int:
        """The answer to one question. Raises InputError as `unpack_slots` does."""
        return int(self.answers([question])[0])

    def answers(self, questions: Sequence[bytes]) -> IntArray:
        """The answers (questions,), at once. Raises as `answer` does."""
        codes, bases = self._read(questions)
        values = codes.astype(np.float64)
        for number, (weights, biases, shift) in enumerate(self._layers):
            sums: IntArray = (values @ weights + biases).astype(np.int64)
            if number < len(self._layers) - 1:
                values = (np.maximum(sums, 0) >> shift).astype(np.float64)
        told = np.argmax(sums, axis=1) if self._argmax else (sums[:, 0] >> self._layers[-1][2]) + bases
        answers: IntArray = told
        return answers

    def _read(self, questions: Sequence[bytes]) -> tuple[IntArray, IntArray]:
        slots = self._slots
        if not self._by_bytes:
            rows = [unpack_slots(slots, question) for question in questions]
            return np.stack([codes for codes, _ in rows]), np.array([base for _, base in rows], dtype=np.int64)
        size = WORD_BYTES * slots.words
        for question in questions:
            if len(question) != size:
                raise InputError(f"question of {len(question)} bytes, not {size}")
        data = np.frombuffer(b"".join(questions), dtype=np.uint8).reshape(len(questions), size)
        tail = size - BASE_BYTES if slots.base else size
        if data[:, slots.inputs : tail].any():
            raise InputError("question has a byte other than zero where nothing lies")
        base = np.ascontiguousarray(data[:, tail:]).view(">i4")[:, 0] if slots.base else np.zeros(len(questions))
        return data[:, : slots.inputs].astype(np.int64), base.astype(np.int64)
