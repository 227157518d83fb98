"""One round's turn in an audit: taken from the checkpoint where that is sound, proven otherwise, compared with a
second node where there is one.

Takes a number and what was kept of that round. Gives an `Outcome` of plain values, whatever went wrong: the processes
that do this send it home.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from andel.content import ContentStore
from andel.errors import AndelError, ChainError, ContentUnreachable, EvidenceError, Reverted
from andel.keys import AccountKey
from andel.ledger.connection import Chain
from andel.ledger.deployment import ModelContracts
from andel.ledger.transcript import Transcript, ask_again, described, listening
from andel.roles.auditing.checkpoint import Record, record_key
from andel.roles.auditing.findings import Rests
from andel.roles.auditing.rounds import RoundProof, RoundProver, VoidRound

_LOOKS: Final = 4  # nodes may stand at different blocks for a moment
_PAUSE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a round's turn: a proof (with the record to keep) or a void round, or what does not hold.

    `broken` are kind, message and hint of a node or a content service that failed, which says nothing about the
    evidence.
    """

    number: int
    found: RoundProof | VoidRound | None = None
    record: Record | None = None
    failure: str = ""
    broken: tuple[type[AndelError], str, str] | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What every round of an audit is proven with; `base` binds records to code, chain, model and settings."""

    base: bytes
    from_block: int
    keep_reports: bool


class RoundTurns:
    """Proves rounds one after the other, remembering what they share."""

    def __init__(
        self,
        model: ModelContracts,
        store: ContentStore,
        scope: Scope,
        second: Chain | None = None,
        sleep: Callable[[float], None] = time.sleep,
        reader: AccountKey | None = None,
    ) -> None:
        """Asks nothing yet. Nothing else may use the model's chain while a round has its turn. What is sealed to
        `reader`, a validator, is opened.
        """
        self._chain = model.round_manager.chain
        self._scope = scope
        self._second = second
        self._sleep = sleep
        self._prover = RoundProver(
            model, store, from_block=scope.from_block, keep_reports=scope.keep_reports, reader=reader
        )

    def take(self, number: int, known: Record | None) -> Outcome:
        """The round's outcome; never raises for what chain, store or record hold."""
        try:
            with listening(self._chain) as heard:
                on_chain = self._prover.state_of(number)
                key = record_key(self._scope.base, number, on_chain)
                resumed = self._resumed(known, key)
                if known is not None and resumed is None:
                    heard.answers.clear()  # what the record asked is no part of the new proof
                    on_chain = self._prover.state_of(number)
                    key = record_key(self._scope.base, number, on_chain)
                found = resumed or self._prover.prove(number, on_chain)
            record: Record | None
            if resumed is not None and known is not None:
                questions, record = known.questions, known
            else:
                questions = heard.questions
                record = _record(key, found, heard)
            self._compare(number, questions, heard)
            return Outcome(number, _counted(found, len(questions)), record)
        except EvidenceError as error:
            return Outcome(number, failure=str(error))
        except AndelError as error:
            if isinstance(error, ContentUnreachable):
                return Outcome(number, broken=(ContentUnreachable, error.message, error.hint))
            if isinstance(error, ChainError) and not isinstance(error, Reverted):
                return Outcome(number, broken=(ChainError, error.message, error.hint))
            return Outcome(number, failure=f"round {number}: evidence cannot be read: {error.message}")

    def _resumed(self, known: Record | None, key: bytes) -> RoundProof | None:
        """A proof that was kept, if its inputs, every answer of the node and every object are what they were."""
        if known is None or known.key != key:
            return None
        if ask_again(self._chain, known.questions).hash != known.answers:
            return None
        if self._prover.verify_objects(known.proof.objects):
            return None  # proven again, so that what is gone gets its place in the report
        return known.proof

    def _compare(self, number: int, questions: tuple[bytes, ...], answers: Transcript) -> None:
        if self._second is not None:
            compare_nodes(self._chain, self._second, f"round {number}", questions, answers, self._sleep)


def compare_nodes(
    first: Chain,
    second: Chain,
    place: str,
    questions: tuple[bytes, ...],
    answers: Transcript,
    sleep: Callable[[float], None],
) -> None:
    """Raises EvidenceError naming the first question that two nodes go on answering differently; ChainError."""
    theirs = ask_again(second, questions)
    differing = tuple(question for question in questions if theirs.answers[question] != answers.answers.get(question))
    for look in range(_LOOKS):
        if not differing:
            return
        sleep(_PAUSE_SECONDS if look else 0)
        ours, theirs = ask_again(first, differing), ask_again(second, differing)
        differing = tuple(question for question in differing if ours.answers[question] != theirs.answers[question])
    if differing:
        raise EvidenceError(f"{place}, second node", f"the two nodes answer differently: {described(differing[0])}")


def _record(key: bytes, found: RoundProof | VoidRound, heard: Transcript) -> Record | None:
    return Record(key, found, heard.questions, heard.hash) if isinstance(found, RoundProof) else None


def _counted(found: RoundProof | VoidRound, questions: int) -> RoundProof | VoidRound:
    """With the node's answers in the tally of a proof; a record keeps the tally without them."""
    if isinstance(found, VoidRound):
        return found
    tally = type(found.tally)(found.tally.counts.copy())
    tally.add("blocks", Rests.NODE, questions)
    return replace(found, tally=tally)
