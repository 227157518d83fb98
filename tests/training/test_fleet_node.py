"""A light node at a real SuperLink: rounds by messages alone, restarts, limits, and a log of all that left."""

import json
import time
from contextlib import ExitStack, closing
from dataclasses import replace

import pytest

from andel.data.disclosure import disclosure_object
from andel.errors import EvidenceError, SettingsError
from andel.hashing import sha256
from andel.training import wire
from andel.training.acceptance import keep_acceptance, read_acceptance
from andel.training.bounded_http import BoundedFleetClient, HttpBounds, trusting
from andel.training.delegation import check_node
from andel.training.fleet_link import FleetLink
from andel.training.flower import Message
from andel.training.grid import LocalGrid
from andel.training.leaving import describe
from andel.training.node_key import keep_node_key
from andel.training.node_limits import NodeLimits, parse_quiet
from andel.training.node_state import NodeState
from andel.training.sent_log import Kind
from andel.training.superlink import register_node, start_superlink, wait_for_nodes
from tests.support.federations import run_all
from tests.support.grouped import counted, grouped_world
from tests.support.light_nodes import (
    REAL_TIME,
    LightNode,
    acceptance_of,
    agreeing,
    asked,
    driven,
    questions,
    quiet_superlink,
    round_over,
)
from tests.support.patience import PATIENCE
from tests.support.worlds import FIRST_SEED, build_world

WORLD = agreeing(build_world(2))
NEXT = replace(WORLD, plan=replace(WORLD.plan, round=2))


@pytest.fixture(scope="module")
def superlink(tmp_path_factory):
    with quiet_superlink(tmp_path_factory.mktemp("superlink"), tls=True) as link:
        yield link


def wait_until(true):
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def node_of(number, folder, **more):
    owner = WORLD.owners[number]
    return LightNode(folder / f"node-{number}", owner, acceptance_of(WORLD, owner), **more)


def test_two_nodes_play_a_round_over_tls_and_fetch_no_app(superlink, tmp_path):
    nodes = [node_of(number, tmp_path) for number in range(2)]
    root = superlink.settings.tls.authority
    for node in nodes:
        register_node(superlink.door, node.public)
    with (
        nodes[0].running(superlink.door.address, root),
        nodes[1].running(superlink.door.address, root),
        driven(superlink) as grid,
    ):
        wait_for_nodes(grid, 2, PATIENCE, REAL_TIME)
        keys = grid.public_keys()
        federated = round_over(grid, WORLD)
        commitments = federated.collect_commitments()
        openings = federated.collect_openings(FIRST_SEED, [owner.address for owner in WORLD.owners])
        proven = {item.contributor: 96 for item in commitments}
        updates = federated.collect_updates(WORLD.parameters, FIRST_SEED, proven)
        result = federated.result()
    assert result.refused == () and len(keys) == 2
    assert {node.public for node in nodes} == set(keys.values())
    assert [len(found) for found in (commitments, openings, updates)] == [2, 2, 2]
    for node in nodes:
        assert node.failures == []
        sent = node.sent()
        assert [entry.kind for entry in sent] == [Kind.BATCHES, Kind.OPENINGS, Kind.RECEIPT, Kind.UPDATE]
        assert all(entry.arrived and entry.round == 1 and entry.bytes > 100 for entry in sent)
        update = next(item for item in updates if item.contributor == node.owner.address)
        assert sent[2].hash == sent[3].hash == update.update_hash.hex()
        assert sent[1].hash == sha256(openings[node.owner.address]).hex() and sent[1].readings > 10
    assert asked(superlink, "pull-messages") or asked(superlink, "activate-node")
    assert asked(superlink, "get-fab") == 0 and asked(superlink, "get-run") == 0


