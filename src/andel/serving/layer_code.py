"""The pieces of a layer's code: reading words of inputs, adding products, and what is done with a finished sum.

Takes a `LayerPlan` and the code under construction; writes to it. Which pieces come in which order is
`compile_layers`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from andel.serving.assembler import WORD_BITS
from andel.serving.lane_words import InputWord, word_of
from andel.serving.layer_plan import HIDDEN_LANES, LayerPlan, PackedSum
from andel.serving.layers_file import HIDDEN_BITS
from andel.serving.slots import WORD_BYTES
from andel.serving.stack_code import StackCode

_SIGN_BITS: Final = word_of(dict.fromkeys(range(HIDDEN_LANES), 1 << HIDDEN_BITS - 1), HIDDEN_BITS)
_BYTE: Final = 0xFF


@dataclass(frozen=True, slots=True)
class Source:
    """Where a layer's source words lie: under names on the stack, or one behind the other in call data or memory."""

    names: tuple[str, ...] = ()
    mnemonic: str = ""
    """CALLDATALOAD or MLOAD; empty where they lie on the stack."""
    place: int = 0


def read_words(code: StackCode, source: Source, words: Sequence[InputWord], tag: str) -> list[str]:
    """Push the input words, each under the name that is returned for it."""
    names = []
    loaded = -1
    for n, word in enumerate(words):
        names.append(f"x{tag}.{n}")
        if not source.mnemonic and word.mask is None:
            names[-1] = source.names[word.source]
            continue
        if not source.mnemonic:
            code.dup(source.names[word.source])
        elif word.source == loaded:
            code.dup(f"s{tag}.{word.source}")
        else:
            code.load(source.place + WORD_BYTES * word.source, source.mnemonic, f"s{tag}.{word.source}")
            loaded = word.source
            if word.mask is None:  # the loaded word is itself the first word of inputs
                names[-1] = f"s{tag}.{word.source}"
                continue
            code.dup(f"s{tag}.{word.source}")
        _cut_out(code, word)
        code.name(names[-1])
    return names


def _cut_out(code: StackCode, word: InputWord) -> None:
    """Replace the source word on top by the word of inputs."""
    if word.mask == _BYTE and word.shift and word.shift % 8 == 0:
        code.with_number(WORD_BYTES - 1 - word.shift // 8, "BYTE")
        return
    if word.shift:
        code.with_number(word.shift, "SHR")
    if word.mask is not None:
        code.with_number(word.mask, "AND")


def add_read(code: StackCode, plan: LayerPlan, which: PackedSum, source: Source, words: Sequence[InputWord]) -> None:
    """Add one sum's products over words that nothing else uses, reading each where it is used."""
    for word in words:
        weights = plan.word_of_weights(word, which)
        if not weights:
            continue
        if source.mnemonic:
            code.load(source.place + WORD_BYTES * word.source, source.mnemonic)
        else:
            code.dup(source.names[word.source])
        _cut_out(code, word)
        code.push(weights)
        code.apply("MUL", 2)
        code.apply("ADD", 2)


def add_products(
    code: StackCode,
    plan: LayerPlan,
    which: PackedSum,
    words: Sequence[InputWord],
    names: Sequence[str],
    *,
    started: bool,
) -> None:
    """Add one sum's products over some words to what is on top, or push them where nothing was started."""
    for word, name in zip(words, names, strict=True):
        weights = plan.word_of_weights(word, which)
        if not weights:
            continue
        code.push(weights)
        code.dup(name)
        code.apply("MUL", 2)
        if started:
            code.apply("ADD", 2)
        started = True
    if not started:
        code.push(0)


def merge(code: StackCode, plan: LayerPlan, k: int) -> None:
    """Take the read lanes of sum k and put them beside those of the sums before it: each group fills one word."""
    p = plan.lanes.per_input
    if p == 1:
        return
    full = (1 << HIDDEN_BITS) - 1
    code.with_number(word_of(dict.fromkeys(range(p - 1, HIDDEN_LANES, p), full), HIDDEN_BITS), "AND")
    if k % p:
        code.with_number(HIDDEN_BITS * (k % p), "SHR")
        code.apply("OR", 2)


def rectify(code: StackCode, shift: int, name: str) -> None:
    """Replace z + 2**15 in each lane by max(z, 0) >> shift: the top bit tells which lanes stay.

    s - (s >> 15 - shift) has, under each set top bit s, the bits from `shift` to 14; so nothing falls into the lane
    below when the word is shifted.
    """
    code.dup_top()
    code.with_number(_SIGN_BITS, "AND")
    code.dup_top()
    code.with_number(HIDDEN_BITS - 1 - shift, "SHR")
    code.swap()
    code.apply("SUB", 2)
    code.apply("AND", 2)
    if shift:
        code.with_number(shift, "SHR")
    code.name(name)


def seek_least(code: StackCode, plan: LayerPlan, k: int) -> None:
    """Keep the least of the outputs so far, with its number in the low bits: of equal ones the first."""
    bits = max(1, (len(plan.sums) - 1).bit_length())
    drop = WORD_BITS - plan.lanes.bits
    if plan.spread < 1 << plan.lanes.bits - 1:
        code.with_number(((1 << plan.lanes.bits) - 1) << drop, "AND")  # below 2**255: differences keep their sign
    else:
        code.with_number(drop, "SHR")
        code.with_number(bits, "SHL")
    if k:
        code.with_number(k, "OR")
        code.dup_second()
        code.swap()
        code.apply("SUB", 2)  # new - least
        code.dup_top()
        code.with_number(WORD_BITS - 1, "SAR")
        code.apply("AND", 2)  # the difference where it is negative, else 0
        code.apply("ADD", 2)
    if k == len(plan.sums) - 1:
        code.with_number((1 << bits) - 1, "AND")
