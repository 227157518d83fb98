"""How often each caller may ask: questions a day and requests at once, counted in one file for all workers of a server.

Takes a file's place (SQLite, in write-ahead mode), a clock, and for each request who asks and its `Rate`. Gives what
is left, or a refusal with status 429 that says when to come again. Also keeps which sign-in texts were used. Keeps at
most `CALLERS_MAX` callers, under a hash that only this file's salt can repeat; never an address, a key or a question.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from andel.errors import SettingsError
from andel.hashing import sha256
from andel.serving.http_edge import RefusedRequest
from andel.units import DAY_SECONDS
from andel.write_ahead import write_ahead

CALLERS_MAX: Final = 100_000
"""Callers counted one by one; who comes beyond shares one count with all others that do."""

USED_MAX: Final = 100_000
"""Sign-in texts that are remembered as used; beyond, nobody signs in until some expire."""

_SWEEP_EVERY: Final = 500
_WAIT_SECONDS: Final = 5.0
_THOUSAND: Final = 1_000
_EVERYBODY_ELSE: Final = bytes(16)
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS callers (
  name BLOB PRIMARY KEY, day INTEGER NOT NULL, used INTEGER NOT NULL, milli INTEGER NOT NULL, at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS signed_in (nonce TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS salt (one INTEGER PRIMARY KEY CHECK (one = 1), salt BLOB NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_day` questions (0: not bounded), and `burst` requests at once, which come back `per_minute`."""

    per_day: int = 0
    burst: int = 120
    per_minute: int = 600

    def __post_init__(self) -> None:
        if not (0 <= self.per_day < 2**40 and 1 <= self.burst <= 10**6 and 1 <= self.per_minute <= 10**7):
            raise SettingsError(f"no rate: {self.per_day} a day, {self.burst} at once, {self.per_minute} a minute")


