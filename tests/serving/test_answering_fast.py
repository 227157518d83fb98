"""What makes an answer fast gives the same as what is plain: prepared models, the signer, the held clock."""

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import InputError, RpcUnreachable
from andel.hashing import sha256
from andel.keys import AccountKey
from andel.serving.evaluate import evaluate, unpack_question
from andel.serving.held_clock import HeldClock
from andel.serving.model_file import MAX_HIDDEN, MAX_INPUTS
from andel.serving.prediction import sign_prediction, verify_prediction
from andel.serving.prediction_batch import sign_batch, verify_batch
from andel.serving.prepared import PreparedModel
from andel.serving.signer import Signer
from andel.typed_data import Domain, digest_after, typed_digest
from tests.serving.random_models import filled_model
from tests.serving.test_predictor import DOMAIN, NOON, NOW, OPERATOR, PREDICTOR, VALUES, weather_predictor

VERSION = sha256(b"version")
SIGNER = Signer(OPERATOR, DOMAIN, VERSION, "0.01 degC")
COUNT = 200
QUESTION = PREDICTOR.ask_values(VALUES, NOON).question


def plainly(model, questions):
    """What `evaluate` answers."""
    pairs = [unpack_question(question, model.inputs) for question in questions]
    codes = np.array([codes for codes, _ in pairs], dtype=np.uint8)
    return evaluate(model, codes, np.array([base for _, base in pairs], dtype=np.int64)).tolist()


