"""The state of a model from the chain alone: its round, its operators and their bonds, what was minted and claimed.

Takes a model's contracts. Gives plain values, read one after the other: a transaction in between may show in some of
them. Never needs a content store, a key or anybody's word but the node's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from andel.ledger.deployment import ModelContracts
from andel.ledger.policy import Access, Bar, Price, Record, Rule, find_policy
from andel.ledger.round_state import PlantState, RoundState, Status
from andel.units import Address, BaseUnits, Digest


@dataclass(frozen=True, slots=True)
class OperatorState:
    """An operator: what it is, its bond and what it has asked back (wei), whether that is a full bond, and its tokens
    to claim (base units). `voted` says how far a validator has come in the round under way.
    """

    account: Address
    role: str
    bonded: int
    unbonding: int
    is_bonded: bool
    claimable: BaseUnits
    voted: str = ""


@dataclass(frozen=True, slots=True)
class PolicyState:
    """What holders decided, as it holds now: the hash of each rule's text and since when, who may ask at which prices,
    the bar, and the version that answers (None: none was promoted yet).
    """

    policy: Address
    timelock: Address
    rules: Mapping[str, Record]
    access: Access
    prices: tuple[Price, ...]
    bar: Bar
    current: Digest | None


@dataclass(frozen=True, slots=True)
class ModelState:
    """A model now. Times are the chain's seconds, amounts base units.

    `round` is the newest, None before the first; `voidable_at` from when on anybody may void it (None: it has ended, or
    a hearing is on). `version_round` is the round that gave the version, 0 for the first one. `idle_at` is when a
    standby may take the coordinator's place, if nothing moves before. `policy` is None where nobody votes.
    """

    model: Address
    chain_id: int
    block: int
    now: int
    round: RoundState | None
    voidable_at: int | None
    plant: PlantState
    k: int
    operators: tuple[OperatorState, ...]
    idle_at: int
    version: Digest
    version_round: int
    cap: BaseUnits
    supply: BaseUnits
    accrued: BaseUnits
    minted: BaseUnits
    contributors_minted: BaseUnits
    contributors_claimed: BaseUnits
    policy: PolicyState | None

    @property
    def unminted(self) -> BaseUnits:
        """What has accrued and no round has minted."""
        return BaseUnits(self.accrued - self.minted)


def model_state(model: ModelContracts) -> ModelState:
    """What the chain says of the model now. Raises ChainError."""
    manager, operators, pool = model.round_manager, model.operators, model.pool
    chain, newest = manager.chain, manager.newest_round()
    lives = newest is not None and newest.status not in (Status.FINALISED, Status.VOID, Status.CHALLENGED)
    version, present = manager.current_version(), operators.of_epoch()
    return ModelState(
        model=manager.address,
        chain_id=chain.chain_id,
        block=chain.block_number(),
        now=chain.block_time(),
        round=newest,
        voidable_at=manager.voidable_at(newest.round) if lives and newest else None,
        plant=manager.plant_of(newest.round, newest.attempt).state if newest else PlantState.NONE,
        k=present.k,
        operators=tuple(_operator(model, account, newest) for account in dict.fromkeys(present.accounts)),
        idle_at=operators.idle_at(),
        version=version,
        version_round=manager.version_round(version),
        cap=model.token.cap(),
        supply=model.token.total_supply(),
        accrued=pool.accrued(),
        minted=pool.minted(),
        contributors_minted=pool.contributors_minted(),
        contributors_claimed=pool.contributors_claimed(),
        policy=policy_state(model),
    )


def policy_state(model: ModelContracts) -> PolicyState | None:
    """What holders decided; None for a model that nobody governs. Raises ChainError."""
    policy = find_policy(model.round_manager)
    if policy is None:
        return None
    rules = {rule.name.lower(): policy.rule_of(rule) for rule in Rule}
    access, prices = policy.prices()
    return PolicyState(policy.address, policy.timelock(), rules, access, prices, policy.bar(), policy.current_version())


def _operator(model: ModelContracts, account: Address, newest: RoundState | None) -> OperatorState:
    present, record = model.operators.of_epoch(), model.operators.bond_of(account)
    validators = [item.account for item in present.validators]
    roles = ["coordinator"] * (account == present.coordinator) + ["validator"] * (account in validators)
    if account in present.standbys:
        roles.append(f"standby {present.standbys.index(account) + 1}")
    voted = ""
    if newest is not None and account in validators and newest.status in (Status.CLOSED, Status.ATTESTED):
        ballot = model.round_manager.ballot_of(newest.round, newest.attempt, account)
        voted = "revealed" if any(ballot.revealed) else "committed" if any(ballot.commitment) else "not yet"
    claimable = model.pool.operator_balance(account)
    bonded = model.operators.is_bonded(account)
    return OperatorState(account, " and ".join(roles), record.bonded, record.unbonding, bonded, claimable, voted)
