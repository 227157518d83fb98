"""Debian's Chromium before a real gateway on a real chain; screenshots go to build/screenshots."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser import chromium
from tests.support.gateway_process import GatewayProcess
from tests.support.small_run import FinishedRun, finished_run, launch_world, shared_node


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a file's tests; each test opens profiles of its own."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def screenshots(repo_root: Path) -> Path:
    """Where pictures of pages are kept."""
    folder = repo_root / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def gateway(finished_run: FinishedRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """The gateway of the finished run's model."""
    small = finished_run.small
    process = GatewayProcess(
        small.local.url,
        finished_run.deployment,
        finished_run.store_folder,
        tmp_path_factory.mktemp("gateway"),
        small.world.actors.coordinator,
    )
    yield process.start()
    process.stop()


__all__ = ["finished_run", "launch_world", "shared_node"]
