"""The dishonest mods: what leaves a node is changed before it is signed, and everything else is left alone."""

# mypy: disable-error-code="misc"
# (mypy cannot infer lambdas with defaults)

import numpy as np
import pytest

from andel.simulation.adversaries import mods_of
from andel.simulation.participants import Kind
from andel.training.client_app import contributor_app
from andel.training.grid import LocalGrid, LocalNode
from andel.training.updates import MAX_UPDATE, decode_update
from tests.support.federations import federate, run_all
from tests.support.worlds import build_world, play

WORLD = build_world(3)


def federated(kinds):
    """A round in which the owners are of these kinds."""
    nodes = [
        LocalNode(contributor_app(lambda _, owner=owner: owner, mods_of(kind)), {})
        for owner, kind in zip(WORLD.owners, kinds, strict=True)
    ]
    return run_all(WORLD, federate(WORLD, LocalGrid(nodes))).result()


def updates(kinds):
    """Each owner's update in such a round, flat."""
    result = federated(kinds)
    assert result.refused == ()
    sent = {item.contributor: decode_update(item.update, WORLD.task) for item in result.updates}
    return [sent[owner.address] for owner in WORLD.owners]


def test_honest_ones_have_no_mods():
    assert mods_of(Kind.HONEST) == [] and mods_of(Kind.REPLAYER) == []


def test_a_rider_sends_zeros_and_a_poisoner_three_times_the_opposite():
    honest = updates([Kind.HONEST] * 3)
    mixed = updates([Kind.HONEST, Kind.RIDER, Kind.POISONER])
    assert (mixed[0] == honest[0]).all() and honest[0].any()
    assert not mixed[1].any() and honest[1].any()
    assert (mixed[2] == (-3 * honest[2]).clip(-MAX_UPDATE, MAX_UPDATE)).all()


@pytest.mark.parametrize("kind", [Kind.RIDER, Kind.POISONER])
def test_they_commit_and_open_as_anybody_does_and_sign_what_they_send(kind):
    honest, mixed = federated([Kind.HONEST] * 3), federated([Kind.HONEST, Kind.HONEST, kind])
    assert honest.commitments == mixed.commitments
    assert honest.openings == mixed.openings
    played = play(WORLD)
    played.updates = list(mixed.updates)
    report = played.settle()
    value = next(v for v in report.contributors if v.contributor == WORLD.owners[2].address)
    # nothing but the worth of its update gives it away
    assert value.weight > 0 and value.reason in ("", "dropped by the gate")
    assert (value.share, value.score <= 0) == (0, True)


def test_a_poisoned_update_stays_within_what_an_update_may_be():
    poisoner = mods_of(Kind.POISONER)
    assert len(poisoner) == 1
    update = updates([Kind.HONEST, Kind.HONEST, Kind.POISONER])[2]
    assert int(np.abs(update).max()) <= MAX_UPDATE
