"""`ValueReport`: what one round was worth, as validators attest it. Made only by `settle.settle`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from andel.training.plan import RoundPlan
from andel.units import Address, BaseUnits, Digest
from andel.value.agreement import Agreement
from andel.value.budget import RoundBudget
from andel.value.claims import value_root
from andel.value.gate import GateVerdict
from andel.value.history import History
from andel.value.retraining import Retrained


@dataclass(frozen=True, slots=True)
class ContributorValue:
    """One contributor's part in a round.

    `weight` in proven slots; `score` at 2**49, of it only what is new; `debt` is what its devices owed before the round
    (≤ 0); `reason` says why it did not count, and is empty where it did; `note` says what took some of its weight.
    For explaining: `plain` is the score with what was not new, `length` that of the update before the clip,
    `gate_score` what the gate judged (at 2**49 a unit of weight), `credit` what its devices had scored before.
    In grouped mode `group` is its group's number from 1: length and gate score are the group's, the rest its part of
    the group's by proven slots.
    """

    contributor: Address
    weight: int
    score: int
    debt: int
    merit: int
    share: BaseUnits
    reason: str = ""
    note: str = ""
    plain: int = 0
    length: int = 0
    gate_score: int = 0
    credit: int = 0
    group: int = 0


@dataclass(frozen=True, slots=True)
class ValueReport:
    """One round's verdict.

    `gain` and `noise` are in twice the Huber loss at 2**32, summed over the scored rows: how much the loss fell,
    and the bound it had to pass. `step` is in quarters of the aggregate. `evaluation` is the mean absolute
    error on the scored rows in thousandths of the target's unit step. `budget` says what part of the plan's could be
    earned, `gate` what updates were judged by (None without any), `retrained` what was found of earlier trainings that
    were due. `agreements` compare the devices that were
    opened in this round with the stations around them, for people to look at.
    """

    round: int
    attempt: int
    contributors: tuple[ContributorValue, ...]
    aggregate_hash: Digest
    norm_limit: int
    step: int
    gain: int
    noise: int
    evaluation: int
    minted: BaseUnits
    version: bytes
    version_hash: Digest
    history: History
    claims_root: Digest
    claims_total: BaseUnits
    packets_checked: int
    budget: RoundBudget
    gate: GateVerdict | None = None
    retrained: Mapping[Address, Retrained] = field(default_factory=dict)
    agreements: tuple[Agreement, ...] = ()

    @property
    def value_root(self) -> Digest:
        """What stands in the attestation for the round's money."""
        return value_root(self.claims_root, self.claims_total, self.minted, self.gain)

    def attestation(self, plan: RoundPlan, updates_root: Digest, evidence_hash: Digest) -> dict[str, object]:
        """The fields of the EIP-712 `Attestation`."""
        return {
            **plan.binding,
            "updatesRoot": updates_root,
            "versionHash": self.version_hash,
            "valueRoot": self.value_root,
            "stateHash": self.history.hash,
            "evaluation": self.evaluation,
            "evidenceHash": evidence_hash,
        }
