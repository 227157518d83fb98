"""Attack: a coordinator collects several signed updates of one contributor under one plan, and shows the best for it.

Who: the coordinator; it asks twice, replays an old question, or asks again after the node was killed and restarted.
What stops it: the signed update and the newest plan signed under are on disk before the receipt leaves; a question that
comes again gets the same receipt, an older plan none. Played with training that differs each time, as a float task's.
"""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from andel.keys import parse_address
from andel.training import wire
from andel.training.client_app import contributor_app
from andel.training.flower import Message
from andel.training.sent_log import Kind
from andel.training.superlink import register_node, wait_for_nodes
from tests.support.light_nodes import (
    REAL_TIME,
    ROOT,
    LightNode,
    acceptance_of,
    agreeing,
    driven,
    questions,
    quiet_superlink,
)
from tests.support.patience import PATIENCE
from tests.support.worlds import build_world

WORLD = agreeing(build_world(1))
OWNER = WORLD.owners[0]
RETRY = replace(WORLD, plan=replace(WORLD.plan, attempt=1))


def never_the_same(calls):
    """A mod after which no training gives what the one before gave."""

    def mod(message, context, call_next):
        reply = call_next(message, context)
        if message.metadata.message_type == wire.TRAIN:
            calls.append(message)
            arrays = wire.arrays_of(reply, WORLD.task.shapes)
            arrays[0].flat[0] += len(calls)
            reply.content[wire.ARRAYS] = wire.array_record(arrays)
        return reply

    return mod


@pytest.fixture(scope="module")
def superlink(tmp_path_factory):
    with quiet_superlink(tmp_path_factory.mktemp("second"), tls=True) as link:
        yield link


def receipt(reply):
    record = wire.read_answer(reply)
    return {name: record[name] for name in ("contributor", "update_hash", "weight", "signature")}


def test_asked_twice_or_after_a_restart_the_node_gives_the_one_update_it_signed(superlink, tmp_path):
    calls: list[object] = []
    app = contributor_app(lambda _: OWNER, [never_the_same(calls)])
    node = LightNode(tmp_path / "node", OWNER, acceptance_of(WORLD, OWNER), app)
    number = register_node(superlink.door, node.public)
    door, root, receipts = superlink.door.address, superlink.settings.tls.authority, []
    for _ in range(2):  # two lives with one memory, and two runs
        with node.running(door, root), driven(superlink) as grid:
            wait_for_nodes(grid, 1, PATIENCE, REAL_TIME)
            for _ in range(2):
                (reply,) = questions(grid, WORLD, wire.TRAIN, [number])
                receipts.append(receipt(reply))
            (shown,) = questions(grid, WORLD, wire.REVEAL, [number])
    assert len(calls) == 1 and receipts == [receipts[0]] * 4
    assert parse_address(receipts[0]["contributor"]) == OWNER.address
    hashes = {sent.hash for sent in node.sent() if sent.kind in (Kind.RECEIPT, Kind.UPDATE)}
    assert hashes == {receipts[0]["update_hash"].hex()} and shown.has_content()


def test_a_replayed_question_of_an_earlier_attempt_is_not_trained_on_again(superlink, tmp_path):
    calls: list[object] = []
    app = contributor_app(lambda _: OWNER, [never_the_same(calls)])
    node = LightNode(tmp_path / "node", OWNER, acceptance_of(WORLD, OWNER), app)
    number = register_node(superlink.door, node.public)
    replies = []
    with node.running(superlink.door.address, superlink.settings.tls.authority), driven(superlink) as grid:
        wait_for_nodes(grid, 1, PATIENCE, REAL_TIME)
        for world in (WORLD, RETRY, WORLD):
            replies += questions(grid, world, wire.TRAIN, [number])
    assert [reply.has_error() for reply in replies] == [False, False, True]
    assert len(calls) == 2 and "later plan" in str(replies[2].error.reason)


@pytest.mark.parametrize(
    "moment", ["asked", *(pytest.param(moment, marks=pytest.mark.full) for moment in ("trained", "kept"))]
)
def test_killed_between_question_and_answer_it_answers_once_after_its_restart(superlink, tmp_path, moment):
    folder = tmp_path / "node"
    node = LightNode(folder, OWNER, acceptance_of(WORLD, OWNER))
    number = register_node(superlink.door, node.public)
    root = superlink.settings.tls.authority
    command = [sys.executable, "-m", "tests.support.light_node_process"]
    command += [str(folder), superlink.door.address, str(root), moment]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        with driven(superlink) as grid:
            wait_for_nodes(grid, 1, PATIENCE, REAL_TIME)
            waiting = questions(grid, WORLD, wire.TRAIN, [number], answered=False)
            assert process.wait(PATIENCE) == -signal.SIGKILL
            with node.running(superlink.door.address, root):
                replies: list[Message] = []
                until = time.monotonic() + PATIENCE
                while not replies and time.monotonic() < until:
                    replies = grid.pull_messages(waiting)
                    time.sleep(0.05)
                (again,) = questions(grid, WORLD, wire.TRAIN, [number])
        assert receipt(replies[0]) == receipt(again)
    finally:
        process.kill()
        process.wait()
