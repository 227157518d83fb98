"""The small run on anvil and the run of the whole command, shared with other folders; a command in this process."""

import pytest

from tests.support.own_data_run import call_main, own_data_run
from tests.support.small_run import finished_run, launch_world, shared_node


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    """Checkpoints of audits go into the test's own folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def andel(monkeypatch, capsys):
    """`andel …` in this process, on a wide screen and without a funder's key."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("ANDEL_FUNDER_KEY", raising=False)
    return lambda *arguments: call_main([str(argument) for argument in arguments], monkeypatch, capsys)


__all__ = ["finished_run", "launch_world", "own_data_run", "shared_node"]
