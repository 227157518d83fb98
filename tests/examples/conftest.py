"""The stations of the UCI data set, a chain whose clock stands in their time, and a table of made-up stations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from andel.errors import NodeMissing
from andel.simulation.local_chain import LocalChain, find_anvil
from andel.simulation.series import Dataset
from examples.air_quality.playing import start_time
from examples.air_quality.stations import read_stations


@pytest.fixture(scope="session")
def beijing_folder(shared_folder: Path) -> Path:
    """The folder with the stations' files; without it the test is skipped."""
    folder = shared_folder / "data" / "beijing"
    if not any(folder.glob("PRSA_Data_*")):
        pytest.skip("no UCI files in ../shared/data/beijing: see examples/air_quality/README.md")
    return folder


@pytest.fixture(scope="session")
def beijing(beijing_folder: Path) -> Dataset:
    """All stations there."""
    return read_stations(beijing_folder)


@pytest.fixture(scope="module")
def past_chain(beijing: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalChain]:
    """A chain of its own that begins on the day before the live ones; without anvil the test is skipped."""
    try:
        anvil = find_anvil()
    except NodeMissing as error:
        pytest.skip(f"{error.message} ({error.hint})")
    with LocalChain(tmp_path_factory.mktemp("past-chain"), anvil=anvil, start_time=start_time(beijing)) as local:
        yield local
