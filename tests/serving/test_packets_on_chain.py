"""What consumers in the chain read in a packet is what the device room reads, and their questions are the data room's.

The chain may refuse what Python reads, never the reverse, and never reads anything else.
"""

import base64
import json

import numpy as np
import pyrevm
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from andel.data.feature_spec import FeatureSpec, read_value_name, values_of
from andel.data.features import codes_of
from andel.device.epochs import CURRENT, Epoch
from andel.device.packets import read_packet, verify_packet
from andel.device.pebble import encode_sensor_data, parse_package, sign_data_packet
from andel.device.pebble_schema import SCALARS
from andel.device.reading import PacketRefused, device_address
from andel.keys import recover_device_keys
from andel.serving.evaluate import pack_question
from tests.device.actors import MEASURED, NOON, Pebble
from tests.support.consumers import FIELDS, asking, consumers

__all__ = ["consumers"]

PEBBLE = Pebble("on chain")
CALLER = "0x" + "22" * 20
ZERO = "0x" + "77" * 20
"""A model that answers 0: PUSH1 32 PUSH0 RETURN."""
PRODUCT = (CALLER, 500, 0, 86_400, 0, True, 1)


class Chain:
    """An insurance in an EVM of this process, asked what it reads."""

    def __init__(self, compiled, terms):
        self.compiled = compiled
        self.evm = pyrevm.EVM(spec_id="CANCUN", gas_limit=2**40)
        self.evm.insert_account_info(ZERO, pyrevm.AccountInfo(code=bytes.fromhex("60205ff3")))
        self.address = self.evm.deploy(CALLER, compiled.creation(terms, PRODUCT))

    def ask(self, function, *values):
        data = self.compiled.call(function, *values)
        return self.compiled.result(function, bytes(self.evm.message_call(CALLER, self.address, calldata=data)))

    def read(self, raw, device=PEBBLE.address):
        """(timestamp, digest, value by channel) of a packet, or None where it is refused; nothing else may happen."""
        try:
            who, timestamp, digest, measured, values = self.ask("readPacket", device, raw)
        except RuntimeError as refusal:
            assert "Revert" in str(refusal), refusal
            return None
        assert int(who, 16) == int(device, 16) and not any(v for n, v in enumerate(values) if not measured >> n & 1)
        channels = {channel: values[n] for channel, n in FIELDS.items() if measured >> n & 1}
        return timestamp, digest, channels


@pytest.fixture(scope="module")
def chain(consumers):
    return Chain(consumers["WeatherInsurance"], asking())


def python_reads(read, raw, *arguments):
    """As `Chain.read`, by the device room."""
    try:
        reading = read(raw, *arguments)
    except PacketRefused:
        return None
    values = {m.channel: m.value for m in reading.measurements if m.channel in FIELDS}
    return reading.timestamp, bytes(reading.digest), values


def compare(chain, raw):
    """Whether the chain read the packet; if so, exactly what Python reads in it, by each of its doors."""
    found = chain.read(raw)
    if found is None:
        return False
    timestamp, digest, values = found
    for theirs in (
        python_reads(read_packet, raw, PEBBLE.public_key, CURRENT),
        python_reads(verify_packet, raw, PEBBLE.public_key),
    ):
        assert theirs is not None, "the chain reads what Python refuses"
        assert theirs[:2] == (timestamp, digest)
        left = theirs[2].keys() - values.keys()
        assert left <= {"latitude", "longitude"}, f"the chain leaves out {left}"
        assert {channel: theirs[2][channel] for channel in values} == values
    return True


def limits(number):
    """What a field holds, as current firmware writes it."""
    if SCALARS[number].channel == "latitude":
        return st.integers(-900_000_000, 900_000_000) | st.just(2_000_000_000)
    if SCALARS[number].channel == "longitude":
        return st.integers(-1_800_000_000, 1_800_000_000)
    signed = SCALARS[number].channel == "temperature"
    return st.integers(-(2**31), 2**31 - 1) if signed else st.integers(0, 2**32 - 1)


AXES = ("gyroscope", "accelerometer")
VALUES = st.fixed_dictionaries({}, optional={SCALARS[n].channel: limits(n) for n in SCALARS}).map(
    lambda values: values if {"latitude", "longitude"} <= values.keys() else values | {"latitude": 1, "longitude": -1}
)
RANDOM = st.text("0123456789abcdef", min_size=0, max_size=16)


