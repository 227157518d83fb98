"""Openings: the drawn leaves and slots of a contributor's batches, shown with their packets and proofs.

Takes what a seed drew (`draws`). Gives the canonical object that answers it, the strict reading of such objects, and
one object out of several partial answers. Whether what is shown holds is judged in `opening_check`.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from andel.data.batch import SLOTS_PER_DAY, Batch, BatchHeader, batch_leaves, running_slots
from andel.data.draws import Drawn, Place, draw
from andel.device.reading import MAX_PACKET_BYTES
from andel.encoding import canonical_json, parse_json
from andel.errors import InputError
from andel.merkle import MerkleTree
from andel.units import Address

FORMAT: Final = "andel-openings/2"
MAX_HELD: Final = 1_000_000
"""Most places that a question may name as already held."""

_MAX_ENTRY_BYTES = 2 * MAX_PACKET_BYTES  # base64 of the longest packet, a proof of 17 siblings, the field names
_FIELDS = {"batch", "leaf", "slots", "packet", "proof"}


@dataclass(frozen=True, slots=True)
class Opening:
    """One leaf as it is shown: its place, its running count of slots, the raw packet, and the siblings to the top."""

    batch: int
    leaf: int
    slots: int
    packet: bytes
    proof: tuple[bytes, ...]

    @property
    def place(self) -> Place:
        """(batch, leaf)."""
        return self.batch, self.leaf


Openings = Mapping[Place, Opening]
"""By place, in rising order."""


def make_openings(seed: bytes, contributor: Address, batches: Sequence[Batch], count: int) -> bytes:
    """The openings object (canonical JSON) of `batches`, which stand in the order of the committed list."""
    drawn = draw(seed, contributor, [batch.header for batch in batches], count)
    return openings_object(contributor, show(batches, drawn))


def show(batches: Sequence[Batch], drawn: Drawn) -> list[Opening]:
    """The leaves that answer what was drawn, in rising order of place."""
    wanted = set(drawn.leaves)
    running = {index: running_slots(batches[index].timestamps) for index, _ in drawn.leaves}
    for index, slot in drawn.slots:
        first = running[index].index(slot)
        wanted |= {(index, first), (index, max(first - 1, 0))}
    trees: dict[int, MerkleTree] = {}
    shown = []
    for index, leaf in sorted(wanted):
        batch = batches[index]
        if index not in trees:
            trees[index] = MerkleTree(batch_leaves(batch.timestamps, running[index], batch.packets))
        proof = tuple(trees[index].proof(leaf))
        shown.append(Opening(index, leaf, running[index][leaf], batch.packets[leaf], proof))
    return shown


def parse_openings(data: bytes, contributor: Address, headers: Sequence[BatchHeader], drawn: Drawn) -> Openings:
    """The leaves shown in an openings object, which may lack some that were drawn.

    Strict: canonical JSON, exactly the fields of the format, places in the list and in rising order, no more than can
    have been drawn. Raises InputError.
    """
    value = parse_json(data, 1_024 + _MAX_ENTRY_BYTES * drawn.most)
    if not isinstance(value, dict) or set(value) != {"format", "contributor", "openings"}:
        raise InputError(f"not an openings object ({FORMAT})")
    if value["format"] != FORMAT or value["contributor"] != contributor:
        raise InputError(f"not {contributor}'s openings ({FORMAT})")
    if not isinstance(value["openings"], list) or len(value["openings"]) > drawn.most:
        raise InputError(f"at most {drawn.most} leaves were drawn; the object opens more")
    found: dict[Place, Opening] = {}
    former: Place = (-1, -1)
    for item in value["openings"]:
        opening = _parse_opening(item)
        if not 0 <= opening.batch < len(headers) or not 0 <= opening.leaf < headers[opening.batch].count:
            raise InputError(f"there is no leaf {opening.leaf} of batch {opening.batch}")
        if opening.place <= former:
            raise InputError(f"leaf {opening.leaf} of batch {opening.batch} is opened twice, or out of order")
        found[opening.place] = opening
        former = opening.place
    return found


def reached(openings: Openings, drawn: Drawn) -> dict[Place, Place]:
    """For each drawn slot that is shown: the first opened leaf that reaches it, one count after the leaf before it."""
    wanted = set(drawn.slots)
    found: dict[Place, Place] = {}
    for (batch, leaf), opening in openings.items():
        slot = (batch, opening.slots)
        if slot not in wanted or slot in found:
            continue
        before = openings.get((batch, leaf - 1))
        if opening.slots == 1 if leaf == 0 else before is not None and before.slots == opening.slots - 1:
            found[slot] = (batch, leaf)
    return found


def surplus(openings: Openings, drawn: Drawn) -> set[Place]:
    """The opened leaves that nothing asked for."""
    steps = reached(openings, drawn).values()
    needed = {*drawn.leaves, *steps, *((batch, leaf - 1) for batch, leaf in steps)}
    return set(openings) - needed


def is_whole(openings: Openings, drawn: Drawn) -> bool:
    """Whether everything that was drawn is shown."""
    return all(place in openings for place in drawn.leaves) and len(reached(openings, drawn)) == len(drawn.slots)


def joined(contributor: Address, parts: Iterable[Openings], drawn: Drawn) -> tuple[bytes, Openings]:
    """One object out of partial answers: of each place what came first, without what nothing asked for."""
    first: dict[Place, Opening] = {}
    for part in parts:
        for place, opening in part.items():
            first.setdefault(place, opening)
    found = {place: first[place] for place in sorted(first)}
    for place in surplus(found, drawn):
        del found[place]
    return openings_object(contributor, found.values()), found


def without(data: bytes, held: Collection[Place]) -> bytes:
    """One's own openings object without the places that whoever asks holds already."""
    if not held:
        return data
    value = parse_json(data)
    value["openings"] = [item for item in value["openings"] if (item["batch"], item["leaf"]) not in held]
    return canonical_json(value)


