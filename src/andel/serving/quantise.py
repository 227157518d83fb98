"""From a version's parameters to its model file: a pure integer function that anyone can repeat.

Takes the parameters of a linear model or of one hidden layer as int64 at 2**24, and the plan that names inputs, scale
and unit; gives a ModelFile that answers as nearly like them as its lanes allow (`linear_lanes`, `hidden_lanes`). The
same input gives the same bytes on every machine: Python integers and int64 only, no floats, no randomness. Never looks
at anybody's data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from andel.encoding import IntArray
from andel.errors import InputError, ModelFileError
from andel.serving.hidden_lanes import hidden_lanes
from andel.serving.linear_lanes import linear_lanes
from andel.serving.model_file import MAX_HIDDEN, MAX_INPUTS, ModelFile
from andel.training.integer_bounds import MAX_PARAMETER
from andel.units import Digest

MAX_TARGET_SCALE: Final = 1 << 31


@dataclass(frozen=True, slots=True)
class QuantisePlan:
    """What the parameters do not say: names, units and what they are bound to."""

    features: tuple[str, ...]
    """Name of each input, in the order of the first weights' rows."""
    target_scale: int
    """Answer units per 1.0 of the network's output (250: 2.5 degC in units of 0.01 degC)."""
    unit: str
    """What one unit of answer and base is, for people."""
    version: Digest
    """SHA-256 of the parameters."""
    task: Digest
    """SHA-256 of the task."""
    adds_base: bool = True
    """Whether the network predicts a change from the base."""


def fits_format_one(parameters: Sequence[IntArray]) -> bool:
    """Whether parameters have no hidden layer, or one that a file of format 1 holds."""
    return len(parameters) <= 2 or (len(parameters) == 4 and len(parameters[1]) <= MAX_HIDDEN)


def quantise(parameters: Sequence[IntArray], plan: QuantisePlan) -> ModelFile:
    """The model file of `parameters`: w (d,), b (1,), or W1 (d, h), b1 (h,), W2 (h,), b2 (1,), int64 at 2**24.

    Raises ModelFileError for a model of more layers or units than a model file has, and when an answer could leave 32
    bits (the unit is too fine for the scale); InputError for other shapes, types or values beyond 2**30.
    """
    _check_form(parameters)
    check_values(parameters, plan)
    if len(parameters) == 2:
        w, b = parameters
        lanes = linear_lanes(w, b, plan.target_scale)
    else:
        w1, b1, w2, b2 = parameters
        lanes = hidden_lanes(w1, b1, w2, b2, plan.target_scale)
    return ModelFile(
        features=plan.features,
        weights=lanes.weights,
        biases=lanes.biases,
        output_weights=lanes.output_weights,
        output_bias=lanes.output_bias,
        shift=lanes.shift,
        adds_base=plan.adds_base,
        unit=plan.unit,
        version=plan.version,
        task=plan.task,
    )


def _check_form(parameters: Sequence[IntArray]) -> None:
    if any(array.dtype != np.int64 for array in parameters):
        raise InputError("parameters are not int64 arrays")
    shapes = [array.shape for array in parameters]
    if len(parameters) % 2 or not parameters or not all(shapes):
        raise InputError(f"parameters have shapes {shapes}, not weights and bias of each layer")
    layers = [shape[0] for shape in shapes[1:-1:2]]
    if len(layers) > 1 or any(units > MAX_HIDDEN for units in layers):
        raise ModelFileError(
            f"layers: a file of format 1 holds no hidden layers of {layers} units",
            "make a file of layers: `quantise_network`",
        )
    inputs = shapes[0][0]
    expected = [(inputs, *layers), *([tuple(layers), tuple(layers)] if layers else []), (1,)]
    if shapes != expected:
        raise InputError(f"parameters have shapes {shapes}, not (d, h), (h,), (h,), (1,) or (d,), (1,)")
    if not 1 <= inputs <= MAX_INPUTS or 0 in layers:
        raise InputError(f"a model of {inputs} inputs and {layers} neurons has no model file")


def check_values(parameters: Sequence[IntArray], plan: QuantisePlan) -> None:
    """Raises InputError for parameters or a scale out of bounds, or names that are not one for each input."""
    if len(plan.features) != len(parameters[0]):
        raise InputError(f"{len(plan.features)} feature names for {len(parameters[0])} inputs")
    for i, array in enumerate(parameters):
        if not -MAX_PARAMETER <= int(array.min()) <= int(array.max()) <= MAX_PARAMETER:
            raise InputError(f"{'weights' if i % 2 == 0 else 'biases'} of layer {i // 2 + 1} go beyond 2**30")
    if not 1 <= plan.target_scale <= MAX_TARGET_SCALE:
        raise InputError(f"target_scale {plan.target_scale} is not in 1..2**31")
