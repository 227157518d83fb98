"""`TrainingPolicy`: the bounds that holders set to every round's plan.

The chain holds only its hash (`ModelPolicy`, rule *training*); this file is the one home of its form. Takes and gives
canonical JSON:

    {"format":"andel-training-policy/1","least_k":2,"privacy":["open"],"rate_shift":[0,24],"steps":[1,10000],
     "windows":[[15706,16070]]}

A plan obeys when its steps and its rate shift lie in their ranges (ends included; a greater shift is a slower rate),
all of its days lie in the windows (none listed: any day), its task's privacy mode is listed (none: any), and k is not
below `least_k`. Bounds only narrow what the task fixed at the founding; where nothing is left, no round opens until a
vote widens them. Never reads a chain.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from andel.encoding import canonical_json, canonical_text
from andel.errors import PlanError
from andel.hashing import sha256
from andel.training.plan import DayRanges, RoundPlan
from andel.training.privacy import MODES
from andel.training.schedule import MAX_RATE_SHIFT, MAX_STEPS
from andel.training.task import Task, parse_object
from andel.units import Digest

FORMAT: Final = "andel-training-policy/1"
MAX_RANGES: Final = 4_096
_MAX_BYTES: Final = 1024 * 1024
_MAX_DAY: Final = 1 << 24
_MAX_K: Final = 32


@dataclass(frozen=True, slots=True)
class TrainingPolicy:
    """See the module's docstring. Raises PlanError when a bound is empty or out of what plans can say."""

    steps: tuple[int, int] = (1, MAX_STEPS)
    rate_shift: tuple[int, int] = (0, MAX_RATE_SHIFT)
    windows: DayRanges = ()
    privacy: tuple[str, ...] = ()
    least_k: int = 1

    def __post_init__(self) -> None:
        _check_range("steps", self.steps, 1, MAX_STEPS)
        _check_range("rate_shift", self.rate_shift, 0, MAX_RATE_SHIFT)
        if len(self.windows) > MAX_RANGES:
            raise PlanError(f"a training policy has at most {MAX_RANGES} windows")
        for window in self.windows:
            _check_range("windows", window, 0, _MAX_DAY)
        if any(former[1] >= later[0] for former, later in zip(self.windows, self.windows[1:], strict=False)):
            raise PlanError("a training policy's windows ascend and stay apart")
        if list(self.privacy) != sorted(set(self.privacy)) or not set(self.privacy) <= set(MODES):
            raise PlanError(f"a training policy names privacy modes in rising order, of {', '.join(MODES)}")
        if type(self.least_k) is not int or not 1 <= self.least_k <= _MAX_K:
            raise PlanError(f"a training policy's least_k is 1 to {_MAX_K}, not {str(self.least_k)[:20]}")

    @property
    def hash(self) -> Digest:
        """SHA-256 of the policy's bytes: what a vote puts on chain."""
        return sha256(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Canonical bytes."""
        return canonical_json({"format": FORMAT, **asdict(self)})

    def narrowed(self, windows: DayRanges) -> DayRanges:
        """The days of `windows` that the policy lets a plan train on."""
        if not self.windows:
            return windows
        return tuple(
            (max(first, low), min(last, high))
            for first, last in windows
            for low, high in self.windows
            if max(first, low) <= min(last, high)
        )

    def check(self, plan: RoundPlan, task: Task) -> None:
        """Raises PlanError, saying what the plan does and what the policy allows, unless the plan obeys."""
        for what, stated, (low, high) in (
            ("steps", plan.steps, self.steps),
            ("a rate shift", plan.rate_shift, self.rate_shift),
        ):
            if not low <= stated <= high:
                raise PlanError(f"it has {stated} {what} where the training policy allows {low} to {high}", _HINT)
        if self.narrowed(plan.windows) != plan.windows:
            raise PlanError("it trains on days that the training policy does not list", _HINT)
        if self.privacy and task.privacy.mode not in self.privacy:
            allowed = ", ".join(self.privacy)
            raise PlanError(f"its privacy is {task.privacy.mode}, the training policy allows {allowed}", _HINT)
        if plan.k < self.least_k:
            raise PlanError(f"its k is {plan.k}, the training policy asks for {self.least_k}", _HINT)


def parse_training_policy(data: bytes) -> TrainingPolicy:
    """The policy in canonical bytes. Raises PlanError, InputError for anything else."""
    policy = _policy_of(parse_object(data, FORMAT, _MAX_BYTES))
    if policy.to_bytes() != data:
        raise PlanError("a training policy's fields are not in their canonical form")
    return policy


def training_policy_of_text(data: bytes) -> TrainingPolicy:
    """The policy in a file written by hand, whatever its spaces. Raises PlanError, InputError."""
    return parse_training_policy(canonical_text(data, _MAX_BYTES))


def _policy_of(values: dict[str, Any]) -> TrainingPolicy:
    expected = {"steps", "rate_shift", "windows", "privacy", "least_k"}
    if set(values) != expected:
        raise PlanError(f"training policy fields differ: {sorted(set(values) ^ expected)}")
    try:
        return TrainingPolicy(
            _pair(values["steps"]),
            _pair(values["rate_shift"]),
            tuple(_pair(window) for window in values["windows"]),
            tuple(str(mode) for mode in values["privacy"]),
            values["least_k"],
        )
    except (TypeError, ValueError) as error:
        raise PlanError(f"training policy cannot be read: {error}") from error


def _pair(value: Any) -> tuple[int, int]:
    low, high = value
    if type(low) is not int or type(high) is not int:
        raise PlanError(f"not a range of integers: {str(value)[:60]}")
    return low, high


def _check_range(name: str, bounds: tuple[int, int], low: int, high: int) -> None:
    if not low <= bounds[0] <= bounds[1] <= high:
        raise PlanError(f"training policy field {name} is {bounds}, not a range within {low} to {high}")


_HINT: Final = "holders change the training policy by a vote: see `andel vote`"
