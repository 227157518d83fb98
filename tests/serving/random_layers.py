"""Makers of random files of layers whose lanes are full, and of the questions that tell most about them."""

from collections.abc import Sequence

import numpy as np

from andel.encoding import IntArray
from andel.hashing import sha256
from andel.serving.layers_file import Layer, LayersFile
from andel.serving.slots import Slots


def filled_layers(
    seed: int,
    slots: Slots,
    widths: Sequence[int],
    output: str,
    *,
    shifts: Sequence[int] | None = None,
    output_reach: int = 1 << 31,
    fill: float = 1.0,
) -> LayersFile:
    """A random model whose units reach to within rounding of `fill` times their bounds."""
    rng = np.random.default_rng(seed)
    peaks = np.full(slots.inputs, slots.max_code, dtype=np.int64)
    layers = []
    for number, units in enumerate(widths):
        last = number == len(widths) - 1
        shift = 0 if last or shifts is None else shifts[number]
        reach = int(fill * (output_reach if last else 1 << 15))
        layers.append(_filled(rng, peaks, units, reach, shift))
        high = np.array(layers[-1].biases) + np.maximum(np.array(layers[-1].weights), 0) @ peaks
        peaks = np.maximum(high, 0) >> shift
    return LayersFile(slots, tuple(layers), output, "1", sha256(b"version"), sha256(b"task"))


def _filled(rng: np.random.Generator, peaks: IntArray, units: int, reach: int, shift: int) -> Layer:
    rows, biases = [], []
    for _ in range(units):
        direction = rng.normal(size=len(peaks)) * (rng.random(len(peaks)) < 0.9)
        total = max(float((np.abs(direction) * peaks).sum()), 1.0)
        row = np.clip(np.trunc(direction * (2 * reach - 2) / total), -reach, reach - 1).astype(np.int64)
        low, high = int(np.minimum(row, 0) @ peaks), int(np.maximum(row, 0) @ peaks)
        least, most = max(-reach - low, -reach), min(reach - 1 - high, reach - 1)
        if least > most:  # all weights of one sign: more than a signed lane
            row, least, most = row // 2, 0, 0
        rows.append(tuple(row.tolist()))
        biases.append(int(rng.integers(least, most + 1)))
    return Layer(tuple(rows), tuple(biases), shift)


def telling_rows(slots: Slots, layer: Layer, seed: int, count: int) -> IntArray:
    """Codes (n, inputs): corners, each first unit at both its ends, random ones, and ones of edge values only."""
    rng = np.random.default_rng(seed)
    top = slots.max_code
    weights = np.array(layer.weights)
    corners = np.array([[0], [top], [top // 2], [1]]) * np.ones((1, slots.inputs), dtype=np.int64)
    random = rng.integers(0, top + 1, (count, slots.inputs))
    edges = rng.choice([0, 1, top // 2, top - 1, top], (count, slots.inputs))
    return np.concatenate([corners, top * (weights > 0), top * (weights < 0), random, edges]).astype(np.int64)
