"""The founder seals the reference set to the validators alone; the gateway serves what the version gives."""

from dataclasses import replace

import pytest

from andel.content import cid_of_digest
from andel.errors import InputError, PlanError, Reverted, SettingsError
from andel.hashing import keccak, sha256
from andel.ledger.deployment import find_model
from andel.roles.founder import found_model, next_plan
from andel.roles.gateway import model_file_of, publish_version, registry_of, unit_of
from andel.sealing import unseal
from andel.serving.any_file import compile_any
from andel.training.floats import FloatTraining
from andel.training.rules import DEFAULT_RULES
from andel.units import BaseUnits
from tests.support.small_run import START


@pytest.fixture(scope="module")
def small(launch_world):
    launched = launch_world("gateway")
    launched.play()
    return launched


def test_the_reference_set_is_open_to_each_validator_and_to_nobody_else(small):
    founded, actors = small.world.founded, small.world.actors
    sealed = small.store.get(founded.reference.sealed)
    assert not small.store.has(founded.reference.packets)
    for key in actors.validators:
        assert unseal(sealed, key) == founded.packets
    for outsider in (actors.coordinator, actors.founder, actors.owners[0]):
        with pytest.raises(InputError):
            unseal(sealed, outsider)
    assert founded.packets[100:200] not in sealed


def test_scoring_reporting_and_training_days_are_apart(small):
    plan = small.world.first_plan()
    days = [set(_days(ranges)) for ranges in (plan.windows, plan.reference.score, plan.reference.report)]
    assert all(days) and not (days[0] & days[1] or days[0] & days[2] or days[1] & days[2])


def _days(ranges):
    return [day for first, last in ranges for day in range(first, last + 1)]


def test_the_next_plan_names_what_the_last_round_left(small):
    template = small.world.first_plan()
    plan = next_plan(
        template,
        small.world.scenario.task,
        number=9,
        version=sha256(b"v"),
        state=sha256(b"s"),
        budget=BaseUnits(5),
        deadline=77,
    )
    changed = (plan.round, plan.attempt, plan.version, plan.state, plan.budget, plan.deadline)
    assert changed == (9, 0, sha256(b"v"), sha256(b"s"), 5, 77)
    assert (plan.task, plan.reference, plan.windows) == (template.task, template.reference, template.windows)


def test_the_model_file_follows_from_version_and_task_alone(small):
    version, task = small.world.model.round_manager.current_version(), small.world.founded.task
    first, again = (model_file_of(small.store, version, task)[0] for _ in range(2))
    assert first.to_bytes() == again.to_bytes()
    assert first.version == version and cid_of_digest(first.task) == task


def test_only_the_owner_publishes_and_what_is_published_is_the_compiled_file(small):
    world = small.world
    with pytest.raises(Reverted):
        publish_version(world.actors.coordinator, world.model, small.store, world.founded.task)
    published = publish_version(world.actors.founder, world.model, small.store, world.founded.task)
    current = registry_of(world.model).current_of(world.model.round_manager.address)
    assert current is not None
    assert current.codehash == keccak(compile_any(published.file).head) == keccak(published.code)
    assert current.model_file_hash == published.file.file_hash
    assert small.store.get(published.cid) == published.file.to_bytes()


def test_without_a_deployment_file_it_is_not_known_where_the_model_answers(small):
    with pytest.raises(SettingsError, match="where this model answers on chain") as error:
        registry_of(find_model(small.world.chain, small.world.model.round_manager.address))
    assert "deployment file" in error.value.hint


def test_three_ways_to_ask_give_one_answer(finished_run):
    world, prediction = finished_run.world, finished_run.prediction
    assert registry_of(world.model).predict(world.model.round_manager.address, prediction.question) == prediction.answer
    asked, receipt = world.model.prediction_log.ask(world.actors.consumer, prediction.question)
    assert asked == prediction.answer and receipt.gas_used > 21_000
    assert prediction.issued_at > START and prediction.unit == unit_of(world.founded.definition)


def test_a_step_is_told_in_the_tasks_unit(small):
    task = small.world.founded.definition
    assert unit_of(replace(task, exponent=-2, unit="degC")) == "0.01 degC"
    assert unit_of(replace(task, exponent=0, unit="µg/m³")) == "µg/m³"
    assert unit_of(replace(task, exponent=2, unit="Pa")) == "100 Pa"


def test_a_float_task_is_neither_founded_with_audits_nor_quantised(small):
    floats = FloatTraining("mlp-gelu", "adam", ((1, 1), (1,)), small.world.actors.founder.address)
    task = replace(small.world.founded.definition, floats=floats)
    rules = replace(DEFAULT_RULES, audits=1)
    with pytest.raises(PlanError, match="audits is 1"):
        found_model(small.store, task, small.world.actors.founder.address, [], {}, [], bytes(16), rules=rules)
    with pytest.raises(InputError, match="one of PyTorch's"):
        model_file_of(small.store, sha256(b"any"), small.store.put(task.to_bytes()))
