"""Prints, as JSON, hashes of what training, aggregation and value give on this machine's BLAS.

Run as a module in a process of its own, since BLAS chooses kernel and threads when it is loaded. `integers` covers
products large enough for BLAS to split between threads; `report` whole settled rounds; `floats` is the control:
the same products on fractions, which do depend on kernel and threads.
"""

from __future__ import annotations

import ctypes
import json
import sys
from pathlib import Path

import numpy as np

from andel.hashing import sha256
from andel.training.integer_mlp import loss_gradient, predict_change
from andel.training.integer_training import initial_parameters, train_steps
from andel.training.updates import flatten
from andel.units import Digest
from andel.value.aggregate import aggregate
from andel.value.aumann_shapley import scores
from andel.value.clip import clip_to, norm, norm_limit
from andel.value.exact_dots import exact_dots
from andel.value.multi_krum import krum_scores
from andel.value.novelty import project_off
from tests.support.reports import report_bytes
from tests.support.worlds import build_world, play


def integers() -> str:
    """Hash over training, gradient, predictions and scores of a linear model, a wide network and deeper ones."""
    return sha256(*(network(layers) for layers in ((), (256,), (128, 64), (48, 32, 24)))).hex()


def network(layers: tuple[int, ...]) -> Digest:
    """Hash over one network's training, gradient and predictions, and over the scores of many updates."""
    random = np.random.default_rng([11, *layers])
    codes = random.integers(0, 256, (4_096, 24), np.uint8)
    targets = random.integers(-(3 << 16), 3 << 16, 4_096)
    first = initial_parameters(24, layers, b"fingerprint")
    options = {"steps": 5, "batch_rows": 2_048, "rate_shift": 2, "residual_limit": 1 << 16}
    trained = train_steps(first, codes, targets, seed=b"fingerprint", **options)
    gradient = flatten(loss_gradient(trained, codes, targets, 1 << 16))
    updates = random.integers(-(1 << 26), 1 << 26, (100, len(gradient)))
    weights = random.integers(1, 500, 100).tolist()
    lengths = [norm(update) for update in updates]
    limit = norm_limit(lengths, weights, "weighted-median")
    clipped = np.stack([clip_to(update, length, limit) for update, length in zip(updates, lengths, strict=True)])
    step = aggregate(updates, weights)
    dots = exact_dots(clipped, gradient)
    projection = project_off(gradient, [flatten(trained) - flatten(first), updates[0]])
    novel = scores(projection.novel(clipped, dots), weights, step.weight_sum, projection.scale)
    parts = [*trained, gradient, predict_change(trained, codes, 250), clipped, step.total]
    texts = [repr(exact_dots(updates, gradient)), repr(scores(dots, weights, step.weight_sum)), repr(limit)]
    texts += [repr(novel), repr(krum_scores(updates, weights, 100))]
    return sha256(*(part.astype("<i8").tobytes() for part in parts), *(text.encode() for text in texts))


def floats() -> str:
    """Hash over a product of fractions."""
    random = np.random.default_rng(12)
    return sha256((random.normal(size=(700, 900)) @ random.normal(size=(900, 800))).tobytes()).hex()


def blas() -> dict[str, object]:
    """Kernel and threads of NumPy's own OpenBLAS; empty where NumPy was built with another BLAS."""
    found = sorted(Path(np.__file__).parent.parent.glob("numpy.libs/*openblas*"))
    if not found:
        return {}
    library = ctypes.CDLL(str(found[0]))
    name = library.scipy_openblas_get_corename64_
    name.restype = ctypes.c_char_p
    return {"kernel": name().decode(), "threads": library.scipy_openblas_get_num_threads64_()}


def main() -> None:
    """Writes the hashes to standard output."""
    rounds = (report_bytes(play(build_world(3, layers=layers)).settle()) for layers in ((), (6,), (6, 5)))
    hashes = {
        "integers": integers(),
        "report": sha256(*rounds).hex(),
        "floats": floats(),
        "numpy": np.__version__,
        **blas(),
    }
    sys.stdout.write(json.dumps(hashes))


if __name__ == "__main__":
    main()
