"""What a pinned version answers to the bytes that somebody asked on chain.

Takes a model, the content store with its versions, and call data of whole words. Gives the answer as the ABI has it,
one int256 word after another, bit for bit what the version's compiled code gives for the same bytes: so bytes that the
code does not read are not looked at here, and missing ones are zeros. Never judges whether a question makes sense.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import numpy as np

from andel.content import ContentStore, cid_of_digest
from andel.encoding import IntArray
from andel.ledger.deployment import ModelContracts
from andel.roles.gateway import model_file_of
from andel.serving.evaluate import BASE_BYTES, QUESTION_BYTES, evaluate
from andel.serving.evaluate_layers import evaluate_layers
from andel.serving.evaluate_trees import evaluate_trees
from andel.serving.layers_file import LayersFile
from andel.serving.model_file import ModelFile
from andel.serving.slots import WORD_BYTES, Slots
from andel.serving.trees_file import TreesFile
from andel.units import Digest

AnyFile = ModelFile | LayersFile | TreesFile
Answers = Callable[[Digest, bytes], bytes]
"""A version's answer to a question of whole words; raises AndelError where there is none."""

VERSIONS_KEPT: Final = 8
"""Model files that are kept at hand; requests pin versions, and several may be asked at a time."""


class ModelAnswers:
    """The answers of one model's versions, each made from its parameters when it is first asked."""

    def __init__(self, model: ModelContracts, store: ContentStore) -> None:
        """Asks the chain which task the model was founded with."""
        self._store = store
        self._task = cid_of_digest(model.round_manager.founding().task_hash)
        self._files: OrderedDict[Digest, AnyFile] = OrderedDict()

    def __call__(self, version: Digest, question: bytes) -> bytes:
        """The answer, in words. Raises InputError where the version has no model file, ContentError,
        ContentUnreachable.
        """
        return answer_of(self.file_of(version), question)

    def file_of(self, version: Digest) -> AnyFile:
        """The version's model file. Raises as the call."""
        file = self._files.get(version)
        if file is None:
            file, _ = model_file_of(self._store, version, self._task)
        self._files[version] = file
        self._files.move_to_end(version)
        while len(self._files) > VERSIONS_KEPT:
            self._files.popitem(last=False)
        return file


def answer_of(file: AnyFile, question: bytes) -> bytes:
    """What the file's compiled code returns for this call data: int256 words."""
    if isinstance(file, ModelFile):
        read = question[:QUESTION_BYTES].ljust(QUESTION_BYTES, b"\0")
        codes = np.frombuffer(read, dtype=np.uint8, count=file.inputs).reshape(1, -1)
        base = int.from_bytes(read[-BASE_BYTES:], "big", signed=True)
        return words_of(evaluate(file, codes, np.array([base], dtype=np.int64)))
    if isinstance(file, LayersFile):
        return words_of(evaluate_layers(file, codes_in(file.slots, question))[0])
    return words_of(evaluate_trees(file, codes_in(file.slots, question))[0])


def codes_in(slots: Slots, question: bytes) -> IntArray:
    """The codes (1, inputs) that compiled code reads in a question: each slot modulo 2**code_bits."""
    size = slots.words * WORD_BYTES
    number = int.from_bytes(question[:size].ljust(size, b"\0"), "big")
    top = 8 * size - slots.slot_bits
    codes = [number >> (top - slots.slot_bits * i) & slots.max_code for i in range(slots.inputs)]
    return np.array([codes], dtype=np.int64)


def words_of(answers: IntArray) -> bytes:
    """Integers as int256 words, one after another."""
    return b"".join(int(value).to_bytes(WORD_BYTES, "big", signed=True) for value in answers)
