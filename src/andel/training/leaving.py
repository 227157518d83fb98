"""What a reply shows, for the owner's log: its kind, its round, the hash of what it carries, and how many readings.

Takes an instruction and the reply to it. Reads only what this node itself made. Sends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from andel.data.disclosure import parse_disclosure
from andel.encoding import canonical_json, parse_json
from andel.errors import AndelError
from andel.hashing import sha256
from andel.training import wire
from andel.training.flower import ConfigRecord, Message
from andel.training.sent_log import Kind
from andel.training.strategy import MAX_REPLY_BYTES
from andel.training.updates import encode_version
from andel.units import Digest

_GROUP_NOTES: Final = {
    wire.KEYS: "public keys for the sum of a group",
    wire.SHARES: "shares of this node's masks, sealed to each other member",
    wire.SURVIVORS: "a signature over who came through",
    wire.UNMASK: "shares that take masks off a group's sum, never off a single update",
}


@dataclass(frozen=True, slots=True)
class Leaving:
    """One reply; `readings` counts those whose signed packets it shows."""

    kind: Kind
    hash: Digest
    round: int = 0
    attempt: int = 0
    readings: int = 0
    note: str = ""


def describe(question: Message, reply: Message) -> Leaving:
    """What the reply to this question shows."""
    round_, attempt = _place(question)
    if reply.has_error():
        reason = str(reply.error.reason)
        return Leaving(Kind.ERROR, sha256(reason.encode()), round_, attempt, note=reason)
    record = wire.read_answer(reply)
    kind = question.metadata.message_type
    if kind == wire.OPENINGS:
        data = _bytes(record, "openings")
        if "readings" in record:  # sealed: the node that made them says how many there are
            shown = wire.int_of(record, "readings")
            note = "readings with their proofs, sealed to the round's validators"
            return Leaving(Kind.OPENINGS, sha256(data), round_, attempt, shown, note if shown else "a refusal to open")
        shown = len(parse_json(data, MAX_REPLY_BYTES)["openings"])
        return Leaving(Kind.OPENINGS, sha256(data), round_, attempt, shown, "these readings, whole, with their proofs")
    if kind == wire.DISCLOSURE:
        data = _bytes(record, "disclosure")
        shown = len(parse_disclosure(data).packets)
        return Leaving(Kind.DISCLOSURE, sha256(data), round_, attempt, shown, "all readings of an earlier round")
    if kind == wire.TRAIN:
        return Leaving(Kind.RECEIPT, Digest(_bytes(record, "update_hash")), round_, attempt)
    if kind == wire.REVEAL:
        return Leaving(Kind.UPDATE, sha256(_bytes(record, "update")), round_, attempt)
    if kind == wire.EVALUATE:
        return _errors(question, record, round_, attempt)
    if kind in wire.GROUP_KINDS:
        data = b"".join(value for _, value in sorted(record.items()) if isinstance(value, bytes))
        return Leaving(Kind.GROUP, sha256(data), round_, attempt, note=_GROUP_NOTES[kind])
    data = _bytes(record, "batches")
    return Leaving(Kind.BATCHES, sha256(data), round_, attempt, note="devices, days, counts and roots; no reading")


def _errors(question: Message, record: ConfigRecord, round_: int, attempt: int) -> Leaving:
    """Errors are so few numbers that the log holds them all: what it says is what was told."""
    rows, missed, moved = (wire.int_of(record, name) for name in ("rows", "missed", "moved"))
    version = sha256(encode_version(wire.arrays_of(question, wire.read_instruction(question)[1].shapes)))
    note = (
        f"rows {rows}, sum of errors {missed}, of 'no change' {moved}, signed, of version {version.hex()}; no reading"
    )
    told = {"moved": moved, "missed": missed, "rows": rows, "version": version.hex()}
    return Leaving(Kind.ERRORS, sha256(canonical_json(told)), round_, attempt, note=note)


def _place(question: Message) -> tuple[int, int]:
    try:
        plan, _, _ = wire.read_instruction(question)
    except AndelError:
        return 0, 0
    return plan.round, plan.attempt


def _bytes(record: ConfigRecord, name: str) -> bytes:
    return wire.bytes_of(record, name, MAX_REPLY_BYTES)
