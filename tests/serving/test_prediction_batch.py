"""Batches of answers under one signature: what is signed, what a consumer accepts, and the JSON form."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import InputError
from andel.hashing import keccak, sha256
from andel.keys import AccountKey
from andel.serving.prediction import Doubt, PredictionRefused
from andel.serving.prediction_batch import MAX_QUESTIONS, PredictionBatch, batch_from_json, sign_batch, verify_batch
from andel.typed_data import Domain, typed_digest, typed_signer
from andel.units import Digest

OPERATOR = AccountKey(sha256(b"operator"))
STRANGER = AccountKey(sha256(b"stranger"))
DOMAIN = Domain(31_337, AccountKey(sha256(b"round manager")).address)
NOW = 1_800_000_000
OPERATORS = {OPERATOR.address}
QUESTIONS = tuple(sha256(bytes([number])) for number in range(3))
VECTORS = Path(__file__).resolve().parents[2] / "vectors"


def signed(key=OPERATOR, domain=DOMAIN, **changes):
    values: dict[str, Any] = {
        "version": sha256(b"version"),
        "questions": QUESTIONS,
        "answers": (-215, 0, 7),
        "unit": "0.01 degC",
        "issued_at": NOW,
        "valid_until": NOW + 3_600,
    }
    return sign_batch(key, domain, **(values | changes))


BATCH = signed()


def doubt_of(batch, *, domain=DOMAIN, signers=frozenset(OPERATORS), now=NOW, max_age=None):
    with pytest.raises(PredictionRefused) as caught:
        verify_batch(batch, domain, signers, now, max_age)
    return caught.value.reason


def test_an_operators_batch_is_accepted_and_an_audit_takes_it_at_any_time():
    verify_batch(BATCH, DOMAIN, OPERATORS, NOW, 60)
    verify_batch(BATCH, DOMAIN, OPERATORS)


def test_what_is_signed_are_the_hashes_that_a_contract_makes():
    message = BATCH.message()
    assert message["inputsHash"] == keccak(b"".join(QUESTIONS))
    assert message["outputsHash"] == keccak(encode(["int256"] * 3, [-215, 0, 7]))
    assert typed_signer("PredictionBatch", DOMAIN, message, BATCH.signature) == OPERATOR.address


@pytest.mark.parametrize(
    "change",
    [
        {"answers": (-215, 1, 7)},
        {"answers": (0, -215, 7)},
        {"answers": (-215, 0, 7, 0, 0, 0)},
        {"questions": QUESTIONS[::-1]},
        {"questions": (*QUESTIONS[:2], bytes(32))},
        {"questions": QUESTIONS[:2], "answers": (-215, 0)},
        {"version": sha256(b"another version")},
        {"issued_at": NOW + 1},
        {"valid_until": NOW + 3_601},
        {"signer": STRANGER.address},
        {"signature": bytes(65)},
    ],
    ids=lambda change: " ".join(change),
)
def test_an_altered_batch_is_refused(change):
    altered = dataclasses.replace(BATCH, **change)
    assert doubt_of(altered, signers=OPERATORS | {STRANGER.address}) == Doubt.FORGED


def test_every_other_doubt_is_that_of_a_single_prediction():
    assert doubt_of(BATCH, domain=Domain(31_337, STRANGER.address)) == Doubt.OTHER_MODEL
    assert doubt_of(signed(domain=Domain(4_689, DOMAIN.contract))) == Doubt.FORGED
    assert doubt_of(signed(STRANGER)) == Doubt.FOREIGN_SIGNER
    assert doubt_of(BATCH, now=NOW - 61) == Doubt.NOT_YET
    assert doubt_of(BATCH, now=NOW + 3_601) == Doubt.EXPIRED
    assert doubt_of(BATCH, now=NOW + 121, max_age=120) == Doubt.TOO_OLD


def test_answers_of_several_words_belong_to_their_question():
    batch = signed(answers=range(6))
    assert [batch.answers_of(index) for index in range(3)] == [(0, 1), (2, 3), (4, 5)]
    verify_batch(batch, DOMAIN, OPERATORS, NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"questions": ()},
        {"questions": (bytes(32),) * (MAX_QUESTIONS + 1), "answers": (0,) * (MAX_QUESTIONS + 1)},
        {"questions": (bytes(32), bytes(64), bytes(32))},
        {"questions": (bytes(31),) * 3},
        {"questions": (b"",) * 3},
        {"questions": (bytes(2_080),) * 3},
        {"answers": ()},
        {"answers": (1, 2)},
        {"answers": (1,) * 4},
        {"answers": (1,) * 99},
        {"answers": (1, 2, 2**255)},
        {"version": bytes(33)},
        {"issued_at": -1},
        {"valid_until": NOW - 1},
        {"unit": ""},
        {"unit": "°" * 40},
    ],
    ids=lambda change: f"{next(iter(change))}-{len(str(change))}",
)
def test_a_batch_out_of_bounds_is_not_made(change):
    with pytest.raises(InputError):
        signed(**change)


@given(
    answers=st.lists(st.integers(-(2**255), 2**255 - 1), min_size=1, max_size=8),
    length=st.sampled_from([32, 64, 2_048]),
    unit=st.sampled_from(["0.01 degC", "µg/m³"]),
    data=st.data(),
)
def test_a_batch_survives_json(answers, length, unit, data):
    questions = [data.draw(st.binary(min_size=length, max_size=length)) for _ in answers]
    batch = signed(questions=questions, answers=answers, unit=unit)
    assert batch_from_json(json.loads(json.dumps(batch.to_json()))) == batch
    verify_batch(batch, DOMAIN, OPERATORS, NOW)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("questions", None),
        ("questions", []),
        ("questions", ["0x"]),
        ("questions", [7, 7, 7]),
        ("questions", ["0x" + "00" * 32, "0x" + "00" * 64, "0x" + "00" * 32]),
        ("questions", ["0x" + "00" * 32] * (MAX_QUESTIONS + 1)),
        ("questions", ["0x" + "AB" * 32] * 3),
        ("questions", ["0x" + "00" * 100_000] * 3),
        ("answers", None),
        ("answers", [0, 0]),
        ("answers", [0, 0, 0.5]),
        ("answers", [0, 0, 2**53]),
        ("answers", [0] * 100_000),
        ("signature", "0x"),
        ("model", DOMAIN.contract.lower()),
        ("unit", None),
    ],
    ids=lambda value: str(value)[:24],
)
def test_json_of_another_form_is_refused(field, value):
    with pytest.raises(InputError):
        batch_from_json(BATCH.to_json() | {field: value})


@pytest.mark.parametrize("record", [None, [], "text", {}, BATCH.to_json() | {"note": 1}])
def test_json_of_other_fields_is_refused(record):
    with pytest.raises(InputError, match="valid_until"):
        batch_from_json(record)


def test_the_shared_vector_is_a_batch_that_counts():
    told = json.loads((VECTORS / "predictions.json").read_text(encoding="utf-8"))["batch"]
    questions = bytes.fromhex(told["questions"][2:])
    batch = PredictionBatch(
        model=told["model"],
        version=Digest(bytes.fromhex(told["version"][2:])),
        questions=tuple(questions[at : at + 32] for at in range(0, len(questions), 32)),
        answers=tuple(int(answer) for answer in told["answers"]),
        unit="degC",
        issued_at=int(told["issuedAt"]),
        valid_until=int(told["validUntil"]),
        signer=told["signer"],
        signature=bytes.fromhex(told["signature"][2:]),
    )
    domain = Domain(31_337, batch.model)
    verify_batch(batch, domain, {batch.signer})
    assert typed_digest("PredictionBatch", domain, batch.message()).hex() == told["digest"][2:]
