"""Answers of a model file by ONNX Runtime: many questions at once, the bits of the integer reference.

Takes a proven model file; gives a session that answers rows of codes. What is asked is checked here, as the integer
reference checks it, before ONNX Runtime sees it. One thread by default, since a server has processes of its own.
ONNX Runtime's own telemetry is turned off. Never runs an ONNX file of somebody else.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from andel.encoding import IntArray
from andel.errors import InputError
from andel.hashing import sha256
from andel.serving.any_file import AnyFile, answers_of
from andel.serving.layers_file import LayersFile
from andel.serving.model_file import ModelFile
from andel.serving.onnx_export import ANSWERS, BASE, CODES, export_onnx
from andel.serving.slots import Codes, Slots, check_bases, check_codes
from andel.units import Digest

try:
    import onnxruntime
except ImportError as error:  # an extra
    raise InputError("this needs ONNX Runtime, which is not installed", "pip install 'andel[onnx]'") from error

onnxruntime.disable_telemetry_events()

MAX_ROWS: Final = 65_536
"""Questions of one batch."""
MAX_THREADS: Final = 64
_ERRORS_ONLY: Final = 3
_ROWS_AT_ONCE: Final = 4_096
_VALUES_AT_ONCE: Final = 1 << 21
"""Rows, and values between two operators, that ONNX Runtime holds at once: memory stays flat in the batch."""


class OnnxModel:
    """A model file in ONNX Runtime. Not changed after it is made; several threads may ask it."""

    def __init__(self, model: AnyFile, threads: int = 1) -> None:
        """Raises InputError for threads outside 1..64."""
        if not 1 <= threads <= MAX_THREADS:
            raise InputError(f"{threads} threads, 1 to {MAX_THREADS} are possible")
        data = export_onnx(model)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        self.model = model
        self.onnx_hash: Digest = sha256(data)
        self._slots = Slots(model.inputs, 8, 8, base=True) if isinstance(model, ModelFile) else model.slots
        self._step = max(1, min(_ROWS_AT_ONCE, _VALUES_AT_ONCE // _width(model)))
        self._session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])

    def evaluate(self, codes: Codes, base: IntArray | None = None) -> IntArray:
        """Answers (n, answers) for codes (n, inputs) and, where the file takes one, base (n,); else zeros.

        Raises InputError as the integer reference does, and for more than 65,536 rows.
        """
        if codes.ndim == 2 and len(codes) > MAX_ROWS:
            raise InputError(f"{len(codes)} questions in a batch, at most {MAX_ROWS} are answered", "split the batch")
        rows = check_codes(self._slots, codes)
        given = {CODES: rows}
        if base is None and self._slots.base:
            base = np.zeros(len(rows), dtype=np.int64)
        bases = check_bases(self._slots, base, len(rows))
        if bases is not None:
            given[BASE] = bases
        answers = np.empty((len(rows), answers_of(self.model)), dtype=np.int64)
        for start in range(0, len(rows), self._step):
            part = slice(start, start + self._step)
            asked = {name: values[part] for name, values in given.items()}
            answers[part] = self._session.run([ANSWERS], asked)[0]
        return answers


def _width(model: AnyFile) -> int:
    """The most values of one row between two operators."""
    if isinstance(model, ModelFile):
        return max(model.inputs, model.hidden)
    if isinstance(model, LayersFile):
        return max(model.slots.inputs, *(layer.units for layer in model.layers))
    return max(model.slots.inputs, len(model.trees))
