"""A sidecar killed with kill -9 before a transaction or between a transaction and its receipt, and started again: every
request is answered once, by one answer, and paid once.
"""

import signal
from dataclasses import replace
from multiprocessing import get_context

import pytest

from andel.ledger.market import RequestStatus
from tests.support.answering_process import Orders, main
from tests.support.market_world import PRICE, TERMS, market_world

SECONDS = 60.0

# a process is forked from one that has imported everything and done nothing: no second is lost at each start
SERVER = get_context("forkserver")
SERVER.set_forkserver_preload(["tests.support.answering_process"])


@pytest.fixture
def world(finished_run):
    alone = replace(TERMS, servers=1, quorum=1, seal_seconds=600, reveal_seconds=600)
    return market_world(finished_run, alone, joined=1)


def orders(world, tmp_path, **changes):
    """What a process of the world's only server is told."""
    return Orders(
        world.chain.url,
        world.market.address,
        world.address,
        world.model.onchain_models.address,
        world.run.store_folder,
        world.servers[0].secret_bytes(),
        tmp_path / "sidecar.log",
        **changes,
    )


def run(*several):
    """The exit codes of processes that run at once."""
    processes = [SERVER.Process(target=main, args=(each,), daemon=True) for each in several]
    for each in processes:
        each.start()
    try:
        for each in processes:
            each.join(SECONDS)
    finally:
        for each in processes:
            if each.is_alive():
                each.kill()
    return [each.exitcode for each in processes]


def check_answered_once(world, count):
    """Each request has one seal, one answer, the true one, and its server one credit for each."""
    found = world.market.requests(range(1, count + 1))
    assert {each.status for each in found} == {RequestStatus.FINISHED}
    assert [world.market.answer_of(each.id) for each in found] == [world.truth(each) for each in found]
    for name in ("AnswerSealed", "AnswerRevealed", "RequestFinished"):
        assert sorted(event["id"] for event in world.events(name)) == list(range(1, count + 1))
    earned = world.market.credit_of(TERMS.token, world.servers[0].address)
    assert earned == count * (PRICE * 2_000 // 10_000)


@pytest.mark.full
@pytest.mark.parametrize("step", ["seal", "reveal", "finish"])
def test_killed_before_a_transaction_and_started_again_it_answers_once(world, tmp_path, step):
    world.ask()
    assert run(orders(world, tmp_path, die_at=step)) == [-signal.SIGKILL]
    assert run(orders(world, tmp_path)) == [0], (tmp_path / "sidecar.log").read_text()
    check_answered_once(world, 1)


@pytest.mark.parametrize("taken", [1, 2, 3], ids=["seal", "reveal", "finish"])
def test_killed_between_a_transaction_and_its_receipt_and_started_again_it_answers_once(world, tmp_path, taken):
    world.ask()
    assert run(orders(world, tmp_path, die_after=taken)) == [-signal.SIGKILL]
    assert run(orders(world, tmp_path)) == [0], (tmp_path / "sidecar.log").read_text()
    check_answered_once(world, 1)


def test_two_processes_with_one_key_at_once_answer_once(world, tmp_path):
    for number in range(4):
        world.ask(number)
    logs = [tmp_path / "a.log", tmp_path / "b.log"]
    several = [replace(orders(world, tmp_path, looks=60), log=log) for log in logs]
    assert run(*several) == [0, 0], "\n".join(log.read_text() for log in logs)
    check_answered_once(world, 4)
