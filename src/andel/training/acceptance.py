"""What an owner accepted: one task of one model, terms, a policy and days; nothing else is ever trained on or shown.

The acceptance is a file of the node, written when the owner names the task's hash. It is compared with the chain when
the node starts and with each plan that comes. Whoever reaches the SuperLink can send any bytes; only a plan inside the
acceptance is looked at further.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from andel.content import digest_of_cid
from andel.encoding import canonical_json, parse_hex, parse_json
from andel.errors import InputError, PlanError, SettingsError
from andel.hashing import sha256
from andel.keys import parse_address
from andel.training.plan import DayRanges, RoundPlan
from andel.training.task import Task
from andel.typed_data import Domain
from andel.units import Address, Digest
from andel.whole_files import write_whole

FORMAT: Final = "andel-acceptance/1"
_MAX_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class Acceptance:
    """`task`, `terms` and `policy` are hashes; `days` are the first and last day (since 1970) that may be used; the
    `held_out` of these stay home, and with `tells_errors` sums of errors on them may be told.
    """

    chain_id: int
    model: Address
    owner: Address
    task: Digest
    terms: Digest
    policy: Digest
    days: tuple[int, int]
    held_out: DayRanges = ()
    tells_errors: bool = False

    @property
    def domain(self) -> Domain:
        """The EIP-712 domain of the model's messages."""
        return Domain(self.chain_id, self.model)

    def check(self, plan: RoundPlan, task: Task) -> None:
        """Raises PlanError unless the plan stays inside what was accepted, also in what the task only names by hash."""
        if (plan.chain_id, plan.model) != (self.chain_id, self.model):
            raise PlanError("the plan is of a model that this owner has not joined")
        if digest_of_cid(plan.task) != self.task or sha256(task.to_bytes()) != self.task:
            raise PlanError(f"the task is not the one that the owner accepted, {self.task.hex()}")
        if plan.terms != self.terms:
            raise PlanError("the plan names terms that the owner has not accepted")
        if plan.policy != self.policy:
            raise PlanError("the plan names a policy that the owner has not accepted")
        if plan.rules.hash.hex() != task.rules:
            raise PlanError("the plan's rules are not those that the accepted task names")
        if plan.reference.hash.hex() != task.reference:
            raise PlanError("the plan's reference set is not the one that the accepted task names")
        first, last = self.days
        if not plan.windows or plan.windows[0][0] < first or plan.windows[-1][1] > last:
            raise PlanError("the plan uses days that the owner has not accepted")

    def check_errors_told(self) -> None:
        """Raises PlanError unless the owner lets errors on held-out days be told."""
        if not self.tells_errors:
            raise PlanError("this owner keeps its errors to itself")

    def to_bytes(self) -> bytes:
        """Canonical bytes, for a file."""
        return canonical_json(
            {
                "format": FORMAT,
                "chain_id": self.chain_id,
                "model": self.model,
                "owner": self.owner,
                "task": self.task.hex(),
                "terms": self.terms.hex(),
                "policy": self.policy.hex(),
                "days": list(self.days),
                "held_out": [list(pair) for pair in self.held_out],
                "tells_errors": self.tells_errors,
            }
        )


def keep_acceptance(path: Path, accepted: Acceptance) -> None:
    """Writes the acceptance, whole. Raises OSError."""
    write_whole(path, accepted.to_bytes())


def read_acceptance(path: Path) -> Acceptance | None:
    """The acceptance in a file; None where there is none. Raises SettingsError when it cannot be read."""
    if not path.exists():
        return None
    try:
        values = parse_json(path.read_bytes(), _MAX_BYTES)
        if values["format"] != FORMAT:
            raise InputError(f"not an acceptance ({FORMAT})")
        first, last = (int(day) for day in values["days"])
        task, terms, policy = (Digest(parse_hex(values[name], 32)) for name in ("task", "terms", "policy"))
        model, owner = parse_address(values["model"]), parse_address(values["owner"])
        held_out = tuple((int(start), int(end)) for start, end in values.get("held_out", []))
        tells = values.get("tells_errors", False) is True
        chain_id = int(values["chain_id"])
        return Acceptance(chain_id, model, owner, task, terms, policy, (first, last), held_out, tells)
    except (OSError, InputError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise SettingsError(f"{path} is no acceptance", "move it away and accept again with --accept-task") from error
