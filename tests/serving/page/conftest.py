"""A page over a simulated model and a simulated node, served from a thread."""

from functools import partial

import httpx
import pytest

from andel.serving.limits import Rate
from tests.support.pages import SimulatedNode, SimulatedSource, served_page


@pytest.fixture
def source():
    return SimulatedSource()


@pytest.fixture
def node():
    return SimulatedNode()


@pytest.fixture
def page_at(source, node, tmp_path):
    """Serves a page; a context that gives the running server."""
    return partial(served_page, source, node, tmp_path)


@pytest.fixture
def client(page_at):
    with page_at() as running, httpx.Client(base_url=running.url, trust_env=False) as client:
        yield client


@pytest.fixture
def few():
    """A rate that is soon used up."""
    return Rate(0, 5, 1)
