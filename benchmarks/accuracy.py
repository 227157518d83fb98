"""What integers lose against floats, on real data: digits, New York's weather, Beijing's air. A few minutes.

Each model is trained in floats, made into a model file, and answers rows it was not trained on three ways: in floats,
by the integer reference, and by ONNX Runtime with integer operators. The last two must be equal in every bit. Digits:
part of right answers. The others: mean absolute error in the target's unit. Beijing is left out where its files do not
lie beside the checkout. Ends in one JSON line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from datasets import BEIJING_CHOICE, beijing_files, new_york
from onchain_models import boost, digits, fit_quietly, network_of
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor

from andel.encoding import IntArray
from andel.errors import ModelFileError
from andel.hashing import sha256
from andel.serving.any_file import AnyFile, evaluate_any
from andel.serving.import_sklearn import import_sklearn
from andel.serving.onnx_runtime import OnnxModel
from andel.serving.quantise import QuantisePlan, quantise
from andel.serving.quantise_layers import AnswerTerms, quantise_layers
from andel.serving.slots import Slots
from andel.serving.trees_file import ObliviousTree, TreesFile
from andel.simulation.offchain_rounds import found_offchain
from andel.simulation.scenario import Scenario, table_scenario, weather_scenario
from andel.simulation.tables import read_tables

DIGEST = sha256(b"bench accuracy")
STATIONS = 3
MOST_ROWS = 20_000
TREES, DEPTH, RATE = 100, 4, 0.3
ONE = 1 << 24


@dataclass(frozen=True, slots=True)
class Rows:
    """A forecasting task as codes and changes of the target (in its steps), to train on and to report on."""

    codes: IntArray
    change: Any
    report_codes: IntArray
    report_change: Any
    target_scale: int
    step: float
    """What one step of the target is."""
    unit: str

    def error(self, change: Any) -> float:
        """Mean absolute error of predicted changes (in steps), in the unit."""
        return float(np.mean(np.abs(change - self.report_change)) * self.step)


@dataclass(frozen=True, slots=True)
class Compared:
    """One model's figures. `exact`: ONNX Runtime gave the reference's bits on every row."""

    data: str
    model: str
    metric: str
    floats: float
    integers: float
    onnx: float
    rows: int
    exact: bool


def rows_of(scenario: Scenario) -> Rows:
    """A scenario's honest rows; of many, some drawn."""
    rounds = found_offchain(scenario, DIGEST)
    codes = np.concatenate([member.codes for member in rounds.members]).astype(np.int64)
    change = np.concatenate([member.change for member in rounds.members]).astype(np.float64)
    drawn = np.random.default_rng(1).permutation(len(codes))[:MOST_ROWS]
    report, task = rounds.reference.report, scenario.task
    return Rows(
        codes[drawn],
        change[drawn],
        report.codes.astype(np.int64),
        report.change.astype(np.float64),
        task.target_scale,
        10.0**task.exponent,
        task.unit,
    )


def linear_and_networks(rows: Rows) -> Iterator[tuple[str, AnyFile, Any]]:
    """A model's name, its file, and the floats' changes; inputs are (code - 128) / 32."""
    inputs = rows.codes.shape[1]
    values, report = (rows.codes - 128) / 32, (rows.report_codes - 128) / 32
    target, slots = rows.change / rows.target_scale, Slots(inputs, 8, 8)
    terms = AnswerTerms("raw", rows.target_scale, "step", DIGEST, DIGEST)
    ways: list[tuple[str, Callable[[], Any]]] = [
        ("linear", Ridge),
        (f"MLP {inputs}-32-1", lambda: MLPRegressor(hidden_layer_sizes=(32,), max_iter=60, random_state=0)),
        (f"MLP {inputs}-32-16-1", lambda: MLPRegressor(hidden_layer_sizes=(32, 16), max_iter=60, random_state=0)),
    ]
    for name, make in ways:
        net = make()
        fit_quietly(net, values, target)
        floats = net.predict(report) * rows.target_scale
        file, _ = quantise_layers(network_of(net, inputs, 1 / 32, -4.0), slots, terms, rows.codes[:4_000])
        yield name, file, floats
        if name.endswith("-32-1"):
            w1, w2 = net.coefs_
            b1, b2 = net.intercepts_
            exact = [np.rint(array * ONE).astype(np.int64) for array in (w1, b1, w2.ravel(), b2)]
            names = tuple(f"input {i}" for i in range(inputs))
            yield (
                f"{name}, format 1",
                quantise(exact, QuantisePlan(names, rows.target_scale, "step", DIGEST, DIGEST)),
                floats,
            )


