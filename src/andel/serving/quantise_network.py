"""From the integer parameters of a network with any number of hidden layers to its file of layers, in integers alone.

Takes weights and biases of each layer as int64 at 2**24 over codes of one byte (a code u means (u - 128) / 32); gives a
LayersFile whose questions are those of format 1: the codes, then the base in the last four bytes, which it adds.

1. Every hidden unit has a scale of its own, so that it nearly fills its lane; the next layer's weights undo it, since
   max(s * z, 0) = s * max(z, 0) for every s > 0. Weights are rounded to nearest, toward zero in a unit that would
   otherwise leave its lane.
2. Each bias takes off the mean by which the unit's sums over a fixed set of made-up questions are off, so a layer also
   makes up for those before it.
3. How many low bits a hidden layer drops is tried over these questions, one layer after the other.

Python's integers and int64 in a fixed order: the same parameters give the same bytes on every machine. No floats, no
randomness, nobody's data. Bounds are proven once, of the file that comes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.encoding import IntArray
from andel.errors import InputError
from andel.fixed_point import div_nearest
from andel.serving.hidden_lanes import probe_codes
from andel.serving.lanes import too_fine
from andel.serving.layers_file import HIDDEN_BITS, OUTPUT_BITS, Layer, LayersFile
from andel.serving.model_file import MAX_CODE
from andel.serving.quantise import QuantisePlan, check_values
from andel.serving.slots import Slots
from andel.training.integer_bounds import INPUT_BITS, INPUT_ZERO, PARAMETER_BITS

BigArray = npt.NDArray[Any]
"""Python's integers: sums with a scale of their own leave int64."""

