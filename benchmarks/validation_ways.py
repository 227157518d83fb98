"""Two ways to validate a round, measured side by side on the same rounds.

*Separate weeks*: everybody is scored on rows of weeks that nobody trains on. *Own left out*: rows are drawn by a seed
from what contributors train on, and nobody is scored on their own. Scores here are the plain Aumann–Shapley values,
before novelty takes anything away; the gain is that of the whole aggregate on the same rows, which scores should sum
to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from andel.simulation.offchain_rounds import OffchainMember, OffchainRounds
from andel.training.integer_mlp import IntArray, loss_sum, scaled_targets
from andel.training.updates import flatten, split_parameters
from andel.value.aggregate import Aggregate, aggregate, stepped
from andel.value.aumann_shapley import path_gradient
from andel.value.reference import ScoringRows, draw_rows


@dataclass(frozen=True, slots=True)
class Ways:
    """A round's gain and sum of scores, mean loss a row, each way; `favour`: by how much scores on rows with one's own
    among them exceed those without, summed.
    """

    gain_apart: float
    sum_apart: float
    gain_own: float
    sum_own: float
    favour: float


def compare_ways(rounds: OffchainRounds, count: int) -> list[Ways]:
    """So many honest rounds, each scored both ways; the model moves by the pipeline's verdict."""
    found = []
    for _ in range(count):
        before, number = flatten(rounds.parameters), rounds.plan.round
        updates = rounds.updates()
        _, scoring = draw_rows(rounds.reference.score, rounds.task, rounds.second_seed)
        report = rounds.play(updates)
        lines = {line.contributor: line for line in report.contributors}
        kept = [member for member in rounds.members if not lines[member.address].reason]
        summed = aggregate(
            np.stack([updates[m.address] for m in kept]), [m.slots for m in kept], rounds.plan.rules.clip
        )
        if summed.hash != report.aggregate_hash:
            raise RuntimeError(f"round {number}: the aggregate computed here is not the one settled")
        drawn = _own_rows(rounds, kept, len(scoring.targets), number)
        found.append(_ways(rounds, before, kept, summed, scoring, drawn))
    return found


def _ways(
    rounds: OffchainRounds,
    before: IntArray,
    members: Sequence[OffchainMember],
    summed: Aggregate,
    scoring: ScoringRows,
    drawn: Sequence[ScoringRows],
) -> Ways:
    weights = np.array([member.slots for member in members], float) / summed.weight_sum
    apart = path_gradient(before, summed, rounds.task, scoring).astype(float)
    own = np.stack([path_gradient(before, summed, rounds.task, rows).astype(float) for rows in drawn])
    sizes = np.array([len(rows.targets) for rows in drawn], float)
    whole = sizes @ own / sizes.sum()
    without = [(sizes @ own - size * part) / (sizes.sum() - size) for size, part in zip(sizes, own, strict=True)]
    values = summed.updates.astype(float)
    scores_all = weights * (values @ whole)
    scores_without = weights * np.array([x @ g for x, g in zip(values, without, strict=True)])
    unit = 2.0**49
    return Ways(
        gain_apart=_gain(rounds, before, summed, [scoring]),
        sum_apart=float((weights * (values @ apart)).sum()) / unit,
        gain_own=_gain(rounds, before, summed, drawn),
        sum_own=float(scores_without.sum()) / unit,
        favour=float((scores_all - scores_without).sum()) / unit,
    )


def _gain(rounds: OffchainRounds, before: IntArray, summed: Aggregate, parts: Sequence[ScoringRows]) -> float:
    """How much the mean Huber loss falls from w to w + T."""
    task, total, count = rounds.task, 0, 0
    after = stepped(before, summed, 1, 1)
    for rows in parts:
        for sign, point in ((1, before), (-1, after)):
            total += sign * loss_sum(split_parameters(point, task), rows.codes, rows.targets, task.score_limit)
        count += len(rows.targets)
    return total / (2 * count * 2.0**32)


def _own_rows(rounds: OffchainRounds, members: Sequence[OffchainMember], count: int, number: int) -> list[ScoringRows]:
    """About `count` rows, from each contributor in proportion to its own."""
    random = np.random.default_rng([number, *rounds.seed])
    everything = sum(len(member.change) for member in members)
    drawn = []
    for member in members:
        size = max(2, count * len(member.change) // everything)
        chosen = np.sort(random.choice(len(member.change), min(size, len(member.change)), replace=False))
        change = member.change[chosen]
        targets = scaled_targets(change, rounds.task.target_scale)
        drawn.append(ScoringRows(member.codes[chosen], targets, change))
    return drawn
