"""Linear models and networks of several layers in integers, carried in float64 so that BLAS does the work.

Every operand holds integers and every partial sum stays below 2**53, so float64 arithmetic is exact in any
order: the same bytes come out whatever the BLAS kernel, the number of threads or fused multiply-adds
(DESIGN §5.4; reference: valuation-and-data §1.5). Operands are held within bounds, and `integer_bounds` proves from
these, for each layer, that no sum can leave float64's integers.

Scales (a quantity q is held as q · 2**bits):

    parameters 24   weights in a pass 16   inputs 5 (code − 128)   hidden 12   output, target, residual, slopes 16

The network predicts the *change* of the target in units of the task's `target_scale`. With a_0 = inputs and hidden
layers 1 … L (a linear model has none):

    a_l = max(0, a_{l−1} W_l + b_l)        f = a_L w + b        loss = Huber(f − change / target_scale)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.errors import InputError
from andel.training.integer_bounds import (
    BLOCK_ROWS,
    HIDDEN_BITS,
    INPUT_BITS,
    INPUT_ZERO,
    MAX_HIDDEN,
    MAX_RESIDUAL,
    MAX_SLOPE,
    OUTPUT_BITS,
    PARAMETER_BITS,
    WEIGHT_BITS,
    int64_rows,
)
from andel.training.integer_bounds import MAX_PARAMETER as MAX_PARAMETER  # given on: it is part of what a network is

IntArray = npt.NDArray[np.int64]
Parameters = Sequence[IntArray]
"""W1 (inputs, n1), b1 (n1,), … for each hidden layer, then w (nL,), b (1,): int64 at 2**24."""

_EXACT_INT64: Final = 1 << 62
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer as a pass uses it (float64 holding integers)."""

    weights: _Floats
    """(n, m) at 2**16; m = 1 in the output layer."""
    bias: _Floats
    """(m,) at the scale of the layer's sums."""
    bits: int
    """The scale of what the layer takes in."""


def parameter_shapes(inputs: int, layers: Sequence[int]) -> list[tuple[int, ...]]:
    """Shapes of W1, b1, …, w, b for hidden layers of so many units; none for a linear model."""
    shapes: list[tuple[int, ...]] = []
    for taken, units in zip([inputs, *layers], layers, strict=False):
        shapes += [(taken, units), (units,)]
    return [*shapes, ([inputs, *layers][-1],), (1,)]


def scaled_targets(change: IntArray, target_scale: int) -> IntArray:
    """Targets at 2**16: floor(change · 2**16 / target_scale); `change` in the channel's unit."""
    return (np.asarray(change, np.int64) << OUTPUT_BITS) // target_scale


def predict_change(parameters: Parameters, codes: npt.NDArray[np.uint8], target_scale: int) -> IntArray:
    """Predicted change (n,), in the channel's unit, rounded to nearest; `codes` (n, inputs) uint8."""
    scaled = _outputs(parameters, codes)
    whole = scaled >> OUTPUT_BITS  # apart from the fraction, so that outputs of 2**41 times a scale of 2**31 fit
    fraction = scaled - (whole << OUTPUT_BITS)
    return whole * target_scale + ((fraction * target_scale + (1 << (OUTPUT_BITS - 1))) >> OUTPUT_BITS)


def loss_sum(parameters: Parameters, codes: npt.NDArray[np.uint8], targets: IntArray, residual_limit: int) -> int:
    """Twice the Huber loss summed over rows, at 2**32; `targets` and `residual_limit` at 2**16."""
    return int(row_losses(parameters, codes, targets, residual_limit).sum())


