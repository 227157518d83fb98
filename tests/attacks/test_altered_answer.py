"""Attack: an answer is altered on its way, or an operator signs one that the model does not give.

Who: anybody between the API and the reader; an operator of the model. What stops it: the signature covers model,
version, question, answer and times, so any change is noticed; and the audit asks the model file and the code on chain
the same question, so a signed lie is noticed too. A model file with a changed byte is refused or is another file.
"""

import json
import random
from dataclasses import replace

import pytest

from andel.content import ContentStore, cid_of_digest
from andel.errors import InputError, ModelFileError
from andel.hashing import sha256
from andel.roles.auditor import audit
from andel.serving.model_file import ModelFile
from andel.serving.prediction import Prediction, PredictionRefused, sign_prediction, verify_prediction
from tests.support.small_run import START


def audited(finished_run, prediction):
    """What an audit says to this answer."""
    return audit(finished_run.world.model, finished_run.small.store, prediction)


def signed_by(finished_run, key, **changes):
    """The finished run's answer, changed, and signed again by some key."""
    true = finished_run.prediction
    values = {
        "version": true.version,
        "question": true.question,
        "answer": true.answer,
        "unit": true.unit,
        "issued_at": true.issued_at,
        "valid_until": true.valid_until,
    }
    domain = finished_run.world.model.round_manager.domain
    return sign_prediction(key, domain, **{**values, **changes})


ALTERATIONS = {
    "answer": lambda p: replace(p, answer=p.answer + 1),
    "sign of the answer": lambda p: replace(p, answer=-p.answer),
    "question": lambda p: replace(p, question=p.question[:-1] + bytes([p.question[-1] ^ 1])),
    "version": lambda p: replace(p, version=sha256(b"another version")),
    "date": lambda p: replace(p, issued_at=p.issued_at - 60),
    "end": lambda p: replace(p, valid_until=p.valid_until + 1),
    "signature": lambda p: replace(p, signature=bytes([p.signature[0] ^ 1]) + p.signature[1:]),
    "signature cut to zeros": lambda p: replace(p, signature=bytes(65)),
    "signer": lambda p: replace(p, signer="0x" + "11" * 20),
    "model": lambda p: replace(p, model="0x" + "11" * 20),
}


@pytest.mark.parametrize("alter", ALTERATIONS.values(), ids=ALTERATIONS)
def test_an_answer_altered_after_signing_fails_the_audit_and_a_consumers_check(finished_run, alter):
    altered = alter(finished_run.prediction)
    assert audited(finished_run, altered).failure.startswith("prediction: ")
    with pytest.raises(PredictionRefused):
        verify_prediction(
            altered, finished_run.world.model.round_manager.domain, {finished_run.world.actors.coordinator.address}
        )


def test_any_changed_character_of_the_answers_file_is_noticed(finished_run):
    """As JSON, the way it is kept: it is unreadable, or the signature does not fit; only `unit` is for people."""
    true, domain = finished_run.prediction, finished_run.world.model.round_manager.domain
    text = json.dumps(true.to_json())
    for place in range(len(text)):
        changed = text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1 :]
        try:
            prediction = Prediction.from_json(json.loads(changed))
            if replace(prediction, unit=true.unit) == true:
                continue
        except (ValueError, InputError):
            continue
        with pytest.raises(PredictionRefused):
            verify_prediction(prediction, domain, {finished_run.world.actors.coordinator.address})


def test_an_answer_signed_by_a_stranger_fails(finished_run):
    found = audited(finished_run, signed_by(finished_run, finished_run.world.actors.consumer))
    assert found.failure.startswith("prediction: ") and "is no operator of the model" in found.failure
    assert found.checked.answers == 0


def test_a_false_answer_that_an_operator_signed_fails(finished_run):
    true = finished_run.prediction.answer
    lie = signed_by(finished_run, finished_run.world.actors.coordinator, answer=true + 1)
    found = audited(finished_run, lie)
    assert found.failure == f"answer: the signed answer {true + 1} is not the model file's {true}"
    assert audited(finished_run, signed_by(finished_run, finished_run.world.actors.validators[1])).ok


def test_an_answer_of_another_version_fails_even_if_it_is_right(finished_run):
    old = finished_run.world.model.round_manager.round_of(1).version_hash
    lie = signed_by(finished_run, finished_run.world.actors.coordinator, version=old)
    assert not audited(finished_run, lie).ok


def test_every_flipped_bit_of_the_model_file_is_refused_or_gives_another_files_hash(finished_run):
    good = finished_run.published.file.to_bytes()
    on_chain = finished_run.world.model.onchain_models.current_of(finished_run.world.model.round_manager.address)
    assert sha256(good) == on_chain.model_file_hash
    generator = random.Random(5)
    refused = 0
    for place in range(len(good)):
        changed = good[:place] + bytes([good[place] ^ 1 << generator.randrange(8)]) + good[place + 1 :]
        try:
            file = ModelFile.from_bytes(changed)
        except ModelFileError as error:
            refused += 1
            assert "\n" not in error.message
        else:
            assert file.file_hash != on_chain.model_file_hash
    assert refused > len(good) // 2


def test_a_model_file_with_a_flipped_byte_in_the_store_fails_the_audit(finished_run, tmp_path):
    folder = finished_run.copied_store(tmp_path)
    path = folder / cid_of_digest(finished_run.published.file.file_hash)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    found = audit(finished_run.world.model, ContentStore(str(folder)), finished_run.prediction)
    assert found.failure.startswith("model file: ")


def test_the_true_answer_passes_and_is_counted(finished_run):
    found = audited(finished_run, finished_run.prediction)
    assert found.ok and found.checked.answers == 1
    assert finished_run.prediction.issued_at > START
