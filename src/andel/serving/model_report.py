"""What people are told of a model file: the proof that its sums fit, and what its code takes on chain.

Takes a proven model file and, where there is one, its compiled code; gives plain values for JSON. Where code cannot be
made the reason stands in its place. Never changes a model.
"""

from __future__ import annotations

from typing import Any, Final

from andel.errors import ModelFileError
from andel.hashing import keccak
from andel.serving.any_file import AnyFile, answers_of, compile_any, family_of, inputs_of, max_code_of
from andel.serving.code_chunks import CompiledModel
from andel.serving.layers_file import HIDDEN_BITS, OUTPUT_BITS, LayersFile, unit_ranges
from andel.serving.model_file import LANE_BITS, MAX_REACH, OUTPUT_LANE_BITS, ModelFile, lane_range
from andel.serving.trees_file import SUM_BITS, Tree, TreesFile

_TEST_GAS: Final = 22
_TREE_GAS: Final = 18
"""Beside its tests: a leaf's value, and the jump past the others. Measured: `make bench-onchain`."""
_START_GAS: Final = 150
"""Codes cut out of the question, and the answer given back."""


def lane_proof(model: AnyFile) -> list[dict[str, Any]]:
    """For each layer, or for the sum of trees: the least and greatest sum over all questions, the bits it has to fit.

    `use` is the part of that width that the worst question takes.
    """
    if isinstance(model, ModelFile):
        hidden = [lane_range(*neuron) for neuron in zip(model.weights, model.biases, strict=True)]
        peak = max(max(high, 0) for _, high in hidden)
        reach = peak * sum(map(abs, model.output_weights)) + abs(model.output_bias)
        return [
            _lane("hidden layer", min(low for low, _ in hidden), max(high for _, high in hidden), LANE_BITS),
            _lane("output", -min(reach, MAX_REACH), reach, OUTPUT_LANE_BITS),
        ]
    if isinstance(model, LayersFile):
        ranges = unit_ranges(model)
        return [
            _lane(
                f"layer {number + 1}",
                min(low for low, _ in units),
                max(high for _, high in units),
                OUTPUT_BITS if number == len(ranges) - 1 else HIDDEN_BITS,
            )
            for number, units in enumerate(ranges)
        ]
    return [_lane("sum of trees", *model.sum_range(), SUM_BITS[model.family])]


def about_model(model: AnyFile) -> dict[str, Any]:
    """What the file is."""
    return {
        "family": family_of(model),
        "inputs": inputs_of(model),
        "max_code": max_code_of(model),
        "answers": answers_of(model),
        "unit": model.unit,
        "model_file_hash": model.file_hash.hex(),
        "model_file_bytes": len(model.to_bytes()),
        "lanes": lane_proof(model),
    }


def about_code(model: AnyFile, registry: bytes | None) -> tuple[dict[str, Any], CompiledModel | None]:
    """What the code takes on chain, and the code; or why there is none. Chunks are for `registry` (20 bytes)."""
    try:
        compiled = compile_any(model, registry)
    except ModelFileError as error:
        return {"refused": error.message, "hint": error.hint}, None
    return {
        "bytes": len(compiled.head) + sum(map(len, compiled.chunks)),
        "chunks": [len(chunk) for chunk in compiled.chunks],
        "gas": compiled.gas,
        "gas_about": compiled.gas if compiled.gas is not None else _gas_of_trees(model),
        "code_hash": keccak(compiled.head).hex(),
    }, compiled


def _lane(name: str, low: int, high: int, bits: int) -> dict[str, Any]:
    use = max(-low, high + 1) / (1 << bits - 1)
    return {"name": name, "least": low, "greatest": high, "bits": bits, "use": round(use, 4)}


def _gas_of_trees(model: AnyFile) -> int | None:
    """About what the longest paths take; exact gas depends on the question."""
    if not isinstance(model, TreesFile):
        return None
    return _START_GAS + sum(
        _TREE_GAS + _TEST_GAS * longest_path(tree) for tree in model.trees if isinstance(tree, Tree)
    )


def longest_path(tree: Tree) -> int:
    """Tests on the longest path from the root to a leaf."""
    depths = [1] * len(tree.nodes)
    for k, node in enumerate(tree.nodes):
        for child in node[2:]:
            if child >= 0:
                depths[child] = depths[k] + 1  # children come later
    return max(depths, default=0)
