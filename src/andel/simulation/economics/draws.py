"""Chance that is the same on every machine: whole numbers from a named seed."""

from __future__ import annotations

import numpy as np

from andel.hashing import sha256
from andel.training.integer_mlp import IntArray

_SUMMED = 12


def draws_of(seed: bytes, label: str) -> np.random.Generator:
    """A generator of its own for each label."""
    return np.random.Generator(np.random.PCG64(int.from_bytes(sha256(b"economics", seed, label.encode())[:16], "big")))


def spread(draws: np.random.Generator, count: int, deviation: int) -> IntArray:
    """`count` whole numbers around 0 with about this standard deviation: sums of twelve even draws."""
    found: IntArray = draws.integers(-deviation, deviation + 1, (count, _SUMMED)).sum(axis=1) // 2
    return found


def below(seed: bytes, label: str, limit: int) -> int:
    """One whole number below `limit`."""
    return int.from_bytes(sha256(b"economics", seed, label.encode())[:16], "big") % limit
