"""Trees of any form as EVM code: jumps down to the last two leaves, which one comparison chooses between.

Takes a proven TreesFile of trees; writes their sum. The codes most asked for lie on the stack, others are cut out of
the question where they are asked. A test that has two leaves below it is no jump: the smaller leaf plus the difference
times the outcome. All leaves are written from their tree's least one up, and what that takes off is given back at the
start. What it costs depends on the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from andel.serving.assembler import WORD_BITS
from andel.serving.code_chunks import Mark, To
from andel.serving.slots import WORD_BYTES, Slots
from andel.serving.stack_code import StackCode
from andel.serving.trees_file import Tree, TreesFile

_ON_STACK: Final = 15
"""Codes that DUP reaches, with the sum on top of them."""
_BYTE: Final = 8


@dataclass(frozen=True, slots=True)
class _Place:
    """A tree while it is written."""

    tree: Tree
    number: int
    least: int


def write_trees(model: TreesFile, trees: Sequence[Tree], start: int, code: StackCode) -> None:
    """Write `start` plus the sum of some trees onto the stack, as a signed number."""
    chosen = _most_asked(trees)
    for i in chosen:
        _cut_out(i, model.slots, code, f"u{i}")
    lift = sum(min(tree.leaves) for tree in trees)
    code.push((start + lift) % (1 << WORD_BITS), "sum")
    for number, tree in enumerate(trees):
        place = _Place(tree, number, min(tree.leaves))
        if tree.nodes:
            _write_node(place, 0, model.slots, code, last=True)
            code.items.append(Mark(f"{number}.end"))


def _most_asked(trees: Sequence[Tree]) -> list[int]:
    """The inputs asked for most, a test at depth k counting half as much as one at depth k - 1."""
    asked: dict[int, int] = {}
    for tree in trees:
        weights = {0: 1 << 32}
        for k, (i, _, left, right) in enumerate(tree.nodes):
            asked[i] = asked.get(i, 0) + weights[k]
            weights |= {child: weights[k] >> 1 for child in (left, right) if child >= 0}
    return sorted(sorted(asked, key=lambda i: (-asked[i], i))[:_ON_STACK])


def _write_node(place: _Place, node: int, slots: Slots, code: StackCode, *, last: bool) -> None:
    """Write a subtree, which leaves the sum on the stack and goes to the tree's end; the `last` one stands there."""
    i, cut, left, right = place.tree.nodes[node]
    if left < 0 and right < 0:
        _write_pair(place, node, slots, code)
        _go_to_end(place, code, last=last)
        return
    _read(i, slots, code)
    code.items += [cut, "GT", To(f"{place.number}.{node}"), "JUMPI"]
    _drop(code)
    _write_child(place, right, slots, code, last=False)
    code.items.append(Mark(f"{place.number}.{node}"))
    _write_child(place, left, slots, code, last=last)


def _write_child(place: _Place, child: int, slots: Slots, code: StackCode, *, last: bool) -> None:
    if child >= 0:
        _write_node(place, child, slots, code, last=last)
        return
    above = place.tree.leaves[-1 - child] - place.least
    if above:
        code.items += [above, "ADD"]
    _go_to_end(place, code, last=last)


def _write_pair(place: _Place, node: int, slots: Slots, code: StackCode) -> None:
    i, cut, left, right = place.tree.nodes[node]
    low, high = (place.tree.leaves[-1 - child] - place.least for child in (left, right))
    if low != high:
        _read(i, slots, code)
        # cut > code chooses the left leaf, cut - 1 < code the right one
        code.items += [cut, "GT"] if low > high else [cut - 1, "LT"]
        code.items += [abs(high - low), "MUL", "ADD"]
        _drop(code)
    if min(low, high):
        code.items += [min(low, high), "ADD"]


def _go_to_end(place: _Place, code: StackCode, *, last: bool) -> None:
    if not last:
        code.items += [To(f"{place.number}.end"), "JUMP"]


def _read(i: int, slots: Slots, code: StackCode) -> None:
    try:
        code.dup(f"u{i}")
    except ValueError:
        _cut_out(i, slots, code, "")


def _drop(code: StackCode) -> None:
    """What was written since `_read` has taken its code from the stack."""
    code.forget_top()


def _cut_out(i: int, slots: Slots, code: StackCode, name: str) -> None:
    word, slot = divmod(i, slots.per_word)
    code.load(WORD_BYTES * word, "CALLDATALOAD", name)
    if slots.slot_bits == slots.code_bits == _BYTE:
        code.with_number(slot, "BYTE")
    else:
        shift = WORD_BITS - slots.slot_bits * (slot + 1)
        if shift:
            code.with_number(shift, "SHR")
        code.with_number(slots.max_code, "AND")
    code.name(name)
