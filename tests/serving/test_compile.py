"""The compiled code, run in an EVM, answers with the bits of the reference evaluation, at a fixed price."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.serving.assembler import LISTED_OPCODES, MAX_CODE_BYTES, opcodes_used
from andel.serving.compile import compile_model, execution_gas
from andel.serving.evaluate import evaluate, pack_question
from andel.serving.model_file import MAX_REACH, ModelFile
from tests.serving.random_models import filled_model, telling_codes

BASES = (0, 1, -1, 2_350, -2_350, 2**31 - 1, -(2**31))


def agrees(deploy, model: ModelFile, seed: int, count: int = 64) -> bool:
    """Whether EVM and reference give the same answers to telling questions."""
    machine = deploy(compile_model(model))
    codes = telling_codes(model, seed, count)
    base = np.resize(np.array(BASES, dtype=np.int64), len(codes))
    questions = [pack_question(row, value) for row, value in zip(codes, base.tolist(), strict=True)]
    expected: list[int] = evaluate(model, codes, base).tolist()
    return [machine.ask(question) for question in questions] == expected


@given(st.integers(0, 2**32), st.integers(1, 24), st.integers(1, 64), st.integers(0, 31), st.booleans())
def test_any_model_answers_alike_in_evm_and_reference(deploy, seed, inputs, hidden, shift, adds_base):
    model = filled_model(seed, inputs, hidden, shift=shift, adds_base=adds_base)
    assert agrees(deploy, model, seed, count=16)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("inputs", [10, 12, 16])
def test_models_of_the_usual_size_answer_alike(deploy, inputs, seed):
    assert agrees(deploy, filled_model(seed, inputs, hidden=32), seed, count=200)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("hidden", [1, 2, 16, 17, 32, 64])
def test_lanes_filled_to_the_last_bit_answer_alike(deploy, hidden, sign):
    # Every neuron ranges over all of -2**15..2**15 - 1, and the output reaches 2**31 - 1 with one sign.
    share, rest = divmod(MAX_REACH // (2**15 - 1), hidden)
    full = replace(
        filled_model(1, inputs=2, hidden=hidden),
        weights=((128, -129),) * hidden,
        biases=(127,) * hidden,
        output_weights=tuple(sign * (share + (j < rest)) for j in range(hidden)),
        output_bias=sign,
    )
    assert agrees(deploy, full, seed=1)
    assert deploy(compile_model(replace(full, shift=0))).ask(pack_question([255, 0], 0)) == sign * MAX_REACH


def test_output_weights_of_both_signs_at_the_edge_answer_alike(deploy):
    # Lanes below the answer's reach -2**31 + 1, where a missing offset would borrow from the answer.
    model = replace(
        filled_model(1, inputs=2, hidden=32),
        weights=((128, -129),) * 32,
        biases=(127,) * 32,
        output_weights=(2_048, -2_048) * 16,
        output_bias=0,
        shift=0,
    )
    assert agrees(deploy, model, seed=2)


def test_a_model_of_zeros_answers_its_bias(deploy):
    model = filled_model(1, inputs=3, hidden=20)
    still = replace(model, weights=((0,) * 3,) * 20, biases=(0,) * 20, output_weights=(0,) * 20)
    assert agrees(deploy, still, seed=3)
    assert agrees(deploy, replace(still, output_weights=model.output_weights), seed=3)


def test_inputs_without_weight_cost_nothing(deploy):
    model = filled_model(4, inputs=16, hidden=32)
    halved = replace(model, weights=tuple(tuple(w * (i % 2) for i, w in enumerate(row)) for row in model.weights))
    assert agrees(deploy, halved, seed=4)
    assert execution_gas(compile_model(halved)) < execution_gas(compile_model(model)) - 8 * 34


@given(st.integers(0, 2**32), st.binary(min_size=32, max_size=32), st.binary(max_size=64))
def test_bytes_that_carry_nothing_change_nothing(deploy, seed, noise, tail):
    model = filled_model(seed, inputs=7, hidden=32)
    codes, base = noise[:7], int.from_bytes(noise[-4:], "big", signed=True)
    machine = deploy(compile_model(model))
    assert machine.ask(noise) == machine.ask(noise + tail) == machine.ask(pack_question(codes, base))


@given(st.integers(0, 2**32), st.binary(max_size=31))
def test_call_data_that_is_too_short_reads_as_zeros(deploy, seed, data):
    machine = deploy(compile_model(filled_model(seed, inputs=16, hidden=32)))
    assert machine.ask(data) == machine.ask(data.ljust(32, b"\x00"))


@pytest.mark.parametrize(("inputs", "gas"), [(10, 562), (12, 636), (16, 793), (24, 1_113)])
def test_32_neurons_cost_the_same_gas_for_every_question(deploy, inputs, gas):
    model = filled_model(5, inputs, hidden=32)
    machine = deploy(compile_model(model))
    codes = telling_codes(model, seed=5)
    assert {machine.execution_gas(pack_question(row, -1)) for row in codes} == {gas}
    assert execution_gas(compile_model(model)) == gas


@given(st.integers(0, 2**32), st.integers(1, 24), st.integers(1, 64))
def test_gas_can_be_told_from_the_code(deploy, seed, inputs, hidden):
    code = compile_model(filled_model(seed, inputs, hidden))
    assert deploy(code).execution_gas(bytes(32)) == execution_gas(code)


def test_the_largest_model_fits_a_contract_and_uses_listed_opcodes_only():
    code = compile_model(filled_model(6, inputs=24, hidden=64))
    assert len(code) < MAX_CODE_BYTES // 4
    assert opcodes_used(code) <= {opcode.name for opcode in LISTED_OPCODES}
    assert not opcodes_used(code) & {"JUMP", "JUMPI", "JUMPDEST", "REVERT"}


def test_the_same_model_compiles_to_the_same_bytes():
    model = filled_model(7, inputs=16, hidden=32)
    assert compile_model(model) == compile_model(ModelFile.from_bytes(model.to_bytes()))
