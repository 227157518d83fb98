"""How a layer's inputs and weights lie in the lanes of words, with the proof that no lane spills into the next.

Takes source words (slots side by side), weights and the greatest value of each input; gives the words that are
multiplied and the constant that each sum starts with. A word of p inputs at pitch L, times a word that carries the
weights of q outputs (q · p = 256 / L) in reversed order, has in lane p · j + p - 1 the sum of the p products of
output j, and in its other lanes products that nobody reads. Every lane's least and greatest sum, read or not, is
added up over all words (`lane_ranges`); the start lifts each lane to zero or more, and a plan in which a lane is wider
than its pitch is refused with ModelFileError: then another pitch or p is tried. Never rounds, never evaluates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from andel.encoding import IntArray
from andel.errors import ModelFileError
from andel.serving.assembler import WORD_BITS

Layout = Sequence[Sequence[int | None]]
"""For each source word the input of each slot, the least significant slot first."""


@dataclass(frozen=True, slots=True)
class InputWord:
    """Some slots of one source word, spread to lanes: (source >> shift) & mask."""

    source: int
    shift: int
    mask: int | None
    """None for the whole source word, also what lies beyond the inputs of this one."""
    inputs: tuple[int | None, ...]
    """The input in each lane."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """The way a layer is packed."""

    bits: int
    """Pitch of the lanes, L."""
    per_input: int
    """Inputs side by side in a word, p; 1 to 256 / L."""

    @property
    def count(self) -> int:
        """Lanes in a word."""
        return WORD_BITS // self.bits

    @property
    def outputs(self) -> int:
        """Outputs side by side in a word of weights, q."""
        return self.count // self.per_input


def word_of(values: Mapping[int, int], bits: int) -> int:
    """The word with these signed values in its lanes: a negative one borrows from the lane above."""
    return sum(value << bits * lane for lane, value in values.items()) % (1 << WORD_BITS)


def input_words(layout: Layout, slot_bits: int, code_bits: int, lanes: Lanes, *, clean: bool) -> list[InputWord]:
    """The words of inputs.

    `clean` says that slots without an input are zero, as they are in words of hidden units; in a question anything
    may stand in them, so only slots with an input are taken. The words of one source word that make up all of it share
    it: the first is the source word itself, unmasked, and the weights of the others make up for what it has too much
    (`shared`).
    """
    stride = lanes.bits // slot_bits
    words = []
    for source, slots in enumerate(layout):
        filled = clean or (None not in slots and code_bits == slot_bits)
        for phase in range(stride):
            for part in range(lanes.outputs):
                start = phase + stride * lanes.per_input * part
                inputs = tuple(slots[start + stride * lane] for lane in range(lanes.per_input))
                taken = [lane for lane, i in enumerate(inputs) if i is not None]
                if not taken and not (filled and lanes.outputs == 1):
                    continue
                mask = word_of(
                    dict.fromkeys(range(lanes.per_input) if clean else taken, (1 << code_bits) - 1), lanes.bits
                )
                shared = filled and lanes.outputs == 1 and phase == 0
                words.append(InputWord(source, slot_bits * start, None if shared else mask, inputs))
    return words


def weight_lanes(word: InputWord, rows: Sequence[Sequence[int] | None], lanes: Lanes) -> dict[int, int]:
    """Lane to weight for up to q outputs' rows (None: no output there)."""
    p = lanes.per_input
    return {
        p * j + p - 1 - lane: row[i]
        for j, row in enumerate(rows)
        if row is not None
        for lane, i in enumerate(word.inputs)
        if i is not None and row[i]
    }


def lane_ranges(
    words: Sequence[InputWord], rows: Sequence[Sequence[int] | None], peaks: Sequence[int], lanes: Lanes
) -> tuple[IntArray, IntArray]:
    """Least and greatest sum of every lane over all words and all admissible inputs, without the start."""
    low = np.zeros(lanes.count, dtype=np.int64)
    high = np.zeros(lanes.count, dtype=np.int64)
    for word in words:
        tops = np.array([0 if i is None else peaks[i] for i in word.inputs], dtype=np.int64)
        weights = np.zeros(lanes.count, dtype=np.int64)
        for lane, weight in weight_lanes(word, rows, lanes).items():
            weights[lane] = weight
        # |weight| < 2**31, code < 2**16, at most 16 of them in a lane: far inside int64
        low += np.convolve(np.minimum(weights, 0), tops)[: lanes.count]
        high += np.convolve(np.maximum(weights, 0), tops)[: lanes.count]
    return low, high


def start_word(low: IntArray, high: IntArray, fixed: Mapping[int, int], lanes: Lanes) -> int:
    """The word that a sum starts with: `fixed` in the lanes that are read, elsewhere what lifts the lane to zero.

    The top lane holds what its reader proves; every other lane ends in 0..2**L - 1. Raises ModelFileError when one
    cannot.
    """
    full = (1 << lanes.bits) - 1
    start = dict(fixed)
    for lane in range(lanes.count - 1):  # what the top lane spills leaves the word
        lift = fixed.get(lane, -int(low[lane]))
        if int(low[lane]) + lift < 0 or int(high[lane]) + lift > full:
            raise ModelFileError(
                f"lane {lane} ranges over {low[lane]}..{high[lane]}, wider than its {lanes.bits} bits",
                "quantise with smaller weights",
            )
        start[lane] = lift
    return word_of(start, lanes.bits)
