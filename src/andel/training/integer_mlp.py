"""A one-hidden-layer regression network in integers, carried in float64 so that BLAS does the work.

Every operand holds integers and every partial sum stays below 2**53, so float64 arithmetic is exact in any
order: the same bytes come out whatever the BLAS kernel, the number of threads or fused multiply-adds
(DESIGN §5.4; reference: valuation-and-data §1.5). `_matmul` checks the bound at each product.

Scales (a quantity q is held as q · 2**bits):

    parameters 24   weights in a pass 16   inputs 5 (code − 128)   hidden 12   output, target, residual 16

The network predicts the *change* of the target in units of the task's `target_scale`:

    h = max(0, x W1 + b1)        f = h W2 + b2        loss = Huber(f − change / target_scale)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.errors import InputError
from andel.hashing import sha256

PARAMETER_BITS: Final = 24
WEIGHT_BITS: Final = 16
INPUT_BITS: Final = 5
HIDDEN_BITS: Final = 12
OUTPUT_BITS: Final = 16

INPUT_ZERO: Final = 128
"""The code (0..255) that means 0."""

MAX_PARAMETER: Final = 1 << 30
"""Largest magnitude of a parameter (64.0): keeps every product inside float64's exact integers."""

_MAX_HIDDEN: Final = float(1 << 22)
_EXACT: Final = float(1 << 53)
_BLOCK_ROWS: Final = 1_024  # hidden 2**22, residual 2**20 and this many rows stay below 2**53
_EXACT_INT64: Final = 1 << 62

IntArray = npt.NDArray[np.int64]
Parameters = Sequence[IntArray]
"""W1 (inputs, hidden), b1 (hidden,), W2 (hidden,), b2 (1,), int64 at 2**24."""

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Pass:
    """What a forward pass leaves for the backward pass (float64 holding integers)."""

    inputs: _Floats
    hidden: _Floats
    output: _Floats
    output_weights: _Floats


def parameter_shapes(inputs: int, hidden: int) -> list[tuple[int, ...]]:
    """Shapes of W1, b1, W2, b2."""
    return [(inputs, hidden), (hidden,), (hidden,), (1,)]


