"""`Judgement`: what one validator measured of a float task's round, and the median that a round is settled by.

Floats differ between machines in their last bits, so nobody can replay a validator's gradient; but gradients and losses
are all that a round needs of floats. Each validator measures them on a fixed grid of integers and seals the hash before
any is shown (the contract `Judgements`); the lower median of what was shown, value by value, is the round's, and
everything after it is integers that anyone replays. A validator attests only to a median that its own judgement is near
to (`far_from`), so a minority of liars moves nothing by more than that. Never signs, never asks a chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from andel.encoding import canonical_json, decode_arrays, encode_arrays
from andel.errors import EvidenceError, InputError
from andel.hashing import sha256
from andel.training.integer_mlp import IntArray
from andel.training.plan import RoundPlan
from andel.training.rules import MAX_QUARTERS
from andel.training.task import Task, parse_object
from andel.training.updates import flatten, split_parameters
from andel.units import Digest
from andel.value.aggregate import Aggregate
from andel.value.judge import LiveJudge, Measured
from andel.value.reference import ScoringRows

NO_AGGREGATE: Final = sha256(b"")
"""The hash that stands for the aggregate of a round in which no update counted."""

NEAR_BITS: Final = 16
"""A measure is near another within 2**-16 of the largest of its kind, and four units of its grid."""

Binding = tuple[Digest, Digest, Digest]
"""What a judgement is of: the plan (which names model, round and attempt), the root of updates, seed 2."""

MAX_JUDGEMENT_BYTES: Final = 64 * 1024 * 1024
_FORMAT: Final = "andel-judgement/1"
_GRADIENTS_TAG: Final = b"andel-gradients/1"
_NEAR_UNITS: Final = 4
_MAX_VALUE: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Judgement:
    """One validator's measures of an attempt.

    `aggregate` is the hash of the aggregate that they are of. `start` and `path` are gradients, flat, at 2**24
    (`andel.value.aumann_shapley`), `losses` the steering loss by quarters of a step, `measured` the worth of each step.
    """

    binding: Binding
    aggregate: Digest
    start: IntArray
    path: IntArray
    losses: Mapping[int, int]
    measured: Mapping[int, Measured]

    def to_bytes(self, task: Task) -> bytes:
        """Canonical bytes; their SHA-256 is what is sealed and shown."""
        gradients = [*split_parameters(self.start, task), *split_parameters(self.path, task)]
        return canonical_json(
            {
                "format": _FORMAT,
                "binding": [item.hex() for item in self.binding],
                "aggregate": self.aggregate.hex(),
                "losses": [[quarters, str(self.losses[quarters])] for quarters in sorted(self.losses)],
                "measured": [
                    [quarters, str(item.gain), str(item.deviation), str(item.evaluation)]
                    for quarters, item in sorted(self.measured.items())
                ],
                "gradients": encode_arrays(_GRADIENTS_TAG, gradients, 64).hex(),
            }
        )


def read_judgement(data: bytes, binding: Binding, task: Task) -> Judgement:
    """The judgement in canonical bytes. Raises InputError unless it is of the attempt that `binding` names."""
    values = parse_object(data, _FORMAT, MAX_JUDGEMENT_BYTES)
    try:
        arrays = decode_arrays(_GRADIENTS_TAG, bytes.fromhex(values["gradients"]), [*task.shapes, *task.shapes])
        start, path = flatten(arrays[: len(task.shapes)]), flatten(arrays[len(task.shapes) :])
        judgement = Judgement(
            _binding(values["binding"]),
            Digest(bytes.fromhex(values["aggregate"])),
            start,
            path,
            {_quarters(quarters): _value(loss) for quarters, loss in values["losses"]},
            {_quarters(quarters): Measured(*map(_value, measures)) for quarters, *measures in values["measured"]},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"judgement cannot be read: {error}") from error
    if judgement.binding != binding:
        raise InputError("the judgement is of another attempt")
    if any(int(gradient.max()) >= _MAX_VALUE or int(gradient.min()) <= -_MAX_VALUE for gradient in (start, path)):
        raise InputError("a gradient of the judgement leaves its bounds")
    if any(item.deviation < 0 or item.evaluation < 0 for item in judgement.measured.values()):
        raise InputError("the judgement holds a deviation or an evaluation below 0")
    if 0 not in judgement.losses or judgement.measured.keys() != judgement.losses.keys():
        raise InputError("the judgement does not measure the same steps, or not the one that changes nothing")
    if judgement.to_bytes(task) != data:
        raise InputError("judgement is not in its canonical form")
    return judgement


def binding_of(plan: RoundPlan, updates_root: Digest, second_seed: Digest) -> Binding:
    """What judgements of an attempt are bound to."""
    return plan.hash, updates_root, second_seed


class RecordingJudge:
    """One validator's own view of a round, written down while `settle` asks for it: all that the round's verdict can
    ask of a judge, whatever the others measured.
    """

    def __init__(self, task: Task, steering: ScoringRows, scoring: ScoringRows) -> None:
        """Measures on these rows. Methods raise InputError where the task's engine does."""
        self._live = LiveJudge(task, steering, scoring)
        self._task = task
        self._start: IntArray | None = None
        self._path: IntArray | None = None
        self._aggregate = NO_AGGREGATE
        self._losses: Mapping[int, int] = {0: 0}
        self._measured: dict[int, Measured] = {}

    @property
    def judgements(self) -> tuple[Digest, ...]:
        """See `Judge`: these measures are not agreed on yet."""
        return ()

    def start_gradient(self, before: IntArray) -> IntArray:
        """See `Judge`."""
        self._start = self._live.start_gradient(before)
        return self._start

    def path_gradient(self, before: IntArray, summed: Aggregate) -> IntArray:
        """See `Judge`."""
        self._path, self._aggregate = self._live.path_gradient(before, summed), summed.hash
        return self._path

    def losses(self, before: IntArray, summed: Aggregate, lengths: Sequence[int]) -> Mapping[int, int]:
        """See `Judge`; measures every one of those steps as well."""
        self._losses = self._live.losses(before, summed, lengths)
        self._measured = {quarters: self._live.measured(before, summed, quarters) for quarters in self._losses}
        return self._losses

    def measured(self, before: IntArray, summed: Aggregate | None, quarters: int) -> Measured:
        """See `Judge`."""
        if quarters not in self._measured:
            self._measured[quarters] = self._live.measured(before, summed, quarters)
        return self._measured[quarters]

    def judgement(self, binding: Binding) -> Judgement:
        """What was measured, once a round was settled by it."""
        none = np.zeros(self._task.size, np.int64)
        start, path = (none if item is None else item for item in (self._start, self._path))
        return Judgement(binding, self._aggregate, start, path, self._losses, self._measured)


