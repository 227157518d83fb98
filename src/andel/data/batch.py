"""Batches: one device's accepted packets of one day, under one root.

Leaf i of a batch is timestamp (8 bytes) || distinct slots up to and with this leaf (4 bytes) || SHA-256 of
the raw packet (32 bytes), times rising strictly, under the ordered tree of `andel.merkle`. The list of a
contributor's batch headers is canonical JSON, and its SHA-256 is the `batchesHash` that the contributor
signs. A header names the hours of its day that hold a reading, so each claimed slot is one hour of one device
that a seed can ask for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from andel.device.reading import MAX_TIMESTAMP, SignedReading, device_address
from andel.encoding import canonical_json, parse_hex, parse_json
from andel.errors import InputError
from andel.hashing import sha256
from andel.keys import address_bytes, parse_address
from andel.merkle import merkle_root
from andel.units import DAY_SECONDS, SLOT_SECONDS, Address, Digest, slot_of

FORMAT: Final = "andel-batches/2"
MAX_BATCHES: Final = 10_000
"""Most batches in one contributor's list."""

MAX_DEVICES: Final = 128
"""Most devices in one contributor's list: what a stranger's list can make validators ask the registry about."""

KEPT_HEADERS: Final = 1 << 18
"""Most headers of lists parsed lately that are kept: about 500 bytes each."""

SLOTS_PER_DAY: Final = DAY_SECONDS // SLOT_SECONDS
LAST_DAY: Final = MAX_TIMESTAMP // DAY_SECONDS

KEY_BYTES: Final = (33, 35)
"""Length of a compressed public key: on secp256k1, and on P-256 with its prefix."""
_MAX_LIST_BYTES = 400 * MAX_BATCHES
_FIELDS = {"device", "public_key", "day", "root", "count", "hours"}


@dataclass(frozen=True, slots=True)
class BatchHeader:
    """What is said of a batch in public. Bit h of `hours` claims a reading in hour h of the day (UTC)."""

    device: Address
    public_key: bytes
    day: int
    root: Digest
    count: int
    hours: int

    @property
    def slots(self) -> int:
        """How many slots it claims: its weight, once openings have shown nothing against it."""
        return self.hours.bit_count()

    @property
    def slot_hours(self) -> tuple[int, ...]:
        """The claimed hours of the day, rising: slot number r (from 1) is hour `slot_hours[r - 1]`."""
        return tuple(hour for hour in range(SLOTS_PER_DAY) if self.hours >> hour & 1)


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch with its packets. `public_key` is compressed: 33 bytes, 35 for P-256; `day` counts from 1970-01-01."""

    device: Address
    public_key: bytes
    day: int
    packets: tuple[bytes, ...]
    timestamps: tuple[int, ...]
    root: Digest
    hours: int

    @property
    def slots(self) -> int:
        """How many distinct slots its readings lie in."""
        return self.hours.bit_count()

    @property
    def header(self) -> BatchHeader:
        """The batch without its packets."""
        return BatchHeader(self.device, self.public_key, self.day, self.root, len(self.packets), self.hours)


def make_batch(readings: Sequence[SignedReading], public_key: bytes) -> Batch:
    """The batch of `readings`: all of the device with `public_key` (compressed), one day, times rising
    strictly.

    Raises InputError when they are none, of several devices or days, or not in order.
    """
    if not readings:
        raise InputError("a batch holds at least one reading")
    device = device_address(public_key)
    if len(public_key) not in KEY_BYTES:
        raise InputError(f"a batch names a compressed public key of 33 or 35 bytes, not {len(public_key)}")
    timestamps = tuple(reading.timestamp for reading in readings)
    day = timestamps[0] // DAY_SECONDS
    for reading in readings:
        if reading.device != device:
            raise InputError(f"a batch of {device} cannot hold a reading of {reading.device}")
        if reading.timestamp // DAY_SECONDS != day:
            raise InputError(f"a batch of day {day} cannot hold a reading of time {reading.timestamp}")
    for earlier, later in zip(timestamps, timestamps[1:], strict=False):
        if later <= earlier:
            raise InputError(f"times in a batch rise strictly, but {later} follows {earlier}")
    packets = tuple(reading.raw for reading in readings)
    return Batch(
        device=device,
        public_key=public_key,
        day=day,
        packets=packets,
        timestamps=timestamps,
        root=merkle_root(batch_leaves(timestamps, running_slots(timestamps), packets)),
        hours=hours_of(timestamps),
    )


def hours_of(timestamps: Iterable[int]) -> int:
    """The hours of the day (UTC) that `timestamps` lie in: bit h for hour h."""
    hours = 0
    for timestamp in timestamps:
        hours |= 1 << slot_of(timestamp) % SLOTS_PER_DAY
    return hours


def running_slots(timestamps: Sequence[int]) -> list[int]:
    """For each of the rising `timestamps`: how many distinct slots there are up to and with it."""
    counts = []
    last, count = -1, 0
    for timestamp in timestamps:
        slot = slot_of(timestamp)
        count += slot != last
        last = slot
        counts.append(count)
    return counts


def leaf_bytes(timestamp: int, slots: int, packet: bytes) -> bytes:
    """One leaf: 44 bytes of time, running count of slots and the packet's SHA-256."""
    return timestamp.to_bytes(8, "big") + slots.to_bytes(4, "big") + sha256(packet)


