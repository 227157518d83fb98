"""What is opened of batches outside open mode: of each batch at most a fifth of its leaves, over all rounds.

Takes the headers of a committed list, and for each batch that is to be opened the seed that stands for it. Gives the
leaves and slots to open: each batch is drawn by itself and for ever under its one seed, so whoever asks again asks for
the same leaves. Gives also the object that asks, and the one by which a contributor refuses. Never reads a packet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from andel.data.batch import MAX_BATCHES, BatchHeader
from andel.data.draws import Drawn, Place
from andel.encoding import canonical_json, parse_hex, parse_json
from andel.errors import InputError
from andel.hashing import sha256
from andel.keys import address_bytes
from andel.sealing import is_sealed
from andel.units import Address, Digest

LEAST_LEAVES: Final = 15
"""Fewest leaves of a batch that a fifth of is enough to check: the last one, and one slot with the leaf before it."""

OVER_A_FIFTH: Final = "over-a-fifth"
"""Why a contributor refuses: with what it has opened before, more than a fifth of a batch would be open."""

_DOMAIN = b"andel sealed openings 1\x00"
_DRAW_BITS = 256
_REFUSAL: Final = "andel-openings-refused/1"
_MAX_QUESTION_BYTES = 32 * MAX_BATCHES


@dataclass(frozen=True, slots=True)
class Asked:
    """Batches (indices in the committed list, rising) that are opened under `seed`, a seed 1 of `round`."""

    round: int
    seed: Digest
    batches: tuple[int, ...]


def most_opened(leaves: int) -> int:
    """The most of a batch's leaves that are opened over all rounds."""
    return leaves // 5


def draw_apart(contributor: Address, headers: Sequence[BatchHeader], asked: Sequence[Asked], count: int) -> Drawn:
    """What is opened of the batches asked for: `count` draws of each, or as many as a fifth of its leaves holds.

    A batch's last leaf is always opened. Draw n of a batch is v = SHA-256(domain, seed, contributor, device, day, n);
    it names slot floor(v * slots / 2**256) + 1, opened with the leaf before it, and then leaf floor(v * leaves /
    2**256) with the one before it (leaf 0 with the next). Draws end where the next part might open too many.
    """
    leaves: list[Place] = []
    slots: list[Place] = []
    for item in asked:
        for index in item.batches:
            opened, named = _draw_one(item.seed, contributor, headers[index], count)
            leaves += ((index, leaf) for leaf in opened)
            slots += ((index, slot) for slot in named)
    return Drawn(tuple(sorted(leaves)), tuple(sorted(slots)))


def _draw_one(seed: bytes, contributor: Address, header: BatchHeader, count: int) -> tuple[set[int], set[int]]:
    """(leaves, slots) of one batch."""
    prefix = _DOMAIN + sha256(seed) + address_bytes(contributor) + address_bytes(header.device)
    prefix += header.day.to_bytes(8, "big")
    most, each = most_opened(header.count), header.count == header.slots
    leaves, slots = {header.count - 1}, set[int]()
    known, unknown = set(leaves), 0  # leaves that are opened; and how many more slots may need, wherever these lie
    for number in range(count):
        value = int.from_bytes(sha256(prefix, number.to_bytes(8, "big")), "big")
        slot, leaf = (value * header.slots >> _DRAW_BITS) + 1, value * header.count >> _DRAW_BITS
        exact = each or slot == 1  # then the slot is reached by leaf slot - 1
        reach = {slot - 1, max(slot - 2, 0)} if exact else set[int]()
        further = 0 if exact or slot in slots else 2
        if len(known | reach) + unknown + further > most:
            break
        slots.add(slot)
        known, unknown = known | reach, unknown + further
        pair = {leaf, leaf - 1 if leaf else 1}
        if len(known | pair) + unknown > most:
            break
        leaves |= pair
        known |= pair
    return leaves, slots


def asked_object(asked: Sequence[Asked]) -> bytes:
    """The canonical question for openings."""
    return canonical_json([[item.round, item.seed.hex(), list(item.batches)] for item in asked])


def parse_asked(data: bytes, batches: int) -> tuple[Asked, ...]:
    """What a question about a list of so many batches asks for, each batch once. Raises InputError."""
    value = parse_json(data, _MAX_QUESTION_BYTES)
    if not isinstance(value, list) or len(value) > MAX_BATCHES:
        raise InputError("not a question for openings")
    found = tuple(_parse_item(item) for item in value)
    named = [index for item in found for index in item.batches]
    if len(set(named)) != len(named) or any(not 0 <= index < batches for index in named):
        raise InputError("a question for openings names a batch twice, or one that is not in the list")
    return found


def refusal_object(contributor: Address, reason: str = OVER_A_FIFTH) -> bytes:
    """What a contributor answers in place of openings that it may not show."""
    return canonical_json({"format": _REFUSAL, "contributor": contributor, "reason": reason})


def refused_by(data: bytes, contributor: Address) -> str:
    """The reason by which `contributor` refuses; empty for bytes that are no refusal of its."""
    return OVER_A_FIFTH if data == refusal_object(contributor) else ""


def check_answer(data: bytes, contributor: Address) -> None:
    """Raises InputError unless the bytes are sealed to somebody, or a refusal: what is plain is never passed on."""
    if not is_sealed(data) and not refused_by(data, contributor):
        raise InputError(f"{contributor}'s openings are not sealed to anybody")


def _parse_item(item: object) -> Asked:
    match item:
        case [int(number), str(seed), list(batches)] if type(number) is int and number > 0:
            if all(type(index) is int for index in batches) and batches == sorted(set(batches)):
                return Asked(number, Digest(parse_hex(seed, 32)), tuple(batches))
    raise InputError(f"no round, seed and batches: {str(item)[:60]}")
