"""The door type of the room: a reading whose signature was verified, and the reasons for refusing a packet.

Readings are integers with a decimal exponent, as they stood in the signed bytes; nothing here converts them
to floats. `raw` is the packet as it arrived and is what evidence keeps. Two different `raw` can carry the
same signed content (an ECDSA signature has a second form, n - s), so sameness is decided by `digest`, never
by `raw`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from andel.errors import PacketError
from andel.keys import address_of_public_key
from andel.units import Address, Digest

MAX_PACKET_BYTES: Final = 4_096
"""Longest packet of any profile."""

MAX_TIMESTAMP: Final = 2**48 - 1
"""Latest time (unix seconds) that a packet may carry: its day still fits the registry's uint32."""

Profile = Literal["pebble", "envelope"]


class Refusal(StrEnum):
    """Why a packet was not accepted. The texts are listed, counted and stored: never change one."""

    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    NOT_A_READING = "not-a-reading"
    AMBIGUOUS = "ambiguous"
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


@dataclass(frozen=True, slots=True)
class SignedReading:
    """What one device measured at one time, verified against its public key.

    `timestamp` is the device's own clock (unix seconds); `digest` is the SHA-256 that the device signed;
    `sequence` is the device's counter where its profile has one.
    """

    device: Address
    timestamp: int
    measurements: tuple[Measurement, ...]
    raw: bytes
    digest: Digest
    profile: Profile
    sequence: int | None = None

    def value(self, channel: str) -> Measurement | None:
        """The measurement of `channel`, or None when the device did not send it."""
        for measurement in self.measurements:
            if measurement.channel == channel:
                return measurement
        return None


@lru_cache(maxsize=65_536)
def device_address(public_key: bytes) -> Address:
    """The device's address. Raises InputError when `public_key` is no point of its curve."""
    # a device keeps its key, and the hash behind an address costs as much as decoding a packet
    return address_of_public_key(public_key)
