"""The auditor: replays all there is, counts what it checked, and says what it could not replay."""

import pytest

from andel.data.batch import parse_batches
from andel.errors import RpcUnreachable
from andel.ledger.deployment import find_model
from andel.roles.auditor import audit
from andel.roles.founder import publish_reference
from andel.roles.gateway import publish_version


def test_a_whole_run_holds_and_is_counted(finished_run):
    found, world = finished_run.audited, finished_run.world
    assert (found.ok, found.failure, found.rests_on) == (True, "", [])
    checked = found.checked
    assert (checked.rounds, checked.answers) == (2, 1)
    assert checked.updates == sum(len(result.updates) for result in finished_run.small.results) == 12
    assert checked.claims == len(finished_run.small.honest())
    assert checked.objects == len(list(finished_run.small.store.cids()))
    reference = sum(batch.count for batch in _reference_headers(finished_run))
    assert checked.packets == checked.openings + reference and checked.openings > 500
    assert [report.round for report in found.reports] == [1, 2]
    assert world.model.pool.claims_root() == found.reports[-1].claims_root


def _reference_headers(finished_run):
    return parse_batches(finished_run.small.store.get(finished_run.world.founded.reference.batches))[1]


def test_without_an_answer_the_rest_is_checked_all_the_same(finished_run):
    found = audit(finished_run.world.model, finished_run.small.store)
    assert found.ok and found.checked.answers == 0


def test_without_the_registry_of_models_an_answer_cannot_be_checked_and_the_rest_can(finished_run):
    world = finished_run.world
    bare = find_model(world.chain, world.model.round_manager.address)
    found = audit(bare, finished_run.small.store, finished_run.prediction)
    assert not found.ok and found.failure.startswith("answer: no published version is known")
    found = audit(bare, finished_run.small.store)
    assert found.ok and found.rests_on == ["no version is known to be published on chain: no answer was checked"]


def test_a_model_without_rounds_has_nothing_to_hold(launch_world):
    small = launch_world("audited at once")
    found = audit(small.world.model, small.store)
    assert found.ok and found.checked.rounds == 0 and found.reports == []


@pytest.mark.full
def test_before_the_reference_is_published_it_names_what_is_missing(launch_world):
    small = launch_world("reference kept back")
    small.play()
    assert audit(small.world.model, small.store).failure.startswith("reference packets: ")
    publish_reference(small.store, small.world.founded)
    assert audit(small.world.model, small.store).ok


@pytest.mark.full
def test_a_void_round_is_told_of_and_changed_nothing(launch_world):
    small = launch_world("void between")
    manager = small.world.model.round_manager
    small.play()
    small.close_round()
    small.local.advance(manager.voidable_at(2) - small.world.chain.block_time() + 1)
    manager.void(small.world.actors.consumer, 2)
    small.play()
    small.close_round()  # and one that is under way
    publish_reference(small.store, small.world.founded)
    publish_version(small.world.actors.founder, small.world.model, small.store, small.world.founded.task)
    found = audit(small.world.model, small.store)
    assert found.ok and found.checked.rounds == 2
    assert found.rests_on == [
        "round 2 is void: it changed nothing",
        "round 4 is closed: it changed nothing",
    ]


@pytest.mark.parametrize("which", [1, 2])
def test_a_seed_that_does_not_follow_from_its_block_is_named(finished_run, monkeypatch, which):
    chain, manager = finished_run.world.chain, finished_run.world.model.round_manager
    state = manager.round_of(1)
    event = {1: "DataCommitted", 2: "RoundClosed"}[which]
    (log,) = manager.logs(event, state.opened_block, state.settled_block, round=1)
    true = type(chain).block_hash

    def other_block(self, block):
        return true(self, block - 1 if block == log.arguments["seedBlock"] else block)

    monkeypatch.setattr(type(chain), "block_hash", other_block)
    found = audit(finished_run.world.model, finished_run.small.store)
    assert found.failure == f"round 1, seed {which}: it does not follow from its root and block hash"


@pytest.mark.parametrize(
    ("contract", "method", "answer", "failure"),
    [
        ("pool", "claims_root", bytes(32), "claims: the earnings of the rounds do not give the pool's root"),
        ("pool", "claimed_of", [10**30] * 4, "claims: "),
        ("round_manager", "is_final_version", False, "published version: no final round made it"),
    ],
)
def test_a_chain_that_says_otherwise_is_named(finished_run, monkeypatch, contract, method, answer, failure):
    kind = type(getattr(finished_run.world.model, contract))
    monkeypatch.setattr(kind, method, lambda *_: answer)
    assert audit(finished_run.world.model, finished_run.small.store).failure.startswith(failure)


def test_a_chain_that_does_not_answer_says_nothing_about_the_evidence(finished_run, monkeypatch):
    kind = type(finished_run.world.model.round_manager)

    def silent(*_):
        raise RpcUnreachable("http://127.0.0.1:1", "no answer in time")

    monkeypatch.setattr(kind, "round_of", silent)
    with pytest.raises(RpcUnreachable, match="no chain answers at http://127.0.0.1:1"):
        audit(finished_run.world.model, finished_run.small.store)
