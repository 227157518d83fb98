"""docs/rooms/device.md: what a firmware engineer would port from the page is what this room reads."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.device.envelope import encode_envelope
from andel.device.epochs import Epoch
from andel.device.packets import read_packet
from andel.device.pebble import pebble_channels
from andel.device.pebble_json import Form, sign_json_packet
from andel.device.pebble_schema import SCALARS, VECTORS
from andel.device.reading import MAX_TIMESTAMP, Measurement, Refusal
from andel.keys import Curve, DeviceKey

SECRET = b"\x01" * 32
KEYS = {1: DeviceKey(SECRET), 2: DeviceKey(SECRET, Curve.P256)}


@pytest.fixture(scope="module")
def page(repo_root):
    return (repo_root / "docs" / "rooms" / "device.md").read_text(encoding="utf-8")


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


@pytest.fixture(scope="module")
def signer(page):
    (code,) = blocks(page, "python")
    assert code.count("\n") <= 40
    names: dict[str, Any] = {}
    exec(compile(code, "device.md", "exec"), names)

    def sign(curve, *fields):
        public_key, unit = names["crypto_unit"](SECRET, curve)
        return names["envelope"](unit, curve, public_key, *fields)

    return sign


@pytest.mark.parametrize("curve", KEYS)
@given(
    channels=st.dictionaries(
        st.from_regex("[a-z_µ]{1,12}", fullmatch=True),
        st.tuples(
            st.sampled_from(["degC", "%", "µg/m³", ""]), st.integers(-128, 127), st.integers(-(2**63), 2**63 - 1)
        ),
        min_size=1,
        max_size=6,
    ),
    sequence=st.integers(0, 2**64 - 1),
    timestamp=st.integers(0, MAX_TIMESTAMP),
)
def test_the_signer_on_the_page_makes_the_same_bytes(signer, curve, channels, sequence, timestamp):
    ported = [(name.encode(), unit.encode(), exponent, value) for name, (unit, exponent, value) in channels.items()]
    ours = [Measurement(name, value, exponent, unit) for name, (unit, exponent, value) in channels.items()]
    raw = signer(curve, sequence, timestamp, ported)
    assert raw == encode_envelope(KEYS[curve], sequence, timestamp, ours)
    assert sorted(read_packet(raw, KEYS[curve].public_key).measurements) == sorted(ours)


def test_the_examples_on_the_page_are_current(page, signer):
    channels = [(b"temperature", b"degC", -2, -277), (b"humidity", b"%", -2, 4_862)]
    for curve, shown in zip(KEYS, blocks(page, "text"), strict=True):
        raw = bytes.fromhex(shown)
        assert raw == signer(curve, 7, 1_700_000_000, channels)
        reading = read_packet(raw, KEYS[curve].public_key)
        assert (reading.sequence, reading.timestamp) == (7, 1_700_000_000)


def test_the_page_shows_the_forms_of_json_that_are_read(page):
    key = DeviceKey(SECRET)
    raw = sign_json_packet(key, b'{"timestamp":"5"}', Form.MESSAGE_2021).decode()
    r, s = re.findall(r'"[rs]":"([0-9A-F]+)"', raw)
    (forms,) = blocks(page, "json")
    for form in forms.splitlines():
        packet = form.replace("RS", r + s).replace('"R"', f'"{r}"').replace('"S"', f'"{s}"')
        assert read_packet(packet.replace("M,", '{"timestamp":"5"},').encode(), key.public_key).timestamp == 5


def test_the_page_names_every_epoch(page):
    assert [epoch for epoch in Epoch if epoch not in page] == []


def test_the_page_names_every_refusal_and_every_channel(page):
    assert {reason for reason in Refusal if f"`{reason}`" not in page} == set()
    rows = re.findall(r"^\| (`.*?`) \| (\S+) \| (\S+) \| (.*?) \|", page, re.MULTILINE)
    shown = {}
    for names, unit, exponent, fields in rows:
        first, *others = re.findall(r"`(\w+)`", names)
        for name in (first, *(first[:-2] + other if other.startswith("_") else other for other in others)):
            shown[name] = (unit, int(exponent.replace("−", "-")), fields.split(", ")[-1 if name == "longitude" else 0])
    wires = {wire.channel: (wire.unit, wire.exponent, str(number)) for number, wire in SCALARS.items()}
    wires |= {
        wire.channel: (wire.unit, wire.exponent, str(number)) for number, axes in VECTORS.items() for wire in axes
    }
    assert shown == wires
    assert set(shown) == set(pebble_channels())
