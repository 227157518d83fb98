"""The models whose price `onchain.py` measures, trained here on data that comes with scikit-learn or is made up.

Takes nothing; gives integer model files with the codes of held-out rows, and how well floats and integers do on them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.datasets import load_digits, make_friedman1
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor

from andel.encoding import IntArray
from andel.hashing import sha256
from andel.serving.evaluate_layers import evaluate_layers
from andel.serving.evaluate_trees import evaluate_trees
from andel.serving.import_sklearn import import_sklearn
from andel.serving.layers_file import LayersFile
from andel.serving.quantise_layers import AnswerTerms, Network, quantise_layers
from andel.serving.slots import Slots
from andel.serving.trees_file import ObliviousTree, TreesFile

VERSION = sha256(b"bench")
SCALE = 1_000
"""Answer units per 1.0 of the made-up target."""
OBLIVIOUS_SCALE = 500
"""Here the worst sum of leaves has to fit 16 bits."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model file, codes of rows it was not trained on, and its score there beside the floats'."""

    file: LayersFile | TreesFile
    codes: IntArray
    floats: float
    integers: float
    metric: str


def digits(pixels: int) -> Trained:
    """Scikit-learn's digits at 8 x 8 pixels of 4 bits, or enlarged to 28 x 28; one hidden layer of 32."""
    data = load_digits()
    codes = np.minimum(data.data, 15).astype(np.int64)
    if pixels == 784:
        codes = np.kron(codes.reshape(-1, 8, 8), np.ones((1, 4, 4), dtype=np.int64))[:, 2:30, 2:30].reshape(-1, 784)
    train, test, wanted, truth = train_test_split(codes, data.target, test_size=450, random_state=0)
    net = MLPClassifier((32,), max_iter=120 if pixels == 64 else 40, alpha=1e-3, random_state=0)
    fit_quietly(net, train / 16, wanted)
    terms = AnswerTerms("argmax", 1.0, "class", VERSION, VERSION, fill=0.9)
    file, _ = quantise_layers(network_of(net, pixels, 1 / 16, 0.0), Slots(pixels, 4, 4), terms, train)
    integers = float(np.mean(evaluate_layers(file, test)[:, 0] == truth))
    return Trained(file, test, float(net.score(test / 16, truth)), integers, "accuracy")


def regression(make: Callable[[], Any], slot_bits: int) -> Trained:
    """A linear model or a network of one hidden layer over 16 inputs, on Friedman's made-up function."""
    slots = Slots(16, slot_bits, slot_bits)
    train, test, wanted, truth = friedman(slots.max_code)
    net = make()
    fit_quietly(net, train / slots.max_code, wanted)
    network = network_of(net, 16, 1 / slots.max_code, 0.0)
    file, _ = quantise_layers(network, slots, AnswerTerms("raw", SCALE, "0.001", VERSION, VERSION, fill=1.0), train)
    floats = r2_score(truth, net.predict(test / slots.max_code))
    return Trained(file, test, floats, r2_score(truth, evaluate_layers(file, test)[:, 0] / SCALE), "R2")


def linear() -> Trained:
    """16 codes of 16 bits."""
    return regression(Ridge, 16)


def small_network() -> Trained:
    """16-32-1 over bytes."""
    return regression(lambda: MLPRegressor(hidden_layer_sizes=(32,), max_iter=200, random_state=0), 8)


def imported_trees() -> Trained:
    """100 trees of depth 4 as scikit-learn's gradient boosting grows them."""
    train, test, wanted, truth = friedman(255)
    model = GradientBoostingRegressor(n_estimators=100, max_depth=4, random_state=0).fit(train, wanted)
    file, cuts = import_sklearn(model, SCALE, "0.001", VERSION, VERSION)
    codes = cuts.codes(test.astype(np.float64))
    return Trained(
        file,
        codes,
        r2_score(truth, model.predict(test)),
        r2_score(truth, evaluate_trees(file, codes)[:, 0] / SCALE),
        "R2",
    )


def oblivious_trees() -> Trained:
    """100 oblivious trees of depth 4 over 15 cuts an input, boosted with a learning rate of 0.3."""
    train, test, wanted, truth = friedman(255)
    cuts = range(16, 256, 16)
    start = float(wanted.mean())
    found = boost(train, wanted - start, cuts, trees=100, depth=4, rate=0.3)
    trees = tuple(
        ObliviousTree(tests, tuple(round(leaf * OBLIVIOUS_SCALE) for leaf in leaves)) for tests, leaves in found
    )
    file = TreesFile(Slots(16, 16, 8), trees, round(start * OBLIVIOUS_SCALE), "0.002", VERSION, VERSION)
    floats = np.full(len(test), start)
    for tests, leaves in found:
        floats += np.array(leaves)[sum((test[:, i] >= cut).astype(int) << k for k, (i, cut) in enumerate(tests))]
    return Trained(
        file, test, r2_score(truth, floats), r2_score(truth, evaluate_trees(file, test)[:, 0] / OBLIVIOUS_SCALE), "R2"
    )


def friedman(max_code: int) -> tuple[IntArray, IntArray, Any, Any]:
    """Codes and target for training, then for testing; 16 inputs, of which 5 matter."""
    values, target = make_friedman1(3_000, 16, noise=0.5, random_state=1)
    codes = np.rint(values * max_code).astype(np.int64)
    return codes[:2_000], codes[2_000:], target[:2_000], target[2_000:]


def boost(
    codes: IntArray, target: Any, cuts: range, *, trees: int, depth: int, rate: float
) -> list[tuple[tuple[tuple[int, int], ...], list[float]]]:
    """Squared-error boosting: each level takes the test that lowers the error most over all its leaves together."""
    tests = [(i, cut) for i in range(codes.shape[1]) for cut in cuts]
    holds = np.stack([codes[:, i] >= cut for i, cut in tests])
    rest, found = target.copy(), []
    for _ in range(trees):
        leaf = np.zeros(len(codes), dtype=np.int64)
        chosen: list[int] = []
        for level in range(depth):
            gains = []
            for t in range(len(tests)):
                split = leaf | holds[t].astype(np.int64) << level
                sums = np.bincount(split, rest, 2 << level)
                gains.append(
                    -1.0 if t in chosen else float(np.sum(sums**2 / (np.bincount(split, minlength=2 << level) + 1)))
                )
            chosen.append(int(np.argmax(gains)))
            leaf |= holds[chosen[-1]].astype(np.int64) << level
        means = rate * np.bincount(leaf, rest, 1 << depth) / (np.bincount(leaf, minlength=1 << depth) + 1)
        rest = rest - means[leaf]
        found.append((tuple(tests[t] for t in chosen), means.tolist()))
    return found


def network_of(net: Any, inputs: int, scale: float, offset: float) -> Network:
    """A fitted linear model or network of scikit-learn over codes, each code · scale + offset."""
    if hasattr(net, "coefs_"):
        weights, biases = tuple(net.coefs_), tuple(net.intercepts_)
    else:
        weights, biases = (net.coef_.reshape(-1, 1),), (np.atleast_1d(net.intercept_),)
    return Network(weights, biases, np.full(inputs, scale), np.full(inputs, offset))


def fit_quietly(net: Any, values: Any, target: Any) -> None:
    """Fits, without the warning that it could go on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it could go on learning
        net.fit(values, target)
