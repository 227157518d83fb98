"""The box of conflicts: what counts against a committed list is found in it, whatever else lies there."""

from dataclasses import replace

from andel.content import ContentStore
from andel.data.conflict import MAX_CONFLICT_BYTES
from andel.roles import conflict_box
from andel.roles.conflict_box import ConflictBox
from andel.roles.witness import bring_conflict
from andel.training.result import sign_commitment
from tests.support.stations import HOURS, Station
from tests.support.worlds import Owner, build_world

STATION, STRANGER = Station("boxed"), Station("stranger")
OWNER = Owner("boxed owner", STATION.readings(), [STATION])
PLAN = build_world(1).plan
COMMITTED = [sign_commitment(OWNER.key, PLAN, OWNER.batches(PLAN))]


def brought(folder, station, time):
    """A conflict of that station and time, in the box."""
    packets = (station.reading(time, value).raw for value in (1_000, 2_000))
    return ContentStore(str(folder)).get(bring_conflict(ContentStore(str(folder)), *packets).cid)


def test_what_counts_against_a_committed_hour_is_found_once_for_each_device(tmp_path):
    wanted = {brought(tmp_path, STATION, HOURS[number]) for number in (3, 5)}
    brought(tmp_path, STRANGER, HOURS[3])
    brought(tmp_path, STATION, HOURS[-1] + 10 * 86_400)
    box = ConflictBox(str(tmp_path))
    (found,) = box.against(PLAN, COMMITTED)
    assert found in wanted
    assert box.against(PLAN, []) == ()
    assert box.against(replace(PLAN, round=2), COMMITTED) == (), "signed for another round, so it commits to nothing"


def test_rubbish_in_the_box_stops_nothing(tmp_path):
    store = ContentStore(str(tmp_path))
    store.put(b"junk")
    store.put(b"{}")
    store.put(b"x" * (MAX_CONFLICT_BYTES + 1))
    (tmp_path / "a folder").mkdir()
    (tmp_path / "not-a-name").write_bytes(b"x")
    wanted = brought(tmp_path, STATION, HOURS[0])
    altered = tmp_path / bring_conflict(store, *(STATION.reading(HOURS[1], v).raw for v in (1, 2))).cid
    altered.write_bytes(wanted)
    assert ConflictBox(str(tmp_path)).against(PLAN, COMMITTED) == (wanted,)


def test_a_flooded_box_is_looked_through_over_several_rounds(tmp_path, monkeypatch):
    monkeypatch.setattr(conflict_box, "MAX_NEW_OBJECTS", 4)
    for number in range(10):
        ContentStore(str(tmp_path)).put(b"junk %d" % number)
    wanted = brought(tmp_path, STATION, HOURS[0])
    box = ConflictBox(str(tmp_path))
    rounds = [box.against(PLAN, COMMITTED) for _ in range(3)]
    assert rounds[-1] == (wanted,)
    (tmp_path / ContentStore(str(tmp_path)).put(wanted)).unlink()
    assert box.against(PLAN, COMMITTED) == (), "taken out of the box again"
