"""From a file of trees to EVM runtime code that answers with the same bits, in one contract or several.

Takes a proven TreesFile, and the registry's address where one contract does not hold the code; gives the code. How
trees are written is `compile_oblivious` and `write_trees`; here they are dealt to chunks, whose sums the head adds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from andel.errors import ModelFileError
from andel.serving.assembler import MAX_CODE_BYTES
from andel.serving.code_chunks import CompiledModel, Item, assemble_head, chunk_address
from andel.serving.compile_layers import code_gas
from andel.serving.compile_oblivious import write_oblivious
from andel.serving.slots import WORD_BYTES
from andel.serving.stack_code import StackCode
from andel.serving.trees_file import OBLIVIOUS, TreesFile
from andel.serving.write_trees import write_trees


def compile_trees(model: TreesFile, registry: bytes | None = None) -> CompiledModel:
    """Code whose call data is the question of `pack_slots`, and whose return data is the answer as int256.

    `gas` of the result is exact for oblivious trees and None for others, whose price depends on the question.
    Raises ModelFileError when the code needs chunks and no registry is named, or when 16 chunks do not hold it.
    """
    parts: list[list[Item]] = []
    chunks: list[bytes] = []
    addresses: list[bytes] = []
    rest: Sequence[Any] = model.trees
    while True:
        items = _code(model, rest, model.bias, addresses)
        head = assemble_head(items)
        if len(head) <= MAX_CODE_BYTES:
            break
        if registry is None:
            raise ModelFileError(
                f"code of {len(head)} bytes, a contract holds {MAX_CODE_BYTES}",
                "name the registry that creates its chunks",
            )
        count = _fitting(model, rest)
        if not count or len(parts) == _MAX_CHUNKS:
            raise ModelFileError(
                f"trees: {_MAX_CHUNKS} chunks of {MAX_CODE_BYTES} bytes do not hold them",
                "serve a model of this size by signed predictions",
            )
        parts.append(_code(model, rest[:count], 0, ()))
        chunks.append(assemble_head(parts[-1]))
        addresses.append(chunk_address(registry, chunks[-1]))
        rest = rest[count:]
    gas = None
    if model.family == OBLIVIOUS:
        words = WORD_BYTES * (1 + (model.slots.words + len(chunks) if chunks else 0))
        gas = code_gas(items, words) + sum(code_gas(part, WORD_BYTES) for part in parts)
    return CompiledModel(head, tuple(chunks), gas)


_MAX_CHUNKS = 16


def _fitting(model: TreesFile, trees: Sequence[Any]) -> int:
    """How many of the first trees a chunk holds."""
    low, high = 0, len(trees)
    while low < high:
        middle = (low + high + 1) // 2
        if len(assemble_head(_code(model, trees[:middle], 0, ()))) <= MAX_CODE_BYTES:
            low = middle
        else:
            high = middle - 1
    return low


def _code(model: TreesFile, trees: Sequence[Any], start: int, addresses: Sequence[bytes]) -> list[Item]:
    """Returns `start`, the sum of `trees`, and the answers of the chunks, added up."""
    code = StackCode()
    place = WORD_BYTES
    if addresses:
        for word in range(model.slots.words):
            code.load(WORD_BYTES * word, "CALLDATALOAD")
            code.store(place + WORD_BYTES * word)
    answers = place + WORD_BYTES * model.slots.words
    for number, address in enumerate(addresses):
        at = answers + WORD_BYTES * number
        code.call_chunk(address, place, WORD_BYTES * model.slots.words, at, WORD_BYTES)
    if model.family == OBLIVIOUS:
        write_oblivious(model, trees, code) if trees else code.push(0)
        if start:
            code.with_number(start % (1 << 256), "ADD")
    else:
        write_trees(model, trees, start, code)
    for number in range(len(addresses)):
        code.load(answers + WORD_BYTES * number)
        code.apply("ADD", 2)
    code.store(0)
    code.push(WORD_BYTES)
    code.push(0)
    code.apply("RETURN", 2, None)
    return code.items
