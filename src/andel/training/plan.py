"""`RoundPlan`: what one round does, as its signed messages bind it.

The coordinator writes it, its CID's digest goes on chain when the round opens, and every commitment, update
and attestation of the round carries that digest. Days and times are integers; hashes are hex without 0x;
amounts are decimal strings, since JSON numbers end at 2**53.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import Any, Final

from andel.device.epochs import Epoch
from andel.encoding import canonical_json, parse_json
from andel.errors import PlanError
from andel.hashing import sha256
from andel.keys import parse_address
from andel.training.rules import DEFAULT_RULES, ValueRules, read_rules
from andel.training.schedule import Pace
from andel.training.task import Task, check_plain_fields, parse_object
from andel.typed_data import Domain
from andel.units import Address, BaseUnits, Digest

PLAN_FORMAT: Final = "andel-plan/3"
_MAX_PLAN_BYTES = 1024 * 1024
_MAX_RANGES = 4_096

DayRanges = tuple[tuple[int, int], ...]
"""Inclusive ranges of days since 1970-01-01, ascending and apart."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The founder's reference set: signed readings nobody trains on.

    `batches` is the CID of its batch headers (the roots), `sealed` of its packets encrypted to the validators,
    `packets` of the plain packets, which are published after the last round closes. Readings of `score` days
    steer and score; readings of `report` days are only reported on. `epoch` is that of the reference devices' firmware,
    as `andel.device.epochs` names it; "" where it is unknown: what a packet itself leaves open is then left out.
    """

    batches: str
    sealed: str
    packets: str
    score: DayRanges
    report: DayRanges
    epoch: str = ""

    @property
    def hash(self) -> Digest:
        """SHA-256 of `to_bytes`, which the task names."""
        return sha256(self.to_bytes())

    def to_bytes(self) -> bytes:
        """The canonical fields: the object under `hash` in the content store."""
        return canonical_json(self.values())

    def values(self) -> dict[str, object]:
        """The fields as a plan writes them."""
        return {name: getattr(self, name) for name in ("batches", "sealed", "packets", "score", "report", "epoch")}


@dataclass(frozen=True)  # not slotted: it keeps its bytes and their hash, which every message of the round names
class RoundPlan:
    """One round's plan; see the module's docstring for the forms.

    `alliance` says on chain which devices contribute; `policy` and `terms` are the hashes of its rules as they stood
    when the round opened. `steps` and `rate_shift` are the round's in the task's schedule: whoever reads the plan reads
    how long its training is. `rules` say how value is computed; the task names their hash.
    """

    chain_id: int
    model: Address
    round: int
    attempt: int
    task: str
    version: Digest
    state: Digest
    windows: DayRanges
    steps: int
    rate_shift: int
    deadline: int
    k: int
    n: int
    budget: BaseUnits
    operator_share_bps: int
    alliance: Address
    policy: Digest
    terms: Digest
    reference: Reference
    rules: ValueRules = DEFAULT_RULES

    @property
    def domain(self) -> Domain:
        """The EIP-712 domain of the model's messages."""
        return Domain(self.chain_id, self.model)

    @cached_property
    def hash(self) -> Digest:
        """SHA-256 of the plan's bytes: planHash."""
        return sha256(self.to_bytes())

    @property
    def binding(self) -> dict[str, object]:
        """The fields that every signed message of the round begins with."""
        return {"model": self.model, "round": self.round, "attempt": self.attempt, "planHash": self.hash}

    def covers(self, day: int) -> bool:
        """Whether the round trains on readings of `day`."""
        place = bisect_right(self._first_days, day) - 1  # ranges ascend and stay apart
        return place >= 0 and day <= self.windows[place][1]

    def to_bytes(self) -> bytes:
        """Canonical bytes."""
        return self._bytes

    @cached_property
    def _bytes(self) -> bytes:
        return canonical_json(self._fields())

    @cached_property
    def _first_days(self) -> tuple[int, ...]:
        return tuple(first for first, _ in self.windows)

    def _fields(self) -> dict[str, object]:
        return {
            "format": PLAN_FORMAT,
            "chain_id": self.chain_id,
            "model": self.model,
            "round": self.round,
            "attempt": self.attempt,
            "task": self.task,
            "version": self.version.hex(),
            "state": self.state.hex(),
            "windows": self.windows,
            "steps": self.steps,
            "rate_shift": self.rate_shift,
            "deadline": self.deadline,
            "k": self.k,
            "n": self.n,
            "budget": str(self.budget),
            "operator_share_bps": self.operator_share_bps,
            "alliance": self.alliance,
            "policy": self.policy.hex(),
            "terms": self.terms.hex(),
            "reference": self.reference.values(),
            "rules": self.rules.values(),
        }


