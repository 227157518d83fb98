"""Disclosure: every packet of a committed list of batches, so that anybody can build the rows that were trained on.

Takes batches, or the bytes that disclose them. Gives the object, and the verified readings in it: each batch is built
again and must give the root that was committed. Never judges what was trained.

    andel-disclosure/1 00 ‖ length of the head (4 bytes) ‖ head ‖ bundle of packets (andel.data.bundle)

The head is canonical JSON: the contributor, the SHA-256 of the list of batches, and the firmware's epoch of each device
where the contributor knows it. Packets stand in the list's order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from andel.data.batch import MAX_DEVICES, Batch, BatchHeader, make_batch, parse_exact_address
from andel.data.bundle import pack_packets, unpack_packets
from andel.device.epochs import Epoch
from andel.device.packets import read_packet, verify_packet
from andel.device.reading import SignedReading
from andel.encoding import canonical_json, parse_hex, parse_json
from andel.errors import EvidenceError, InputError
from andel.keys import parse_address
from andel.units import Address, Digest

MAX_DISCLOSURE_BYTES: Final = 64 * 1024 * 1024

_TAG: Final = b"andel-disclosure/1\x00"
_MAX_HEAD_BYTES = 512 + 80 * MAX_DEVICES
_FIELDS = {"contributor", "batches", "epochs"}


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What a disclosure holds before anything in it is verified; `batches` is the hash of the disclosed list."""

    contributor: Address
    batches: Digest
    epochs: Mapping[Address, Epoch]
    packets: tuple[bytes, ...]


def disclosure_object(
    contributor: Address, batches_hash: bytes, batches: Sequence[Batch], epochs: Mapping[Address, Epoch]
) -> bytes:
    """The object that discloses `batches`, which stand in the order of the list with `batches_hash`.

    Raises InputError when it would be over `MAX_DISCLOSURE_BYTES`.
    """
    named = {batch.device for batch in batches}
    head = canonical_json(
        {
            "contributor": contributor,
            "batches": batches_hash.hex(),
            "epochs": [[device, str(epoch)] for device, epoch in sorted(epochs.items()) if device in named],
        }
    )
    bundle = pack_packets([packet for batch in batches for packet in batch.packets])
    data = b"".join([_TAG, len(head).to_bytes(4, "big"), head, bundle])
    if len(data) > MAX_DISCLOSURE_BYTES:
        raise InputError(f"a disclosure of {len(data)} bytes is over the limit of {MAX_DISCLOSURE_BYTES}")
    return data


def parse_disclosure(data: bytes) -> Disclosure:
    """The parts of a disclosure. Raises InputError when it is too long, cut, or not in its one form."""
    if len(data) > MAX_DISCLOSURE_BYTES or not data.startswith(_TAG):
        raise InputError(f"not a disclosure of at most {MAX_DISCLOSURE_BYTES} bytes")
    start = len(_TAG) + 4
    size = int.from_bytes(data[len(_TAG) : start], "big")
    if size > _MAX_HEAD_BYTES:
        raise InputError(f"a disclosure's head has at most {_MAX_HEAD_BYTES} bytes, not {size}")
    head = parse_json(data[start : start + size], _MAX_HEAD_BYTES)
    if not isinstance(head, dict) or set(head) != _FIELDS or not isinstance(head["epochs"], list):
        raise InputError(f"a disclosure's head has the fields {sorted(_FIELDS)}")
    epochs = dict(_parse_epoch(item) for item in head["epochs"])
    if [[device, str(epochs[device])] for device in sorted(epochs)] != head["epochs"]:
        raise InputError("a disclosure's epochs are not in the order of their devices, each once")
    batches = Digest(parse_hex(head["batches"], 32))
    return Disclosure(
        parse_exact_address(head["contributor"]), batches, epochs, tuple(unpack_packets(data[start + size :]))
    )


def read_whole(
    headers: Sequence[BatchHeader],
    packets: Sequence[bytes],
    epoch_of: Callable[[Address], Epoch | None],
    whose: str = "",
) -> list[SignedReading]:
    """The readings of all listed batches, out of all their packets in the list's order, each signature verified.

    Raises EvidenceError naming the batch, after `whose`, whose packets are refused or do not give the listed root.
    """
    if sum(header.count for header in headers) != len(packets):
        raise EvidenceError(f"{whose}set of batches", f"{len(packets)} packets do not fill those that are listed")
    readings: list[SignedReading] = []
    for header in headers:
        place = f"{whose}batch of {header.device}, day {header.day}"
        members = packets[len(readings) : len(readings) + header.count]
        epoch = epoch_of(header.device)
        try:
            sound = [_read(packet, header.public_key, epoch) for packet in members]
            batch = make_batch(sound, header.public_key)
        except InputError as error:
            raise EvidenceError(place, error.message) from error
        if batch.header != header:
            raise EvidenceError(place, "its packets do not give the listed root")
        readings += sound
    return readings


def _read(packet: bytes, public_key: bytes, epoch: Epoch | None) -> SignedReading:
    # without an epoch what the packet itself leaves open is left out
    return verify_packet(packet, public_key) if epoch is None else read_packet(packet, public_key, epoch)


def _parse_epoch(item: object) -> tuple[Address, Epoch]:
    match item:
        case [str(device), str(epoch)] if epoch in tuple(Epoch):
            return parse_address(device), Epoch(epoch)
    raise InputError(f"not a device and an epoch: {str(item)[:60]}")
