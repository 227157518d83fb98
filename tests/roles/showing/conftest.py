"""What a page is shown, over the finished run and over a model whose holders vote; work in the background at once."""

import itertools

import pytest

from andel.roles.showing.network import Gateway
from andel.roles.showing.source import Showing
from andel.serving.page.source import PageSource
from tests.support.voting_world import voting_world


def shown(model, store, **options) -> PageSource:
    """A source that reads anew whatever rests on the newest block, and waits for what it begins."""
    return Showing(model, store, clock=itertools.count(0, 100).__next__, start=lambda work: work(), **options)


class Asked:
    """What a node was asked within the context: (method, parameters), in order."""

    def __init__(self, chain):
        self._chain, self.all = chain, []

    def __enter__(self):
        self._former = self._chain.tell(lambda method, params, _: self.all.append((method, params)))
        return self

    def __exit__(self, *_):
        self._chain.tell(self._former)

    def calls(self, function):
        """How many calls of a function of one of our contracts there were."""
        selector = "0x" + function.selector.hex()
        return sum(1 for method, params in self.all if method == "eth_call" and params[0]["data"].startswith(selector))


@pytest.fixture
def source(finished_run) -> PageSource:
    """The finished run's facts."""
    return shown(finished_run.world.model, finished_run.small.store, gateway=Gateway(rpc="http://127.0.0.1:1"))


@pytest.fixture(scope="session")
def voted(shared_node, tmp_path_factory):
    """A model with an offering that succeeded, two holders with votes, and one proposal carried out."""
    world = voting_world(shared_node, tmp_path_factory.mktemp("shown votes"), "shown votes")
    bar = {"contract": "ModelPolicy", "function": "setBar", "arguments": [["250", True, False]]}
    world.decide("# Hold the bar\n\nIt is low enough.", bar, {"pay": world.anne.address, "wei": "1000"})
    return world
