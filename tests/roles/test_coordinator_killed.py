"""A coordinator killed with kill -9 at any step of a round, and started again: the round settles, or the next attempt
does, and nothing is paid twice.

The coordinator is a process of its own over contributors of its own; validators look on in this process meanwhile, as
they would. What is checked in the end is the chain: how often rounds opened, that each was final once, and that what
was minted is what the rounds say.
"""

import signal
import time
from multiprocessing import get_context

import pytest

from andel.ledger.round_state import Status
from andel.training import wire
from tests.support.coordinator_process import main

SECONDS = 120.0

# a process is forked from one that has imported everything and done nothing: no second is lost at each start
SERVER = get_context("forkserver")
SERVER.set_forkserver_preload(["tests.support.coordinator_process"])

# in the order of DESIGN §5.3; after "seed 2" the validators go on, and the coordinator looks on
STEPS = [
    "planned",
    "opened",
    f"answer {wire.BATCHES}",
    f"end {wire.BATCHES}",
    "commitments kept",
    "data committed",
    "seed 1",
    f"answer {wire.OPENINGS}",
    f"end {wire.OPENINGS}",
    f"answer {wire.TRAIN}",
    f"end {wire.TRAIN}",
    f"answer {wire.REVEAL}",
    f"end {wire.REVEAL}",
    "manifest kept",
    "closed",
    "posted answered",
    "seed 2",
    "attested",
    "ended",
]


class Runs:
    """One world whose rounds are coordinated by processes."""

    def __init__(self, small, name):
        self.small, self.name, self.folder = small, name, small.folder
        self.manager = small.world.model.round_manager

    def start(self, until, *options):
        """A coordinator process that ends when round `until` is final."""
        arguments = [str(self.folder), "--name", self.name, "--rpc", self.small.world.chain.url]
        arguments += ["--model", self.manager.address, "--until-round", str(until), *options]
        process = SERVER.Process(target=main, args=(arguments, self.folder / "coordinator.log"), daemon=True)
        process.start()
        return process

    def wait(self, process, held=()):
        """Its exit code; validators look at the chain meanwhile, unless the round has a status that is held."""
        until = time.monotonic() + SECONDS
        try:
            while process.is_alive():
                number = self.manager.rounds_count()
                holds = bool(number) and self.manager.round_of(number).status in held
                busy = [] if holds else [each.step() for each in self.small.validators]
                if not any(busy):
                    time.sleep(0.02)
                assert time.monotonic() < until, self.said()
        finally:
            if process.is_alive():
                process.kill()
            process.join()
        return process.exitcode

    def said(self):
        """The end of the processes' log."""
        return (self.folder / "coordinator.log").read_text()[-3_000:]

    def killed(self, until, *options, held=()):
        """A coordinator that is killed on the way, and what the chain says then."""
        assert self.wait(self.start(until, *options), held) == -signal.SIGKILL, self.said()
        number = self.manager.rounds_count()
        return self.manager.round_of(number) if number else None

    def finished(self, until, *options):
        """A coordinator that ends by itself, and the round that it ended with."""
        assert self.wait(self.start(until, *options)) == 0, self.said()
        return self.manager.round_of(until)

    def check_paid_once(self):
        """Each round was opened and final once, and everything minted is what the final rounds say."""
        count = self.manager.rounds_count()
        states = [self.manager.round_of(number) for number in range(1, count + 1)]
        final = [event.arguments["round"] for event in self.manager.logs("RoundFinalised", 0)]
        assert final == [state.round for state in states if state.status == Status.FINALISED]
        pool = self.small.world.model.pool
        assert pool.contributors_minted() == sum(state.minted for state in states)
        opened = [
            (event.arguments["round"], event.arguments["attempt"]) for event in self.manager.logs("RoundOpened", 0)
        ]
        assert len(opened) == len(set(opened))


@pytest.fixture(scope="module")
def runs(launch_world):
    return Runs(launch_world("killed coordinator"), "killed coordinator")


@pytest.mark.full
@pytest.mark.parametrize(
    "step",
    [step if number % 5 == 0 else pytest.param(step, marks=pytest.mark.full) for number, step in enumerate(STEPS)],
)
def test_killed_at_a_step_and_started_again_the_round_settles_and_is_paid_once(runs, step):
    number = runs.manager.rounds_count() + 1
    # nobody goes on before the process has seen it
    runs.killed(number, "--die-at", step, held=(Status.ATTESTED,) if step == "attested" else ())
    state = runs.finished(number)
    assert (state.status, state.attempt) == (Status.FINALISED, 0)
    runs.check_paid_once()


@pytest.mark.full
@pytest.mark.parametrize("count", range(1, 6), ids=["open", "commitData", "recordSeed 1", "close", "recordSeed 2"])
def test_killed_between_a_transaction_and_its_receipt_the_round_settles_and_is_paid_once(runs, count):
    number = runs.manager.rounds_count() + 1
    runs.killed(number, "--die-after-send", str(count))
    state = runs.finished(number)
    assert (state.status, state.attempt) == (Status.FINALISED, 0)
    runs.check_paid_once()
