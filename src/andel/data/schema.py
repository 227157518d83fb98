"""The tables of the evidence store, and opening a database so that what is committed is on disk.

Takes an SQLAlchemy URL (SQLite, or PostgreSQL through psycopg 3); gives an engine with the tables made. Never writes
a row. Failures of the database become StoreError here, with what a person can do about them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from andel.errors import SettingsError, StoreError
from andel.write_ahead import write_ahead

WAIT_SECONDS: Final = 30
"""How long a writer waits for another one before it gives up."""

_CHECKPOINT_PAGES: Final = 4_000  # 16 MiB of write-ahead log, then it is carried into the database file

tables = sa.MetaData()
_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers rows by itself only under INTEGER
devices = sa.Table(
    "devices",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("address", sa.LargeBinary(20), nullable=False, unique=True),
    sa.Column("public_key", sa.LargeBinary),  # unknown until an intake tells it
    sa.Column("epoch", sa.Text),
)
accepted = sa.Table(
    "accepted",
    tables,
    sa.Column("id", _id, primary_key=True),
    sa.Column("device", sa.Integer, nullable=False),  # devices.id: a number makes row and index half as dear
    sa.Column("timestamp", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False),
    sa.Column("raw", sa.LargeBinary),
    sa.Column("raw_hash", sa.LargeBinary(32)),  # SHA-256 of raw, written when raw is deleted
    sa.UniqueConstraint("device", "timestamp"),
    sa.CheckConstraint("(raw IS NULL) <> (raw_hash IS NULL)", name="raw_or_its_hash"),
)
refused = sa.Table(
    "refused",
    tables,
    sa.Column("id", _id, primary_key=True),
    sa.Column("identity", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Index("refused_by_device", "device", "reason"),
)
dropped = sa.Table(  # how many refused packets are no longer kept
    "dropped",
    tables,
    sa.Column("device", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, primary_key=True),
    sa.Column("packets", sa.BigInteger, nullable=False),
)
forgotten_days = sa.Table(
    "forgotten_days",
    tables,
    sa.Column("device", sa.Integer, primary_key=True),
    sa.Column("day", sa.BigInteger, primary_key=True),
)
shown_leaves = sa.Table(  # what was opened, sealed, of which batch: counted over all rounds
    "shown_leaves",
    tables,
    sa.Column("device", sa.LargeBinary(20), primary_key=True),
    sa.Column("day", sa.BigInteger, primary_key=True),
    sa.Column("leaf", sa.BigInteger, primary_key=True),
)

INSERT: Final[Mapping[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""The insert with `on_conflict_do_nothing` of each kind of database."""

ONE_WRITER: Final[Mapping[str, str]] = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "LOCK TABLE accepted IN SHARE ROW EXCLUSIVE MODE",
}
"""What a writing transaction begins with: writers stand in line, so none deadlocks or sees half of another's."""


def open_engine(url: str, wait_seconds: int = WAIT_SECONDS) -> sa.Engine:
    """An engine on the database at `url`, made durable, with all tables. Raises SettingsError or StoreError."""
    try:
        parsed = sa.make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        name = parsed.get_backend_name()
        if name not in INSERT:
            raise SettingsError(f"no evidence store on {name}", "use SQLite or PostgreSQL")
        engine = sa.create_engine(parsed)
    except sa.exc.SQLAlchemyError as error:
        raise SettingsError(f"cannot open the evidence store: {error}") from error
    except ImportError as error:
        raise SettingsError(f"cannot open the evidence store: {error}", "install andel[postgres]") from error
    sa.event.listen(engine, "connect", _sqlite_settings(wait_seconds) if name == "sqlite" else _postgres(wait_seconds))
    try:
        if not tables.tables.keys() <= set(sa.inspect(engine).get_table_names()):
            _make_tables(engine)
        columns = {column["name"] for column in sa.inspect(engine).get_columns("accepted")}
    except sa.exc.SQLAlchemyError as error:
        engine.dispose()
        raise SettingsError(f"cannot open the evidence store: {_cause(error)}") from error
    if columns != set(accepted.columns.keys()):
        engine.dispose()
        raise SettingsError("the evidence store was made by another release", "take the packets into a new store")
    return engine


@contextmanager
def database_errors() -> Iterator[None]:
    """Turns what a database reports in operation (full, locked, gone, damaged) into StoreError."""
    try:
        yield
    except (sa.exc.IntegrityError, sa.exc.ProgrammingError):
        raise  # a statement of ours that is wrong, no state of the database
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
        message = _cause(error)
        raise StoreError(f"the evidence store failed: {message}", _hint(message)) from error


def _hint(message: str) -> str:
    lower = message.lower()
    kept = "what was acknowledged is kept, give the rest again"
    if "locked" in lower or "lock timeout" in lower:
        return f"another program holds the database: wait for it or end it; {kept}"
    if "full" in lower or "no space" in lower or "i/o error" in lower:
        return f"make room on the disk; {kept}"
    return kept


def _cause(error: sa.exc.SQLAlchemyError) -> str:
    text = str(getattr(error, "orig", None) or error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def _make_tables(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":  # of several that find a new file without tables, one makes them
            connection.exec_driver_sql(ONE_WRITER["sqlite"])
        tables.create_all(connection)
        connection.commit()


def _sqlite_settings(wait_seconds: int) -> Any:
    def set_up(connection: Any, _record: object) -> None:
        # transactions are begun by the store itself (ONE_WRITER), not by the driver in the middle of one
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={wait_seconds * 1_000}")
        write_ahead(connection, wait_seconds)
        for pragma in ("synchronous=FULL", "secure_delete=ON", f"wal_autocheckpoint={_CHECKPOINT_PAGES}"):
            connection.execute(f"PRAGMA {pragma}").close()

    return set_up


def _postgres(wait_seconds: int) -> Any:
    def set_up(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {wait_seconds * 1_000}")
            cursor.execute("SET synchronous_commit = on")
        connection.commit()

    return set_up