@given(
    seed=st.integers(0, 2**32 - 1),
    inputs=st.integers(1, MAX_INPUTS),
    hidden=st.integers(1, MAX_HIDDEN),
    data=st.data(),
)
def test_a_prepared_model_answers_bit_for_bit_as_the_file(seed, inputs, hidden, data):
    model = filled_model(seed, inputs, hidden)
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 256, (COUNT, inputs), dtype=np.uint8)
    # the corners, at which the lanes' bounds are reached
    codes[0], codes[1] = 0, 255
    codes[2 : COUNT // 2] = rng.choice(np.array([0, 255], dtype=np.uint8), (COUNT // 2 - 2, inputs))
    weights = np.array(model.weights)
    for row, neuron in enumerate(rng.integers(0, hidden, 8)):
        codes[COUNT // 2 + row] = np.where((weights[neuron] > 0) == (row % 2 == 0), 255, 0)
    bases = [data.draw(st.integers(-(2**31), 2**31 - 1)), -(2**31), 2**31 - 1, 0, -1]
    questions = [
        bytes(row).ljust(28, b"\x00") + int(bases[i % 5]).to_bytes(4, "big", signed=True) for i, row in enumerate(codes)
    ]
    prepared, expected = PreparedModel(model), plainly(model, questions)
    assert prepared.answers(questions).tolist() == expected
    assert [prepared.answer(question) for question in questions] == expected


@pytest.mark.parametrize("question", [b"", bytes(31), bytes(33), bytes(27) + b"\x01" + bytes(4)])
def test_a_prepared_model_refuses_what_is_no_question(question):
    prepared = PreparedModel(filled_model(1, 6, 8))
    for ask in (prepared.answer, lambda asked: prepared.answers([asked]), lambda asked: unpack_question(asked, 6)):
        with pytest.raises(InputError):
            ask(question)


@given(
    question=st.binary(min_size=32, max_size=32),
    answer=st.integers(-(2**255), 2**255 - 1),
    issued_at=st.integers(0, 2**64 - 1),
    data=st.data(),
)
def test_the_signer_signs_what_sign_prediction_signs(question, answer, issued_at, data):
    times = {"issued_at": issued_at, "valid_until": data.draw(st.integers(issued_at, 2**64 - 1))}
    told = SIGNER.sign(question, answer, **times)
    unit = "0.01 degC"
    assert told == sign_prediction(
        OPERATOR, DOMAIN, version=VERSION, question=question, answer=answer, unit=unit, **times
    )


@given(
    answers=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=6),
    issued_at=st.integers(0, 2**64 - 1),
    data=st.data(),
)
def test_the_signer_signs_what_sign_batch_signs(answers, issued_at, data):
    times = {"issued_at": issued_at, "valid_until": data.draw(st.integers(issued_at, 2**64 - 1))}
    questions = data.draw(st.lists(st.binary(min_size=32, max_size=32), min_size=len(answers), max_size=len(answers)))
    many = SIGNER.sign_many(questions, np.array(answers, dtype=np.int64), **times)
    plain: dict[str, Any] = {"questions": questions, "answers": answers, "unit": "0.01 degC"}
    assert many == sign_batch(OPERATOR, DOMAIN, version=VERSION, **plain, **times)


@pytest.mark.parametrize(
    ("answer", "issued_at", "valid_until"),
    [(2**255, NOW, NOW), (-(2**255) - 1, NOW, NOW), (0, -1, NOW), (0, NOW, 2**64), (0, NOW, NOW - 1)],
)
def test_the_signer_refuses_what_sign_prediction_refuses(answer, issued_at, valid_until):
    with pytest.raises(InputError):
        SIGNER.sign(bytes(32), answer, issued_at, valid_until)


@pytest.mark.parametrize(("issued_at", "valid_until"), [(-1, NOW), (NOW, 2**64), (NOW, NOW - 1)])
def test_the_signer_refuses_times_of_a_batch_that_sign_batch_refuses(issued_at, valid_until):
    with pytest.raises(InputError):
        SIGNER.sign_many([bytes(32)], np.zeros(1, dtype=np.int64), issued_at, valid_until)


def test_the_constant_part_of_a_digest_must_be_the_types_first_fields():
    message = PREDICTOR.ask_question(QUESTION).message()
    first = {"model": message["model"], "version": message["version"]}
    words = b"".join(
        value.to_bytes(32, "big") if isinstance(value, int) else value for value in list(message.values())[2:]
    )
    assert digest_after("Prediction", DOMAIN, first)(words) == typed_digest("Prediction", DOMAIN, message)
    for other in ({"version": VERSION}, {"model": DOMAIN.contract, "version": b""}, {"model": "x", "version": VERSION}):
        with pytest.raises(InputError):
            digest_after("Prediction", DOMAIN, other)


def test_many_questions_are_answered_as_one_after_another():
    questions = [QUESTION, bytes(32), QUESTION]
    batch = PREDICTOR.ask_questions(questions)
    verify_batch(batch, DOMAIN, {OPERATOR.address}, NOW, 60)
    singles = [PREDICTOR.ask_question(question) for question in questions]
    assert list(batch.answers) == [single.answer for single in singles]
    assert batch.issued_at == singles[0].issued_at
    for refused in ([], [QUESTION] * 1_025, [QUESTION, b"x"]):
        with pytest.raises(InputError):
            PREDICTOR.ask_questions(refused)
    for single in singles:
        verify_prediction(single, DOMAIN, {OPERATOR.address}, NOW, 60)


def test_a_clock_is_held_for_its_time_and_then_read_again_beside():
    seconds, asked = [100.0], []
    beside: list[Callable[[], None]] = []

    def read():
        asked.append(seconds[0])
        return NOW + len(asked)

    clock = HeldClock(read, 1.0, lambda: seconds[0], beside.append)
    told = []
    for at in (100.0, 100.0, 100.9, 101.0, 101.1):
        seconds[0] = at
        told.append((clock.is_ready(), clock()))
    assert told == [(False, NOW + 1)] + [(True, NOW + 1)] * 4
    assert len(beside) == 1 and asked == [100.0]
    beside.pop()()
    assert clock() == NOW + 2 and asked == [100.0, 101.1] and not beside


def test_a_held_clock_that_cannot_be_read_again_tells_no_old_time():
    seconds, answers = [0.0], [NOW]
    beside: list[Callable[[], None]] = []

    def read():
        if not answers:
            raise RpcUnreachable("node", "no answer")
        return answers.pop()

    clock = HeldClock(read, 1.0, lambda: seconds[0], beside.append)
    assert clock() == NOW
    for at in (1.5, 2.5):
        seconds[0] = at
        assert clock() == NOW
        beside.pop()()
    seconds[0] = 5.0
    assert not clock.is_ready()
    for _ in range(2):
        with pytest.raises(RpcUnreachable):
            clock()


def test_of_many_that_find_the_clock_old_one_reads_it():
    reads, entered = [], threading.Event()

    def read():
        reads.append(1)
        entered.wait(0.2)
        return NOW

    clock = HeldClock(read)
    told = []
    threads = [threading.Thread(target=lambda: told.append(clock())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [NOW] * 8 and len(reads) == 1


def test_a_clock_is_read_again_by_a_thread_of_its_own():
    reading, go_on = threading.Event(), threading.Event()
    seconds = [0.0]

    def read():
        if seconds[0]:
            reading.set()
            assert go_on.wait(10)
        return NOW + int(seconds[0])

    clock = HeldClock(read, 1.0, lambda: seconds[0])
    assert clock() == NOW
    seconds[0] = 2.0
    assert clock() == NOW and reading.wait(10) and clock() == NOW
    go_on.set()
    end = time.monotonic() + 10
    while clock() == NOW:
        assert time.monotonic() < end
    assert clock() == NOW + 2


def test_a_predictor_says_whether_its_clock_would_wait():
    assert not PREDICTOR.answers_at_once
    clock = HeldClock(lambda: NOW, 1_000)
    predictor = weather_predictor(clock=clock)
    assert not predictor.answers_at_once
    assert predictor.ask_question(QUESTION) == PREDICTOR.ask_question(QUESTION)
    assert predictor.answers_at_once


def test_signers_of_other_chains_keys_and_versions_sign_otherwise():
    args = (bytes(32), 7, NOW, NOW + 1)
    others = [
        Signer(AccountKey(sha256(b"another")), DOMAIN, VERSION, "0.01 degC"),
        Signer(OPERATOR, Domain(1, DOMAIN.contract), VERSION, "0.01 degC"),
        Signer(OPERATOR, DOMAIN, sha256(b"next version"), "0.01 degC"),
    ]
    assert len({SIGNER.sign(*args).signature, *(other.sign(*args).signature for other in others)}) == 4
