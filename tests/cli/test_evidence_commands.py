"""`andel export`, `andel forget` and `andel status` on a store that `andel intake` filled with real packets."""

import base64
import json

import pytest

from andel.data.batch import make_batch
from andel.data.store import EvidenceStore
from andel.device.did import did_of
from tests.device.actors import NOON, EnvelopeSensor, Pebble, account

PEBBLE, SENSOR = Pebble(), EnvelopeSensor("sensor")
OWNER = account("owner")
DAY = 86_400
TIMES = [NOON, NOON + 3_600, NOON + DAY]
BOOK = f"""
format = "andel-devices/1"
[[devices]]
public_key = "{PEBBLE.public_key.hex()}"
epoch = "2022-02"
[[devices]]
public_key = "{SENSOR.public_key.hex()}"
"""


@pytest.fixture
def store(andel, tmp_path):
    """Three packets of a Pebble on two days, the middle one twice, and one of a sensor, as intake keeps them."""
    packets = [(PEBBLE.address, PEBBLE.packet(time, temperature=number)) for number, time in enumerate(TIMES)]
    packets += [packets[1], (SENSOR.address, SENSOR.packet(NOON, exponent=-3, pm2_5=12_345))]
    lines = [json.dumps({"device": name, "packet": base64.b64encode(raw).decode()}) for name, raw in packets]
    (tmp_path / "packets.jsonl").write_text("\n".join(lines))
    (tmp_path / "devices.toml").write_text(BOOK)
    path = tmp_path / "evidence.db"
    at = ["--store", path, "--devices", tmp_path / "devices.toml", "--owner", OWNER]
    told = andel("intake", *at, tmp_path / "packets.jsonl")
    assert told.returncode == 0 and "4 accepted" in told.stdout, told.stderr
    return path


def status(andel, store, *options):
    """What `andel status --json` says."""
    told = andel("status", "--store", store, *options, "--json")
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def refused(told, words):
    """Ended with one line and perhaps a hint."""
    assert told.returncode == 1 and "Traceback" not in told.stderr
    assert told.stderr.startswith("andel: ") and words in told.stderr.splitlines()[0]


