"""Trained trees of scikit-learn as a file of trees, with a report of what rounding the leaves cost.

Takes a fitted DecisionTreeRegressor, RandomForestRegressor, ExtraTreesRegressor, GradientBoostingRegressor or binary
GradientBoostingClassifier (read by attributes: scikit-learn itself is not imported); gives a TreesFile and the cuts
that turn measured values into codes. Every threshold of the trees is a cut, so that a code says exactly which tests
hold and the trees' form loses nothing; only leaves are rounded. A classifier's answer is its log-odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.encoding import IntArray
from andel.errors import InputError, ModelFileError
from andel.serving.slots import Slots
from andel.serving.trees_file import MAX_CODE_BITS, Tree, TreesFile
from andel.units import Digest

_LEAF: Final = -1
"""What scikit-learn writes as the child of a leaf."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """How measured values become codes: the code is how many of the input's cuts are less than the value."""

    values: tuple[npt.NDArray[np.float64], ...]
    """For each input its cuts, ascending."""

    def codes(self, rows: npt.NDArray[np.floating[Any]]) -> IntArray:
        """Codes (n, inputs) of values (n, inputs). Raises InputError for another shape or what is no number."""
        if rows.ndim != 2 or rows.shape[1] != len(self.values) or not np.isfinite(rows).all():
            raise InputError(f"values are {rows.shape}, not numbers (n, {len(self.values)})")
        single = rows.astype(np.float32).astype(np.float64)  # scikit-learn compares values of single precision
        columns = [np.searchsorted(cuts, single[:, i], side="left") for i, cuts in enumerate(self.values)]
        return np.stack(columns, axis=1).astype(np.int64)


def import_sklearn(model: Any, scale: float, unit: str, version: Digest, task: Digest) -> tuple[TreesFile, Cuts]:
    """The file of a fitted ensemble, `scale` answer units per 1.0, and its cuts.

    Raises InputError for another kind of model, ModelFileError when an input has more cuts than a code counts or a sum
    of leaves could leave 32 bits.
    """
    estimators, factor, start = _parts(model)
    inputs = int(model.n_features_in_)
    thresholds: list[set[float]] = [set() for _ in range(inputs)]
    for estimator in estimators:
        tree = estimator.tree_
        for feature, threshold, left in zip(tree.feature, tree.threshold, tree.children_left, strict=True):
            if left != _LEAF:
                thresholds[feature].add(float(threshold))
    cuts = Cuts(tuple(np.array(sorted(found), dtype=np.float64) for found in thresholds))
    most = max(len(found) for found in thresholds)
    code_bits = max(most, 1).bit_length()
    if code_bits > MAX_CODE_BITS:
        raise ModelFileError(f"an input has {most} cuts, a code counts to {(1 << MAX_CODE_BITS) - 1}", "bin the inputs")
    slot_bits = 8 if code_bits <= 8 else 16
    slots = Slots(inputs, slot_bits, slot_bits if slot_bits == 8 else code_bits)
    trees = tuple(_tree(estimator.tree_, cuts, factor * scale) for estimator in estimators)
    return TreesFile(slots, trees, round(start * scale), unit, version, task), cuts


def _parts(model: Any) -> tuple[Sequence[Any], float, float]:
    """The trees, what each leaf is multiplied with, and what the sum starts from."""
    if hasattr(model, "tree_"):
        return [model], 1.0, 0.0
    estimators = getattr(model, "estimators_", None)
    if estimators is None:
        raise InputError(f"{type(model).__name__} is no fitted ensemble of trees", "fit it first")
    flat = list(np.asarray(estimators, dtype=object).ravel())
    if not flat or not all(hasattr(estimator, "tree_") for estimator in flat):
        raise InputError(f"{type(model).__name__} has parts that are no trees")
    if not hasattr(model, "learning_rate"):
        return flat, 1.0 / len(flat), 0.0
    if len(flat) != len(estimators):
        raise InputError(
            f"{type(model).__name__} has {len(flat) // len(estimators)} classes of trees, one sum is served"
        )
    zero = np.zeros((1, int(model.n_features_in_)))
    start = float(np.ravel(model._raw_predict_init(zero))[0])
    return flat, float(model.learning_rate), start


def _tree(tree: Any, cuts: Cuts, factor: float) -> Tree:
    if tree.value.shape[1:] != (1, 1):
        raise InputError(f"leaves hold {tree.value.shape[1:]} values, one number is served", "fit a regressor")
    inner = {node: k for k, node in enumerate(np.flatnonzero(tree.children_left != _LEAF).tolist())}
    leaf = {node: k for k, node in enumerate(np.flatnonzero(tree.children_left == _LEAF).tolist())}
    nodes = []
    for node in inner:
        i = int(tree.feature[node])
        cut = int(np.searchsorted(cuts.values[i], float(tree.threshold[node]))) + 1
        left, right = (
            inner[child] if child in inner else -1 - leaf[child]
            for child in (int(tree.children_left[node]), int(tree.children_right[node]))
        )
        nodes.append((i, cut, left, right))
    return Tree(tuple(nodes), tuple(round(float(tree.value[node, 0, 0]) * factor) for node in leaf))
