"""The reference evaluation agrees with the page's formulas, written out in plain Python integers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import InputError
from andel.serving.evaluate import evaluate, pack_question, unpack_question
from andel.serving.model_file import ModelFile
from tests.serving.random_models import filled_model, telling_codes

INT32 = st.integers(-(2**31), 2**31 - 1)


def by_the_page(model: ModelFile, codes: list[int], base: int) -> int:
    """The answer as docs/rooms/serving.md defines it; no NumPy, no int64."""
    y: int = model.output_bias
    for row, bias, output_weight in zip(model.weights, model.biases, model.output_weights, strict=True):
        z = bias + sum(weight * code for weight, code in zip(row, codes, strict=True))
        y += output_weight * max(z, 0)
    change = y // (1 << model.shift)
    return change + base if model.adds_base else change


@given(st.integers(0, 2**32), st.integers(1, 24), st.integers(1, 64), st.integers(0, 31), st.booleans(), INT32)
def test_plain_integers_give_the_same_answers(seed, inputs, hidden, shift, adds_base, base):
    model = filled_model(seed, inputs, hidden, shift=shift, adds_base=adds_base)
    codes = telling_codes(model, seed, count=8)
    answers = evaluate(model, codes, np.full(len(codes), base, dtype=np.int64))
    assert answers.tolist() == [by_the_page(model, row, base) for row in codes.tolist()]


def test_the_answer_is_rounded_down():
    zero = filled_model(1, inputs=1, hidden=1, shift=4)
    codes, base = np.zeros((1, 1), dtype=np.uint8), np.zeros(1, dtype=np.int64)

    def answer(output_bias: int) -> int:
        still = replace(zero, output_weights=(0,), output_bias=output_bias)
        return int(evaluate(still, codes, base)[0])

    assert [answer(y) for y in (-17, -16, -1, 0, 15, 16)] == [-2, -1, -1, 0, 0, 1]


def test_a_model_that_does_not_add_the_base_ignores_it():
    model = filled_model(2, inputs=3, hidden=4, adds_base=False)
    codes = telling_codes(model, 2)
    bases = (np.full(len(codes), base, dtype=np.int64) for base in (0, -5_000))
    first, second = (evaluate(model, codes, base) for base in bases)
    assert first.tolist() == second.tolist()


def test_no_questions_have_no_answers():
    model = filled_model(2, inputs=3, hidden=4)
    assert evaluate(model, np.zeros((0, 3), dtype=np.uint8), np.zeros(0, dtype=np.int64)).shape == (0,)


@pytest.mark.parametrize(
    ("codes", "base"),
    [
        (np.zeros((2, 4), dtype=np.uint8), np.zeros(2, dtype=np.int64)),
        (np.zeros((2, 3), dtype=np.int64), np.zeros(2, dtype=np.int64)),
        (np.zeros(3, dtype=np.uint8), np.zeros(3, dtype=np.int64)),
        (np.zeros((2, 3), dtype=np.uint8), np.zeros(3, dtype=np.int64)),
        (np.zeros((2, 3), dtype=np.uint8), np.zeros(2)),
        (np.zeros((1, 3), dtype=np.uint8), np.array([2**31])),
        (np.zeros((1, 3), dtype=np.uint8), np.array([-(2**31) - 1])),
    ],
    ids=["width", "type", "rank", "count", "float base", "base above int32", "base below int32"],
)
def test_questions_of_another_form_are_refused(codes, base):
    with pytest.raises(InputError):
        evaluate(filled_model(2, inputs=3, hidden=4), codes, base)


@given(st.lists(st.integers(0, 255), min_size=1, max_size=24), INT32)
def test_a_question_unpacks_to_what_was_packed(codes, base):
    unpacked, unpacked_base = unpack_question(pack_question(codes, base), len(codes))
    assert (unpacked.tolist(), unpacked_base) == (codes, base)


def test_a_question_is_laid_out_byte_by_byte():
    question = pack_question(np.array([1, 2, 255], dtype=np.uint8), -2)
    assert question.hex() == "0102ff" + "00" * 25 + "fffffffe"


@pytest.mark.parametrize(
    ("codes", "base"),
    [([0] * 25, 0), ([256], 0), ([-1], 0), ([0], 2**31), ([0], -(2**31) - 1)],
    ids=["25 codes", "code 256", "code -1", "base above", "base below"],
)
def test_what_does_not_fit_a_question_is_refused(codes, base):
    with pytest.raises(InputError):
        pack_question(codes, base)


@pytest.mark.parametrize(
    ("question", "inputs"),
    [(bytes(31), 3), (bytes(33), 3), (b"\x01" * 32, 3), (bytes(32), 0), (bytes(32), 25)],
    ids=["31 bytes", "33 bytes", "bytes that carry nothing", "no inputs", "25 inputs"],
)
def test_a_question_that_is_not_canonical_is_refused(question, inputs):
    with pytest.raises(InputError):
        unpack_question(question, inputs)
