"""What a contributor keeps back: days that others could hold against it, and no honest day beside them."""

from hypothesis import given
from hypothesis import strategies as st

from andel.data.cross_checks import impossible_travel, stuck_sensor
from andel.data.kept_back import committable, explains_reset
from tests.device.actors import NOON, EnvelopeSensor, Pebble

PEBBLE, SENSOR = Pebble(), EnvelopeSensor("sensor")
MIDNIGHT, DAY, HOUR = NOON - 12 * 3_600, 86_400, 3_600


def run(times, device=SENSOR, first=1, **values):
    """Readings at these times; the counter goes up by one each, and so does the temperature."""
    if device is PEBBLE:
        return [device.read(device.packet(time, temperature=first + i)) for i, time in enumerate(times)]
    return [
        device.read(device.packet(time, sequence=first + i, temperature=first + i, **values))
        for i, time in enumerate(times)
    ]


HOURS = [MIDNIGHT + hour * HOUR for hour in range(72)]


def test_honest_readings_are_all_committed():
    readings = run(HOURS)
    assert committable(readings, []).readings == tuple(readings)
    assert committable(readings, []).reasons == {}
    assert committable([], []).readings == ()


def test_a_time_signed_twice_keeps_the_day_back_and_no_other():
    readings = run(HOURS)
    second = run([HOURS[30]], first=900)
    kept = committable(readings, second)
    assert {reading.timestamp // DAY for reading in kept.readings} == {HOURS[0] // DAY, HOURS[50] // DAY}
    assert list(kept.reasons) == [HOURS[30] // DAY] and "two different readings" in kept.reasons[HOURS[30] // DAY]


def test_a_clock_that_was_set_back_costs_the_hours_it_repeated():
    readings = run(HOURS)
    again = run(HOURS[30:34], first=900)
    assert explains_reset(readings, again)
    kept = committable(readings, again)
    assert [reading.timestamp for reading in kept.readings] == [*HOURS[:30], *HOURS[34:]]
    assert "clock reset" in kept.reasons[HOURS[30] // DAY]


def test_a_clock_reset_of_a_pebble_needs_no_counter():
    assert explains_reset(run(HOURS, PEBBLE), run(HOURS[30:34], PEBBLE, first=900))


def test_what_no_clock_reset_explains():
    readings = run(HOURS)
    cases = {
        "one time alone": run([HOURS[30]], first=900),
        "a time is passed over": run([HOURS[30], HOURS[32]], first=900),
        "times that do not rise": run([HOURS[31], HOURS[30]], first=900),
        "the counter goes on beside the first run": run(HOURS[30:34], first=32),
        "the counter is behind": run(HOURS[30:34], first=2),
    }
    assert {name: explains_reset(readings, second) for name, second in cases.items()} == dict.fromkeys(cases, False)


def test_a_value_beyond_physics_is_left_out_alone():
    readings = [
        PEBBLE.read(PEBBLE.packet(time, temperature=12_000 if i == 5 else 100 + i)) for i, time in enumerate(HOURS)
    ]
    kept = committable(readings, [])
    assert len(kept.readings) == 71 and "left out" in kept.reasons[HOURS[5] // DAY]


def test_a_stuck_sensor_commits_nothing():
    readings = [SENSOR.read(SENSOR.packet(time, temperature=5, humidity=6)) for time in HOURS]
    kept = committable(readings, [])
    assert kept.readings == () and all("stuck" in reason for reason in kept.reasons.values()) and len(kept.reasons) == 3


def test_a_position_that_jumps_keeps_its_days_back():
    readings = [
        PEBBLE.read(PEBBLE.packet(time, latitude=0 if i == 30 else 400_000_000, temperature=i))
        for i, time in enumerate(HOURS)
    ]
    kept = committable(readings, [])
    assert {reading.timestamp // DAY for reading in kept.readings} == {HOURS[0] // DAY, HOURS[50] // DAY}
    assert impossible_travel(kept.readings) is None


@given(
    st.lists(st.tuples(st.integers(0, 71), st.integers(-9_000, 9_000)), max_size=5),
    st.sets(st.integers(0, 71), max_size=6),
)
def test_whatever_is_committed_passes_the_checks_of_validators(wild, repeated):
    places = dict(wild)
    readings = [
        PEBBLE.read(PEBBLE.packet(time, latitude=places.get(i, 4_000) * 100_000, temperature=i))
        for i, time in enumerate(HOURS)
    ]
    second = run([HOURS[i] for i in sorted(repeated)], PEBBLE, first=500)
    kept = committable(readings, second)
    assert impossible_travel(kept.readings) is None and stuck_sensor(kept.readings) is None
    claimed = {reading.timestamp // HOUR for reading in kept.readings}
    assert not claimed & {reading.timestamp // HOUR for reading in second}, "no conflict can be held against it"
