"""From a float network in an ONNX file to weights that the quantiser takes.

Takes ONNX bytes of unknown origin, as torch.onnx and skl2onnx write them for layers with rectifiers between: Gemm,
MatMul and Add, LinearRegressor, Relu, Flatten, Reshape, Identity, Cast, Dropout, Scaler, and at the end ArgMax (before
it Softmax, which changes no order). Gives the layers in floats and whether the answer is a class; every other operator
is refused by its name with what to do. Trees in ONNX are read by `onnx_trees`. Never runs the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.errors import ModelFileError
from andel.serving.float_network import FloatNetwork
from andel.serving.layers_file import MAX_LAYERS
from andel.serving.onnx_graph import OnnxGraph, Operator

FloatArray = npt.NDArray[np.float64]

_PASSED: Final = ("Identity", "Dropout", "Flatten", "Reshape", "Cast", "Squeeze")
"""Operators that give the same numbers of a row, in the same order (Cast to floats, Flatten of rows)."""
_FLOATS: Final = (1, 11)
"""What ONNX calls float32 and float64."""
_AFTER_CLASS: Final = ("ArrayFeatureExtractor", "Cast", "Reshape", "Identity", "Squeeze", "ZipMap", "Normalizer")
"""Operators that only name the class, or that give its probability beside it."""
_REMEDIES: Final = {
    "Conv": "networks of Gemm and Relu are served; train one, or serve this one off chain",
    "Sigmoid": "for two classes export the score before it; between layers train with Relu",
    "Logistic": "for two classes export the score before it; between layers train with Relu",
    "Tanh": "train the network with Relu between its layers",
    "Softmax": "export the scores before it, or the class by ArgMax",
    "BatchNormalization": "export the model for inference, which folds it into the layer before",
    "TreeEnsembleClassifier": "export a regressor, or import the fitted model with `import_sklearn`",
    "Loop": "unroll it",
    "If": "export one branch",
}
_LAYER_LIMIT: Final = 1 << 20
"""Weights of a layer; a file of layers, of 1 MiB, holds fewer."""


@dataclass(slots=True)
class _Reading:
    """The layers read so far. A layer is open until a rectifier closes it."""

    graph: OnnxGraph
    weights: list[FloatArray] = field(default_factory=list)
    biases: list[FloatArray] = field(default_factory=list)
    scaler: tuple[FloatArray, FloatArray] | None = None
    """(offset, factor) of a Scaler in front: (x - offset) · factor."""
    rectified: bool = True
    is_class: bool = False

    def constant(self, operator: Operator, place: int) -> FloatArray:
        """An operator's constant as float64."""
        name = operator.takes[place] if place < len(operator.takes) else ""
        if name not in self.graph.constants:
            raise ModelFileError(
                f"ONNX: {operator.kind} multiplies or adds values of two layers, weights must be constants",
                "a plain sequence of layers is served",
            )
        found = self.graph.constants[name]
        values: FloatArray = found.astype(np.float64)
        if not np.isfinite(values).all():
            raise ModelFileError(f"ONNX: {operator.kind} has a weight that is no number")
        return values

    def multiply(self, weights: FloatArray) -> None:
        """A new layer, or one more linear step in the open one."""
        if weights.ndim != 2 or not weights.size or weights.size > _LAYER_LIMIT:
            raise ModelFileError(f"ONNX: weights of shape {weights.shape}, at most {_LAYER_LIMIT} numbers are served")
        before = self.weights[-1].shape[1] if self.weights else self.graph.width
        if before is not None and weights.shape[0] != before:
            raise ModelFileError(f"ONNX: weights of shape {weights.shape} after {before} values")
        if self.rectified:
            if len(self.weights) == MAX_LAYERS:
                raise ModelFileError(f"ONNX: over {MAX_LAYERS} layers", "serve a deeper network off chain")
            self.weights.append(weights)
            self.biases.append(np.zeros(weights.shape[1]))
            self.rectified = False
        else:
            self.weights[-1], self.biases[-1] = self.weights[-1] @ weights, self.biases[-1] @ weights

    def add(self, bias: FloatArray) -> None:
        """A constant added to the open layer."""
        if self.rectified:
            raise ModelFileError(
                "ONNX: Add after a rectifier or before any layer is not served", "fold it into a layer"
            )
        flat = bias.ravel()
        if flat.size not in (1, self.biases[-1].size):
            raise ModelFileError(f"ONNX: Add of {flat.size} values to {self.biases[-1].size}")
        self.biases[-1] = self.biases[-1] + flat


