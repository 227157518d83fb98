"""What a model file answers, in plain int64 arithmetic, and the 32-byte question that asks for it.

Takes a proven ModelFile and questions: feature codes (one byte per input) and a base (the last measured
value, int32, in the answer's unit). Gives integer answers, the same as the compiled EVM code bit for bit.
Never overflows (the bounds that a ModelFile proves are far inside int64), never touches floats.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from andel.errors import InputError
from andel.serving.model_file import MAX_CODE, MAX_INPUTS, ModelFile

QUESTION_BYTES: Final = 32
BASE_BYTES: Final = 4
BASE_LIMIT: Final = 1 << (8 * BASE_BYTES - 1)


def evaluate(model: ModelFile, codes: npt.NDArray[np.uint8], base: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Answers (n,) in the model's unit for codes (n, inputs) and base (n,), both in question order.

    A model that does not add the base ignores it. Raises InputError for other shapes or types, and for a base
    outside int32.
    """
    if codes.dtype != np.uint8 or codes.ndim != 2 or codes.shape[1] != model.inputs:
        raise InputError(f"codes are {codes.dtype} {codes.shape}, not uint8 (n, {model.inputs})")
    if base.dtype != np.int64 or base.shape != codes.shape[:1]:
        raise InputError(f"base is {base.dtype} {base.shape}, not int64 ({codes.shape[0]},)")
    if base.size and not (-BASE_LIMIT <= int(base.min()) and int(base.max()) < BASE_LIMIT):
        raise InputError("a base is outside int32", "give it in the model's unit")
    weights = np.array(model.weights, dtype=np.int64).T
    hidden = np.maximum(codes.astype(np.int64) @ weights + np.array(model.biases, dtype=np.int64), 0)
    scaled: npt.NDArray[np.int64] = hidden @ np.array(model.output_weights, dtype=np.int64)
    # >> of a negative int64 floors, as SAR does.
    change = (scaled + model.output_bias) >> model.shift
    return change + base if model.adds_base else change


def pack_question(codes: Sequence[int] | npt.NDArray[np.uint8], base: int) -> bytes:
    """The 32-byte question: one byte per code from the first byte on, zeros, base as int32 in the last four.

    Raises InputError for more than 24 codes, a code outside 0..255 or a base outside int32.
    """
    values = [int(code) for code in codes]
    if len(values) > MAX_INPUTS:
        raise InputError(f"{len(values)} codes, at most {MAX_INPUTS} fit a question")
    for i, value in enumerate(values):
        if not 0 <= value <= MAX_CODE:
            raise InputError(f"code {i} is {value}, outside 0..{MAX_CODE}")
    if not -BASE_LIMIT <= base < BASE_LIMIT:
        raise InputError(f"base {base} is outside int32", "give it in the model's unit")
    front = bytes(values).ljust(QUESTION_BYTES - BASE_BYTES, b"\x00")
    return front + int(base).to_bytes(BASE_BYTES, "big", signed=True)


def unpack_question(question: bytes, inputs: int) -> tuple[npt.NDArray[np.uint8], int]:
    """Codes (inputs,) and base of a canonical question.

    Raises InputError when it is not 32 bytes, or a byte that carries nothing is not zero (the compiled code
    masks such bytes; here they would give one question two hashes).
    """
    check_question(question, inputs)
    codes = np.frombuffer(question, dtype=np.uint8, count=inputs).copy()
    return codes, int.from_bytes(question[-BASE_BYTES:], "big", signed=True)


def check_question(question: bytes, inputs: int) -> None:
    """Raises InputError where `unpack_question` does."""
    if len(question) != QUESTION_BYTES:
        raise InputError(f"question of {len(question)} bytes, not {QUESTION_BYTES}")
    if not 1 <= inputs <= MAX_INPUTS:
        raise InputError(f"{inputs} inputs, 1 to {MAX_INPUTS} are possible")
    if any(question[inputs:-BASE_BYTES]):
        raise InputError("question has a byte other than zero between its codes and its base")
