"""Small worlds whose task is a float task, measured by the integer engine: no PyTorch, and measures of one's choice."""

from dataclasses import replace

import pytest

from andel.keys import AccountKey, derive_secret
from andel.ledger.judgements import deploy_judgements
from andel.ledger.round_state import Status
from andel.roles.judgements import sealing_of
from andel.training import engine
from andel.training.engine import IntegerEngine
from andel.training.floats import FloatTraining
from andel.training.integer_mlp import parameter_shapes
from andel.value.history import parse_history
from tests.support.small_run import envelope_scenario


@pytest.fixture(scope="module")
def launch_judged(launch_world, shared_node):
    """Makes a world whose task is a float task, measured by the integer engine."""
    patched = pytest.MonkeyPatch()
    patched.setattr(engine, "_float_engine", lambda *_: IntegerEngine())

    def make(name):
        scenario = envelope_scenario()
        task = scenario.task
        shapes = tuple(parameter_shapes(len(task.features), task.layers))
        floats = FloatTraining("of the tests", "sgd", shapes, new_notary(shared_node, name))
        return launch_world(name, replace(scenario, task=replace(task, floats=floats)))

    yield make
    patched.undo()


def new_notary(node, name):
    """The address of a contract `Judgements` of its own."""
    key, chain = AccountKey(derive_secret(b"tests: notary", name)), node.connect()
    node.fund([key.address])
    notary = deploy_judgements(chain, key)
    chain.close()
    return notary.address


def newest(small):
    """The newest round."""
    manager = small.world.model.round_manager
    return manager.round_of(manager.rounds_count())


def sealing(small):
    """How far the newest round's judgements are."""
    return sealing_of(small.world.model, small.world.founded.definition, newest(small))


def named(small):
    """The judgements that the newest round's state names."""
    return parse_history(small.store.get_digest(newest(small).state_hash)).judgements


def settle(small, validators=None):
    """Steps until the newest round is final, letting time pass when nobody has anything to do."""
    present = validators or small.validators
    for _ in range(40):
        if newest(small).status == Status.FINALISED:
            return
        if not any([validator.step() for validator in present]):
            small.local.advance(6)
    pytest.fail(f"round {newest(small).round} is {newest(small).status.name}")
