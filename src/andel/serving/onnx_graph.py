"""An ONNX file of unknown origin, read within bounds: its operators in order and its constants.

Takes bytes; gives plain operators with their attributes and arrays. Refuses, by name, what makes files dangerous or
unlike each other: data outside the file, graphs inside operators (loops, branches), functions, sparse constants,
operators of other makers. Never runs an operator, never opens another file, judges no meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.errors import InputError, ModelFileError

try:
    from google.protobuf.message import DecodeError
    from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, numpy_helper
except ImportError as error:  # an extra
    raise InputError("this needs the package onnx, which is not installed", "pip install 'andel[onnx]'") from error

MAX_ONNX_BYTES: Final = 1 << 25
MAX_OPERATORS: Final = 256
MAX_CONSTANTS: Final = 512
MAX_VALUES: Final = 1 << 22
"""Numbers of a list or a constant."""
_MAX_RANK: Final = 4
_DOMAINS: Final = ("", "ai.onnx", "ai.onnx.ml")
_TYPES: Final[Mapping[int, type[Any]]] = {
    TensorProto.FLOAT: np.float32,
    TensorProto.DOUBLE: np.float64,
    TensorProto.INT64: np.int64,
    TensorProto.INT32: np.int32,
    TensorProto.UINT8: np.uint8,
}

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: its name, what it takes and gives, by value's name, and its attributes."""

    kind: str
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    attributes: Mapping[str, Any]
    """Integers, floats, texts, arrays, or lists of the first three (as arrays or tuples of text)."""


@dataclass(frozen=True, slots=True)
class OnnxGraph:
    """What a file says."""

    operators: tuple[Operator, ...]
    constants: Mapping[str, Array]
    source: str
    """The one input's name."""
    width: int | None
    """Values in a row of the input, where the file says it."""
    results: tuple[str, ...]

    def readers(self, value: str) -> list[Operator]:
        """The operators that take a value."""
        return [each for each in self.operators if value in each.takes]


def read_graph(data: bytes) -> OnnxGraph:
    """The graph in a file of unknown origin. Raises ModelFileError, naming what is refused and what to do."""
    if len(data) > MAX_ONNX_BYTES:
        raise ModelFileError(f"ONNX file of over {MAX_ONNX_BYTES} bytes", "serve a model of this size off chain")
    proto = ModelProto()
    try:
        proto.ParseFromString(data)
    except (DecodeError, RecursionError) as error:
        raise ModelFileError("not an ONNX file", "export it with torch.onnx or skl2onnx") from error
    graph = proto.graph
    if not graph.node or not graph.output:
        raise ModelFileError("not an ONNX file: it has no operators or no output")
    if proto.functions or graph.sparse_initializer or proto.training_info:
        raise ModelFileError("ONNX: functions, sparse constants and training are not read", "export it for inference")
    for count, most, what in (
        (len(graph.node), MAX_OPERATORS, "operators"),
        (len(graph.initializer), MAX_CONSTANTS, "constants"),
        (len(graph.input), MAX_CONSTANTS, "inputs"),
    ):
        if count > most:
            raise ModelFileError(f"ONNX: {count} {what}, at most {most} are read")
    constants = {tensor.name: _array(tensor, f"constant {tensor.name[:40]!r}") for tensor in graph.initializer}
    operators = []
    for node in graph.node:
        operator = _operator(node)
        if operator.kind == "Constant":
            constants[operator.gives[0]] = _constant(operator)
        else:
            operators.append(operator)
    _check_order(operators, constants, graph)
    inputs = [value for value in graph.input if value.name not in constants]
    if len(inputs) != 1:
        raise ModelFileError(f"ONNX: {len(inputs)} inputs, one table of numbers is served", "join the inputs")
    results = tuple(value.name for value in graph.output)
    return OnnxGraph(tuple(operators), constants, inputs[0].name, _width(inputs[0]), results)


def _check_order(operators: Iterable[Operator], constants: Mapping[str, Array], graph: GraphProto) -> None:
    """Raises ModelFileError unless every value is made once, and before it is taken: so nothing goes in a circle."""
    known = {*constants, *(value.name for value in graph.input), ""}
    for each in operators:
        for name in each.takes:
            if name not in known:
                raise ModelFileError(f"ONNX: {each.kind} takes {name[:40]!r}, which nothing made before it")
        for name in filter(None, each.gives):
            if name in known:
                raise ModelFileError(f"ONNX: {name[:40]!r} is made twice")
            known.add(name)


def _operator(node: NodeProto) -> Operator:
    kind = node.op_type[:60]
    if node.domain not in _DOMAINS:
        raise ModelFileError(
            f"ONNX: operator {node.domain[:40]}.{kind} is not one of ONNX's own", "export with standard operators"
        )
    attributes = {each.name: _attribute(each, kind) for each in node.attribute}
    return Operator(kind, tuple(node.input), tuple(node.output), attributes)


def _attribute(attribute: AttributeProto, kind: str) -> Any:
    what = f"{kind}.{attribute.name[:40]}"
    if max(len(attribute.ints), len(attribute.floats), len(attribute.strings)) > MAX_VALUES:
        raise ModelFileError(f"ONNX: {what} has over {MAX_VALUES} values")
    types = AttributeProto
    if attribute.type == types.INT:
        return int(attribute.i)
    if attribute.type == types.FLOAT:
        return float(attribute.f)
    if attribute.type == types.STRING:
        return _text(attribute.s)
    if attribute.type == types.TENSOR:
        return _array(attribute.t, what)
    if attribute.type == types.INTS:
        return np.array(attribute.ints, dtype=np.int64)
    if attribute.type == types.FLOATS:
        return np.array(attribute.floats, dtype=np.float32)
    if attribute.type == types.STRINGS:
        return tuple(_text(text) for text in attribute.strings)
    raise ModelFileError(f"ONNX: {what} holds a graph or another kind that is not read: loops and branches are refused")


def _text(data: bytes) -> str:
    return data[:80].decode("ascii", "replace")


def _constant(operator: Operator) -> Array:
    for name in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        if name in operator.attributes and operator.gives:
            return np.asarray(operator.attributes[name])
    raise ModelFileError("ONNX: a Constant that holds no numbers")


def _array(tensor: TensorProto, what: str) -> Array:
    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        raise ModelFileError(f"ONNX: {what} lies outside the file", "save the model with its data inside, in one file")
    kind = _TYPES.get(tensor.data_type)
    if kind is None:
        name = TensorProto.DataType.Name(tensor.data_type) if 0 <= tensor.data_type <= 16 else str(tensor.data_type)
        raise ModelFileError(f"ONNX: {what} is of type {name}, floats or integers are read", "export in float32")
    shape = tuple(tensor.dims)
    # judged before any array is made: a few bytes could ask for terabytes
    if len(shape) > _MAX_RANK or any(not 0 <= size <= MAX_VALUES for size in shape) or prod(shape) > MAX_VALUES:
        raise ModelFileError(f"ONNX: {what} has shape {str(shape)[:60]}, at most {MAX_VALUES} numbers are read")
    try:
        found: Array = numpy_helper.to_array(tensor)
    except (ValueError, TypeError) as error:
        raise ModelFileError(f"ONNX: {what} does not hold as many numbers as its shape {shape}") from error
    return found


def _width(value: ValueInfoProto) -> int | None:
    dims = value.type.tensor_type.shape.dim
    if not dims:
        return None
    sizes = [int(dim.dim_value) for dim in dims[1:]]
    if not sizes or not all(0 < size <= MAX_VALUES for size in sizes):
        return None
    return prod(sizes)
