"""A light node at a real SuperLink: rounds by messages alone, restarts, limits, and a log of all that left."""

import time

import pytest

from andel.hashing import sha256
from andel.training import wire
from andel.training.delegation import check_node
from andel.training.sent_log import Kind
from andel.training.superlink import register_node, wait_for_nodes
from tests.support.light_nodes import (
    REAL_TIME,
    LightNode,
    acceptance_of,
    agreeing,
    asked,
    driven,
    quiet_superlink,
    round_over,
)
from tests.support.worlds import FIRST_SEED, build_world

WORLD = agreeing(build_world(2))


@pytest.fixture(scope="module")
def superlink(tmp_path_factory):
    with quiet_superlink(tmp_path_factory.mktemp("superlink"), tls=True) as link:
        yield link


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
        wait_for_nodes(grid, 2, 30.0, REAL_TIME)
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


def test_each_reply_carries_the_wallets_delegation_to_its_node(superlink, tmp_path):
    node = node_of(0, tmp_path)
    number = register_node(superlink.door, node.public)
    with node.running(superlink.door.address, superlink.settings.tls.authority), driven(superlink) as grid:
        wait_for_nodes(grid, 1, 30.0, REAL_TIME)
        (reply,) = exchange(grid, wire.BATCHES, [number])
        key = grid.public_keys()[number]
    check_node(reply, node.owner.address, WORLD.plan.domain, key, int(time.time()))


def exchange(grid, kind, nodes, world=WORLD, seconds=30.0):
    """One question to nodes, and the replies."""
    federated = round_over(grid, world, seconds)
    strategy = federated._strategy
    return federated._ask(strategy.configure_query(kind, nodes))