def test_the_exported_table_reads_back_as_what_was_sent(andel, store, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed (andel[parquet])")
    told = andel("export", tmp_path / "all.parquet", "--store", store)
    assert told.returncode == 0 and "4 rows, channels " in told.stdout
    rows = parquet.read_table(tmp_path / "all.parquet").to_pylist()
    assert {row["raw"] for row in rows if row["device"] == PEBBLE.address} == {
        PEBBLE.packet(time, temperature=number) for number, time in enumerate(TIMES)
    }
    (mine,) = [row for row in rows if row["device"] == SENSOR.address]
    assert mine["pm2_5"] == 12.345 and int(mine["timestamp"].timestamp()) == NOON
    some = ["--from", "2013-01-02", "--to", "2013-01-02", "--device", did_of(PEBBLE.address)]
    assert andel("export", tmp_path / "some.parquet", "--store", store, *some).returncode == 0
    (row,) = parquet.read_table(tmp_path / "some.parquet").to_pylist()
    assert (row["raw"], row["temperature"]) == (PEBBLE.packet(TIMES[2], temperature=2), 0.02)


def test_what_cannot_be_exported_is_told_and_leaves_no_file(andel, store, tmp_path):
    pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed (andel[parquet])")
    path = tmp_path / "x.parquet"
    refused(andel("export", path, "--store", tmp_path / "none.db"), "there is no evidence store")
    refused(andel("export", path, "--store", store, "--device", OWNER), "has no packets of device")
    refused(andel("export", path, "--store", store, "--device", "x"), "not a device")
    refused(andel("export", path, "--store", store, "--from", "yesterday"), "not a day")
    refused(andel("export", path, "--store", store, "--from", "2013-02-01", "--to", "2013-01-01"), "are no range")
    refused(andel("export", tmp_path / "no" / "x", "--store", store), "No such file")
    assert not path.exists()


def test_what_is_forgotten_is_gone_told_as_deleted_and_its_root_stays(andel, store, tmp_path):
    committed = make_batch(
        [PEBBLE.read(PEBBLE.packet(time, temperature=number)) for number, time in enumerate(TIMES[:2])],
        PEBBLE.public_key,
    )
    assert status(andel, store)["deleted"] == []
    days = ["--from", "2013-01-01", "--to", "2013-01-01"]
    told = andel("forget", "--store", store, "--device", did_of(PEBBLE.address), *days, "--yes")
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("2 accepted and 1 refused packets deleted, of 1 days")
    found = status(andel, store)
    assert found["deleted"] == [
        {"device": PEBBLE.address, "day": "2013-01-01", "root": committed.root.hex(), "packets": 2}
    ]
    assert [device["deleted"] for device in found["devices"] if device["device"] == PEBBLE.address] == [2]
    assert found["accepted"] == 4
    text = andel("status", "--store", store).stdout
    assert f"deleted: {PEBBLE.address} 2013-01-01, 2 packets, root {committed.root.hex()}" in text
    left = b"".join(path.read_bytes() for path in tmp_path.glob("evidence.db*"))
    assert PEBBLE.packet(TIMES[1], temperature=1) not in left and PEBBLE.packet(TIMES[2], temperature=2) in left
    at = ["--store", store, "--devices", tmp_path / "devices.toml", "--owner", OWNER]
    again = andel("intake", *at, tmp_path / "packets.jsonl", "--json")
    assert json.loads(again.stdout)["refused"] == {"replay": 5}, "what was deleted is not taken in again"
    opened = EvidenceStore(f"sqlite:///{store}")
    assert [packet.raw for packet in opened.stream(PEBBLE.address, NOON // DAY, NOON // DAY)] == [None, None]
    opened.close()


def test_nothing_is_forgotten_by_mistake(andel, store, tmp_path):
    days = ["--from", "2013-01-01", "--to", "2013-01-02"]
    assert andel("forget", "--store", store, "--device", PEBBLE.address, *days).returncode == 1, "not without a yes"
    refused(andel("forget", "--store", store, "--device", OWNER, *days, "--yes"), "has no packets of device")
    refused(andel("forget", "--store", tmp_path / "no.db", "--device", OWNER, *days, "--yes"), "no evidence store")
    backwards = ["--from", "2013-01-02", "--to", "2013-01-01", "--yes"]
    refused(andel("forget", "--store", store, "--device", PEBBLE.address, *backwards), "are no range")
    assert status(andel, store)["deleted"] == []


def test_packets_that_a_region_would_fail_are_told_before_they_are_committed(andel, store, tmp_path):
    policy = tmp_path / "policy.json"

    def judged(boxes, channels, *options):
        written = {"format": "andel-policy/1", "boxes": boxes, "channels": channels}
        policy.write_text(json.dumps(written, indent=2))
        return {one["device"]: one for one in status(andel, store, "--policy", policy, *options)["policy"]}

    here = [[499_000_000, -972_000_000, 500_000_000, -971_000_000]]
    found = judged(here, [])
    assert found[PEBBLE.address] == {"device": PEBBLE.address, "packets": 3, "failing": {}, "days": []}
    assert found[SENSOR.address]["failing"] == {"the reading tells no position": 1}
    assert found[SENSOR.address]["days"] == ["2013-01-01"]
    elsewhere = judged([[0, 0, 1, 1]], [])[PEBBLE.address]
    assert elsewhere["failing"] == {"the position is in none of the policy's boxes": 3}
    assert elsewhere["days"] == ["2013-01-01", "2013-01-02"]
    assert judged([], ["pm2_5"])[PEBBLE.address]["failing"] == {"the reading has no channel pm2_5": 3}
    assert judged([], ["pm2_5"], "--from", "2013-01-02")[PEBBLE.address]["packets"] == 1
    assert SENSOR.address not in judged([], [], "--from", "2013-01-02")
    judged(here, [])
    text = andel("status", "--store", store, "--policy", policy).stdout
    assert f"policy: {PEBBLE.address}: all 3 packets pass" in text
    assert "1 of 1 packets would fail, on 1 days from 2013-01-01 on: 1 as the reading tells no position" in text
    assert "-971" not in text and "49.9" not in text, "no position is told"
    policy.write_text("{}")
    refused(andel("status", "--store", store, "--policy", policy), "policy.json: not a policy")
    refused(andel("status", "--store", store, "--policy", tmp_path / "none"), "cannot be read")
