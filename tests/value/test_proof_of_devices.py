"""What devices' standing, conflicts and cross-checks take from a contributor's weight, and what they leave alone."""

from dataclasses import replace

from andel.data.batch import batches_object
from andel.data.conflict import conflict_object
from andel.data.openings import make_openings
from andel.data.policy import EVERYWHERE
from andel.training.result import sign_commitment
from andel.value.history import EMPTY_HISTORY, ProvenSet
from andel.value.proof import sound_conflicts, unopened
from andel.value.settle import settle
from andel.value.standing import Standing
from tests.support.reports import of, report_bytes
from tests.support.stations import HOURS, Station, joined, proven_of
from tests.support.worlds import FIRST_SEED, Owner, build_world, play

BASE = build_world(2)
ONE, TWO = Station("one"), Station("two")
UPDATE = BASE.owners[0].update(BASE)


def verdict(owner, history=EMPTY_HISTORY, conflicts=(), number=1):
    """What is proven of an owner that joined, all opened."""
    return proven_of(joined(BASE, owner), owner, number, FIRST_SEED, history, conflicts=conflicts)


HONEST = Owner("two stations", [*ONE.readings(), *TWO.readings()], [ONE, TWO])


def test_honest_stations_count_in_full():
    found = verdict(HONEST)
    assert found.slots == found.whole == {ONE.address: 96, TWO.address: 96}
    assert (found.reason, found.note, found.opened) == ("", "", True)
    assert len(found.samples) == found.packets > 24


def test_a_ceiling_halves_one_device_until_its_round():
    history = replace(EMPTY_HISTORY, standing={ONE.address: Standing(1, 9, 0)})
    found = verdict(HONEST, history)
    assert found.slots == {ONE.address: 48, TWO.address: 96} and found.whole[ONE.address] == 96
    assert "counts half until round 9" in found.note and found.reason == ""
    assert verdict(HONEST, history, number=10).slots[ONE.address] == 96


def test_quarantine_counts_nothing_and_says_so():
    history = replace(EMPTY_HISTORY, standing={ONE.address: Standing(0, 0, 9), TWO.address: Standing(0, 0, 9)})
    found = verdict(HONEST, history)
    assert found.weight == 0 and "in quarantine until round 9" in found.reason


def conflict(station, hour=30):
    """Two readings of one station at one time."""
    first, second = station.reading(HOURS[hour], 1, sequence=1), station.reading(HOURS[hour], 2, sequence=2)
    return conflict_object(first.raw, second.raw, station.key.public_key)


def test_a_conflict_in_a_claimed_hour_costs_the_device_and_not_its_neighbour():
    found = verdict(HONEST, conflicts=[conflict(ONE)])
    assert found.slots == {TWO.address: 96} and found.conflicted == (ONE.address,)
    assert "two readings are signed for one time" in found.note


def test_a_conflict_in_an_hour_that_is_not_claimed_costs_nothing():
    held = Owner("kept back", [*ONE.readings(HOURS[:30]), *ONE.readings(HOURS[31:])], [ONE])
    assert verdict(held, conflicts=[conflict(ONE, 30)]).weight == 95
    assert verdict(held, conflicts=[conflict(ONE, 31)]).weight == 0


def test_conflicts_that_do_not_hold_are_passed_over():
    early = ONE.reading(5, 1), ONE.reading(5, 2)
    outside = conflict_object(early[0].raw, early[1].raw, ONE.key.public_key)
    assert sound_conflicts([b"", b"{}", b"[" * 3_000, conflict(ONE)[:-1], outside], BASE.task) == {}
    assert verdict(HONEST, conflicts=[b"", outside, conflict(Station("somebody else's"))]).weight == 192


def cloned():
    """Readings of a device that was in two hemispheres every other hour."""
    return [ONE.reading(r.timestamp, 1_700 + i, -300_000_000) if i % 2 else r for i, r in enumerate(ONE.readings())]


def test_a_device_in_two_places_counts_nothing_and_its_owner_keeps_the_other():
    found = verdict(Owner("cloned", [*cloned(), *TWO.readings()], [ONE, TWO]))
    assert found.slots == found.whole == {TWO.address: 96} and "impossible travel" in found.note
    assert found.failed == ()


def test_a_stuck_sensor_counts_nothing():
    stuck = [ONE.reading(time, 1_500, sequence=i) for i, time in enumerate(HOURS)]
    found = verdict(Owner("stuck", stuck, [ONE]))
    assert found.weight == 0 and "stuck sensor" in found.reason and found.failed == ()


