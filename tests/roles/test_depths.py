"""On a real chain: a linear model answers in the EVM, a deeper one trains, settles and audits and has no model file."""

from dataclasses import replace

import pytest

from andel.errors import ModelFileError
from andel.ledger.round_state import Status
from andel.roles.auditor import audit
from andel.roles.founder import publish_reference
from andel.roles.gateway import predictor_of, publish_version
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


@pytest.mark.full
def test_a_model_of_two_hidden_layers_is_settled_and_audited_but_not_published(launch_world):
    small = founded(launch_world, "two layers", (16, 8))
    world = small.world
    found = audit(world.model, small.store)
    assert (found.ok, found.failure) == (True, "") and found.checked.rounds == 2
    assert found.reports[0].gain > found.reports[0].noise
    assert all(value.share > 0 for value in found.reports[0].contributors)
    with pytest.raises(ModelFileError, match=r"hidden layers of \[16, 8\] units") as refused:
        publish_version(world.actors.founder, world.model, small.store, world.founded.task)
    assert "one of at most 64 units" in refused.value.hint
