"""The ways in which the layers of a file can be packed into lanes, each with the proof that it holds.

Takes a proven LayersFile; gives for every layer its plans: pitch, words of inputs, and for every packed sum what it
starts with. A hidden layer's sums stand in lanes of 16 bits; those of p inputs a word are merged, sixteen units to a
word. The last layer's sums stand in a word's top lane, of 16 or 32 bits, one sum a word. Never writes code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from andel.errors import ModelFileError
from andel.serving.assembler import WORD_BITS
from andel.serving.lane_words import (
    InputWord,
    Lanes,
    Layout,
    input_words,
    lane_ranges,
    start_word,
    weight_lanes,
    word_of,
)
from andel.serving.layers_file import HIDDEN_BITS, Layer, LayersFile, unit_ranges

HIDDEN_LANES: Final = WORD_BITS // HIDDEN_BITS
_OUTPUT_PITCHES: Final = (16, 32, 64)
"""Pitches tried for the last layer. Lanes that nobody reads pair weights with other inputs than their own; 64 bits hold
them whatever the file, since no sum reaches 2**58. A hidden layer always has p = 1, where every lane is read."""
_WAYS: Final = (8, 4, 2, 1, 16)
"""Inputs side by side in a word, for a hidden layer."""


@dataclass(frozen=True, slots=True)
class PackedSum:
    """One packed sum: the unit in each of its blocks (None: none), and what it starts with."""

    units: tuple[int | None, ...]
    start: int


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """A layer, packed."""

    weights: tuple[tuple[int, ...], ...]
    """One row per unit; negated for an argmax, which then seeks the least."""
    shift: int
    lanes: Lanes
    words: tuple[InputWord, ...]
    sources: int
    """Source words of the layer."""
    sums: tuple[PackedSum, ...]
    hidden: bool
    argmax: bool = False
    spread: int = 0
    """Argmax: how far the greatest output can lie above the least."""

    def word_of_weights(self, word: InputWord, which: PackedSum) -> int:
        """What `word` is multiplied with for that sum."""
        own = self._plain(word, which)
        if word.mask is None:
            return own
        whole = [other for other in self.words if other.source == word.source and other.mask is None]
        return (own - (self._plain(whole[0], which) << word.shift)) % (1 << WORD_BITS) if whole else own

    def _plain(self, word: InputWord, which: PackedSum) -> int:
        rows = [None if j is None else self.weights[j] for j in which.units]
        return word_of(weight_lanes(word, rows, self.lanes), self.lanes.bits)


def layer_plans(model: LayersFile) -> list[list[LayerPlan]]:
    """For each layer its plans, at least one. Raises ModelFileError when a layer has none."""
    ranges = unit_ranges(model)
    layout: Layout = model.slots.layout()
    bits, code_bits = model.slots.slot_bits, model.slots.code_bits
    peaks = [model.slots.max_code] * model.slots.inputs
    plans = []
    for number, layer in enumerate(model.layers):
        last = number == len(model.layers) - 1
        pitches = _OUTPUT_PITCHES if last else (HIDDEN_BITS,)
        found: list[LayerPlan] = []
        refusals = []
        for lanes in [Lanes(pitch, p) for pitch in pitches for p in ((WORD_BITS // pitch,) if last else _WAYS)]:
            words = input_words(layout, bits, code_bits, lanes, clean=number > 0)
            try:
                if last:
                    found.append(_output_plan(model, ranges[number], words, peaks, lanes, len(layout)))
                else:
                    found.append(_hidden_plan(layer, words, peaks, lanes, len(layout)))
            except ModelFileError as error:
                refusals.append(str(error))
        if not found:
            raise ModelFileError(f"layers[{number}]: {refusals[-1]}", "quantise with smaller weights")
        plans.append(found)
        peaks = [max(high, 0) >> layer.shift for _, high in ranges[number]]
        layout, bits, code_bits = hidden_layout(layer.units), HIDDEN_BITS, HIDDEN_BITS
    return plans


def hidden_layout(units: int) -> Layout:
    """Hidden unit 16 · g + l lies in lane l of word g; lanes without a unit are zero."""
    groups = range(-(-units // HIDDEN_LANES))
    return [[j if (j := HIDDEN_LANES * g + lane) < units else None for lane in range(HIDDEN_LANES)] for g in groups]


def _hidden_plan(
    layer: Layer, words: Sequence[InputWord], peaks: Sequence[int], lanes: Lanes, sources: int
) -> LayerPlan:
    p = lanes.per_input
    sums = []
    for group in range(-(-layer.units // HIDDEN_LANES)):
        for shift in range(p):
            places = [HIDDEN_LANES * group + p * block + p - 1 - shift for block in range(lanes.outputs)]
            units = tuple(j if j < layer.units else None for j in places)
            low, high = lane_ranges(words, [None if j is None else layer.weights[j] for j in units], peaks, lanes)
            # a unit's sum is 2**15 above z, so that its lane's top bit tells whether z is negative
            fixed = {
                p * block + p - 1: 0 if j is None else layer.biases[j] + (1 << HIDDEN_BITS - 1)
                for block, j in enumerate(units)
            }
            sums.append(PackedSum(units, start_word(low, high, fixed, lanes)))
    return LayerPlan(layer.weights, layer.shift, lanes, tuple(words), sources, tuple(sums), hidden=True)


def _output_plan(
    model: LayersFile,
    ranges: Sequence[tuple[int, int]],
    words: Sequence[InputWord],
    peaks: Sequence[int],
    lanes: Lanes,
    sources: int,
) -> LayerPlan:
    layer = model.layers[-1]
    lowest, highest = min(low for low, _ in ranges), max(high for _, high in ranges)
    argmax = model.output == "argmax"
    sign, lift = (-1, highest) if argmax else (1, 0)  # -z + highest is 0 or more, and least where z is greatest
    if argmax and highest - lowest >= 1 << lanes.bits:
        raise ModelFileError(f"outputs range over {lowest}..{highest}, wider than {lanes.bits} bits")
    if not argmax and not -(1 << lanes.bits - 1) <= lowest <= highest < 1 << lanes.bits - 1:
        raise ModelFileError(f"outputs range over {lowest}..{highest}, outside {lanes.bits} bits")
    weights = tuple(tuple(sign * weight for weight in row) for row in layer.weights)
    sums = []
    for j, row in enumerate(weights):
        low, high = lane_ranges(words, [row], peaks, lanes)
        start = start_word(low, high, {lanes.count - 1: sign * layer.biases[j] + lift}, lanes)
        sums.append(PackedSum((j,), start))
    spread = highest - lowest if argmax else 0
    return LayerPlan(weights, layer.shift, lanes, tuple(words), sources, tuple(sums), False, argmax, spread)
