"""A packet's possible signers: two packets of one device share its key, of two devices none."""

import pytest

from andel.device.pebble_json import Form, sign_json_packet
from andel.device.reading import PacketRefused
from andel.device.signers import possible_keys
from andel.keys import Curve, DeviceKey, derive_secret
from tests.device.actors import NOON, EnvelopeSensor, Pebble, other_signature

PEBBLE, OTHER, SENSOR = Pebble(), Pebble("other"), EnvelopeSensor("sensor")
MESSAGE = b'{"snr":100,"vbat":4.0,"timestamp":"%d","random":"5da0997414922a8b"}'


def test_packets_of_one_pebble_share_its_key_and_no_other():
    found = [set(possible_keys(PEBBLE.packet(NOON, temperature=value))) for value in (1, 2)]
    assert found[0] & found[1] == {PEBBLE.public_key}
    assert set(possible_keys(other_signature(PEBBLE.packet(NOON, temperature=1)))) == found[0]
    assert not found[0] & set(possible_keys(OTHER.packet(NOON)))


def test_an_envelope_names_its_key_on_both_curves():
    station = EnvelopeSensor("station")
    station.key = DeviceKey(derive_secret(b"signers"), Curve.P256)
    assert possible_keys(SENSOR.packet()) == (SENSOR.public_key,)
    assert possible_keys(station.packet()) == (station.key.public_key,)
    with pytest.raises(PacketRefused):
        possible_keys(SENSOR.packet()[:-1] + b"\x00")


@pytest.mark.parametrize("form", list(Form))
def test_a_json_packet_has_its_signer_among_few(form):
    keys = possible_keys(sign_json_packet(PEBBLE.key, MESSAGE % NOON, form))
    assert PEBBLE.public_key in keys and len(keys) <= 8


@pytest.mark.parametrize("raw", [b"", b"{", b"x" * 5_000, b"\x08\x02"])
def test_what_is_no_packet_is_refused(raw):
    with pytest.raises(PacketRefused):
        possible_keys(raw)
