"""Makers of random models and of the questions that tell most about them."""

import numpy as np
import numpy.typing as npt

from andel.hashing import sha256
from andel.serving.model_file import MAX_REACH, ModelFile, lane_range


def filled_model(seed: int, inputs: int, hidden: int, *, shift: int = 16, adds_base: bool = True) -> ModelFile:
    """A random model whose lanes are full: neurons and output reach to within rounding of their bounds."""
    rng = np.random.default_rng(seed)
    weights, biases = [], []
    for _ in range(hidden):
        direction = rng.normal(size=inputs) * (rng.random(inputs) < 0.9)
        row = np.trunc(direction * 255 / max(1.0, float(np.abs(direction).sum()))).astype(int).tolist()
        low, high = lane_range(row, 0)
        weights.append(row)
        biases.append(int(rng.integers(-(1 << 15) - low, (1 << 15) - high)))
    peak = max(1, *(lane_range(*neuron)[1] for neuron in zip(weights, biases, strict=True)))
    shares = rng.normal(size=hidden)
    room = MAX_REACH // peak - hidden
    output_weights = np.trunc(shares * room / np.abs(shares).sum()).astype(int).tolist()
    spare = MAX_REACH - peak * sum(map(abs, output_weights))
    return ModelFile(
        features=tuple(f"feature {i}" for i in range(inputs)),
        weights=tuple(map(tuple, weights)),
        biases=tuple(biases),
        output_weights=tuple(output_weights),
        output_bias=int(rng.choice([-spare, spare])),
        shift=shift,
        adds_base=adds_base,
        unit="0.01 degC",
        version=sha256(b"version", str(seed).encode()),
        task=sha256(b"task"),
    )


def telling_codes(model: ModelFile, seed: int, count: int = 64) -> npt.NDArray[np.uint8]:
    """Codes (n, inputs): corners, each neuron at both its ends, random ones, and ones of edge values only."""
    rng = np.random.default_rng(seed)
    weights = np.array(model.weights)
    corners = np.array([[0], [255], [128], [127], [1]]) * np.ones((1, model.inputs), dtype=int)
    random = rng.integers(0, 256, (count, model.inputs))
    edges = rng.choice([0, 1, 127, 128, 254, 255], (count, model.inputs))
    return np.concatenate([corners, 255 * (weights > 0), 255 * (weights < 0), random, edges]).astype(np.uint8)
