"""What grouped mode proves by sealed openings: each batch once, under one seed for ever, and what is left unproven."""

from dataclasses import replace

import pytest

from andel.data.batch import batches_object, parse_batches
from andel.data.openings import openings_object, show
from andel.data.policy import EVERYWHERE
from andel.data.sealed_draws import draw_apart, refusal_object
from andel.hashing import sha256
from andel.sealing import seal, sealing_public_key
from andel.training.result import sign_commitment
from andel.value.history import EMPTY_HISTORY, parse_history
from andel.value.opened_days import Origin, holds, ranges_of, with_days
from andel.value.proof import asked_of, prove_data, registry_entry
from andel.value.sealed_proof import as_arrived, as_attested, to_open
from tests.support.grouped import grouped_world
from tests.support.sealed import VALIDATOR
from tests.support.worlds import FIRST_DAY, FIRST_SEED, play

WORLD = grouped_world(4)
OWNER, OTHER = WORLD.owners[:2]
DEVICE = OWNER.all_batches[0].device
SEEDS = ((1_700_000_000, Origin(1, FIRST_SEED)),)
LATER = Origin(2, sha256(b"sealed proof: a later seed"))
OLD = Origin(7, sha256(b"sealed proof: an old seed"))


def opened(world, owner, history, seeds=SEEDS, without=()):
    """What the owner shows of what is asked for, unsealed, without some places."""
    headers = parse_batches(owner.batches(world.plan))[1]
    asked = to_open(headers, world.entries, history, seeds)
    drawn = draw_apart(owner.address, headers, asked, world.task.openings)
    shown = [item for item in show(owner.chosen(world.plan), drawn) if item.place not in without]
    return openings_object(owner.address, shown)


def proven(world, openings, history=EMPTY_HISTORY, seeds=SEEDS, believe=None):
    commitments = [sign_commitment(owner.key, world.plan, owner.batches(world.plan)) for owner in world.owners]
    verdicts = prove_data(
        world.plan,
        world.task,
        EVERYWHERE,
        commitments,
        openings,
        world.entries,
        world.admitted,
        world.consenting,
        1_700_000_000,
        FIRST_SEED,
        history,
        seeds=seeds,
        believe=believe,
    )
    return {item.contributor: item for item in verdicts}


def settled(change=lambda openings: None, world=WORLD):
    """The report on a round whose openings were changed."""
    played = play(world)
    change(played.openings)
    return played.settle()


def test_what_was_opened_stands_in_the_state_by_day_and_is_not_asked_for_again():
    report = settled()
    history = parse_history(report.history.to_bytes())
    assert history == report.history and not history.pending and not history.proven
    assert history.opened[DEVICE] == ((FIRST_DAY, FIRST_DAY + 3),)
    assert asked_of(WORLD.plan, WORLD.task, play(WORLD).commitments, WORLD.entries, history, SEEDS) == {}
    again = proven(WORLD, {}, history)
    assert {item.weight for item in again.values()} == {96} and not any(item.opened for item in again.values())


def test_a_day_that_is_new_is_asked_for_alone_and_an_old_proof_does_not_expire():
    history = replace(settled().history, opened={DEVICE: ((FIRST_DAY, FIRST_DAY + 2),)}, round=10_000)
    asked = asked_of(WORLD.plan, WORLD.task, play(WORLD).commitments, WORLD.entries, history, SEEDS)
    assert [item.batches for item in asked[OWNER.address]] == [(3,)]
    verdict = proven(WORLD, {OWNER.address: opened(WORLD, OWNER, history)}, history)[OWNER.address]
    assert verdict.weight == 96 and set(verdict.drawn) == {(DEVICE, FIRST_DAY + 3)}


def test_openings_that_do_not_come_cost_standing_and_their_seed_stays_until_they_hold():
    report = settled(lambda openings: openings.pop(OWNER.address))
    history = report.history
    assert history.standing[DEVICE].halved_until > 1 and DEVICE not in history.opened
    assert {history.pending[DEVICE, FIRST_DAY + n] for n in range(4)} == {Origin(1, FIRST_SEED)}
    assert parse_history(history.to_bytes()) == history
    under_old = opened(WORLD, OWNER, history, ((1_700_000_000, LATER),))
    assert under_old == opened(WORLD, OWNER, EMPTY_HISTORY), "the same leaves are asked for, whatever seed is newest"
    late = proven(WORLD, {OWNER.address: under_old}, history, ((1_700_000_000, LATER),))[OWNER.address]
    assert late.opened and late.whole == {DEVICE: 96}
    fresh = opened(WORLD, OWNER, EMPTY_HISTORY, ((1_700_000_000, LATER),))
    assert not proven(WORLD, {OWNER.address: fresh}, history)[OWNER.address].opened