@settings(max_examples=300)
@given(values=VALUES, nonce=RANDOM, axes=st.booleans(), timestamp=st.integers(1, 2**32 - 1))
@example(values={}, nonce="", axes=True, timestamp=1)
def test_what_current_firmware_writes_is_read_alike(chain, values, nonce, axes, timestamp):
    if values.get("latitude") == 2_000_000_000:  # without a fix
        values = values | {"longitude": 2_000_000_000}
    if axes:
        values = values | {f"{name}_{axis}": -5 for name in AXES for axis in "xyz"}
    raw = sign_data_packet(PEBBLE.key, encode_sensor_data(values, nonce), timestamp)
    assert compare(chain, raw) == (python_reads(read_packet, raw, PEBBLE.public_key, CURRENT) is not None)


def test_a_usual_packet_is_read_with_all_its_values(chain):
    raw = PEBBLE.packet(NOON)
    assert compare(chain, raw)
    assert chain.read(raw)[2] == {channel: value for channel, value in MEASURED.items() if channel in FIELDS}


@settings(max_examples=400)
@given(data=st.data())
def test_a_packet_changed_anywhere_is_read_by_both_or_refused_by_the_chain(chain, data):
    raw = bytearray(PEBBLE.packet(NOON))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        how = data.draw(st.sampled_from(("change", "drop", "double")))
        if how == "change":
            raw[at] ^= data.draw(st.integers(1, 255))
        elif how == "drop":
            del raw[at]
        else:
            raw[at:at] = raw[at : at + data.draw(st.integers(1, 8))]
    if chain.read(bytes(raw)) is not None:
        assert compare(chain, bytes(raw))


def tag(number, wire):
    return bytes([number << 3 | wire])


NUMBERS = st.integers(0, 2**32 - 1) | st.sampled_from((0, 1, 127, 128, 2**31, 4_000_000_000, 2_000_000_000))


@st.composite
def fields(draw):
    """One field of signed data, mostly as protobuf has it, at times not."""
    number, wire = draw(st.integers(1, 14)), draw(st.sampled_from((0, 0, 0, 2, 5)))
    if wire == 5:
        return tag(number, wire) + draw(st.binary(min_size=4, max_size=4))
    if wire == 2:
        body = draw(st.binary(max_size=18) | st.lists(st.integers(0, 2**32 - 1), min_size=3, max_size=3).map(joined))
        return tag(number, wire) + varint(len(body)) + body
    return tag(number, wire) + draw(NUMBERS.map(varint) | st.binary(min_size=1, max_size=10))


def varint(value):
    text = b""
    while value >= 128:
        text, value = text + bytes([value & 127 | 128]), value >> 7
    return text + bytes([value])


def joined(values):
    return b"".join(varint(value) for value in values)


@settings(max_examples=600)
@given(parts=st.lists(fields(), max_size=8), ordered=st.booleans(), copy=st.booleans(), t=NUMBERS)
def test_hostile_data_that_a_device_signed_is_read_alike_or_refused_by_the_chain(chain, parts, ordered, copy, t):
    if copy:  # a temperature as current firmware has it, or nearly
        again = (t >> 1 ^ -(t & 1)) % 2**32
        parts = [part for part in parts if part[0] >> 3 not in (6, 10)] + [b"\x30" + varint(t), b"\x50" + varint(again)]
    data = b"".join(sorted(parts) if ordered else parts)
    assume(0 < len(data) <= 500)
    compare(chain, sign_data_packet(PEBBLE.key, data, NOON))


@pytest.mark.parametrize("epoch", [epoch for epoch in Epoch if not epoch.name.startswith("JSON") and epoch != CURRENT])
def test_packets_of_older_firmware_say_nothing_else_than_python_hears(chain, epoch):
    for temperature in (0, 1, 250, 2_899):
        for latitude in (1, 350_000_000, 2_000_000_000):
            values = {"temperature": temperature, "latitude": latitude, "longitude": latitude, "humidity": 5_000}
            raw = sign_data_packet(PEBBLE.key, encode_sensor_data(values, "0" * 16, epoch), NOON)
            if chain.read(raw) is not None:
                assert chain.read(raw)[2].keys() <= {"humidity", "temperature", "latitude", "longitude"}
                assert chain.read(raw) == python_reads(verify_packet, raw, PEBBLE.public_key) or temperature == 0