@pytest.mark.full
def test_nodes_of_a_group_sum_behind_masks_and_log_what_that_took(superlink, tmp_path):
    world = agreeing(grouped_world(4))
    nodes = [LightNode(tmp_path / str(owner.address), owner, acceptance_of(world, owner)) for owner in world.owners]
    for node in nodes:
        register_node(superlink.door, node.public)
    with ExitStack() as stack:
        for node in nodes:
            stack.enter_context(node.running(superlink.door.address, superlink.settings.tls.authority))
        grid = stack.enter_context(driven(superlink))
        wait_for_nodes(grid, 4, PATIENCE, REAL_TIME)
        result = run_all(world, round_over(grid, world)).result()
    assert result.refused == () and len(result.masks) == 4
    assert len(counted(world, result)) == 4
    for node in nodes:
        kinds = [entry.kind for entry in node.sent()]
        assert kinds.count(Kind.GROUP) == 4 and Kind.UPDATE in kinds and Kind.ERROR not in kinds
        (opened,) = [entry for entry in node.sent() if entry.kind == Kind.OPENINGS]
        assert 4 * 2 <= opened.readings <= 4 * 24 // 5 and "sealed to the round's validators" in opened.note


@pytest.mark.full
def test_quiet_hours_begin_no_round_and_break_none_off(superlink, tmp_path):
    minutes = [720]
    node = node_of(0, tmp_path, limits=NodeLimits(parse_quiet("22:00-07:00")), minute=lambda: minutes[0])
    number = register_node(superlink.door, node.public)
    with node.running(superlink.door.address, superlink.settings.tls.authority), driven(superlink) as grid:
        wait_for_nodes(grid, 1, PATIENCE, REAL_TIME)
        (begun,) = questions(grid, WORLD, wire.BATCHES, [number])
        minutes[0] = 23 * 60
        (other,) = questions(grid, NEXT, wire.BATCHES, [number])
        (trained,) = questions(grid, WORLD, wire.TRAIN, [number])
        (shown,) = questions(grid, WORLD, wire.REVEAL, [number])
        wait_until(lambda: not grid.get_node_ids())
    assert begun.has_content() and trained.has_content() and shown.has_content()
    assert "begins no round now: quiet hours" in str(other.error.reason)
    assert node.failures == []


@pytest.mark.full
def test_a_day_whose_bytes_are_spent_is_over_also_for_a_restarted_node(superlink, tmp_path):
    node = node_of(0, tmp_path, limits=NodeLimits(daily_bytes=60_000))
    number = register_node(superlink.door, node.public)
    root = superlink.settings.tls.authority
    with driven(superlink) as grid:
        with node.running(superlink.door.address, root):
            wait_for_nodes(grid, 1, PATIENCE, REAL_TIME)
            for _ in range(20):
                if not questions(grid, WORLD, wire.TRAIN, [number], given_up=lambda: not grid.get_node_ids()):
                    break
            wait_until(lambda: not grid.get_node_ids())
        with node.running(superlink.door.address, root):
            time.sleep(1.0)
            assert grid.get_node_ids() == []
    standing = json.loads((node.folder / "standing.json").read_bytes())
    assert 60_000 <= standing["day_bytes"] < 120_000


@pytest.mark.full
def test_a_node_outlives_superlinks_that_die(tmp_path):
    node = node_of(0, tmp_path)
    with ExitStack() as again:
        link = again.enter_context(quiet_superlink(tmp_path))
        again.enter_context(node.running(link.door.address, None))
        for life in range(2):
            with driven(link) as grid:
                wait_for_nodes(grid, 1, PATIENCE, REAL_TIME)
                (reply,) = questions(grid, WORLD, wire.BATCHES, grid.get_node_ids())
                assert reply.has_content(), life
            link.process.kill()
            time.sleep(0.5)
            if life == 0:  # with an empty memory: the node is a stranger to it
                link = again.enter_context(start_superlink(link.settings))
    assert node.failures == []


def test_a_killed_node_that_comes_back_is_away_at_no_moment(superlink, tmp_path, monkeypatch):
    """SuperLink answers what a node was asked with an error as soon as a coordinator looks while it is signed off."""
    node = node_of(0, tmp_path)
    number, address = register_node(superlink.door, node.public), superlink.door.address
    key, tls = keep_node_key(node.folder / "node.key"), trusting(superlink.settings.tls.authority.read_bytes())

    def life():
        return closing(FleetLink(address, key, tls, time.monotonic, time.sleep, lambda _: None))

    def never(*_values):
        pytest.fail("it signs itself off")

    with driven(superlink) as grid:
        with life() as killed:
            assert killed.connect() == number
        monkeypatch.setattr(BoundedFleetClient, "DeactivateNode", never)
        with life() as again:
            assert again.connect(number) == number
            again.beat()
            assert grid.get_node_ids() == [number]