def batch_leaves(timestamps: Sequence[int], running: Sequence[int], packets: Sequence[bytes]) -> list[bytes]:
    """All leaves of a batch, in order."""
    return [leaf_bytes(*leaf) for leaf in zip(timestamps, running, packets, strict=True)]


def batches_object(contributor: Address, headers: Sequence[BatchHeader]) -> bytes:
    """Canonical JSON of a contributor's list, sorted by device and day; its SHA-256 is `batchesHash`.

    Raises InputError for two batches of one device and day, more than 10,000 batches or 128 devices.
    """
    ordered = sorted(headers, key=_order)
    listed = [
        {
            "device": header.device,
            "public_key": header.public_key.hex(),
            "day": header.day,
            "root": header.root.hex(),
            "count": header.count,
            "hours": header.hours,
        }
        for header in ordered
    ]
    data = canonical_json({"format": FORMAT, "contributor": contributor, "batches": listed})
    parse_batches(data)  # what is written is what would be accepted
    return data


def parse_batches(data: bytes) -> tuple[Address, tuple[BatchHeader, ...]]:
    """Contributor and headers of a list, in its order: by device bytes, then by day.

    Strict: canonical JSON, exactly the fields of the format, each device's own public key, no repeated
    (device, day), at most 128 devices, counts that a day can hold. Raises InputError. What was parsed lately is kept.
    """
    found = _lately.get(data)
    if found is None:
        found = read_batches(data)
        _lately.keep(data, found)
    return found


class KeptLists:
    """Lists parsed lately, which a round looks at several times and the next round again.

    Bounded by their headers: so many lists could be long ones, and a round of many contributors has short ones.
    """

    def __init__(self, most: int) -> None:
        """`most` counts headers, and one more for each list."""
        self._most = most
        self._lock = Lock()
        self._lists: OrderedDict[bytes, tuple[Address, tuple[BatchHeader, ...]]] = OrderedDict()
        self._headers = 0

    def get(self, data: bytes) -> tuple[Address, tuple[BatchHeader, ...]] | None:
        """What was parsed of these bytes, if it is kept."""
        with self._lock:
            found = self._lists.get(data)
            if found is not None:
                self._lists.move_to_end(data)
            return found

    def keep(self, data: bytes, parsed: tuple[Address, tuple[BatchHeader, ...]]) -> None:
        """Keeps it, and drops what was longest unused beyond the bound."""
        with self._lock:
            if data in self._lists:
                return
            self._lists[data] = parsed
            self._headers += len(parsed[1]) + 1
            while self._headers > self._most:
                _, (_, gone) = self._lists.popitem(last=False)
                self._headers -= len(gone) + 1


_lately = KeptLists(KEPT_HEADERS)


def read_batches(data: bytes) -> tuple[Address, tuple[BatchHeader, ...]]:
    """As `parse_batches`, keeping nothing."""
    value = parse_json(data, _MAX_LIST_BYTES)
    if not isinstance(value, dict) or set(value) != {"format", "contributor", "batches"}:
        raise InputError(f"not a list of batches ({FORMAT})")
    listed = value["batches"]
    if value["format"] != FORMAT or not isinstance(listed, list) or len(listed) > MAX_BATCHES:
        raise InputError(f"not a list of at most {MAX_BATCHES} batches ({FORMAT})")
    headers = tuple(_parse_header(item) for item in listed)
    for earlier, later in zip(headers, headers[1:], strict=False):
        if _order(earlier) >= _order(later):
            raise InputError(f"batches are not in order at device {later.device}, day {later.day}")
    if len({header.device for header in headers}) > MAX_DEVICES:
        raise InputError(f"a list names at most {MAX_DEVICES} devices", "use a second account for the others")
    return parse_exact_address(value["contributor"]), headers


def parse_exact_address(value: Any) -> Address:
    """The address in its one form, EIP-55, as objects hold it. Raises InputError for any other."""
    if not isinstance(value, str) or len(value) != 42 or parse_address(value) != value:
        raise InputError(f"not a checksummed address: {str(value)[:60]!r}")
    return Address(value)


def _parse_header(item: Any) -> BatchHeader:
    if not isinstance(item, dict) or set(item) != _FIELDS:
        raise InputError(f"a batch has the fields {sorted(_FIELDS)}")
    header = BatchHeader(
        device=parse_exact_address(item["device"]),
        public_key=parse_hex(item["public_key"], *KEY_BYTES),
        day=_parse_count(item["day"], 0, LAST_DAY),
        root=Digest(parse_hex(item["root"], 32)),
        count=_parse_count(item["count"], 1, DAY_SECONDS),
        hours=_parse_count(item["hours"], 1, (1 << SLOTS_PER_DAY) - 1),
    )
    if header.slots > header.count:
        raise InputError(f"{header.count} readings cannot lie in {header.slots} slots")
    if device_address(header.public_key) != header.device:
        raise InputError(f"the public key of a batch is not that of its device {header.device}")
    return header


def _parse_count(value: Any, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise InputError(f"{str(value)[:60]} is no integer from {low} to {high}")
    return value


def _order(header: BatchHeader) -> tuple[bytes, int]:
    return address_bytes(header.device), header.day
