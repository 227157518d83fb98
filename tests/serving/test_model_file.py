"""A model file is canonical, bounded, and proven: one beyond any bound is refused, with the field's name."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.encoding import canonical_json
from andel.errors import ModelFileError
from andel.serving.model_file import MAX_FILE_BYTES, MAX_REACH, ModelFile, lane_range
from tests.serving.random_models import filled_model

MODEL = filled_model(1, inputs=5, hidden=6)


def edited(**changes: Any) -> bytes:
    """The model's file with fields replaced; None drops a field."""
    record = json.loads(MODEL.to_bytes()) | changes
    return canonical_json({name: value for name, value in record.items() if value is not None})


def one_neuron(**changes: Any) -> ModelFile:
    """A model at the edges of its lanes: z ranges over -2**15..2**15 - 1, y reaches 2**31 - 1 exactly."""
    fields: dict[str, Any] = {
        "features": ("a", "b"),
        "weights": ((128, -129),),
        "biases": (127,),
        "output_weights": (65_538,),
        "output_bias": 1,
    }
    return replace(filled_model(1, inputs=2, hidden=1), **(fields | changes))


@given(st.integers(0, 2**32), st.integers(1, 24), st.integers(1, 64), st.integers(0, 31), st.booleans())
def test_a_file_reads_back_as_the_same_model(seed, inputs, hidden, shift, adds_base):
    model = filled_model(seed, inputs, hidden, shift=shift, adds_base=adds_base)
    assert ModelFile.from_bytes(model.to_bytes()) == model
    assert ModelFile.from_bytes(model.to_bytes()).to_bytes() == model.to_bytes()


def test_the_largest_model_fits_the_file_limit():
    model = replace(filled_model(3, 24, 64), features=tuple(f"{i:064}" for i in range(24)))
    assert len(model.to_bytes()) < MAX_FILE_BYTES // 2


def test_the_file_hash_is_sha256_of_the_bytes():
    assert MODEL.file_hash == hashlib.sha256(MODEL.to_bytes()).digest()


