"""docs/rooms/device.md: what a firmware engineer would port from the page is what this room reads."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.device.envelope import encode_envelope
from andel.device.packets import read_packet
from andel.device.pebble import pebble_channels
from andel.device.pebble_schema import SCALARS, VECTORS
from andel.device.reading import MAX_TIMESTAMP, Measurement, Refusal
from andel.keys import AccountKey, DeviceKey

SECRET = b"\x01" * 32
KEY = DeviceKey(SECRET)


def sign(digest):
    return AccountKey(SECRET).sign_digest(digest)[:64]


@pytest.fixture(scope="module")
def page(repo_root):
    return (repo_root / "docs" / "rooms" / "device.md").read_text(encoding="utf-8")


def block(page, language):
    (found,) = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return found


@pytest.fixture(scope="module")
def signer(page):
    code = block(page, "python")
    assert code.count("\n") <= 40
    names: dict[str, object] = {}
    exec(compile(code, "device.md", "exec"), names)
    return names["envelope"]


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
def test_the_signer_on_the_page_makes_the_same_bytes(signer, channels, sequence, timestamp):
    ported = [(name.encode(), unit.encode(), exponent, value) for name, (unit, exponent, value) in channels.items()]
    ours = [Measurement(name, value, exponent, unit) for name, (unit, exponent, value) in channels.items()]
    raw = signer(sign, KEY.public_key, sequence, timestamp, ported)
    assert raw == encode_envelope(KEY, sequence, timestamp, ours)
    assert sorted(read_packet(raw, KEY.public_key).measurements) == sorted(ours)


def test_the_example_on_the_page_is_current(page, signer):
    shown = bytes.fromhex(block(page, "text"))
    channels = [(b"temperature", b"degC", -2, -277), (b"humidity", b"%", -2, 4_862)]
    assert shown == signer(sign, KEY.public_key, 7, 1_700_000_000, channels)
    reading = read_packet(shown, KEY.public_key)
    assert (reading.sequence, reading.timestamp) == (7, 1_700_000_000)


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
