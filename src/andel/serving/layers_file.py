"""The integer model file of linear models and of networks with several layers, with the proof that its sums fit.

Takes integers (from `quantise_layers`, or from a file of unknown origin); gives a LayersFile and its canonical
bytes. Whoever holds one holds a proven one: for every admissible input no sum of a hidden layer leaves a signed lane
of 16 bits and no sum of the last layer one of 32. Never evaluates, never rounds.

    a_0    = the codes of the question, 0..2**code_bits - 1
    z_l    = biases + weights · a_(l-1)             layer l = 1 … L
    a_l    = max(z_l, 0) >> shift_l                 l < L
    answer = z_L >> shift_L, each                   output "raw"
           = (z_L >> shift_L) + base                output "raw" where it adds the question's base: one answer
           = the least j with the greatest z_L[j]   output "argmax"; shift_L is 0

>> is floor division by the power of two, also of negative numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from andel.encoding import canonical_json
from andel.errors import ModelFileError
from andel.hashing import sha256
from andel.serving.file_fields import (
    as_tuple,
    check_digests,
    check_integer,
    check_integers,
    check_text,
    digest_of,
    list_of,
    read_record,
)
from andel.serving.slots import FORMAT, Slots
from andel.units import Digest

FAMILY: Final = "layers"
MAX_FILE_BYTES: Final = 1 << 20
MAX_LAYERS: Final = 9
MAX_UNITS: Final = 1 << 12
"""Units of a hidden layer, and outputs; what the EVM takes is less, and `compile_layers` says so."""
HIDDEN_BITS: Final = 16
OUTPUT_BITS: Final = 32
OUTPUTS: Final = ("raw", "argmax")

_FIELDS: Final = frozenset("format family inputs slot_bits code_bits adds_base layers output unit version task".split())
_LAYER_FIELDS: Final = frozenset(("weights", "biases", "shift"))


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's integers; they are checked when a LayersFile is made of them."""

    weights: tuple[tuple[int, ...], ...]
    """One row per unit, one integer per input of the layer."""
    biases: tuple[int, ...]
    """One integer per unit."""
    shift: int
    """Low bits dropped from what the layer gives, 0..15, in the last layer 0..31."""

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.weights)


