"""Parsers meet any bytes: no exception but ours, and the same fields as an independent decoder finds."""

import pytest
from google.protobuf.message import DecodeError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andel.device.epochs import PROTOBUF_EPOCHS, Epoch
from andel.device.pebble import Package, _parse_any, _parse_usual, sign_data_packet
from andel.device.pebble_schema import NO_FIX, SENSOR_DATA, BinPackage, RawSensorData
from andel.device.pebble_values import measure, open_epochs, parse_sensor_data
from andel.device.reading import PacketRefused
from andel.errors import AndelError
from tests.device import minimal_protobuf
from tests.device.actors import NOON, Pebble
from tests.fuzz.parsers import PARSERS

PEBBLE = Pebble()
SENSOR_KINDS = {n: "u32" for n in range(1, 11)} | {11: "s32s", 12: "s32s", 13: "bytes"}
PACKAGE_KINDS = {1: "u32", 2: "bytes", 3: "u32", 4: "bytes"}
U32, S32 = st.integers(0, 2**32 - 1), st.integers(-(2**31), 2**31 - 1)
THREE = st.lists(S32, min_size=3, max_size=3)


@st.composite
def mutated(draw, seeds):
    """One of the seeds, cut, overwritten or extended in up to three places."""
    raw = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(raw)))
        end = draw(st.integers(start, min(len(raw), start + 9)))
        raw = raw[:start] + draw(st.binary(max_size=9)) + raw[end:]
    return raw


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_parser_raises_nothing_but_our_errors(name, data):
    parse, seeds = PARSERS[name]
    raw = data.draw(st.binary(max_size=400) | mutated(seeds))
    try:
        parse(raw)
    except AndelError as error:
        assert error.message


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_reads_its_own_seeds(name):
    parse, seeds = PARSERS[name]
    assert seeds
    for seed in seeds:
        parse(seed)


@pytest.mark.parametrize("fill", [b"[", b"{", b'{"a":', b"(", b"\x2b", b"\x0b", b"\xff", b"\x00", b'"', b"\\", b"9"])
def test_long_and_deep_input_ends_soon(fill):
    for parse, seeds in PARSERS.values():
        for raw in (fill * (200_000 // len(fill)), fill * (4_000 // len(fill)), seeds[0] + fill * 2_000):
            try:
                parse(raw)
            except AndelError:
                pass


@st.composite
def sensor_data(draw):
    """SensorData of any epoch's firmware, as protobuf's own encoder writes it, packed or not, in any order."""
    epoch = draw(st.sampled_from(PROTOBUF_EPOCHS))
    message = SENSOR_DATA[epoch]()
    for descriptor in message.DESCRIPTOR.fields:
        if not draw(st.booleans()):
            continue
        if descriptor.number in (11, 12):
            getattr(message, descriptor.name).extend(draw(THREE))
        elif descriptor.number == 13:
            message.random = draw(st.binary(max_size=17))
        else:
            signed = descriptor.type == descriptor.TYPE_SINT32
            setattr(message, descriptor.name, draw(S32 if signed else U32))
    return epoch, message


def fields_of(message):
    return {d.number: list(value) if d.number in (11, 12) else value for d, value in message.ListFields()}


@given(sensor_data())
def test_every_epochs_message_is_decoded_as_by_an_independent_decoder(made):
    epoch, message = made
    data = message.SerializeToString()
    types = {d.number: "s32" if d.type == d.TYPE_SINT32 else "u32" for d in message.DESCRIPTOR.fields}
    kinds = SENSOR_KINDS | {number: types[number] for number in (3, 4, 6)}
    assert minimal_protobuf.decode(data, kinds) == fields_of(message)
    assert minimal_protobuf.decode(data, SENSOR_KINDS) == fields_of(parse_sensor_data(data))
    try:
        left = open_epochs(parse_sensor_data(data), epoch)
    except PacketRefused:
        return
    found = {m.channel: m.value for m in measure(parse_sensor_data(data), left)}
    if message.HasField("temperature"):
        signed = message.temperature - 2**32 if message.temperature >= 2**31 else message.temperature
        assert found["temperature"] == signed
    for name in ("latitude", "longitude"):
        if message.HasField(name):
            value = getattr(message, name)
            if epoch == Epoch.TWOS_COMPLEMENT and value >= 2**31:
                value -= 2**32
            expected = None if value == NO_FIX else value * 100 if epoch == Epoch.COARSE else value
            assert found.get(name) == expected


def _tagged(number, wire, body):
    tag = number << 3 | wire
    parts = []
    while tag > 127:
        parts.append(tag & 127 | 128)
        tag >>= 7
    return bytes([*parts, tag]) + body


VARINTS = st.integers(0, 2**64 - 1).map(lambda value: _varint(value))
FIELDS = st.builds(_tagged, st.integers(1, 20), st.just(0), VARINTS) | st.builds(
    lambda number, body: _tagged(number, 2, _varint(len(body)) + body),
    st.integers(1, 20),
    st.binary(max_size=20) | st.lists(VARINTS, max_size=4).map(b"".join),
)
OTHERS = (
    st.builds(_tagged, st.integers(0, 20), st.sampled_from([1, 5, 6, 7]), st.binary(max_size=8))
    | st.builds(_tagged, st.integers(1, 3), st.sampled_from([3, 4]), st.just(b""))
    | st.binary(max_size=4)
)


def _varint(value):
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


@settings(max_examples=400)
@given(st.lists(FIELDS | FIELDS | OTHERS, max_size=12).map(b"".join))
def test_any_wire_bytes_are_decoded_or_refused_as_by_an_independent_decoder(data):
    for kinds, message_class in ((SENSOR_KINDS, RawSensorData), (PACKAGE_KINDS, BinPackage)):
        try:
            expected = minimal_protobuf.decode(data, kinds)
        except minimal_protobuf.NotProtobuf:
            expected = None
        try:
            found = fields_of(message_class.FromString(data))
        except DecodeError:
            found = None
        assert found == expected


@settings(max_examples=300)
@given(
    st.binary(max_size=520),
    U32 | st.integers(2**28 - 2, 2**28 + 2),
    st.binary(min_size=64, max_size=64),
    st.data(),
)
def test_the_quick_way_through_a_package_accepts_only_what_the_library_accepts(data, timestamp, signature, draws):
    raw = BinPackage(type=0, data=data, timestamp=timestamp, signature=signature).SerializeToString()
    for bytes_ in (raw, draws.draw(mutated([raw])), draws.draw(st.binary(max_size=90))):
        quick = _parse_usual(bytes_)
        try:
            expected = _parse_any(bytes_)
        except PacketRefused:
            expected = None
        assert quick is None or quick == expected
    if 0 < len(data) <= 500 and timestamp >= 2**28:
        assert _parse_usual(raw) == Package(0, data, timestamp, signature, _parse_any(raw).digest)


def test_every_byte_of_a_package_is_judged_alike_by_both_ways():
    for size in (1, 15, 17, 126, 127, 128, 129, 255, 256, 499, 500, 501):
        raw = sign_data_packet(PEBBLE.key, bytes(size), NOON)
        for place in [*range(12), *range(len(raw) - 76, len(raw) - 60)]:
            for value in range(256):
                other = raw[:place] + bytes([value]) + raw[place + 1 :]
                quick = _parse_usual(other)
                if quick is not None:
                    assert quick == _parse_any(other)