def held_object(places: Iterable[Place]) -> bytes:
    """The canonical list of places that a question names as already held."""
    return canonical_json([list(place) for place in sorted(places)])


def parse_held(data: bytes) -> frozenset[Place]:
    """The places that a question names as already held; none for no bytes. Raises InputError."""
    if not data:
        return frozenset()
    value = parse_json(data, 32 * MAX_HELD)
    if not isinstance(value, list) or len(value) > MAX_HELD:
        raise InputError("not a list of places")
    for item in value:
        if not isinstance(item, list) or len(item) != 2 or any(type(number) is not int for number in item):
            raise InputError("a place is a batch and a leaf")
    return frozenset((batch, leaf) for batch, leaf in value)


def openings_object(contributor: Address, openings: Iterable[Opening]) -> bytes:
    """The canonical object that shows these openings, which stand in rising order of place."""
    entries = [
        {
            "batch": opening.batch,
            "leaf": opening.leaf,
            "slots": opening.slots,
            "packet": base64.b64encode(opening.packet).decode("ascii"),
            "proof": b"".join(opening.proof).hex(),
        }
        for opening in openings
    ]
    return canonical_json({"format": FORMAT, "contributor": contributor, "openings": entries})


def packets_shown(data: bytes, most: int) -> dict[int, bytes]:
    """One packet of each batch that an openings object shows, by the batch's place; nothing of it is judged.

    Of an object of more than `most` bytes, InputError; and of one that is none.
    """
    try:
        entries = parse_json(data, most)["openings"]
        found = {int(entry["batch"]): str(entry["packet"]) for entry in entries}
        return {batch: base64.b64decode(packet, validate=True) for batch, packet in found.items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"no openings: {str(error)[:80]}") from error


def _parse_opening(item: Any) -> Opening:
    if not isinstance(item, dict) or set(item) != _FIELDS:
        raise InputError(f"an opening has the fields {sorted(_FIELDS)}")
    packet, proof = item["packet"], item["proof"]
    if not isinstance(packet, str) or not isinstance(proof, str):
        raise InputError("packet and proof of an opening are texts")
    for name in ("batch", "leaf", "slots"):
        if type(item[name]) is not int:
            raise InputError(f"{name} of an opening is an integer")
    if not 0 < item["slots"] <= SLOTS_PER_DAY:
        raise InputError(f"a leaf cannot count {item['slots']} slots")
    try:
        raw = base64.b64decode(packet, validate=True)
        siblings = bytes.fromhex(proof)
    except ValueError as error:
        raise InputError("a packet is no base64, or a proof no hex") from error
    if base64.b64encode(raw).decode("ascii") != packet or siblings.hex() != proof:
        raise InputError("a packet or a proof is not in its one form")
    if len(raw) > MAX_PACKET_BYTES or len(siblings) % 32:
        raise InputError("a packet is too long, or a proof no sequence of hashes")
    path = tuple(siblings[i : i + 32] for i in range(0, len(siblings), 32))
    return Opening(item["batch"], item["leaf"], item["slots"], raw, path)
