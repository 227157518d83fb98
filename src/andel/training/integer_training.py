"""Training in integers: the first parameters of a network, and gradient descent on minibatches, both from SHA-256.

Takes rows as codes and targets, a seed and the task's constants. Gives parameters that anyone who has the rows gets
again bit for bit. Never draws randomness of its own, and never takes more steps for more rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from andel.errors import InputError
from andel.hashing import counter_blocks
from andel.training.integer_bounds import MAX_PARAMETER, MAX_RESIDUAL, PARAMETER_BITS
from andel.training.integer_mlp import (
    IntArray,
    Parameters,
    check_parameters,
    flatten,
    form_of,
    mean_gradients,
    unflatten,
)

# The square of a layer's first bound times its fan-in, as a fraction: what the inputs meet, what lies between hidden
# layers (the usual rule of He et al. 2015, uniform), and the output.
_FIRST: Final = (3, 4)
_BETWEEN: Final = (6, 1)
_LAST: Final = (1, 4)


def initial_parameters(inputs: int, layers: Sequence[int], seed: bytes) -> list[IntArray]:
    """The first version: weights uniform within ±sqrt(c / fan-in) with c = 3/4 for the first hidden layer, 6 for later
    ones and 1/4 for the output; biases zero.

    First layer and output are at about a third and a fifth of the usual (He) scale: the network starts near "no
    change", and federated steps were measured not to stick there. All from SHA-256 in counter mode over `seed`, layer
    by layer; the bounds are integer square roots.
    """
    sizes = list(pairwise([inputs, *layers, 1]))
    draws = _counter_words(seed, sum(taken * units for taken, units in sizes)).astype(np.int64)
    parameters: list[IntArray] = []
    for number, (taken, units) in enumerate(sizes):
        above, below = _LAST if number == len(layers) else _FIRST if number == 0 else _BETWEEN
        bound = isqrt((above << (2 * PARAMETER_BITS)) // (below * taken))
        drawn, draws = np.split(draws, [taken * units])
        weights = ((drawn * (2 * bound)) >> 32) - bound
        parameters += [weights.reshape(taken, units) if number < len(layers) else weights, np.zeros(units, np.int64)]
    return parameters


def train_steps(
    parameters: Parameters,
    codes: npt.NDArray[np.uint8],
    targets: IntArray,
    *,
    seed: bytes,
    steps: int,
    batch_rows: int,
    rate_shift: int,
    residual_limit: int,
) -> list[IntArray]:
    """Parameters after `steps` of gradient descent with rate 2**-rate_shift on minibatches drawn by `seed`.

    Minibatches are drawn with replacement by SHA-256 in counter mode, so a contributor with few rows takes as
    many steps as one with many, and anyone who has the rows repeats the training bit for bit.
    """
    check_parameters(parameters)
    if len(codes) == 0:
        raise InputError("training needs at least one row")
    if not 0 <= residual_limit <= MAX_RESIDUAL:
        raise InputError(f"a residual limit of {residual_limit} is not in 0..{MAX_RESIDUAL}")
    form, current = form_of(parameters), flatten(parameters)
    draws = (_counter_words(seed, steps * batch_rows) * np.uint64(len(codes))) >> np.uint64(32)
    picks = draws.astype(np.int64).reshape(steps, batch_rows)
    half = (1 << rate_shift) >> 1
    for pick in picks:
        (slopes,) = mean_gradients([current], form, codes[pick], targets[pick], residual_limit)
        slopes += half
        current -= slopes >> rate_shift
        np.minimum(current, MAX_PARAMETER, out=current)
        np.maximum(current, -MAX_PARAMETER, out=current)
    return unflatten(current, [array.shape for array in parameters])


def _counter_words(seed: bytes, count: int) -> npt.NDArray[np.uint64]:
    """`count` words of 32 bits from SHA-256(seed ‖ counter), as uint64."""
    blocks = -(-count // 8)
    data = b"".join(counter_blocks(seed, blocks))
    return np.frombuffer(data, dtype=">u4")[:count].astype(np.uint64)