HOSTILE: dict[str, tuple[bytes, str]] = {
    "other format": (edited(format="andel-model/2"), "format"),
    "no format": (edited(format=None), "format"),
    "field missing": (edited(shift=None), "fields missing or unknown: shift"),
    "field unknown": (edited(extra=1), "fields missing or unknown: extra"),
    "no inputs": (edited(features=[]), "features: 0 inputs"),
    "too many inputs": (edited(features=[str(i) for i in range(25)]), "features: 25 inputs"),
    "feature named twice": (edited(features=["a", "b", "c", "d", "a"]), "features"),
    "feature without a name": (edited(features=["a", "b", "", "d", "e"]), r"features\[2\]"),
    "feature with a line break": (edited(features=["a", "b\n", "c", "d", "e"]), r"features\[1\]"),
    "feature of 65 bytes": (edited(features=["a" * 65, "b", "c", "d", "e"]), r"features\[0\]"),
    "feature that is a number": (edited(features=[1, 2, 3, 4, 5]), r"features\[0\]"),
    "feature that is a list": (edited(features=[["a"], "b", "c", "d", "e"]), r"features\[0\]"),
    "features no list": (edited(features="abcde"), "features: not a list"),
    "no neurons": (edited(weights=[], biases=[], output_weights=[]), "weights: 0 hidden"),
    "too many neurons": (edited(weights=[[0] * 5] * 65), "weights: 65 hidden"),
    "row too short": (edited(weights=[[0] * 4] * 6), r"weights\[0\]: 4 values where 5"),
    "row no list": (edited(weights=[[0] * 5] * 5 + [7]), r"weights\[5\]: not a list"),
    "weight outside the lane": (
        edited(weights=[[0] * 5] * 5 + [[0, 300, 0, 0, 0]]),
        r"weights\[5\], biases\[5\]",
    ),
    "huge weight": (edited(weights=[[0] * 5] * 5 + [[2**52] * 5]), r"weights\[5\]"),
    "weight true": (edited(weights=[[True] * 5] * 6), r"weights\[0\]: 'True' is not an integer"),
    "weight as text": (edited(weights=[["1"] * 5] * 6), r"weights\[0\]"),
    "bias missing": (edited(biases=[0] * 5), "biases: 5 values where 6"),
    "bias outside the lane": (edited(biases=[0] * 5 + [2**15]), r"biases"),
    "bias null": (edited(biases=[0] * 5 + [[]]), "biases"),
    "output reaches too far": (
        edited(output_weights=[2**31 - 1] * 6),
        "output_weights, output_bias: sums reach",
    ),
    "output weight too large": (edited(output_weights=[2**31] + [0] * 5), "output_weights"),
    "output bias too large": (edited(output_bias=2**31), "output_bias"),
    "output bias as text": (edited(output_bias="1"), "output_bias"),
    "shift negative": (edited(shift=-1), "shift"),
    "shift too far": (edited(shift=32), "shift"),
    "adds_base a number": (edited(adds_base=1), "adds_base"),
    "unit empty": (edited(unit=""), "unit"),
    "unit a list": (edited(unit=[]), "unit"),
    "version in capitals": (edited(version="AB" * 32), "version"),
    "version too short": (edited(version="ab" * 31), "version"),
    "task no text": (edited(task=5), "task"),
    "a list": (b"[]", "format"),
    "nothing": (b"", "model file"),
    "no JSON": (b"{", "model file"),
    "no UTF-8": (b"\xff\xfe", "model file"),
    "half a character": (MODEL.to_bytes().replace(b"0.01 degC", b"\\ud800"), "model file"),
    "spaces": (MODEL.to_bytes().replace(b":", b": "), "canonical"),
    "a key twice": (MODEL.to_bytes().replace(b'"shift":16', b'"shift":16,"shift":16'), "canonical"),
    "a float": (MODEL.to_bytes().replace(b'"shift":16', b'"shift":16.0'), "model file"),
    "not a number": (MODEL.to_bytes().replace(b'"shift":16', b'"shift":NaN'), "model file"),
    "a number of many digits": (b'{"shift":' + b"9" * 50_000 + b"}", "model file"),
    "brackets in brackets": (b"[" * 30_000 + b"]" * 30_000, "model file"),
    "some brackets in brackets": (b"[" * 800 + b"]" * 800, "model file|format"),
    "too long": (b" " * (MAX_FILE_BYTES + 1), "limit"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_and_the_field_named(name):
    data, field = HOSTILE[name]
    with pytest.raises(ModelFileError, match=field):
        ModelFile.from_bytes(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_model_or_refused(data):
    with pytest.raises(ModelFileError):
        ModelFile.from_bytes(data)


@given(st.data())
def test_a_file_with_one_byte_changed_is_another_model_or_refused(data):
    original = MODEL.to_bytes()
    position = data.draw(st.integers(0, len(original) - 1))
    changed = bytearray(original)
    changed[position] = data.draw(st.integers(0, 255).filter(lambda byte: byte != original[position]))
    try:
        other = ModelFile.from_bytes(bytes(changed))
    except ModelFileError:
        return
    assert other != MODEL and other.to_bytes() == changed


def test_lanes_may_be_used_to_their_edges():
    model = one_neuron()
    assert lane_range(model.weights[0], model.biases[0]) == (-(2**15), 2**15 - 1)
    assert model.output_weights[0] * (2**15 - 1) + model.output_bias == MAX_REACH


BEYOND: dict[str, Callable[[], ModelFile]] = {
    "weights one above": lambda: one_neuron(biases=(128,)),
    "weights one below": lambda: one_neuron(biases=(126,)),
    "output bias one above": lambda: one_neuron(output_bias=2),
    "output bias one below": lambda: one_neuron(output_bias=-2),
    "output weight one more": lambda: one_neuron(output_weights=(-65_539,)),
}


@pytest.mark.parametrize("name", BEYOND)
def test_one_beyond_an_edge_is_refused(name):
    with pytest.raises(ModelFileError, match=f"^{name.split()[0]}"):
        BEYOND[name]()
