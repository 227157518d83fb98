"""From a trained network of several layers to its file of layers, with a report of what that cost.

Takes float weights of linear layers with rectifiers between, what a code means (x = code · scale + offset), and codes
to judge by; gives a LayersFile and a report: how far its answers are from the floats' and how full its lanes are.
Every unit of a hidden layer has a scale of its own, since max(s · z, 0) = s · max(z, 0): it fills its lane, and the
next layer's weights undo it. How many low bits each layer drops is tried on the given codes. Floats are rounded here,
once; the file that comes out decides, and two machines may make files that differ in a weight's last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andel.encoding import IntArray
from andel.errors import InputError, ModelFileError
from andel.serving.evaluate_layers import evaluate_layers
from andel.serving.layers_file import HIDDEN_BITS, OUTPUT_BITS, Layer, LayersFile, unit_ranges
from andel.serving.slots import Slots, check_codes
from andel.units import Digest

FloatArray = npt.NDArray[np.float64]

_RAW_REACH: Final = (1 << 31) - (1 << 16)
_ARGMAX_REACH: Final = (1 << 14) - 64
"""Outputs within ±2**14 differ by less than 2**15: then an argmax takes lanes of 16 bits and its cheapest form."""
_MAX_SHIFT: Final = 12


@dataclass(frozen=True, slots=True)
class Network:
    """A trained network: x = codes · scale + offset, then layers with rectifiers between them."""

    weights: tuple[FloatArray, ...]
    """(inputs, units) of each layer."""
    biases: tuple[FloatArray, ...]
    """(units,) of each layer."""
    scale: FloatArray
    """(inputs,): what one step of each code is."""
    offset: FloatArray
    """(inputs,): what code 0 is."""

    def outputs(self, codes: IntArray) -> FloatArray:
        """What the floats give for codes (n, inputs)."""
        values = codes * self.scale + self.offset
        for number, (weights, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = values @ weights + bias
            if number < len(self.weights) - 1:
                values = np.maximum(values, 0)
        return values


@dataclass(frozen=True, slots=True)
class AnswerTerms:
    """What the weights do not say."""

    output: str
    """"raw" or "argmax"."""
    scale: float
    """Answer units per 1.0 of the network's output; not used for argmax."""
    unit: str
    version: Digest
    task: Digest
    fill: float = 0.9
    """How much of a hidden lane its unit may take, 0..1; the rest lets lanes that nobody reads fit too."""


@dataclass(frozen=True, slots=True)
class LayersReport:
    """What rounding cost, on the codes that were given, and how near the proof is to its bounds."""

    rows: int
    agreement: float
    """Argmax: the part of rows with the float network's answer; 1.0 otherwise."""
    mean_error: float
    """Raw: mean absolute difference from the float network's answer, in answer units; 0.0 for argmax."""
    worst_error: float
    shifts: tuple[int, ...]
    lane_use: tuple[float, ...]
    """For each layer the part of its signed lane that the worst admissible input takes."""


def quantise_layers(
    network: Network, slots: Slots, terms: AnswerTerms, codes: IntArray
) -> tuple[LayersFile, LayersReport]:
    """The file whose shifts do best on `codes` (n, inputs), and its report.

    Raises InputError for shapes that do not fit or values that are no numbers, ModelFileError when no choice of shifts
    fits the lanes.
    """
    rows = check_codes(slots, codes)
    _check(network, slots)
    wanted = network.outputs(rows)
    hidden = len(network.weights) - 1
    best: tuple[float, list[_Whole]] | None = None
    shifts = [6] * hidden
    for _ in range(2 if hidden > 1 else 1):
        for number in range(max(hidden, 1)):
            for shift in range(_MAX_SHIFT + 1 if hidden else 1):
                tried = [*shifts[:number], shift, *shifts[number + 1 :]] if hidden else []
                try:
                    layers = _rounded(network, slots, terms, tried)
                except ModelFileError:
                    continue
                loss = _loss(layers, wanted, rows, terms)
                if best is None or loss < best[0]:
                    best = loss, layers
            if best is not None:
                shifts = [layer.shift for layer in best[1][:-1]]
    if best is None:
        raise ModelFileError("no choice of shifts fits the lanes", "use a coarser unit or smaller weights")
    layers_kept = tuple(layer.kept() for layer in best[1])
    model = LayersFile(slots, layers_kept, terms.output, terms.unit, terms.version, terms.task)
    return model, _report(model, wanted, rows, terms)


@dataclass(frozen=True, slots=True)
class _Whole:
    """A layer in integers while shifts are tried: within its lanes, by the same sums that the file proves."""

    weights: IntArray
    """(inputs, units)"""
    biases: IntArray
    shift: int

    def kept(self) -> Layer:
        """As it stands in a file."""
        return Layer(tuple(map(tuple, self.weights.T.tolist())), tuple(self.biases.tolist()), self.shift)


def _rounded(network: Network, slots: Slots, terms: AnswerTerms, shifts: Sequence[int]) -> list[_Whole]:
    weights = [array.copy() for array in network.weights]
    biases = [array.copy() for array in network.biases]
    biases[0] = biases[0] + network.offset @ weights[0]
    weights[0] = weights[0] * network.scale[:, None]
    peaks = np.full(slots.inputs, float(slots.max_code))
    layers: list[_Whole] = []
    for number, shift in enumerate(shifts):
        reach = terms.fill * ((1 << HIDDEN_BITS - 1) - 1) - (1 << shift)
        scales = _unit_scales(weights[number], biases[number], peaks, reach)
        layer, peaks = _integers(weights[number] * scales, biases[number] * scales, peaks, shift, HIDDEN_BITS)
        layers.append(layer)
        weights[number + 1] = weights[number + 1] * (float(1 << shift) / scales)[:, None]
    layers.append(_last(weights[-1], biases[-1], peaks, terms))
    return layers


