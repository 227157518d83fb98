"""The book of paid calls: which payment is for which request, how far it came, and the answer it was given.

Takes a file's path and a clock (unix seconds of this machine, for leases and for how long answers are kept; what a
payment is worth is judged by the chain's clock elsewhere). All workers of one machine share the file: SQLite in WAL
mode, every step a transaction that is on disk when it returns. Gives `Entry`s, and at most one worker at a time the
right to go on with a payment: a lease that ends by itself when its worker dies. Never judges a payment, never keeps a
question, only its hash.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from andel.errors import StoreError
from andel.hashing import sha256
from andel.write_ahead import write_ahead

MAX_ENTRIES: Final = 200_000
MAX_ANSWER_BYTES: Final = 1 << 20
ANSWER_DAYS: Final = 7
"""How long an answer can be fetched again."""
UNANSWERED_DAYS: Final = 90
"""How long a payment that got no answer stays good for one."""

_DAY: Final = 86_400
_BUSY_SECONDS: Final = 20.0
_FORGET_AT_ONCE: Final = 50
_TABLE: Final = """
create table if not exists payments (
  id text primary key,
  alias text unique,
  payment blob not null,
  header text not null,
  question blob,
  state text not null,
  sent integer not null default 0,
  from_block integer not null,
  valid_before integer not null,
  paid_by text not null default '',
  status integer not null default 0,
  content_type text not null default '',
  answer blob not null default x'',
  touched real not null,
  holder text not null,
  lease real not null
) strict
"""
_TOUCHED: Final = "create index if not exists payments_touched on payments (touched)"
_COLUMNS: Final = (
    "id, alias, payment, header, question, state, sent, from_block, paid_by, status, content_type, answer, holder,"
    " lease"
)


class State(StrEnum):
    """How far a payment came."""

    SETTLING = "settling"
    """Nobody knows yet whether it was paid; the chain does."""
    PAID = "paid"
    """Paid, and good for one answer."""
    ANSWERED = "answered"
    """Answered; the same request gets the same bytes."""


@dataclass(frozen=True, slots=True)
class NewPayment:
    """What is written down first: before anything is sent."""

    id: str
    """Names the payer's authorisation on its chain."""
    alias: str | None
    """The payer's own name for it (x402's payment identifier): only the payer knows it."""
    payment: bytes
    """Hash of all that was signed, and of the signature."""
    header: str
    """The payment as it came, so that another worker can go on with it."""
    question: bytes
    """Hash of the request it pays for."""
    from_block: int
    """No transaction before this block carried it."""
    valid_before: int
    """Chain time from which on it cannot be carried."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One payment as the book has it; `mine` tells that the caller holds the lease."""

    id: str
    alias: str | None
    payment: bytes
    header: str
    question: bytes | None
    state: State
    sent: bool
    from_block: int
    paid_by: str
    status: int
    content_type: str
    answer: bytes
    lease: float
    mine: bool


class BookFull(StoreError):
    """No further payment can be written down now."""


