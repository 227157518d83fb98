"""How much of what was refused is kept: packets by device, packets of names that no device has, and bytes in all.

Takes an evidence store and the devices that an intake knows. Takes away the oldest refused packets beyond the limits,
and counts what it took, so that the counters go on. Two things keep others' rubbish from pushing out what matters:
names that nobody registered share one limit, as anybody can invent them; and packets that contradict an accepted one,
which only the device's key can make, have a limit of their own and go last. Never touches what was accepted.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from andel.data import schema
from andel.data.schema import dropped, refused
from andel.data.store import CONTRADICTS, EvidenceStore
from andel.device.reading import Refusal
from andel.errors import SettingsError

ROW_BYTES: Final = 512
"""What a row takes beside its packet, indexes included; without it empty packets would cost nothing."""

_PAGE: Final = 10_000
_DELETED: Final = 500  # ids of one statement, below the limit of every SQLite
_SIZE = sa.func.length(refused.c.raw) + ROW_BYTES


@dataclass(frozen=True, slots=True)
class RefusedLimits:
    """Most refused packets kept of each known device (contradictions apart, as many again), of all unknown names
    together, and most bytes in all; looked at after each `every` refusals. Raises SettingsError for less than one.
    """

    per_device: int = 10_000
    strangers: int = 10_000
    total_bytes: int = 256 << 20
    every: int = 4_000

    def __post_init__(self) -> None:
        if min(self.per_device, self.strangers, self.total_bytes, self.every) < 1:
            raise SettingsError("at least one refused packet is kept")


DEFAULT_LIMITS: Final = RefusedLimits()


class RefusedKeeper:
    """Holds one store to its limits, for the process that takes packets into it. Not for several threads at once."""

    def __init__(self, store: EvidenceStore, limits: RefusedLimits = DEFAULT_LIMITS) -> None:
        self._store = store
        self._limits = limits
        self._newest = 0
        self._bytes = 0
        self._since = 0
        self._counts: Counter[tuple[str, bool]] = Counter()
        self._strangers: deque[int] = deque()

    def count(self, refusals: int, known: Container[str]) -> None:
        """Notes that so many packets were refused, and holds the limits when enough have gathered."""
        self._since += refusals
        if self._since >= self._limits.every:
            self.hold(known)

    def hold(self, known: Container[str]) -> int:
        """Drops what is beyond the limits, the oldest first; how many. `known` are the devices. Raises StoreError."""
        self._since = 0
        self._read_new(known)
        gone = 0
        for (device, contradicts), count in list(self._counts.items()):
            gone += self._drop_oldest(count - self._limits.per_device, device, contradicts)
        gone += self._drop_strangers(len(self._strangers) - self._limits.strangers)
        while self._bytes > self._limits.total_bytes:
            step = self._drop_strangers(_DELETED) or self._drop_oldest(_DELETED, None, False)
            step = step or self._drop_oldest(_DELETED, None, True)
            if not step:
                break
            gone += step
        return gone

    def _read_new(self, known: Container[str]) -> None:
        while True:
            query = (
                sa.select(refused.c.id, refused.c.device, _SIZE.label("size"), CONTRADICTS.label("contradicts"))
                .where(refused.c.id > self._newest)
                .order_by(refused.c.id)
                .limit(_PAGE)
            )
            with self._store.reading() as connection:
                rows = connection.execute(query).all()
            for row in rows:
                self._bytes += row.size
                if row.device in known:
                    self._counts[row.device, bool(row.contradicts)] += 1
                else:
                    self._strangers.append(row.id)
            if rows:
                self._newest = rows[-1].id
            if len(rows) < _PAGE:
                return

    def _drop_strangers(self, count: int) -> int:
        ids = [self._strangers.popleft() for _ in range(min(max(count, 0), len(self._strangers)))]
        self._delete(ids, stranger=True)
        return len(ids)

    def _drop_oldest(self, count: int, device: str | None, contradicts: bool) -> int:
        if count <= 0:
            return 0
        query = sa.select(refused.c.id).where(CONTRADICTS if contradicts else sa.not_(CONTRADICTS))
        if device is not None:
            query = query.where(refused.c.device == device)
        with self._store.reading() as connection:
            ids = list(connection.scalars(query.order_by(refused.c.id).limit(count)))
        self._delete(ids, stranger=False)
        return len(ids)

    def _delete(self, ids: Sequence[int], *, stranger: bool) -> None:
        add = schema.INSERT[self._store.kind](dropped)
        add = add.on_conflict_do_update(
            index_elements=[dropped.c.device, dropped.c.reason],
            set_={"packets": dropped.c.packets + add.excluded.packets},
        )
        for start in range(0, len(ids), _DELETED):
            statement = (
                sa.delete(refused)
                .where(refused.c.id.in_(ids[start : start + _DELETED]))
                .returning(refused.c.device, refused.c.reason, _SIZE.label("size"), CONTRADICTS.label("contradicts"))
            )
            with self._store.writing() as connection:
                rows = connection.execute(statement).all()
                counted = Counter(("" if stranger else row.device, row.reason) for row in rows)
                values = [{"device": d, "reason": r, "packets": count} for (d, r), count in sorted(counted.items())]
                if values:
                    connection.execute(add, values)
            self._bytes -= sum(row.size for row in rows)
            if not stranger:
                self._counts.subtract((row.device, bool(row.contradicts)) for row in rows)


def dropped_counts(store: EvidenceStore) -> dict[str, dict[Refusal, int]]:
    """How many refused packets were dropped, by device and reason; "" stands for all names that no device has."""
    found: dict[str, dict[Refusal, int]] = {}
    with store.reading() as connection:
        for row in connection.execute(sa.select(dropped).order_by(dropped.c.device, dropped.c.reason)):
            found.setdefault(row.device, {})[Refusal(row.reason)] = row.packets
    return found
