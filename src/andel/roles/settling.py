"""Settling the newest round once, for every duty that needs the verdict: attesting, speaking in a hearing, watching.

Takes a model, a content store, and a way to the reference packets. Gives an attempt's `Replay`, made once, or None
while its evidence cannot be fetched and verified; then it is tried again after some looks, since evidence may come
late. Never signs and never sends.
"""

from __future__ import annotations

import logging
from typing import Final

from andel.content import ContentStore
from andel.errors import AndelError, ChainError, ContentUnreachable, EvidenceDue, EvidenceError
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_state import RoundState
from andel.roles.posted import check_refusals
from andel.roles.replay import ReferenceOpener, Replay, replay_round
from andel.sealing import unseal
from andel.training.plan import RoundPlan
from andel.value.manifest import read_named

log = logging.getLogger(__name__)

_LOOKS_BETWEEN_TRIES: Final = 50


class Retries:
    """Attempts whose evidence failed lately: they are tried again after some looks, since evidence may come late."""

    def __init__(self) -> None:
        """Nothing failed yet."""
        self._left: dict[tuple[int, int], int] = {}

    def rest(self, place: tuple[int, int]) -> None:
        """Lets an attempt rest."""
        self._left[place] = _LOOKS_BETWEEN_TRIES

    def is_resting(self, place: tuple[int, int]) -> bool:
        """Whether an attempt still rests; each call is a look."""
        left = self._left.pop(place, 0)
        if left > 1:
            self._left[place] = left - 1
        return left > 1


class Settler:
    """The verdicts of one participant on one model's newest attempt."""

    def __init__(self, model: ModelContracts, store: ContentStore, references: ReferenceOpener) -> None:
        self._model = model
        self._store = store
        self._references = references
        self._verdicts: dict[tuple[int, int], Replay] = {}
        self._retries = Retries()
        self._refused: dict[tuple[int, int], str] = {}

    def verdict(self, state: RoundState) -> Replay | None:
        """The verdict on a closed attempt after seed 2; None where its evidence cannot be attested to.

        What follows from it (the next version, the next state) is in the store then. Raises ChainError.
        """
        place = (state.round, state.attempt)
        if place in self._verdicts:
            return self._verdicts[place]
        if self._retries.is_resting(place):
            return None
        try:
            replay = replay_round(self._model, self._store, state.round, self._references)
            check_refusals(self._model, self._store, state, replay)
            self._store.put(replay.report.version)
            self._store.put(replay.report.history.to_bytes())
        except ChainError:
            raise  # says nothing about the evidence: the next look tries again
        except EvidenceDue:
            return None  # it is known what is still to come
        except AndelError as error:
            self._retries.rest(place)
            self._refused = {place: str(error)}
            log.error("round %d attempt %d is not attested: %s", *place, error)
            return None
        if replay.attestation["attempt"] != state.attempt:
            return None  # the next attempt began meanwhile
        self._verdicts = {place: replay}  # one at a time: former attempts are over
        return replay

    def reason(self, state: RoundState) -> str:
        """Why an attempt is not attested: false evidence, a plan that disobeys holders; "" if it was not refused."""
        return self._refused.get((state.round, state.attempt), "")

    def known(self, state: RoundState) -> Replay | None:
        """The verdict on an attempt if there is one already."""
        return self._verdicts.get((state.round, state.attempt))


def references_for(store: ContentStore, key: AccountKey) -> ReferenceOpener:
    """What `key` can open: reference packets, sealed to it or published for everybody, and openings sealed to it."""

    def read(plan: RoundPlan) -> bytes:
        try:
            return read_named(store, "reference packets", plan.reference.packets)
        except (EvidenceError, ContentUnreachable):  # a copy of the sealed ones may lie here where nobody answers
            return unseal(read_named(store, "sealed reference packets", plan.reference.sealed), key)

    return ReferenceOpener(store, read, key)
