"""The integer model file: what a version answers, written once, with the proof that its arithmetic fits.

Takes integers (from `quantise`, or from a file of unknown origin); gives a ModelFile and its canonical bytes.
Whoever holds a ModelFile holds a proven one: the bounds on which the packed EVM code and the int64 evaluation
rest are checked when it is made, wherever its numbers came from. Never evaluates, never rounds.

    z_j    = biases[j] + sum_i weights[j][i] * u_i          for feature codes u_i in 0..255
    a_j    = max(z_j, 0)
    y      = output_bias + sum_j output_weights[j] * a_j
    answer = floor(y / 2**shift) + (base if adds_base else 0)

The format, field by field, and the proof: docs/rooms/serving.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from andel.encoding import canonical_json, parse_json
from andel.errors import InputError, ModelFileError
from andel.hashing import sha256
from andel.serving.file_fields import (
    as_tuple,
    check_digests,
    check_fields,
    check_integers,
    check_text,
    digest_of,
    list_of,
)
from andel.units import Digest

FORMAT: Final = "andel-model/1"

MAX_FILE_BYTES: Final = 64 * 1024
MAX_INPUTS: Final = 24
MAX_HIDDEN: Final = 64
MAX_CODE: Final = 255

LANE_BITS: Final = 16
"""Pitch of the hidden layer's lanes: every z_j is a signed integer of this width."""

OUTPUT_LANE_BITS: Final = 32
"""Pitch of the output layer's lanes: y, and every sum beside it in its word, is signed and of this width."""

MAX_SHIFT: Final = OUTPUT_LANE_BITS - 1
MAX_ACTIVATION: Final = (1 << (LANE_BITS - 1)) - 1
MAX_REACH: Final = (1 << (OUTPUT_LANE_BITS - 1)) - 1

