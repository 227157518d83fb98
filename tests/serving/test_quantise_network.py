"""Networks of any depth: one file of layers, the same everywhere, near the parameters, answered alike by everybody."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.errors import InputError, ModelFileError
from andel.serving.any_file import answer_to, compile_any, pack_any, read_any_file, unpack_any
from andel.serving.compile_layers import compile_layers
from andel.serving.evaluate import pack_question
from andel.serving.evaluate_layers import evaluate_layers
from andel.serving.layers_file import LayersFile
from andel.serving.prepared_layers import PreparedLayers
from andel.serving.quantise import fits_format_one, quantise
from andel.serving.quantise_network import quantise_network
from andel.serving.slots import Slots, pack_slots, unpack_slots
from andel.training.integer_bounds import MAX_PARAMETER
from andel.training.integer_mlp import parameter_shapes, predict_change, scaled_targets
from andel.training.integer_training import initial_parameters, train_steps
from tests.serving.conftest import REGISTRY
from tests.serving.random_layers import filled_layers, telling_rows
from tests.serving.test_quantise import mean_error, plan, smooth_task

ONE = 1 << 24
ENDS = [-(1 << 31), (1 << 31) - 1, 0, -1, 1, 2_137]
FORMS = [(16, 8), (64, 64), (24, 16, 8), (100,), (8,) * 8]
SAME = "564a73a5612912351f48850acd9c7d17125bfb72b3ba6c35cd01fbc216805dd6"
HASH = """
from andel.serving.quantise_network import quantise_network
from andel.training.integer_training import initial_parameters
from tests.serving.test_quantise import plan
print(quantise_network(initial_parameters(12, (32, 16), b"same"), plan(12)).file_hash.hex())
"""


def random_network(seed, inputs, layers, size):
    """Parameters of about `size` over the square root of what they add up, some zero, some of the largest magnitude."""
    rng = np.random.default_rng(seed)
    arrays = []
    for shape in parameter_shapes(inputs, layers):
        values = np.rint(rng.normal(size=shape) * size * ONE / np.sqrt(shape[0])) * (rng.random(shape) < 0.9)
        values = np.where(rng.random(shape) < 0.005, MAX_PARAMETER, values)
        arrays.append(np.clip(values, -MAX_PARAMETER, MAX_PARAMETER).astype(np.int64))
    return arrays


def telling_questions(model, seed, count):
    """Corners, both ends of the first layer's units, random codes; bases at their ends and between."""
    rows = telling_rows(model.slots, model.layers[0], seed, count)
    drawn = np.random.default_rng(seed).integers(-(1 << 31), 1 << 31, len(rows))
    bases = np.where(np.arange(len(rows)) % 3 == 0, np.resize(np.array(ENDS), len(rows)), drawn)
    return rows, bases.astype(np.int64)


def mismatches(machine, model, seed, count):
    """How many telling questions the code, the packed question and the prepared file answer otherwise."""
    rows, bases = telling_questions(model, seed, count)
    wanted = evaluate_layers(model, rows, bases)[:, 0].tolist()
    questions = [pack_slots(model.slots, row, base) for row, base in zip(rows, bases.tolist(), strict=True)]
    assert PreparedLayers(model).answers(questions).tolist() == wanted
    assert [answer_to(model, question) for question in questions[:20]] == wanted[:20]
    return sum(machine.ask(question) != answer for question, answer in zip(questions, wanted, strict=True))


@pytest.mark.parametrize("layers", [(32, 16), (64, 32), (32, 32, 16), (128,)])
def test_a_trained_network_loses_less_than_two_percent_in_its_file(layers):
    codes, change = smooth_task(12, 12, 0.6)
    trained = train_steps(
        initial_parameters(12, layers, b"start"),
        codes[:9_000],
        scaled_targets(change[:9_000], 250),
        seed=b"steps",
        steps=400,
        batch_rows=256,
        rate_shift=3,
        residual_limit=1 << 16,
    )
    held, truth = codes[9_000:], change[9_000:]
    answers = evaluate_layers(quantise_network(trained, plan(12)), held, np.zeros(len(held), dtype=np.int64))[:, 0]
    exact = predict_change(trained, held, 250)
    assert mean_error(exact, truth) < 0.5 * mean_error(np.zeros_like(truth), truth), "the model has learnt nothing"
    assert mean_error(answers, truth) < 1.02 * mean_error(exact, truth)
    assert mean_error(answers, exact) < 0.05 * truth.std()


