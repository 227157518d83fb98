"""Differential privacy of an update, in integers: the length it is held to, and the noise that is added to it.

Takes a flat update and the task's `Privacy`, and whatever draws discrete Gaussians (OpenDP's exact sampler, after
Canonne, Kamath and Steinke 2020; floats, whose low bits give noise away, never touch an update). Gives the update that
may leave. The noise is secret, so it comes from the machine's own randomness and nobody can draw it again: that is why
a noisy update's training cannot be audited. What the noise is worth: `andel.training.accountant`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt
from typing import Any, Final

import numpy as np

from andel.errors import InputError
from andel.training.integer_mlp import IntArray
from andel.training.privacy import Privacy
from andel.training.updates import MAX_UPDATE

MAX_NOISY: Final = 1 << 30
"""Where the values of a noisy update are held that is only seen in a sum. Sixteen deviations away at least: held at
±2**26 one by one, as in open mode, the noise of a sum would not be what the accountant counts."""

Sampler = Callable[[int, int], IntArray]
"""Called with a standard deviation and a count: so many independent discrete Gaussians (count,) int64."""


def discrete_gaussians(deviation: int, count: int) -> IntArray:
    """Exact discrete Gaussians by OpenDP, from the operating system's randomness.

    Raises InputError where OpenDP is not installed.
    """
    dp = opendp()
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="f64")
    draw = dp.m.make_gaussian(*space, scale=float(deviation))
    return np.asarray(draw([0] * count), np.int64)


def opendp() -> Any:
    """OpenDP, imported where it is needed: it takes seconds to load. Raises InputError where it is not installed."""
    try:
        import opendp.prelude as dp
    except ImportError as error:
        raise InputError("this task adds noise, and OpenDP is not installed", "pip install 'andel[privacy]'") from error
    dp.enable_features("contrib")
    return dp


def noised(update: IntArray, privacy: Privacy, sampler: Sampler) -> IntArray:
    """The update as it may leave: held to `clip_norm`, with noise; unchanged without noise.

    Its values are within ±2**26, in grouped mode within ±2**30.
    """
    if not privacy.noisy:
        return update
    limit = MAX_NOISY if privacy.grouped else MAX_UPDATE
    drawn = sampler(privacy.deviation, len(update))
    return np.asarray((held_to(update, privacy.clip_norm) + drawn).clip(-limit, limit), np.int64)


def held_to(update: IntArray, limit: int) -> IntArray:
    """The update shortened so that its Euclidean length is at most `limit`, exactly; values are cut towards zero.

    The clip of the value pipeline rounds to nearest, which may leave a length above the limit by rounding; what an
    accountant counts with may not.
    """
    wide = update.astype(object)
    length = isqrt(int((wide * wide).sum()))
    if length < limit:  # the true length is below length + 1
        return update
    kept = (np.abs(update) * limit) // (length + 1)
    return np.asarray(np.sign(update) * kept, np.int64)
