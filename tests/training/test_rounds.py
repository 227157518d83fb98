"""A round over a grid: hashes before updates, nothing unsigned or stale taken, and no single node stops it."""

import socket
from dataclasses import replace

import numpy as np
import pytest

from andel.errors import QuorumMissed
from andel.hashing import sha256
from andel.training import wire
from andel.training.client_app import contributor_app
from andel.training.flower import ClientApp, ConfigRecord, Context, Grid, Message, RecordDict, Strategy
from andel.training.grid import LocalNode
from andel.training.result import sign_commitment, sign_update
from andel.training.strategy import EvidenceStrategy
from andel.training.updates import decode_update, encode_update
from tests.support.federations import (
    Clock,
    RecordingGrid,
    changed_node,
    federate,
    find_owner,
    honest_node,
    run_all,
    with_values,
)
from tests.support.reports import report_bytes
from tests.support.worlds import FIRST_SEED, Round, build_world, play

WORLD = build_world(3)
VICTIM = WORLD.owners[1]


def run(bad=None, lost=None, quorum=1, clock=None):
    """The result of a round in which node 1 is `bad`, with the grid that carried it."""
    nodes = [honest_node(WORLD, 0), bad or honest_node(WORLD, 1), honest_node(WORLD, 2)]
    grid = RecordingGrid(nodes, lost)
    return run_all(WORLD, federate(WORLD, grid, quorum, clock)).result(), grid


def refusal(bad, kind):
    """The reason why node 1's reply of that phase was refused; the other two's round went on."""
    result, _ = run(changed_node(WORLD, 1, *bad) if isinstance(bad, tuple) else bad)
    honest = {WORLD.owners[0].address, WORLD.owners[2].address}
    assert {update.contributor for update in result.updates} >= honest
    assert all(result.openings[address] for address in honest)
    assert [(refused.sender, refused.phase) for refused in result.refused] == [("node 1001", kind)]
    return result.refused[0].reason


def test_a_round_collects_what_owners_would_sign_by_hand():
    result, _ = run()
    by_hand = play(WORLD)
    assert result.refused == ()
    assert {item.contributor: item for item in result.commitments} == {i.contributor: i for i in by_hand.commitments}
    assert {item.contributor: item for item in result.updates} == {i.contributor: i for i in by_hand.updates}
    assert result.openings == by_hand.openings
    collected = Round(WORLD, list(result.commitments), dict(result.openings), list(result.updates))
    assert report_bytes(collected.settle()) == report_bytes(by_hand.settle())


def test_every_hash_is_out_before_any_update_is_shown():
    result, grid = run()
    kinds = [kind for kind, _, _ in grid.carried]
    assert kinds == [wire.BATCHES] * 3 + [wire.OPENINGS] * 3 + [wire.TRAIN] * 3 + [wire.REVEAL] * 3
    updates = {update.contributor: update for update in result.updates}
    for kind, _, reply in grid.carried:
        record = reply.content["answer"]
        if kind == wire.TRAIN:
            assert set(record) == {"contributor", "update_hash", "batches_hash", "weight", "signature"}
            assert set(reply.content) == {"answer"}, "no arrays leave with the receipt"
            assert record["update_hash"] == updates[record["contributor"]].update_hash
        if kind == wire.REVEAL:
            assert sha256(record["update"]) == updates[record["contributor"]].update_hash


def test_an_update_is_not_shown_before_it_was_made_nor_under_another_plan():
    grid = RecordingGrid([honest_node(WORLD, 0)])
    federated = federate(WORLD, grid)
    strategy = EvidenceStrategy(WORLD.plan, WORLD.task.to_bytes())
    (early,) = grid.send_and_receive(strategy.configure_query(wire.REVEAL, grid.get_node_ids()))
    assert early.has_error() and "no update was made under this plan" in str(early.error.reason)
    run_all(WORLD, federated)
    later = EvidenceStrategy(replace(WORLD.plan, attempt=1), WORLD.task.to_bytes())
    (stale,) = grid.send_and_receive(later.configure_query(wire.REVEAL, grid.get_node_ids()))
    assert stale.has_error() and "no update was made under this plan" in str(stale.error.reason)