def float_network(graph: OnnxGraph) -> FloatNetwork:
    """The layers of a graph that is a plain sequence of them. Raises ModelFileError, naming the operator."""
    reading, value = _Reading(graph), graph.source
    walked: list[Operator] = []
    while (operator := _next(graph, value)) is not None:
        walked.append(operator)
        step = _STEPS.get(operator.kind)
        if step is not None:
            step(reading, operator, value)
        elif operator.kind not in _PASSED or not _is_plain(operator):
            raise ModelFileError(
                f"ONNX: operator {operator.kind} is not served",
                _REMEDIES.get(operator.kind, "layers of Gemm (MatMul, Add) with Relu between them, and ArgMax, are"),
            )
        value = operator.gives[0]
        if operator.kind == "ArgMax":
            break
    if not reading.weights or (reading.rectified and not reading.is_class):
        raise ModelFileError("ONNX: a network that ends in no layer is not served", "end it with a linear layer")
    _check_rest(reading, value, [each for each in graph.operators if all(each is not one for one in walked)])
    _fold_scaler(reading)
    return FloatNetwork(tuple(reading.weights), tuple(reading.biases), reading.is_class)


def _is_plain(operator: Operator) -> bool:
    if operator.kind == "Cast":
        return operator.attributes.get("to") in _FLOATS
    return operator.kind != "Flatten" or operator.attributes.get("axis", 1) == 1


def _next(graph: OnnxGraph, value: str) -> Operator | None:
    """The operator that takes a value; of several, an ArgMax."""
    readers = graph.readers(value)
    chosen = [each for each in readers if each.kind == "ArgMax"] or readers
    others = [each for each in readers if each is not chosen[0] and each.kind not in _AFTER_CLASS]
    if others or (len(readers) > 1 and chosen[0].kind != "ArgMax"):
        kinds = ", ".join(sorted({each.kind for each in readers}))
        raise ModelFileError(f"ONNX: {kinds} take the same values", "a plain sequence of layers is served")
    return chosen[0] if chosen else None


def _check_rest(reading: _Reading, value: str, rest: Sequence[Operator]) -> None:
    """The last value is the file's output, or a class that the rest only names."""
    graph = reading.graph
    if not reading.is_class and (value not in graph.results or rest):
        kinds = ", ".join(sorted({each.kind for each in rest})) or "nothing"
        raise ModelFileError(
            f"ONNX: beside the last layer's values the file gives those of {kinds}", "export one output"
        )
    for each in rest:
        if each.kind not in _AFTER_CLASS:
            raise ModelFileError(
                f"ONNX: operator {each.kind} after the class is not served", "end the file with ArgMax"
            )
        if each.kind == "ArrayFeatureExtractor":
            classes = graph.constants.get(each.takes[0])
            if classes is None or not np.array_equal(classes.ravel(), np.arange(reading.weights[-1].shape[1])):
                raise ModelFileError(
                    "ONNX: classes are not named 0, 1, 2 …", "an answer is the class's place: number the classes so"
                )


def _fold_scaler(reading: _Reading) -> None:
    if reading.scaler is None:
        return
    offset, factor = reading.scaler
    width = reading.weights[0].shape[0]
    if offset.size not in (1, width) or factor.size not in (1, width):
        raise ModelFileError(f"ONNX: Scaler of {offset.size} and {factor.size} values for {width} inputs")
    weights = reading.weights[0] * np.broadcast_to(factor, (width,))[:, None]
    reading.biases[0] = reading.biases[0] - np.broadcast_to(offset, (width,)) @ weights
    reading.weights[0] = weights


def _gemm(reading: _Reading, operator: Operator, value: str) -> None:
    _check_attributes(operator, {"alpha", "beta", "transA", "transB"})
    known = operator.attributes
    if operator.takes[0] != value or known.get("transA", 0):
        raise ModelFileError("ONNX: Gemm multiplies from the other side", "values come first, as torch.onnx writes it")
    weights = reading.constant(operator, 1) * float(known.get("alpha", 1.0))
    reading.multiply(weights.T.copy() if known.get("transB", 0) and weights.ndim == 2 else weights)
    if len(operator.takes) > 2 and operator.takes[2]:
        reading.add(reading.constant(operator, 2) * float(known.get("beta", 1.0)))


