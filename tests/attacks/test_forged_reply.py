"""At SuperLink's doors: a node that answers as another, in halves or without end; a stranger who would drive rounds."""

import time
from contextlib import ExitStack
from dataclasses import replace

import pytest
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects

from andel.errors import SettingsError, TrainingError
from andel.training.certificates import make_authority
from andel.training.flower import Message
from andel.training.superlink import connect
from tests.support.fleet_protocol import text_of, words
from tests.support.superlinks import SETTINGS, Place, ask, pull_until


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with ExitStack() as stack:
        yield Place(tmp_path_factory.mktemp("superlink"), stack)


@pytest.fixture
def grid(place):
    with connect(place.door, SETTINGS) as grid:
        yield grid


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


def test_halves_of_replies_that_nobody_waits_for_any_more_do_not_pile_up(place):
    nodes = [place.node(), place.node()]
    with connect(place.door, replace(SETTINGS, max_reply_bytes=50_000)) as grid:
        names, replies = ask(grid, *nodes), []
        for node in nodes:
            (question,) = node.pull()
            reply = Message(words("x" * 30_000), reply_to=question)
            node.announce(reply, question)
            node.send_parts(reply, [part for part in get_all_nested_objects(reply) if part != reply.object_id])
            replies.append(reply)
            assert grid.pull_messages(names) == []
        assert grid.pull_messages(["another phase"]) == []
        for node, reply in zip(nodes, replies, strict=True):
            node.send_parts(reply, [reply.object_id])
        (kept,) = pull_until(grid, names, 1.0)
    assert kept.metadata.src_node_id == nodes[1].id, "the newest is kept"


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