def test_a_node_asked_twice_under_one_plan_signs_one_update():
    grid = RecordingGrid([honest_node(WORLD, 0)])
    run_all(WORLD, federate(WORLD, grid))
    run_all(WORLD, federate(WORLD, grid))
    receipts = [reply.content["answer"] for kind, _, reply in grid.carried if kind == wire.TRAIN and reply is not None]
    assert len(receipts) == 2 and dict(receipts[0]) == dict(receipts[1])


def test_what_a_mod_changes_is_what_is_signed():
    def halve(message, context, call_next):
        reply = call_next(message, context)
        if message.metadata.message_type == wire.TRAIN:
            arrays = [record.numpy() // 2 for record in reply.content[wire.ARRAYS].values()]
            reply.content[wire.ARRAYS] = wire.array_record(arrays)
        return reply

    app = contributor_app(find_owner(WORLD), mods=[halve])
    result, _ = run(LocalNode(app, {"owner": 1}))
    shown = {update.contributor: update for update in result.updates}[VICTIM.address]
    assert np.array_equal(decode_update(shown.update, WORLD.task), VICTIM.update(WORLD) // 2)
    assert shown.update_hash == sha256(shown.update)


OTHER_PLAN = replace(WORLD.plan, attempt=WORLD.plan.attempt + 1)
BATCHES = VICTIM.batches(WORLD.plan)
STALE_COMMITMENT = sign_commitment(VICTIM.key, OTHER_PLAN, BATCHES).signature
FOREIGN_COMMITMENT = sign_commitment(WORLD.owners[0].key, WORLD.plan, BATCHES).signature


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"signature": None}, "no bytes 'signature'"),
        ({"signature": b""}, "not 65 bytes"),
        ({"signature": bytes(65)}, "v of 27 or 28"),
        ({"signature": bytes(66)}, "over the limit"),
        ({"signature": "text"}, "no bytes 'signature'"),
        ({"signature": STALE_COMMITMENT}, "does not carry its signature under this plan"),
        ({"signature": FOREIGN_COMMITMENT}, "does not carry its signature under this plan"),
        ({"batches": b"{}"}, "not a list of batches"),
        ({"batches": b"\xff"}, "not JSON"),
        ({"batches": None}, "no bytes 'batches'"),
        ({"batches": WORLD.owners[0].batches(WORLD.plan)}, "does not carry its signature under this plan"),
    ],
)
def test_a_commitment_that_is_not_signed_for_this_round_is_refused(values, reason):
    assert reason in refusal((wire.BATCHES, with_values(**values)), wire.BATCHES)


def signed_receipt(key, plan, batches=BATCHES, update=b"update", weight=96):
    """The values of a receipt that `key` signs."""
    signed = sign_update(key, plan, update=update, batches_hash=sha256(batches), weight=weight)
    return {
        "update_hash": bytes(signed.update_hash),
        "batches_hash": bytes(signed.batches_hash),
        "weight": weight,
        "signature": signed.signature,
    }


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"signature": None}, "no bytes 'signature'"),
        ({"signature": bytes(65)}, "v of 27 or 28"),
        ({"weight": 95}, "does not carry its signature"),
        ({"weight": "96"}, "no integer 'weight'"),
        ({"weight": True}, "no integer 'weight'"),
        ({"weight": -1}, "cannot be encoded"),
        ({"weight": 2**40}, "cannot be encoded"),
        ({"update_hash": bytes(32)}, "does not carry its signature"),
        ({"update_hash": bytes(31)}, "cannot be encoded"),
        ({"contributor": "0x00"}, "not an address"),
        ({"contributor": "é"}, "not an address"),
        ({"contributor": 7}, "no text 'contributor'"),
        ({"contributor": "0" * 300}, "no text 'contributor'"),
        ({"contributor": WORLD.owners[0].address}, "does not carry its signature"),
        (signed_receipt(VICTIM.key, OTHER_PLAN), "does not carry its signature under this plan"),
        (signed_receipt(WORLD.owners[0].key, WORLD.plan), "does not carry its signature under this plan"),
        (signed_receipt(VICTIM.key, WORLD.plan, b"other batches"), "names batches that it did not commit"),
    ],
)
def test_a_receipt_that_is_not_signed_for_this_round_is_refused(values, reason):
    if values.get("update_hash") == bytes(31):
        reason = "Update"  # the encoder's own words follow
    assert reason in refusal((wire.TRAIN, with_values(**values)), wire.TRAIN)