def _linear(reading: _Reading, operator: Operator, value: str) -> None:
    _check_attributes(operator, {"coefficients", "intercepts", "targets", "post_transform"})
    known = operator.attributes
    targets = known.get("targets", 1)
    weights = np.asarray(known.get("coefficients", []), dtype=np.float64)
    if known.get("post_transform", "NONE") != "NONE" or targets < 1 or weights.size % targets:
        raise ModelFileError("ONNX: LinearRegressor with a transform or a wrong number of weights", "export it plain")
    if not np.isfinite(weights).all():
        raise ModelFileError("ONNX: LinearRegressor has a weight that is no number")
    reading.multiply(weights.reshape(targets, -1).T.copy())
    if "intercepts" in known:
        reading.add(np.asarray(known["intercepts"], dtype=np.float64))


def _matmul(reading: _Reading, operator: Operator, value: str) -> None:
    if len(operator.takes) != 2 or operator.takes[0] != value:
        raise ModelFileError("ONNX: MatMul multiplies from the other side", "values come first")
    reading.multiply(reading.constant(operator, 1))


def _add(reading: _Reading, operator: Operator, value: str) -> None:
    if len(operator.takes) != 2:
        raise ModelFileError("ONNX: Add of more than two values")
    reading.add(reading.constant(operator, 1 if operator.takes[0] == value else 0))


def _relu(reading: _Reading, operator: Operator, value: str) -> None:
    if not reading.weights:
        raise ModelFileError("ONNX: Relu before any layer is not served", "give inputs whose range starts at zero")
    reading.rectified = True


def _scaler(reading: _Reading, operator: Operator, value: str) -> None:
    if reading.weights or reading.scaler is not None:
        raise ModelFileError("ONNX: Scaler stands behind a layer", "it is served as the first operator")
    _check_attributes(operator, {"offset", "scale"})
    offset, factor = (
        np.asarray(operator.attributes.get(name, [0.0]), dtype=np.float64) for name in ("offset", "scale")
    )
    if not (np.isfinite(offset).all() and np.isfinite(factor).all()):
        raise ModelFileError("ONNX: Scaler has a value that is no number")
    reading.scaler = offset, factor


def _softmax(reading: _Reading, operator: Operator, value: str) -> None:
    if not any(each.kind == "ArgMax" for each in _beyond(reading.graph, operator.gives[0])):
        raise ModelFileError("ONNX: operator Softmax at the end is not served", _REMEDIES["Softmax"])


def _beyond(graph: OnnxGraph, value: str) -> list[Operator]:
    """The operators that take a value, or what operators that pass it on give."""
    found: list[Operator] = []
    values = [value]
    while values:
        for each in graph.readers(values.pop()):
            found.append(each)
            if each.kind in _PASSED and len(found) < len(graph.operators):
                values.append(each.gives[0])
    return found


def _argmax(reading: _Reading, operator: Operator, value: str) -> None:
    axis, last = operator.attributes.get("axis", 0), operator.attributes.get("select_last_index", 0)
    if axis not in (1, -1) or last:
        raise ModelFileError(
            "ONNX: ArgMax over another axis, or the last of equals", "the first greatest of a row is served"
        )
    if reading.rectified:
        raise ModelFileError("ONNX: ArgMax after a rectifier is not served", "end the network with a linear layer")
    reading.is_class = True


def _check_attributes(operator: Operator, known: set[str]) -> None:
    if unknown := operator.attributes.keys() - known:
        raise ModelFileError(f"ONNX: {operator.kind}.{min(unknown)} is not served")


_STEPS: Final[Mapping[str, Callable[[_Reading, Operator, str], Any]]] = {
    "Gemm": _gemm,
    "LinearRegressor": _linear,
    "MatMul": _matmul,
    "Add": _add,
    "Relu": _relu,
    "Scaler": _scaler,
    "Softmax": _softmax,
    "ArgMax": _argmax,
}
