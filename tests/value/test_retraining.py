"""Training done again: an update either follows from its own signed readings or it does not."""

from dataclasses import replace

import numpy as np
import pytest

from andel.data.disclosure import disclosure_object
from andel.device.epochs import Epoch
from andel.hashing import sha256
from andel.keys import AccountKey, derive_secret
from andel.training.updates import encode_update, encode_version
from andel.typed_data import sign_typed
from andel.value.retraining import (
    Disclosed,
    DueTraining,
    Outcome,
    devices_of,
    disclosure_message,
    draw_audits,
    retrain,
    retrain_all,
)
from tests.support.worlds import FIRST_SEED, build_world

WORLD = build_world(3)
OWNER = WORLD.owners[0]


def due(owner=OWNER, change=0):
    """What `owner` has to show for an update that differs by `change` in one value."""
    update = owner.update(WORLD)
    update[0] += change
    batches = owner.batches(WORLD.plan)
    return DueTraining(
        round=1,
        seed=FIRST_SEED,
        version=sha256(encode_version(WORLD.parameters)),
        batches=sha256(batches),
        update=sha256(encode_update(update, WORLD.task)),
        devices=devices_of(batches),
    )


def disclosed(what, owner=OWNER, key=None, batches=None, data=None):
    """The answer to `what`, signed by its owner (or by `key`)."""
    listed = owner.batches(WORLD.plan)
    shown = owner.chosen(WORLD.plan) if batches is None else batches
    data = disclosure_object(owner.address, sha256(listed), shown, {}) if data is None else data
    signature = sign_typed(
        key or owner.key, "Disclosure", WORLD.plan.domain, disclosure_message(WORLD.plan, what, data)
    )
    return Disclosed(data, signature, listed, encode_version(WORLD.parameters))


def verdict(what, shown, owner=OWNER):
    return retrain(replace(WORLD.plan, round=2), WORLD.task, owner.address, what, shown)


def test_honest_training_is_found_to_be_the_same():
    assert verdict(due(), disclosed(due())).outcome is Outcome.SAME


def test_one_step_in_one_parameter_is_found():
    found = verdict(due(change=1), disclosed(due(change=1)))
    assert found.outcome is Outcome.DIFFERENT
    assert "round 1" in found.detail


def test_what_another_signed_discloses_nothing():
    stranger = AccountKey(derive_secret(b"tests", "stranger"))
    assert verdict(due(), disclosed(due(), key=stranger)).outcome is Outcome.WITHHELD


def test_readings_that_were_not_committed_disclose_nothing():
    """Neither clears nor convicts: a coordinator that garbles a disclosure must not harm who signed it."""
    wrong = OWNER.chosen(WORLD.plan)[:-1]
    found = verdict(due(change=1), disclosed(due(change=1), batches=wrong))
    assert found.outcome is Outcome.WITHHELD


@pytest.mark.parametrize("field", ["batches", "version"])
def test_objects_that_are_not_the_due_ones_disclose_nothing(field):
    shown = disclosed(due())
    assert verdict(due(), replace(shown, **{field: getattr(shown, field) + b" "})).outcome is Outcome.WITHHELD


def test_an_epoch_changed_by_somebody_else_breaks_the_signature():
    shown = disclosed(due())
    listed = OWNER.batches(WORLD.plan)
    epochs = {due().devices[0]: Epoch.COARSE}
    other = disclosure_object(OWNER.address, sha256(listed), OWNER.chosen(WORLD.plan), epochs)
    assert verdict(due(), replace(shown, disclosure=other)).outcome is Outcome.WITHHELD


def test_a_disclosure_of_another_round_is_none():
    shown = disclosed(due())
    assert verdict(replace(due(), round=2), shown).outcome is Outcome.WITHHELD


def test_everybody_who_is_due_gets_a_verdict():
    what = {owner.address: due(owner) for owner in WORLD.owners}
    shown = {owner.address: disclosed(due(owner), owner) for owner in WORLD.owners[:2]}
    found = retrain_all(WORLD.plan, WORLD.task, what, shown)
    outcomes = [found[owner.address].outcome for owner in WORLD.owners]
    assert outcomes == [Outcome.SAME, Outcome.SAME, Outcome.WITHHELD]
    assert list(found) == sorted(found, key=lambda address: bytes.fromhex(address[2:]))


def test_audits_are_drawn_evenly_and_by_the_seed_alone():
    addresses = [owner.address for owner in build_world(4).owners]
    counts = dict.fromkeys(addresses, 0)
    for number in range(400):
        seed = sha256(number.to_bytes(4, "big"))
        drawn = draw_audits(seed, addresses, 1)
        assert drawn == draw_audits(seed, addresses[::-1], 1)
        counts[drawn[0]] += 1
    assert all(60 < count < 140 for count in counts.values()), counts
    assert draw_audits(bytes(32), addresses, 9) == tuple(sorted(addresses, key=lambda a: bytes.fromhex(a[2:])))
    assert np.all([draw_audits(bytes(32), addresses, 0) == ()])
