"""What `BadAirDays` reads in an envelope is what the device room reads, and its roots are the batches'.

The chain may refuse what Python reads, never the reverse, and never reads anything else.
"""

import pyrevm
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from andel.data.batch import make_batch
from andel.device.envelope import encode_envelope
from andel.device.packets import read_packet
from andel.device.pebble import read_confirmation, sign_confirmation
from andel.device.reading import Measurement, PacketRefused
from andel.hashing import sha256
from andel.keys import AccountKey, DeviceKey, derive_secret
from andel.ledger.abi import decode_result, encode_call, encode_creation
from andel.ledger.interface import Contract, interface_of
from andel.units import Address

DAY = 17_201
START = DAY * 86_400
KEY = DeviceKey(derive_secret(b"tests: envelopes on chain", "station"))
LISTER, OWNER = (AccountKey(derive_secret(b"tests: envelopes on chain", name)).address for name in ("lister", "owner"))
TAG = b"ANDEL-READING/1\x00"


class Chain:
    """A cover of one station in an EVM of this process, asked what packets say."""

    def __init__(self):
        self.evm = pyrevm.EVM(spec_id="CANCUN", gas_limit=2**40)
        self.evm.set_block_env(pyrevm.BlockEnv(timestamp=START - 86_400))
        self.evm.set_balance(LISTER, 10**18)
        devices = self.create("DeviceRegistry")
        batches = self.create("BatchRegistry", devices.address)
        claim = read_confirmation(sign_confirmation(KEY, OWNER, START - 86_400), KEY.public_key)
        self.send(LISTER, devices, "list", [KEY.address])
        self.send(OWNER, devices, "claim", KEY.address, claim.timestamp, claim.signature)
        terms = (batches.address, LISTER, [KEY.address], 1, "pm2_5", "ug/m3", -1, 1_500, 18, DAY, DAY, 86_400)
        self.cover = self.create("BadAirDays", (*terms, CALLER, LISTER, 1, 1), value=1)

    def create(self, name, *values, value=0):
        code = encode_creation(interface_of(name), values)
        return Contract(name, Address(self.evm.deploy(LISTER, code, value=value)))

    def send(self, sender, contract, function, *values):
        return bytes(self.evm.message_call(sender, contract.address, calldata=encode_call(contract, function, values)))

    def day(self, packets, day=DAY):
        """(root, mean, hours) of packets, or None where one is refused; nothing else may happen."""
        try:
            data = self.send(CALLER, self.cover, "dayOf", day, KEY.address, packets)
        except RuntimeError as refusal:
            assert "Revert" in str(refusal), refusal
            return None
        return decode_result(self.cover, "dayOf", data)


CALLER = "0x" + "22" * 20


@pytest.fixture(scope="module")
def chain():
    return Chain()


def python_reads(raw):
    """The reading, or None where the device room refuses it."""
    try:
        return read_packet(raw, KEY.public_key)
    except PacketRefused:
        return None


def dust_of(reading):
    """The value that the cover looks for."""
    found = reading.value("pm2_5")
    return found if found is not None and (found.unit, found.exponent) == ("ug/m3", -1) else None


def compare(chain, raw):
    """Whether the chain read the packet; if so, as Python does."""
    found = chain.day([raw])
    if found is None:
        return False
    reading = python_reads(raw)
    assert reading is not None, "the chain reads what Python refuses"
    dust = dust_of(reading)
    root = make_batch([reading], KEY.public_key).root
    assert found == (root, dust.value if dust else 0, 1 if dust else 0)
    return True


NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=32)
UNITS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=32) | st.sampled_from(("ug/m3", "degC"))
VALUES = st.integers(-(2**63), 2**63 - 1)
CHANNELS = st.dictionaries(
    NAMES | st.just("pm2_5"), st.tuples(VALUES, st.integers(-128, 127) | st.just(-1), UNITS), min_size=1, max_size=6
)


@settings(max_examples=200)
@given(channels=CHANNELS, time=st.integers(START, START + 86_399), sequence=st.integers(0, 2**64 - 1))
@example(channels={"pm2_5": (-(2**63), -1, "ug/m3")}, time=START, sequence=0)
def test_what_a_station_writes_is_read_alike(chain, channels, time, sequence):
    measured = [Measurement(name, value, exponent, unit) for name, (value, exponent, unit) in channels.items()]
    assert compare(chain, encode_envelope(KEY, sequence, time, measured))


@settings(max_examples=300)
@given(data=st.data())
def test_bytes_that_a_station_signed_are_read_alike_or_refused_by_the_chain(chain, data):
    """The device signs whatever comes of changing a packet: so only its form decides."""
    usual = [Measurement("pm2_5", 1_234, -1, "ug/m3"), Measurement("temperature", -512, -2, "degC")]
    body = bytearray(encode_envelope(KEY, 1, START, usual)[:-64])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(len(TAG), len(body) - 1))
        how = data.draw(st.sampled_from(("change", "drop", "double")))
        if how == "change":
            body[at] ^= data.draw(st.integers(1, 255))
        elif how == "drop":
            del body[at]
        else:
            body[at:at] = body[at : at + data.draw(st.integers(1, 8))]
    compare(chain, bytes(body) + KEY.sign_sha256(bytes(body)))


def test_units_beyond_ascii_are_refused_by_the_chain_alone(chain):
    raw = encode_envelope(KEY, 1, START, [Measurement("pm2_5", 1, -1, "µg/m³")])
    assert python_reads(raw) is not None
    assert chain.day([raw]) is None


@settings(max_examples=25)
@given(
    times=st.lists(st.integers(0, 86_399), min_size=1, max_size=30, unique=True).map(sorted), seed=st.integers(0, 99)
)
def test_the_root_of_a_day_is_the_batchs_and_the_mean_that_of_its_hours(chain, times, seed):
    packets: list[bytes] = []
    hours: dict[int, list[int]] = {}
    for number, second in enumerate(times):
        dust = int.from_bytes(sha256(bytes([seed, number]))[:2], "big")
        packets.append(encode_envelope(KEY, number, START + second, [Measurement("pm2_5", dust, -1, "ug/m3")]))
        hours.setdefault(second // 3_600, []).append(dust)
    batch = make_batch([python_reads(raw) for raw in packets], KEY.public_key)
    means = [sum(values) // len(values) for values in hours.values()]
    assert chain.day(packets) == (batch.root, sum(means) // len(means), len(means))
    assert chain.day(packets, DAY + 1) is None
