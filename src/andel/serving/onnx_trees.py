"""From an ensemble of trees in an ONNX file to a file of trees and the cuts that make codes.

Takes a graph whose one working operator is TreeEnsembleRegressor, or TreeEnsemble of ai.onnx.ml 5, over float32 values;
gives a TreesFile and its cuts. Every threshold is a cut, so that a code says exactly which tests hold: only leaves are
rounded, by half an answer unit each. Whatever a tree cannot say (several targets, transforms, membership tests) is
refused by its name. Never runs the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.errors import ModelFileError
from andel.serving.import_sklearn import Cuts
from andel.serving.onnx_graph import OnnxGraph, Operator
from andel.serving.slots import MAX_INPUTS, Slots
from andel.serving.trees_file import MAX_CODE_BITS, MAX_TREES, Tree, TreesFile
from andel.units import Digest

KINDS: Final = ("TreeEnsembleRegressor", "TreeEnsemble")
_PASSED: Final = ("Cast", "Identity", "Reshape")
_FLOATS: Final = (1, 11)
_MODES: Final = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ", "BRANCH_MEMBER")
"""As TreeEnsemble numbers them."""
_MAX_NODES: Final = 1 << 19
"""Nodes and leaves of all trees; a file of trees, of 4 MiB, holds fewer."""

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class _Node:
    """A test, x > threshold, with what follows where it does not hold and where it does; or a leaf."""

    feature: int = -1
    threshold: float = 0.0
    left: int = -1
    right: int = -1
    leaf: float = 0.0


@dataclass(frozen=True, slots=True)
class FloatTrees:
    """An ensemble in floats."""

    nodes: tuple[_Node, ...]
    roots: tuple[int, ...]
    factor: float
    """What every leaf is multiplied with: 1 / trees for an average."""
    start: float
    """What the sum starts from."""

    @property
    def inputs(self) -> int:
        """One more than the last input that a test looks at."""
        return max((node.feature for node in self.nodes), default=0) + 1

    def outputs(self, rows: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
        """What the floats give for values (n, inputs), compared in single precision as ONNX does."""
        single, total = rows.astype(np.float32), np.full(len(rows), self.start)
        for root in self.roots:
            pending = [(root, np.arange(len(rows)))]
            while pending:
                at, members = pending.pop()
                node = self.nodes[at]
                if node.feature < 0:
                    total[members] += node.leaf * self.factor
                elif members.size:
                    right = single[members, node.feature].astype(np.float64) > node.threshold
                    pending += [(node.left, members[~right]), (node.right, members[right])]
        return total


def has_trees(graph: OnnxGraph) -> bool:
    """Whether the graph is one of trees."""
    return any(each.kind in KINDS for each in graph.operators)


def float_trees(graph: OnnxGraph) -> FloatTrees:
    """The ensemble of a graph. Raises ModelFileError, naming what is not served."""
    for each in graph.operators:
        if each.kind not in (*KINDS, *_PASSED) or (each.kind == "Cast" and each.attributes.get("to") not in _FLOATS):
            raise ModelFileError(f"ONNX: operator {each.kind} beside trees is not served", "export the trees alone")
    ensembles = [each for each in graph.operators if each.kind in KINDS]
    if len(ensembles) > 1:
        raise ModelFileError(f"ONNX: {len(ensembles)} ensembles of trees, one is served")
    operator = ensembles[0]
    found = _regressor(operator) if operator.kind == KINDS[0] else _ensemble(operator)
    if not 1 <= len(found.roots) <= MAX_TREES:
        raise ModelFileError(f"ONNX: {len(found.roots)} trees, 1 to {MAX_TREES} are possible", "serve it off chain")
    if found.inputs > MAX_INPUTS:
        raise ModelFileError(f"ONNX: {found.inputs} inputs, at most {MAX_INPUTS} are possible")
    if not all(np.isfinite((node.threshold, node.leaf)).all() for node in found.nodes):
        raise ModelFileError("ONNX: a threshold or a leaf is no number")
    return found


def trees_file(
    trees: FloatTrees, inputs: int, scale: float, unit: str, version: Digest, task: Digest
) -> tuple[TreesFile, Cuts]:
    """The file, `scale` answer units per 1.0, and its cuts. `task` names what gives codes their meaning.

    Raises ModelFileError where an input has more cuts than a code counts, a tree is none, or a sum could leave 32 bits.
    """
    if inputs < trees.inputs:
        raise ModelFileError(f"ONNX: {trees.inputs} inputs are asked for, the file names {inputs}")
    cuts = cuts_of(trees, inputs)
    code_bits = max(1, max(len(found) for found in cuts.values)).bit_length()
    if code_bits > MAX_CODE_BITS:
        raise ModelFileError(f"an input has over {(1 << MAX_CODE_BITS) - 1} cuts", "bin the inputs before training")
    slots = Slots(inputs, 8, 8) if code_bits <= 8 else Slots(inputs, 16, code_bits)
    files = tuple(_tree(trees, root, cuts, scale, number) for number, root in enumerate(trees.roots))
    return TreesFile(slots, files, _rounded(trees.start * scale), unit, version, task), cuts


def cuts_of(trees: FloatTrees, inputs: int) -> Cuts:
    """Every threshold of each input, rising."""
    found: list[set[float]] = [set() for _ in range(inputs)]
    for node in trees.nodes:
        if node.feature >= 0:
            found[node.feature].add(node.threshold)
    return Cuts(tuple(np.array(sorted(values), dtype=np.float64) for values in found))


def _tree(trees: FloatTrees, root: int, cuts: Cuts, scale: float, number: int) -> Tree:
    """Inner nodes numbered level by level: children come later."""
    order, seen = [root], {root}
    leaves: list[int] = []
    places: dict[int, int] = {}
    inner = 0
    for at in order:
        node = trees.nodes[at]
        if node.feature < 0:
            places[at] = -1 - len(leaves)
            leaves.append(_rounded(node.leaf * trees.factor * scale))
            continue
        places[at] = inner
        inner += 1
        for child in (node.left, node.right):
            if not 0 <= child < len(trees.nodes) or child in seen:
                raise ModelFileError(f"ONNX: tree {number}: a node is missing, or two tests lead to it")
            seen.add(child)
            order.append(child)
    tests = []
    for at in order:
        node = trees.nodes[at]
        if node.feature >= 0:
            cut = int(np.searchsorted(cuts.values[node.feature], node.threshold)) + 1
            tests.append((node.feature, cut, places[node.left], places[node.right]))
    return Tree(tuple(tests), tuple(leaves))


def _rounded(value: float) -> int:
    if not abs(value) < 1 << 40:
        raise ModelFileError(f"a leaf of {value:.3g} answer units is outside 32 bits", "use a coarser unit")
    return round(value)


def _branch(feature: int, mode: str, threshold: float, true: int, false: int) -> _Node:
    """The test as x > threshold of single precision: x < t is the opposite of x > the number before t."""
    if mode not in _MODES[:4]:
        raise ModelFileError(f"ONNX: test {mode[:20]} is not served", "tests by <, <=, > and >= are")
    if not 0 <= feature < MAX_INPUTS:
        raise ModelFileError(f"ONNX: a test looks at input {feature}, at most {MAX_INPUTS} are possible")
    if mode in ("BRANCH_LT", "BRANCH_GTE"):
        threshold = float(np.nextafter(np.float32(threshold), np.float32(-np.inf)))
    holds_right = mode in ("BRANCH_GT", "BRANCH_GTE")
    return _Node(feature, threshold, *((false, true) if holds_right else (true, false)))


def _list(known: Mapping[str, Any], name: str, count: int | None = None) -> Array:
    values = known.get(name)
    if values is None or np.ndim(values) != 1 or (count is not None and len(values) != count):
        raise ModelFileError(f"ONNX: trees' {name} is missing, or of another length than its fellows")
    return np.asarray(values)


def _check_count(count: int) -> None:
    if count > _MAX_NODES:
        raise ModelFileError(f"ONNX: {count} nodes of trees, at most {_MAX_NODES} are read", "serve it off chain")


def _check_known(operator: Operator, known: Sequence[str]) -> None:
    if unknown := operator.attributes.keys() - set(known):
        raise ModelFileError(f"ONNX: {operator.kind}.{min(unknown)} is not served", "export in float32, for one target")


def _regressor(operator: Operator) -> FloatTrees:
    known = operator.attributes
    lists = ("nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_values", "nodes_modes")
    ends = ("nodes_truenodeids", "nodes_falsenodeids")
    targets = ("target_treeids", "target_nodeids", "target_ids", "target_weights")
    more = ("n_targets", "aggregate_function", "post_transform", "base_values")
    ignored = ("nodes_hitrates", "nodes_missing_value_tracks_true")
    _check_known(operator, (*lists, *ends, *targets, *more, *ignored))
    if known.get("n_targets", 1) != 1 or known.get("post_transform", "NONE") != "NONE":
        raise ModelFileError("ONNX: trees with several targets or a transform are not served", "export one plain sum")
    count = len(_list(known, "nodes_treeids"))
    _check_count(count)
    tree_ids, node_ids, features, values, modes = (_list(known, name, count) for name in lists)
    true, false = (_list(known, name, count).tolist() for name in ends)
    keys = list(zip(tree_ids.tolist(), node_ids.tolist(), strict=True))
    places = {key: at for at, key in enumerate(keys)}
    if len(places) != count:
        raise ModelFileError("ONNX: two nodes of a tree have one number")
    leaf_count = len(_list(known, "target_treeids"))
    leaves: dict[tuple[int, int], float] = {}
    target_trees, target_nodes, ids, weights = (_list(known, name, leaf_count).tolist() for name in targets)
    for tree, node, target, weight in zip(target_trees, target_nodes, ids, weights, strict=True):
        if target != 0 or (tree, node) not in places:
            raise ModelFileError("ONNX: a leaf's weight is of another target, or of no node")
        leaves[tree, node] = leaves.get((tree, node), 0.0) + float(weight)
    nodes = []
    for at, (tree, node) in enumerate(keys):
        if modes[at] == "LEAF":
            nodes.append(_Node(leaf=leaves.get((tree, node), 0.0)))
            continue
        children = (places.get((tree, int(child)), -1) for child in (true[at], false[at]))
        nodes.append(_branch(int(features[at]), str(modes[at]), float(values[at]), *children))
    roots = tuple({tree: at for at, (tree, _) in reversed(list(enumerate(keys)))}.values())  # the first node of each
    base = np.asarray(known.get("base_values", [0.0]), dtype=np.float64)
    if base.shape != (1,) or not np.isfinite(base).all():
        raise ModelFileError("ONNX: trees' base_values are not one number")
    return FloatTrees(tuple(nodes), roots[::-1], _factor(known.get("aggregate_function", "SUM"), roots), float(base[0]))


def _ensemble(operator: Operator) -> FloatTrees:
    known = operator.attributes
    lists = ("nodes_featureids", "nodes_splits", "nodes_modes", "nodes_truenodeids", "nodes_falsenodeids")
    ends = ("nodes_trueleafs", "nodes_falseleafs")
    more = ("n_targets", "aggregate_function", "post_transform", "tree_roots", "leaf_targetids", "leaf_weights")
    ignored = ("nodes_hitrates", "nodes_missing_value_tracks_true")
    _check_known(operator, (*lists, *ends, *more, *ignored))
    if known.get("n_targets", 1) != 1 or known.get("post_transform", 0) != 0:
        raise ModelFileError("ONNX: trees with several targets or a transform are not served", "export one plain sum")
    splits = _list(known, "nodes_splits")
    if splits.dtype != np.float32:
        raise ModelFileError(f"ONNX: trees over {splits.dtype} are not served", "export in float32")
    count = len(splits)
    _check_count(count + len(_list(known, "leaf_weights")))
    features, _, modes, true, false = (_list(known, name, count).tolist() for name in lists)
    true_leaf, false_leaf = (_list(known, name, count).tolist() for name in ends)
    weights = _list(known, "leaf_weights").tolist()
    if any(_list(known, "leaf_targetids", len(weights)).tolist()):
        raise ModelFileError("ONNX: a leaf's weight is of another target")
    nodes: list[_Node] = []
    for at in range(count):
        if not 0 <= modes[at] < len(_MODES):
            raise ModelFileError(f"ONNX: test {modes[at]} is not served")
        ends_at = (
            count + place if is_leaf else place
            for place, is_leaf in ((true[at], true_leaf[at]), (false[at], false_leaf[at]))
        )
        nodes.append(_branch(features[at], _MODES[modes[at]], float(splits[at]), *ends_at))
    nodes += [_Node(leaf=float(weight)) for weight in weights]
    roots = tuple(_list(known, "tree_roots").tolist())
    if any(not 0 <= root < count for root in roots):
        raise ModelFileError("ONNX: a tree's root is no node")
    # a tree of one leaf is written as a test whose two ends are that leaf
    roots = tuple(nodes[root].left if nodes[root].left == nodes[root].right else root for root in roots)
    aggregate = {0: "AVERAGE", 1: "SUM"}.get(known.get("aggregate_function", 1), "?")
    return FloatTrees(tuple(nodes), roots, _factor(aggregate, roots), 0.0)


def _factor(aggregate: str, roots: Sequence[int]) -> float:
    if aggregate not in ("SUM", "AVERAGE"):
        raise ModelFileError(f"ONNX: trees joined by {aggregate[:20]} are not served", "a sum or an average is")
    return 1.0 if aggregate == "SUM" else 1.0 / max(len(roots), 1)
