"""From a plain sequence of PyTorch's layers to weights that the quantiser takes.

Takes a fitted nn.Sequential of Linear, ReLU, Flatten, Identity and Dropout, nested or not (read by the layers' names
and attributes: PyTorch itself is not imported); gives the layers in floats. A sequence that ends in a layer answers
with its outputs, or with the class where that is asked for. Every other layer is refused by its name. Never trains.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.errors import InputError, ModelFileError
from andel.serving.float_network import FloatNetwork
from andel.serving.layers_file import MAX_LAYERS

_PASSED: Final = ("Flatten", "Identity", "Dropout")
_MAX_DEPTH: Final = 8

FloatArray = npt.NDArray[np.float64]


def import_torch(module: Any, *, is_class: bool) -> FloatNetwork:
    """The layers of a module; `is_class`: the answer is the greatest output's number, not the outputs.

    Raises InputError for what is no sequence of layers, ModelFileError naming a layer that is not served.
    """
    weights: list[FloatArray] = []
    biases: list[FloatArray] = []
    rectified = True
    for layer in _layers(module, 0):
        kind = type(layer).__name__
        if kind == "ReLU":
            if not weights:
                raise ModelFileError("ReLU before any layer is not served", "give inputs whose range starts at zero")
            rectified = True
        elif kind == "Linear":
            matrix = _numbers(layer.weight).T
            bias = np.zeros(matrix.shape[1]) if layer.bias is None else _numbers(layer.bias)
            if weights and weights[-1].shape[1] != matrix.shape[0]:
                raise InputError(f"a layer of {matrix.shape[0]} inputs after {weights[-1].shape[1]} units")
            if rectified:
                weights.append(matrix)
                biases.append(bias)
            else:  # two layers with nothing between them are one
                weights[-1], biases[-1] = weights[-1] @ matrix, biases[-1] @ matrix + bias
            rectified = False
        elif kind not in _PASSED:
            raise ModelFileError(f"layer {kind} is not served", "Linear, ReLU and Flatten are; others off chain")
    if rectified:
        raise ModelFileError("a network that does not end in Linear is not served", "leave the last activation out")
    if len(weights) > MAX_LAYERS:
        raise ModelFileError(f"{len(weights)} layers, at most {MAX_LAYERS} are served", "serve it off chain")
    return FloatNetwork(tuple(weights), tuple(biases), is_class)


def _layers(module: Any, depth: int) -> Iterator[Any]:
    if type(module).__name__ != "Sequential":
        if not depth:
            raise InputError(f"{type(module).__name__} is no nn.Sequential", "put its layers into one")
        yield module
        return
    if depth == _MAX_DEPTH:
        raise InputError(f"sequences nested over {_MAX_DEPTH} deep", "flatten them")
    for child in module.children():
        yield from _layers(child, depth + 1)


def _numbers(parameter: Any) -> FloatArray:
    values: FloatArray = np.asarray(parameter.detach().cpu().double().numpy(), dtype=np.float64)
    if not np.isfinite(values).all():
        raise InputError("a layer has a weight that is no number", "train it again")
    return values