def trees(rows: Rows) -> Iterator[tuple[str, AnyFile, Any, IntArray, int]]:
    """A model's name, its file, the floats' changes, the codes of the rows reported on, and answer units per step."""
    model = GradientBoostingRegressor(n_estimators=TREES, max_depth=DEPTH, random_state=0).fit(rows.codes, rows.change)
    file, cuts = import_sklearn(model, 10, "0.1 step", DIGEST, DIGEST)
    codes = cuts.codes(rows.report_codes.astype(np.float64))
    yield f"{TREES} trees of scikit-learn", file, model.predict(rows.report_codes), codes, 10
    cuts_tried, start = range(16, 256, 16), float(rows.change.mean())
    found = boost(rows.codes, rows.change - start, cuts_tried, trees=TREES, depth=DEPTH, rate=RATE)
    floats = np.full(len(rows.report_codes), start)
    for tests, leaves in found:
        index = sum((rows.report_codes[:, i] >= cut).astype(int) << k for k, (i, cut) in enumerate(tests))
        floats += np.array(leaves)[index]
    for units in (10, 5, 2, 1):  # the worst sum of leaves has to fit 16 bits
        made = tuple(ObliviousTree(tests, tuple(round(leaf * units) for leaf in leaves)) for tests, leaves in found)
        slots = Slots(rows.codes.shape[1], 16, 8)
        try:
            oblivious = TreesFile(slots, made, round(start * units), "step", DIGEST, DIGEST)
        except ModelFileError:
            continue
        yield f"{TREES} oblivious trees", oblivious, floats, rows.report_codes, units
        break


def compared(data: str, rows: Rows) -> Iterator[Compared]:
    """Every model on one forecasting task."""
    entries = [(name, file, floats, rows.report_codes, 1) for name, file, floats in linear_and_networks(rows)]
    for name, file, floats, codes, units in [*entries, *trees(rows)]:
        reference, by_onnx = evaluate_any(file, codes), OnnxModel(file).evaluate(codes)
        integers, onnx = (rows.error(answers[:, 0] / units) for answers in (reference, by_onnx))
        exact = bool(np.array_equal(reference, by_onnx))
        yield Compared(data, name, f"MAE, {rows.unit}", rows.error(floats), integers, onnx, len(codes), exact)


def of_digits() -> Compared:
    """64-32-10 on scikit-learn's digits, the class asked for."""
    trained = digits(64)
    by_onnx = OnnxModel(trained.file).evaluate(trained.codes)
    reference = evaluate_any(trained.file, trained.codes)
    exact = bool(np.array_equal(reference, by_onnx))
    onnx = trained.integers if exact else float("nan")
    return Compared(
        "digits", "MLP 64-32-10, class", "right", trained.floats, trained.integers, onnx, len(by_onnx), exact
    )


def main() -> None:
    """Measures and prints."""
    print("| data | model | measure | floats | integers | ONNX Runtime | rows | equal bits |")
    print("|---|---|---|---|---|---|---|---|")
    found = [shown(of_digits())]
    weather = rows_of(weather_scenario(new_york(), 1, 1, dishonest=False))
    found += [shown(each) for each in compared("New York", weather)]
    if files := beijing_files()[:STATIONS]:
        columns = ("year", "month", "day", "hour")
        table = read_tables(files, "station", columns, BEIJING_CHOICE.features, BEIJING_CHOICE.target)
        air = rows_of(table_scenario(table, BEIJING_CHOICE, 1, 1))
        found += [shown(each) for each in compared("Beijing", air)]
    last = {
        f"{each.data}: {each.model}": {"floats": round(each.floats, 4), "integers": round(each.integers, 4)}
        for each in found
    }
    worst = max(abs(each.integers / each.floats - 1) for each in found)
    exact = all(each.exact for each in found)
    print(
        json.dumps({**last, "worst_change": round(worst, 4), "equal_bits": exact, "rows": sum(x.rows for x in found)})
    )
    assert exact


def shown(each: Compared) -> Compared:
    """Prints a line of the table."""
    figures = " | ".join(f"{value:.4f}" for value in (each.floats, each.integers, each.onnx))
    print(f"| {each.data} | {each.model} | {each.metric} | {figures} | {each.rows} | {each.exact} |", flush=True)
    return each


if __name__ == "__main__":
    main()
