"""What FEDn made of a round, held against Andel's own exact aggregation of the same signed updates.

Takes a round's result (what `EvidenceStrategy` kept: signed, hash first, bytes as signed) and FEDn's model. Gives the
exact version, how far FEDn's lies from the exact average, and whether it may be trained on. Never trusts FEDn's sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from andel.errors import InputError
from andel.training.integer_mlp import IntArray, Parameters
from andel.training.result import RoundResult
from andel.training.task import Task
from andel.training.updates import decode_update, flatten, split_parameters
from andel.units import Address
from andel.value.aggregate import aggregate, stepped
from integrations.fedn import wire

FLOAT_STEP: Final = 2.0**-22
"""By how much each client can move FEDn's float average from the exact one, in units of 2**-24.

Parameters after an update stay below 2**31, where float64 is 2**-22 apart; FEDn's running average rounds such a sum
once a client, by half of that at most, and its three smaller operations by less than the other half.
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """`parameters` are FEDn's as integers, `exact` Andel's; `difference` is the largest between FEDn's numbers and the
    exact average before rounding, and `bound` what it may be, both in units of 2**-24; `unequal` counts parameters that
    differ after rounding.
    """

    parameters: list[IntArray]
    exact: list[IntArray]
    difference: float
    bound: float
    unequal: int

    @property
    def adopted(self) -> bool:
        """Whether FEDn's model is the average of the signed updates and of nothing else."""
        return self.difference <= self.bound


def check_model(
    model: bytes, task: Task, version: Parameters, result: RoundResult, proven: Mapping[Address, int], *, exact: bool
) -> Checked:
    """FEDn's `model` of a round that began at `version`; weights are the `proven` slots. Raises InputError.

    `exact`: FEDn added integers, so it must be Andel's version itself.
    """
    if not result.updates:
        raise InputError("the round kept no signed update")
    weights = [proven[item.contributor] for item in result.updates]
    total = aggregate(np.stack([decode_update(item.update, task) for item in result.updates]), weights, "none")
    old = flatten(version)
    ours = stepped(old, total, 1, 1)
    arrays = wire.read_model(model, task.shapes)
    theirs = wire.integers(arrays)
    unequal = int((flatten(theirs) != ours).sum())
    if exact:
        difference, bound = float(np.abs(flatten(theirs) - ours).max(initial=0)), 0.0
    else:
        difference, bound = _furthest(arrays, old, total.total, total.weight_sum), len(weights) * FLOAT_STEP
    return Checked(theirs, split_parameters(ours, task), difference, bound, unequal)


def _furthest(arrays: Sequence[wire.Numbers], old: IntArray, total: IntArray, weight: int) -> float:
    """The largest distance between FEDn's numbers and old + total / weight, in exact arithmetic."""
    told = np.concatenate([array.ravel() for array in arrays]).tolist()
    pairs = zip(told, old.tolist(), total.tolist(), strict=True)
    return float(max(abs(Fraction(value) - before - Fraction(change, weight)) for value, before, change in pairs))