class AgreedJudge:
    """The judge of a float task's round: the lower median of judgements, value by value.

    The start gradient is that of all. What depends on the aggregate is taken of those that measured the one which
    follows from it; near a gate's threshold others may have another. Methods raise EvidenceError, naming `place`, when
    fewer than `quorum` are left.
    """

    def __init__(self, task: Task, judgements: Sequence[Judgement], quorum: int, place: str) -> None:
        """Of one attempt, in the order of their validators."""
        self.judgements = tuple(sha256(item.to_bytes(task)) for item in judgements)
        self._judgements = judgements
        self._quorum = quorum
        self._place = place
        self._medians: dict[Digest, Judgement] = {}

    def start_gradient(self, before: IntArray) -> IntArray:
        """See `Judge`."""
        return _median_array([item.start for item in self._enough(self._judgements)])

    def path_gradient(self, before: IntArray, summed: Aggregate) -> IntArray:
        """See `Judge`."""
        return self.agreed(summed.hash).path

    def losses(self, before: IntArray, summed: Aggregate, lengths: Sequence[int]) -> Mapping[int, int]:
        """See `Judge`."""
        return self.agreed(summed.hash).losses

    def measured(self, before: IntArray, summed: Aggregate | None, quarters: int) -> Measured:
        """See `Judge`."""
        return self.agreed(summed.hash if summed else NO_AGGREGATE).measured[quarters]

    def agreed(self, aggregate: Digest) -> Judgement:
        """The median of what was measured of `aggregate`; a step that not most could measure does not compete."""
        if aggregate not in self._medians:
            found = self._enough([item for item in self._judgements if item.aggregate == aggregate])
            steps = {step for item in found for step in item.losses}
            common = [step for step in sorted(steps) if 2 * sum(step in item.losses for item in found) > len(found)]
            self._medians[aggregate] = Judgement(
                found[0].binding,
                aggregate,
                _median_array([item.start for item in self._judgements]),
                _median_array([item.path for item in found]),
                {step: _median([item.losses[step] for item in found if step in item.losses]) for step in common},
                {step: _median_measured(found, step) for step in common},
            )
        return self._medians[aggregate]

    def _enough(self, found: Sequence[Judgement]) -> Sequence[Judgement]:
        if len(found) < self._quorum:
            raise EvidenceError(
                f"{self._place}, judgements", f"{len(found)} measure the same aggregate, and {self._quorum} must"
            )
        return found


def far_from(own: Judgement, agreed: Judgement) -> str:
    """What of `own` is not near the median of all; empty when everything is. Steps that most left out are skipped."""
    for name, mine, theirs in (("start", own.start, agreed.start), ("path", own.path, agreed.path)):
        if int(np.abs(mine - theirs).max(initial=0)) > _allowed(int(np.abs(mine).max(initial=0))):
            return f"the gradient of the {name}"
    whole = own.losses[0]
    for step in own.losses.keys() & agreed.losses.keys():
        mine_of, theirs_of = own.measured[step], agreed.measured[step]
        compared = (
            ("steering loss", own.losses[step], agreed.losses[step], whole),
            ("gain", mine_of.gain, theirs_of.gain, whole),
            ("deviation", mine_of.deviation, theirs_of.deviation, whole),
            ("evaluation", mine_of.evaluation, theirs_of.evaluation, mine_of.evaluation),
        )
        for what, first, then, size in compared:
            if abs(first - then) > _allowed(size):
                return f"the {what} of {step} quarters"
    return ""


def _allowed(size: int) -> int:
    return (abs(size) >> NEAR_BITS) + _NEAR_UNITS


def _median(values: Sequence[int]) -> int:
    return sorted(values)[(len(values) - 1) // 2]


def _median_measured(found: Sequence[Judgement], step: int) -> Measured:
    items = [item.measured[step] for item in found if step in item.measured]
    return Measured(
        _median([item.gain for item in items]),
        _median([item.deviation for item in items]),
        _median([item.evaluation for item in items]),
    )


def _median_array(arrays: Sequence[IntArray]) -> IntArray:
    median: IntArray = np.sort(np.stack(arrays), axis=0)[(len(arrays) - 1) // 2]
    return median


def _binding(values: Sequence[str]) -> Binding:
    plan, updates, seed = (Digest(bytes.fromhex(value)) for value in values)
    return plan, updates, seed


def _quarters(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MAX_QUARTERS:
        raise InputError(f"the judgement holds {str(value)[:40]!r} where a step's quarters stand")
    return value


def _value(text: Any) -> int:
    value = int(text) if isinstance(text, str) and len(text) < 24 else _MAX_VALUE
    if abs(value) >= _MAX_VALUE:
        raise InputError(f"the judgement holds {str(text)[:40]!r} where a measure stands")
    return value
