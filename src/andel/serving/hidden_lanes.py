"""One hidden layer in lanes: each neuron at a scale of its own, and rounding that makes what is lost cancel.

Takes W1 (d, h), b1 (h,), W2 (h,), b2 (1,) as int64 at 2**24 and the target's scale; gives the integers of a model file.

1. Each hidden neuron gets its own scale, so that it fills its lane and its weights lie near integers; the
   output weights undo the scale, since max(s*z, 0) = s * max(z, 0) for every s > 0.
2. The output layer gets the largest power of two that its 32-bit lane holds.
3. Single weights are rounded the other way where that brings the answers to a fixed set of made-up questions
   nearer to the exact ones: what is lost by rounding is made to cancel.

Python integers and int64 only, no floats, no randomness. Never looks at anybody's data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andel.encoding import IntArray
from andel.fixed_point import div_nearest
from andel.hashing import sha256
from andel.serving.lanes import Lanes, too_fine
from andel.serving.model_file import MAX_ACTIVATION, MAX_CODE, MAX_REACH, MAX_SHIFT, fits_lane
from andel.training.integer_bounds import INPUT_BITS, INPUT_ZERO, PARAMETER_BITS

Codes = npt.NDArray[np.uint8]

_Z_BITS: Final = PARAMETER_BITS + INPUT_BITS
"""(codes - 128) @ W1 + b1 * 2**5 is z at 2**29."""
_SPANS: Final = range(MAX_ACTIVATION, MAX_ACTIVATION * 3 // 4, -64)
"""Lane values tried for a neuron's farthest point. At the last of them, 24,639, the neuron always fits:
rounding adds at most 24 * 128 / 2 + 1."""
_BIAS_ROOM: Final = 1 << 28
"""Part of the output lane kept free for the output bias. Rounding moves each of 24 weights by less than 1, so
a lane by less than 24 * 128 + 1, and y by less than 65,536 times that, which is below 2**28."""

_PROBES: Final = 1024
_PROBE_TAG: Final = b"andel.quantise.probes.1"
_MAX_PASSES: Final = 4
_LOSS_SHIFT: Final = 7
"""Errors stay below 2**33; without their low 7 bits, 1024 squares sum to less than 2**63."""


@dataclass(slots=True)
class _Neuron:
    """A hidden neuron while it is rounded: lane = exact z * span / peak. All zero when it never fires."""

    wanted: list[int]
    """Exact weights, as in W1."""
    weights: list[int]
    """Rounded weights: `wanted` * span / peak, up or down."""
    bias: int
    """Rounded bias, on raw codes: it also takes the middle code off every input."""
    span: int
    """Where the neuron's farthest point comes to lie in the lane."""
    peak: int
    """That point before scaling, at 2**29 per 1.0 of z."""

    def other_way(self, i: int) -> int:
        """+1 or -1: the step of weight i across its exact value; 0 where it is exact."""
        gap = self.wanted[i] * self.span - self.weights[i] * self.peak
        return (gap > 0) - (gap < 0)

    def stepped(self, i: int, step: int) -> tuple[list[int], int]:
        """Weights and bias with weight i moved by `step`; the middle code's z stays."""
        moved = list(self.weights)
        moved[i] += step
        return moved, self.bias - INPUT_ZERO * step


def hidden_lanes(w1: IntArray, b1: IntArray, w2: IntArray, b2: IntArray, target_scale: int) -> Lanes:
    """The integers of a model with one hidden layer. Raises ModelFileError when an answer could leave 32 bits."""
    neurons = [_fit(w1[:, j].tolist(), int(b1[j]) << INPUT_BITS, fires=bool(w2[j])) for j in range(len(b1))]
    shift, output_weights = _output_layer(neurons, w2.tolist(), int(b2[0]), target_scale)
    codes = probe_codes(w1.shape[0])
    exact = _exact_answers(codes, w1, b1, w2, b2, target_scale << shift)
    output_bias = _settle_rounding(neurons, output_weights, codes, exact)
    return Lanes(
        weights=tuple(tuple(neuron.weights) for neuron in neurons),
        biases=tuple(neuron.bias for neuron in neurons),
        output_weights=tuple(output_weights),
        output_bias=output_bias + (1 << shift >> 1),
        shift=shift,
    )


def _fit(wanted: list[int], bias: int, *, fires: bool) -> _Neuron:
    """The neuron at the span where its rounded weights are nearest, in proportion, to the exact ones."""
    below, above = INPUT_ZERO, MAX_CODE - INPUT_ZERO
    high = bias + sum(above * weight if weight > 0 else below * -weight for weight in wanted)
    low = bias - sum(below * weight if weight > 0 else above * -weight for weight in wanted)
    if high <= 0 or not fires:
        return _Neuron([0] * len(wanted), [0] * len(wanted), bias=0, span=1, peak=0)
    peak = max(high, -low)
    tried = (_rounded(wanted, bias, span, peak) for span in _SPANS)
    return min((neuron for neuron in tried if fits_lane(neuron.weights, neuron.bias)), key=_distance)


