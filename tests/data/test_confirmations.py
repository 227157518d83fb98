"""Claims of devices are kept once, with what can be said of them, until somebody brings one to the chain."""

import pytest

from andel.data import confirmations
from andel.data.confirmations import ConfirmationStore
from andel.data.store import EvidenceStore
from andel.device.pebble import sign_confirmation
from andel.device.pebble_schema import ConfirmPackage
from tests.device.actors import NOON, Pebble, account, other_signature

PEBBLE = Pebble()
OWNER = account("owner")
CLAIM = sign_confirmation(PEBBLE.key, OWNER, NOON)


def key_of(device):
    return PEBBLE.public_key if device == PEBBLE.address else None


@pytest.fixture
def claims(tmp_path):
    store = EvidenceStore(f"sqlite:///{tmp_path}/evidence.db")
    yield ConfirmationStore(store)
    store.close()


def test_a_valid_claim_waits_for_an_hour_of_its_devices_clock(claims):
    assert claims.add([(PEBBLE.address, CLAIM)], key_of) == ("valid",)
    (kept,) = claims.newest()
    assert (kept.device, kept.owner, kept.timestamp, kept.raw) == (PEBBLE.address, OWNER, NOON, CLAIM)
    for now, is_waiting in ((NOON - 3_601, False), (NOON - 3_600, True), (NOON + 3_600, True), (NOON + 3_601, False)):
        assert kept.is_waiting(now) == is_waiting
        assert claims.waiting(now) == ((kept,) if is_waiting else ())


def test_a_claim_is_kept_once_whatever_its_unsigned_bytes_are(claims):
    package = ConfirmPackage.FromString(CLAIM)
    package.channel = 7
    again = package.SerializeToString()
    package.channel = 0
    package.signature = other_signature(package.signature)
    claims.add([(PEBBLE.address, raw) for raw in (CLAIM, again, package.SerializeToString(), CLAIM)], key_of)
    assert claims.counts() == {"valid": 1}


def test_what_proves_nothing_is_kept_with_the_reason(claims):
    stranger = Pebble("stranger")
    given = [
        (PEBBLE.address, sign_confirmation(stranger.key, OWNER, NOON)),
        (PEBBLE.address, b"hello"),
        (PEBBLE.address, b"x" * 1_000_000),
        (stranger.address, sign_confirmation(stranger.key, OWNER, NOON)),
        ("\x00\ud800", b""),
    ]
    verdicts = claims.add(given, key_of)
    assert verdicts == ("bad-signature", "malformed", "malformed", "unknown-device", "unknown-device")
    assert claims.waiting(NOON) == ()
    assert [kept.device for kept in claims.newest(1)] == ["??"]


def test_a_flood_of_worthless_claims_is_bounded_and_keeps_no_valid_one_out(claims, monkeypatch):
    monkeypatch.setattr(confirmations, "MAX_UNPROVEN", 5)
    for start in (0, 4):
        claims.add([("someone", b"%d" % number) for number in range(start, start + 8)], key_of)
    claims.add([(PEBBLE.address, CLAIM)], key_of)
    assert claims.counts() == {"unknown-device": 5, "valid": 1}
