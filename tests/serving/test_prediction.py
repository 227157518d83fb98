"""Predictions: what is signed, what a consumer accepts, and the JSON form."""

import dataclasses
import json
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import EvidenceError, InputError
from andel.hashing import keccak, sha256
from andel.keys import AccountKey
from andel.serving.prediction import Doubt, Prediction, PredictionRefused, sign_prediction, verify_prediction
from andel.typed_data import Domain, typed_signer

OPERATOR = AccountKey(sha256(b"operator"))
STRANGER = AccountKey(sha256(b"stranger"))
DOMAIN = Domain(31_337, AccountKey(sha256(b"round manager")).address)
OTHER_MODEL = AccountKey(sha256(b"another round manager")).address
NOW = 1_800_000_000
OPERATORS = {OPERATOR.address}


def signed(key=OPERATOR, domain=DOMAIN, **changes):
    values: dict[str, Any] = {
        "version": sha256(b"version"),
        "question": bytes(range(32)),
        "answer": -215,
        "unit": "0.01 degC",
        "issued_at": NOW,
        "valid_until": NOW + 3_600,
    }
    return sign_prediction(key, domain, **(values | changes))


PREDICTION = signed()


def doubt_of(prediction, *, domain=DOMAIN, signers=frozenset(OPERATORS), now=NOW, max_age=None):
    with pytest.raises(PredictionRefused) as caught:
        verify_prediction(prediction, domain, signers, now, max_age)
    return caught.value.reason


def test_an_operators_prediction_is_accepted():
    verify_prediction(PREDICTION, DOMAIN, OPERATORS, NOW, 60)
    assert PREDICTION.model == DOMAIN.contract
    assert PREDICTION.signer == OPERATOR.address


def test_what_is_signed_are_the_hashes_that_a_contract_makes():
    message = PREDICTION.message()
    assert message["inputHash"] == PREDICTION.input_hash == keccak(bytes(range(32)))
    assert message["outputHash"] == PREDICTION.output_hash == keccak(encode(["int256"], [-215]))
    assert typed_signer("Prediction", DOMAIN, message, PREDICTION.signature) == OPERATOR.address


def test_two_operators_sign_the_same_message():
    assert signed(STRANGER).message() == PREDICTION.message()
    assert signed(STRANGER).signature != PREDICTION.signature


