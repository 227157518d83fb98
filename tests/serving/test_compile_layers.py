"""The code of a file of layers, run in an EVM, answers with the bits of the reference, in one contract or several."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import ModelFileError
from andel.serving.assembler import MAX_CODE_BYTES
from andel.serving.compile_layers import compile_layers
from andel.serving.evaluate_layers import evaluate_layers
from andel.serving.layers_file import LayersFile
from andel.serving.slots import SLOT_BITS, Slots, pack_slots
from tests.serving.random_layers import filled_layers, telling_rows

REGISTRY = b"\x77" * 20
FAMILIES = {
    "linear, one word of 16 bits": (Slots(16, 16, 16), [1], "raw", None, 1 << 31),
    "linear, bytes, several outputs": (Slots(40, 8, 8), [3], "raw", None, 1 << 31),
    "linear classes": (Slots(64, 4, 4), [10], "argmax", None, 1 << 14),
    "16-32-1": (Slots(16, 8, 8), [32, 1], "raw", [0], 1 << 31),
    "64-32-10, outputs in half a lane": (Slots(64, 4, 4), [32, 10], "argmax", [8], 1 << 14),
    "64-32-10, outputs in a whole lane": (Slots(64, 4, 4), [32, 10], "argmax", [8], 1 << 15),
    "64-32-10, outputs in 32 bits": (Slots(64, 4, 4), [32, 10], "argmax", [4], 1 << 31),
    "three layers": (Slots(30, 8, 7), [48, 20, 4], "raw", [5, 6], 1 << 31),
    "four layers": (Slots(20, 8, 8), [32, 24, 16, 5], "argmax", [6, 6, 3], 1 << 15),
}


def mismatches(machine, model: LayersFile, seed: int, count: int) -> int:
    """Telling questions to which EVM and reference do not give the same."""
    rows = telling_rows(model.slots, model.layers[0], seed, count)
    expected = evaluate_layers(model, rows).tolist()
    return sum(machine.ask_many(pack_slots(model.slots, row)) != e for row, e in zip(rows, expected, strict=True))


@pytest.mark.parametrize("name", FAMILIES)
def test_each_family_answers_alike_in_evm_and_reference(deploy_chunked, name):
    slots, widths, output, shifts, reach = FAMILIES[name]
    model = filled_layers(7, slots, widths, output, shifts=shifts, output_reach=reach)
    compiled = compile_layers(model)
    machine = deploy_chunked(compiled)
    assert mismatches(machine, model, 7, 100) == 0
    assert machine.execution_gas(bytes(32 * slots.words)) == compiled.gas


@pytest.mark.full
@pytest.mark.parametrize("name", FAMILIES)
def test_each_family_answers_ten_thousand_questions_alike(deploy_chunked, name):
    slots, widths, output, shifts, reach = FAMILIES[name]
    for seed in range(10):
        model = filled_layers(seed, slots, widths, output, shifts=shifts, output_reach=reach)
        assert mismatches(deploy_chunked(compile_layers(model)), model, seed, 500) == 0


@given(
    st.integers(0, 2**32),
    st.integers(1, 70),
    st.sampled_from([(slot, code) for slot in SLOT_BITS for code in (1, slot - 1, slot) if code]),
    st.lists(st.integers(1, 40), min_size=1, max_size=3),
    st.sampled_from(["raw", "argmax"]),
    st.integers(0, 10),
    st.sampled_from([1 << 13, 1 << 15, 1 << 31]),
)
def test_any_file_answers_alike_in_evm_and_reference(deploy_chunked, seed, inputs, bits, widths, output, shift, reach):
    shifts = [shift] * (len(widths) - 1)
    try:
        model = filled_layers(seed, Slots(inputs, *bits), widths, output, shifts=shifts, output_reach=reach, fill=0.9)
    except ModelFileError:
        return  # too many small weights for a lane of 16 bits
    compiled = compile_layers(model, REGISTRY)
    assert mismatches(deploy_chunked(compiled), model, seed, 4) == 0


def test_a_wide_model_is_split_into_chunks_and_answers_alike(deploy_chunked):
    model = filled_layers(3, Slots(784, 4, 4), [32, 10], "argmax", shifts=[8], output_reach=1 << 14, fill=0.7)
    compiled = compile_layers(model, REGISTRY)
    assert len(compiled.chunks) == 2
    assert all(len(code) <= MAX_CODE_BYTES for code in (compiled.head, *compiled.chunks))
    assert mismatches(deploy_chunked(compiled), model, 3, 30) == 0
    assert deploy_chunked(compiled).execution_gas(bytes(32 * model.slots.words)) == compiled.gas
    assert compiled == compile_layers(LayersFile.from_bytes(model.to_bytes()), REGISTRY)


def test_a_missing_chunk_withholds_the_answer_and_changes_none(deploy_chunked):
    model = filled_layers(3, Slots(784, 4, 4), [32, 10], "argmax", shifts=[8], output_reach=1 << 14, fill=0.7)
    compiled = compile_layers(model, REGISTRY)
    machine = deploy_chunked(compiled)
    question = bytes(32 * model.slots.words)
    full = machine.execution_gas(question) + 21_000 + 4 * len(question)
    answer = machine.ask_many(question)
    for gas in range(40_000, full, 1_500):
        try:
            given = machine.evm.message_call("0x" + "22" * 20, "0x" + "11" * 20, calldata=question, gas=gas)
        except RuntimeError:
            continue
        assert [int.from_bytes(given, "big")] == answer


def test_a_model_that_needs_chunks_says_so_without_a_registry():
    model = filled_layers(3, Slots(784, 4, 4), [32, 10], "argmax", shifts=[8], output_reach=1 << 14, fill=0.7)
    with pytest.raises(ModelFileError, match="a contract holds 24576") as told:
        compile_layers(model)
    assert "registry" in told.value.hint


def test_a_model_whose_second_layer_alone_is_too_large_is_refused_with_the_reason():
    slots = Slots(128, 4, 4)
    model = filled_layers(4, slots, [128, 128, 128, 10], "argmax", shifts=[12, 12, 12], output_reach=1 << 14, fill=0.5)
    with pytest.raises(ModelFileError, match="does not hold the rest of the code"):
        compile_layers(model, REGISTRY)


@given(st.integers(0, 2**32), st.binary(max_size=96))
def test_bits_without_a_code_and_short_call_data_change_nothing(deploy_chunked, seed, data):
    model = filled_layers(seed, Slots(21, 8, 5), [16, 2], "raw", shifts=[3])
    machine = deploy_chunked(compile_layers(model))
    codes = np.array([byte & 31 for byte in data.ljust(32, b"\0")[:21]])
    assert machine.ask_many(data) == machine.ask_many(pack_slots(model.slots, codes))
    assert machine.ask_many(data) == evaluate_layers(model, codes[None])[0].tolist()