def test_a_receipt_replayed_from_the_last_round_is_refused():
    kept = {}

    def record(message, reply):
        kept["receipt"] = dict(reply.content["answer"])
        return reply

    nodes = [honest_node(WORLD, 0), changed_node(WORLD, 1, wire.TRAIN, record), honest_node(WORLD, 2)]
    run_all(WORLD, federate(WORLD, RecordingGrid(nodes)))
    following = replace(WORLD, plan=replace(WORLD.plan, round=2))
    replaying = changed_node(following, 1, wire.TRAIN, with_values(**kept["receipt"]))
    grid = RecordingGrid([honest_node(following, 0), replaying])
    result = run_all(following, federate(following, grid)).result()
    assert [update.contributor for update in result.updates] == [following.owners[0].address]
    assert "does not carry its signature under this plan" in result.refused[0].reason


@pytest.mark.parametrize(
    "shown",
    [
        encode_update(np.zeros_like(VICTIM.update(WORLD)), WORLD.task),
        encode_update(WORLD.owners[0].update(WORLD), WORLD.task),
        b"",
    ],
)
def test_an_update_other_than_the_hashed_one_is_refused(shown):
    """Whoever waits for the others' updates cannot choose its own by them."""
    assert "not the one it signed" in refusal((wire.REVEAL, with_values(update=shown)), wire.REVEAL)


def test_another_nodes_update_is_not_taken_as_ones_own():
    change = with_values(contributor=WORLD.owners[0].address)
    assert "not the one it signed" in refusal((wire.REVEAL, change), wire.REVEAL)


def test_a_withheld_opening_is_missing_and_the_round_goes_on():
    result, _ = run(lost={1001: wire.OPENINGS})
    assert set(result.openings) == {WORLD.owners[0].address, WORLD.owners[2].address}
    assert len(result.updates) == 3, "whether withheld openings prove anything is judged in value"


def test_a_node_cannot_spoil_anothers_openings():
    """Openings are unsigned; the first reply in node order would otherwise stand for its victim."""
    spoiler = changed_node(WORLD, 0, wire.OPENINGS, with_values(contributor=VICTIM.address, openings=b"spoilt"))
    grid = RecordingGrid([spoiler, honest_node(WORLD, 1), honest_node(WORLD, 2)])
    result = run_all(WORLD, federate(WORLD, grid)).result()
    assert result.openings[VICTIM.address] == VICTIM.openings(WORLD.plan, WORLD.task, FIRST_SEED)
    assert [refused.sender for refused in result.refused] == ["node 1000"]
    assert "another node" in result.refused[0].reason


def test_a_second_node_of_the_same_owner_is_refused():
    nodes = [honest_node(WORLD, number) for number in (0, 1, 2, 1)]
    result = run_all(WORLD, federate(WORLD, RecordingGrid(nodes))).result()
    assert len(result.updates) == 3
    assert [refused.sender for refused in result.refused] == ["node 1003"]
    assert "has committed already" in result.refused[0].reason


def crash(message, reply):
    """A node's app that fails in a way nobody foresaw."""
    raise ZeroDivisionError("division by zero")


@pytest.mark.parametrize("kind", [wire.BATCHES, wire.OPENINGS, wire.TRAIN, wire.REVEAL])
def test_a_crashing_node_is_refused_and_the_others_finish(kind):
    assert "node failed: ZeroDivisionError: division by zero" in refusal((kind, crash), kind)


@pytest.mark.parametrize("kind", [wire.BATCHES, wire.OPENINGS, wire.TRAIN, wire.REVEAL])
@pytest.mark.parametrize(
    "content",
    [RecordDict(), RecordDict({"answer": wire.array_record([])}), RecordDict({"other": ConfigRecord({"x": 1})})],
)
def test_a_reply_without_an_answer_is_refused(kind, content):
    reason = refusal((kind, lambda message, reply: Message(content, reply_to=message)), kind)
    assert reason == "reply has no answer record"


