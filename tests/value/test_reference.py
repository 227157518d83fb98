"""The reference set: what is scored is what devices signed, drawn by a seed that nobody knew."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.data.batch import batches_object, parse_batches
from andel.data.bundle import pack_packets, unpack_packets
from andel.errors import AndelError, EvidenceError, InputError
from andel.hashing import sha256
from andel.training.integer_mlp import scaled_targets
from andel.units import day_of
from andel.value.reference import draw_rows, open_reference
from tests.support.worlds import FIRST_DAY, REPORT_DAYS, SCORE_DAYS, build_world, small_plan, spanned

WORLD = build_world(1)
BATCHES, PACKETS = WORLD.reference_batches, WORLD.reference_packets
RAW = unpack_packets(PACKETS)


def opened(packets=PACKETS, batches=BATCHES, plan=WORLD.plan):
    """The reference set in these bytes."""
    return open_reference(plan, WORLD.task, batches, packets)


def scoring_on(*days):
    """A plan that scores on these ranges of days."""
    plan = small_plan(WORLD.task)
    return replace(plan, reference=replace(plan.reference, score=days))


def test_the_reference_set_gives_its_rows_by_day():
    found = opened()
    assert found.packets == len(RAW) == 2 * 24 * (len(spanned(SCORE_DAYS)) + len(spanned(REPORT_DAYS)))
    assert found.digest == sha256(PACKETS)
    assert {day_of(t) for t in found.score.timestamps.tolist()} == set(spanned(SCORE_DAYS))
    assert {day_of(t) for t in found.report.timestamps.tolist()} == set(spanned(REPORT_DAYS))


def test_opening_again_gives_the_same_rows():
    first, second = opened(), opened()
    for name in ("codes", "base", "change", "timestamps", "devices", "weeks"):
        assert getattr(first.score, name).tobytes() == getattr(second.score, name).tobytes()


@given(st.data())
def test_any_flipped_bit_in_the_packets_is_found(data):
    place = data.draw(st.integers(0, len(PACKETS) - 1))
    flawed = PACKETS[:place] + bytes([PACKETS[place] ^ (1 << data.draw(st.integers(0, 7)))]) + PACKETS[place + 1 :]
    with pytest.raises(AndelError):
        opened(flawed)


def test_a_flipped_byte_is_found_at_its_batch():
    raw = list(RAW)
    raw[30] = raw[30][:-1] + bytes([raw[30][-1] ^ 1])
    header = parse_batches(BATCHES)[1][1]
    with pytest.raises(EvidenceError) as found:
        opened(pack_packets(raw))
    assert found.value.place == f"reference batch of {header.device}, day {header.day}"


def test_a_signature_turned_to_its_other_form_is_found():
    """n − s verifies too, but the leaf is over the bytes that were listed."""
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    raw = list(RAW)
    s = int.from_bytes(raw[0][-32:], "big")
    raw[0] = raw[0][:-32] + (order - s).to_bytes(32, "big")
    with pytest.raises(EvidenceError, match="do not give the listed root"):
        opened(pack_packets(raw))


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw[:-1],
        lambda raw: [*raw, raw[-1]],
        lambda raw: [raw[1], raw[0], *raw[2:]],
        lambda raw: [*raw[-24:], *raw[24:-24], *raw[:24]],
        lambda raw: [raw[0], raw[0], *raw[2:]],
        lambda raw: [],
    ],
)
def test_other_packets_than_the_listed_are_refused(change):
    with pytest.raises(EvidenceError):
        opened(pack_packets(change(list(RAW))))


@pytest.mark.parametrize("packets", [b"", PACKETS[:-1], PACKETS + b"\0", PACKETS[:40], b"andel-packets/1\0"])
def test_a_bundle_that_is_cut_or_none_is_refused(packets):
    with pytest.raises(AndelError):
        opened(packets)


def test_a_list_of_other_batches_is_refused():
    owner, headers = parse_batches(BATCHES)
    with pytest.raises(EvidenceError, match="do not fill"):
        opened(batches=batches_object(owner, headers[:-1]))
    with pytest.raises(AndelError):
        opened(batches=b"{}")


def test_days_outside_the_plans_ranges_are_not_scored():
    plan = scoring_on((FIRST_DAY + 7, FIRST_DAY + 7))
    assert {day_of(t) for t in opened(plan=plan).score.timestamps.tolist()} == {FIRST_DAY + 7}


@given(st.binary(min_size=32, max_size=32))
def test_seed_two_splits_the_rows_in_halves_that_share_none(seed):
    rows = WORLD.reference.score
    steering, scoring = draw_rows(rows, WORLD.task, seed)
    count = len(rows.change)
    assert (len(steering.change), len(scoring.change)) == (count // 2, count - count // 2)
    both = np.concatenate([steering.change, scoring.change])
    assert sorted(both.tolist()) == sorted(rows.change.tolist())
    for half in (steering, scoring):
        assert np.array_equal(half.targets, scaled_targets(half.change, WORLD.task.target_scale))
    ranks = sorted(range(count), key=lambda row: sha256(b"andel.rows.1" + seed + row.to_bytes(8, "big")))
    assert np.array_equal(steering.codes, rows.codes[sorted(ranks[: count // 2])])


def test_another_seed_draws_other_rows():
    first, second = (draw_rows(WORLD.reference.score, WORLD.task, sha256(bytes([i])))[1] for i in range(2))
    assert not np.array_equal(first.change, second.change)


def test_fewer_than_two_rows_cannot_both_steer_and_score():
    with pytest.raises(InputError, match="0 scoring rows"):
        draw_rows(opened(plan=scoring_on()).score, WORLD.task, b"seed")
