"""`andel device conflict` as a stranger runs it: checked, kept, taken up by the coordinator, and felt by the cheat."""

import base64
import json
from dataclasses import replace

import pytest

from andel.content import ContentStore
from andel.data.conflict import parse_conflict
from andel.device.did import did_of
from andel.device.packets import read_packet
from andel.roles.conflict_box import ConflictBox
from andel.roles.coordinator import Coordinator
from andel.training.grid import LocalGrid
from andel.training.rounds import Waiting
from tests.device.actors import NOON, EnvelopeSensor, Pebble, other_signature

PEBBLE, SENSOR = Pebble(), EnvelopeSensor("sensor")


@pytest.fixture
def box(tmp_path):
    """A directory that a coordinator looks into."""
    folder = tmp_path / "box"
    folder.mkdir()
    return folder


@pytest.fixture
def written(tmp_path):
    """Packets in files of their own."""

    def write(*packets):
        paths = []
        for number, packet in enumerate(packets):
            paths.append(tmp_path / f"packet-{number}")
            paths[-1].write_bytes(packet)
        return paths

    return write


def test_two_packets_of_one_device_and_time_are_kept_as_a_conflict(andel, box, written):
    one, other = PEBBLE.packet(temperature=100), PEBBLE.packet(temperature=200)
    told = andel("device", "conflict", *written(one, base64.b64encode(other)), "--store", box, "--json")
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert (found["device"], found["did"]) == (PEBBLE.address, did_of(PEBBLE.address))
    assert (found["timestamp"], found["hour"]) == (NOON, 12)
    assert found["public_key"] == PEBBLE.public_key.hex(), "found from the two signatures"
    assert parse_conflict(ContentStore(str(box)).get(found["cid"])).device == PEBBLE.address
    text = andel("device", "conflict", *written(other, one), "--store", box, "--key", PEBBLE.public_key.hex()).stdout
    assert text.splitlines() == [
        f"{did_of(PEBBLE.address)} signed two different readings for 2013-01-01 12:00:00 UTC (hour 12)",
        f"kept as {found['cid']}",
    ]
    envelopes = written(SENSOR.packet(temperature=1), SENSOR.packet(sequence=2, temperature=2))
    assert andel("device", "conflict", *envelopes, "--store", box).returncode == 0


ONE = PEBBLE.packet(temperature=100)
NO_CONFLICTS = {
    "a copy": (ONE, ONE, "say the same"),
    "its second signature": (ONE, other_signature(ONE), "say the same"),
    "another time": (ONE, PEBBLE.packet(NOON + 1), "two times or kinds"),
    "another device": (ONE, Pebble("other").packet(), "no key that can be told"),
    "another kind": (ONE, SENSOR.packet(), "no key that can be told"),
    "no packet": (ONE, b"\x08\x02\xff", ""),
    "nothing": (ONE, b"", "holds no packet"),
    "two in a file": (ONE, ONE.hex().encode() + b"\n" + ONE.hex().encode(), "more than one packet"),
}


@pytest.mark.parametrize("case", NO_CONFLICTS)
def test_what_is_no_conflict_is_told_in_one_line_and_not_kept(andel, box, written, case):
    first, second, says = NO_CONFLICTS[case]
    told = andel("device", "conflict", *written(first, second), "--store", box)
    assert told.returncode == 1 and "Traceback" not in told.stderr
    assert told.stderr.startswith("andel: ") and says in told.stderr
    assert list(box.iterdir()) == []


def test_a_missing_box_a_missing_file_and_a_wrong_key_are_told(andel, box, written):
    files = written(ONE, PEBBLE.packet(temperature=200))
    assert "there is no content store" in andel("device", "conflict", *files, "--store", box / "no").stderr
    assert "cannot be read" in andel("device", "conflict", files[0], box / "no", "--store", box).stderr
    assert "not a public key" in andel("device", "conflict", *files, "--store", box, "--key", "1").stderr
    told = andel("device", "conflict", *files, "--store", box, "--key", SENSOR.public_key.hex())
    assert told.returncode == 1 and "refused" not in told.stdout and list(box.iterdir()) == []


@pytest.mark.full
def test_a_cloned_device_that_a_stranger_brings_is_in_quarantine(andel, box, written, launch_world):
    small = launch_world("conflict command")
    cheat, honest = small.honest()[:2]
    plan = small.world.first_plan()
    day = next(batch.day for batch in cheat.contributor.all_batches() if plan.covers(batch.day))
    clone = replace(cheat.device, noise=300, seed=cheat.device.seed + 1)
    packets = [first_of(device, cheat.participant.weeks, day) for device in (cheat.device, clone)]
    coordinator = Coordinator(
        small.world.actors.coordinator,
        small.world.model,
        small.store,
        LocalGrid(small.nodes()),
        Waiting(lambda: 0.0, lambda _: None),
        box=ConflictBox(str(box)),
    )
    told = andel("device", "conflict", *written(*packets), "--store", box, "--json")
    assert json.loads(told.stdout)["device"] == cheat.device.key.address
    for number in (1, 2):
        small.results.append(coordinator.run_round(small.plan()))
        small.settle()
        values = {value.contributor: value for value in small.report(number).contributors}
        assert values[cheat.contributor.address].weight == 0
        assert values[honest.contributor.address].weight == honest.contributor.weight(plan) > 0
        if number == 1:
            assert "two readings are signed for one time" in values[cheat.contributor.address].reason
            for path in box.iterdir():
                path.unlink()  # one time is enough
    assert "in quarantine until round 9" in values[cheat.contributor.address].reason


def first_of(device, weeks, day):
    """The device's first packet of a day."""
    return next(
        packet
        for packet in device.packets(weeks)
        if read_packet(packet, device.key.public_key).timestamp // 86_400 == day
    )