@pytest.mark.parametrize(
    "change",
    [
        {"answer": -216},
        {"question": bytes(32)},
        {"version": sha256(b"another version")},
        {"issued_at": NOW + 1},
        {"valid_until": NOW + 3_601},
        {"signer": STRANGER.address},
        {"signature": bytes(65)},
        {"signature": PREDICTION.signature[:64] + bytes([PREDICTION.signature[64] ^ 7])},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_altered_prediction_is_refused(change):
    altered = dataclasses.replace(PREDICTION, **change)
    assert doubt_of(altered, signers=OPERATORS | {STRANGER.address}) == Doubt.FORGED


def test_a_prediction_for_another_chain_is_refused():
    assert doubt_of(signed(domain=Domain(4_689, DOMAIN.contract))) == Doubt.FORGED


def test_a_prediction_of_another_model_is_refused():
    other = signed(domain=Domain(31_337, OTHER_MODEL))
    assert doubt_of(other) == Doubt.OTHER_MODEL
    assert doubt_of(dataclasses.replace(other, model=DOMAIN.contract)) == Doubt.FORGED


def test_a_strangers_prediction_is_refused():
    assert doubt_of(signed(STRANGER)) == Doubt.FOREIGN_SIGNER
    assert doubt_of(PREDICTION, signers=frozenset()) == Doubt.FOREIGN_SIGNER


@pytest.mark.parametrize(
    ("now", "max_age", "doubt"),
    [
        (NOW + 3_601, None, Doubt.EXPIRED),
        (NOW + 121, 120, Doubt.TOO_OLD),
        (NOW - 61, None, Doubt.NOT_YET),
    ],
)
def test_a_prediction_out_of_its_time_is_refused(now, max_age, doubt):
    assert doubt_of(PREDICTION, now=now, max_age=max_age) == doubt


@pytest.mark.parametrize(("now", "max_age"), [(NOW + 3_600, None), (NOW + 120, 120), (NOW - 60, 0), (None, None)])
def test_a_prediction_is_accepted_to_the_last_second_and_by_an_audit_at_any_time(now, max_age):
    verify_prediction(PREDICTION, DOMAIN, OPERATORS, now, max_age)


def test_an_age_without_a_time_is_a_mistake_that_is_told():
    with pytest.raises(InputError, match="`now`"):
        verify_prediction(PREDICTION, DOMAIN, OPERATORS, max_age=60)


def test_a_refusal_is_an_error_of_evidence_that_names_the_prediction():
    with pytest.raises(EvidenceError, match="prediction: it expired 1 s ago"):
        verify_prediction(PREDICTION, DOMAIN, OPERATORS, NOW + 3_601)


@pytest.mark.parametrize(
    "change",
    [
        {"question": bytes(31)},
        {"question": b""},
        {"question": bytes(33)},
        {"question": bytes(2_080)},
        {"version": bytes(33)},
        {"answer": 2**255},
        {"issued_at": -1},
        {"valid_until": NOW - 1},
        {"valid_until": 2**64},
        {"unit": ""},
        {"unit": "\ud800"},
        {"unit": "°" * 40},
    ],
)
def test_a_prediction_out_of_bounds_is_not_made(change):
    with pytest.raises(InputError):
        signed(**change)


@given(
    answer=st.integers(-(2**255), 2**255 - 1) | st.sampled_from([2**53 - 1, 2**53, -(2**53) + 1, -(2**53), 0]),
    question=st.integers(1, 64).flatmap(lambda words: st.binary(min_size=32 * words, max_size=32 * words)),
    issued_at=st.integers(0, 2**64 - 1),
    unit=st.sampled_from(["0.01 degC", "µg/m³"]),
)
def test_a_prediction_survives_json(answer, question, issued_at, unit):
    prediction = signed(answer=answer, question=question, issued_at=issued_at, valid_until=2**64 - 1, unit=unit)
    record = json.loads(json.dumps(prediction.to_json()))
    assert Prediction.from_json(record) == prediction
    assert all(abs(value) < 2**53 for value in record.values() if isinstance(value, int))


def test_the_json_form_is_as_documented():
    record = PREDICTION.to_json()
    assert list(record) == "model version question answer unit issued_at valid_until signer signature".split()
    assert record["answer"] == -215
    assert record["issued_at"] == NOW
    assert record["question"] == "0x" + bytes(range(32)).hex()
    assert signed(answer=2**53).to_json()["answer"] == "9007199254740992"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("answer", "-215"),
        ("answer", -215.0),
        ("answer", True),
        ("answer", 2**53),
        pytest.param("answer", 10**5_000, id="answer-huge"),
        ("answer", "0" + str(2**60)),
        ("answer", "١" * 20),
        ("answer", None),
        ("issued_at", "now"),
        ("question", "00" * 32),
        ("question", "0x" + "AB" * 32),
        ("question", "0x" + "ab" * 31),
        ("question", "0x"),
        ("question", "0x" + "ab" * 2_080),
        ("question", 7),
        ("signature", "0x"),
        ("model", DOMAIN.contract.lower()),
        ("model", DOMAIN.contract[2:]),
        ("signer", "0x" + "zz" * 20),
        ("signer", None),
        ("unit", None),
    ],
)
def test_json_of_another_form_is_refused(field, value):
    with pytest.raises(InputError):
        Prediction.from_json(PREDICTION.to_json() | {field: value})


@pytest.mark.parametrize("record", [None, [], "text", {}, PREDICTION.to_json() | {"note": 1}])
def test_json_of_other_fields_is_refused(record):
    with pytest.raises(InputError, match="valid_until"):
        Prediction.from_json(record)