_LANE: Final = (1 << HIDDEN_BITS - 1) - 1
_OUTPUT_LANE: Final = (1 << OUTPUT_BITS - 1) - 1
_SPAN: Final = _LANE * 15 // 16
"""Where a unit's farthest point comes to lie; the rest is room for rounding."""
_BIAS_ROOM: Final = 1 << 28
"""Part of the output lane kept free for what rounding adds."""
_SHIFTS: Final = range(2, 12)
"""Low bits that a hidden layer may drop."""
_USUAL_SHIFT: Final = 7
_USUAL_LAST_SHIFT: Final = 3
"""What is taken of layers that are not tried yet: the last hidden one keeps more, since outputs have 32 bits."""
_SPARE_BITS: Final = PARAMETER_BITS
"""Fraction bits that undoing a scale adds."""
_LOSS_BITS: Final = 16
_MAX_ACTIVATION: Final = 1 << 10
"""Where training holds a unit (`MAX_HIDDEN`), so that exact sums stay in int64."""
_EXACT: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What the layers up to here give over the made-up questions, and what the next layer would do exactly with it."""

    rows: IntArray
    """(questions, inputs): the quantised values."""
    peaks: IntArray
    """(inputs,): the greatest of each over all questions there are."""
    weights: BigArray
    """(units, inputs), over the quantised values."""
    biases: BigArray
    bits: int
    """Fraction bits of both."""


@dataclass(frozen=True, slots=True)
class _Sums:
    """What the parameters themselves come to over the made-up questions."""

    values: IntArray
    """(questions, units), before the rectifier."""
    bits: int


@dataclass(frozen=True, slots=True)
class _Network:
    """Parameters by layer, and their exact sums."""

    weights: Sequence[IntArray]
    """(inputs, units) each."""
    biases: Sequence[IntArray]
    sums: Sequence[_Sums]
    target_scale: int


def quantise_network(parameters: Sequence[IntArray], plan: QuantisePlan) -> LayersFile:
    """The file of layers of `parameters`: W (inputs, units), b (units,) of each layer, int64 at 2**24; w (units,) last.

    Raises ModelFileError for more layers or units than such a file has, and when an answer could leave 32 bits;
    InputError for other shapes, types or values beyond 2**30.
    """
    weights, biases = _checked(parameters, plan)
    inputs = weights[0].shape[0]
    return LayersFile(
        slots=Slots(inputs, 8, 8, base=plan.adds_base),
        layers=_layers(weights, biases, probe_codes(inputs).astype(np.int64), plan.target_scale),
        output="raw",
        unit=plan.unit,
        version=plan.version,
        task=plan.task,
    )


def _checked(parameters: Sequence[IntArray], plan: QuantisePlan) -> tuple[list[IntArray], list[IntArray]]:
    if len(parameters) % 2 or not parameters or any(array.dtype != np.int64 or not array.size for array in parameters):
        raise InputError("parameters are not int64 weights and biases of each layer")
    weights = [array.reshape(len(array), -1) for array in parameters[::2]]
    biases = list(parameters[1::2])
    widths = [len(weights[0]), *(len(bias) for bias in biases)]
    shapes = [array.shape for array in weights]
    if shapes != list(zip(widths[:-1], widths[1:], strict=True)) or widths[-1] != 1:
        raise InputError(f"parameters have shapes {[array.shape for array in parameters]}, not those of one network")
    check_values(parameters, plan)
    return weights, biases


def _layers(
    weights: Sequence[IntArray], biases: Sequence[IntArray], codes: IntArray, target_scale: int
) -> tuple[Layer, ...]:
    network = _Network(weights, biases, _exact_sums(weights, biases, codes), target_scale)
    first = weights[0].T.astype(object)
    ahead = _Ahead(
        rows=codes,
        peaks=np.full(codes.shape[1], MAX_CODE, dtype=np.int64),
        weights=first,
        biases=biases[0].astype(object) * (1 << INPUT_BITS) - INPUT_ZERO * first.sum(axis=1),
        bits=PARAMETER_BITS + INPUT_BITS,
    )
    layers: list[Layer] = []
    hidden = len(weights) - 1
    for number in range(hidden):
        losses = [_loss(network, ahead, number, shift) for shift in _SHIFTS]
        layer, ahead = _hidden(network, ahead, number, _SHIFTS[losses.index(min(losses))])
        layers.append(layer)
    return (*layers, _last(network, ahead)[0])


def _exact_sums(weights: Sequence[IntArray], biases: Sequence[IntArray], codes: IntArray) -> list[_Sums]:
    """Every layer's sums, to as many fraction bits as int64 takes."""
    bits = PARAMETER_BITS + INPUT_BITS
    sums = [_Sums((codes - INPUT_ZERO) @ weights[0] + (biases[0] << INPUT_BITS), bits)]
    for layer, bias in zip(weights[1:], biases[1:], strict=True):
        active = np.clip(sums[-1].values, 0, _MAX_ACTIVATION << bits)
        widest = max(int(np.abs(layer).sum(axis=0).max()), 1)
        while int(active.max()) * widest + (1 << PARAMETER_BITS + 7 + bits) >= _EXACT:
            active, bits = active >> 1, bits - 1
        total = active @ layer + (bias << bits)
        sums.append(_Sums(total >> PARAMETER_BITS, bits))
    return sums


def _loss(network: _Network, ahead: _Ahead, number: int, shift: int) -> int:
    """Squared error of the answers when hidden layer `number` drops so many bits and later ones what is usual."""
    hidden = len(network.weights) - 1
    for later in range(number, hidden):
        usual = _USUAL_LAST_SHIFT if later == hidden - 1 else _USUAL_SHIFT
        ahead = _hidden(network, ahead, later, shift if later == number else usual)[1]
    layer, answers = _last(network, ahead)
    wanted = _scaled(network.sums[-1], network.target_scale << _LOSS_BITS)
    errors = (answers.astype(object) << _LOSS_BITS >> layer.shift) - wanted
    return int((errors * errors).sum())


