"""The central model: what the same class of network reaches when one party holds all data.

Takes the input codes and the measured changes of everybody's rows. Gives predicted changes, in integers.
Floating point and scikit-learn live here only: the figure stands beside a federated run in its report, and nothing
that is paid, attested or served rests on it.
"""

from __future__ import annotations

import warnings
from typing import Final

import numpy as np
from numpy.typing import NDArray

from andel.errors import InputError, SettingsError

HIDDEN: Final = 32
FEWEST_ROWS: Final = 100
MOST_ROWS: Final = 150_000
"""Rows trained on; of more, so many are drawn."""

_LARGE: Final = 50_000


def train_central(
    codes: NDArray[np.uint8],
    change: NDArray[np.int64],
    target_scale: int,
    report_codes: NDArray[np.uint8],
    seed: int,
) -> NDArray[np.int64]:
    """Changes predicted for the rows of `report_codes` (m, d), shape (m,), in the unit of `change`.

    A d-32-1 ReLU network sees (code - 128) / 32 and learns `change` (n,) / `target_scale` from `codes` (n, d):
    Adam on squared error, stopped early on a tenth of the rows. Equal arguments give equal answers on one machine
    with one version of scikit-learn. Raises InputError for shapes that do not fit or fewer than 100 rows,
    SettingsError where scikit-learn is not installed.
    """
    if codes.ndim != 2 or report_codes.ndim != 2 or codes.shape[1] != report_codes.shape[1]:
        raise InputError(f"codes {codes.shape} and report codes {report_codes.shape} are not rows of one width")
    if change.shape != codes.shape[:1]:
        raise InputError(f"{change.shape} changes do not belong to {codes.shape} codes")
    if len(codes) < FEWEST_ROWS:
        raise InputError(f"{len(codes)} rows are too few to train on", f"at least {FEWEST_ROWS} are needed")
    if target_scale <= 0:
        raise InputError(f"target scale {target_scale} is not positive")
    if not len(report_codes):
        return np.empty(0, np.int64)
    try:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPRegressor
    except ImportError as error:
        raise SettingsError("scikit-learn is not installed", "pip install 'andel[demo]'") from error
    if len(codes) > MOST_ROWS:
        drawn = np.sort(np.random.default_rng(seed).choice(len(codes), MOST_ROWS, replace=False))
        codes, change = codes[drawn], change[drawn]
    large = len(codes) > _LARGE
    network = MLPRegressor(
        hidden_layer_sizes=(HIDDEN,),
        activation="relu",
        solver="adam",
        learning_rate_init=0.004 if large else 0.003,
        batch_size=1_024 if large else min(256, len(codes) // 4),
        max_iter=40 if large else 60,
        n_iter_no_change=5 if large else 8,
        early_stopping=True,
        validation_fraction=0.1,
        alpha=0.01,
        random_state=seed,
    )
    with warnings.catch_warnings():
        # Stopping at max_iter is intended: it bounds the time.
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(_inputs(codes), change / target_scale)
    predicted: NDArray[np.float64] = network.predict(_inputs(report_codes))
    return np.rint(predicted * target_scale).astype(np.int64)


def _inputs(codes: NDArray[np.uint8]) -> NDArray[np.float64]:
    return (codes.astype(np.float64) - 128.0) / 32.0
