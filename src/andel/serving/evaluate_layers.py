"""What a file of layers answers, in plain int64 arithmetic: the reference that decides.

Takes a proven LayersFile and codes; gives integer answers, the same as the compiled EVM code bit for bit. Never
overflows (the bounds that a LayersFile proves are far inside int64), never touches floats.
"""

from __future__ import annotations

import numpy as np

from andel.encoding import IntArray
from andel.serving.layers_file import LayersFile
from andel.serving.slots import Codes, check_bases, check_codes


def evaluate_layers(model: LayersFile, codes: Codes, base: IntArray | None = None) -> IntArray:
    """Answers (n, answers) for codes (n, inputs) and, where the model adds one, base (n,) int64.

    Raises InputError for other shapes, types or values.
    """
    values = check_codes(model.slots, codes)
    bases = check_bases(model.slots, base, len(values))
    for layer in model.layers[:-1]:
        values = np.maximum(_sums(layer.weights, layer.biases, values), 0) >> layer.shift
    last = model.layers[-1]
    sums = _sums(last.weights, last.biases, values)
    if model.output == "argmax":
        first: IntArray = np.argmax(sums, axis=1).astype(np.int64)[:, None]  # of equal ones the first
        return first
    answers: IntArray = sums >> last.shift
    return answers if bases is None else answers + bases[:, None]


def _sums(weights: tuple[tuple[int, ...], ...], biases: tuple[int, ...], values: IntArray) -> IntArray:
    sums: IntArray = values @ np.array(weights, dtype=np.int64).T + np.array(biases, dtype=np.int64)
    return sums
