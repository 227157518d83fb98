"""The running state of a model's value: what devices have scored, what accounts have earned, what is proven.

Debt and standing belong to the device and follow it to a new owner. The state is a canonical object in the content
store; its digest is attested each round as stateHash, so a validator that joins late can start from the last one.
A set of batches is opened once: its proven slots stand here, under its hash, for the rounds that use it again. Outside
open mode each batch is: its day stands here once it was opened, and the seed it is drawn under until then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from andel.data.batch import LAST_DAY
from andel.encoding import canonical_json, parse_hex
from andel.errors import InputError
from andel.hashing import sha256
from andel.keys import address_bytes, checksummed, parse_address
from andel.training.rules import MAX_NOVELTY_STEPS
from andel.training.task import parse_object
from andel.units import Address, BaseUnits, Digest
from andel.value.opened_days import Day, DayRanges, Origin, days_in, ranges_of
from andel.value.retraining import DueTraining
from andel.value.standing import MAX_FAILURES, Standing

_FORMAT: Final = "andel-state/5"
MAX_JUDGEMENTS: Final = 32
"""As many as a model can have validators."""
_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ProvenSet:
    """What the openings of a set of batches have proven: in which round, and the slots of each device."""

    round: int
    slots: Mapping[Address, int]


@dataclass(frozen=True, slots=True)
class History:
    """After `round` rounds: `scores` by device (at 2**49, may be negative: debt), `earned` by account, `proven` by
    batchesHash, and `standing` of devices whose openings failed or that are in quarantine; `best_gain` of any round
    that passed its noise, and `versions`, by hash, from which the model's last steps began, oldest first. Their bytes
    lie in the content store like every version's, so the state does not grow with the model. `due` says by contributor
    whose training is to be done again, and waits for its readings. `judgements`, by hash, are those by whose median a
    float task's last round was settled; an integer task has none. Outside open mode `opened` are the days by device
    whose batches were opened and held, `pending` those drawn and not opened yet.
    """

    round: int
    scores: Mapping[Address, int]
    earned: Mapping[Address, BaseUnits]
    proven: Mapping[Digest, ProvenSet]
    standing: Mapping[Address, Standing] = field(default_factory=dict)
    best_gain: int = 0
    versions: tuple[Digest, ...] = ()
    due: Mapping[Address, DueTraining] = field(default_factory=dict)
    judgements: tuple[Digest, ...] = ()
    opened: Mapping[Address, DayRanges] = field(default_factory=dict)
    pending: Mapping[Day, Origin] = field(default_factory=dict)

    @property
    def hash(self) -> Digest:
        """SHA-256 of the state's bytes: stateHash."""
        return sha256(self.to_bytes())

    @property
    def earned_total(self) -> BaseUnits:
        """All that contributors have earned so far."""
        return BaseUnits(sum(self.earned.values()))

    def to_bytes(self) -> bytes:
        """Canonical bytes, entries in the order of their addresses' bytes."""
        return canonical_json(
            {
                "format": _FORMAT,
                "round": self.round,
                "scores": [[address, str(self.scores[address])] for address in _ordered(self.scores)],
                "earned": [[address, str(self.earned[address])] for address in _ordered(self.earned)],
                "proven": [
                    [batches.hex(), proof.round, [[device, proof.slots[device]] for device in _ordered(proof.slots)]]
                    for batches, proof in sorted(self.proven.items(), key=lambda item: item[0])
                ],
                "standing": [[device, *_fields(self.standing[device])] for device in _ordered(self.standing)],
                "best_gain": str(self.best_gain),
                "versions": [version.hex() for version in self.versions],
                "due": [[contributor, *_due_fields(self.due[contributor])] for contributor in _ordered(self.due)],
                "judgements": [judgement.hex() for judgement in self.judgements],
                "opened": [[device, self.opened[device]] for device in _ordered(self.opened)],
                "pending": _pending_fields(self.pending),
            }
        )


EMPTY_HISTORY: Final = History(0, {}, {}, {})
"""Before the first round."""


