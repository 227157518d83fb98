"""On a real chain: models of every depth are trained, settled, published, asked and audited."""

from dataclasses import replace

import httpx
import numpy as np
import pytest

from andel.content import cid_of_digest
from andel.errors import NotInTheEvm
from andel.ledger.proposed_calls import call_of
from andel.ledger.round_state import Status
from andel.roles.auditing.answer import audit_model
from andel.roles.auditing.findings import Audit
from andel.roles.auditor import audit
from andel.roles.founder import publish_reference
from andel.roles.gateway import chunk_place, predictor_of, publish_version, registry_of, served_file, served_version
from andel.roles.publications import signed_by
from andel.roles.publishing import compiled_version, publish_signed
from andel.serving.any_file import answer_to
from andel.serving.api import build_app
from andel.serving.http_edge import serve_in_thread
from andel.serving.layers_file import LayersFile
from andel.serving.prediction import Prediction, sign_prediction
from andel.serving.slots import pack_slots
from andel.training.training_policy import TrainingPolicy
from tests.serving.random_layers import telling_rows
from tests.support.governed import govern
from tests.support.small_run import QUESTION, START, envelope_scenario


def founded(launch_world, name, layers):
    """A world whose model has these hidden layers, two rounds played, the reference published."""
    scenario = envelope_scenario(dishonest=False)
    small = launch_world(name, replace(scenario, task=replace(scenario.task, layers=layers)))
    for _ in range(2):
        small.play()
    publish_reference(small.store, small.world.founded)
    states = [small.world.model.round_manager.round_of(number) for number in (1, 2)]
    assert [state.status for state in states] == [Status.FINALISED] * 2
    return small


@pytest.mark.full
def test_a_linear_model_answers_on_chain_with_the_bits_of_its_file(launch_world):
    small = founded(launch_world, "linear", ())
    world = small.world
    published = publish_version(world.actors.founder, world.model, small.store, world.founded.task)
    predictor = predictor_of(world.actors.coordinator, world.model, published.file, world.founded.definition)
    found = audit(world.model, small.store, predictor.ask_values(QUESTION, START))
    assert (found.ok, found.failure) == (True, "") and found.checked.answers == 1
    assert found.checked.rounds == 2 and found.reports[0].gain > found.reports[0].noise
    assert all(value.share > 0 for value in found.reports[0].contributors)


def asked_over_http(predictor, record):
    """What the API answers."""
    with serve_in_thread(build_app(predictor), "127.0.0.1", 0) as api:
        response = httpx.post(f"{api.url}/predict", json=record, timeout=10.0, trust_env=False)
        described = httpx.get(f"{api.url}/model", timeout=10.0, trust_env=False).json()
    assert response.status_code == 200, response.text
    return Prediction.from_json(response.json()), described


def test_a_model_of_two_hidden_layers_answers_on_chain_and_over_http_with_the_same_bits(launch_world):
    """Founded, trained, published, promoted, asked by every way, audited."""
    small = founded(launch_world, "two layers", (16, 8))
    world = small.world
    published = publish_version(world.actors.founder, world.model, small.store, world.founded.task)
    assert isinstance(published.file, LayersFile) and published.file.slots.base
    assert [layer.units for layer in published.file.layers] == [16, 8, 1]
    assert small.store.get(published.cid) == published.file.to_bytes()
    predictor = predictor_of(world.actors.coordinator, world.model, published.file, world.founded.definition)
    prediction, described = asked_over_http(predictor, {"values": QUESTION, "time": START})
    assert (described["format"], described["question_bytes"]) == ("andel-model/2", 32)
    assert prediction.answer == answer_to(published.file, prediction.question)
    registry, model = registry_of(world.model), world.model.round_manager.address
    asked = registry.predict(model, prediction.question), registry.predict_word(model, prediction.question)
    assert asked == (prediction.answer, prediction.answer)
    questions = telling_questions(published.file)
    wanted = [answer_to(published.file, question) for question in questions]
    assert registry.predict_batch(model, questions) == wanted
    assert [predictor.ask_question(question).answer for question in questions] == wanted
    found = audit(world.model, small.store, prediction)
    assert (found.ok, found.failure) == (True, "") and found.checked.answers == 1 and found.checked.rounds == 2
    wrong = replace(prediction, answer=prediction.answer + 1)
    resigned = resign(world.actors.coordinator, world.model, wrong)
    assert "is not the model file's" in audit(world.model, small.store, resigned).failure