@dataclass(frozen=True, slots=True)
class LayersFile:
    """One model version as integers; making one proves its bounds and raises ModelFileError otherwise."""

    slots: Slots
    """How many codes a question has, and how they lie in it."""
    layers: tuple[Layer, ...]
    """1..9; the last one gives the answer."""
    output: str
    """"raw" (one integer per unit of the last layer) or "argmax" (one integer: which unit)."""
    unit: str
    """What one unit of the answer is, for people."""
    version: Digest
    """SHA-256 of the parameters this file was made from."""
    task: Digest
    """SHA-256 of the task that gives the codes their meaning."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.layers) <= MAX_LAYERS:
            raise ModelFileError(f"layers: {len(self.layers)} layers, 1 to {MAX_LAYERS} are possible")
        if self.output not in OUTPUTS:
            raise ModelFileError(f"output: {str(self.output)[:40]!r} is neither raw nor argmax")
        width = self.slots.inputs
        for number, layer in enumerate(self.layers):
            _check_layer(layer, width, number, last=number == len(self.layers) - 1)
            width = layer.units
        if self.slots.base and (self.output, self.layers[-1].units) != ("raw", 1):
            raise ModelFileError("adds_base: a base is added to one answer that is no argmax")
        if self.output == "argmax" and self.layers[-1].shift:
            raise ModelFileError("layers: the last layer of an argmax has shift 0")
        check_text(self.unit, "unit")
        check_digests(self.version, self.task)
        unit_ranges(self)

    @property
    def answers(self) -> int:
        """Number of integers in an answer."""
        return self.layers[-1].units if self.output == "raw" else 1

    @property
    def file_hash(self) -> Digest:
        """SHA-256 of the canonical bytes."""
        return sha256(self.to_bytes())

    def to_bytes(self) -> bytes:
        """The file: canonical JSON (RFC 8785), the same bytes for the same model."""
        return canonical_json(
            {
                "format": FORMAT,
                "family": FAMILY,
                "inputs": self.slots.inputs,
                "slot_bits": self.slots.slot_bits,
                "code_bits": self.slots.code_bits,
                "adds_base": self.slots.base,
                "layers": [
                    {
                        "weights": [list(row) for row in layer.weights],
                        "biases": list(layer.biases),
                        "shift": layer.shift,
                    }
                    for layer in self.layers
                ],
                "output": self.output,
                "unit": self.unit,
                "version": self.version.hex(),
                "task": self.task.hex(),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> LayersFile:
        """The model in a file of unknown origin.

        Raises ModelFileError, naming the field, for a file over 1 MiB, no canonical JSON, other fields than the
        format's, or a value outside the bounds.
        """
        record = read_record(data, MAX_FILE_BYTES, _FIELDS)
        if (record["format"], record["family"]) != (FORMAT, FAMILY):
            raise ModelFileError("format, family: not a file of layers", "check which file was given")
        return cls(
            slots=Slots(record["inputs"], record["slot_bits"], record["code_bits"], record["adds_base"]),
            layers=tuple(_layer(entry, number) for number, entry in enumerate(list_of(record, "layers"))),
            output=record["output"],
            unit=record["unit"],
            version=digest_of(record, "version"),
            task=digest_of(record, "task"),
        )


def unit_ranges(model: LayersFile) -> tuple[tuple[tuple[int, int], ...], ...]:
    """For each layer and unit the least and greatest z over all admissible inputs (or beyond: never narrower).

    Raises ModelFileError, naming the unit, when one leaves its lane.
    """
    peaks = [model.slots.max_code] * model.slots.inputs
    ranges = []
    for number, layer in enumerate(model.layers):
        last = number == len(model.layers) - 1
        limit = 1 << (OUTPUT_BITS if last else HIDDEN_BITS) - 1
        row_ranges = [_range(row, bias, peaks) for row, bias in zip(layer.weights, layer.biases, strict=True)]
        for unit, (low, high) in enumerate(row_ranges):
            if low < -limit or high >= limit:
                raise ModelFileError(
                    f"layers[{number}], unit {unit}: sums range over {low}..{high}, outside a lane of "
                    f"{limit.bit_length()} bits",
                    "a file made by `quantise_layers` stays inside",
                )
        ranges.append(tuple(row_ranges))
        peaks = [max(high, 0) >> layer.shift for _, high in row_ranges]
    return tuple(ranges)


def _range(row: tuple[int, ...], bias: int, peaks: list[int]) -> tuple[int, int]:
    products = [weight * peak for weight, peak in zip(row, peaks, strict=True)]
    return bias + sum(p for p in products if p < 0), bias + sum(p for p in products if p > 0)


def _check_layer(layer: Layer, width: int, number: int, *, last: bool) -> None:
    field = f"layers[{number}]"
    if not 1 <= layer.units <= MAX_UNITS:
        raise ModelFileError(
            f"{field}: {layer.units} units, 1 to {MAX_UNITS} are possible", "a wider model has no model file"
        )
    limit = 1 << (OUTPUT_BITS if last else HIDDEN_BITS) - 1
    for unit, row in enumerate(layer.weights):
        check_integers(row, width, f"{field}.weights[{unit}]", limit)
    check_integers(layer.biases, layer.units, f"{field}.biases", limit)
    check_integer(layer.shift, 0, (OUTPUT_BITS if last else HIDDEN_BITS) - 1, f"{field}.shift")


def _layer(entry: Any, number: int) -> Layer:
    if not isinstance(entry, dict) or entry.keys() != _LAYER_FIELDS:
        raise ModelFileError(f"layers[{number}]: not weights, biases and shift")
    rows = as_tuple(entry["weights"], f"layers[{number}].weights")
    return Layer(
        weights=tuple(as_tuple(row, f"layers[{number}].weights[{j}]") for j, row in enumerate(rows)),
        biases=as_tuple(entry["biases"], f"layers[{number}].biases"),
        shift=entry["shift"],
    )
