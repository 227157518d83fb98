"""Networks of several layers become files that answer as they do, and the report says what that cost."""

import numpy as np
import pytest

from andel.errors import InputError, ModelFileError
from andel.hashing import sha256
from andel.serving.evaluate_layers import evaluate_layers
from andel.serving.layers_file import LayersFile
from andel.serving.quantise_layers import AnswerTerms, Network, quantise_layers
from andel.serving.slots import Slots

VERSION = sha256(b"version")


def random_network(widths, seed=0):
    rng = np.random.default_rng(seed)
    pairs = list(zip(widths, widths[1:], strict=False))
    weights = tuple(rng.normal(size=pair) / np.sqrt(pair[0]) for pair in pairs)
    biases = tuple(rng.normal(size=units) / 4 for _, units in pairs)
    return Network(weights, biases, np.full(widths[0], 1 / 32), np.full(widths[0], -4.0))


def rows(slots, count=400):
    return np.random.default_rng(1).integers(0, slots.max_code + 1, (count, slots.inputs))


def test_a_linear_model_loses_no_more_than_its_rounding():
    slots = Slots(16, 16, 8)
    terms = AnswerTerms("raw", 1_000.0, "0.001", VERSION, VERSION)
    model, report = quantise_layers(random_network([16, 3]), slots, terms, rows(slots))
    assert report.worst_error <= 0.55
    assert LayersFile.from_bytes(model.to_bytes()) == model


def test_hidden_layers_stay_near_the_floats_and_inside_their_lanes():
    slots = Slots(12, 8, 8)
    network = random_network([12, 32, 2])
    terms = AnswerTerms("raw", 1_000.0, "0.001", VERSION, VERSION)
    model, report = quantise_layers(network, slots, terms, rows(slots))
    spread = float(np.std(network.outputs(rows(slots)))) * 1_000
    assert report.mean_error < spread / 25
    assert all(use <= 1 for use in report.lane_use)
    error = np.abs(evaluate_layers(model, rows(slots)) - network.outputs(rows(slots)) * 1_000)
    assert report.mean_error == pytest.approx(error.mean())


def test_digits_keep_their_accuracy():
    datasets = pytest.importorskip("sklearn.datasets")
    networks = pytest.importorskip("sklearn.neural_network")
    data = datasets.load_digits()
    codes = np.minimum(data.data, 15).astype(np.int64)
    net = networks.MLPClassifier((32,), max_iter=300, tol=1e-3, alpha=1e-3, random_state=0).fit(
        codes[:1200] / 16, data.target[:1200]
    )
    network = Network(tuple(net.coefs_), tuple(net.intercepts_), np.full(64, 1 / 16), np.zeros(64))
    slots = Slots(64, 4, 4)
    model, report = quantise_layers(network, slots, AnswerTerms("argmax", 1.0, "class", VERSION, VERSION), codes[:1200])
    floats = float(np.mean(net.predict(codes[1200:] / 16) == data.target[1200:]))
    integers = float(np.mean(evaluate_layers(model, codes[1200:])[:, 0] == data.target[1200:]))
    assert report.agreement > 0.98
    assert integers > floats - 0.01


def test_a_unit_too_fine_is_refused():
    slots = Slots(4, 8, 8)
    with pytest.raises(ModelFileError, match="fits the lanes"):
        quantise_layers(random_network([4, 1]), slots, AnswerTerms("raw", 1e12, "x", VERSION, VERSION), rows(slots))


def test_shapes_that_do_not_follow_each_other_are_refused():
    slots = Slots(5, 8, 8)
    with pytest.raises(InputError, match="layer 0 has shapes"):
        quantise_layers(random_network([4, 1]), slots, AnswerTerms("raw", 1.0, "x", VERSION, VERSION), rows(slots))
