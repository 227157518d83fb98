"""Sealed openings in worlds without a chain: one validator, `VALIDATOR`, opens what owners seal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from andel.data.batch import Batch
from andel.data.openings import openings_object, show
from andel.data.sealed_draws import draw_apart
from andel.hashing import sha256
from andel.keys import AccountKey, derive_secret
from andel.roles.sealed_openings import asked_for
from andel.sealing import is_sealed, seal, sealing_public_key, unseal
from andel.training.plan import RoundPlan
from andel.training.task import Task
from andel.units import Address

VALIDATOR = AccountKey(derive_secret(b"tests: validator"))


def seal_openings(
    owner: Address, batches: Sequence[Batch], plan: RoundPlan, task: Task, seed: bytes, asked: bytes
) -> tuple[bytes, int]:
    """What is drawn of the batches asked for, sealed to `VALIDATOR`, and how many readings that is."""
    named = asked_for(asked, plan, seed, len(batches))
    shown = show(batches, draw_apart(owner, [batch.header for batch in batches], named, task.openings))
    plain = openings_object(owner, shown)
    return seal(plain, [sealing_public_key(VALIDATOR)], sha256(plain)[:16]), len(shown)


def unsealed(openings: Mapping[Address, bytes]) -> dict[Address, bytes]:
    """As `VALIDATOR` finds them; what is not sealed stays as it is."""
    return {who: unseal(data, VALIDATOR) if is_sealed(data) else data for who, data in openings.items()}
