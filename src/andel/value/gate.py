"""The gate: clear harm by devices with a bad record is left out, and so is whoever owes much, until it is made good.

Each update is judged by its score per unit of weight where the model stands before the round, so no poisoned aggregate
bends the measure, and on the steering rows, so the rows that score decide nothing but the score. An update is dropped
in two cases. For harm, all three must hold: its score per weight is negative; it lies more than `mads` weighted median
absolute deviations under the weighted median; and its devices' record, with this harm, is a debt of more than half of
what the median contributor has to its credit. For its record, when that alone is such a debt: an update turned around
looks like anybody's once the model has nearly learnt, and a record does not forget who sent it before. Rounds within
their noise leave no record (`andel.value.settle`), else honest devices whose data suits the reference weeks badly would
drift into debt by chance. A filter that drops the honest may not be a default: what this one drops stands in
docs/decisions/0018-chance-neither-pays-nor-convicts.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from andel.fixed_point import div_nearest
from andel.value.clip import weighted_median


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """Scores per unit of weight, their weighted median, its median absolute deviation and the `floor` that follows;
    the weighted median of `records`, what devices have scored per unit of weight; and who is dropped.
    """

    scores: tuple[int, ...]
    median: int
    deviation: int
    floor: int
    records: tuple[int, ...]
    record: int
    dropped: tuple[bool, ...]


def gate(dots: Sequence[int], weights: Sequence[int], credits: Sequence[int], mads: int) -> GateVerdict:
    """Judges updates by `dots`, their products with `start_gradient`; `credits` are what their devices have scored.

    Updates with dot 0 are in no median: half the weight in zeros must not make every difference an outlier.
    With `mads` 0 nothing is dropped.
    """
    moving = [(dot, weight) for dot, weight in zip(dots, weights, strict=True) if dot]
    values, masses = [dot for dot, _ in moving], [weight for _, weight in moving]
    median = weighted_median(values, masses)
    deviation = weighted_median([abs(value - median) for value in values], masses)
    floor = min(0, median - mads * deviation)
    total = sum(weights)
    records = tuple(div_nearest(credit * total, weight) for credit, weight in zip(credits, weights, strict=True))
    record = max(0, weighted_median(records, weights))
    dropped = tuple(
        mads > 0 and ((dot < floor and 2 * (own + dot) < -record) or 2 * own < -record < 0)
        for dot, own in zip(dots, records, strict=True)
    )
    return GateVerdict(tuple(dots), median, deviation, floor, records, record, dropped)
