"""The small run on anvil and the run of the whole command, shared with the other folders that use them."""

import pytest

from tests.support.own_data_run import own_data_run
from tests.support.small_run import finished_run, launch_world, shared_node


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    """Checkpoints of audits go into the test's own folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


__all__ = ["finished_run", "launch_world", "own_data_run", "shared_node"]
