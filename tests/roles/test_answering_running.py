"""A sidecar beside another server: it begins, outlives what fails, and ends when it is told to."""

import threading
import time

import pytest

from andel.errors import ChainError
from andel.ledger.market import RequestStatus
from andel.ledger.standstill import Standstill
from andel.roles.answering.running import Answering, run_answering, sidecar_of
from tests.support.market_world import EAGER, market_world


@pytest.fixture
def world(finished_run):
    return market_world(finished_run)


def test_threads_answer_while_something_else_is_served_and_stop_when_told(world):
    market = world.market
    running = []
    for key in world.servers:
        sidecar = sidecar_of(key, world.model, world.run.small.store, EAGER)
        running.append(Answering(sidecar, Standstill(world.chain, key, time.monotonic), 0.05).start())
    request = world.ask()
    until = time.monotonic() + 60
    while market.request_of(request.id).status != RequestStatus.FINISHED and time.monotonic() < until:
        time.sleep(0.05)
    assert market.answer_of(request.id) == world.truth(request)
    assert all(each.is_running for each in running)
    assert all(each.stop() for each in running) and not any(each.is_running for each in running)


def test_a_node_that_fails_costs_looks_and_not_the_process(world):
    looks, stop = [], threading.Event()

    class Failing:
        """A sidecar whose node fails three times."""

        awaits_time = False

        def step(self):
            looks.append(time.monotonic())
            if len(looks) > 3:
                stop.set()
                return False
            raise ChainError("the node hiccups")

    run_answering(Failing(), Standstill(world.chain, world.asker, time.monotonic), stop, 0.01)
    assert len(looks) == 4
    rests = [after - before for before, after in zip(looks, looks[1:], strict=False)]
    assert rests[-1] > rests[0]
