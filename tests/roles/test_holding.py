"""Copies of a round stay until a later round is final; what may still be asked for stays longer."""

import pytest

from andel.content import ContentStore, cid_of_digest
from andel.content_mirror import MirroredStore
from andel.ledger.round_state import Status
from andel.roles.auditor import audit
from andel.roles.content_keeping import check_objects, model_objects
from andel.roles.founder import publish_reference
from andel.roles.validator import Validator
from andel.value.manifest import manifest_names
from tests.support.small_run import envelope_scenario


@pytest.fixture(scope="module")
def played(launch_world, tmp_path_factory):
    """Three rounds with audited trainings; the first validator drops its copies, the second keeps them."""
    small = launch_world("holding", envelope_scenario(audits=1))
    folder = tmp_path_factory.mktemp("copies")
    stores = [MirroredStore(str(folder / str(number)), small.store) for number in range(3)]
    keys = small.world.actors.validators
    validators = [
        Validator(key, small.world.model, store, let_go=number == 0)
        for number, (key, store) in enumerate(zip(keys, stores, strict=True))
    ]
    held = []
    for _ in range(3):
        small.close_round()
        small.settle(validators)
        validators[0].step()
        held.append([set(store.copies.cids()) for store in stores])
    return small, validators, stores, held


def updates_of(small, number):
    state = small.world.model.round_manager.round_of(number)
    named = manifest_names(small.store.get_digest(state.evidence_hash))
    return {cid for what, cid in named if what.startswith("update")}


def test_while_a_round_is_the_newest_its_copies_stay(played):
    small, _, _, held = played
    for number in (1, 2, 3):
        assert all(updates_of(small, number) <= copies for copies in held[number - 1])


def test_copies_of_a_round_go_when_a_later_one_is_final_if_that_was_asked_for(played):
    small, _, _, held = played
    dropping, keeping, _ = held[2]
    for number in (1, 2):
        gone = updates_of(small, number) - updates_of(small, 3)  # an update of zeros is the same object each round
        assert gone and not gone & dropping
        assert updates_of(small, number) <= keeping
    assert dropping < keeping


def test_what_the_next_round_may_ask_for_is_never_dropped(played):
    small, validators, stores, _ = played
    state = small.world.model.round_manager.round_of(3)
    assert state.status == Status.FINALISED
    verdict = validators[0].settler.known(state)
    assert verdict is not None
    history = verdict.report.history
    kept = [*history.versions, state.version_hash, state.state_hash]
    kept += [item for due in history.due.values() for item in (due.batches, due.version)]
    for digest in kept:
        stores[0].copies.get_digest(digest)


def test_a_validator_that_keeps_its_copies_could_stand_in_for_the_store(played):
    small, _, stores, _ = played
    publish_reference(small.store, small.world.founded)
    stores[1].get(small.world.founded.reference.packets)
    alone = ContentStore(stores[1].copies.url)
    audited = audit(small.world.model, alone)
    assert audited.ok, audited.failure
    found = check_objects(alone, model_objects(small.world.model, alone))
    assert found.ok, found.missing
    gone = min(updates_of(small, 2) - updates_of(small, 1))
    stores[1].drop(gone)
    found = check_objects(alone, model_objects(small.world.model, alone))
    assert [cid for _, cid in found.missing] == [gone] and "round 2, update of" in found.missing[0][0]
    assert cid_of_digest(small.world.model.round_manager.round_of(2).evidence_hash) in set(alone.cids())