def test_an_owner_who_does_not_agree_takes_no_part():
    world = build_world(3, seed="disagreeing")
    world.owners[1].agrees = False
    grid = RecordingGrid([honest_node(world, number) for number in range(3)])
    result = run_all(world, federate(world, grid)).result()
    assert len(result.updates) == 2
    assert "did not agree" in result.refused[0].reason


def test_only_proven_contributors_are_asked_to_train():
    grid = RecordingGrid([honest_node(WORLD, number) for number in range(3)])
    federated = federate(WORLD, grid)
    federated.collect_commitments()
    proven = {WORLD.owners[0].address: 96, WORLD.owners[1].address: 0}
    updates = federated.collect_updates(WORLD.parameters, FIRST_SEED, proven)
    assert [node for kind, node, _ in grid.carried if kind == wire.TRAIN] == [1000]
    assert [update.contributor for update in updates] == [WORLD.owners[0].address]


def test_a_receipt_of_an_unproven_contributor_is_refused():
    result, grid = run()
    strategy = EvidenceStrategy(WORLD.plan, WORLD.task.to_bytes())
    strategy.take_commitments([reply for kind, _, reply in grid.carried if kind == wire.BATCHES])
    strategy.aggregate_train(1, [reply for kind, _, reply in grid.carried if kind == wire.TRAIN])
    assert strategy.receipts == {}
    assert all("batches are not proven" in refused.reason for refused in strategy.refused)


def test_a_silent_node_costs_the_phase_its_time_and_no_more():
    clock = Clock()
    result, _ = run(lost={1001: wire.TRAIN}, clock=clock)
    assert {update.contributor for update in result.updates} == {o.address for o in (WORLD.owners[0], WORLD.owners[2])}
    assert clock.now == 10.0 and set(clock.slept) == {1.0}


def test_a_round_without_its_quorum_ends_with_the_numbers():
    with pytest.raises(QuorumMissed) as missed:
        run(lost={1000: wire.BATCHES, 1002: wire.BATCHES}, quorum=2)
    assert (missed.value.answered, missed.value.needed) == (1, 2)
    with pytest.raises(QuorumMissed, match="2 contributors answered, 3 are needed"):
        run(lost={1000: wire.REVEAL}, quorum=3)
    with pytest.raises(QuorumMissed):
        run(lost={1000: wire.TRAIN, 1001: wire.TRAIN}, quorum=2)


def test_the_apps_are_flowers_own_types():
    assert isinstance(honest_node(WORLD, 0).app, ClientApp)
    assert issubclass(RecordingGrid, Grid) and issubclass(EvidenceStrategy, Strategy)


def test_flowers_own_strategy_loop_drives_the_strategy():
    grid = RecordingGrid([honest_node(WORLD, number) for number in range(3)])
    strategy = EvidenceStrategy(WORLD.plan, WORLD.task.to_bytes(), FIRST_SEED)
    strategy.take_commitments(grid.send_and_receive(strategy.configure_query(wire.BATCHES, grid.get_node_ids())))
    strategy.proven = {owner.address: 96 for owner in WORLD.owners}
    result = strategy.start(grid=grid, initial_arrays=wire.array_record(WORLD.parameters), num_rounds=1)
    assert len(strategy.receipts) == 3
    assert dict(result.train_metrics_clientapp[1]) == {"kept": 3, "refused": 0}


def test_a_round_runs_inside_a_flower_server_app():
    from flwr.serverapp import ServerApp  # here, since Flower is told to keep quiet before its first import

    seen = []
    server = ServerApp()

    @server.main()
    def main(grid, context):
        seen.append(run_all(WORLD, federate(WORLD, grid)).result())

    grid = RecordingGrid([honest_node(WORLD, number) for number in range(3)])
    server(grid, Context(1, 1, {}, RecordDict(), {}))
    assert len(seen[0].updates) == 3


def test_a_round_opens_no_connection(monkeypatch):
    def refuse(*arguments, **named):
        raise AssertionError("a round tried to reach the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    result, _ = run()
    assert len(result.updates) == 3
