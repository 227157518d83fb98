"""Two rounds of a founder's own learner on a chain: trained, judged, settled, paid, audited, with a model file."""

from dataclasses import replace

import pytest

from andel.ledger.round_state import Status
from andel.roles.auditing.findings import Rests
from andel.roles.auditor import audit
from andel.roles.founder import publish_reference
from andel.roles.gateway import model_file_of
from andel.training.floats import FloatTraining
from andel.training.learner_engine import learner_shapes
from tests.support.judged import new_notary
from tests.support.own_learner import install, shown_learner
from tests.support.small_run import envelope_scenario


@pytest.fixture(scope="module")
def small(launch_world, shared_node):
    patched = pytest.MonkeyPatch()
    install(patched, "linear-weather", shown_learner())
    scenario = envelope_scenario(dishonest=False)
    task = replace(scenario.task, layers=(), steps=40)
    shapes = learner_shapes(shown_learner()(), len(task.features))
    floats = FloatTraining("linear-weather", "sgd", shapes, new_notary(shared_node, "learner"), "own")
    small = launch_world("learner", replace(scenario, task=replace(task, floats=floats)))
    for _ in range(2):
        small.close_round()
        small.settle()
    publish_reference(small.store, small.world.founded)
    yield small
    patched.undo()


def test_rounds_of_a_founders_learner_are_settled_paid_and_audited(small):
    assert [small.world.model.round_manager.round_of(number).status for number in (1, 2)] == [Status.FINALISED] * 2
    first = small.report(1)
    assert first.gain > first.noise
    assert first.minted > 0 and sum(item.share for item in first.contributors) == first.minted
    found = audit(small.world.model, small.store)
    assert not found.failure
    assert found.tally.of("judgements", Rests.RECOMPUTED) == 6


def test_a_version_of_a_learner_that_exports_has_a_model_file(small):
    version, task = small.world.model.round_manager.current_version(), small.world.founded.task
    file, again = (model_file_of(small.store, version, task)[0] for _ in range(2))
    assert file == again and file.version == version
