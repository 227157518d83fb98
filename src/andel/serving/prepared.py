"""A model file made ready to be asked one question after another, without NumPy's cost for each small array.

Takes a proven ModelFile of format 1; gives the integers of `evaluate`, bit for bit. Numbers lie side by side in lanes
of one long Python integer, as in the compiled code, so a layer is one multiplication an input. Never takes a question
that is not canonical.

    hidden lane j, 16 bits:  z_j + 2^15, which bound 1 keeps within 0 .. 2^16 - 1
    output lane n, 32 bits:  2^31 + sum over j + m = n of a_j * output_weights[h - 1 - m], which bound 2 keeps within
                             0 .. 2^32 - 1; the lane n = h - 1 is y - output_bias + 2^31

No lane borrows from another or carries into it, so reading one is a shift and a mask.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from andel.encoding import IntArray
from andel.serving.evaluate import BASE_BYTES, check_question
from andel.serving.model_file import LANE_BITS, OUTPUT_LANE_BITS, ModelFile

_SPREAD = OUTPUT_LANE_BITS // LANE_BITS


class PreparedModel:
    """The answers of one model file. Holds no state besides: threads may share one."""

    __slots__ = (
        "_adds_base",
        "_arrays",
        "_bias",
        "_columns",
        "_inputs",
        "_lanes",
        "_low",
        "_output",
        "_shift",
        "_start",
        "_top",
        "_tops",
    )

    def __init__(self, model: ModelFile) -> None:
        """`model` is proven, so every lane holds."""
        hidden = model.hidden
        # hidden lanes stand at the pitch of the output's, so that nothing is spread between the layers
        pitch = _SPREAD * LANE_BITS
        self._columns = [sum(row[i] << (pitch * j) for j, row in enumerate(model.weights)) for i in range(model.inputs)]
        self._start = sum((bias + (1 << LANE_BITS - 1)) << (pitch * j) for j, bias in enumerate(model.biases))
        self._tops = sum(1 << (pitch * j + LANE_BITS - 1) for j in range(hidden))
        self._output = sum(
            weight << (OUTPUT_LANE_BITS * (hidden - 1 - j)) for j, weight in enumerate(model.output_weights)
        )
        self._low = (1 << OUTPUT_LANE_BITS) - 1
        # an offset for each lane of the product up to the one that is read
        self._lanes = sum(1 << (OUTPUT_LANE_BITS * n + OUTPUT_LANE_BITS - 1) for n in range(hidden))
        self._top = OUTPUT_LANE_BITS * (hidden - 1)
        self._bias = model.output_bias - (1 << OUTPUT_LANE_BITS - 1)
        self._shift = model.shift
        self._adds_base = model.adds_base
        self._inputs = model.inputs
        self._arrays = (
            np.array(model.weights, dtype=np.int64).T,
            np.array(model.biases, dtype=np.int64),
            np.array(model.output_weights, dtype=np.int64),
            np.int64(model.output_bias),
        )

    def answer(self, question: bytes) -> int:
        """The answer to one question. Raises InputError as `unpack_question` does."""
        check_question(question, self._inputs)
        z = self._start
        for code, column in zip(question, self._columns):  # noqa: B905  # a question's bytes past its codes are no codes
            z += code * column
        positive = z & self._tops
        # every set top bit becomes the bits below it, which then let the lane's value through
        activations = z & (positive - (positive >> LANE_BITS - 1))
        product = activations * self._output + self._lanes
        change = ((product >> self._top & self._low) + self._bias) >> self._shift
        return change + int.from_bytes(question[-BASE_BYTES:], "big", signed=True) if self._adds_base else change

    def answers(self, questions: Sequence[bytes]) -> IntArray:
        """The answers (questions,), at once; NumPy pays from some ten on. Raises as `answer` does."""
        for question in questions:
            check_question(question, self._inputs)
        words = np.frombuffer(b"".join(questions), dtype=np.uint8).reshape(len(questions), -1)
        weights, biases, output, bias = self._arrays
        hidden = np.maximum(words[:, : self._inputs].astype(np.int64) @ weights + biases, 0)
        change = (hidden @ output + bias) >> self._shift
        if self._adds_base:
            change += np.ascontiguousarray(words[:, -BASE_BYTES:]).view(">i4")[:, 0]
        told: IntArray = change
        return told
