"""From a file of layers to EVM runtime code that answers with the same bits, without any Solidity compiler.

Takes a proven LayersFile, and the registry's address where one contract does not hold the code; gives straight-line
code, so that its price is the same for every question. Each layer is packed in the cheapest of its proven plans
(`layer_plan`): one MUL by a pushed word is as many multiplications as a word has lanes. The rectifier and its shift
work on sixteen hidden units at once. Inputs that the stack does not reach are taken in groups, whose sums wait in
memory. Where 24,576 bytes are not enough, the first source words of the largest layer go to chunks (`code_chunks`).
Never loops, never looks at anything but the call data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

from andel.errors import ModelFileError
from andel.serving.assembler import MAX_CODE_BYTES, WORD_BITS, disassemble
from andel.serving.code_chunks import COLD_CALL_GAS, CompiledModel, Item, assemble_head, chunk_address
from andel.serving.lane_words import InputWord
from andel.serving.layer_code import Source, add_products, add_read, merge, read_words, rectify, seek_least
from andel.serving.layer_plan import LayerPlan, layer_plans
from andel.serving.layers_file import LayersFile
from andel.serving.slots import BASE_BYTES, WORD_BYTES
from andel.serving.stack_code import StackCode, StackTooDeep

MAX_EVM_UNITS: Final = 128
"""Units of a layer that the stack reaches."""
_WORDS_ON_STACK: Final = range(13, 4, -1)
"""Input words that may lie on the stack at once, beside sums and hidden words; the largest within reach is taken."""


@dataclass(slots=True)
class Writer:
    """Code under construction and the memory it has taken so far."""

    code: StackCode
    memory: int = 0

    def take(self, words: int) -> int:
        """The place of so many new words of memory."""
        place, self.memory = self.memory, self.memory + WORD_BYTES * words
        return place


@dataclass(frozen=True, slots=True)
class Way:
    """How a layer is written."""

    plan: LayerPlan
    spilled: bool
    """Whether its source words are put into memory first."""
    group: int
    """Input words on the stack at once."""


@dataclass(frozen=True, slots=True)
class Split:
    """Which layer has chunks: chunk c takes the source words bounds[c] … bounds[c + 1] - 1, the head all after."""

    layer: int
    bounds: tuple[int, ...]
    addresses: tuple[bytes, ...]


def compile_layers(model: LayersFile, registry: bytes | None = None) -> CompiledModel:
    """Code whose call data is the question of `pack_slots`, and whose return data is the answer, 32 bytes an integer.

    `registry` (20 bytes) is the contract that will create the chunks. Raises ModelFileError when no packing is proven,
    when the code does not fit with chunks either, and when it needs chunks and no registry is named.
    """
    for number, layer in enumerate(model.layers):
        if layer.units > MAX_EVM_UNITS:
            raise ModelFileError(
                f"layers[{number}]: {layer.units} units, 1 to {MAX_EVM_UNITS} are possible in the EVM",
                "serve a wider model by signed predictions",
            )
    ways = [_cheapest(number, plans) for number, plans in enumerate(layer_plans(model))]
    items, memory = _head(model, ways, None)
    head = assemble_head(items)
    if len(head) <= MAX_CODE_BYTES:
        return CompiledModel(head, (), code_gas(items, memory))
    if registry is None:
        raise ModelFileError(
            f"code of {len(head)} bytes, a contract holds {MAX_CODE_BYTES}",
            "name the registry that creates its chunks",
        )
    return _split(model, ways, registry)


def code_gas(items: Sequence[Item], memory: int) -> int:
    """Gas of straight-line code that touches `memory` bytes; a call counts as cold, without the chunk's own gas."""
    calls = sum(isinstance(item, bytes) for item in items)
    plain = assemble_head([item for item in items if not isinstance(item, bytes)])
    words = -(-memory // WORD_BYTES)
    # PUSH20, GAS, PUSH2, JUMPI and JUMPDEST beside the call itself
    call_gas = COLD_CALL_GAS + 3 + 2 + 3 + 10 + 1
    return sum(one.opcode.gas for one in disassemble(plain)) + calls * call_gas + 3 * words + words * words // 512


def _cheapest(number: int, plans: Sequence[LayerPlan]) -> Way:
    """The way with the least gas."""
    costs: list[tuple[int, int, Way]] = []
    for plan, spilled in product(plans, (False, True) if number else (False,)):
        names = tuple(f"h{number - 1}.{g}" for g in range(plan.sources)) if number else ()
        source = Source(names) if number else Source(mnemonic="CALLDATALOAD")
        for group in _WORDS_ON_STACK:
            writer = Writer(StackCode(names))
            way = Way(plan, spilled, group)
            try:
                _write_layer(writer, number, way, source, split=None)
            except StackTooDeep:
                continue
            costs.append((code_gas(writer.code.items, writer.memory), len(costs), way))
            break  # smaller groups only cost more
    if not costs:
        raise ModelFileError(f"layers[{number}]: no way to write it reaches what lies on the stack")
    return min(costs, key=lambda cost: cost[:2])[2]


def _head(model: LayersFile, ways: Sequence[Way], split: Split | None) -> tuple[list[Item], int]:
    writer = Writer(StackCode())
    answer = writer.take(model.answers)
    source = Source(mnemonic="CALLDATALOAD")
    for number, way in enumerate(ways):
        here = split if split is not None and split.layer == number else None
        source = Source(
            _write_layer(writer, number, way, source, split=here, answer=answer, base=model.slots.base_word)
        )
    if model.output == "argmax":
        writer.code.store(answer)
    writer.code.push(WORD_BYTES * model.answers)
    writer.code.push(answer)
    writer.code.apply("RETURN", 2, None)
    return writer.code.items, writer.memory


def _split(model: LayersFile, ways: Sequence[Way], registry: bytes) -> CompiledModel:
    """The largest layer's first source words in chunks, as few as let the head fit."""
    layer = max(range(len(ways)), key=lambda number: len(ways[number].plan.words) * len(ways[number].plan.sums))
    for group in range(ways[layer].group, 0, -1):
        tried = [replace(way, group=group) if number == layer else way for number, way in enumerate(ways)]
        try:
            compiled = _split_at(model, tried, layer, registry)
        except StackTooDeep:
            continue
        if compiled is not None:
            return compiled
        break
    raise ModelFileError(
        f"layers[{layer}]: a contract of {MAX_CODE_BYTES} bytes does not hold the rest of the code, with chunks either",
        "serve a model of this size by signed predictions",
    )


def _split_at(model: LayersFile, ways: Sequence[Way], layer: int, registry: bytes) -> CompiledModel | None:
    bounds = [0]
    chunks: list[tuple[bytes, int]] = []
    for end in range(1, ways[layer].plan.sources + 1):
        code = _chunk(ways[layer], bounds[-1], end)
        if len(code[0]) > MAX_CODE_BYTES:
            bounds.append(end - 1)
            code = _chunk(ways[layer], bounds[-1], end)
        if len(code[0]) > MAX_CODE_BYTES:
            return None
        chunks[len(bounds) - 1 :] = [code]
        addresses = tuple(chunk_address(registry, chunk) for chunk, _ in chunks)
        items, memory = _head(model, ways, Split(layer, (*bounds, end), addresses))
        head = assemble_head(items)
        if len(head) <= MAX_CODE_BYTES:
            gas = code_gas(items, memory) + sum(gas for _, gas in chunks)
            return CompiledModel(head, tuple(chunk for chunk, _ in chunks), gas)
    return None


def _chunk(way: Way, first: int, end: int) -> tuple[bytes, int]:
    """Code that returns the plan's sums over some source words, which are its call data."""
    writer, plan = Writer(StackCode()), way.plan
    place = writer.take(len(plan.sums))
    words = [word for word in plan.words if first <= word.source < end]
    source = Source(mnemonic="CALLDATALOAD", place=-WORD_BYTES * first)
    for g, group in enumerate(_groups(words, way.group)):
        _write_waiting(writer, plan, source, group, place, first=not g, tag=f"0.{g}")
    writer.code.push(WORD_BYTES * len(plan.sums))
    writer.code.push(place)
    writer.code.apply("RETURN", 2, None)
    return assemble_head(writer.code.items), code_gas(writer.code.items, writer.memory)


def _write_layer(
    writer: Writer,
    number: int,
    way: Way,
    source: Source,
    *,
    split: Split | None,
    answer: int = 0,
    base: int | None = None,
) -> tuple[str, ...]:
    """Write one layer; returns the names of its words of hidden units, none for the last layer."""
    plan, waiting, first = way.plan, [], 0
    if way.spilled or split is not None:
        source = _in_memory(writer, source, plan.sources)
    if split is not None:
        waiting = _call_chunks(writer, source, split, len(plan.sums))
        first = split.bounds[-1]
    local = [word for word in plan.words if word.source >= first]
    alone = len(plan.sums) == 1  # then each input word is used once, and read where it is used
    groups: list[Sequence[InputWord]] = [local] if alone else _groups(local, way.group)
    if len(groups) > 1:
        place = writer.take(len(plan.sums))
        waiting.append(place)
        for g, group in enumerate(groups[:-1]):
            _write_waiting(writer, plan, source, group, place, first=not g, tag=f"{number}.{g}")
    names = [] if alone else read_words(writer.code, source, groups[-1], f"{number}.last")
    hidden: list[str] = []
    for k, which in enumerate(plan.sums):
        writer.code.push(which.start)
        for place in waiting:
            writer.code.load(place + WORD_BYTES * k)
            writer.code.apply("ADD", 2)
        if alone:
            add_read(writer.code, plan, which, source, local)
        else:
            add_products(writer.code, plan, which, groups[-1], names, started=True)
        if plan.hidden:
            merge(writer.code, plan, k)
            if (k + 1) % plan.lanes.per_input == 0:
                hidden.append(f"h{number}.{len(hidden)}")
                rectify(writer.code, plan.shift, hidden[-1])
        elif plan.argmax:
            seek_least(writer.code, plan, k)
        else:
            writer.code.with_number(WORD_BITS - plan.lanes.bits + plan.shift, "SAR")
            if base is not None:
                writer.code.load(base, "CALLDATALOAD")
                writer.code.with_number(BASE_BYTES - 1, "SIGNEXTEND")
                writer.code.apply("ADD", 2)
            writer.code.store(answer + WORD_BYTES * k)
    return tuple(hidden)


def _in_memory(writer: Writer, source: Source, words: int) -> Source:
    place = writer.take(words)
    for word in range(words):
        if source.mnemonic:
            writer.code.load(source.place + WORD_BYTES * word, source.mnemonic)
        else:
            writer.code.dup(source.names[word])
        writer.code.store(place + WORD_BYTES * word)
    return Source(mnemonic="MLOAD", place=place)


def _call_chunks(writer: Writer, source: Source, split: Split, sums: int) -> list[int]:
    """Ask every chunk for its sums; returns where they lie in memory."""
    places = []
    for c, address in enumerate(split.addresses):
        places.append(writer.take(sums))
        first, end = split.bounds[c], split.bounds[c + 1]
        given = source.place + WORD_BYTES * first
        writer.code.call_chunk(address, given, WORD_BYTES * (end - first), places[-1], WORD_BYTES * sums)
    return places


def _groups(words: Sequence[InputWord], limit: int) -> list[Sequence[InputWord]]:
    """Groups of at most `limit` words, of about the same size; at least one."""
    count = max(1, -(-len(words) // limit))
    size = max(1, -(-len(words) // count))
    return [words[start : start + size] for start in range(0, len(words), size)] or [()]


def _write_waiting(
    writer: Writer, plan: LayerPlan, source: Source, group: Sequence[InputWord], place: int, *, first: bool, tag: str
) -> None:
    """Add a group's products to the sums that wait in memory at `place`."""
    names = read_words(writer.code, source, group, tag)
    for k, which in enumerate(plan.sums):
        if not first:
            writer.code.load(place + WORD_BYTES * k)
        add_products(writer.code, plan, which, group, names, started=not first)
        writer.code.store(place + WORD_BYTES * k)