def test_what_was_left_out_when_a_set_was_opened_stays_out_and_is_told():
    owner = Owner("cloned", [*cloned(), *TWO.readings()], [ONE, TWO])
    first = verdict(owner)
    history = replace(EMPTY_HISTORY, proven={first.proof_key: ProvenSet(1, first.whole)})
    again = verdict(owner, history, number=2)
    assert again.slots == first.slots and not again.opened
    assert "left out when its set was opened in round 1" in again.note


def test_a_proof_holds_for_its_rounds_and_then_the_set_is_opened_again():
    first = verdict(HONEST)
    history = replace(EMPTY_HISTORY, proven={first.proof_key: ProvenSet(1, first.whole)})
    last = 1 + 4 * BASE.task.openings
    for number, opened in ((last, False), (last + 1, True)):
        assert verdict(HONEST, history, number=number).opened == opened
        plan = replace(BASE.plan, round=number)
        commitment = sign_commitment(HONEST.key, plan, HONEST.batches(plan))
        assert unopened(plan, BASE.task, [commitment], history) == ((HONEST.address,) if opened else ())


def played(world, owner, conflicts=(), withhold=False, history=None):
    """The owner's value and the report of one settled round."""
    round_ = play(world, {owner.address: UPDATE})
    if withhold:
        del round_.openings[owner.address]
    report = settle(
        world.plan,
        world.task,
        world.parameters,
        round_.commitments,
        round_.openings,
        round_.facts(),
        round_.updates,
        world.history,
        world.reference,
        EVERYWHERE,
        conflicts,
        world.former(world.history),
    )
    return of(report, owner), report


def next_world(world, report):
    return world.after(report)


def test_a_failure_is_written_into_the_state_and_is_lived_down_by_clean_proofs():
    owner = Owner("one station", ONE.readings(), [ONE])
    world = joined(BASE, owner)
    value, report = played(world, owner, withhold=True)
    assert value.weight == 0
    assert report.history.standing == {ONE.address: Standing(1, 9, 0)}
    world = next_world(world, report)
    value, report = played(world, owner)
    assert value.weight == 48 and "counts half" in value.note
    assert report.history.standing == {ONE.address: Standing(1, 9, 0)}, "a proof under the ceiling lives nothing down"
    late = replace(world, plan=replace(world.plan, round=10, state=world.history.hash))
    value, report = played(late, owner)
    assert value.weight == 96 and report.history.standing == {}


def test_a_conflict_is_written_into_the_state_and_lasts():
    owner = Owner("one station", ONE.readings(), [ONE])
    world = joined(BASE, owner)
    value, report = played(world, owner, conflicts=[conflict(ONE)])
    assert (value.weight, value.share) == (0, 0) and "two readings" in value.reason
    assert report.history.standing == {ONE.address: Standing(0, 0, 9)}
    value, report = played(next_world(world, report), owner)
    assert value.weight == 0 and "in quarantine until round 9" in value.reason


def test_who_brings_conflicts_in_which_order_cannot_matter():
    owner = Owner("one station", ONE.readings(), [ONE])
    world = joined(BASE, owner)
    proofs = [conflict(ONE), conflict(ONE, 40), b"junk"]
    _, first = played(world, owner, conflicts=proofs)
    _, then = played(world, owner, conflicts=proofs[::-1])
    assert report_bytes(first) == report_bytes(then) and first.history.hash == then.history.hash


def test_a_failed_set_costs_all_its_devices_their_standing():
    """Who could sacrifice one device of a set would put every false slot on it."""
    world = joined(BASE, HONEST)
    _, report = played(world, HONEST, withhold=True)
    assert set(report.history.standing) == {ONE.address, TWO.address}


def test_batches_that_are_not_ones_own_lower_nobodys_ceiling():
    """A thief that commits another's batches and opens nothing must not cost the owner its standing."""
    world = joined(BASE, HONEST)
    thief = Owner("thief", [], [])
    listed = batches_object(thief.address, [batch.header for batch in HONEST.all_batches])
    round_ = play(world, {HONEST.address: UPDATE})
    round_.commitments.append(sign_commitment(thief.key, world.plan, listed))
    report = round_.settle()
    assert report.history.standing == {} and of(report, HONEST).weight == 192
    assert make_openings(FIRST_SEED, thief.address, [], 3)
