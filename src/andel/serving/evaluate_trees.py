"""What a file of trees answers, in plain integers: the reference that decides.

Takes a proven TreesFile and codes; gives integer answers, the same as the compiled EVM code bit for bit.
"""

from __future__ import annotations

import numpy as np

from andel.encoding import IntArray
from andel.serving.slots import Codes, check_codes
from andel.serving.trees_file import ObliviousTree, Tree, TreesFile


def evaluate_trees(model: TreesFile, codes: Codes) -> IntArray:
    """Answers (n, 1) for codes (n, inputs). Raises InputError for other shapes, types or values."""
    rows = check_codes(model.slots, codes)
    total = np.full(len(rows), model.bias, dtype=np.int64)
    for tree in model.trees:
        leaf = _oblivious_leaf(tree, rows) if isinstance(tree, ObliviousTree) else _leaf(tree, rows)
        total += np.array(tree.leaves, dtype=np.int64)[leaf]
    return total[:, None]


def _oblivious_leaf(tree: ObliviousTree, rows: IntArray) -> IntArray:
    leaf = np.zeros(len(rows), dtype=np.int64)
    for k, (i, cut) in enumerate(tree.tests):
        leaf |= (rows[:, i] >= cut).astype(np.int64) << k
    return leaf


def _leaf(tree: Tree, rows: IntArray) -> IntArray:
    if not tree.nodes:
        return np.zeros(len(rows), dtype=np.int64)
    nodes = np.array(tree.nodes, dtype=np.int64)
    at = np.zeros(len(rows), dtype=np.int64)
    while (inner := np.flatnonzero(at >= 0)).size:
        here = nodes[at[inner]]
        right = rows[inner, here[:, 0]] >= here[:, 1]
        at[inner] = np.where(right, here[:, 3], here[:, 2])
    return -1 - at
