"""SQLite's write-ahead log, switched on where several processes may open a new file at once.

Takes a connection; leaves its file in write-ahead mode. SQLite does not ask its busy timeout while a file changes to
that mode: of several that open a new one at the same moment all but one are told "database is locked" at once. So
the change is tried again here, for bounded seconds. A file that is in the mode already costs one read.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Final

PATIENCE_SECONDS: Final = 10.0

_PAUSE_SECONDS: Final = 0.005
_LONGEST_PAUSE_SECONDS: Final = 0.1
_PRIMARY_CODE: Final = 0xFF
"""SQLite's extended codes (recovering, snapshot) say in their low byte what kind they are."""


def write_ahead(
    connection: sqlite3.Connection,
    patience_seconds: float = PATIENCE_SECONDS,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Puts the file in write-ahead mode; a database in memory stays as it is.

    Call it outside of a transaction. Raises sqlite3.OperationalError: at once for whatever is not a lock, and for one
    that is still held after `patience_seconds`.
    """
    end, pause = clock() + patience_seconds, _PAUSE_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY_CODE != sqlite3.SQLITE_BUSY or clock() >= end:
                raise
        sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
