"""The message object of a JSON packet becomes measurements: exact decimals, by integers only.

Takes the text of the message as it was signed; gives its fields, and their measurements in our units. Accepts what
cJSON without white space and the simulator write, nothing else: known keys, numbers, short texts, arrays of three
integers. Never verifies anything.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NamedTuple, NoReturn

from andel.device.epochs import Epoch
from andel.device.pebble_schema import MAX_LATITUDE, MAX_LONGITUDE, VECTORS, acceleration, rotation
from andel.device.reading import Measurement, PacketRefused, Refusal, Values

_NUMBER = r"(-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?)"
_INTEGER = r"(-?(?:0|[1-9][0-9]{0,4}))"
_MEMBER: Final = re.compile(
    rf'"([A-Za-z0-9_]{{1,24}})":(?:{_NUMBER}|"([0-9A-Za-z]{{0,1024}})"|\[{_INTEGER},{_INTEGER},{_INTEGER}\])([,}}])'
)
_EXACT_INTEGER: Final = re.compile(r"0|[1-9][0-9]{0,9}")
_KEY_DIGITS: Final = re.compile(r"[0-9A-F]{128}|[0-9a-f]{128}")
_MAX_VALUE: Final = 2**63 - 1
_UNKNOWN_SIGNAL: Final = (255, 0)


class Dialect(StrEnum):
    """Who wrote the numbers."""

    FIRMWARE_2020 = "2020"
    FIRMWARE_2021 = "2021"
    SIMULATOR = "simulator"


class Decimal(NamedTuple):
    """`value` * 10**`exponent`, as it stood in the text."""

    value: int
    exponent: int


class Message(NamedTuple):
    """The fields of a message: numbers by their key, axes by their key, the clock, and the key inside (X‖Y)."""

    numbers: dict[str, Decimal]
    axes: dict[str, tuple[int, int, int]]
    timestamp: int
    key_text: str


_PLAIN: Final = {
    "SNR": ("signal", 0, "index"),
    "snr": ("signal", 0, "index"),
    "VBAT": ("battery", 0, "V"),
    "vbat": ("battery", -3, "V"),
    "gas_resistance": ("gas_resistance", 0, "ohm"),
    "gasResistance": ("gas_resistance", 0, "ohm"),
    "temperature": ("temperature", 0, "degC"),
    "pressure": ("pressure", 0, "hPa"),
    "humidity": ("humidity", 0, "%"),
    "light": ("light", 0, "lux"),
    "temperature2": ("temperature2", 0, "degC"),
}
_SAME: Final = (("SNR", "snr"), ("VBAT", "vbat"), ("gas_resistance", "gasResistance"), ("ecc_pubkey", "eccPubkey"))
_POSITION: Final = ("latitude", "longitude")
_AXES: Final = {"gyroscope": (11, rotation), "accelerometer": (12, acceleration)}
_TEXTS: Final = {"timestamp", "random", "ecc_pubkey", "eccPubkey", "RSA_N", "RSA_E"}
NO_FIX: Final = (20_000, 0)


def parse_message(text: bytes) -> Message:
    """The fields of the message object whose text this is. Raises PacketRefused: malformed."""
    numbers: dict[str, Decimal] = {}
    axes: dict[str, tuple[int, int, int]] = {}
    texts: dict[str, str] = {}
    source, place, last = text.decode("ascii", "replace"), 1, ","
    if not source.startswith("{"):
        _malformed("a message is one JSON object")
    while last == ",":
        member = _MEMBER.match(source, place)
        if member is None:
            _malformed(f"no member of a Pebble's message at byte {place}: {source[place : place + 40]!r}")
        name, number, word, x, y, z, last = member.groups()
        place = member.end()
        if name == "temperature" and name in numbers:
            name = "temperature2"  # of the motion sensor, under the same key
        if name in numbers or name in axes or name in texts:
            _malformed(f"the message holds {name!r} twice")
        if number is not None and (name in _PLAIN or name in _POSITION):
            numbers[name] = _decimal(number)
        elif word is not None and (name in _TEXTS or (name in _POSITION and word == "null")):
            texts[name] = word
        elif x is not None and name in _AXES:
            axes[name] = (int(x), int(y), int(z))
        else:
            _malformed(f"no Pebble writes {member[0][:60]!r}")
    if place != len(source) or any(one in {**numbers, **texts} and two in {**numbers, **texts} for one, two in _SAME):
        _malformed("something follows the message, or a value stands in it under two names")
    timestamp = texts.get("timestamp", "")
    if not _EXACT_INTEGER.fullmatch(timestamp) or int(timestamp) >= 2**32:
        _malformed(f"timestamp {timestamp[:20]!r} is no text of unix seconds")
    key_text = texts.get("eccPubkey") or texts.get("ecc_pubkey", "")
    if key_text and not _KEY_DIGITS.fullmatch(key_text):
        _malformed("the public key in the message is not X and Y in hex")
    return Message(numbers, axes, int(timestamp), key_text)


def open_epochs(message: Message, dialect: Dialect, epoch: Epoch | None = None) -> tuple[Epoch, ...]:
    """The epochs that can have written the position, among them only `epoch` where it is known.

    Raises PacketRefused (unsupported) when there is none.
    """
    left = [e for e in (Epoch.JSON_MINUTES, Epoch.JSON_DEGREES) if _fits(message, e)]
    if dialect == Dialect.SIMULATOR:
        left = [e for e in left if e == Epoch.JSON_MINUTES]
    elif dialect == Dialect.FIRMWARE_2021 and epoch is None and Epoch.JSON_DEGREES in left:
        left = [Epoch.JSON_DEGREES]  # what all firmware with keys of secp256k1 writes
    if epoch is not None:
        left = [e for e in left if e == epoch]
    if not left:
        named = "no firmware that is known" if epoch is None else f"no firmware of {epoch}"
        raise PacketRefused(
            Refusal.UNSUPPORTED,
            f"{named} writes a position like this in JSON",
            "state the epoch of the device's firmware, or none",
        )
    return tuple(left)


def measure(message: Message, left: tuple[Epoch, ...], dialect: Dialect, *, decide: bool = True) -> Values:
    """The measurements of a message, in one fixed order of channels.

    Raises PacketRefused (ambiguous-epoch) when the epochs in `left` differ on the position; with `decide=False` it is
    left out instead.
    """
    found = []
    for name, (channel, shift, unit) in _PLAIN.items():
        number = message.numbers.get(name)
        if number is None or (channel == "signal" and number == _UNKNOWN_SIGNAL):
            continue
        if dialect == Dialect.SIMULATOR:
            shift = 0  # its vbat is in volts
        found.append(Measurement(channel, number.value, number.exponent + shift, unit))
    meanings = {tuple(_position(message, epoch)) for epoch in left}
    if len(meanings) == 1:
        for name, degrees in zip(_POSITION, meanings.pop(), strict=True):
            if degrees is not None:
                found.append(Measurement(name, degrees.value, degrees.exponent, "deg"))
    elif decide:
        raise PacketRefused(
            Refusal.AMBIGUOUS_EPOCH,
            f"the position may be in degrees or in ddmm.mmmm (firmware of {' or '.join(left)})",
            "give the epoch of the device's firmware",
        )
    for name, values in message.axes.items():
        number_of_field, scaled = _AXES[name]
        for (channel, exponent, unit, _), value in zip(VECTORS[number_of_field], values, strict=True):
            found.append(Measurement(channel, scaled(value), exponent, unit))
    return tuple(found)


def _decimal(text: str) -> Decimal:
    mantissa, _, power = text.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    value = int(whole + fraction)
    if abs(value) > _MAX_VALUE:
        _malformed(f"number {text} has more digits than a Pebble writes")
    return Decimal(value, int(power or "0") - len(fraction))


def _fits(message: Message, epoch: Epoch) -> bool:
    for name, limit in zip(_POSITION, (MAX_LATITUDE, MAX_LONGITUDE), strict=True):
        number = message.numbers.get(name)
        if number is None or number == NO_FIX:
            continue
        if epoch == Epoch.JSON_MINUTES:
            too_many = 60 * _power(-number.exponent)
            if number.value < 0 or _minutes(number)[1] >= too_many:  # NMEA writes the sign as a letter, which is lost
                return False
        if abs(_rounded(_in_degrees(number, epoch))) > limit:
            return False
    return True


def _position(message: Message, epoch: Epoch) -> list[Decimal | None]:
    found: list[Decimal | None] = []
    for name in _POSITION:
        number = message.numbers.get(name)
        found.append(None if number is None or number == NO_FIX else _in_degrees(number, epoch))
    return found


def _in_degrees(number: Decimal, epoch: Epoch) -> Decimal:
    """Degrees as they stood, or 1e-7 degrees of ddmm.mmmm, rounded to the nearest, halves up."""
    if epoch == Epoch.JSON_DEGREES:
        return number
    degrees, minutes = _minutes(number)
    scale = 60 * _power(-number.exponent)
    return Decimal(degrees * 10**7 + (2 * minutes * 10**7 + scale) // (2 * scale), -7)


def _minutes(number: Decimal) -> tuple[int, int]:
    """Whole degrees, and minutes in the steps of the number's last digit."""
    return divmod(number.value * _power(number.exponent), 100 * _power(-number.exponent))


def _power(exponent: int) -> int:
    """10**exponent, and 1 below zero."""
    result: int = 10 ** max(exponent, 0)
    return result


def _rounded(number: Decimal) -> int:
    """1e-7 degrees, rounded down; only for comparing with a limit."""
    return number.value * _power(number.exponent + 7) // _power(-number.exponent - 7)


def _malformed(message: str) -> NoReturn:
    raise PacketRefused(Refusal.MALFORMED, message)
