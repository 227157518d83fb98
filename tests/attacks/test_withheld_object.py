"""Attack: an object of a round's evidence is withheld from the validators, from some of them or from all.

Who: a coordinator that closes a round on evidence it does not show, or a content service that gives some readers less
than others. What stops it: a validator attests only to what is in its own store, every object of the round, before it
commits. Withheld from one, the others settle; withheld from all, nobody attests, the attempt is void at its deadline
and nothing is paid; the audit says that it was withheld. A store that does not answer at all makes nothing missing.
"""

import json

import pytest

from andel.content import ContentStore, cid_of_digest
from andel.content_mirror import MirroredStore
from andel.errors import ContentMissing, ContentUnreachable
from andel.ledger.round_state import Status
from andel.roles.auditor import AuditOptions, audit
from andel.roles.founder import publish_reference
from andel.roles.validator import Validator


class Withholding(ContentStore):
    """A store that does not give some objects; `silent` it gives nothing, as one that cannot be reached."""

    def __init__(self, behind):
        super().__init__(behind.url)
        self.withheld, self.silent = set(), False

    def get(self, cid):
        if self.silent:
            raise ContentUnreachable("no content service answers")
        if cid in self.withheld:
            raise ContentMissing(cid, f"object {cid} is not in the store")
        return super().get(cid)

    def has(self, cid):
        return cid not in self.withheld and super().has(cid)


def named(store, state, what):
    """The CIDs of a kind of object in the manifest of a round."""
    manifest = json.loads(store.get_digest(state.evidence_hash))
    return {
        "manifest": [cid_of_digest(state.evidence_hash)],
        "plan": [manifest["plan"]],
        "batches": [item["batches"] for item in manifest["commitments"]],
        "openings": [cid for _, cid in manifest["openings"]],
        "update": [item["update"] for item in manifest["updates"]],
        "terms": [cid_of_digest(bytes.fromhex(json.loads(store.get(manifest["plan"]))["terms"]))],
    }[what]


def newest(small):
    manager = small.world.model.round_manager
    return manager.round_of(manager.rounds_count())


def validators_over(small, stores):
    keys = small.world.actors.validators
    return [Validator(key, small.world.model, store) for key, store in zip(keys, stores, strict=True)]


@pytest.fixture(scope="module")
def small(launch_world):
    return launch_world("withheld object")


@pytest.fixture
def stores(small, tmp_path):
    """For each validator copies of its own in front of what it is given."""
    given = [Withholding(small.store) for _ in range(3)]
    return given, [MirroredStore(str(tmp_path / str(number)), store) for number, store in enumerate(given)]


@pytest.mark.full
@pytest.mark.parametrize("what", ["update", "openings", "batches", "plan", "manifest", "terms"])
def test_withheld_from_one_validator_the_others_settle_and_it_attests_to_nothing(small, stores, what, caplog):
    given, own = stores
    small.close_round()
    state = newest(small)
    given[0].withheld = {named(small.store, state, what)[0]}
    validators = validators_over(small, own)
    for _ in range(5):
        assert not validators[0].step()
    assert "is not attested" in caplog.text
    for validator in validators[1:]:
        assert validator.step()
    small.local.advance(small.world.model.round_manager.founding().commit_period)
    small.settle(validators[1:])
    manager = small.world.model.round_manager
    account = small.world.actors.validators[0].address
    assert not any(manager.ballot_of(state.round, state.attempt, account).commitment)
    assert newest(small).status == Status.FINALISED


def test_what_comes_late_is_attested_to_then(small, stores):
    given, own = stores
    small.close_round()
    state = newest(small)
    for store in given:
        store.withheld = set(named(small.store, state, "update"))
    validators = validators_over(small, own)
    assert not any(validator.step() for validator in validators)
    for store in given:
        store.withheld = set()
    for _ in range(60):  # an attempt whose evidence failed rests for some looks
        for validator in validators:
            validator.step()
    assert newest(small).status == Status.FINALISED


def test_who_has_committed_holds_every_object_by_itself(small, stores, tmp_path):
    given, own = stores
    small.close_round()
    state = newest(small)
    validators = validators_over(small, own)
    assert validators[0].step()
    alone = ContentStore(str(tmp_path / "0"))
    for what in ("manifest", "plan", "batches", "openings", "update", "terms"):
        for cid in named(small.store, state, what):
            alone.get(cid)
    given[0].silent = True  # from here on it needs nobody
    restarted = Validator(small.world.actors.validators[0], small.world.model, own[0])
    small.settle([restarted, *validators[1:]])


def test_a_store_that_does_not_answer_costs_time_and_nothing_else(small, stores):
    given, own = stores
    small.close_round()
    for store in given:
        store.silent = True
    validators = validators_over(small, own)
    assert not any(validator.step() for validator in validators)
    for store in given:
        store.silent = False
    for _ in range(60):
        for validator in validators:
            validator.step()
    assert newest(small).status == Status.FINALISED


def test_withheld_from_all_the_attempt_is_void_nothing_is_paid_and_the_audit_says_withheld(launch_world, tmp_path):
    small = launch_world("withheld from all")
    small.play()
    manager, pool = small.world.model.round_manager, small.world.model.pool
    minted, version = pool.minted(), manager.current_version()
    small.close_round()
    state = newest(small)
    update = named(small.store, state, "update")[0]
    (small.folder / "content" / update).unlink()
    own = [MirroredStore(str(tmp_path / str(number)), small.store) for number in range(3)]
    validators = validators_over(small, own)
    assert not any(validator.step() for validator in validators)
    publish_reference(small.store, small.world.founded)
    before = audit(small.world.model, small.store)
    small.local.advance(manager.voidable_at(state.round) - small.world.chain.block_time() + 1)
    assert not any(validator.step() for validator in validators)
    manager.void(small.world.actors.consumer, state.round)
    assert newest(small).status == Status.VOID
    assert (pool.minted(), manager.current_version()) == (minted, version)
    after = audit(small.world.model, small.store, None, AuditOptions())
    for found in (before, after):
        assert found.ok, found.failure
        [kept_back] = found.withheld
        assert kept_back.round == 2 and "update of 0x" in kept_back.place and update in str(kept_back)
        assert found.to_json()["withheld"] == [kept_back.place]
        assert any("it changed nothing" in line for line in found.rests_on)
    small.play()  # the next round goes on from the last final one
    assert newest(small).status == Status.FINALISED
