"""From a model file to an ONNX model of integer operators that answers with the same bits.

Takes a proven model file; gives the bytes of an ONNX model (operators as ONNX Runtime has them on a CPU), the same
bytes for the same file. Its inputs are `codes`, int64 (batch, inputs), and where questions end in a base `base`,
int64 (batch,); its output `answers`, int64 (batch, answers). It holds no float anywhere. Whoever asks it checks codes
and base first (`onnx_runtime` does): ONNX has no way to refuse a value. Never rounds, never runs anything.

Two operators differ from what a model file says, and are written around: `Div` of integers drops toward zero, so that
what may be negative is lifted by a multiple of the divisor first; `BitShift` takes no signed numbers at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.errors import InputError
from andel.serving.any_file import AnyFile, answers_of, inputs_of, takes_base
from andel.serving.layers_file import LayersFile
from andel.serving.model_file import ModelFile
from andel.serving.model_report import longest_path
from andel.serving.trees_file import ObliviousTree, Tree, TreesFile

try:
    from onnx import ModelProto, NodeProto, StringStringEntryProto, TensorProto, ValueInfoProto, helper, numpy_helper
except ImportError as error:  # an extra
    raise InputError("this needs the package onnx, which is not installed", "pip install 'andel[onnx]'") from error

OPSET: Final = 17
IR_VERSION: Final = 8
CODES: Final = "codes"
BASE: Final = "base"
ANSWERS: Final = "answers"
FILE_HASH: Final = "andel.model_file_hash"
"""Under this name the metadata carries the model file's SHA-256 in hex."""

_LIFT_BITS: Final = 40
"""More than any sum of a model file has."""

Array = npt.NDArray[Any]


@dataclass(slots=True)
class _Graph:
    """An ONNX graph under construction; values are named in the order they are made."""

    nodes: list[NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)

    def constant(self, values: Array) -> str:
        """A constant; its name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def scalar(self, value: int) -> str:
        """A constant of no dimension."""
        return self.constant(np.array(value, dtype=np.int64))

    def apply(self, operator: str, *given: str, result: str = "", **attributes: Any) -> str:
        """One operator's result; its name."""
        name = result or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(given), [name], **attributes))
        return name

    def wide(self, value: str) -> str:
        """As int64."""
        return self.apply("Cast", value, to=TensorProto.INT64)

    def add(self, value: str, constant: Array) -> str:
        """value + constant."""
        return self.apply("Add", value, self.constant(constant))

    def sums(self, value: str, rows: Sequence[Sequence[int]], biases: Sequence[int], kind: type[Any]) -> str:
        """biases + rows · value, in integers of that kind."""
        weights = self.constant(np.array(rows, dtype=kind).T.copy())
        return self.add(self.apply("MatMul", value, weights), np.array(biases, dtype=kind))

    def floor_shift(self, value: str, shift: int) -> str:
        """value >> shift of an int64 between ±2**40, toward minus infinity."""
        if not shift:
            return value
        lifted = self.add(value, np.array([1 << _LIFT_BITS]))
        divided = self.apply("Div", lifted, self.constant(np.array([1 << shift])))
        return self.add(divided, np.array([-(1 << _LIFT_BITS - shift)]))

    def hidden(self, value: str, rows: Sequence[Sequence[int]], biases: Sequence[int], shift: int) -> str:
        """max(biases + rows · value, 0) >> shift in int32: a lane is of 16 bits, and no partial sum exceeds 2**17."""
        positive = self.apply("Relu", self.sums(value, rows, biases, np.int32))
        if not shift:
            return positive
        return self.apply("Div", positive, self.constant(np.array([1 << shift], dtype=np.int32)))


def export_onnx(model: AnyFile) -> bytes:
    """The ONNX model that answers with the bits of `model`."""
    graph = _Graph()
    if isinstance(model, ModelFile):
        answers = _one_hidden_layer(graph, model)
    elif isinstance(model, LayersFile):
        answers = _layers(graph, model)
    else:
        answers = _trees(graph, model)
    inputs = [_value(CODES, ("batch", inputs_of(model)))]
    if takes_base(model):
        column = graph.apply("Unsqueeze", BASE, graph.constant(np.array([1])))
        # a base that is not added is read all the same: ONNX Runtime drops an input that nothing reads
        factor = graph.constant(np.array([int(not isinstance(model, ModelFile) or model.adds_base)]))
        answers = graph.apply("Add", answers, graph.apply("Mul", column, factor))
        inputs.append(_value(BASE, ("batch",)))
    graph.apply("Identity", answers, result=ANSWERS)
    made = helper.make_graph(graph.nodes, "model", inputs, [_value(ANSWERS, ("batch", answers_of(model)))])
    made.initializer.extend(graph.constants)
    proto: ModelProto = helper.make_model(
        made, ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="andel"
    )
    for key, text in ((FILE_HASH, model.file_hash.hex()), ("andel.unit", model.unit)):
        proto.metadata_props.append(StringStringEntryProto(key=key, value=text))
    data: bytes = proto.SerializeToString(deterministic=True)
    return data


def _value(name: str, shape: Sequence[str | int]) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.INT64, list(shape))


def _one_hidden_layer(graph: _Graph, model: ModelFile) -> str:
    codes = graph.apply("Cast", CODES, to=TensorProto.INT32)
    hidden = graph.wide(graph.hidden(codes, model.weights, model.biases, 0))
    sums = graph.sums(hidden, [model.output_weights], [model.output_bias], np.int64)
    return graph.floor_shift(sums, model.shift)


