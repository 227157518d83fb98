"""Random and extreme integer networks, their rows, and the same as the plain implementation takes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from andel.training.integer_bounds import MAX_PARAMETER
from andel.training.integer_mlp import IntArray, Parameters, parameter_shapes
from tests.training.plain_network import Network

ONE = 1 << 24
UNIT = 1 << 16
FORMS: tuple[tuple[int, ...], ...] = ((), (5,), (4, 3), (3, 2, 4))
"""Hidden layers: a linear model, and networks of one, two and three."""

cases = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32),
        "inputs": st.integers(1, 5),
        "layers": st.lists(st.integers(1, 5), max_size=4).map(tuple),
        "count": st.integers(1, 12),
        "magnitude": st.sampled_from([1, 300, ONE // 8, ONE, 5 * ONE, MAX_PARAMETER]),
        "limit": st.sampled_from([1, 1000, UNIT, 1 << 20]),
    }
)


def plain(parameters: Parameters) -> Network:
    """Arrays as the plain network's lists."""
    return [
        (weights.reshape(len(weights), -1).tolist(), bias.tolist())
        for weights, bias in zip(parameters[::2], parameters[1::2], strict=True)
    ]


def random_network(seed: int, inputs: int, layers: Sequence[int], magnitude: int) -> list[IntArray]:
    """Random parameters of all magnitudes up to `magnitude`."""
    random = np.random.default_rng(seed)
    return [random.integers(-magnitude, magnitude, shape, endpoint=True) for shape in parameter_shapes(inputs, layers)]


def random_rows(seed: int, count: int, inputs: int, spread: int = 3 * UNIT) -> tuple[np.ndarray, IntArray]:
    """Random codes and targets."""
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (count, inputs), np.uint8), random.integers(-spread, spread, count)


def saturated(inputs: int, layers: Sequence[int], sign: int = 1) -> list[IntArray]:
    """A network whose every hidden unit saturates and whose output is as large as can be."""
    parameters = [np.full(shape, MAX_PARAMETER, np.int64) for shape in parameter_shapes(inputs, layers)]
    parameters[-2] *= sign
    return parameters
