"""A model file of any format: read, asked and compiled by whoever does not care which one it is.

Takes a file's bytes, or a proven model; gives what the format's own files give. Never rounds, never guesses a format.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from andel.encoding import IntArray, parse_json
from andel.errors import InputError, ModelFileError
from andel.serving import model_file as format_one
from andel.serving.code_chunks import CompiledModel
from andel.serving.compile import compile_model, execution_gas
from andel.serving.compile_layers import compile_layers
from andel.serving.compile_trees import compile_trees
from andel.serving.evaluate import QUESTION_BYTES, evaluate, pack_question, unpack_question
from andel.serving.evaluate_layers import evaluate_layers
from andel.serving.evaluate_trees import evaluate_trees
from andel.serving.layers_file import FAMILY, LayersFile
from andel.serving.model_file import ModelFile
from andel.serving.slots import FORMAT, WORD_BYTES, Codes, Slots, check_codes, pack_slots, unpack_slots
from andel.serving.trees_file import MAX_FILE_BYTES, OBLIVIOUS, TREES, TreesFile

VersionFile = ModelFile | LayersFile
"""What follows from a version and its task."""
AnyFile = VersionFile | TreesFile

MAX_ANY_FILE_BYTES: Final = MAX_FILE_BYTES
"""The longest file of any format."""


def read_any_file(data: bytes) -> AnyFile:
    """The model in a file of unknown origin. Raises ModelFileError, naming the field, for a file of no known format."""
    try:
        record = parse_json(data, MAX_ANY_FILE_BYTES)
    except (InputError, RecursionError) as error:
        raise ModelFileError(f"model file: {error}", "make the file with `andel model compile`") from error
    kind = (record.get("format"), record.get("family")) if isinstance(record, dict) else ("", "")
    if kind == (format_one.FORMAT, None):
        return ModelFile.from_bytes(data)
    if kind == (FORMAT, FAMILY):
        return LayersFile.from_bytes(data)
    if kind in ((FORMAT, OBLIVIOUS), (FORMAT, TREES)):
        return TreesFile.from_bytes(data)
    raise ModelFileError("format, family: of no known format", "check which file was given")


def family_of(model: AnyFile) -> str:
    """What the model is, in a word: "format 1", "layers", "oblivious" or "trees"."""
    if isinstance(model, ModelFile):
        return "format 1"
    return FAMILY if isinstance(model, LayersFile) else model.family


def format_of(model: AnyFile) -> str:
    """What the file's field of that name says."""
    return format_one.FORMAT if isinstance(model, ModelFile) else FORMAT


def question_bytes(model: AnyFile) -> int:
    """How long a packed question is."""
    return QUESTION_BYTES if isinstance(model, ModelFile) else model.slots.words * WORD_BYTES


def inputs_of(model: AnyFile) -> int:
    """How many codes a question has."""
    return model.inputs if isinstance(model, ModelFile) else model.slots.inputs


def max_code_of(model: AnyFile) -> int:
    """The greatest code."""
    return format_one.MAX_CODE if isinstance(model, ModelFile) else model.slots.max_code


def answers_of(model: AnyFile) -> int:
    """How many integers an answer has."""
    return model.answers if isinstance(model, LayersFile) else 1


def evaluate_any(model: AnyFile, codes: Codes, base: IntArray | None = None) -> IntArray:
    """Answers (n, answers) for codes (n, inputs) and, where the file takes one, base (n,): zeros where none is given.

    Raises InputError for other shapes, types or values, and for a base given to a file that takes none.
    """
    if isinstance(model, ModelFile):
        rows = check_codes(Slots(model.inputs, 8, 8), codes).astype(np.uint8)
        return evaluate(model, rows, np.zeros(len(rows), dtype=np.int64) if base is None else base)[:, None]
    if isinstance(model, TreesFile):
        if base is not None:
            raise InputError("a base for a model whose answers stand alone", "leave the base out")
        return evaluate_trees(model, codes)
    given = np.zeros(len(codes), dtype=np.int64) if base is None and model.slots.base else base
    return evaluate_layers(model, codes, given)


def pack_any(model: AnyFile, codes: Codes, base: int = 0) -> bytes:
    """The question of one row of codes (inputs,). Raises InputError as the format's own packing does."""
    if isinstance(model, ModelFile):
        if len(codes) != model.inputs:
            raise InputError(f"{len(codes)} codes where {model.inputs} belong")
        return pack_question(codes.tolist(), base)
    if len(codes) != model.slots.inputs:
        raise InputError(f"{len(codes)} codes where {model.slots.inputs} belong")
    return pack_slots(model.slots, codes, base)


def unpack_any(model: AnyFile, question: bytes) -> tuple[IntArray, int]:
    """Codes (inputs,) and base (0 where none is taken) of a canonical question. Raises InputError for any other."""
    if isinstance(model, ModelFile):
        codes, base = unpack_question(question, model.inputs)
        return codes.astype(np.int64), base
    return unpack_slots(model.slots, question)


def answer_to(model: AnyFile, question: bytes) -> int:
    """The one integer that answers a canonical question. Raises InputError for another, or for several integers."""
    if answers_of(model) != 1:
        raise InputError(f"a model that answers with {answers_of(model)} integers", "evaluate it by codes")
    codes, base = unpack_any(model, question)
    return int(evaluate_any(model, codes[None, :], np.array([base], np.int64) if takes_base(model) else None)[0, 0])


def takes_base(model: AnyFile) -> bool:
    """Whether a question's last four bytes are a base."""
    return isinstance(model, ModelFile) or model.slots.base


def compile_any(model: AnyFile, registry: bytes | None = None) -> CompiledModel:
    """The EVM code that answers with the same bits; `registry` (20 bytes) creates the chunks, where some are needed.

    Raises ModelFileError, with what to do, where it does not fit.
    """
    if isinstance(model, ModelFile):
        code = compile_model(model)
        return CompiledModel(code, (), execution_gas(code))
    if isinstance(model, LayersFile):
        return compile_layers(model, registry)
    return compile_trees(model, registry)