def _hidden(network: _Network, ahead: _Ahead, number: int, shift: int) -> tuple[Layer, _Ahead]:
    """A hidden layer in lanes, and what lies ahead of it."""
    low, high = _reach(ahead.weights, ahead.peaks.astype(object))
    farthest = np.maximum(np.maximum(high + ahead.biases, -low - ahead.biases), 1)
    whole = _rounded(ahead.weights * _SPAN, farthest)
    low, high = _reach(whole, ahead.peaks)
    half = 1 << shift >> 1
    wide = np.flatnonzero(high - low > 2 * _LANE - half)
    for unit in wide:
        exact = ahead.weights[unit] * _SPAN
        whole[unit] = np.sign(exact) * (np.abs(exact) // farthest[unit])
        low[unit], high[unit] = (each[0] for each in _reach(whole[unit : unit + 1], ahead.peaks))
    questions, sums = len(ahead.rows), network.sums[number]
    wanted = sums.values.sum(axis=0).astype(object) * _SPAN << ahead.bits
    bias = _divided(wanted, questions * farthest << sums.bits) - _divided(
        (ahead.rows.sum(axis=0) @ whole.T).astype(object), np.full(len(whole), questions, dtype=object)
    )
    # held in the lane before it is int64: of a unit whose inputs are all dead the exact sums can be anywhere
    bias = np.minimum(np.maximum(bias + half, -_LANE - 1 - low), _LANE - high).astype(np.int64)
    peaks = np.maximum(high + bias, 0) >> shift
    following = network.weights[number + 1].T.astype(object) * farthest << shift + _SPARE_BITS
    following[:, peaks == 0] = 0  # of a unit that is never positive nothing is read, whatever its weight
    added = PARAMETER_BITS + _SPARE_BITS
    layer = Layer(tuple(map(tuple, whole.tolist())), tuple(bias.tolist()), shift)
    return layer, _Ahead(
        rows=np.maximum(ahead.rows @ whole.T + bias, 0) >> shift,
        peaks=peaks,
        weights=following // _SPAN,
        biases=network.biases[number + 1].astype(object) << ahead.bits + added - PARAMETER_BITS,
        bits=ahead.bits + added,
    )


def _last(network: _Network, ahead: _Ahead) -> tuple[Layer, IntArray]:
    """The last layer at the largest shift that its lane holds, and its sums (questions,)."""
    sums, questions = network.sums[-1], len(ahead.rows)
    for shift in range(OUTPUT_BITS - 1, -1, -1):
        scale = network.target_scale << shift
        whole = _divided(ahead.weights * scale, 1 << ahead.bits)
        low, high = (int(each[0]) for each in _reach(whole, ahead.peaks.astype(object)))
        wanted = sum(sums.values[:, 0].tolist()) * scale
        given = sum(ahead.rows.sum(axis=0).astype(object) * whole[0])
        bias = div_nearest(wanted, questions << sums.bits) - div_nearest(given, questions) + (1 << shift >> 1)
        if max(high + bias, -low - bias) + _BIAS_ROOM <= _OUTPUT_LANE:
            row = whole[0].astype(np.int64)
            return Layer((tuple(row.tolist()),), (bias,), shift), ahead.rows @ row + bias
    raise too_fine(network.target_scale)


def _reach(weights: BigArray, peaks: BigArray) -> tuple[BigArray, BigArray]:
    """The least and greatest sum of each unit, without its bias."""
    return np.minimum(weights, 0) @ peaks, np.maximum(weights, 0) @ peaks


def _rounded(values: BigArray, divisors: BigArray) -> IntArray:
    """(units, inputs), each line over its own divisor, to nearest."""
    whole: IntArray = _divided(values, divisors[:, None]).astype(np.int64)
    return whole


def _divided(values: BigArray, divisors: BigArray | int) -> BigArray:
    """`div_nearest` of each."""
    quotients: BigArray = (2 * values + divisors) // (2 * divisors)
    return quotients


def _scaled(sums: _Sums, scale: int) -> BigArray:
    """The last layer's sums (questions,) times `scale`, rounded down."""
    scaled: BigArray = sums.values[:, 0].astype(object) * scale >> sums.bits
    return scaled