class PaymentBook:
    """One book; safe to share between threads, and the file between processes of one machine."""

    def __init__(self, path: Path, clock: Callable[[], float], *, entries_max: int = MAX_ENTRIES) -> None:
        """Makes the file where there is none. Raises StoreError."""
        self._path = path
        self._clock = clock
        self._entries_max = entries_max
        with self._open() as book:
            write_ahead(book)
            book.execute(_TABLE)
            book.execute(_TOUCHED)

    @property
    def turn_file(self) -> Path:
        """A file beside the book, for whoever sends transactions one after another (`Carrier`)."""
        return self._path.with_name(self._path.name + ".turn")

    def begin(self, new: NewPayment, holder: str, lease_seconds: float) -> Entry:
        """Writes a payment down, or finds it, by its alias or else its id. Takes the lease where nobody has it.

        Raises BookFull, StoreError.
        """
        now = self._clock()
        with self._open() as book:  # most copies of a payment only wait: they must not hold up who works on it
            row = self._row(book, self._find(book, new))
        if row is not None:
            entry = _entry(row, holder, now)
            if entry.state is State.ANSWERED or entry.lease > now:
                return entry
        with self._change() as book:
            found = self._find(book, new)
            if found is None:
                self._forget(book, now)
                (count,) = book.execute("select count(*) from payments").fetchone()
                if count >= self._entries_max:
                    raise BookFull("the book of payments is full", "try again later")
                values = (new.id, new.alias, new.payment, new.header, new.question, State.SETTLING.value)
                book.execute(
                    "insert into payments (id, alias, payment, header, question, state, from_block, valid_before,"
                    " touched, holder, lease) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*values, new.from_block, new.valid_before, now, holder, now + lease_seconds),
                )
                found = new.id
            else:
                book.execute(
                    "update payments set holder = ?, lease = ? where id = ? and state != ? and lease <= ?",
                    (holder, now + lease_seconds, found, State.ANSWERED.value, now),
                )
            row = self._row(book, found)
        assert row is not None
        return _entry(row, holder, now)

    def hold(self, id: str, holder: str, lease_seconds: float) -> bool:
        """Holds the lease longer; False where it is another's by now."""
        with self._change() as book:
            lease = self._clock() + lease_seconds
            done = book.execute("update payments set lease = ? where id = ? and holder = ?", (lease, id, holder))
            return done.rowcount == 1

    def let_go(self, id: str, holder: str) -> None:
        """Gives the lease back, with the payment as it stands."""
        with self._change() as book:
            book.execute("update payments set lease = 0 where id = ? and holder = ?", (id, holder))

    def sending(self, id: str, holder: str) -> bool:
        """Notes that from now on it may have been paid; False where another goes on with it."""
        return self._step(id, holder, "sent = 1")

    def paid(self, id: str, holder: str, transaction: str) -> bool:
        """Notes the transaction that carried it. As `sending`."""
        return self._step(id, holder, "state = ?, paid_by = ?", State.PAID.value, transaction)

    def bind(self, id: str, holder: str, question: bytes | None) -> bool:
        """Binds a payment to a request, or, with None, to none yet. As `sending`."""
        return self._step(id, holder, "question = ?", question)

    def answered(self, id: str, holder: str, status: int, content_type: str, answer: bytes) -> bool:
        """Keeps the answer; the payment is used up. As `sending`."""
        values = (State.ANSWERED.value, status, content_type, answer)
        return self._step(id, holder, "state = ?, status = ?, content_type = ?, answer = ?, lease = 0", *values)

    def drop(self, id: str, holder: str) -> None:
        """Forgets a payment for which nothing was ever sent."""
        with self._change() as book:
            book.execute("delete from payments where id = ? and holder = ? and sent = 0", (id, holder))

    def of_alias(self, alias: str) -> Entry | None:
        """The payment that its payer calls so. Raises StoreError."""
        with self._open() as book:
            row = book.execute(f"select {_COLUMNS} from payments where alias = ?", (alias,)).fetchone()
        return None if row is None else _entry(row, "", self._clock())

    def _step(self, id: str, holder: str, changes: str, *values: object) -> bool:
        with self._change() as book:
            done = book.execute(
                f"update payments set {changes}, touched = ? where id = ? and holder = ?",
                (*values, self._clock(), id, holder),
            )
            return done.rowcount == 1

    def _row(self, book: sqlite3.Connection, id: str | None) -> tuple[object, ...] | None:
        row: tuple[object, ...] | None = book.execute(f"select {_COLUMNS} from payments where id = ?", (id,)).fetchone()
        return row

    def _find(self, book: sqlite3.Connection, new: NewPayment) -> str | None:
        """The payer's name for a payment counts before the authorisation's: a payer may sign anew and ask again."""
        for column, value in (("alias", new.alias), ("id", new.id)):
            row = book.execute(f"select id from payments where {column} = ?", (value,)).fetchone()
            if row is not None:
                return str(row[0])
        return None

    def _forget(self, book: sqlite3.Connection, now: float) -> None:
        """A few of the oldest that may go. A forgotten payment's nonce is used or out of date: it pays for nothing."""
        limits = (now - ANSWER_DAYS * _DAY, State.ANSWERED.value, now - UNANSWERED_DAYS * _DAY, _FORGET_AT_ONCE)
        book.execute(
            "delete from payments where id in (select id from payments where touched < ? and (state = ? or touched < ?)"
            " and lease <= ? order by touched limit ?)",
            (*limits[:3], now, limits[3]),
        )

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._open() as book:
            book.execute("begin immediate")
            try:
                yield book
            except BaseException:
                book.execute("rollback")
                raise
            book.execute("commit")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)) as book:
                book.execute("pragma synchronous=full")
                yield book
        except sqlite3.Error as error:
            raise StoreError(f"the book of payments {self._path} failed: {error}") from error


def payment_id(chain_id: int, asset: str, payer: str, nonce: bytes) -> str:
    """Names an authorisation: chain, token, payer and nonce, which count once together."""
    return sha256(f"{chain_id}/{asset}/{payer}/{nonce.hex()}".encode()).hex()


def _entry(row: tuple[object, ...], holder: str, now: float) -> Entry:
    id, alias, payment, header, question, state, sent, from_block, paid_by, status, kind, answer, held_by, lease = row
    assert isinstance(payment, bytes) and isinstance(answer, bytes) and isinstance(lease, float)
    assert isinstance(from_block, int) and isinstance(status, int)
    return Entry(
        str(id),
        None if alias is None else str(alias),
        payment,
        str(header),
        question if isinstance(question, bytes) else None,
        State(str(state)),
        bool(sent),
        from_block,
        str(paid_by),
        status,
        str(kind),
        answer,
        lease,
        held_by == holder and lease > now,
    )