def row_losses(
    parameters: Parameters, codes: npt.NDArray[np.uint8], targets: IntArray, residual_limit: int
) -> npt.NDArray[Any]:
    """Twice the Huber loss of each row (n,), at 2**32: int64, or Python integers where their sum could leave it."""
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

    Args: codes (n, inputs) uint8, n ≥ 1; targets (n,) and residual_limit (≤ 2**20) at 2**16. Raises InputError for
    others, and as `check_parameters` does.
    """
    check_parameters(parameters)
    if len(codes) == 0:
        raise InputError("a gradient needs at least one row")
    if not 0 <= residual_limit <= MAX_RESIDUAL:
        raise InputError(f"a residual limit of {residual_limit} is not in 0..{MAX_RESIDUAL}")
    return mean_gradient(parameters, codes, targets, residual_limit)


def mean_gradient(
    parameters: Parameters, codes: npt.NDArray[np.uint8], targets: IntArray, residual_limit: int
) -> list[IntArray]:
    """As `loss_gradient`, of arguments that are known to be within bounds: a training step repeats no checks."""
    layers = _prepared(parameters)
    # beyond so many rows sums and their scaling could leave int64: Python's integers take over
    kind: Any = np.int64 if len(codes) <= int64_rows(*_form(parameters)) else object
    sums: list[npt.NDArray[Any]] = [np.zeros(np.shape(array), kind) for array in parameters]
    for start in range(0, len(codes), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        parts = _gradient_sums(layers, codes[rows], targets[rows], residual_limit)
        for total, part in zip(sums, parts, strict=True):
            total += part.astype(np.int64).reshape(total.shape)
    scales = [bits for layer in layers for bits in (layer.bits + OUTPUT_BITS, OUTPUT_BITS)]
    return [_mean(total, bits, len(codes)) for total, bits in zip(sums, scales, strict=True)]


def check_parameters(parameters: Parameters) -> None:
    """Raises InputError unless every parameter is within ±2**30 and every sum of a pass is proven exact."""
    int64_rows(*_form(parameters))
    check_magnitudes(parameters)


def check_magnitudes(parameters: Parameters) -> None:
    """Raises InputError unless every parameter is within ±2**30."""
    for array in parameters:
        if array.size and max(int(array.max()), -int(array.min())) > MAX_PARAMETER:
            raise InputError(f"a parameter is over ±{MAX_PARAMETER >> PARAMETER_BITS}.0, the bound of parameters")


def _form(parameters: Parameters) -> tuple[int, tuple[int, ...]]:
    """(inputs, units of each hidden layer)."""
    return len(parameters[0]), tuple(len(bias) for bias in parameters[1:-1:2])


def _prepared(parameters: Parameters) -> list[_Layer]:
    layers: list[_Layer] = []
    for weights, bias in zip(parameters[::2], parameters[1::2], strict=True):
        bits = HIDDEN_BITS if layers else INPUT_BITS
        shift = bits + WEIGHT_BITS - PARAMETER_BITS
        layers.append(
            _Layer(
                (weights >> (PARAMETER_BITS - WEIGHT_BITS)).astype(np.float64).reshape(len(weights), -1),
                np.floor(bias * 2.0**shift),
                bits,
            )
        )
    return layers


def _outputs(parameters: Parameters, codes: npt.NDArray[np.uint8]) -> IntArray:
    check_parameters(parameters)
    layers = _prepared(parameters)
    blocks = [_forward(layers, codes[i : i + BLOCK_ROWS])[-1] for i in range(0, len(codes), BLOCK_ROWS)]
    return np.concatenate(blocks)[:, 0].astype(np.int64) if blocks else np.zeros(0, np.int64)


def _forward(layers: Sequence[_Layer], codes: npt.NDArray[np.uint8]) -> list[_Floats]:
    """Inputs, each hidden layer's activations, and the output (n, 1)."""
    values: list[_Floats] = [np.subtract(codes, INPUT_ZERO, dtype=np.float64)]
    for layer in layers[:-1]:
        sums = _floored_sums(values[-1], layer, HIDDEN_BITS)
        np.maximum(sums, 0.0, out=sums)
        values.append(np.minimum(sums, MAX_HIDDEN, out=sums))
    return [*values, _floored_sums(values[-1], layers[-1], OUTPUT_BITS)]


def _floored_sums(values: _Floats, layer: _Layer, bits: int) -> _Floats:
    sums = values @ layer.weights
    sums += layer.bias
    sums *= 2.0 ** (bits - layer.bits - WEIGHT_BITS)
    return np.floor(sums, out=sums)


def _gradient_sums(
    layers: Sequence[_Layer], codes: npt.NDArray[np.uint8], targets: IntArray, residual_limit: int
) -> list[_Floats]:
    """Sums over rows, each at the scale its product has (see `mean_gradient`)."""
    *values, output = _forward(layers, codes)
    output -= targets[:, None]
    slopes = _held(output, residual_limit)
    sums = [values[-1].T @ slopes, slopes.sum(axis=0)]
    for number in range(len(layers) - 1, 0, -1):
        active = (values[number] > 0.0) & (values[number] < MAX_HIDDEN)
        slopes = slopes @ layers[number].weights.T
        slopes *= 2.0**-WEIGHT_BITS
        np.floor(slopes, out=slopes)
        slopes *= active
        if number > 1:  # the first layer's meet inputs of 8 bits and need no bound of their own
            _held(slopes, MAX_SLOPE)
        sums = [values[number - 1].T @ slopes, slopes.sum(axis=0), *sums]
    return sums


def _held(values: _Floats, limit: int) -> _Floats:
    """The same array, each value held at ±limit."""
    np.minimum(values, limit, out=values)
    return np.maximum(values, -limit, out=values)


def _mean(total: npt.NDArray[Any], bits: int, rows: int) -> IntArray:
    """`total` (at 2**bits) over `rows`, rounded to nearest at 2**24."""
    up, down = max(PARAMETER_BITS - bits, 0), max(bits - PARAMETER_BITS, 0)
    mean: npt.NDArray[Any] = ((total << (up + 1)) + (rows << down)) // (rows << (down + 1))
    return mean.astype(np.int64, copy=False)
