"""The Open Inference Protocol over HTTP: every form of a question, the signature over a batch, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from andel.errors import InputError
from andel.serving.api import build_app
from andel.serving.evaluate import evaluate, pack_question
from andel.serving.inference_protocol import batch_from_response
from andel.serving.prediction_batch import batch_from_json, verify_batch
from tests.serving.test_predictor import DOMAIN, NOON, NOW, OPERATOR, PREDICTOR, VALUES

MODEL = DOMAIN.contract
VERSION = "0x" + PREDICTOR.model_file.version.hex()
INFER = f"/v2/models/{MODEL}/infer"
CLIENT = TestClient(build_app(PREDICTOR))
D = PREDICTOR.model_file.inputs
ONE = PREDICTOR.ask_values(VALUES, NOON)


def tensor(name, datatype, data, shape=None):
    return {"name": name, "datatype": datatype, "shape": shape or [len(data)], "data": data}


def packed(*questions):
    return {"inputs": [tensor("question", "BYTES", ["0x" + question.hex() for question in questions])]}


def by_values(n=1):
    values = [tensor(name, "FP64", [float(value)] * n) for name, value in VALUES.items()]
    return {"inputs": [*values, tensor("time", "INT64", [NOON] * n)]}


def infer(record, path=INFER, status=200, **headers):
    response = CLIENT.post(path, json=record, headers=headers)
    assert response.status_code == status, response.text
    return response.json()


def test_the_server_and_the_model_describe_themselves():
    assert CLIENT.get("/v2").json() == CLIENT.get("/v2/").json()
    assert set(CLIENT.get("/v2").json()) == {"name", "version", "extensions"}
    for path in (f"/v2/models/{MODEL}", f"/v2/models/{MODEL}/versions/{VERSION}"):
        said = CLIENT.get(path).json()
        assert said["name"] == MODEL and said["versions"] == [VERSION]
        assert said["inputs"][0] == {"name": "codes", "datatype": "UINT8", "shape": [-1, D]}
        assert CLIENT.get(path + "/ready").json() == {"name": MODEL, "ready": True}
    assert CLIENT.get("/v2/health/live").json() == {"live": True}
    assert CLIENT.get("/v2/health/ready").json()["ready"] is True


@pytest.mark.parametrize("tail", ["", "/ready", "/infer"])
def test_another_model_or_version_is_not_found(tail):
    other = "0x" + "11" * 32
    for path in (f"/v2/models/other{tail}", f"/v2/models/{MODEL}/versions/{other}{tail}"):
        response = CLIENT.post(path, json=packed(ONE.question)) if tail == "/infer" else CLIENT.get(path)
        assert response.status_code == 404 and response.json()["error"]


@given(
    rows=st.lists(
        st.tuples(st.binary(min_size=D, max_size=D), st.integers(-(2**31), 2**31 - 1)), min_size=1, max_size=8
    )
)
def test_codes_are_answered_as_the_model_file_answers_under_one_signature(rows):
    codes = [list(each) for each, _ in rows]
    bases = [base for _, base in rows]
    expected = evaluate(PREDICTOR.model_file, np.array(codes, dtype=np.uint8), np.array(bases, dtype=np.int64))
    record = {"inputs": [tensor("codes", "UINT8", codes, [len(rows), D]), tensor("base", "INT32", bases)]}
    response = infer(record)
    assert response["outputs"][0] == tensor("answer", "INT64", expected.tolist())
    batch = batch_from_response(response)
    assert batch.questions == tuple(pack_question(*each) for each in zip(codes, bases, strict=True))
    verify_batch(batch, DOMAIN, {OPERATOR.address}, NOW, 60)


def test_the_three_forms_give_the_same_answer():
    flat = tensor("codes", "INT32", list(ONE.question[:D]), [1, D])
    base = tensor("base", "INT32", [int.from_bytes(ONE.question[-4:], "big", signed=True)], [1, 1])
    texts = [tensor(name, "BYTES", [value]) for name, value in VALUES.items()]
    dated = tensor("time", "BYTES", ["2013-07-04T12:00:00Z"])
    for record in (packed(ONE.question), by_values(), {"inputs": [flat, base]}, {"inputs": [*texts, dated]}):
        response = infer(record)
        assert [output["data"] for output in response["outputs"]] == [[ONE.answer], ["0x" + ONE.question.hex()]]


def test_an_identity_is_returned_and_only_wanted_outputs_are_sent():
    record = packed(ONE.question) | {"id": "42", "outputs": [{"name": "answer"}], "parameters": {"issued_at": NOW - 7}}
    response = infer(record, f"/v2/models/{MODEL}/versions/{VERSION}/infer")
    assert response["id"] == "42" and response["model_version"] == VERSION
    assert [output["name"] for output in response["outputs"]] == ["answer"]
    assert response["parameters"]["issued_at"] == NOW - 7
    with pytest.raises(InputError):
        batch_from_response(response)


def test_256_questions_fit_a_request_and_257_do_not():
    assert len(infer(packed(*[ONE.question] * 256))["outputs"][0]["data"]) == 256
    assert "1..256" in infer(packed(*[ONE.question] * 257), status=400)["error"]
    assert len(infer(by_values(256))["outputs"][0]["data"]) == 256


def test_binary_data_is_refused_by_name():
    for record in (
        {"inputs": [{"name": "codes", "shape": [1, D], "datatype": "UINT8", "parameters": {"binary_data_size": D}}]},
        packed(ONE.question) | {"parameters": {"binary_data_output": True}},
        packed(ONE.question) | {"outputs": [{"name": "answer", "parameters": {"binary_data": True}}]},
    ):
        assert "binary-data extension" in infer(record, status=400)["error"]
    refused = infer(packed(ONE.question), status=400, **{"Inference-Header-Content-Length": "100"})
    assert "binary-data extension" in refused["error"]
    assert infer(packed(ONE.question) | {"parameters": {"binary_data_output": False, "content_type": "np"}})


WRONG = {
    "no inputs": {"inputs": []},
    "another field": packed(ONE.question) | {"model": 1},
    "an unknown form": {"inputs": [tensor("x", "FP32", [1])]},
    "codes without base": {"inputs": [tensor("codes", "UINT8", [0] * D, [1, D])]},
    "another width": {"inputs": [tensor("codes", "UINT8", [0], [1, 1]), tensor("base", "INT32", [0])]},
    "a code of 256": {"inputs": [tensor("codes", "UINT8", [256] * D, [1, D]), tensor("base", "INT32", [0])]},
    "a code of 300": {"inputs": [tensor("codes", "INT32", [300] * D, [1, D]), tensor("base", "INT32", [0])]},
    "codes as floats": {"inputs": [tensor("codes", "FP32", [0.0] * D, [1, D]), tensor("base", "INT32", [0])]},
    "true for 1": {"inputs": [tensor("codes", "UINT8", [True] * D, [1, D]), tensor("base", "INT32", [0])]},
    "fewer elements than its shape": {"inputs": [tensor("question", "BYTES", ["0x" + "00" * 32], [2])]},
    "bases for fewer": {"inputs": [tensor("codes", "UINT8", [0] * 2 * D, [2, D]), tensor("base", "INT32", [0])]},
    "twice the same": {"inputs": [tensor("question", "BYTES", ["0x" + "00" * 32])] * 2},
    "a question that is not canonical": {"inputs": [tensor("question", "BYTES", ["0x" + "ff" * 32])]},
    "a question as a number": {"inputs": [tensor("question", "INT64", [1])]},
    "no list of outputs": packed(ONE.question) | {"outputs": None},
    "no identity": packed(ONE.question) | {"id": None},
    "an unknown output": packed(ONE.question) | {"outputs": [{"name": "label"}]},
    "a deep tensor": {"inputs": [tensor("question", "BYTES", [[["0x"]]], [1])]},
    "a value that is none": {"inputs": [*by_values()["inputs"][1:], tensor("temperature", "BYTES", ["warm"])]},
}


@pytest.mark.parametrize("wrong", WRONG, ids=list(WRONG))
def test_what_is_no_inference_request_is_refused_with_an_error_object(wrong):
    refused = infer(WRONG[wrong], status=400)
    assert isinstance(refused["error"], str) and refused["error"]


def test_a_plain_batch_is_answered_under_one_signature():
    by_hex = CLIENT.post("/predict", json={"questions": ["0x" + ONE.question.hex()] * 3, "issued_at": NOW}).json()
    asked = {"values": VALUES, "time": NOON}
    by_value = CLIENT.post("/predict", json={"batch": [asked] * 3, "issued_at": NOW}).json()
    assert by_hex == by_value
    batch = batch_from_json(by_hex)
    verify_batch(batch, DOMAIN, {OPERATOR.address}, NOW, 60)
    assert batch.answers == (ONE.answer,) * 3


@pytest.mark.parametrize(
    "record", [{"questions": []}, {"batch": []}, {"batch": [1]}, {"questions": [1]}, {"batch": {}}]
)
def test_a_plain_batch_of_nothing_or_of_something_else_is_refused(record):
    assert CLIENT.post("/predict", json=record).status_code == 400