@pytest.mark.parametrize("kind", range(1, 4))
def test_other_types_are_refused(chain, kind):
    data = encode_sensor_data(MEASURED)
    assert chain.read(sign_data_packet(PEBBLE.key, data, NOON, kind)) is None


def test_published_packets_of_real_devices_are_read_alike(chain, shared_folder):
    path = shared_folder / "vectors" / "published.json"
    if not path.is_file():
        pytest.skip("no published.json among the shared vectors")
    vectors = {v["id"]: v for v in json.loads(path.read_text("utf-8"))["vectors"]}
    documented = base64.b64decode(vectors["E1"]["b64"])
    timestamp, digest, values = chain.read(documented, vectors["E1"]["device_address"])
    package = parse_package(documented)
    assert (timestamp, digest) == (package.timestamp, package.digest)
    assert values["temperature"] > 0 and {"humidity", "latitude", "longitude"} <= values.keys()
    keys = recover_device_keys(package.digest, package.signature)
    (key,) = (key for key in keys if device_address(key) == vectors["E1"]["device_address"])
    assert python_reads(read_packet, documented, key)[2] == values
    old = base64.b64decode(vectors["E3"]["b64"])
    assert chain.read(old, vectors["E1"]["device_address"]) is None


def features():
    """Tasks of every kind of feature, looking back at most over the packets that one question takes."""
    span = st.tuples(st.integers(-5_000, 5_000), st.integers(1, 9_000)).map(lambda p: (p[0], p[0] + p[1]))
    channel = st.sampled_from(("temperature", "humidity"))
    now = st.builds(lambda c, s: FeatureSpec("f", "channel", c, low=s[0], high=s[1]), channel, span)
    back = st.builds(
        lambda k, c, s, b: FeatureSpec("f", k, c, low=s[0], high=s[1], seconds=600 * b),
        st.sampled_from(("lag", "difference")),
        channel,
        span,
        st.integers(1, 6),
    )
    mean = st.builds(
        lambda c, s, n: FeatureSpec("f", "mean", c, low=s[0], high=s[1], seconds=600 * n, samples=n),
        channel,
        span,
        st.integers(2, 7),
    )
    clock = st.builds(
        lambda k, h, n: FeatureSpec("f", k, high=h, harmonic=n),
        st.sampled_from(("hour-sin", "hour-cos", "year-sin", "year-cos")),
        st.integers(1, 126),
        st.integers(1, 24),
    )
    return st.lists(now | back | mean | clock, min_size=1, max_size=24)


@settings(max_examples=100)
@given(specs=features(), temperatures=st.lists(st.integers(-4_000, 6_000), min_size=8, max_size=8), data=st.data())
def test_the_contracts_question_is_the_one_that_python_packs(consumers, specs, temperatures, data):
    timestamp = data.draw(st.integers(86_400, 2**32 - 1))
    moments = [timestamp - 600 * index for index in range(8)]
    seen = {m: {"temperature": t, "humidity": abs(t)} for m, t in zip(moments, temperatures, strict=True)}
    packets = [sign_data_packet(PEBBLE.key, encode_sensor_data(seen[m], "0" * 16), m) for m in moments]
    values = {}
    for name in values_of(specs):
        channel, back = read_value_name(name)
        values[name] = seen[timestamp - back][channel]
    terms = asking(specs, models=ZERO, version=b"\x01" * 32, base="temperature")
    question, answer = Chain(consumers["WeatherInsurance"], terms).ask("answerOf", PEBBLE.address, packets)
    assert answer == 0
    assert question == pack_question(codes_of(values, timestamp, specs), temperatures[0])


def test_no_wave_of_a_clock_is_near_a_step_so_that_no_sine_rounds_otherwise():
    """What `ClockCodes` promises: every angle of a day and of a year, at every amplitude."""
    for whole in (86_400, 1_461):
        wave = np.sin(2 * np.pi * np.arange(whole) / whole)
        for amplitude in range(1, 127):
            place = 128 + amplitude * wave + 0.25
            assert np.abs(place - np.rint(place)).min() > 1e-9, (whole, amplitude)
