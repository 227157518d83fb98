"""`andel device inspect`: packets out of any file, in words or as JSON, and bad files in one line."""

import base64
import io
import json

import pytest

from andel.cli import packet_files
from andel.device.pebble import encode_sensor_data, sign_confirmation, sign_data_packet
from tests.device.actors import NOON, EnvelopeSensor, Pebble, account
from tests.support.own_data_run import call_main

PEBBLE, SENSOR = Pebble(), EnvelopeSensor("sensor")
KEYS = {"format", "curve", "signature", "device", "origin", "values", "reason"}


@pytest.fixture
def inspect(monkeypatch, capsys, tmp_path):
    """`andel device inspect FILE …` of some bytes, in this process."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(data, *options, name="packets"):
        path = tmp_path / name
        path.write_bytes(data)
        return call_main(["device", "inspect", str(path), *map(str, options)], monkeypatch, capsys)

    return run


def objects(ended):
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def as_written(raw):
    return {
        "raw": raw,
        "base64": base64.b64encode(raw),
        "url base64": base64.urlsafe_b64encode(raw).rstrip(b"="),
        "hex": raw.hex().encode(),
        "0x hex": b"0x" + raw.hex().upper().encode() + b"\r\n",
        "three lines": b"\n".join([base64.b64encode(raw), b"", raw.hex().encode(), base64.b64encode(raw)]),
    }


@pytest.mark.parametrize("way", as_written(b"x"))
@pytest.mark.parametrize("device", [PEBBLE, SENSOR], ids=["pebble", "envelope"])
def test_every_way_of_writing_a_packet_is_detected(inspect, device, way):
    found = objects(inspect(as_written(device.packet())[way], "--key", device.public_key.hex(), "--json"))
    assert len(found) == (3 if way == "three lines" else 1)
    for one in found:
        assert set(one) >= KEYS
        assert (one["signature"], one["device"], one["origin"], one["reason"]) == (
            "valid",
            device.address,
            "proven",
            None,
        )
        assert one["values"]["temperature"] in (-2.77, 20.77)


def test_words_tell_what_by_whom_signed_how_and_whether_it_would_be_accepted(inspect):
    told = inspect(PEBBLE.packet(), "--device", PEBBLE.address).stdout
    assert "reading, format protobuf, from raw bytes, 2013-01-01 12:00:00 UTC" in told
    assert "secp256k1, SHA-256 of type, data and time" in told
    assert f"by        {PEBBLE.address} (did:io:{PEBBLE.address.lower()})" in told
    assert "temperature -2.77 degC" in told and "accelerometer_y 0.9984130859375 g" in told
    assert "accepted" in told
    claim = inspect(sign_confirmation(PEBBLE.key, account("owner"), NOON)).stdout
    assert "claim" in claim and f"for       {account('owner')}" in claim and "not-a-reading" in claim


def test_without_a_key_the_words_name_who_it_can_be(inspect):
    two = b"\n".join(base64.b64encode(PEBBLE.packet(NOON + i)) for i in range(2))
    told = inspect(two).stdout
    assert told.count(f"maybe by  {PEBBLE.address}, as other packets here") == 2
    assert "undecidable" in told and "--key or --device" in told


def test_an_undecided_epoch_is_shown_and_can_be_given(inspect):
    data = encode_sensor_data({"latitude": 300_000_000, "longitude": 20, "battery": 400}, "5da0997414922a8b")
    raw = sign_data_packet(PEBBLE.key, data, NOON)
    key = ("--key", PEBBLE.public_key.hex())
    told = inspect(raw, *key).stdout
    assert "or of 2022-02 latitude 30 deg" in told and "refused   ambiguous-epoch" in told
    for option in (("--epoch", "2022-02"), ("--firmware", "Riverrock 1.0.14")):
        (one,) = objects(inspect(raw, *key, *option, "--json"))
        assert one["reason"] is None and one["values"]["latitude"] == 30


def test_standard_input_is_read(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(PEBBLE.packet())))
    (one,) = objects(call_main(["device", "inspect", "-", "--json"], monkeypatch, capsys))
    assert one["format"] == "protobuf"


def test_the_published_vectors_are_read_as_they_stand(inspect, shared_folder):
    path = shared_folder / "vectors" / "published.json"
    found = {one["name"]: one for one in objects(inspect(path.read_bytes(), "--json"))}
    vectors = {vector["id"]: vector for vector in json.loads(path.read_bytes())["vectors"]}
    assert set(found) == set(vectors)
    for name, vector in vectors.items():
        assert (found[name]["format"], found[name]["curve"]) == (vector["format"], vector["curve"])
    for name in ("A1", "A2", "A3", "A4", "A5"):
        one = found[name]
        assert (one["signature"], one["origin"], one["reason"]) == ("valid", "public-key-known", "publicly-known-key")
    assert (found["D"]["signature"], found["D"]["origin"]) == ("valid", "proven")
    assert (found["E1"]["signature"], found["E1"]["device"]) == ("valid", vectors["E1"]["device_address"])
    assert found["E2"]["signature"] == "undecidable" and "latitude" not in found["E2"]["values"]
    assert (found["E3"]["reason"], found["E3"]["values"]["temperature"]) == ("ambiguous-epoch", 28.99)
    same = set.intersection(*(set(found[name]["candidates"]) for name in ("F1", "F2", "F3")))
    assert len(same) == 1
    for vector in vectors.values():  # and each by itself, as the text or base64 that it is
        single = vector.get("text") or vector.get("b64")
        if single:
            (one,) = objects(inspect(single.encode(), "--json"))
            assert one["format"] == vector["format"]
        (one,) = objects(inspect(json.dumps(vector).encode(), "--json"))
        assert one["format"] == vector["format"]


@pytest.mark.parametrize(
    "data",
    [
        b"hello",
        b"\xff\x00",
        b"{",
        b"[]",
        b'{"vectors":[]}',
        b'{"vectors":[{"text":1}]}',
        b"ab=c",
        b"\n{}\n",
        b"[" * 9_999,
    ],
    ids=lambda data: str(data[:20]),
)
def test_what_is_no_packet_is_told_as_such(inspect, data):
    for one in objects(inspect(data, "--json")):
        assert one["reason"] == "malformed" and set(one) >= KEYS


@pytest.mark.parametrize(
    ("data", "options", "says"),
    [
        (b"", (), "holds no packet"),
        (b" \n\n", (), "holds no packet"),
        (b"00", ("--key", "zz"), "not a public key"),
        (b"00", ("--key", "05" * 33), "not a public key"),
        (b"00", ("--device", "0x12"), "not a device"),
        (b"00", ("--firmware", "pebbleGo V1.0.0"), "does not tell its epoch"),
    ],
)
def test_what_cannot_be_used_is_one_line_with_a_hint(inspect, data, options, says):
    ended = inspect(data, *options)
    assert ended.returncode == 1 and says in ended.stderr and "Traceback" not in ended.stderr
    assert ended.stderr.count("andel: ") == 1


def test_many_packets_are_explained_as_they_come(inspect, monkeypatch):
    monkeypatch.setattr("andel.cli.device_inspect.COMPARED_PACKETS", 2)
    lines = b"\n".join(PEBBLE.packet(NOON + i).hex().encode() for i in range(5))
    assert [one["packet"] for one in objects(inspect(lines, "--json"))] == [1, 2, 3, 4, 5]


def test_a_file_over_the_bound_is_refused(inspect, monkeypatch):
    assert packet_files.MAX_FILE_BYTES == 64 * 2**20
    monkeypatch.setattr("andel.cli.packet_files.MAX_FILE_BYTES", 100)
    ended = inspect(PEBBLE.packet())
    assert ended.returncode == 1 and "longer than" in ended.stderr


def test_a_file_that_is_not_there_is_told(monkeypatch, capsys, tmp_path):
    ended = call_main(["device", "inspect", str(tmp_path / "none")], monkeypatch, capsys)
    assert ended.returncode == 1 and "cannot be read" in ended.stderr
