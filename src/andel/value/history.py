"""The running state of a model's value: what devices have scored, what accounts have earned, what is proven.

Debt belongs to the device and follows it to a new owner. The state is a canonical object in the content store;
its digest is attested each round as stateHash, so a validator that joins late can start from the last one.
A set of batches is opened once: its proven slots stand here, under its hash, for the rounds that use it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from andel.encoding import canonical_json
from andel.errors import InputError
from andel.hashing import sha256
from andel.keys import address_bytes, parse_address
from andel.training.task import parse_object
from andel.units import Address, BaseUnits, Digest

_FORMAT: Final = "andel-state/1"
_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class History:
    """After `round` rounds: `scores` by device (at 2**49, may be negative: debt), `earned` by account, and
    `proven`: by batchesHash, the slots of each device.
    """

    round: int
    scores: Mapping[Address, int]
    earned: Mapping[Address, BaseUnits]
    proven: Mapping[Digest, Mapping[Address, int]]

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
                    [batches.hex(), [[device, slots[device]] for device in _ordered(slots)]]
                    for batches, slots in sorted(self.proven.items())
                ],
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
                Digest(bytes.fromhex(batches)): {parse_address(device): int(count) for device, count in slots}
                for batches, slots in values["proven"]
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"state cannot be read: {error}") from error
    if type(history.round) is not int or any(len(batches) != 32 for batches in history.proven):
        raise InputError("state's round is no integer, or a name of batches no hash")
    if history.to_bytes() != data:
        raise InputError("state is not in its canonical form")
    return history


def _ordered(by_address: Mapping[Address, object]) -> list[Address]:
    return sorted(by_address, key=address_bytes)
