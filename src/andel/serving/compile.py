"""From a model file to EVM runtime code that answers with the same bits, without any Solidity compiler.

Takes a proven ModelFile; gives straight-line code that reads one 32-byte question and returns one int256.
Sixteen neurons share a word, 16 bits each: one MUL by a pushed weight word is sixteen multiplications, one
ADD sixteen additions, and the rectifier works on all lanes at once. Never jumps, stores, calls or looks at
anything but the call data, so gas is the same for every question. Call data shorter than 32 bytes reads as
zeros, as always in the EVM; bytes between codes and base, and past the first 32, change nothing.

Comments show the stack, its top at the right: q is the question, x codes, y the output word, u and v hidden
words before and after the rectifier. Why no lane spills into the next: docs/rooms/serving.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from andel.serving.assembler import WORD_BITS, assemble, disassemble
from andel.serving.model_file import LANE_BITS, OUTPUT_LANE_BITS, ModelFile

Items = list[str | int]

LANES: Final = WORD_BITS // LANE_BITS
OUTPUT_LANES: Final = WORD_BITS // OUTPUT_LANE_BITS
MEMORY_WORD_GAS: Final = 3
MAX_CODES_ON_STACK: Final = 13
"""DUP reaches 16 deep; the question, the output word and the lane sums lie there too."""


def pack_lanes(values: Iterable[int], bits: int) -> int:
    """The word sum_l values[l] * 2**(bits*l) mod 2**256: signed values borrow from the lane above."""
    return sum(value << (bits * lane) for lane, value in enumerate(values)) % (1 << WORD_BITS)


_LANE_OFFSET: Final = 1 << (LANE_BITS - 1)
_SIGN_BITS: Final = pack_lanes([_LANE_OFFSET] * LANES, LANE_BITS)
_EVEN_LANES: Final = pack_lanes([(1 << LANE_BITS) - 1] * OUTPUT_LANES, OUTPUT_LANE_BITS)
_OUTPUT_OFFSET: Final = 1 << (OUTPUT_LANE_BITS - 1)
_TOP_LANE: Final = WORD_BITS - OUTPUT_LANE_BITS


def compile_model(model: ModelFile) -> bytes:
    """Runtime code: call data is the question of `pack_question`, return data the answer as int256."""
    words = [
        range(start, min(start + LANES, model.hidden))
        for start in range(0, model.hidden, LANES)
        if any(model.output_weights[start : start + LANES])
    ]
    # With one word of neurons each code is used once, and is cheapest to read where it is used.
    on_stack = [i for i in range(model.inputs) if any(row[i] for row in model.weights)][:MAX_CODES_ON_STACK]
    if len(words) < 2:
        on_stack = []
    items: Items = ["PUSH0", "CALLDATALOAD"]  # q
    for depth, i in enumerate(on_stack, start=1):
        items += [f"DUP{depth}", i, "BYTE"]  # q x...
    items.append(_output_start(model))  # q x... y
    for neurons in words:
        items += _hidden_sums(model, neurons, on_stack)  # q x... y u
        items += _rectified()  # q x... y v
        items += _output_sums(model, neurons)  # q x... y
    items += [_TOP_LANE + model.shift, "SAR"]  # q x... change
    if model.adds_base:
        items += [f"DUP{len(on_stack) + 2}", 3, "SIGNEXTEND", "ADD"]  # q x... answer
    items += ["PUSH0", "MSTORE", 32, "PUSH0", "RETURN"]
    return assemble(items)


def execution_gas(code: bytes) -> int:
    """Gas that code made by `compile_model` uses in a call, beside what the call and its data cost.

    The code has no branch and touches one word of memory, so this is exact for every question.
    """
    return sum(instruction.opcode.gas for instruction in disassemble(code)) + MEMORY_WORD_GAS


def _output_start(model: ModelFile) -> int:
    # The offset keeps every lane below the top at zero or more: nothing is borrowed from the answer's lane.
    return pack_lanes([_OUTPUT_OFFSET] * (OUTPUT_LANES - 1) + [model.output_bias], OUTPUT_LANE_BITS)


def _hidden_sums(model: ModelFile, neurons: range, on_stack: Sequence[int]) -> Items:
    """Push u: the word whose lane l is z + 2**15 of neuron neurons[l]; its top bit tells z >= 0."""
    items: Items = [pack_lanes((model.biases[j] + _LANE_OFFSET for j in neurons), LANE_BITS)]
    question = len(on_stack) + 3  # u and y lie above the codes, q below them
    for i in range(model.inputs):
        weights = pack_lanes((model.weights[j][i] for j in neurons), LANE_BITS)
        if not weights:
            continue
        if i in on_stack:
            items.append(f"DUP{question - 1 - on_stack.index(i)}")
        else:
            items += [f"DUP{question}", i, "BYTE"]
        items += [weights, "MUL", "ADD"]
    return items


def _rectified() -> Items:
    """Replace u by v: each lane's low 15 bits where its top bit is set (there they are z), zero elsewhere."""
    return [
        *("DUP1", _SIGN_BITS, "AND"),  # u s: the top bits
        *("DUP1", LANE_BITS - 1, "SHR", "SWAP1", "SUB"),  # u m: s - s/2**15, ones under each set top bit
        "AND",
    ]


def _output_sums(model: ModelFile, neurons: range) -> Items:
    """Replace y v by y plus the products of v's lanes with their output weights, summed in the top lane.

    Even and odd lanes are taken apart to a pitch of 32 bits. The weights stand in reversed order: of the
    products of two lanes k and m, exactly those with k + m = 7 fall into the top lane.
    """
    weights = [model.output_weights[j] for j in neurons] + [0] * (LANES - len(neurons))
    even, odd = (pack_lanes(reversed(weights[part::2]), OUTPUT_LANE_BITS) for part in (0, 1))
    return [
        *("DUP1", _EVEN_LANES, "AND", even, "MUL"),  # y v e
        *("SWAP1", LANE_BITS, "SHR", _EVEN_LANES, "AND", odd, "MUL"),  # y e o
        *("ADD", "ADD"),
    ]
