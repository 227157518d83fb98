"""Linear models and networks of several layers in integers, carried in float64 so that BLAS does the work.

Every operand holds integers times one power of two and every partial sum stays below 2**53 of its unit, so float64
arithmetic is exact in any order: the same bytes come out whatever the BLAS kernel, the number of threads or fused
multiply-adds (DESIGN §5.4; reference: valuation-and-data §1.5). Operands are held within bounds, and `integer_bounds`
proves from these, for each layer, that no sum can leave float64's integers.

Scales (a quantity q is held as q · 2**bits):

    parameters 24   weights in a pass 16   inputs 5 (code − 128)   hidden 12   output, target, residual, slopes 16

The network predicts the *change* of the target in units of the task's `target_scale`. With a_0 = inputs and hidden
layers 1 … L (a linear model has none):

    a_l = max(0, a_{l−1} W_l + b_l)        f = a_L w + b        loss = Huber(f − change / target_scale)

A pass holds a row of data in each column, so that what belongs to a unit lies together, and a bias is one more weight:
every layer also takes in a constant 1.0. So b stands below W, as it does in the flat parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import prod
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.errors import InputError
from andel.training.integer_bounds import (
    HIDDEN_BITS,
    INPUT_BITS,
    INPUT_ZERO,
    MAX_HIDDEN,
    MAX_RESIDUAL,
    MAX_SLOPE,
    OUTPUT_BITS,
    PARAMETER_BITS,
    WEIGHT_BITS,
    block_rows,
    int64_rows,
)
from andel.training.integer_bounds import MAX_PARAMETER as MAX_PARAMETER  # given on: it is part of what a network is

IntArray = npt.NDArray[np.int64]
Parameters = Sequence[IntArray]
"""W1 (inputs, n1), b1 (n1,), … for each hidden layer, then w (nL,), b (1,): int64 at 2**24."""

_EXACT_INT64: Final = 1 << 62
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Form:
    """A network's form: how many inputs, and how many units in each hidden layer."""

    inputs: int
    layers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer as a pass uses it (float64 holding integers times a power of two)."""

    matrix: _Floats
    """(taken in + 1, units): W over b, so scaled that its sums need only be floored."""
    held: bool
    """Whether a hidden layer's sums can reach MAX_HIDDEN, by the size of its weights."""


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
    form = form_of(parameters)
    (found,) = mean_gradients([flatten(parameters)], form, codes, targets, residual_limit)
    return unflatten(found, [array.shape for array in parameters])


def mean_gradients(
    vectors: Sequence[IntArray], form: Form, codes: npt.NDArray[np.uint8], targets: IntArray, residual_limit: int
) -> list[IntArray]:
    """`loss_gradient` at each of several flat parameters, flat, on the same rows, which are converted once.

    Parameters are known to be within ±2**30: a training step repeats no checks. Raises InputError for no rows, a limit
    beyond bounds, or a form that is not proven exact.
    """
    count = len(codes)
    if count == 0:
        raise InputError("a gradient needs at least one row")
    if not 0 <= residual_limit <= MAX_RESIDUAL:
        raise InputError(f"a residual limit of {residual_limit} is not in 0..{MAX_RESIDUAL}")
    # beyond so many rows sums and their scaling could leave int64: Python's integers take over
    kind: Any = np.int64 if count <= int64_rows(form.inputs, form.layers) else object
    blocks = [(_inputs(codes[place]), targets[place]) for place in _blocks(count, form)]
    found = []
    for vector in vectors:
        layers = _prepared(vector, form)
        parts = [
            _gradient_sums(layers, *block, residual_limit).astype(np.int64).astype(kind, copy=False) for block in blocks
        ]
        found.append(_mean(sum(parts[1:], start=parts[0]), form, count))
    return found


def check_parameters(parameters: Parameters) -> None:
    """Raises InputError unless every parameter is within ±2**30 and every sum of a pass is proven exact."""
    form = form_of(parameters)
    int64_rows(form.inputs, form.layers)
    check_magnitudes(parameters)


def check_magnitudes(parameters: Parameters) -> None:
    """Raises InputError unless every parameter is within ±2**30."""
    for array in parameters:
        if array.size and max(int(array.max()), -int(array.min())) > MAX_PARAMETER:
            raise InputError(f"a parameter is over ±{MAX_PARAMETER >> PARAMETER_BITS}.0, the bound of parameters")


def form_of(parameters: Parameters) -> Form:
    """The form that the parameters' shapes have."""
    return Form(len(parameters[0]), tuple(len(bias) for bias in parameters[1:-1:2]))


def flatten(parameters: Parameters) -> IntArray:
    """Parameters as one new vector, in the order of their arrays: W1, b1, …, w, b."""
    return np.concatenate([array.ravel() for array in parameters])


def unflatten(vector: IntArray, shapes: Sequence[tuple[int, ...]]) -> list[IntArray]:
    """The inverse of `flatten` for arrays of these shapes; views of the vector."""
    arrays: list[IntArray] = []
    for shape in shapes:
        size = prod(shape)
        arrays.append(vector[:size].reshape(shape))
        vector = vector[size:]
    return arrays


