"""Openings that are sealed to a round's validators: to whom, under which seeds, and opening them.

Takes a model and a round's state on chain. Gives the validators' public sealing keys, the seeds that batches may be
drawn under, and what a reader finds in sealed openings: what one validator of the round finds, each does. Whoever is
none of them believes the attested state, and counts it as resting on signatures. Never settles anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from andel.content import ContentStore, cid_of_digest
from andel.data.sealed_draws import refused_by
from andel.errors import EvidenceError, InputError
from andel.keys import AccountKey
from andel.ledger.operators import OperatorsContract
from andel.ledger.round_manager import RoundManagerContract
from andel.ledger.round_state import RoundState, Status, ValidatorRecord
from andel.sealing import is_sealed, unseal_as_sealed_to
from andel.training.plan import RoundPlan
from andel.units import Address, Digest
from andel.value.history import parse_history
from andel.value.manifest import read_named
from andel.value.opened_days import Origin
from andel.value.sealed_proof import Believe, Seeds, as_attested


@dataclass(frozen=True, slots=True)
class Unsealed:
    """Openings as `settle` takes them: opened, or as they are with what to `believe` of those in `unseen`."""

    openings: Mapping[Address, bytes]
    believe: Believe | None = None
    unseen: tuple[Address, ...] = ()


def validators_of(manager: RoundManagerContract, state: RoundState) -> tuple[ValidatorRecord, ...]:
    """The validators of an attempt, in the chain's order. Raises ChainError."""
    operators = OperatorsContract(manager.chain, manager.founding().operators)
    return operators.of_epoch(state.operators_epoch).validators


def opening_seeds(manager: RoundManagerContract, state: RoundState) -> Seeds:
    """The first seed 1 of each round since the last final one, up to this, and when that round opened.

    An attempt that became void was a round's first all the same: what was opened under its seed stays under it. Raises
    ChainError.
    """
    found: list[tuple[int, Origin]] = []
    until, current = state.settled_block or None, state
    while True:
        if (seed := _first_seed(manager, current, until)) is not None:
            found.append((manager.chain.block_time(current.opened_block), Origin(current.round, seed)))
        if current.round == 1:
            break
        until, current = current.opened_block, manager.round_of(current.round - 1)
        if current.status == Status.FINALISED:
            break
    return tuple(reversed(found))


def is_opening_seed(manager: RoundManagerContract, plan: RoundPlan, number: int, seed: bytes) -> bool:
    """Whether `seed` is a seed 1 of round `number`, of whichever attempt, up to the plan's round. Raises ChainError."""
    if number == plan.round and manager.is_first_seed(number, plan.hash, seed):
        return True
    return 0 < number <= plan.round and seed in _seeds_of(manager, manager.round_of(number), None)


def unsealed(
    evidence: Mapping[Address, bytes],
    reader: AccountKey | None,
    manager: RoundManagerContract,
    store: ContentStore,
    state: RoundState,
) -> Unsealed:
    """A round's openings as `reader` can see them.

    What is sealed otherwise than to the round's validators, the same to each, is empty for all of them. Raises
    EvidenceError where `reader` is none of them and the round is not final, or its state is not there; ChainError.
    """
    validators = validators_of(manager, state)
    if reader is not None and any(record.account == reader.address for record in validators):
        keys = [record.sealing_key for record in validators]
        return Unsealed({who: _open(data, who, reader, keys) for who, data in evidence.items()})
    unseen = tuple(who for who, data in evidence.items() if is_sealed(data))
    if not unseen:
        return Unsealed(evidence)
    place = f"round {state.round}"
    if state.status != Status.FINALISED:
        raise EvidenceError(f"{place}, openings", "they are sealed to its validators, and it is not final")
    after = parse_history(read_named(store, f"{place}, state after it", cid_of_digest(state.state_hash)))
    return Unsealed(evidence, as_attested(after), unseen)


def _open(data: bytes, contributor: Address, reader: AccountKey, keys: list[bytes]) -> bytes:
    if refused_by(data, contributor):
        return data
    try:
        return unseal_as_sealed_to(data, reader, keys)
    except InputError:
        return b""  # malformed, for every validator alike


def _first_seed(manager: RoundManagerContract, state: RoundState, until: int | None) -> Digest | None:
    if state.attempt == 0:
        return state.first_seed if any(state.first_seed) else None
    return next(iter(_seeds_of(manager, state, until)), None)


def _seeds_of(manager: RoundManagerContract, state: RoundState, until: int | None) -> list[Digest]:
    """Seed 1 of each attempt of a round that had one, oldest first."""
    events = manager.logs("SeedRecorded", state.opened_block, until, round=state.round)
    return [Digest(event.arguments["seed"]) for event in events if event.arguments["number"] == 1]