@pytest.mark.full
def test_a_node_watches_its_round_while_its_line_is_down_and_outlives_what_that_raises(tmp_path):
    looks: list[float] = []

    def watch():
        looks.append(time.monotonic())
        raise EvidenceError("round 1", "the list is not there yet")

    node = node_of(0, tmp_path, watch=watch)
    with ExitStack() as again:
        link = again.enter_context(quiet_superlink(tmp_path))
        again.enter_context(node.running(link.door.address, None))
        with driven(link) as grid:
            wait_for_nodes(grid, 1, PATIENCE, REAL_TIME)
        wait_until(lambda: len(looks) > 2)
        link.process.kill()
        time.sleep(0.5)
        before = len(looks)
        wait_until(lambda: len(looks) > before + 1)
    assert node.failures == []


def test_a_message_too_big_to_read_is_answered_with_an_error_and_the_node_goes_on(superlink, tmp_path):
    node = node_of(0, tmp_path, bounds=HttpBounds(answer_bytes=1_500))
    number = register_node(superlink.door, node.public)
    with node.running(superlink.door.address, superlink.settings.tls.authority), driven(superlink) as grid:
        wait_for_nodes(grid, 1, PATIENCE, REAL_TIME)
        for _ in range(2):
            (reply,) = questions(grid, WORLD, wire.BATCHES, [number])
            assert "over 1500 bytes" in str(reply.error.reason)
    assert [sent.kind for sent in node.sent()] == [Kind.ERROR] * 2 and node.failures == []


def test_what_a_disclosure_shows_is_counted_for_the_owner():
    LocalGrid([])
    owner = WORLD.owners[0]
    data = disclosure_object(owner.address, sha256(b"list"), owner.all_batches, {})
    question = Message(wire.instruction(WORLD.plan, WORLD.task.to_bytes(), b""), 7, wire.DISCLOSURE)
    found = describe(question, wire.answer(question, {"disclosure": data, "signature": b""}))
    readings = sum(batch.header.count for batch in owner.all_batches)
    assert (found.kind, found.readings, found.hash, found.round) == (Kind.DISCLOSURE, readings, sha256(data), 1)


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"x", b'{"format":"andel-acceptance/1"}'])
def test_an_acceptance_that_cannot_be_read_is_an_error_and_never_none(tmp_path, data):
    path = tmp_path / "accepted.json"
    assert read_acceptance(path) is None
    path.write_bytes(data)
    with pytest.raises(SettingsError, match="is no acceptance"):
        read_acceptance(path)
    accepted = acceptance_of(WORLD, WORLD.owners[0])
    keep_acceptance(path, accepted)
    assert read_acceptance(path) == accepted


def test_a_standing_that_cannot_be_read_is_an_error_and_never_a_fresh_start(tmp_path):
    (tmp_path / "standing.json").write_text("{")
    with pytest.raises(SettingsError, match="cannot be read"):
        NodeState(tmp_path)


def test_one_folder_is_one_nodes(tmp_path):
    with closing(NodeState(tmp_path / "node")), pytest.raises(SettingsError, match="another node runs"):
        NodeState(tmp_path / "node")


def test_each_reply_carries_the_wallets_delegation_to_its_node(superlink, tmp_path):
    node = node_of(0, tmp_path)
    number = register_node(superlink.door, node.public)
    with node.running(superlink.door.address, superlink.settings.tls.authority), driven(superlink) as grid:
        wait_for_nodes(grid, 1, PATIENCE, REAL_TIME)
        (reply,) = questions(grid, WORLD, wire.BATCHES, [number])
        key = grid.public_keys()[number]
    check_node(reply, node.owner.address, WORLD.plan.domain, key, int(time.time()))
