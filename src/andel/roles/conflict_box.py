"""The box of conflicts: a content store that witnesses fill and a coordinator empties into its rounds.

Takes the store, a plan and what was committed to it. Gives the conflicts that count against a committed list. Whoever
may write into the box may fill it with anything: of each object at most a conflict's length is read, what is none is
looked at once, and a round looks at a bounded number of new ones. Never removes an object.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from itertools import islice
from typing import Final

from andel.content import ContentStore
from andel.data.conflict import MAX_CONFLICT_BYTES, Conflict, parse_conflict
from andel.errors import ContentError, InputError
from andel.roles.chain_facts import committed_batches
from andel.training.plan import RoundPlan
from andel.training.result import DataCommitment
from andel.units import Address

MAX_NEW_OBJECTS: Final = 10_000
"""Most objects that one round looks at for the first time; the rest wait for the next one."""

log = logging.getLogger(__name__)


class ConflictBox:
    """The conflicts in the content store at a URL (a directory, or what fsspec knows)."""

    def __init__(self, url: str) -> None:
        self._store = ContentStore(url, MAX_CONFLICT_BYTES)
        self._seen: set[str] = set()
        self._sound: dict[str, Conflict] = {}

    def against(self, plan: RoundPlan, commitments: Iterable[DataCommitment]) -> tuple[bytes, ...]:
        """The conflicts in an hour that one of `commitments` claims, one for each device: more would prove no more.

        Nothing in the box raises. What lies in it without counting here may count in another round.
        """
        self._look()
        claimed = _claimed_hours(plan, commitments)
        found: dict[Address, bytes] = {}
        for cid, conflict in sorted(self._sound.items()):
            hours = claimed.get((conflict.device, conflict.day), 0)
            if conflict.device not in found and hours >> conflict.hour & 1 and (data := self._read(cid)):
                found[conflict.device] = data
        for device in found:
            log.warning("conflict taken up device=%s round=%d", device, plan.round)
        return tuple(found.values())

    def _look(self) -> None:
        new = [cid for cid in self._store.cids() if cid not in self._seen]
        for cid in islice(new, MAX_NEW_OBJECTS):
            self._seen.add(cid)
            data = self._read(cid)
            try:
                self._sound[cid] = parse_conflict(data)
            except InputError as error:
                log.info("no conflict in the box name=%s: %s", ascii(cid)[1:81], ascii(error.message)[1:-1])
        if len(new) > MAX_NEW_OBJECTS:
            log.warning("box of conflicts: %d objects wait for the next round", len(new) - MAX_NEW_OBJECTS)

    def _read(self, cid: str) -> bytes:
        try:
            return self._store.get(cid)
        except (ContentError, InputError):
            return b""  # half written, damaged, too long, or not named by its hash


def _claimed_hours(plan: RoundPlan, commitments: Iterable[DataCommitment]) -> dict[tuple[Address, int], int]:
    claimed: dict[tuple[Address, int], int] = {}
    for header in committed_batches(plan, commitments):
        place = header.device, header.day
        claimed[place] = claimed.get(place, 0) | header.hours
    return claimed
