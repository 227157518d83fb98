"""Bonds as their owners see them: what each operator has put down, can take, and is owed.

Takes a model. Gives plain values, wei and seconds; takes out what belongs to a key. Never deposits and never slashes.
"""

from __future__ import annotations

from dataclasses import dataclass

from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_state import OperatorSet
from andel.roles.speaking import collect_owed
from andel.units import Address


@dataclass(frozen=True, slots=True)
class OperatorStanding:
    """One account: its role in the present epoch ("none" outside it), its bond, what hearings and reports owe it."""

    account: Address
    role: str
    bonded: int
    unbonding: int
    withdrawable_at: int
    is_bonded: bool
    owed: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken: of the bond asked back, and of what was owed, wei."""

    bond: int
    owed: int


def operators_of(model: ModelContracts) -> list[OperatorStanding]:
    """Everybody of the present epoch: coordinator, standbys in their order, validators. Raises ChainError."""
    present, bond = model.operators.of_epoch(), model.operators.bond()
    return [_standing(model, present, bond, account) for account in present.accounts]


def standing_of(model: ModelContracts, account: Address) -> OperatorStanding:
    """One account, operator or not. Raises ChainError."""
    return _standing(model, model.operators.of_epoch(), model.operators.bond(), account)


def take_all(key: AccountKey, model: ModelContracts) -> Taken:
    """Takes what is `key`'s now; a bond whose period is not over stays. Raises Reverted, ChainError."""
    record, bond = model.operators.bond_of(key.address), 0
    if record.unbonding and model.operators.chain.block_time() >= record.withdrawable_at:
        model.operators.withdraw(key)
        bond = record.unbonding
    return Taken(bond, collect_owed(key, model))


def _standing(model: ModelContracts, present: OperatorSet, bond: int, account: Address) -> OperatorStanding:
    roles = {item.account: "validator" for item in present.validators}
    roles |= dict.fromkeys(present.standbys, "standby") | {present.coordinator: "coordinator"}
    record = model.operators.bond_of(account)
    return OperatorStanding(
        account,
        roles.get(account, "none"),
        record.bonded,
        record.unbonding,
        record.withdrawable_at,
        record.bonded >= bond,
        model.disputes.owed_to(account) + model.operators.reward_of(account),
    )