def _layers(graph: _Graph, model: LayersFile) -> str:
    value = CODES
    if len(model.layers) > 1:
        value = graph.apply("Cast", CODES, to=TensorProto.INT32)
        for layer in model.layers[:-1]:
            value = graph.hidden(value, layer.weights, layer.biases, layer.shift)
        value = graph.wide(value)
    last = model.layers[-1]
    sums = graph.sums(value, last.weights, last.biases, np.int64)
    if model.output == "argmax":
        return graph.apply("ArgMax", sums, axis=1, keepdims=1, select_last_index=0)
    return graph.floor_shift(sums, last.shift)


def _trees(graph: _Graph, model: TreesFile) -> str:
    oblivious = [tree for tree in model.trees if isinstance(tree, ObliviousTree)]
    grown = [tree for tree in model.trees if isinstance(tree, Tree)]
    if oblivious:
        total = graph.apply("Transpose", _oblivious_sum(graph, oblivious), perm=[1, 0])
    else:
        leaves = _grown_leaves(graph, grown, model.slots.inputs)
        total = graph.apply("ReduceSum", leaves, graph.constant(np.array([1])), keepdims=1)
    return graph.add(total, np.array([model.bias]))


def _oblivious_sum(graph: _Graph, trees: Sequence[ObliviousTree]) -> str:
    """The sum of the leaves (1, batch): the k-th tests of all trees at once, then a table of each tree's leaves.

    Rows stand side by side, so that what is read for a test lies in one piece: several times as fast.
    """
    depth = max(len(tree.tests) for tree in trees)
    table = np.zeros((len(trees), 1 << depth), dtype=np.int64)
    for number, tree in enumerate(trees):
        table[number, : len(tree.leaves)] = tree.leaves
    columns = graph.apply("Transpose", graph.apply("Cast", CODES, to=TensorProto.INT32), perm=[1, 0])
    leaf = ""
    for k in range(depth):
        # a tree of fewer tests asks one that never holds
        tests = [tree.tests[k] if k < len(tree.tests) else (0, 1 << 16) for tree in trees]
        inputs = graph.constant(np.array([i for i, _ in tests]))
        cuts = graph.constant(np.array([[cut] for _, cut in tests], dtype=np.int32))
        read = graph.apply("Gather", columns, inputs, axis=0)  # (trees, batch)
        holds = graph.apply("Cast", graph.apply("GreaterOrEqual", read, cuts), to=TensorProto.INT32)
        bit = graph.apply("Mul", holds, graph.constant(np.array([1 << k], dtype=np.int32)))
        leaf = graph.apply("Add", leaf, bit) if leaf else bit
    leaves = graph.apply("GatherElements", graph.constant(table), leaf, axis=1)
    return graph.apply("ReduceSum", leaves, graph.constant(np.array([0])), keepdims=1)


def _grown_leaves(graph: _Graph, trees: Sequence[Tree], width: int) -> str:
    """The leaf of every tree (batch, trees): all trees walked at once, one test a step; a leaf leads to itself."""
    tests: list[tuple[int, int]] = []
    children: list[int] = []
    values: list[int] = []
    roots, steps = [], 0
    for tree in trees:
        start, inner = len(tests), len(tree.nodes)
        roots.append(start)
        steps = max(steps, longest_path(tree))
        for i, cut, left, right in tree.nodes:
            tests.append((i, cut))
            children += [start + (child if child >= 0 else inner - 1 - child) for child in (left, right)]
        for k in range(len(tree.leaves)):
            tests.append((0, 0))
            children += [start + inner + k] * 2
        values += [0] * inner + list(tree.leaves)
    inputs, cuts, child, table = (
        graph.constant(np.array(numbers, dtype=np.int64))
        for numbers in ([i for i, _ in tests], [cut for _, cut in tests], children, values)
    )
    two, flat = graph.constant(np.array([2])), graph.constant(np.array([-1]))
    # all places lie in one row, which is read fastest; those of row r read code r * inputs + i
    codes = graph.apply("Reshape", CODES, flat)
    zeros = graph.constant(np.zeros(len(trees), dtype=np.int64))
    count = graph.apply("Shape", codes)
    first = graph.apply("Range", *(graph.scalar(0), graph.apply("Squeeze", count), graph.scalar(width)))
    starts = graph.apply("Add", graph.apply("Unsqueeze", first, graph.constant(np.array([1]))), zeros)
    shape = graph.apply("Shape", starts)
    at = graph.apply("Reshape", graph.apply("Expand", graph.constant(np.array([roots])), shape), flat)
    starts = graph.apply("Reshape", starts, flat)
    for _ in range(steps):
        place = graph.apply("Add", starts, graph.apply("GatherElements", inputs, at, axis=0))
        read = graph.apply("GatherElements", codes, place, axis=0)
        holds = graph.apply("GreaterOrEqual", read, graph.apply("GatherElements", cuts, at, axis=0))
        side = graph.apply("Add", graph.apply("Mul", at, two), graph.wide(holds))
        at = graph.apply("GatherElements", child, side, axis=0)
    return graph.apply("Reshape", graph.apply("GatherElements", table, at, axis=0), shape)
