"""What a pinned version answers to the bytes that somebody asked on chain.

Takes a model, the content store with its versions, and call data of whole words. Gives the answer as the ABI has it,
one int256 word after another, bit for bit what the version's compiled code gives for the same bytes: so bytes that the
code does not read are not looked at here, and missing ones are zeros. Never judges whether a question makes sense.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from andel.content import ContentStore, cid_of_digest
from andel.ledger.deployment import ModelContracts
from andel.roles.gateway import model_file_of
from andel.serving.any_file import VersionFile
from andel.serving.call_data import answer_to_call_data
from andel.units import Digest

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
        self._files: OrderedDict[Digest, VersionFile] = OrderedDict()

    def __call__(self, version: Digest, question: bytes) -> bytes:
        """The answer, in words. Raises InputError where the version has no model file, ContentError,
        ContentUnreachable.
        """
        return answer_to_call_data(self.file_of(version), question)

    def file_of(self, version: Digest) -> VersionFile:
        """The version's model file. Raises as the call."""
        file = self._files.get(version)
        if file is None:
            file, _ = model_file_of(self._store, version, self._task)
        self._files[version] = file
        self._files.move_to_end(version)
        while len(self._files) > VERSIONS_KEPT:
            self._files.popitem(last=False)
        return file