@lru_cache(maxsize=256)
def _scales(form: Form) -> tuple[_Floats, _Floats]:
    """(what the flat parameters are multiplied by before they are floored, what after it): powers of two."""
    before, after = [], []
    for number, (taken, units) in enumerate(_sizes(form)):
        bits, out = _layer_bits(number, form)
        before += [2.0 ** (WEIGHT_BITS - PARAMETER_BITS)] * (taken * units)
        before += [2.0 ** (bits + WEIGHT_BITS - PARAMETER_BITS)] * units
        after += [2.0 ** (out - bits - WEIGHT_BITS)] * (taken * units)
        after += [2.0 ** (out - bits - WEIGHT_BITS - bits)] * units  # it meets a constant of 2**bits
    return np.array(before), np.array(after)


def _sizes(form: Form) -> list[tuple[int, int]]:
    """(values taken in, units) of each layer, the output last."""
    return list(pairwise([form.inputs, *form.layers, 1]))


def _layer_bits(number: int, form: Form) -> tuple[int, int]:
    """The scales of what a layer takes in and gives, layers counted from 0."""
    return HIDDEN_BITS if number else INPUT_BITS, OUTPUT_BITS if number == len(form.layers) else HIDDEN_BITS


def _prepared(vector: IntArray, form: Form) -> list[_Layer]:
    before, after = _scales(form)
    scaled = vector * before
    np.floor(scaled, out=scaled)
    scaled *= after
    layers: list[_Layer] = []
    start, reach = 0, float(INPUT_ZERO)
    for number, (taken, units) in enumerate(_sizes(form)):
        matrix = scaled[start : start + (taken + 1) * units].reshape(taken + 1, units)
        start += matrix.size
        if number < len(form.layers):
            reach *= float(np.abs(matrix).sum(axis=0).max())
        layers.append(_Layer(matrix, reach >= MAX_HIDDEN))
        reach = max(min(reach, float(MAX_HIDDEN)), float(1 << HIDDEN_BITS))  # no value is larger, nor is the constant
    return layers


def _blocks(rows: int, form: Form) -> list[slice]:
    most = block_rows(form.layers)
    return [slice(start, start + most) for start in range(0, rows, most)]


def _outputs(parameters: Parameters, codes: npt.NDArray[np.uint8]) -> IntArray:
    check_parameters(parameters)
    form = form_of(parameters)
    layers = _prepared(flatten(parameters), form)
    blocks = [_forward(layers, _inputs(codes[place]))[-1] for place in _blocks(len(codes), form)]
    return np.concatenate(blocks, axis=1)[0].astype(np.int64) if blocks else np.zeros(0, np.int64)


def _inputs(codes: npt.NDArray[np.uint8]) -> _Floats:
    """(inputs + 1, rows): what the first layer takes in, its constant last."""
    values = np.empty((codes.shape[1] + 1, len(codes)))
    np.subtract(codes.T, float(INPUT_ZERO), out=values[:-1])
    values[-1] = 1 << INPUT_BITS
    return values


def _forward(layers: Sequence[_Layer], inputs: _Floats) -> list[_Floats]:
    """Inputs and each hidden layer's activations, each with its constant as the last line, and the output (1, n)."""
    values = [inputs]
    for layer in layers[:-1]:
        units = np.empty((layer.matrix.shape[1] + 1, inputs.shape[1]))
        units[-1] = 1 << HIDDEN_BITS
        sums = np.matmul(layer.matrix.T, values[-1], out=units[:-1])
        np.floor(sums, out=sums)
        np.maximum(sums, 0.0, out=sums)
        if layer.held:
            np.minimum(sums, MAX_HIDDEN, out=sums)
        values.append(units)
    output = layers[-1].matrix.T @ values[-1]
    return [*values, np.floor(output, out=output)]


def _gradient_sums(layers: Sequence[_Layer], inputs: _Floats, targets: IntArray, residual_limit: int) -> _Floats:
    """Sums over rows, flat, each at the scale its product has (see `_mean`)."""
    *values, output = _forward(layers, inputs)
    output -= targets
    slopes = _held(output, residual_limit)
    sums = [values[-1] @ slopes.T]
    slopes *= 2.0 ** (HIDDEN_BITS - OUTPUT_BITS)  # the output's weights are scaled by so much more
    for number in range(len(layers) - 1, 0, -1):
        units = values[number][:-1]
        active = units > 0.0
        if layers[number - 1].held:
            active &= units < MAX_HIDDEN
        slopes = np.dot(layers[number].matrix[:-1], slopes)  # @ is slow where one column meets one line
        np.floor(slopes, out=slopes)
        slopes *= active
        if number > 1:  # the first layer's meet inputs of 8 bits and need no bound of their own
            _held(slopes, MAX_SLOPE)
        sums.append(values[number - 1] @ slopes.T)
    return np.concatenate([part.ravel() for part in reversed(sums)])


def _held(values: _Floats, limit: int) -> _Floats:
    """The same array, each value held at ±limit."""
    np.minimum(values, limit, out=values)
    return np.maximum(values, -limit, out=values)


def _mean(total: npt.NDArray[Any], form: Form, rows: int) -> IntArray:
    """`total` over `rows`, rounded to nearest at 2**24: the first layer's is held at 2**21, every other at 2**28.

    Takes the array over.
    """
    taken, units = _sizes(form)[0]
    first = (taken + 1) * units
    for part, bits in ((total[:first], INPUT_BITS + OUTPUT_BITS), (total[first:], HIDDEN_BITS + OUTPUT_BITS)):
        down = max(bits - PARAMETER_BITS, 0)
        part <<= max(PARAMETER_BITS - bits, 0) + 1
        part += rows << down
        part //= rows << (down + 1)
    return total.astype(np.int64, copy=False)