def _unit_scales(weights: FloatArray, biases: FloatArray, peaks: FloatArray, reach: float) -> FloatArray:
    low = biases + np.minimum(weights, 0).T @ peaks
    high = biases + np.maximum(weights, 0).T @ peaks
    # rounding moves each weight by a half at most
    room = reach - peaks.sum() / 2 * (np.abs(weights).sum(axis=0) > 0)
    farthest = np.maximum(np.maximum(-low, high), 1e-12)
    scales: FloatArray = np.maximum(room, reach / 2) / farthest
    return scales


def _integers(
    weights: FloatArray, biases: FloatArray, peaks: FloatArray, shift: int, bits: int
) -> tuple[_Whole, FloatArray]:
    """Rounded to nearest. Raises ModelFileError where a unit leaves its lane."""
    whole = np.rint(weights).astype(np.int64)
    half = 1 << shift >> 1
    bias = np.rint(biases).astype(np.int64) + half
    tops, limit = peaks.astype(np.int64), 1 << bits - 1
    low = bias + np.minimum(whole, 0).T @ tops
    high = bias + np.maximum(whole, 0).T @ tops
    if low.min() < -limit or high.max() >= limit or np.abs(whole).max() > limit or np.abs(bias).max() > limit:
        raise ModelFileError(f"sums leave a lane of {bits} bits", "use a coarser unit or smaller weights")
    return _Whole(whole, bias, shift), (np.maximum(high, 0) >> shift).astype(np.float64)


def _last(weights: FloatArray, biases: FloatArray, peaks: FloatArray, terms: AnswerTerms) -> _Whole:
    low = biases + np.minimum(weights, 0).T @ peaks
    high = biases + np.maximum(weights, 0).T @ peaks
    farthest = max(float(np.max(-low)), float(np.max(high)), 1e-12)
    if terms.output == "argmax":
        room = max(_ARGMAX_REACH - float(peaks.sum()) / 2, _ARGMAX_REACH / 2)
        layer, _ = _integers(weights * room / farthest, biases * room / farthest, peaks, 0, OUTPUT_BITS)
        return layer
    room = _RAW_REACH - float(peaks.sum()) / 2
    shift = int(min(31, np.floor(np.log2(max(room, 1.0) / (farthest * terms.scale)))))
    if shift < 0:
        raise ModelFileError(
            f"scale: at {terms.scale} units per 1.0 an answer could leave 32 bits", "use a coarser unit"
        )
    unit = terms.scale * 2.0**shift
    layer, _ = _integers(weights * unit, biases * unit, peaks, shift, OUTPUT_BITS)
    return layer


def _loss(layers: Sequence[_Whole], wanted: FloatArray, rows: IntArray, terms: AnswerTerms) -> float:
    # lanes are of 32 bits at most, so float64's products are exact in any order, and fast
    values: FloatArray = rows.astype(np.float64)
    for layer in layers:
        outputs = (values @ layer.weights.astype(np.float64) + layer.biases).astype(np.int64)
        values = (np.maximum(outputs, 0) >> layer.shift).astype(np.float64)
    if terms.output == "raw":
        return float(np.mean(np.abs((outputs >> layers[-1].shift) - wanted * terms.scale)))
    # among equals in agreement, the one whose outputs stand most as the floats do
    likeness = np.corrcoef(outputs.ravel(), wanted.ravel())[0, 1] if outputs.any() else 0.0
    return float(np.mean(np.argmax(outputs, axis=1) != np.argmax(wanted, axis=1)) + (1 - likeness) / 10)


def _report(model: LayersFile, wanted: FloatArray, rows: IntArray, terms: AnswerTerms) -> LayersReport:
    argmax = terms.output == "argmax"
    answers = evaluate_layers(model, rows)
    error = np.zeros(1) if argmax else np.abs(answers - wanted * terms.scale)
    last = 1 << 14 if argmax else 1 << 31  # an argmax is fitted to half a lane of 16 bits, its cheapest form
    limits = [1 << 15] * (len(model.layers) - 1) + [last]
    use = tuple(
        max(max(-low, high) for low, high in ranges) / limit
        for ranges, limit in zip(unit_ranges(model), limits, strict=True)
    )
    return LayersReport(
        rows=len(rows),
        agreement=float(np.mean(answers[:, 0] == np.argmax(wanted, axis=1))) if argmax else 1.0,
        mean_error=float(error.mean()),
        worst_error=float(error.max()),
        shifts=tuple(layer.shift for layer in model.layers),
        lane_use=use,
    )


def _check(network: Network, slots: Slots) -> None:
    width = slots.inputs
    if len(network.weights) != len(network.biases) or not network.weights:
        raise InputError("a network has a bias for each layer, and at least one layer")
    for number, (weights, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        if weights.ndim != 2 or weights.shape[0] != width or bias.shape != weights.shape[1:]:
            raise InputError(
                f"layer {number} has shapes {weights.shape} and {bias.shape}, not ({width}, units), (units,)"
            )
        if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
            raise InputError(f"layer {number} has a weight that is no number")
        width = weights.shape[1]
    if network.scale.shape != (slots.inputs,) or network.offset.shape != (slots.inputs,):
        raise InputError(f"scale and offset are {network.scale.shape}, {network.offset.shape}, not ({slots.inputs},)")
