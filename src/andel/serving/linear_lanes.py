"""A linear model in lanes: one neuron for each input, which hands its code on unchanged.

Takes w (d,), b (1,) as int64 at 2**24 and the target's scale; gives the integers of a model file. A code is never
negative, so the rectifier lets it pass, and the whole of each weight stands in the output layer, whose lanes are twice
as wide: nothing is rounded but these weights, to about 20 bits. Python integers only. Never looks at anybody's data.
"""

from __future__ import annotations

from andel.encoding import IntArray
from andel.fixed_point import div_nearest
from andel.serving.lanes import Lanes, too_fine
from andel.serving.model_file import MAX_CODE, MAX_REACH, MAX_SHIFT
from andel.training.integer_bounds import INPUT_BITS, INPUT_ZERO, PARAMETER_BITS


def linear_lanes(w: IntArray, b: IntArray, target_scale: int) -> Lanes:
    """The integers of a linear model, at the largest shift that holds its answers.

    Raises ModelFileError when none does.
    """
    for shift in range(MAX_SHIFT, -1, -1):
        scale = target_scale << shift
        weights = [div_nearest(scale * weight, 1 << (PARAMETER_BITS + INPUT_BITS)) for weight in w.tolist()]
        # the middle code's part of every input comes off here, with the rounded weights, so that it cancels exactly
        bias = div_nearest(scale * int(b[0]), 1 << PARAMETER_BITS) - INPUT_ZERO * sum(weights) + (1 << shift >> 1)
        if MAX_CODE * sum(map(abs, weights)) + abs(bias) <= MAX_REACH:
            return Lanes(_handed_on(weights), (0,) * len(weights), tuple(weights), bias, shift)
    raise too_fine(target_scale)


def _handed_on(weights: list[int]) -> tuple[tuple[int, ...], ...]:
    """Neuron i gives code i; one whose weight is zero reads nothing, so that it costs nothing."""
    inputs = range(len(weights))
    return tuple(tuple(int(i == j and weights[j] != 0) for i in inputs) for j in inputs)
