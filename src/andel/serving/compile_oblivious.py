"""From a file of oblivious trees to EVM runtime code that answers with the same bits.

Takes a proven TreesFile of oblivious trees; gives straight-line code, so that its price is the same for every question.
All codes of a word are compared with a cut each at once; the outcomes stand side by side in words of outcomes, one bit
a test. A tree then takes its four bits together by one multiplication (`gather`), and what they say is how far a pushed
word of sixteen leaves is shifted: 32 gas a tree. Leaves above the one that is meant stay in the upper bits of the sum,
which the last step drops. Never jumps, never looks at anything but the call data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final

from andel.serving.assembler import WORD_BITS
from andel.serving.gather import MAX_BITS, Gather, gather
from andel.serving.lane_words import InputWord, Lanes, input_words, word_of
from andel.serving.slots import WORD_BYTES
from andel.serving.stack_code import StackCode
from andel.serving.trees_file import ObliviousTree, TreesFile

_LANE: Final = 16
_LANES: Final = Lanes(_LANE, WORD_BITS // _LANE)
_TOP_BITS: Final = word_of(dict.fromkeys(range(_LANES.count), 1 << _LANE - 1), _LANE)
_LEAF_BYTES: Final = 2
_STRIDES: Final = (1, 3, 5, 7, 11, 13)
"""Odd, so that each gives an order of its own."""


@dataclass(frozen=True, slots=True)
class OutcomeWord:
    """Sixteen outcomes at most for each code of a word: step r compares every code with one cut."""

    name: str
    word: InputWord
    steps: tuple[tuple[int | None, ...], ...]
    """For each step the cut of each lane."""

    def position(self, lane: int, step: int) -> int:
        """The bit of an outcome: each step moves those before it down by one."""
        return _LANE * lane + _LANE - 1 - (len(self.steps) - 1 - step)


@dataclass(frozen=True, slots=True)
class Bit:
    """Where a test's outcome stands."""

    name: str
    position: int


def write_oblivious(model: TreesFile, trees: Sequence[ObliviousTree], code: StackCode) -> None:
    """Write the sum of some trees onto the stack, as a signed number.

    Which cut is compared at which step is free; the order that makes the shortest code is taken.
    """
    tried = [_written(model, trees, stride) for stride in _STRIDES]
    code.extend(min(tried, key=lambda one: len(one.items)))


def _written(model: TreesFile, trees: Sequence[ObliviousTree], stride: int) -> StackCode:
    code = StackCode()
    outcomes = _outcome_words(model, trees, stride)
    bits: dict[tuple[int, int], Bit] = {}
    for outcome in outcomes:
        _write_outcomes(outcome, model.slots.max_code, code)
        for step, cuts in enumerate(outcome.steps):
            for lane, cut in enumerate(cuts):
                i = outcome.word.inputs[lane]
                if cut is not None and i is not None:
                    bits[i, cut] = Bit(outcome.name, outcome.position(lane, step))
    for number, tree in enumerate(trees):
        _write_tree(tree, [bits[test] for test in tree.tests], code)
        if number:
            code.apply("ADD", 2)
    code.with_number(_LEAF_BYTES - 1, "SIGNEXTEND")
    return code


def _outcome_words(model: TreesFile, trees: Sequence[ObliviousTree], stride: int) -> list[OutcomeWord]:
    slots = model.slots
    cuts: dict[int, set[int]] = {}
    for tree in trees:
        for i, cut in tree.tests:
            cuts.setdefault(i, set()).add(cut)
    outcomes = []
    for number, word in enumerate(input_words(slots.layout(), slots.slot_bits, slots.code_bits, _LANES, clean=False)):
        wanted = [sorted(cuts.get(-1 if i is None else i, ())) for i in word.inputs]
        deepest = max(map(len, wanted))
        for start in range(0, deepest, _LANE):
            steps = tuple(
                tuple(lane[step] if step < len(lane) else None for lane in wanted)
                for step in range(start, min(start + _LANE, deepest))
            )
            order = sorted(range(len(steps)), key=lambda step: step * stride % _LANE)
            outcomes.append(OutcomeWord(f"t{number}.{start}", word, tuple(steps[step] for step in order)))
    return outcomes


