"""Part of `benchmarks/value.py`: a round's arithmetic with ten thousand contributors."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import numpy as np
from value_rounds import SIZED_FEATURES, sized

from andel.training.engine import genesis_parameters
from andel.training.updates import flatten
from andel.value.aggregate import aggregate
from andel.value.aumann_shapley import path_gradient, scores
from andel.value.exact_dots import exact_dots
from andel.value.reference import ScoringRows

ROWS = 1_024


def measure_scale(contributors: int, parameters: int, runs: int) -> dict[str, Any]:
    """Seconds from the set of updates (int32, one array, overwritten) to integer scores: wall and processor time.

    The network has 24 inputs and as many hidden units as come nearest to `parameters`; its updates are random.
    """
    random = np.random.default_rng(1)
    task = sized(parameters)
    before = flatten(genesis_parameters(task))
    codes = random.integers(0, 256, (ROWS, SIZED_FEATURES), dtype=np.uint8)
    targets = random.integers(-(1 << 17), 1 << 17, ROWS)
    rows = ScoringRows(codes, targets, targets)
    lengths = random.uniform(0.5, 2, (contributors, 1)).astype(np.float32) * 2**13
    updates = (random.standard_normal((contributors, len(before)), dtype=np.float32) * lengths).astype(np.int32)
    weights = random.integers(24, 400, contributors).tolist()
    own = np.empty_like(updates)
    found = []
    for _ in range(runs):
        own[...] = updates
        start, spent = time.perf_counter(), time.process_time()
        step = aggregate(own, weights, in_place=True)
        summed = time.perf_counter()
        gradient = path_gradient(before, step, task, rows)
        sloped = time.perf_counter()
        scores(exact_dots(step.updates, gradient), weights, step.weight_sum)
        end = time.perf_counter()
        found.append((end - start, time.process_time() - spent, summed - start, sloped - summed, end - sloped))
    wall, processor, adding, slopes, dots = (median(column) for column in zip(*found, strict=True))
    print("| contributors | parameters | seconds | clip and sum | gradients | scores | processor seconds | best |")
    print("|---" * 8 + "|")
    best = min(item[0] for item in found)
    print(
        f"| {contributors:,} | {len(before):,} | {wall:.3f} | {adding:.3f} | {slopes:.3f} | {dots:.3f} "
        f"| {processor:.3f} | {best:.3f} |"
    )
    return {
        "seconds_10000": round(wall, 4),
        "seconds_10000_best": round(best, 4),
        "seconds_10000_processor": round(processor, 4),
        "parameters_10000": len(before),
    }