def test_a_refusal_weighs_nothing_and_costs_no_standing():
    report = settled(lambda openings: openings.update({OWNER.address: refusal_object(OWNER.address)}))
    (line,) = [line for line in report.contributors if line.contributor == OWNER.address]
    assert line.weight == 0 and "over-a-fifth" in line.reason
    assert DEVICE not in report.history.standing and (DEVICE, FIRST_DAY) in report.history.pending
    forged = settled(lambda openings: openings.update({OWNER.address: refusal_object(OTHER.address)}))
    assert DEVICE in forged.history.standing, "nobody refuses in another's name"


def test_a_batch_is_drawn_under_the_first_seed_that_nobody_knew_when_it_was_entered():
    headers = parse_batches(OWNER.batches(WORLD.plan))[1]
    seeds = ((100, OLD), (200, LATER), (300, Origin(9, FIRST_SEED)))
    entered = dict(zip(headers, (100, 101, 250, 300), strict=True))
    entries = {(h.device, h.day): registry_entry(h.root, OWNER.address, at) for h, at in entered.items()}
    asked = to_open(headers, entries, EMPTY_HISTORY, seeds)
    assert {(item.round, item.batches) for item in asked} == {(2, (1,)), (7, (0,)), (9, (2, 3))}


def test_a_batch_too_short_for_a_fifth_to_check_costs_the_commitment_its_weight():
    readings = OWNER.all_batches[0]
    short = replace(readings.header, count=14, hours=(1 << 14) - 1)
    commitment = sign_commitment(OWNER.key, WORLD.plan, batches_object(OWNER.address, [short]))
    assert asked_of(WORLD.plan, WORLD.task, [commitment], WORLD.entries, EMPTY_HISTORY, SEEDS) == {}
    (verdict,) = prove_data(
        WORLD.plan,
        WORLD.task,
        EVERYWHERE,
        [commitment],
        {},
        WORLD.entries,
        WORLD.admitted,
        WORLD.consenting,
        1_700_000_000,
        FIRST_SEED,
        EMPTY_HISTORY,
    )
    assert verdict.weight == 0 and "it has 14 readings" in verdict.reason and not verdict.failed


def sealed_by(owner, history=EMPTY_HISTORY):
    return seal(opened(WORLD, owner, history), [sealing_public_key(VALIDATOR)], bytes(16))


def test_a_coordinator_takes_what_is_sealed_for_held_and_what_is_missing_for_withheld():
    found = proven(WORLD, {OWNER.address: sealed_by(OWNER)}, believe=as_arrived)
    assert found[OWNER.address].weight == 96 and found[OTHER.address].weight == 0
    unbelieved = proven(WORLD, {OWNER.address: sealed_by(OWNER)})[OWNER.address]
    assert unbelieved.weight == 0 and "malformed" in unbelieved.reason, "nothing that is sealed counts by itself"


@pytest.mark.parametrize("held", [True, False])
def test_an_auditor_without_a_key_finds_the_state_that_was_attested(held):
    def change(openings):
        if not held:
            headers = parse_batches(OWNER.batches(WORLD.plan))[1]
            openings[OWNER.address] = opened(WORLD, OWNER, EMPTY_HISTORY, without={(0, headers[0].count - 1)})

    played = play(WORLD)
    change(played.openings)
    truth = played.settle()
    told = as_attested(truth.history)
    sealed = {owner.address: sealed_by(owner) for owner in WORLD.owners}
    found = proven(WORLD, sealed, believe=told)
    assert (found[OWNER.address].weight == 96) is held and found[OTHER.address].weight == 96
    assert bool(found[OWNER.address].failed) is not held
    assert truth.history.opened.get(DEVICE, ()) == (((FIRST_DAY, FIRST_DAY + 3),) if held else ())


def test_ranges_of_days_stay_apart_and_hold_exactly_their_days():
    ranges = with_days(ranges_of([5, 3, 4, 9]), [6, 8, 20])
    assert ranges == ((3, 6), (8, 9), (20, 20))
    assert [day for day in range(25) if holds(ranges, day)] == [3, 4, 5, 6, 8, 9, 20]
    state = replace(EMPTY_HISTORY, opened={DEVICE: ranges}, pending={(DEVICE, 7): OLD, (DEVICE, 10): OLD})
    assert parse_history(state.to_bytes()) == state


def test_openings_of_a_later_round_hold_only_with_every_day_that_is_asked_for():
    history = replace(EMPTY_HISTORY, pending={(DEVICE, FIRST_DAY): OLD})
    mixed = opened(WORLD, OWNER, history)
    assert proven(WORLD, {OWNER.address: mixed}, history)[OWNER.address].weight == 96
    assert proven(WORLD, {OWNER.address: opened(WORLD, OWNER, EMPTY_HISTORY)}, history)[OWNER.address].weight == 0