@lru_cache(maxsize=64)
def parse_plan(data: bytes) -> RoundPlan:
    """The plan in canonical bytes. Raises PlanError when a field is missing, unknown or malformed."""
    values = parse_object(data, PLAN_FORMAT, _MAX_PLAN_BYTES)
    expected = {field.name for field in fields(RoundPlan)}
    if set(values) != expected:
        raise PlanError(f"plan fields differ: {sorted(set(values) ^ expected)}")
    try:
        check_plain_fields("plan", RoundPlan, values)
        plan = RoundPlan(
            **{
                **values,
                "model": parse_address(values["model"]),
                "version": _digest(values["version"]),
                "state": _digest(values["state"]),
                "alliance": parse_address(values["alliance"]),
                "policy": _digest(values["policy"]),
                "terms": _digest(values["terms"]),
                "windows": _ranges(values["windows"]),
                "budget": BaseUnits(int(values["budget"])),
                "reference": _reference(values["reference"]),
                "rules": _rules(values["rules"]),
            }
        )
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise PlanError(f"plan cannot be read: {error}") from error
    counts = (plan.chain_id, plan.round, plan.attempt, plan.deadline, plan.k, plan.n, plan.budget)
    if plan.to_bytes() != data or min(counts) < 0 or not 0 <= plan.operator_share_bps <= 10_000:
        raise PlanError("plan's fields are not in their canonical form, or out of bounds")
    if plan.reference.epoch not in ("", *Epoch):
        raise PlanError(f"no firmware is of epoch {plan.reference.epoch[:40]!r}", f"one of {', '.join(Epoch)}, or none")
    for kept in (plan.reference.score, plan.reference.report):
        if any(first <= end and start <= last for first, last in plan.windows for start, end in kept):
            raise PlanError("the plan trains on days of its reference set")
    return plan


def parse_reference(data: bytes) -> Reference:
    """A reference in the bytes of `Reference.to_bytes`. Raises PlanError, InputError."""
    value = parse_json(data, _MAX_PLAN_BYTES)
    try:
        reference = _reference(value)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise PlanError(f"reference cannot be read: {error}") from error
    if reference.to_bytes() != data:
        raise PlanError("reference's fields are not in their canonical form")
    return reference


def parse_rules(data: bytes) -> ValueRules:
    """Value rules in the bytes of `ValueRules.to_bytes`. Raises PlanError, InputError."""
    value = parse_json(data, _MAX_PLAN_BYTES)
    try:
        rules = _rules(value)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise PlanError(f"rules cannot be read: {error}") from error
    if rules.to_bytes() != data:
        raise PlanError("the rules' fields are not in their canonical form")
    return rules


def _rules(value: dict[str, Any]) -> ValueRules:
    check_plain_fields("rules", ValueRules, value)
    return read_rules(value)


def _reference(value: dict[str, Any]) -> Reference:
    check_plain_fields("reference", Reference, value)
    ranges = {"score": _ranges(value["score"]), "report": _ranges(value["report"])}
    return Reference(**{**value, **ranges})


def check_pace(plan: RoundPlan, task: Task) -> None:
    """Raises PlanError unless the plan's steps and rate are those of its round in the task's schedule."""
    stated, due = Pace(plan.steps, plan.rate_shift), task.pace(plan.round)
    if stated != due:
        raise PlanError(
            f"the plan of round {plan.round} has {stated.steps} steps at 2**-{stated.rate_shift}; the task's schedule"
            f" has {due.steps} at 2**-{due.rate_shift}"
        )


def _digest(text: str) -> Digest:
    raw = bytes.fromhex(text)
    if len(raw) != 32:
        raise PlanError(f"not a 32-byte hash: {text[:80]!r}")
    return Digest(raw)


def _ranges(pairs: list[list[int]]) -> DayRanges:
    ranges = tuple((int(first), int(last)) for first, last in pairs)
    follows = all(a[1] < b[0] for a, b in zip(ranges, ranges[1:], strict=False))
    if len(ranges) > _MAX_RANGES or not follows or any(first > last for first, last in ranges):
        raise PlanError("day ranges must ascend, stay apart and number at most 4096")
    return ranges
