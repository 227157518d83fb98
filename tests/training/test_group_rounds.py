"""Secure sums over a grid: the sums are those of the updates, nothing else opens, and drop-outs are recovered."""

from dataclasses import replace

import numpy as np
import pytest

from andel.errors import QuorumMissed
from andel.hashing import sha256
from andel.training import wire
from andel.training.groups import decode_masked, draw_groups, open_sum
from andel.training.privacy import Privacy
from andel.training.updates import decode_update
from tests.support.federations import federate, run_all
from tests.support.grouped import PAIRS, collected, counted, grouped_world, groups_of, number_of, private, run_grouped
from tests.support.reports import report_bytes

WORLD = grouped_world()
GROUPS = groups_of(WORLD)
HONEST, GRID = run_grouped(WORLD)


def sums_of(world, result):
    """Σ weight · update of each group that was opened, by its members."""
    updates = {item.contributor: decode_masked(item.update, world.task)[1] for item in result.updates}
    found = {}
    for group in groups_of(world):
        masks = [mask for mask in result.masks if mask.keys.contributor in group]
        inside = {mask.keys.contributor: updates[mask.keys.contributor] for mask in masks if mask.survived}
        if inside:
            found[tuple(sorted(inside))] = open_sum(world.plan, inside, masks)
    return found


def plain_sum(world, members):
    owners = [world.owner(address) for address in members]
    return sum(owner.weight(world.plan) * owner.update(world) for owner in owners)


def test_the_opened_sums_are_exactly_those_of_the_updates():
    assert HONEST.refused == ()
    found = sums_of(WORLD, HONEST)
    assert sorted(map(sorted, found)) == sorted(map(sorted, GROUPS))
    for members, total in found.items():
        assert np.array_equal(total, plain_sum(WORLD, members))


def test_a_round_has_the_phases_in_their_order_and_no_update_leaves_unmasked():
    kinds = list(dict.fromkeys(kind for kind, _, _ in GRID.carried))
    phases = [wire.BATCHES, wire.OPENINGS, wire.KEYS, wire.SHARES, wire.TRAIN, wire.REVEAL, wire.SURVIVORS, wire.UNMASK]
    assert kinds == phases
    for item in HONEST.updates:
        _, masked = decode_masked(item.update, WORLD.task)
        plain = WORLD.owner(item.contributor).update(WORLD)
        assert np.abs(masked >> 56).max() > 100, "words of a mask fill all 64 bits"
        assert np.count_nonzero(masked == plain) == 0
        with pytest.raises(Exception, match="not andel-update"):
            decode_update(item.update, WORLD.task)


def test_what_one_node_sends_tells_no_more_than_its_keys():
    """The same round twice: every word that leaves is fresh, though the update is the same."""
    again, _ = run_grouped(WORLD)
    first, then = ({item.contributor: item.update for item in result.updates} for result in (HONEST, again))
    assert first.keys() == then.keys() and not set(first.values()) & set(then.values())
    assert report_bytes(collected(WORLD, HONEST).settle()) == report_bytes(collected(WORLD, again).settle())


@pytest.mark.parametrize("kind", [wire.KEYS, wire.SHARES, wire.TRAIN, wire.REVEAL, wire.SURVIVORS, wire.UNMASK])
def test_a_group_comes_to_its_sum_without_a_member_that_drops_out(kind):
    gone = GROUPS[0][1]
    result, _ = run_grouped(WORLD, lost={number_of(WORLD, gone): kind})
    late = kind in (wire.SURVIVORS, wire.UNMASK)  # its update is there already
    left = [who for who in GROUPS[0] if late or who != gone]
    assert counted(WORLD, result) == sorted([*left, *GROUPS[1]], key=str.lower)
    for members, total in sums_of(WORLD, result).items():
        assert np.array_equal(total, plain_sum(WORLD, members))


@pytest.mark.parametrize("kind", [wire.KEYS, wire.SHARES, wire.TRAIN, wire.REVEAL, wire.SURVIVORS, wire.UNMASK])
def test_a_group_with_too_many_drop_outs_opens_nothing_and_costs_nobody_else(kind):
    lost = {number_of(WORLD, who): kind for who in GROUPS[0][:2]}
    result, _ = run_grouped(WORLD, lost=lost)
    assert counted(WORLD, result) == list(GROUPS[1])
    assert not [mask for mask in result.masks if mask.keys.contributor in GROUPS[0]]
    report = collected(WORLD, result).settle()
    reasons = {value.contributor: value.reason for value in report.contributors}
    assert all("too few of its members" in reasons[who] for who in GROUPS[0])
    assert report.step > 0 and report.minted > 0


def test_fewer_than_a_group_open_nothing():
    with pytest.raises(QuorumMissed):
        run_grouped(grouped_world(2))


def test_groups_follow_from_the_seed_and_are_as_even_as_can_be():
    addresses = [owner.address for owner in grouped_world(11).owners]
    drawn = draw_groups(b"seed", addresses, PAIRS)
    assert sorted(map(len, drawn)) == [5, 6]
    assert sorted(who for group in drawn for who in group) == sorted(addresses)
    assert drawn == draw_groups(b"seed", reversed(addresses), PAIRS)
    assert drawn != draw_groups(b"other", addresses, PAIRS)


def test_noise_is_inside_what_is_masked():
    pytest.importorskip("opendp")
    noisy = Privacy("grouped", 4, 3, 1 << 24, 100, 5, 5)
    world = private(WORLD, noisy)
    result, _ = run_grouped(world)
    assert len(counted(world, result)) == 8
    for members, total in sums_of(world, result).items():
        weight = sum(world.owner(who).weight(world.plan) for who in members)
        off = (total - plain_sum(world, members)) / weight
        assert 0.3 < np.std(off) / (noisy.deviation / 2) < 3  # four like weights


def test_a_noisy_node_sends_no_more_updates_than_the_task_allows():
    pytest.importorskip("opendp")
    world = grouped_world(3, Privacy("open", 0, 0, 1 << 24, 100, 5, 1))
    result, grid = run_grouped(world)
    assert len(result.updates) == 3
    later = replace(world, plan=replace(world.plan, attempt=1))
    again = run_on(later, grid)
    assert again.updates == () and all("allows no more" in item.reason for item in again.refused)
    assert sha256(result.updates[0].update) == result.updates[0].update_hash


def run_on(world, grid):
    return run_all(world, federate(world, grid, quorum=0)).result()