def _rounded(wanted: list[int], bias: int, span: int, peak: int) -> _Neuron:
    weights = [div_nearest(weight * span, peak) for weight in wanted]
    lane_bias = div_nearest(bias * span, peak) - INPUT_ZERO * sum(weights)
    return _Neuron(wanted, weights, lane_bias, span, peak)


def _distance(neuron: _Neuron) -> int:
    """Squared distance of the rounded weights from the exact ones, in a unit that all spans share."""
    gaps = (
        weight * neuron.span - rounded * neuron.peak
        for weight, rounded in zip(neuron.wanted, neuron.weights, strict=True)
    )
    return (sum(gap * gap for gap in gaps) << 32) // (neuron.span * neuron.span)


def _output_layer(neurons: Sequence[_Neuron], w2: list[int], b2: int, target_scale: int) -> tuple[int, list[int]]:
    """The largest shift at which the output lane holds every sum, and the output weights at it."""
    for shift in range(MAX_SHIFT, -1, -1):
        scale = target_scale << shift
        weights = [
            div_nearest(scale * weight * neuron.peak, neuron.span << (_Z_BITS + PARAMETER_BITS))
            for neuron, weight in zip(neurons, w2, strict=True)
        ]
        bias = (scale * abs(b2) >> PARAMETER_BITS) + (1 << shift)
        if MAX_ACTIVATION * sum(map(abs, weights)) + bias + _BIAS_ROOM <= MAX_REACH:
            return shift, weights
    raise too_fine(target_scale)


def _exact_answers(codes: Codes, w1: IntArray, b1: IntArray, w2: IntArray, b2: IntArray, scale: int) -> IntArray:
    """What the parameters themselves answer to `codes`, times `scale`, rounded down."""
    z = (codes.astype(np.int64) - INPUT_ZERO) @ w1 + (b1 << INPUT_BITS)
    # Below 2**42 so far; the products need Python's integers.
    sums = np.maximum(z, 0).astype(object) @ w2.astype(object) + (int(b2[0]) << _Z_BITS)
    return np.array([int(value) * scale >> (_Z_BITS + PARAMETER_BITS) for value in sums], dtype=np.int64)


def _settle_rounding(neurons: Sequence[_Neuron], output_weights: Sequence[int], codes: Codes, exact: IntArray) -> int:
    """Round single weights of `neurons` the other way while the squared error over `codes` falls.

    Changes the neurons; returns the output bias at which the mean error is zero.
    """
    inputs = codes.astype(np.int64)
    sums = [inputs @ np.array(neuron.weights, dtype=np.int64) + neuron.bias for neuron in neurons]
    answers = np.maximum(np.array(sums), 0).T @ np.array(output_weights, dtype=np.int64)
    output_bias = _mean(exact - answers)
    error = answers + output_bias - exact
    loss = _loss(error)
    for _ in range(_MAX_PASSES):
        before = loss
        for j, neuron in enumerate(neurons):
            for i in range(inputs.shape[1]):
                step = neuron.other_way(i)
                weights, bias = neuron.stepped(i, step)
                if not step or not fits_lane(weights, bias):
                    continue
                z = sums[j] + step * (inputs[:, i] - INPUT_ZERO)
                moved = error + output_weights[j] * (np.maximum(z, 0) - np.maximum(sums[j], 0))
                moved_loss = _loss(moved)
                if moved_loss < loss:
                    neuron.weights, neuron.bias = weights, bias
                    sums[j], error, loss = z, moved, moved_loss
        mean = _mean(error)
        output_bias, error = output_bias - mean, error - mean
        loss = _loss(error)
        if loss >= before:
            break
    return output_bias


def _mean(values: IntArray) -> int:
    return div_nearest(int(values.sum()), len(values))


def _loss(error: IntArray) -> int:
    coarse = error >> _LOSS_SHIFT
    return int(coarse @ coarse)


def probe_codes(inputs: int) -> Codes:
    """Made-up questions (1024, inputs), the same for everybody: bell-shaped about the middle code.

    A code is the mean of four bytes: all its own in one half of the questions; in the other half three of
    them are the same for all inputs of the question, since readings of one place move together.
    """
    size = _PROBES * (inputs + 1) * 4
    blocks = (sha256(_PROBE_TAG, block.to_bytes(4, "big")) for block in range(-(-size // 32)))
    draws = np.frombuffer(b"".join(blocks), dtype=np.uint8)[:size].astype(np.int64)
    own, shared = np.split(draws.reshape(_PROBES, inputs + 1, 4), [inputs], axis=1)
    together = np.arange(_PROBES)[:, None] % 2 == 1
    sums: IntArray = np.where(together, own[:, :, 0] + shared[:, :, 1:].sum(axis=2), own.sum(axis=2))
    return (sums // 4).astype(np.uint8)
