"""Agreement with neighbours: one integer per device, the same in any order, and nothing without neighbours."""

from hypothesis import given
from hypothesis import strategies as st

from andel.value.agreement import CELL, agreements, samples
from tests.device.actors import NOON, Pebble
from tests.support.stations import holding
from tests.support.worlds import small_task

TASK = small_task()
PEBBLES = [Pebble(f"station {number}") for number in range(5)]
HOUR = 3_600


def measured(pebble, temperature, time=NOON, latitude=400_000_000, longitude=5_000_000):
    return pebble.read(pebble.packet(time, temperature=temperature, latitude=latitude, longitude=longitude))


def by_device(readings):
    return {item.device: (item.slots, item.difference) for item in agreements(samples(TASK, readings))}


def test_a_station_beside_others_is_measured_against_their_median():
    found = by_device([measured(pebble, value) for pebble, value in zip(PEBBLES[:3], (100, 120, 900), strict=True)])
    assert found == {PEBBLES[0].address: (1, 20), PEBBLES[1].address: (1, 0), PEBBLES[2].address: (1, 780)}


def test_of_four_the_lower_median_counts():
    found = by_device([measured(pebble, value) for pebble, value in zip(PEBBLES[:4], (10, 20, 30, 40), strict=True)])
    assert [found[pebble.address][1] for pebble in PEBBLES[:4]] == [10, 0, 10, 20]


def test_differences_are_averaged_over_slots_and_rounded_down():
    readings = [measured(pebble, 0, NOON + hour * HOUR) for hour in range(3) for pebble in PEBBLES[:3]]
    readings[0] = measured(PEBBLES[0], 101)
    readings[3] = measured(PEBBLES[0], -100, NOON + HOUR)
    assert by_device(readings)[PEBBLES[0].address] == (3, 67)


def test_a_faster_station_counts_once_an_hour():
    often = [measured(PEBBLES[0], 500 + minute, NOON + minute * 60) for minute in range(30)]
    found = by_device([*often, *(measured(pebble, 0) for pebble in PEBBLES[1:4])])
    assert found[PEBBLES[0].address] == (1, 500)


def test_without_three_devices_in_the_cell_and_hour_there_is_no_score():
    apart = [measured(pebble, 1, latitude=400_000_000 + number * CELL) for number, pebble in enumerate(PEBBLES)]
    later = [measured(pebble, 1, NOON + number * HOUR) for number, pebble in enumerate(PEBBLES)]
    lost = [holding(measured(pebble, 1)) for pebble in PEBBLES]
    assert by_device(apart) == by_device(later) == by_device(lost) == by_device([]) == {}


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(-500, 4_000), st.integers(0, 2)), max_size=20),
    st.randoms(use_true_random=False),
)
def test_the_order_of_readings_cannot_matter(entries, random):
    readings = [measured(PEBBLES[number], value, NOON + hour * HOUR + number) for number, value, hour in entries]
    shuffled = list(readings)
    random.shuffle(shuffled)
    assert agreements(samples(TASK, readings)) == agreements(samples(TASK, shuffled))
    assert all(type(item.difference) is int and item.difference >= 0 for item in agreements(samples(TASK, readings)))
