"""What a contributor has opened of its batches outside open mode, counted over all rounds and models.

Takes the leaves that are about to be shown, by batch. Notes them in the evidence store, or nothing of them where more
than a fifth of a batch would be open: what is noted is on disk before anything is shown. Never shows anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from andel.data import schema
from andel.data.sealed_draws import most_opened
from andel.data.store import EvidenceStore
from andel.errors import PlanError
from andel.keys import address_bytes
from andel.units import Address

_table = schema.shown_leaves

Day = tuple[Address, int]
"""A device and a day."""


def note_shown(store: EvidenceStore, leaves: Mapping[Day, Collection[int]], counts: Mapping[Day, int]) -> None:
    """Notes that these leaves of batches with so many leaves are shown; what was noted before may be shown again.

    Raises PlanError, and notes nothing, when more than a fifth of a batch would have been shown; StoreError.
    """
    with store.writing() as connection:
        rows = []
        for day, wanted in leaves.items():
            known = _known(connection, day)
            together = known | set(wanted)
            if len(together) > most_opened(counts[day]):
                raise PlanError(
                    f"{len(together)} of {counts[day]} leaves of {day[0]}'s day {day[1]} would have been opened;"
                    f" {most_opened(counts[day])} are the most over all rounds"
                )
            new = sorted(together - known)
            rows += [{"device": address_bytes(day[0]), "day": day[1], "leaf": leaf} for leaf in new]
        if rows:
            connection.execute(sa.insert(_table), rows)


def shown_of(store: EvidenceStore, day: Day) -> frozenset[int]:
    """The leaves of a device's day that were shown so far. Raises StoreError."""
    with store.reading() as connection:
        return frozenset(_known(connection, day))


def shown_in_all(store: EvidenceStore) -> int:
    """How many leaves were shown so far. Raises StoreError."""
    with store.reading() as connection:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(_table)) or 0)


def _known(connection: sa.Connection, day: Day) -> set[int]:
    found = sa.select(_table.c.leaf).where(_table.c.device == address_bytes(day[0]), _table.c.day == day[1])
    return {int(leaf) for leaf in connection.scalars(found)}
