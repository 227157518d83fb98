"""A trained network in floats, wherever it came from, before it is quantised.

Takes weights as the importers read them; gives the model file by the quantiser, over codes that lie in ranges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from andel.encoding import IntArray
from andel.errors import ModelFileError
from andel.serving.input_codes import Ranges
from andel.serving.layers_file import LayersFile
from andel.serving.quantise_layers import AnswerTerms, LayersReport, Network, quantise_layers
from andel.serving.slots import Slots

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FloatNetwork:
    """Layers with rectifiers between them; the answer is the class with the greatest output, or the outputs."""

    weights: tuple[FloatArray, ...]
    """(inputs, units) of each layer."""
    biases: tuple[FloatArray, ...]
    is_class: bool

    @property
    def inputs(self) -> int:
        """Values of a row."""
        return int(self.weights[0].shape[0])

    def over(self, ranges: Ranges, slots: Slots) -> Network:
        """The network over codes that lie in these ranges. Raises ModelFileError for another number of inputs."""
        if len(ranges.low) != self.inputs or slots.inputs != self.inputs:
            raise ModelFileError(f"ranges of {len(ranges.low)} inputs for a network of {self.inputs}")
        return Network(self.weights, self.biases, ranges.scale(slots), ranges.low)

    def quantised(
        self, ranges: Ranges, slots: Slots, terms: AnswerTerms, codes: IntArray
    ) -> tuple[LayersFile, LayersReport]:
        """The model file, judged on `codes`, and what rounding cost. Raises InputError, ModelFileError."""
        return quantise_layers(self.over(ranges, slots), slots, terms, codes)
