"""Attack: a contributor commits batches and then does not show all leaves that the seed drew, or shows them changed.

Who: a contributor whose batch holds readings that would not stand a look. What stops it: leaves are drawn by a seed
that nobody knew at the commitment; a set of batches with one missing or failed opening weighs zero, with its reason
(else one would claim too much and withhold what shows it); it counts as never proven, so it is asked for again; and
its devices count half for some rounds. A message that is lost costs nothing: what did not arrive is asked for again.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from andel.encoding import canonical_json
from andel.roles.contributor import Contributor
from andel.training.grid import LocalGrid, LocalNode
from tests.support.small_run import app_of
from tests.support.worlds import build_world, play

DAY = 24


@dataclass
class Withholder:
    """An honest contributor but for its openings, which `change` alters."""

    inner: Contributor
    change: Callable[[dict[str, Any]], None]

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def openings(self, plan, task, seed):
        value = json.loads(self.inner.openings(plan, task, seed))
        self.change(value)
        return canonical_json(value)


def withhold_one(value):
    """Leaves one leaf out."""
    del value["openings"][3]


def withhold_all(value):
    """Opens nothing."""
    value["openings"].clear()


def refuse(value):
    """Does not answer."""
    raise RuntimeError("I would rather not")


@pytest.fixture(scope="module")
def rounds(launch_world):
    """(reports by account of two rounds, the withholder's address, what it weighs when it opens all, its result)."""
    small = launch_world("withheld opening")
    culprit = small.honest()[0].contributor
    whole = culprit.weight(small.world.first_plan())
    nodes = small.nodes({culprit.address: LocalNode(app_of(Withholder(culprit, withhold_one)), {})})
    small.play(LocalGrid(nodes))
    small.play()
    reports = [{v.contributor: v for v in small.report(number).contributors} for number in (1, 2)]
    return reports, culprit.address, whole, small


def test_one_missing_leaf_costs_the_whole_set_and_nobody_else(rounds):
    (first, _), culprit, whole, small = rounds
    assert first[culprit].weight == 0 < whole
    others = [member.contributor for member in small.honest() if member.contributor.address != culprit]
    assert all(first[o.address].weight == o.weight(small.world.first_plan()) for o in others)


def test_the_batch_is_asked_for_again_and_counts_half_once_it_is_opened(rounds):
    (_, second), culprit, whole, small = rounds
    assert culprit in small.results[1].openings
    assert set(small.results[1].openings) != set(small.results[0].openings)  # who had proven all was not asked again
    assert second[culprit].weight == whole // 2
    assert "counts half until round 9" in second[culprit].note


@pytest.mark.parametrize("change", [withhold_all, refuse])
def test_who_opens_nothing_weighs_nothing_and_is_not_asked_to_train(launch_world, change):
    small = launch_world(f"opens nothing {change.__name__}")
    culprit = small.honest()[0].contributor
    nodes = small.nodes({culprit.address: LocalNode(app_of(Withholder(culprit, change)), {})})
    result = small.play(LocalGrid(nodes))
    assert culprit.address not in {item.contributor for item in result.updates}
    value = next(v for v in small.report(1).contributors if v.contributor == culprit.address)
    assert (value.weight, value.share) == (0, 0)
    assert "openings" in value.reason or "not opened" in value.reason
    assert any(v.share > 0 for v in small.report(1).contributors)


class Forgetful(LocalGrid):
    """Loses the first questions for openings to one node, as a bad line does."""

    def __init__(self, nodes, node, losses):
        super().__init__(nodes)
        self.node, self.losses = node, losses

    def push_messages(self, messages):
        kept = []
        for message in messages:
            asked = message.metadata.message_type == "query.openings" and message.metadata.dst_node_id == self.node
            if asked and self.losses:
                self.losses -= 1
                continue
            kept.append(message)
        return super().push_messages(kept)


@pytest.mark.full
def test_a_leaf_lost_on_the_way_is_asked_for_again_and_costs_nothing(launch_world):
    small = launch_world("lost openings")
    victim = small.honest()[0]
    number = small.world.members.index(victim)
    grid = Forgetful(small.nodes(), 1_000 + number, 2)
    small.play(grid)
    value = next(v for v in small.report(1).contributors if v.contributor == victim.contributor.address)
    assert grid.losses == 0 and value.note == ""
    assert value.weight == victim.contributor.weight(small.world.first_plan())
    assert small.report(1).history.standing == {}


def settled(change):
    """The withholder's value in a settled round, `change` having been made to its openings."""
    world = build_world(3)
    played, owner = play(world), world.owners[0]
    value = json.loads(played.openings[owner.address])
    change(value["openings"])
    played.openings[owner.address] = canonical_json(value)
    return next(v for v in played.settle().contributors if v.contributor == owner.address)


def test_a_changed_packet_fails_its_signature():
    def change(openings):
        packet = openings[5]["packet"]
        openings[5]["packet"] = packet[:-8] + ("AAAAAAAA" if packet[-8:] != "AAAAAAAA" else "BBBBBBBB")

    value = settled(change)
    assert value.weight == 0
    assert build_world(3).owners[0].weight(build_world(3).plan) == 4 * DAY


def test_another_packet_of_the_same_device_does_not_stand_in_for_the_drawn_one():
    def change(openings):
        openings[5]["packet"] = openings[4]["packet"]

    assert settled(change).weight == 0


def test_a_leaf_that_nobody_drew_does_not_make_up_for_one_that_was():
    def change(openings):
        openings[0]["leaf"] += 1_000

    assert settled(change).weight == 0
