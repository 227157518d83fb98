"""Two rounds of a PyTorch task on a chain: trained, judged, settled, paid and audited."""

from dataclasses import replace

import pytest

from andel.errors import InputError
from andel.ledger.round_state import Status
from andel.roles.auditing.findings import Rests
from andel.roles.auditor import audit
from andel.roles.founder import publish_reference
from andel.training import engine
from andel.training.floats import FloatTraining
from andel.value.history import parse_history
from tests.support.judged import new_notary
from tests.support.pytorch import require_torch
from tests.support.small_run import envelope_scenario

require_torch()

from andel.training.torch_engine import network_shapes  # noqa: E402  # imports PyTorch


@pytest.fixture(scope="module")
def small(launch_world, shared_node):
    scenario = envelope_scenario(dishonest=False)
    task = replace(scenario.task, layers=(12, 6), steps=40)
    shapes = network_shapes("mlp-gelu", len(task.features), task.layers)
    floats = FloatTraining("mlp-gelu", "adam", shapes, new_notary(shared_node, "torch"))
    small = launch_world("torch", replace(scenario, task=replace(task, floats=floats)))
    for _ in range(2):
        small.close_round()
        small.settle()
    publish_reference(small.store, small.world.founded)
    return small


def test_every_round_is_final_and_names_three_judgements(small):
    manager = small.world.model.round_manager
    for number in (1, 2):
        state = manager.round_of(number)
        assert state.status == Status.FINALISED
        assert len(parse_history(small.store.get_digest(state.state_hash)).judgements) == 3


def test_the_model_learns_and_who_trained_it_is_paid(small):
    first = small.report(1)
    assert first.gain > first.noise
    assert first.minted > 0 and sum(item.share for item in first.contributors) == first.minted
    assert small.report(2).evaluation < 2 * first.evaluation


def test_the_audit_measures_the_judgements_again(small):
    found = audit(small.world.model, small.store)
    assert not found.failure
    assert found.tally.of("judgements", Rests.RECOMPUTED) == 6


def test_an_audit_without_pytorch_says_on_whom_the_judgements_rest(small, monkeypatch):
    def missing(*_):
        raise InputError("this task needs PyTorch")

    monkeypatch.setattr(engine, "_float_engine", missing)
    found = audit(small.world.model, small.store)
    assert not found.failure
    assert found.tally.of("judgements", Rests.SIGNATURES) == 6