_FIELDS: Final = frozenset(
    "format features weights biases output_weights output_bias shift adds_base unit version task".split()
)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One model version as integers; making one proves its bounds and raises ModelFileError otherwise."""

    features: tuple[str, ...]
    """Name of each input, in the order of the question's bytes; as many as there are inputs (1..24)."""
    weights: tuple[tuple[int, ...], ...]
    """One row per hidden neuron (1..64), one integer per input, on raw codes 0..255."""
    biases: tuple[int, ...]
    """One integer per hidden neuron, in the units of its lane."""
    output_weights: tuple[int, ...]
    """One integer per hidden neuron: units of 2**-shift answer units per lane unit."""
    output_bias: int
    """In 2**-shift answer units; holds the half that makes the final floor round to nearest."""
    shift: int
    """0..31: the answer is y with this many low bits dropped, toward minus infinity."""
    adds_base: bool
    """Whether the answer is a change, to be added to the question's base."""
    unit: str
    """What one unit of answer and base is, for people: "0.01 degC"."""
    version: Digest
    """SHA-256 of the parameters this file was made from."""
    task: Digest
    """SHA-256 of the task that gives the codes their meaning."""

    def __post_init__(self) -> None:
        _check_form(self)
        _prove_hidden_lanes(self)
        _prove_output_lanes(self)

    @property
    def inputs(self) -> int:
        """Number of inputs, d."""
        return len(self.features)

    @property
    def hidden(self) -> int:
        """Number of hidden neurons, h."""
        return len(self.weights)

    @property
    def file_hash(self) -> Digest:
        """SHA-256 of the canonical bytes: what is bound to the version on chain."""
        return sha256(self.to_bytes())

    def to_bytes(self) -> bytes:
        """The file: canonical JSON (RFC 8785), the same bytes for the same model."""
        return canonical_json(
            {
                "format": FORMAT,
                "features": list(self.features),
                "weights": [list(row) for row in self.weights],
                "biases": list(self.biases),
                "output_weights": list(self.output_weights),
                "output_bias": self.output_bias,
                "shift": self.shift,
                "adds_base": self.adds_base,
                "unit": self.unit,
                "version": self.version.hex(),
                "task": self.task.hex(),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> ModelFile:
        """The model in a file of unknown origin.

        Raises ModelFileError, naming the field, when the file is over 64 KiB, not canonical JSON, has other
        fields than the format's, or holds a value outside the bounds.
        """
        try:
            record = parse_json(data, MAX_FILE_BYTES)
        except (InputError, RecursionError) as error:
            raise ModelFileError(f"model file: {error}", "make the file with `quantise`") from error
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            raise ModelFileError("format: not an andel-model/1 file", "check which file was given")
        check_fields(record, _FIELDS)
        return cls(
            features=list_of(record, "features"),
            weights=tuple(as_tuple(row, f"weights[{j}]") for j, row in enumerate(list_of(record, "weights"))),
            biases=list_of(record, "biases"),
            output_weights=list_of(record, "output_weights"),
            output_bias=record["output_bias"],
            shift=record["shift"],
            adds_base=record["adds_base"],
            unit=record["unit"],
            version=digest_of(record, "version"),
            task=digest_of(record, "task"),
        )


def lane_range(weights: Sequence[int], bias: int) -> tuple[int, int]:
    """Least and greatest value of bias + sum weights[i] * u_i over all codes u_i in 0..255."""
    low = bias + MAX_CODE * sum(min(weight, 0) for weight in weights)
    high = bias + MAX_CODE * sum(max(weight, 0) for weight in weights)
    return low, high


def fits_lane(weights: Sequence[int], bias: int) -> bool:
    """Whether a hidden neuron stays inside its signed 16-bit lane for every question."""
    low, high = lane_range(weights, bias)
    return low >= -MAX_ACTIVATION - 1 and high <= MAX_ACTIVATION


def _prove_hidden_lanes(model: ModelFile) -> None:
    for j, (weights, bias) in enumerate(zip(model.weights, model.biases, strict=True)):
        if not fits_lane(weights, bias):
            low, high = lane_range(weights, bias)
            raise ModelFileError(
                f"weights[{j}], biases[{j}]: neuron ranges over {low}..{high}, outside its 16-bit lane",
                "a file made by `quantise` stays inside",
            )


def _prove_output_lanes(model: ModelFile) -> None:
    # A lane of the packed product pairs activations with output weights in some order, each weight at most
    # once. With no activation above `peak`, one sum bounds the answer's lane and all lanes beside it.
    ranges = (lane_range(*neuron) for neuron in zip(model.weights, model.biases, strict=True))
    peak = max(max(high, 0) for _, high in ranges)
    reach = peak * sum(abs(weight) for weight in model.output_weights) + abs(model.output_bias)
    if reach > MAX_REACH:
        raise ModelFileError(
            f"output_weights, output_bias: sums reach {reach}, outside the 32-bit lane",
            "a file made by `quantise` stays inside",
        )


def _check_form(model: ModelFile) -> None:
    if not 1 <= model.inputs <= MAX_INPUTS:
        raise ModelFileError(f"features: {model.inputs} inputs, 1 to {MAX_INPUTS} are possible")
    if not 1 <= model.hidden <= MAX_HIDDEN:
        raise ModelFileError(f"weights: {model.hidden} hidden neurons, 1 to {MAX_HIDDEN} are possible")
    for i, name in enumerate(model.features):
        check_text(name, f"features[{i}]")
    if len(set(model.features)) != model.inputs:
        raise ModelFileError("features: a name occurs twice")
    check_text(model.unit, "unit")
    for j, row in enumerate(model.weights):
        check_integers(row, model.inputs, f"weights[{j}]", MAX_ACTIVATION + 1)
    check_integers(model.biases, model.hidden, "biases", MAX_ACTIVATION + 1)
    check_integers(model.output_weights, model.hidden, "output_weights", MAX_REACH)
    check_integers((model.output_bias,), 1, "output_bias", MAX_REACH)
    check_integers((model.shift,), 1, "shift", MAX_SHIFT)
    if model.shift < 0:
        raise ModelFileError(f"shift: {model.shift} is not in 0..{MAX_SHIFT}")
    if not isinstance(model.adds_base, bool):
        raise ModelFileError("adds_base: neither true nor false")
    check_digests(model.version, model.task)