def parse_history(data: bytes) -> History:
    """The state in canonical bytes. Raises InputError."""
    values = parse_object(data, _FORMAT, _MAX_BYTES)
    try:
        history = History(
            values["round"],
            {parse_address(address): int(score) for address, score in values["scores"]},
            {parse_address(address): BaseUnits(int(amount)) for address, amount in values["earned"]},
            {
                Digest(bytes.fromhex(batches)): ProvenSet(
                    _number(number), {parse_address(device): _number(count) for device, count in slots}
                )
                for batches, number, slots in values["proven"]
            },
            {parse_address(device): _standing(*map(_number, record)) for device, *record in values["standing"]},
            int(values["best_gain"]),
            tuple(Digest(bytes.fromhex(version)) for version in values["versions"]),
            {parse_address(contributor): _due(*record) for contributor, *record in values["due"]},
            tuple(Digest(bytes.fromhex(judgement)) for judgement in values["judgements"]),
            {parse_address(device): _ranges(ranges) for device, ranges in values["opened"]},
            {
                (device, day): origin
                for device, origin, ranges in (_pending(*record) for record in values["pending"])
                for day in days_in(ranges)
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"state cannot be read: {error}") from error
    hashes = (*history.proven, *history.versions, *history.judgements)
    if type(history.round) is not int or any(len(named) != 32 for named in hashes):
        raise InputError("state's round is no integer, or a name of batches, a version or a judgement no hash")
    if history.best_gain < 0 or len(history.versions) > MAX_NOVELTY_STEPS:
        raise InputError(f"state's best gain is below 0, or it names over {MAX_NOVELTY_STEPS} versions")
    if len(history.judgements) > MAX_JUDGEMENTS:
        raise InputError(f"state names over {MAX_JUDGEMENTS} judgements")
    if history.to_bytes() != data:
        raise InputError("state is not in its canonical form")
    return history


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise InputError(f"state holds {str(value)[:60]!r} where a count stands")
    return value


def _standing(failures: int, halved_until: int, barred_until: int) -> Standing:
    if failures > MAX_FAILURES:
        raise InputError(f"state holds {failures} failures of a device; {MAX_FAILURES} are counted")
    return Standing(failures, halved_until, barred_until)


def _fields(standing: Standing) -> tuple[int, int, int]:
    return standing.failures, standing.halved_until, standing.barred_until


def _due(number: int, seed: str, version: str, batches: str, update: str, devices: list[str]) -> DueTraining:
    first, then, listed, signed = (Digest(parse_hex(value, 32)) for value in (seed, version, batches, update))
    return DueTraining(_number(number), first, then, listed, signed, tuple(parse_address(item) for item in devices))


def _due_fields(due: DueTraining) -> tuple[object, ...]:
    hashes = (due.seed, due.version, due.batches, due.update)
    return due.round, *(value.hex() for value in hashes), list(due.devices)


def _ranges(pairs: list[list[int]]) -> DayRanges:
    ranges = tuple((_number(first), _number(last)) for first, last in pairs)
    apart = all(a[1] + 1 < b[0] for a, b in zip(ranges, ranges[1:], strict=False))
    if not ranges or not apart or any(first > last for first, last in ranges) or ranges[-1][1] > LAST_DAY:
        raise InputError("a state's ranges of days do not ascend, or do not stay apart")
    return ranges


def _pending(device: str, number: int, seed: str, ranges: list[list[int]]) -> tuple[Address, Origin, DayRanges]:
    return parse_address(device), Origin(_number(number), Digest(parse_hex(seed, 32))), _ranges(ranges)


def _pending_fields(pending: Mapping[Day, Origin]) -> list[list[object]]:
    """By device and seed, the days."""
    days: dict[tuple[bytes, int, Digest], list[int]] = {}
    for (device, day), origin in pending.items():
        days.setdefault((address_bytes(device), origin.round, origin.seed), []).append(day)
    return [
        [checksummed(device), number, seed.hex(), ranges_of(days[device, number, seed])]
        for device, number, seed in sorted(days)
    ]


def _ordered(by_address: Mapping[Address, object]) -> list[Address]:
    return sorted(by_address, key=address_bytes)
