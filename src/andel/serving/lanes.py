"""The integers of a model file, as the quantiser fits them: what `linear_lanes` and `hidden_lanes` give."""

from __future__ import annotations

from dataclasses import dataclass

from andel.errors import ModelFileError


@dataclass(frozen=True, slots=True)
class Lanes:
    """What stands in a ModelFile under the same names."""

    weights: tuple[tuple[int, ...], ...]
    biases: tuple[int, ...]
    output_weights: tuple[int, ...]
    output_bias: int
    shift: int


def too_fine(target_scale: int) -> ModelFileError:
    """The error when no shift holds the answers."""
    return ModelFileError(
        f"target_scale: at {target_scale} units per 1.0 an answer could leave 32 bits",
        "choose a coarser unit",
    )
