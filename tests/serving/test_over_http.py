"""Answers over HTTP are the reference's, bit for bit, of each family that a server serves, ten thousand times."""

import dataclasses
from collections.abc import Callable

import httpx
import numpy as np
import pytest

from andel.data.features import FeatureSpec
from andel.hashing import sha256
from andel.serving.any_file import VersionFile, evaluate_any, pack_any
from andel.serving.api import build_app
from andel.serving.http_edge import serve_in_thread
from andel.serving.model_file import ModelFile
from andel.serving.questions import MAX_BATCH
from andel.serving.slots import Slots
from tests.serving.random_layers import filled_layers, telling_rows
from tests.serving.random_models import filled_model, telling_codes
from tests.serving.test_predictor import DOMAIN, NOW, OPERATOR, TASK, weather_predictor

INPUTS = 24
LAYERS = Slots(INPUTS, 8, 8, base=True)
FAMILIES: dict[str, Callable[[], VersionFile]] = {
    "one hidden layer": lambda: filled_model(3, INPUTS, 64),
    "linear": lambda: filled_layers(4, LAYERS, [1], "raw", output_reach=1 << 15),
    "layers": lambda: filled_layers(2, LAYERS, [48, 24, 1], "raw", shifts=[6, 4]),
}


def served_file(family):
    """A random file of a family, and the task that it is made of."""
    features = tuple(FeatureSpec(f"feature {i}", "channel", "temperature", -100, 100 + i) for i in range(INPUTS))
    task = dataclasses.replace(TASK, features=features)
    made, named = FAMILIES[family](), sha256(task.to_bytes())
    if isinstance(made, ModelFile):
        return dataclasses.replace(made, task=named, features=tuple(feature.name for feature in features)), task
    return dataclasses.replace(made, task=named), task


def telling_questions(file: VersionFile, count: int):
    """Corners, each first unit at its ends, edges and random codes, with bases up to the ends of their range."""
    if isinstance(file, ModelFile):
        codes = telling_codes(file, 1, count).astype(np.int64)
    else:
        codes = telling_rows(file.slots, file.layers[0], 1, count)
    bases = np.random.default_rng(1).integers(-(1 << 31), 1 << 31, len(codes))
    bases[:4] = [-(1 << 31), (1 << 31) - 1, 0, -1]
    return codes, bases


def answered_alike(family: str, count: int) -> int:
    """How many questions a server of this family answered as the reference does; fails where it does not."""
    file, task = served_file(family)
    codes, bases = telling_questions(file, count)
    expected = evaluate_any(file, codes, bases)[:, 0].tolist()
    questions = ["0x" + pack_any(file, row, int(base)).hex() for row, base in zip(codes, bases, strict=True)]
    app = build_app(weather_predictor(model_file=file, task=task))
    with serve_in_thread(app) as server, httpx.Client(base_url=server.url, timeout=30) as client:
        for first in range(0, len(questions), MAX_BATCH):
            part = questions[first : first + MAX_BATCH]
            answer = client.post("/predict", json={"questions": part})
            assert answer.status_code == 200, answer.text
            assert answer.json()["answers"] == expected[first : first + MAX_BATCH]
        single = client.post("/predict", json={"question": questions[0]}).json()
        assert int(single["answer"]) == expected[0]
        inferred = client.post(
            f"/v2/models/{DOMAIN.contract}/infer",
            json={
                "inputs": [
                    {"name": "codes", "datatype": "INT32", "shape": [64, INPUTS], "data": codes[:64].tolist()},
                    {"name": "base", "datatype": "INT32", "shape": [64], "data": bases[:64].tolist()},
                ]
            },
        )
        assert inferred.status_code == 200, inferred.text
        assert inferred.json()["outputs"][0]["data"] == expected[:64]
    assert single["signer"] == OPERATOR.address and int(single["valid_until"]) > NOW
    return len(questions)


@pytest.mark.parametrize("family", FAMILIES)
def test_ten_thousand_questions_are_answered_alike_over_http(family):
    assert answered_alike(family, 5_000) >= 10_000