@pytest.mark.full
def test_validators_sign_the_deeper_model_that_each_compiles_and_anybody_publishes_it(launch_world, shared_node):
    small = founded(launch_world, "governed layers", (16, 8))
    model, validators = small.world.model, small.world.actors.validators
    anything = TrainingPolicy()
    small.store.put(anything.to_bytes())
    held = govern(shared_node, model, small.world.actors.founder, "governed layers", anything.hash)
    version = model.round_manager.current_version()
    signed = [signed_by(key, model, small.store, version) for key in validators]
    compiled = compiled_version(model, small.store, version)
    assert isinstance(compiled.file, LayersFile)
    signatures = {each.signer(model, compiled): each.signature for each in signed}
    publish_signed(held.holders[0], model, small.store, compiled, signatures)
    call = call_of("ModelPolicy", held.policy.address, "promoteByVote", [version])
    held.decide([call], "take the deeper one")
    answering = served_file(model, small.store, served_version(model))
    predictor = predictor_of(small.world.actors.coordinator, model, *answering)
    prediction = predictor.ask_values(QUESTION, START)
    assert registry_of(model).predict(model.round_manager.address, prediction.question) == prediction.answer
    found = Audit()  # of the answer alone: holders got their tokens from nowhere here
    audit_model(model, small.store, small.world.founded.task, prediction, found, {})
    assert found.checked.answers == 1 and not found.missing


@pytest.mark.full
def test_a_model_whose_code_needs_a_chunk_is_published_with_it(launch_world):
    small = founded(launch_world, "a chunk", (128, 128))
    world = small.world
    published = publish_version(world.actors.founder, world.model, small.store, world.founded.task)
    registry = registry_of(world.model)
    assert len(published.compiled.chunks) == 1
    assert all(registry.is_chunk(chunk_place(registry, chunk)) for chunk in published.compiled.chunks)
    predictor = predictor_of(world.actors.coordinator, world.model, published.file, world.founded.definition)
    prediction = predictor.ask_values(QUESTION, START)
    assert registry.predict(world.model.round_manager.address, prediction.question) == prediction.answer
    found = audit(world.model, small.store, prediction)
    assert (found.ok, found.failure) == (True, "") and found.checked.answers == 1


@pytest.mark.full
def test_a_model_that_the_evm_does_not_take_answers_by_signed_predictions_alone(launch_world):
    small = founded(launch_world, "too wide", (200,))
    world = small.world
    with pytest.raises(NotInTheEvm, match="200 units") as refused:
        publish_version(world.actors.founder, world.model, small.store, world.founded.task)
    assert "signed predictions" in refused.value.hint
    file, task = served_file(world.model, small.store, served_version(world.model))
    assert small.store.get(cid_of_digest(file.file_hash)) == file.to_bytes()
    prediction = predictor_of(world.actors.coordinator, world.model, file, task).ask_values(QUESTION, START)
    assert prediction.answer == answer_to(file, prediction.question)
    found = audit(world.model, small.store, prediction)
    assert (found.ok, found.failure) == (True, "") and found.checked.answers == 1
    wrong = resign(world.actors.coordinator, world.model, replace(prediction, answer=prediction.answer + 1))
    assert "is not the model file's" in audit(world.model, small.store, wrong).failure


def telling_questions(file):
    """Sixty-four questions: corners and random codes, bases at both ends and between."""
    rows = telling_rows(file.slots, file.layers[0], 1, 16)[:64]
    bases = np.random.default_rng(1).integers(-(1 << 31), 1 << 31, len(rows)).tolist()
    bases[:2] = [-(1 << 31), (1 << 31) - 1]
    return [pack_slots(file.slots, row, base) for row, base in zip(rows, bases, strict=True)]


def resign(key, model, prediction):
    """The same with another answer, signed."""
    return sign_prediction(
        key,
        model.round_manager.domain,
        version=prediction.version,
        question=prediction.question,
        answer=prediction.answer,
        unit=prediction.unit,
        issued_at=prediction.issued_at,
        valid_until=prediction.valid_until,
    )
