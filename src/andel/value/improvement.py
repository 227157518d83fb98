"""The value pipeline over numbers: from updates with weights to scores and the next parameters.

gate → multi-Krum → clip → aggregate → path gradient → novelty → scores → line search. Each stage is a small file of its
own; here stands only their order. Takes integers and a judge; never sees a signature, a device or money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from andel.training.integer_mlp import IntArray
from andel.training.rules import ValueRules
from andel.value.aggregate import Aggregate, aggregate, stepped
from andel.value.aumann_shapley import scores
from andel.value.exact_dots import exact_dots
from andel.value.gate import GateVerdict, gate
from andel.value.judge import Judge
from andel.value.line_search import least_of
from andel.value.multi_krum import multi_krum
from andel.value.novelty import project_off

GATE = "the gate"
KRUM = "multi-Krum"


@dataclass(frozen=True, slots=True)
class Contribution:
    """An update (flat), its weight in proven slots, and what its devices scored before: credit, or debt below 0."""

    update: IntArray
    weight: int
    credit: int = 0


@dataclass(frozen=True, slots=True)
class Scored:
    """What became of one contribution.

    `length` before the clip; `gate_score` per unit of weight, at 2**49; `plain` its Aumann–Shapley value and `score`
    the part of it that is new, at 2**49; `dropped` names the filter that left it out, and is empty where none did.
    """

    length: int
    gate_score: int
    plain: int
    score: int
    dropped: str = ""


@dataclass(frozen=True, slots=True)
class Combined:
    """What is added up, what the gate judged by, and which filter drops each contribution ("" none)."""

    summed: Aggregate
    judged: GateVerdict
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Improvement:
    """`before` and `after` are parameters (flat); `scored` in the order of the contributions; `step` in quarters."""

    before: IntArray
    after: IntArray
    scored: tuple[Scored, ...]
    step: int
    norm_limit: int
    aggregate: Aggregate
    gate: GateVerdict


def improve(
    judge: Judge,
    rules: ValueRules,
    before: IntArray,
    steps: Sequence[IntArray],
    contributions: Sequence[Contribution],
) -> Improvement:
    """Filters, adds, scores and steps; `steps` are the model's last public steps. Needs one contribution at least.

    A dropped update moves nothing and is paid nothing. What it would have done, at its weight and clipped like the
    rest, still counts for its devices: harm whole, good until their debt is made good.
    """
    weights = [item.weight for item in contributions]
    combined = combine(rules, judge.start_gradient(before), contributions)
    summed, judged = combined.summed, combined.judged
    gradient = judge.path_gradient(before, summed)
    dots = exact_dots(summed.updates, gradient)
    projection = project_off(gradient, steps)
    plain = scores(dots, weights, summed.weight_sum)
    novel = scores(projection.novel(summed.updates, dots), weights, summed.weight_sum, projection.scale)
    step = least_of(judge.losses(before, summed, rules.line_search))
    scored = (
        Scored(length, at_start, whole, min(score, max(0, -item.credit)) if by else score, by)
        for item, length, at_start, whole, score, by in zip(
            contributions, summed.lengths, judged.scores, plain, novel, combined.dropped, strict=True
        )
    )
    after = stepped(before, summed, step, 4) if step else before
    return Improvement(before, after, tuple(scored), step, summed.norm_limit, summed, judged)


def combine(rules: ValueRules, start: IntArray, contributions: Sequence[Contribution]) -> Combined:
    """Gate, multi-Krum, clip and sum, by the gradient at the `start` of the round."""
    weights = [item.weight for item in contributions]
    updates = np.stack([item.update for item in contributions])
    credits = [item.credit for item in contributions]
    judged = gate(exact_dots(updates, start), weights, credits, rules.gate_mads)
    dropped = _filter(updates, weights, judged, rules)
    summed = aggregate(updates, weights, rules.clip, [not by for by in dropped], in_place=True)
    return Combined(summed, judged, tuple(dropped))


def _filter(updates: IntArray, weights: Sequence[int], judged: GateVerdict, rules: ValueRules) -> list[str]:
    """Which filter drops each update; multi-Krum sees what the gate let pass."""
    dropped = [GATE if drop else "" for drop in judged.dropped]
    if not rules.krum_drop_bps:
        return dropped
    passed = [i for i, by in enumerate(dropped) if not by]
    apart = multi_krum(updates[passed], [weights[i] for i in passed], rules.krum_drop_bps)
    for i, drop in zip(passed, apart, strict=True):
        if drop:
            dropped[i] = KRUM
    return dropped
