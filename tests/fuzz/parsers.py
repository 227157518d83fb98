"""Every parser that bytes from outside reach in the rooms device and data, with seeds to begin from.

Each takes bytes and may raise AndelError and nothing else. Signatures are no wall here: what lies behind them is read
without, as whoever owns a device can sign anything.
"""

from collections.abc import Callable, Mapping

from andel.cli.packet_files import split_packets
from andel.data.batch import batches_object, make_batch, read_batches
from andel.data.bundle import pack_packets, unpack_packets
from andel.data.opening_check import OpeningRules, verify_openings
from andel.data.openings import make_openings
from andel.data.sealed_draws import Asked, asked_object, parse_asked
from andel.device.envelope import read_envelope
from andel.device.epochs import Epoch, epoch_of_firmware
from andel.device.inspection import Known, inspect_packet
from andel.device.packets import read_packet, read_packets, reread_packet, verify_packet
from andel.device.pebble import (
    encode_sensor_data,
    parse_confirmation,
    parse_package,
    sign_confirmation,
    sign_data_packet,
)
from andel.device.pebble_json import Form, parse_json_packet, sign_json_packet
from andel.device.pebble_json_values import Dialect, parse_message
from andel.device.pebble_json_values import measure as measure_json
from andel.device.pebble_json_values import open_epochs as open_json_epochs
from andel.device.pebble_values import check_decided, measure, open_epochs, parse_sensor_data
from andel.device.reading import PacketRefused
from andel.encoding import canonical_json, parse_json
from andel.hashing import sha256
from andel.keys import AccountKey, derive_secret
from andel.sealing import seal, sealing_public_key, unseal_as_sealed_to
from tests.device.actors import MEASURED, NOON, EnvelopeSensor, Pebble, account

PEBBLE, SENSOR = Pebble(), EnvelopeSensor("sensor")
OWNER = account("owner")
MESSAGE = (
    b'{"SNR":20,"vbat":4167,"latitude":3050.69225,"longitude":11448.66063,"gas_resistance":1151203,"temperature":33.9,'
    b'"temperature":-2.5e-05,"gyroscope":[-2,3,1],"timestamp":"3472852528","random":"E1915DBE2ACCC9F3"}'
)
PACKETS = [PEBBLE.packet(NOON + i * 1_800) for i in range(4)]
BATCH = make_batch([PEBBLE.read(raw) for raw in PACKETS], PEBBLE.public_key)
RULES = OpeningRules((NOON - 9, NOON + 99_999), {"temperature": (-4_000, 8_500)})
DATA = [encode_sensor_data(MEASURED, "5da0997414922a8b"), encode_sensor_data({"temperature": 5}, "", Epoch.UNSIGNED)]
JSON = [sign_json_packet(PEBBLE.key, MESSAGE, form) for form in (Form.MESSAGE_2021, Form.ROOT_2021)]
CLAIM = sign_confirmation(PEBBLE.key, OWNER, NOON)
READER = AccountKey(derive_secret(b"fuzz: reader"))
SEALED_TO = [sealing_public_key(READER)]
EVERYTHING = [*PACKETS[:1], SENSOR.packet(temperature=1, humidity=2), *JSON, CLAIM]


def _door(raw: bytes) -> None:
    read_packets([(raw, PEBBLE.public_key, None), (raw, SENSOR.public_key, Epoch.UNSIGNED)])
    for key in (PEBBLE.public_key, SENSOR.public_key):
        for read in (read_packet, reread_packet, verify_packet):
            try:
                _ = read(raw, key).measurements
            except PacketRefused:
                continue


def _envelope(raw: bytes) -> None:
    _ = read_envelope(raw, verify=False).measurements


def _sensor_data(data: bytes) -> None:
    message = parse_sensor_data(data)
    left = open_epochs(message)
    measure(message, left)
    check_decided(message, left)


def _message(text: bytes) -> None:
    message = parse_message(text)
    for dialect in Dialect:
        measure_json(message, open_json_epochs(message, dialect), dialect)


def _inspect(raw: bytes) -> None:
    for known in (Known(), Known((PEBBLE.public_key,), (SENSOR.address,), Epoch.ZIGZAG)):
        inspect_packet(raw, known)


def _files(data: bytes) -> None:
    for packet in split_packets(data):
        inspect_packet(packet.raw)


def _openings(data: bytes) -> None:
    verify_openings(data, b"seed", OWNER, [BATCH.header], 3, RULES)


def _asked(data: bytes) -> None:
    parse_asked(data, 3)


def _sealed(data: bytes) -> None:
    unseal_as_sealed_to(data, READER, SEALED_TO)


def _firmware(data: bytes) -> None:
    epoch_of_firmware(data.decode("utf-8", "replace"))


PARSERS: Mapping[str, tuple[Callable[[bytes], object], list[bytes]]] = {
    "door": (_door, EVERYTHING),
    "package": (parse_package, [*PACKETS[:1], sign_data_packet(PEBBLE.key, bytes(200), 5, 1)]),
    "confirmation": (parse_confirmation, [CLAIM]),
    "sensor-data": (_sensor_data, DATA),
    "json-packet": (parse_json_packet, JSON),
    "json-message": (_message, [MESSAGE]),
    "envelope": (_envelope, [SENSOR.packet(temperature=1, humidity=2)]),
    "inspection": (_inspect, EVERYTHING),
    "files": (_files, [*EVERYTHING, PACKETS[0].hex().encode(), b'{"vectors":[{"b64":"CAAS"},{"text":"{}"}]}']),
    "firmware": (_firmware, [b"Riverrock 1.0.14"]),
    "batches": (read_batches, [batches_object(OWNER, [BATCH.header])]),
    "bundle": (unpack_packets, [pack_packets(PACKETS)]),
    "openings": (_openings, [make_openings(b"seed", OWNER, [BATCH], 3)]),
    "asked": (_asked, [asked_object([Asked(1, sha256(b"seed"), (0, 2)), Asked(2, sha256(b"other"), (1,))])]),
    "sealed": (_sealed, [seal(b"openings", SEALED_TO, bytes(16))]),
    "canonical-json": (parse_json, [canonical_json({"a": [1, None, True, "b"], "c": {"d": -5}})]),
}
"""A parser and its seeds by name."""