def _write_outcomes(outcome: OutcomeWord, max_code: int, code: StackCode) -> None:
    """Push the word of outcomes: code + 2**15 - cut has its top bit set where the code reaches the cut."""
    word = outcome.word
    code.load(WORD_BYTES * word.source, "CALLDATALOAD")
    if word.shift:
        code.with_number(word.shift, "SHR")
    # where nothing else lies in the source word, the first word of it has no mask of its own; here it needs one
    whole = word_of(dict.fromkeys(range(_LANES.count), max_code), _LANE)
    code.with_number(whole if word.mask is None else word.mask, "AND")
    code.with_number(_TOP_BITS, "OR")
    code.name("codes")
    for step, cuts in enumerate(outcome.steps):
        if step:
            code.with_number(1, "SHR")
        # a lane without a cut here is compared with 2**15, which no code reaches
        code.push(word_of({lane: 1 << _LANE - 1 if cut is None else cut for lane, cut in enumerate(cuts)}, _LANE))
        code.dup("codes")
        code.apply("SUB", 2)
        code.with_number(_TOP_BITS, "AND")
        if step:
            code.apply("OR", 2)
    code.swap()
    code.apply("POP", 1, None)
    code.name(outcome.name)


def _write_tree(tree: ObliviousTree, bits: Sequence[Bit], code: StackCode) -> None:
    near, order = _placed(bits[:MAX_BITS])
    words = []
    for start in range(0, len(tree.leaves), 1 << MAX_BITS):
        leaves = {}
        for index in range(min(len(tree.leaves), 1 << MAX_BITS)):
            lane = sum((index >> k & 1) << place for k, place in enumerate(order))
            leaves[lane] = tree.leaves[start + index] % (1 << _LANE)
        words.append(word_of(leaves, _LANE))
    _write_choice(words, bits[MAX_BITS:], code)
    for number, (name, ways) in enumerate(near):
        code.dup(name)
        code.with_number(ways.mask, "AND")
        code.with_number(ways.factor, "MUL")
        code.with_number(ways.shift, "SHR")
        if ways.cleaned is not None:
            code.with_number(ways.cleaned, "AND")
        if number:
            code.apply("OR", 2)
    code.apply("SHR", 2)


def _write_choice(words: Sequence[int], bits: Sequence[Bit], code: StackCode) -> None:
    """Push the one of 2**n words that n bits tell: a ^ ((a ^ b) · bit), for tests past the fourth."""
    if not bits:
        code.push(words[0])
        return
    half = len(words) // 2
    _write_choice(words[:half], bits[:-1], code)
    _write_choice([a ^ b for a, b in zip(words[:half], words[half:], strict=True)], bits[:-1], code)
    code.dup(bits[-1].name)
    code.with_number(bits[-1].position, "SHR")
    code.with_number(1, "AND")
    code.apply("MUL", 2)
    code.apply("XOR", 2)


def _placed(bits: Sequence[Bit]) -> tuple[list[tuple[str, Gather]], tuple[int, ...]]:
    """The cheapest way to bring up to four bits side by side, by word of outcomes, and each bit's place."""
    names = list(dict.fromkeys(bit.name for bit in bits))
    together = [[k for k, bit in enumerate(bits) if bit.name == name] for name in names]
    best: tuple[int, list[tuple[str, Gather]], tuple[int, ...]] | None = None
    for places in permutations(range(len(bits))):
        found = _gathered(bits, together, places)
        if len(found) < len(together):
            continue
        cleanings = sum(way.cleaned is not None for _, way in found)
        if best is None or cleanings < best[0]:
            best = cleanings, found, places
        if not cleanings:
            break
    if best is not None:
        return best[1], best[2]
    alone = tuple(range(len(bits)))  # one by one always works
    return _gathered(bits, [[k] for k in alone], alone), alone


def _gathered(bits: Sequence[Bit], groups: Sequence[Sequence[int]], places: Sequence[int]) -> list[tuple[str, Gather]]:
    ways = []
    for group in groups:
        way = gather(tuple(bits[k].position for k in group), tuple(places[k] for k in group))
        if way is None:
            break
        ways.append((bits[group[0]].name, way))
    return ways