@pytest.mark.parametrize("threads", ["1", "3"])
def test_the_same_parameters_give_the_same_bytes_on_any_number_of_threads(threads):
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    done = subprocess.run(
        [sys.executable, "-c", HASH],
        env={**os.environ, **dict.fromkeys(names, threads)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == SAME, done.stderr[-500:]


@settings(max_examples=30)
@given(
    st.integers(0, 2**32),
    st.integers(1, 24),
    st.lists(st.integers(1, 24), min_size=0, max_size=4),
    st.floats(2**-20, 8.0),
    st.integers(1, 2**20),
)
def test_any_parameters_give_a_proven_file_or_are_too_fine(seed, inputs, layers, size, target_scale):
    try:
        model = quantise_network(random_network(seed, inputs, tuple(layers), size), plan(inputs, target_scale))
    except ModelFileError as error:
        assert "coarser unit" in error.hint
        return
    assert model.slots == Slots(inputs, 8, 8, base=True)
    assert [layer.units for layer in model.layers] == [*layers, 1]
    assert LayersFile.from_bytes(model.to_bytes()) == model == read_any_file(model.to_bytes())


def test_parameters_of_the_largest_magnitude_give_a_proven_file_or_are_too_fine():
    for sign in (1, -1):
        parameters = [np.full(shape, sign * MAX_PARAMETER) for shape in parameter_shapes(24, (24, 24, 24))]
        try:
            quantise_network(parameters, plan(24, 1))
        except ModelFileError as error:
            assert "coarser unit" in error.hint


@pytest.mark.parametrize("layers", FORMS)
def test_a_quantised_network_answers_alike_in_the_evm_and_everywhere_else(deploy_chunked, layers):
    model = quantise_network(random_network(len(layers), 12, layers, 1.0), plan(12))
    machine = deploy_chunked(compile_any(model, REGISTRY))
    assert mismatches(machine, model, 1, 60) == 0


@pytest.mark.parametrize("layers", FORMS)
def test_a_quantised_network_answers_alike_in_onnx_runtime(layers):
    onnx_runtime = pytest.importorskip("andel.serving.onnx_runtime", reason="the extra onnx is not installed")
    model = quantise_network(random_network(len(layers), 12, layers, 1.0), plan(12))
    rows, bases = telling_questions(model, 1, 500)
    assert (onnx_runtime.OnnxModel(model).evaluate(rows, bases) == evaluate_layers(model, rows, bases)).all()


@pytest.mark.full
@pytest.mark.parametrize("layers", [*FORMS, (128, 128)])
def test_ten_thousand_questions_are_answered_alike_in_the_evm(deploy_chunked, layers):
    model = quantise_network(random_network(len(layers), 16, layers, 1.0), plan(16))
    assert mismatches(deploy_chunked(compile_any(model, REGISTRY)), model, 2, 5_000) == 0


@settings(max_examples=30)
@given(
    st.integers(0, 2**32),
    st.sampled_from(
        [(24, 8, 8), (28, 8, 8), (29, 8, 8), (60, 8, 8), (61, 8, 5), (14, 16, 12), (15, 16, 16), (56, 4, 4)]
    ),
    st.lists(st.integers(1, 20), min_size=0, max_size=2),
    st.integers(0, 8),
)
def test_a_base_is_added_wherever_it_lies(deploy_chunked, seed, form, widths, shift):
    inputs, slot_bits, code_bits = form
    slots = Slots(inputs, slot_bits, code_bits, base=True)
    try:
        model = filled_layers(seed, slots, [*widths, 1], "raw", shifts=[shift] * len(widths), fill=0.9)
    except ModelFileError:
        return  # too many small weights for a lane of 16 bits
    compiled = compile_layers(model, REGISTRY)
    machine = deploy_chunked(compiled)
    assert mismatches(machine, model, seed, 6) == 0
    assert machine.execution_gas(bytes(32 * slots.words)) == compiled.gas


@given(st.binary(min_size=32, max_size=32))
def test_bits_between_codes_and_base_change_no_answer_on_chain(deploy_chunked, data):
    slots = Slots(9, 8, 8, base=True)
    model = filled_layers(3, slots, [16, 1], "raw", shifts=[3])
    clean = data[:9] + bytes(19) + data[28:]
    machine = deploy_chunked(compile_layers(model))
    assert machine.ask(data) == machine.ask(clean) == answer_to(model, clean)
    if any(data[9:28]):
        for refuses in (lambda: unpack_slots(slots, data), lambda: PreparedLayers(model).answer(data)):
            with pytest.raises(InputError, match="other than zero"):
                refuses()


@given(st.lists(st.integers(0, 255), min_size=1, max_size=24), st.integers(-(1 << 31), (1 << 31) - 1))
def test_a_question_of_bytes_with_a_base_is_one_of_format_1(codes, base):
    slots = Slots(len(codes), 8, 8, base=True)
    question = pack_slots(slots, np.array(codes), base)
    assert question == pack_question(codes, base)
    found, base_found = unpack_slots(slots, question)
    assert (found.tolist(), base_found) == (codes, base)


def test_a_question_has_a_further_word_where_the_base_finds_no_room():
    assert [Slots(inputs, 8, 8, base=True).words for inputs in (28, 29, 60, 61)] == [1, 2, 2, 3]
    assert [Slots(inputs, 8, 8).words for inputs in (32, 33)] == [1, 2]


def test_a_base_belongs_to_a_model_that_adds_one():
    adds = filled_layers(1, Slots(5, 8, 8, base=True), [4, 1], "raw", shifts=[2])
    alone = filled_layers(1, Slots(5, 8, 8), [4, 1], "raw", shifts=[2])
    codes = np.zeros((2, 5), dtype=np.int64)
    for model, base in ((adds, None), (adds, np.zeros(3, np.int64)), (adds, np.full(2, 1 << 31)), (alone, codes[:, 0])):
        with pytest.raises(InputError, match="base"):
            evaluate_layers(model, codes, base)
    for model, one in ((adds, 1 << 31), (alone, 1)):
        with pytest.raises(InputError, match="base"):
            pack_any(model, codes[0], one)
    assert unpack_any(alone, pack_any(alone, codes[0]))[1] == 0


def test_a_base_is_added_to_one_answer_that_is_no_class():
    for widths, output in (([4, 2], "raw"), ([4, 1], "argmax")):
        with pytest.raises(ModelFileError, match="adds_base"):
            filled_layers(1, Slots(5, 8, 8, base=True), widths, output, shifts=[2])


def test_format_1_stays_for_what_it_holds():
    for layers, stays in (((), True), ((64,), True), ((65,), False), ((1, 1), False)):
        assert fits_format_one(initial_parameters(3, layers, b"x")) == stays


def test_a_layer_wider_than_the_stack_reaches_has_a_file_and_no_code():
    model = quantise_network(initial_parameters(12, (129,), b"x"), plan(12))
    with pytest.raises(ModelFileError, match="129 units, 1 to 128 are possible in the EVM") as refused:
        compile_any(model, REGISTRY)
    assert "signed predictions" in refused.value.hint


@pytest.mark.parametrize(
    "parameters",
    [
        [],
        [np.zeros((3, 4), np.int64)],
        [np.zeros((3, 4), np.int64), np.zeros(5, np.int64)],
        [np.zeros((3, 4), np.int64), np.zeros(4, np.int64)],
        [np.zeros((3, 4)), np.zeros(4), np.zeros(4), np.zeros(1)],
        [np.zeros((3, 4), np.int64), np.zeros(4, np.int64), np.zeros(5, np.int64), np.zeros(1, np.int64)],
        [np.full((3, 1), MAX_PARAMETER + 1), np.zeros(1, np.int64)],
        [np.zeros((4, 1), np.int64), np.zeros(1, np.int64)],
    ],
)
def test_parameters_of_another_form_are_refused(parameters):
    with pytest.raises(InputError):
        quantise_network(parameters, plan(3))


def test_an_answer_that_could_leave_32_bits_is_refused():
    parameters = random_network(1, 5, (4, 4), 20.0)
    with pytest.raises(ModelFileError, match="could leave 32 bits"):
        quantise_network(parameters, plan(5, 2**31))


def test_without_a_base_the_answer_is_the_change():
    model = quantise_network(initial_parameters(3, (4, 4), b"x"), replace(plan(3), adds_base=False))
    assert not model.slots.base
    assert quantise(initial_parameters(3, (4,), b"x"), plan(3)).adds_base
