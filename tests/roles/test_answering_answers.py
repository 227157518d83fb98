"""What a server of the market answers to call data: bit for bit what the version's code on chain gives."""

import random

import pytest

from andel.errors import ContentMissing
from andel.hashing import sha256
from andel.roles.answering.answers import VERSIONS_KEPT, ModelAnswers
from andel.serving.call_data import answer_to_call_data


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
    assert answer_to_call_data(file, b"") == answer_to_call_data(file, bytes(32))
