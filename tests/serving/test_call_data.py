"""Any bytes are answered off chain with the words that the compiled code returns for them."""

import random
from collections.abc import Callable

import numpy as np
import pytest

from andel.serving.any_file import AnyFile, compile_any
from andel.serving.call_data import answer_to_call_data, codes_in
from andel.serving.slots import Slots, pack_slots
from tests.serving.random_layers import filled_layers
from tests.serving.random_models import filled_model
from tests.serving.test_compile_trees import grown, oblivious

FILES: dict[str, Callable[[], AnyFile]] = {
    "format 1": lambda: filled_model(1, 14, 20),
    "layers and a base": lambda: filled_layers(3, Slots(14, 8, 8, base=True), [20, 9, 1], "raw", shifts=[3, 3]),
    "layers, a base in a word of its own": lambda: filled_layers(
        4, Slots(30, 8, 7, base=True), [12, 1], "raw", shifts=[2]
    ),
    "several outputs of short codes": lambda: filled_layers(5, Slots(40, 8, 5), [3], "raw"),
    "classes": lambda: filled_layers(6, Slots(64, 4, 4), [10], "argmax", output_reach=1 << 14),
    "oblivious trees": lambda: oblivious(7, Slots(12, 16, 15), 20, 4, 5),
    "trees": lambda: grown(8, Slots(12, 16, 15), 12, 5),
}


@pytest.mark.parametrize("name", FILES)
def test_any_call_data_gets_the_words_of_the_compiled_code(deploy_chunked, name):
    model = FILES[name]()
    machine, random_bytes = deploy_chunked(compile_any(model)), random.Random(name).randbytes
    for length in [0, 1, 31, 32, 33, 64, 100, 2_048] + [32] * 30 + [64] * 30:
        for data in (random_bytes(length), b"\xff" * length):
            words = b"".join(value.to_bytes(32, "big", signed=True) for value in machine.ask_many(data))
            assert answer_to_call_data(model, data) == words


@pytest.mark.parametrize("slots", [Slots(5, 8, 8), Slots(70, 4, 3), Slots(20, 16, 15), Slots(30, 8, 8, base=True)])
def test_codes_of_a_question_of_several_words_are_read_as_they_were_packed(slots):
    codes = np.random.default_rng(3).integers(0, slots.max_code + 1, slots.inputs)
    packed = pack_slots(slots, codes)
    assert codes_in(slots, packed).tolist() == [codes.tolist()]
    assert codes_in(slots, packed + bytes(64)).tolist() == [codes.tolist()]
    assert codes_in(slots, b"").tolist() == [[0] * slots.inputs]
