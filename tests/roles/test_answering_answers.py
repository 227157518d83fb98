"""What a server of the market answers to call data: bit for bit what the version's code on chain gives."""

import random

import numpy as np
import pytest

from andel.errors import ContentMissing
from andel.hashing import sha256
from andel.roles.answering.answers import VERSIONS_KEPT, ModelAnswers, answer_of, codes_in
from andel.serving.slots import Slots, pack_slots


@pytest.fixture(scope="module")
def answers(finished_run):
    return ModelAnswers(finished_run.world.model, finished_run.small.store)


def test_any_call_data_is_answered_as_the_code_on_chain_answers_it(finished_run, answers):
    """Also where bytes that carry nothing are not zero, and where there are words that nobody reads."""
    model = finished_run.world.model
    registry, address = model.onchain_models, model.round_manager.address
    version, random_bytes = registry.current_of(address).version, random.Random(8).randbytes
    for words in (1, 1, 1, 2, 64):
        question = random_bytes(32 * words)
        said = int.from_bytes(answers(version, question), "big", signed=True)
        assert said == registry.predict_at(address, version, question)


def test_a_version_that_is_not_in_the_store_and_one_that_never_was_are_told_apart_from_an_answer(answers):
    with pytest.raises(ContentMissing):
        answers(sha256(b"no version"), bytes(32))


def test_only_so_many_model_files_are_kept(finished_run, answers):
    version = finished_run.world.model.round_manager.current_version()
    file = answers.file_of(version)
    for number in range(VERSIONS_KEPT):
        answers._files[sha256(bytes([number]))] = file
    answers.file_of(sha256(b"\0"))
    assert len(answers._files) == VERSIONS_KEPT and version not in answers._files
    assert answer_of(file, b"") == answer_of(file, bytes(32))


@pytest.mark.parametrize("slots", [Slots(5, 8, 8), Slots(70, 4, 3), Slots(20, 16, 15)])
def test_codes_of_a_question_of_several_words_are_read_as_they_were_packed(slots):
    codes = np.random.default_rng(3).integers(0, slots.max_code + 1, slots.inputs)
    packed = pack_slots(slots, codes)
    assert codes_in(slots, packed).tolist() == [codes.tolist()]
    assert codes_in(slots, packed + bytes(64)).tolist() == [codes.tolist()]
    assert codes_in(slots, b"").tolist() == [[0] * slots.inputs]