def initial_parameters(inputs: int, hidden: int, seed: bytes) -> list[IntArray]:
    """The first version: W1 and W2 uniform within ±sqrt(3/4 / fan-in) and ±sqrt(1/4 / fan-in), biases zero.

    About a third of the usual (He) scale: it starts near "no change", and federated steps were measured not to
    stick there. All from SHA-256 in counter mode over `seed`; the bounds are integer square roots.
    """
    shapes = parameter_shapes(inputs, hidden)
    draws = _counter_words(seed, inputs * hidden + hidden).astype(np.int64)
    one = 1 << (2 * PARAMETER_BITS)
    bound_in, bound_out = isqrt(3 * one // (4 * inputs)), isqrt(one // (4 * hidden))
    split = inputs * hidden
    w1 = ((draws[:split] * (2 * bound_in)) >> 32) - bound_in
    w2 = ((draws[split:] * (2 * bound_out)) >> 32) - bound_out
    return [w1.reshape(shapes[0]), np.zeros(shapes[1], np.int64), w2, np.zeros(shapes[3], np.int64)]


def scaled_targets(change: IntArray, target_scale: int) -> IntArray:
    """Targets at 2**16: floor(change · 2**16 / target_scale); `change` in the channel's unit."""
    return (np.asarray(change, np.int64) << OUTPUT_BITS) // target_scale


def predict_change(parameters: Parameters, codes: npt.NDArray[np.uint8], target_scale: int) -> IntArray:
    """Predicted change (n,), in the channel's unit, rounded to nearest; `codes` (n, inputs) uint8."""
    check_parameters(parameters)
    scaled = _outputs(parameters, codes)
    whole = scaled >> OUTPUT_BITS  # apart from the fraction, so that outputs of 2**40 times a scale of 2**31 fit
    fraction = scaled - (whole << OUTPUT_BITS)
    return whole * target_scale + ((fraction * target_scale + (1 << (OUTPUT_BITS - 1))) >> OUTPUT_BITS)


def loss_sum(parameters: Parameters, codes: npt.NDArray[np.uint8], targets: IntArray, residual_limit: int) -> int:
    """Twice the Huber loss summed over rows, at 2**32; `targets` and `residual_limit` at 2**16."""
    return int(row_losses(parameters, codes, targets, residual_limit).sum())


def row_losses(
    parameters: Parameters, codes: npt.NDArray[np.uint8], targets: IntArray, residual_limit: int
) -> npt.NDArray[Any]:
    """Twice the Huber loss of each row (n,), at 2**32: int64, or Python integers where their sum could leave it."""
    check_parameters(parameters)
    residual: npt.NDArray[Any] = np.abs(_outputs(parameters, codes) - targets)
    if 2 * int(residual.max(initial=0)) * residual_limit * len(residual) >= _EXACT_INT64:
        residual = residual.astype(object)
    inside = np.minimum(residual, residual_limit)
    losses: npt.NDArray[Any] = inside * (2 * residual - inside)
    return losses


def loss_gradient(
    parameters: Parameters, codes: npt.NDArray[np.uint8], targets: IntArray, residual_limit: int
) -> list[IntArray]:
    """Gradient of the mean Huber loss at 2**24, rounded to nearest, in the parameters' shapes.

    Args: codes (n, inputs) uint8, n ≥ 1; targets (n,) at 2**16; residual_limit at 2**16.
    """
    check_parameters(parameters)
    if len(codes) == 0:
        raise InputError("a gradient needs at least one row")
    sums = [np.zeros(np.shape(array), np.int64) for array in parameters]
    for start in range(0, len(codes), _BLOCK_ROWS):
        rows = slice(start, start + _BLOCK_ROWS)
        for total, part in zip(
            sums, _gradient_sums(parameters, codes[rows], targets[rows], residual_limit), strict=True
        ):
            total += part
    return _mean_gradient(sums, len(codes))


def train_steps(
    parameters: Parameters,
    codes: npt.NDArray[np.uint8],
    targets: IntArray,
    *,
    seed: bytes,
    steps: int,
    batch_rows: int,
    rate_shift: int,
    residual_limit: int,
) -> list[IntArray]:
    """Parameters after `steps` of gradient descent with rate 2**-rate_shift on minibatches drawn by `seed`.

    Minibatches are drawn with replacement by SHA-256 in counter mode, so a contributor with few rows takes as
    many steps as one with many, and anyone who has the rows repeats the training bit for bit.
    """
    if len(codes) == 0:
        raise InputError("training needs at least one row")
    current = [np.array(array, np.int64) for array in parameters]
    draws = (_counter_words(seed, steps * batch_rows) * np.uint64(len(codes))) >> np.uint64(32)
    picks = draws.astype(np.int64).reshape(steps, batch_rows)
    half = (1 << rate_shift) >> 1
    for pick in picks:
        gradient = loss_gradient(current, codes[pick], targets[pick], residual_limit)
        for array, slope in zip(current, gradient, strict=True):
            array -= (slope + half) >> rate_shift
            np.clip(array, -MAX_PARAMETER, MAX_PARAMETER, out=array)
    return current


def check_parameters(parameters: Parameters) -> None:
    """Raises InputError unless every parameter is within ±2**30."""
    for array in parameters:
        if array.size and max(int(array.max()), -int(array.min())) > MAX_PARAMETER:
            raise InputError(f"a parameter is over ±{MAX_PARAMETER >> PARAMETER_BITS}.0, the bound of exact arithmetic")


def _outputs(parameters: Parameters, codes: npt.NDArray[np.uint8]) -> IntArray:
    blocks = [_forward(parameters, codes[i : i + _BLOCK_ROWS]).output for i in range(0, len(codes), _BLOCK_ROWS)]
    return np.concatenate(blocks).astype(np.int64) if blocks else np.zeros(0, np.int64)


def _forward(parameters: Parameters, codes: npt.NDArray[np.uint8]) -> _Pass:
    w1, b1, w2, b2 = (array.astype(np.float64) for array in parameters)
    inputs = codes.astype(np.float64) - INPUT_ZERO
    output_weights = np.floor(w2 * 2.0 ** (WEIGHT_BITS - PARAMETER_BITS))
    before = _matmul(inputs, np.floor(w1 * 2.0 ** (WEIGHT_BITS - PARAMETER_BITS)))
    before += np.floor(b1 * 2.0 ** (INPUT_BITS + WEIGHT_BITS - PARAMETER_BITS))
    hidden = np.floor(before * 2.0 ** (HIDDEN_BITS - INPUT_BITS - WEIGHT_BITS)).clip(0.0, _MAX_HIDDEN)
    output = _matmul(hidden, output_weights[:, None])[:, 0] + b2 * 2.0 ** (HIDDEN_BITS + WEIGHT_BITS - PARAMETER_BITS)
    return _Pass(inputs, hidden, np.floor(output * 2.0 ** (OUTPUT_BITS - HIDDEN_BITS - WEIGHT_BITS)), output_weights)


def _gradient_sums(
    parameters: Parameters, codes: npt.NDArray[np.uint8], targets: IntArray, residual_limit: int
) -> list[IntArray]:
    """Sums over rows, each at the scale its product has (see `_mean_gradient`)."""
    run = _forward(parameters, codes)
    residual = (run.output - targets).clip(-residual_limit, residual_limit)
    active = (run.hidden > 0.0) & (run.hidden < _MAX_HIDDEN)
    slope = np.floor(residual[:, None] * run.output_weights * 2.0**-WEIGHT_BITS) * active
    sums = [
        _matmul(run.inputs.T, slope),
        slope.sum(axis=0),
        _matmul(run.hidden.T, residual[:, None])[:, 0],
        np.array([residual.sum()]),
    ]
    return [array.astype(np.int64) for array in sums]


def _mean_gradient(sums: Sequence[IntArray], rows: int) -> list[IntArray]:
    scales = (INPUT_BITS + OUTPUT_BITS, OUTPUT_BITS, HIDDEN_BITS + OUTPUT_BITS, OUTPUT_BITS)
    means = []
    for total, bits in zip(sums, scales, strict=True):
        up, down = max(PARAMETER_BITS - bits, 0), max(bits - PARAMETER_BITS, 0)
        divisor = rows << (down + 1)
        means.append(((total << (up + 1)) + (rows << down)) // divisor)
    return means


def _matmul(left: _Floats, right: _Floats) -> _Floats:
    bound = np.abs(left).max(initial=0.0) * np.abs(right).max(initial=0.0) * left.shape[1]
    if bound >= _EXACT:
        raise InputError(f"a product of up to {bound:.3g} leaves float64's exact integers")
    return left @ right


def _counter_words(seed: bytes, count: int) -> npt.NDArray[np.uint64]:
    """`count` words of 32 bits from SHA-256(seed ‖ counter), as uint64."""
    blocks = -(-count // 8)
    data = b"".join(sha256(seed, i.to_bytes(8, "big")) for i in range(blocks))
    return np.frombuffer(data, dtype=">u4")[:count].astype(np.uint64)
