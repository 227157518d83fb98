"""Files and pipes of packets: every form that users have is read, and a bad line never ends the run."""

import base64
import gzip
import json
import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.data.arrivals import Arrival, Kind, read_topic
from andel.data.bundle import pack_packets, stream_packets
from andel.data.packet_files import MAX_LINE_BYTES, descriptor_arrivals, file_arrivals, read_arrivals
from andel.errors import InputError, SourceError
from tests.device.actors import Pebble

PEBBLE = Pebble()
RAWS = [PEBBLE.packet(1_700_000_000 + number) for number in range(30)]
IMEI = "352656100000017"


def base64_of(raw):
    return base64.b64encode(raw).decode()


def json_lines(raws=RAWS):
    return "".join(json.dumps({"device": IMEI, "packet": base64_of(raw)}) + "\n" for raw in raws).encode()


def read(data, device="", piece=None):
    pieces = [data] if piece is None else [data[start : start + piece] for start in range(0, len(data), piece)]
    return [arrival for arrival in read_arrivals(pieces, "a file", device) if arrival is not None]


EXPECTED = [Arrival(IMEI, raw) for raw in RAWS]
FORMS = {
    "json lines": json_lines(),
    "json lines with a topic": b"".join(
        json.dumps({"topic": f"device/{IMEI}/data", "tst": "now", "hex": raw.hex()}).encode() + b"\r\n" for raw in RAWS
    ),
    "base64 lines": b"\n\n".join(base64.b64encode(raw) for raw in RAWS),
    "a bundle": pack_packets(RAWS),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("piece", [None, 1, 7, 1_000])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_every_form_is_told_by_itself_however_it_is_cut(form, piece, packed):
    data = gzip.compress(FORMS[form]) if packed else FORMS[form]
    assert read(data, IMEI, piece) == EXPECTED


def test_gzip_files_that_were_joined_are_read_as_one():
    assert read(gzip.compress(json_lines(RAWS[:9])) + gzip.compress(json_lines(RAWS[9:])), piece=11) == EXPECTED


@pytest.mark.parametrize("data", [b"", b"\n\n", gzip.compress(b"", mtime=0), pack_packets([])])
def test_nothing_gives_nothing(data):
    assert read(data) == []


def test_a_json_packet_of_2021_is_handed_on_as_it_stands():
    line = b'{"message":{"snr":"1","random":"x"},"signature":{"r":"a","s":"b"}}'
    assert read(line + b"\n", "imei") == [Arrival("imei", line)]


def test_a_claim_is_told_from_a_reading():
    lines = [{"device": "a", "confirm": "AA=="}, {"topic": "device/b/confirm", "hex": "01"}]
    data = "\n".join(json.dumps(line) for line in lines).encode()
    assert read(data) == [Arrival("a", b"\x00", Kind.CONFIRMATION), Arrival("b", b"\x01", Kind.CONFIRMATION)]


BAD_LINES = {
    b"{": "not JSON",
    b"{}": "device is not",
    b'{"device": 5, "packet": "AA=="}': "device is not",
    b'{"device": "' + b"x" * 65 + b'", "packet": "AA=="}': "device is not",
    b'{"device": "a"}': "not one text",
    b'{"device": "a", "packet": "AA==", "hex": "00"}': "not one text",
    b'{"device": "a", "packet": 7}': "not one text",
    b'{"device": "a", "packet": "A"}': "not base64",
    b'{"device": "a", "packet": "\\u00e9"}': "not base64",
    b'{"device": "a", "hex": "0g"}': "hex holds",
    b'{"topic": "device/a/b/data", "packet": "AA=="}': "topic is not",
    b'{"topic": ["device"], "packet": "AA=="}': "topic is not",
    b'{"a":' * 3_000: "not JSON",
    b"AA==": "no device is named",
    b"\x00\xff": "no device is named",
    b"[" * (MAX_LINE_BYTES + 1): f"over {MAX_LINE_BYTES} bytes",
    b"x" * 3_000_000: f"over {MAX_LINE_BYTES} bytes",
}


@pytest.mark.parametrize("line", BAD_LINES, ids=lambda line: repr(line[:30]))
@pytest.mark.parametrize("piece", [None, 4_099])
def test_a_bad_line_is_told_with_its_number_and_what_follows_is_read(line, piece):
    good = json_lines(RAWS[:1])
    first, bad, last = read(good + line + b"\n" + good, piece=piece)
    assert first == last == EXPECTED[0]
    assert (bad.kind, bad.raw) == (Kind.UNREADABLE, line[:4_096])
    assert bad.detail.startswith("a file line 2: ") and BAD_LINES[line] in bad.detail


@given(st.binary(max_size=2_000), st.integers(1, 50))
def test_no_bytes_raise_anything_but_our_errors(data, piece):
    for start in (b"", b"\x1f\x8b\x08", b"andel-packets/1\x00"):
        try:
            read(start + data, "x", piece)
        except SourceError as error:
            assert error.source == "a file"


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(json_lines())[:-9],
        gzip.compress(json_lines()) + b"rest",
        pack_packets(RAWS)[:-1],
        pack_packets(RAWS) + b"x",
        b"andel-packets/1\x00\xff\xff\xff\xff",
    ],
    ids=["gzip cut", "gzip with a rest", "bundle cut", "bundle with a rest", "bundle of too many"],
)
def test_what_came_before_a_damage_is_given_and_then_the_damage_is_told(data):
    arrivals = read_arrivals([data], "a file", IMEI)
    given = []
    with pytest.raises(SourceError, match="a file: "):
        for arrival in arrivals:
            given.append(arrival)
    assert given == EXPECTED[: len(given)]
    assert len(given) >= 29 or data.endswith(b"\xff")


def test_a_few_bytes_that_unfold_to_many_are_read_in_bounded_memory():
    bomb = gzip.compress(b"x" * 200_000_000, 9)
    tracemalloc.start()
    (bad,) = read(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert bad.kind is Kind.UNREADABLE
    assert peak < 8_000_000


def test_a_bundle_with_a_packet_of_no_length_is_refused():
    with pytest.raises(InputError, match="no packet of 0 bytes"):
        list(stream_packets([pack_packets([b"a"])[:-3] + b"\x00\x00\x00"]))


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SourceError, match=r"none\.jsonl: No such file"):
        list(file_arrivals(tmp_path / "none.jsonl"))


def test_a_pipe_says_when_nothing_comes_and_ends_when_it_is_closed():
    reader, writer = os.pipe()
    arrivals = descriptor_arrivals(reader, "pipe", "", 0.01)
    try:
        assert next(arrivals) is None
        os.write(writer, json_lines(RAWS[:1])[:-10])
        assert next(arrivals) is None
        os.write(writer, json_lines(RAWS[:1])[-10:])
        os.close(writer)
        assert [arrival for arrival in arrivals if arrival] == EXPECTED[:1]
    finally:
        os.close(reader)


@pytest.mark.parametrize(
    ("topic", "found"),
    [
        ("device/a/data", ("a", Kind.DATA)),
        ("device/a/confirm", ("a", Kind.CONFIRMATION)),
        (f"device/{'9' * 500}/data", ("9" * 64, Kind.DATA)),
        ("device/\n/data", ("\n", Kind.DATA)),
        ("device//data", None),
        ("device/a/query", None),
        ("device/a/b/data", None),
        ("/device/a/data", None),
        ("device/a/data\n", None),
        ("", None),
    ],
)
def test_a_topic_is_read(topic, found):
    assert read_topic(topic) == found
