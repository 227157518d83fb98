"""One trained model in an ONNX file, made into a model file with all that belongs to it.

Takes ONNX bytes, how measured values become codes (ranges; trees bring their own cuts), rows to judge by where there
are some, and what the answer's unit is. Gives the model file, the file that says what codes mean, and how far the
integers are from the floats. Without rows of somebody's own the judging rows are made up evenly over the ranges, the
same every time. Never runs the file: floats are computed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.errors import InputError
from andel.hashing import sha256
from andel.serving.any_file import AnyFile
from andel.serving.evaluate_trees import evaluate_trees
from andel.serving.float_network import FloatNetwork
from andel.serving.input_codes import InputCodes, Ranges, ranges_of_table, write_inputs
from andel.serving.onnx_graph import OnnxGraph, read_graph
from andel.serving.onnx_import import float_network
from andel.serving.onnx_trees import FloatTrees, cuts_of, float_trees, has_trees, trees_file
from andel.serving.quantise_layers import AnswerTerms
from andel.serving.slots import Slots
from andel.units import Digest

MADE_UP_ROWS: Final = 2_000
JUDGED_ROWS: Final = 20_000
_PRODUCTS: Final = 1 << 27
"""Rows times weights that a choice of shifts is judged by: some tenths of a second each."""
_FEWEST_ROWS: Final = 200
_SEED: Final = 7

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an ONNX file does not say."""

    scale: float
    """Answer units per 1.0 of the model's output; not used for a class."""
    unit: str
    code_bits: int = 8
    """Bits of a code, 1..16; trees count their cuts themselves."""
    ranges: Ranges | None = None
    rows: FloatArray | None = None
    """Measured values (n, inputs)."""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportedModel:
    """A model file, what its codes mean, and what rounding cost."""

    file: AnyFile
    inputs: bytes
    """The file of inputs (`input_codes`); its SHA-256 is the model file's task."""
    how: InputCodes
    accuracy: dict[str, Any]


def import_onnx(data: bytes, wanted: Wanted) -> ImportedModel:
    """The model file of an ONNX file. Raises ModelFileError, naming what is not served, and InputError."""
    if not (np.isfinite(wanted.scale) and 0 < wanted.scale <= 1 << 31):
        raise InputError(f"scale {wanted.scale} is not in 0..2**31", "answer units per 1.0 of the model's output")
    graph = read_graph(data)
    version = sha256(data)
    if has_trees(graph):
        return _trees(float_trees(graph), graph, version, wanted)
    return _network(float_network(graph), version, wanted)


def network_file(network: FloatNetwork, version: Digest, wanted: Wanted) -> ImportedModel:
    """As `import_onnx`, for layers that were read otherwise. Raises InputError, ModelFileError."""
    return _network(network, version, wanted)


def _network(network: FloatNetwork, version: Digest, wanted: Wanted) -> ImportedModel:
    ranges = wanted.ranges
    if ranges is None:
        if wanted.rows is None:
            raise InputError("nothing says over which ranges the inputs lie", "give a file of ranges, or a table")
        ranges = ranges_of_table(wanted.rows)
    bits = wanted.code_bits
    slots = Slots(network.inputs, next((size for size in (4, 8) if bits <= size), 16), bits)
    most = max(_FEWEST_ROWS, min(JUDGED_ROWS, _PRODUCTS // sum(matrix.size for matrix in network.weights)))
    if wanted.rows is not None:
        codes = ranges.codes(wanted.rows[:most], slots)
    else:
        shape = min(MADE_UP_ROWS, most), slots.inputs
        codes = np.random.default_rng(_SEED).integers(0, slots.max_code + 1, shape)
    inputs = write_inputs(ranges, wanted.names)
    unit = "class" if network.is_class else wanted.unit
    terms = AnswerTerms("argmax" if network.is_class else "raw", wanted.scale, unit, version, sha256(inputs))
    file, report = network.quantised(ranges, slots, terms, codes)
    accuracy: dict[str, Any] = {"rows": report.rows, "rows_from": "made up" if wanted.rows is None else "table"}
    if network.is_class:
        accuracy["agreement"] = report.agreement
    else:
        accuracy |= {"mean_error": report.mean_error, "worst_error": report.worst_error, "errors_in": unit}
    return ImportedModel(file, inputs, ranges, accuracy)


def _trees(trees: FloatTrees, graph: OnnxGraph, version: Digest, wanted: Wanted) -> ImportedModel:
    inputs = graph.width if graph.width is not None else trees.inputs
    if wanted.rows is not None and wanted.rows.shape[1] != inputs:
        raise InputError(f"a table of {wanted.rows.shape[1]} columns for trees over {inputs} inputs")
    cuts = cuts_of(trees, inputs)
    described = write_inputs(cuts, wanted.names)
    file, _ = trees_file(trees, inputs, wanted.scale, wanted.unit, version, sha256(described))
    rows = wanted.rows[:JUDGED_ROWS] if wanted.rows is not None else _around(cuts.values)
    answers = evaluate_trees(file, cuts.codes(rows))[:, 0]
    error = np.abs(answers - trees.outputs(rows) * wanted.scale)
    accuracy: dict[str, Any] = {"rows": len(rows), "rows_from": "made up" if wanted.rows is None else "table"}
    accuracy |= {"mean_error": float(error.mean()), "worst_error": float(error.max()), "errors_in": wanted.unit}
    return ImportedModel(file, described, cuts, accuracy)


def _around(cuts: tuple[FloatArray, ...]) -> FloatArray:
    """Rows of values at the cuts and about them."""
    rng = np.random.default_rng(_SEED)
    columns = [
        rng.choice(found, MADE_UP_ROWS) + rng.normal(size=MADE_UP_ROWS) * (np.ptp(found) / 10 + 1e-6)
        if len(found)
        else np.zeros(MADE_UP_ROWS)
        for found in cuts
    ]
    return np.stack(columns, axis=1)
