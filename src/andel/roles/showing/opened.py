"""What an opened packet says of its device: where it stood, and in which units it measures.

Takes a memory and a device with its owner. Gives one reading's position, coarsened, and its channels' units. Only in
open mode, in which every owner agreed that opened packets are public for ever, and then less than the packet says: a
position is rounded to a hundredth of a degree. Of a task that hides updates nothing is opened to the public, and
nothing is told. Never reads a packet whose signature is not its device's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from andel.data.geography import position_of
from andel.data.openings import packets_shown
from andel.device.packets import read_packet
from andel.device.reading import SignedReading
from andel.errors import ContentError, InputError
from andel.roles.showing.kept import Kept
from andel.roles.showing.memory import Memory
from andel.roles.showing.plain import Facts
from andel.roles.showing.shares import headers_of
from andel.units import Address, Digest
from andel.value.manifest import opening_names

PRECISION_METRES: Final = 800
"""How far a device may be from its position as it is told: half a hundredth of a degree, north and east."""

_STEP: Final = 100_000  # a hundredth of a degree, in 1e-7 degrees
_MAX_OPENINGS_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Shown:
    """Of one device: latitude and longitude in hundredths of a degree (None: its packet has none), units by channel."""

    position: tuple[int, int] | None
    units: Mapping[str, str]


NOTHING: Final = Shown(None, {})


class Opened:
    """What opened packets say, by device."""

    def __init__(self, memory: Memory) -> None:
        """Reads nothing yet."""
        self._memory = memory
        self._found: Kept[tuple[Address, int], Shown] = Kept(20_000)
        self._named: Kept[Digest, Mapping[Address, str]] = Kept(2, alone=True)

    def of(self, device: Address, owner: Address) -> Shown:
        """What the public knows of a device by its own packet; nothing where none was opened, or not to the public.

        Raises ChainError, ContentUnreachable.
        """
        task, earned = self._memory.task(), self._memory.earned()
        number = earned.proven.get(device, 0) if earned is not None else 0
        if task is None or task.privacy.grouped or not number:
            return NOTHING
        return self._found.get((device, number), lambda: self._read(device, owner, number))

    def units(self, devices: Sequence[tuple[Address, Address]]) -> dict[str, str]:
        """Units by channel, of those of these devices (with their owners) that tell them."""
        found: dict[str, str] = {}
        for device, owner in devices:
            found = {**self.of(device, owner).units, **found}
        return found

    def _read(self, device: Address, owner: Address, number: int) -> Shown:
        (state,) = self._memory.rounds([number])
        headers = headers_of(self._memory, state, owner) or ()
        try:
            named = self._named.get(state.evidence_hash, lambda: self._names(state.evidence_hash))
            packets = packets_shown(self._memory.store.get(named[owner]), _MAX_OPENINGS_BYTES)
        except (ContentError, InputError, KeyError):
            return NOTHING
        for place, packet in packets.items():
            if 0 <= place < len(headers) and headers[place].device == device:
                try:
                    return _shown(read_packet(packet, headers[place].public_key))
                except InputError:
                    return NOTHING  # an epoch that nobody names here, or no packet of this device's
        return NOTHING

    def _names(self, evidence: Digest) -> Mapping[Address, str]:
        return opening_names(self._memory.store.get_digest(evidence))


def position_facts(shown: Shown) -> Facts | None:
    """A position in degrees, with how far off it may be (metres)."""
    if shown.position is None:
        return None
    latitude, longitude = shown.position
    return {"lat": latitude / 100, "lon": longitude / 100, "precision_m": PRECISION_METRES}


def _shown(reading: SignedReading) -> Shown:
    found = position_of(reading)
    units = {value.channel: value.unit for value in reading.measurements}
    if found is None:
        return Shown(None, units)
    return Shown((_rounded(found.latitude), _rounded(found.longitude)), units)


def _rounded(angle: int) -> int:
    """Hundredths of a degree, to nearest."""
    return (angle + _STEP // 2) // _STEP
