"""The door type of the room: a reading whose signature was verified, and the reasons for refusing a packet.

Readings are integers with a decimal exponent, as they stood in the signed bytes; nothing here converts them
to floats. `raw` is the packet as it arrived and is what evidence keeps. Two different `raw` can carry the
same signed content (an ECDSA signature has a second form, n - s), so sameness is decided by `digest`, never
by `raw`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple, cast

from andel.errors import PacketError
from andel.keys import address_of_public_key
from andel.units import Address, Digest

MAX_PACKET_BYTES: Final = 4_096
"""Longest packet of any profile."""

MAX_TIMESTAMP: Final = 2**48 - 1
"""Latest time (unix seconds) that a packet may carry: its day still fits the registry's uint32."""

Profile = Literal["pebble", "pebble-json", "envelope"]


class Refusal(StrEnum):
    """Why a packet was not accepted. The texts are listed, counted and stored: never change one."""

    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    NOT_A_READING = "not-a-reading"
    AMBIGUOUS = "ambiguous"
    AMBIGUOUS_EPOCH = "ambiguous-epoch"
    BAD_SIGNATURE = "bad-signature"
    UNKNOWN_DEVICE = "unknown-device"
    FOREIGN_OWNER = "foreign-owner"
    REVOKED = "revoked"
    PUBLICLY_KNOWN_KEY = "publicly-known-key"
    REPLAY = "replay"
    OUTSIDE_TIME = "outside-time"
    OUT_OF_RANGE = "out-of-range"


class PacketRefused(PacketError):
    """A packet that gives no reading; `reason` is counted, the message tells a person more."""

    def __init__(self, reason: Refusal, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.reason = reason


class Measurement(NamedTuple):
    """One measured value: `value` * 10**`exponent` in `unit`.

    A tuple and no dataclass, because a packet makes fifteen of them and a frozen dataclass costs thrice as
    much.
    """

    channel: str
    value: int
    exponent: int
    unit: str

    def scaled_down(self, exponent: int) -> int:
        """The value in steps of 10**`exponent`, rounded down where the steps are coarser than the
        device's.
        """
        shift = self.exponent - exponent
        step: int = 10 ** abs(shift)
        return self.value * step if shift >= 0 else self.value // step


Values = tuple[Measurement, ...]


class SignedReading:
    """What one device measured at one time, verified against its public key. Frozen.

    `timestamp` is the device's own clock (unix seconds); `digest` is the SHA-256 that the device signed;
    `sequence` is the device's counter where its profile has one. `measurements` may be given as a function, which is
    called when they are first asked for: most readings are verified and stored without anybody reading a value.
    """

    __slots__ = ("_values", "device", "digest", "profile", "raw", "sequence", "timestamp")

    device: Address
    timestamp: int
    raw: bytes
    digest: Digest
    profile: Profile
    sequence: int | None
    _values: Values | Callable[[], Values]

    def __init__(
        self,
        device: Address,
        timestamp: int,
        measurements: Values | Callable[[], Values],
        raw: bytes,
        digest: Digest,
        profile: Profile,
        sequence: int | None = None,
    ) -> None:
        _set_device(self, device)
        _set_timestamp(self, timestamp)
        _set_values(self, measurements)
        _set_raw(self, raw)
        _set_digest(self, digest)
        _set_profile(self, profile)
        _set_sequence(self, sequence)

    @property
    def measurements(self) -> Values:
        """All measurements, in the fixed order of their profile."""
        values = self._values
        if not isinstance(values, tuple):
            values = values()
            _set_values(self, values)
        return values

    def value(self, channel: str) -> Measurement | None:
        """The measurement of `channel`, or None when the device did not send it."""
        for measurement in self.measurements:
            if measurement.channel == channel:
                return measurement
        return None

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to {name!r}: a reading is what was signed")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete {name!r}: a reading is what was signed")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SignedReading) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash((self.digest, self.raw, self.device))

    def __repr__(self) -> str:
        return f"SignedReading{self._fields()!r}"

    def __reduce__(self) -> tuple[type[SignedReading], tuple[object, ...]]:
        return SignedReading, self._fields()

    def _fields(self) -> tuple[object, ...]:
        return (self.device, self.timestamp, self.measurements, self.raw, self.digest, self.profile, self.sequence)


# What the constructor writes through, since assigning is forbidden: half the time of a frozen dataclass's own way.
_slots: Final = cast(dict[str, Any], vars(SignedReading))
_set_device: Final = _slots["device"].__set__
_set_timestamp: Final = _slots["timestamp"].__set__
_set_values: Final = _slots["_values"].__set__
_set_raw: Final = _slots["raw"].__set__
_set_digest: Final = _slots["digest"].__set__
_set_profile: Final = _slots["profile"].__set__
_set_sequence: Final = _slots["sequence"].__set__


@lru_cache(maxsize=65_536)
def device_address(public_key: bytes) -> Address:
    """The device's address. Raises InputError when `public_key` is no point of its curve."""
    # a device keeps its key, and the hash behind an address costs as much as decoding a packet
    return address_of_public_key(public_key)
