"""Our Grid over a real SuperLink: late, half-sent, oversized and forged replies, lost runs, killed SuperLinks."""

import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from andel.errors import SettingsError, TrainingError
from andel.training.certificates import make_authority, make_node_key, make_server_files
from andel.training.fab import build_fab
from andel.training.flower import Message
from andel.training.flower_deployment import PushTaskOutputRequest
from andel.training.superlink import (
    ConnectSettings,
    SuperLinkGrid,
    SuperLinkSettings,
    connect,
    register_node,
    start_superlink,
    unregister_node,
)
from tests.support.fleet_protocol import WireNode, text_of, words

SETTINGS = ConnectSettings(build_fab("tests.support.fleet_app:app"), outage_seconds=0.5)


class Place:
    """A running SuperLink, and the nodes that a test makes of it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.tls = make_server_files(folder / "tls", ["127.0.0.1"], int(time.time()))
        self.stack = stack
        self.link = stack.enter_context(start_superlink(SuperLinkSettings(folder / "superlink", tls=self.tls)))
        self.door = self.link.door

    def node(self) -> WireNode:
        """A new node."""
        key = make_node_key()
        register_node(self.door, key.public)
        node = WireNode(self.door.address, self.tls.authority, key)
        self.stack.callback(node.close)
        return node

    def restart(self) -> None:
        """SuperLink killed, and started again with its database."""
        self.link.process.kill()
        self.link = self.stack.enter_context(start_superlink(self.link.settings))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with ExitStack() as stack:
        yield Place(tmp_path_factory.mktemp("superlink"), stack)


@pytest.fixture
def grid(place):
    with connect(place.door, SETTINGS) as grid:
        yield grid


def ask(grid: SuperLinkGrid, *nodes: WireNode) -> list[str]:
    """The same question to each node."""
    messages = [Message(words(f"question {node.id}"), node.id, "query.batches", group_id="1.0") for node in nodes]
    return grid.push_messages(messages)


def pull_until(grid: SuperLinkGrid, names: list[str], seconds: float = 10.0) -> list[Message]:
    """Replies to all of them, or what came in time."""
    until, found = time.monotonic() + seconds, []
    while len(found) < len(names) and time.monotonic() < until:
        found += grid.pull_messages(names)
        time.sleep(0.02)
    return found


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
    place.stack.callback(node.close)
    assert node.id in grid.get_node_ids()
    assert grid.public_keys()[node.id] == key.public


def test_a_half_sent_reply_holds_up_nobody(place, grid):
    slow, quick = place.node(), place.node()
    names = ask(grid, slow, quick)
    (to_slow,), (to_quick,) = slow.pull(), quick.pull()
    late = Message(words("late"), reply_to=to_slow)
    slow.announce(late, to_slow)
    quick.answer(to_quick, "quick")
    started = time.monotonic()
    (first,) = pull_until(grid, [names[1]])
    assert grid.pull_messages(names) == [] and time.monotonic() - started < 5
    assert text_of(first) == "quick"
    slow.send_parts(late)
    (second,) = pull_until(grid, names[:1])
    assert text_of(second) == "late"


def test_a_reply_over_the_bound_becomes_an_error_that_names_its_node(place):
    node = place.node()
    with connect(place.door, replace(SETTINGS, max_reply_bytes=50_000)) as grid:
        names = ask(grid, node)
        (question,) = node.pull()
        node.answer(question, "x" * 60_000)
        (reply,) = pull_until(grid, names)
    assert reply.has_error() and "over the limit of 50000 bytes" in str(reply.error.reason)
    assert reply.metadata.src_node_id == node.id


def test_what_a_reply_says_of_itself_does_not_make_it_anothers(place, grid):
    liar, victim = place.node(), place.node()
    names = ask(grid, liar, victim)
    (question,) = liar.pull()
    forged = Message(words("I am the other"), reply_to=question)
    forged.metadata.__dict__["_src_node_id"] = victim.id
    liar.announce(forged, question)
    liar.send_parts(forged)
    (reply,) = pull_until(grid, names[:1])
    assert reply.metadata.src_node_id == liar.id
    (again,) = ask(grid, liar)
    (question,) = liar.pull()
    forged = Message(words("for the other"), reply_to=question)
    forged.metadata.__dict__["_reply_to_message_id"] = names[1]
    liar.announce(forged, question)
    liar.send_parts(forged)
    (reply,) = pull_until(grid, [again])
    assert reply.has_error() and "to another message" in str(reply.error.reason)
    assert grid.pull_messages(names[1:]) == []


def test_a_message_for_a_node_that_is_gone_is_answered_at_once(place, grid):
    node = place.node()
    unregister_node(place.door, node.id)
    names = ask(grid, node)
    (reply,) = pull_until(grid, names)
    assert reply.has_error() and reply.metadata.src_node_id == node.id
    assert reply.metadata.reply_to_message_id == names[0]


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


def test_nobody_drives_rounds_without_the_secret(place, tmp_path):
    other = tmp_path / "secret"
    other.write_bytes(b"guessed")
    with pytest.raises(TrainingError, match="401"), connect(replace(place.door, secret=other), SETTINGS):
        pass
    with pytest.raises(SettingsError, match="cannot be read"):
        with connect(replace(place.door, secret=tmp_path / "none"), SETTINGS):
            pass


def test_a_server_of_another_authority_is_not_spoken_to(place, tmp_path):
    other = tmp_path / "authority.pem"
    other.write_bytes(make_authority("another", int(time.time())).certificate)
    started = time.monotonic()
    with pytest.raises(TrainingError, match="(?i)certificate"):
        with connect(replace(place.door, root_certificate=other), replace(SETTINGS, outage_seconds=60)):
            pass
    assert time.monotonic() - started < 20, "a wrong certificate is no outage"


def test_a_superlink_that_cannot_start_says_why(tmp_path):
    settings = SuperLinkSettings(tmp_path, tls=make_server_files(tmp_path / "tls", ["127.0.0.1"], int(time.time())))
    settings.tls.key.write_bytes(b"no key")  # type: ignore[union-attr]
    with pytest.raises(TrainingError, match="flower-superlink ended with code"), start_superlink(settings):
        pass