@dataclass(frozen=True, slots=True)
class Left:
    """What a caller has left: questions today (None: not bounded), requests now, seconds until the day ends."""

    rate: Rate
    today: int | None
    now: int
    day_ends: int

    def headers(self) -> dict[str, str]:
        """`RateLimit-Policy` and `RateLimit`, as draft-ietf-httpapi-ratelimit-headers writes them."""
        refill = max(1, -(-self.rate.burst * 60 // self.rate.per_minute))
        policies, states = [f'"burst";q={self.rate.burst};w={refill}'], [f'"burst";r={self.now};t={refill}']
        if self.today is not None:
            policies.append(f'"day";q={self.rate.per_day};w={DAY_SECONDS}')
            states.append(f'"day";r={self.today};t={self.day_ends}')
        return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(states)}


class Counts:
    """The counts in one file; threads and processes may share it."""

    def __init__(self, path: Path, clock: Callable[[], float], callers_max: int = CALLERS_MAX) -> None:
        """Opens or makes the file. `clock` gives unix seconds. Raises SettingsError."""
        self._clock, self._callers_max = clock, callers_max
        self._lock = threading.Lock()
        self._new = 0
        try:
            self._file = sqlite3.connect(
                path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=16
            )
            # what a crash of the machine loses is counts of its last moments
            write_ahead(self._file)
            self._file.execute("PRAGMA synchronous=OFF")
            self._file.executescript(_SCHEMA)
            self._file.execute("INSERT OR IGNORE INTO salt VALUES (1, ?)", (secrets.token_bytes(32),))
            self._salt = bytes(self._file.execute("SELECT salt FROM salt").fetchone()[0])
        except sqlite3.Error as error:
            raise SettingsError(f"counts cannot be kept in {path}: {error}", "name another file") from error

    def spend(self, name: str, questions: int, rate: Rate, requests: int = 1) -> Left:
        """Counts a request of `name` with that many questions. Raises RefusedRequest (429); what is refused is free.

        `requests` 0 adds questions to a request that was counted.
        """
        now = self._clock()
        key = sha256(self._salt, name.encode("utf-8", "backslashreplace"))[:16]
        with self._transaction() as file:
            key, row = self._row(file, key, now)
            left, refusal = _judge(row, now, questions, rate, requests)
            if refusal is None:
                used, milli, at = left
                file.execute(
                    "INSERT INTO callers VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
                    "day = excluded.day, used = excluded.used, milli = excluded.milli, at = excluded.at",
                    (key, int(now) // DAY_SECONDS, used, milli, at),
                )
        ends = DAY_SECONDS - int(now) % DAY_SECONDS
        standing = Left(rate, max(rate.per_day - left[0], 0) if rate.per_day else None, left[1] // _THOUSAND, ends)
        if refusal is not None:
            refused = RefusedRequest(429, refusal, "wait as long as Retry-After says")
            wait = ends if refusal.startswith("the day") else _seconds_for(left[1], rate)
            refused.response.headers.update(standing.headers() | {"Retry-After": str(wait)})
            raise refused
        return standing

    def use_once(self, nonce: str, until: int) -> bool:
        """Whether `nonce` was not used before; it is from now on, until second `until`."""
        now = int(self._clock())
        with self._transaction() as file:
            file.execute("DELETE FROM signed_in WHERE until < ?", (now,))
            (kept,) = file.execute("SELECT count(*) FROM signed_in").fetchone()
            if kept >= USED_MAX:
                raise RefusedRequest(503, "too many sign in at once", "try again later")
            made = file.execute("INSERT OR IGNORE INTO signed_in VALUES (?, ?)", (nonce, until)).rowcount
        return made == 1

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._file.close()

    def _row(self, file: sqlite3.Connection, key: bytes, now: float) -> tuple[bytes, tuple[int, int, int, int] | None]:
        select = "SELECT day, used, milli, at FROM callers WHERE name = ?"
        row = file.execute(select, (key,)).fetchone()
        if row is not None:
            return key, row
        self._new += 1
        if self._new % _SWEEP_EVERY == 1:
            # who has not asked since yesterday has everything left, and needs no line
            file.execute("DELETE FROM callers WHERE day < ?", (int(now) // DAY_SECONDS,))
        (kept,) = file.execute("SELECT count(*) FROM callers").fetchone()
        if kept < self._callers_max:
            return key, None
        # never in the place of another: whoever brings many names would wipe out its own count
        return _EVERYBODY_ELSE, file.execute(select, (_EVERYBODY_ELSE,)).fetchone()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                with closing(self._file.execute("BEGIN IMMEDIATE")):
                    yield self._file
            except sqlite3.OperationalError as error:
                raise RefusedRequest(503, "requests cannot be counted now", "try again later") from error
            finally:
                if self._file.in_transaction:
                    self._file.execute("COMMIT")


def _judge(
    row: tuple[int, int, int, int] | None, now: float, questions: int, rate: Rate, requests: int
) -> tuple[tuple[int, int, int], str | None]:
    """What a caller would have then (questions used today, thousandths of requests left, at which millisecond), and
    why it is refused if it is.
    """
    at, full = int(now * _THOUSAND), rate.burst * _THOUSAND
    day, used, milli, since = row or (int(now) // DAY_SECONDS, 0, full, at)
    used = used if day == int(now) // DAY_SECONDS else 0
    # a clock that steps back gives nothing
    milli = min(full, milli + max(at - since, 0) * rate.per_minute // 60)
    if rate.per_day and used + questions > rate.per_day:
        return (used, milli, at), f"the day's {rate.per_day} questions do not hold {questions} more"
    if milli < requests * _THOUSAND:
        return (used, milli, at), f"over {rate.burst} requests at once"
    return (used + questions, milli - requests * _THOUSAND, max(at, since)), None


def _seconds_for(milli: int, rate: Rate) -> int:
    """Until one request is left again."""
    return max(1, -(-(_THOUSAND - milli) * 60 // (rate.per_minute * _THOUSAND)))
