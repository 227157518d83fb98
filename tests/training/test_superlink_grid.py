"""Our Grid over a real SuperLink: questions and replies, nodes that are gone, lost runs, a killed SuperLink."""

import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from andel.errors import TrainingError
from andel.training.certificates import make_node_key, make_server_files
from andel.training.flower_deployment import PushTaskOutputRequest
from andel.training.superlink import SuperLinkSettings, connect, register_node, start_superlink, unregister_node
from tests.support.fleet_protocol import WireNode, text_of
from tests.support.process_watch import program_of
from tests.support.superlinks import SETTINGS, Place, ask, pull_until


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with ExitStack() as stack:
        yield Place(tmp_path_factory.mktemp("superlink"), stack)


@pytest.fixture
def grid(place):
    with connect(place.door, SETTINGS) as grid:
        yield grid


def test_a_question_reaches_its_node_and_the_reply_comes_back_once(place, grid):
    node = place.node()
    names = ask(grid, node)
    (question,) = node.pull()
    assert question.metadata.message_type == "query.batches" and question.metadata.group_id == "1.0"
    assert grid.pull_messages(names) == []
    node.answer(question, "my batches")
    (reply,) = pull_until(grid, names)
    assert text_of(reply) == "my batches"
    assert (reply.metadata.src_node_id, reply.metadata.reply_to_message_id) == (node.id, names[0])
    assert grid.pull_messages(names) == []


def test_nodes_are_named_with_the_keys_they_prove_themselves_by(place, grid):
    key = make_node_key()
    assert register_node(place.door, key.public) not in grid.get_node_ids(), "registered, but never heard of"
    node = WireNode(place.door.address, place.tls.authority, key)
    place.nodes.append(node)
    assert node.id in grid.get_node_ids()
    assert grid.public_keys()[node.id] == key.public


def test_a_message_for_a_node_that_is_gone_is_answered_at_once(place, grid):
    node = place.node()
    unregister_node(place.door, node.id)
    names = ask(grid, node)
    (reply,) = pull_until(grid, names)
    assert reply.has_error() and reply.metadata.src_node_id == node.id
    assert reply.metadata.reply_to_message_id == names[0]


@pytest.mark.full
def test_a_run_that_superlink_has_lost_is_begun_anew_and_its_questions_answered_with_an_error(place, grid):
    node = place.node()
    names = ask(grid, node)
    former, series = grid.run.run_id, grid.series
    # as after a silence of a minute: SuperLink takes the run for ended
    grid._session.client.PushTaskOutput(PushTaskOutputRequest(sub_status="failed", details="silent"))
    (reply,) = pull_until(grid, names)
    assert reply.has_error() and "lost the run" in str(reply.error.reason) and reply.metadata.src_node_id == node.id
    assert grid.run.run_id != former and grid.series == series
    again = ask(grid, node)
    while (question := node.pull()[0]).metadata.run_id == former:
        pass  # asked in the lost run
    node.answer(question, "still here")
    (reply,) = pull_until(grid, again)
    assert text_of(reply) == "still here"


@pytest.mark.full
def test_a_superlink_killed_and_started_again_loses_no_question(place, grid):
    node = place.node()
    run = grid.run.run_id
    names = ask(grid, node)
    (question,) = node.pull()
    place.link.process.kill()
    started = time.monotonic()
    assert grid.pull_messages(names) == [], "silence, no error: the round goes on waiting"
    with pytest.raises(TrainingError, match="does not answer"):
        grid.get_node_ids()
    assert time.monotonic() - started < 10
    place.restart()
    node.answer(question, "made while you were away")
    (reply,) = pull_until(grid, names)
    assert text_of(reply) == "made while you were away" and grid.run.run_id == run
    assert node.id in grid.get_node_ids()


STARTER = """
import sys, time
from pathlib import Path
from andel.training.superlink import SuperLinkSettings, start_superlink
with start_superlink(SuperLinkSettings(Path(sys.argv[1]))) as link:
    print(link.process.pid, flush=True)
    time.sleep(600)
"""


@pytest.mark.full
def test_a_superlink_ends_with_whoever_started_it_however_that_ends(tmp_path):
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    assert program_of(pid) == "flower-superlink"
    starter.kill()
    starter.wait()
    starter.stdout.close()
    until = time.monotonic() + 30
    while program_of(pid) and time.monotonic() < until:
        time.sleep(0.1)
    assert program_of(pid) == ""


@pytest.mark.full
def test_a_superlink_that_cannot_start_says_why(tmp_path):
    tls = make_server_files(tmp_path / "tls", ["127.0.0.1"], int(time.time()))
    tls.key.write_bytes(b"no key")
    with pytest.raises(TrainingError, match="flower-superlink ended with code"):
        with start_superlink(SuperLinkSettings(tmp_path, tls=tls)):
            pass
