"""Evidence stores on both kinds of database: the same tests run on each."""

from collections.abc import Iterator
from itertools import count

import pytest
import sqlalchemy as sa

from andel.data.store import EvidenceStore
from tests.support import postgres

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.full)]
_numbers = count()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A server's URL with {name} for the database."""
    if reason := postgres.missing_parts():
        pytest.skip(reason)
    with postgres.cluster() as url:
        yield url


@pytest.fixture(params=BOTH)
def url(request, tmp_path) -> Iterator[str]:
    """The URL of a new, empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/evidence.db"
        return
    server = request.getfixturevalue("postgres_server")
    name = f"evidence{next(_numbers)}"
    maker = sa.create_engine(
        server.replace("postgresql:", "postgresql+psycopg:").format(name="postgres"), isolation_level="AUTOCOMMIT"
    )
    with maker.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    maker.dispose()
    yield server.format(name=name)


@pytest.fixture
def store(url) -> Iterator[EvidenceStore]:
    """A store in it."""
    opened = EvidenceStore(url)
    yield opened
    opened.close()
