"""The integer model file of tree ensembles, with the proof that their sums fit.

Takes integers (from `import_sklearn`, or from a file of unknown origin); gives a TreesFile and its canonical bytes.
Making one checks that every tree is a tree and that no sum of leaves leaves its width. Never evaluates, never rounds.

    a test (i, cut) holds where code i >= cut
    an oblivious tree asks the same tests whatever came before: its leaf is sum_k 2**k · [test k holds]
    a tree goes from node 0 to a node's right child where its test holds, else to the left one, until it is a leaf
    answer = bias + the sum of every tree's leaf
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from andel.encoding import canonical_json
from andel.errors import ModelFileError
from andel.hashing import sha256
from andel.serving.file_fields import (
    as_tuple,
    check_digests,
    check_integer,
    check_integers,
    check_text,
    digest_of,
    list_of,
    read_record,
)
from andel.serving.slots import FORMAT, Slots
from andel.units import Digest

OBLIVIOUS: Final = "oblivious"
TREES: Final = "trees"
MAX_FILE_BYTES: Final = 1 << 22
MAX_TREES: Final = 2_000
MAX_NODES: Final = 4_096
MAX_DEPTH: Final = 32
MAX_OBLIVIOUS_DEPTH: Final = 6
MAX_CODE_BITS: Final = 15
"""A code and a bit that tells whether it reaches a cut share a lane of 16 bits."""
SUM_BITS: Final = {OBLIVIOUS: 16, TREES: 32}
"""Width of the signed answer: sixteen leaves of an oblivious tree lie side by side in a word."""

_FIELDS: Final = frozenset("format family inputs slot_bits code_bits trees bias unit version task".split())


@dataclass(frozen=True, slots=True)
class ObliviousTree:
    """The same tests on every path."""

    tests: tuple[tuple[int, int], ...]
    """(input, cut), 1..6 of them, all different."""
    leaves: tuple[int, ...]
    """2**tests integers; bit k of the index tells whether test k holds."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Any tree of axis-aligned tests."""

    nodes: tuple[tuple[int, int, int, int], ...]
    """(input, cut, left, right): a child of 0 or more is a later node, -1 - k is leaf k. None: leaf 0 alone."""
    leaves: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TreesFile:
    """One model version as integers; making one proves its bounds and raises ModelFileError otherwise."""

    slots: Slots
    """How many codes a question has, and how they lie in it; codes of at most 15 bits."""
    trees: tuple[ObliviousTree | Tree, ...]
    """1..2000, all of one kind."""
    bias: int
    unit: str
    """What one unit of the answer is, for people."""
    version: Digest
    task: Digest

    def __post_init__(self) -> None:
        if not 1 <= len(self.trees) <= MAX_TREES:
            raise ModelFileError(f"trees: {len(self.trees)} trees, 1 to {MAX_TREES} are possible")
        if len({type(tree) for tree in self.trees}) > 1:
            raise ModelFileError("trees: oblivious and other trees in one file")
        check_integer(self.slots.code_bits, 1, MAX_CODE_BITS, "code_bits")
        if self.slots.base:
            raise ModelFileError("adds_base: trees add no base")
        limit = 1 << SUM_BITS[self.family] - 1
        for number, tree in enumerate(self.trees):
            check_integers(tree.leaves, len(tree.leaves), f"trees[{number}].leaves", limit)
            if isinstance(tree, ObliviousTree):
                _check_oblivious(tree, self.slots, f"trees[{number}]")
            else:
                _check_tree(tree, self.slots, f"trees[{number}]")
        check_integer(self.bias, -limit, limit - 1, "bias")
        low, high = self.sum_range()
        if low < -limit or high >= limit:
            raise ModelFileError(
                f"leaves, bias: answers range over {low}..{high}, outside {SUM_BITS[self.family]} bits",
                "quantise with a coarser unit",
            )
        check_text(self.unit, "unit")
        check_digests(self.version, self.task)

    @property
    def family(self) -> str:
        """ "oblivious" or "trees"."""
        return OBLIVIOUS if isinstance(self.trees[0], ObliviousTree) else TREES

    @property
    def file_hash(self) -> Digest:
        """SHA-256 of the canonical bytes."""
        return sha256(self.to_bytes())

    def sum_range(self) -> tuple[int, int]:
        """Least and greatest answer over all inputs (or beyond: never narrower)."""
        low = self.bias + sum(min(tree.leaves) for tree in self.trees)
        return low, self.bias + sum(max(tree.leaves) for tree in self.trees)

    def to_bytes(self) -> bytes:
        """The file: canonical JSON (RFC 8785), the same bytes for the same model."""
        trees = [
            {"tests": [list(test) for test in tree.tests], "leaves": list(tree.leaves)}
            if isinstance(tree, ObliviousTree)
            else {"nodes": [list(node) for node in tree.nodes], "leaves": list(tree.leaves)}
            for tree in self.trees
        ]
        return canonical_json(
            {
                "format": FORMAT,
                "family": self.family,
                "inputs": self.slots.inputs,
                "slot_bits": self.slots.slot_bits,
                "code_bits": self.slots.code_bits,
                "trees": trees,
                "bias": self.bias,
                "unit": self.unit,
                "version": self.version.hex(),
                "task": self.task.hex(),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> TreesFile:
        """The model in a file of unknown origin.

        Raises ModelFileError, naming the field, for a file over 4 MiB, no canonical JSON, other fields than the
        format's, or a value outside the bounds.
        """
        record = read_record(data, MAX_FILE_BYTES, _FIELDS)
        if record["format"] != FORMAT or record["family"] not in (OBLIVIOUS, TREES):
            raise ModelFileError("format, family: not a file of trees", "check which file was given")
        entries = list_of(record, "trees")
        trees: Any = tuple(_tree(entry, record["family"], f"trees[{number}]") for number, entry in enumerate(entries))
        return cls(
            slots=Slots(record["inputs"], record["slot_bits"], record["code_bits"]),
            trees=trees,
            bias=record["bias"],
            unit=record["unit"],
            version=digest_of(record, "version"),
            task=digest_of(record, "task"),
        )


def _check_test(test: Sequence[int], slots: Slots, field: str) -> None:
    check_integer(test[0], 0, slots.inputs - 1, f"{field}, input")
    check_integer(test[1], 1, slots.max_code, f"{field}, cut")


def _check_oblivious(tree: ObliviousTree, slots: Slots, field: str) -> None:
    if not 1 <= len(tree.tests) <= MAX_OBLIVIOUS_DEPTH:
        raise ModelFileError(f"{field}: {len(tree.tests)} tests, 1 to {MAX_OBLIVIOUS_DEPTH} are possible")
    for k, test in enumerate(tree.tests):
        if len(test) != 2:
            raise ModelFileError(f"{field}.tests[{k}]: not an input and a cut")
        _check_test(test, slots, f"{field}.tests[{k}]")
    if len(set(tree.tests)) != len(tree.tests):
        raise ModelFileError(f"{field}: a test occurs twice")
    if len(tree.leaves) != 1 << len(tree.tests):
        raise ModelFileError(f"{field}: {len(tree.leaves)} leaves where {1 << len(tree.tests)} belong")


def _check_tree(tree: Tree, slots: Slots, field: str) -> None:
    if len(tree.nodes) > MAX_NODES:
        raise ModelFileError(f"{field}: {len(tree.nodes)} nodes, at most {MAX_NODES} are possible")
    depths = [0] * len(tree.nodes)
    children: list[int] = []
    for k, node in enumerate(tree.nodes):
        if len(node) != 4:
            raise ModelFileError(f"{field}.nodes[{k}]: not an input, a cut and two children")
        _check_test(node[:2], slots, f"{field}.nodes[{k}]")
        for child in node[2:]:
            # children come later: so nothing goes in a circle
            check_integer(child, -len(tree.leaves), len(tree.nodes) - 1, f"{field}.nodes[{k}], child")
            if 0 <= child <= k:
                raise ModelFileError(f"{field}.nodes[{k}]: child {child} does not come later")
            if child > k:
                depths[child] = depths[k] + 1
        children += node[2:]
    expected = [*range(1, len(tree.nodes)), *(-1 - leaf for leaf in range(len(tree.leaves)))]
    if sorted(children) != sorted(expected if tree.nodes else []) or (not tree.nodes and len(tree.leaves) != 1):
        raise ModelFileError(f"{field}: not every node and leaf is the child of exactly one node")
    if max(depths, default=0) >= MAX_DEPTH:
        raise ModelFileError(f"{field}: deeper than {MAX_DEPTH} tests")


def _tree(entry: Any, family: str, field: str) -> ObliviousTree | Tree:
    inner = "tests" if family == OBLIVIOUS else "nodes"
    if not isinstance(entry, dict) or entry.keys() != {inner, "leaves"}:
        raise ModelFileError(f"{field}: not {inner} and leaves")
    rows = tuple(as_tuple(row, f"{field}.{inner}") for row in as_tuple(entry[inner], f"{field}.{inner}"))
    leaves = as_tuple(entry["leaves"], f"{field}.leaves")
    return ObliviousTree(rows, leaves) if family == OBLIVIOUS else Tree(rows, leaves)
