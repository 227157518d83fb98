"""A light node asked how a version does on its owner's own days: it tells where it may, and logs all that it told."""

from contextlib import ExitStack
from dataclasses import replace

import pytest

from andel.encoding import canonical_json
from andel.hashing import sha256
from andel.training.acceptance import keep_acceptance, read_acceptance
from andel.training.engine import engine_of
from andel.training.federated_errors import ask_errors
from andel.training.rounds import RoundSettings
from andel.training.sent_log import Kind
from andel.training.superlink import register_node, wait_for_nodes
from tests.support.light_nodes import (
    REAL_TIME,
    LightNode,
    acceptance_of,
    agreeing,
    driven,
    quiet_superlink,
)
from tests.support.patience import PATIENCE
from tests.support.worlds import FIRST_DAY, Sensor, build_world

HELD_DAYS = range(FIRST_DAY + 7, FIRST_DAY + 14)
HELD_OUT = ((HELD_DAYS[0], HELD_DAYS[-1]),)
SETTINGS = RoundSettings(phase_seconds=PATIENCE, poll_seconds=0.05)


@pytest.fixture(scope="module")
def superlink(tmp_path_factory):
    with quiet_superlink(tmp_path_factory.mktemp("superlink"), tls=True) as link:
        yield link


@pytest.fixture(scope="module")
def world():
    """Three owners who would all tell: two with a week that no plan covers, one without."""
    built = agreeing(build_world(3))
    for number, owner in enumerate(built.owners):
        owner.tells = True
        owner._readings += tuple(Sensor("held out", str(number)).days(HELD_DAYS)) if number < 2 else ()
    return built


def node_of(world, number, folder, *, told):
    owner = world.owners[number]
    accepted = replace(acceptance_of(world, owner), held_out=HELD_OUT, tells_errors=told)
    return LightNode(folder / f"node-{number}", owner, accepted)


def own_errors(world, owner):
    """(rows, missed, moved) that the owner should tell, by plain sums."""
    codes, change = owner.held_out(world.plan, world.task, world.plan.version)
    predicted = engine_of(world.task).predict(world.task, world.parameters, codes).tolist()
    missed = sum(abs(a - b) for a, b in zip(predicted, change.tolist(), strict=True))
    return len(change), missed, sum(map(abs, change.tolist()))


def test_what_was_allowed_is_told_and_stands_in_the_log_to_the_last_number(superlink, world, tmp_path):
    """The second owner did not accept it; the third has too few rows, and does not say how many."""
    nodes = [node_of(world, number, tmp_path, told=number != 1) for number in range(3)]
    for node in nodes:
        register_node(superlink.door, node.public)
    with ExitStack() as stack:
        for node in nodes:
            stack.enter_context(node.running(superlink.door.address, superlink.settings.tls.authority))
        grid = stack.enter_context(driven(superlink))
        wait_for_nodes(grid, 3, PATIENCE, REAL_TIME)
        owners = {owner.address for owner in world.owners}
        found = ask_errors(grid, world.plan, world.task, world.parameters, owners, REAL_TIME, SETTINGS)
    rows, missed, moved = own_errors(world, world.owners[0])
    (told,) = found.told
    assert told.contributor == world.owners[0].address
    assert (told.errors.rows, told.errors.missed, told.errors.moved) == (rows, missed, moved)
    (entry,) = nodes[0].sent()
    version = world.plan.version.hex()
    said = f"rows {rows}, sum of errors {missed}, of 'no change' {moved}, signed, of version {version}; no reading"
    assert (entry.kind, entry.note, entry.readings, entry.round) == (Kind.ERRORS, said, 0, 1)
    values = {"rows": rows, "missed": missed, "moved": moved, "version": version}
    assert entry.hash == sha256(canonical_json(values)).hex() and entry.arrived and entry.bytes < 4_000
    reasons = ["refused: this owner keeps its errors to itself", "refused: there are too few rows to tell their errors"]
    for node, reason in zip(nodes[1:], reasons, strict=True):
        (entry,) = node.sent()
        assert (entry.kind, entry.note) == (Kind.ERROR, reason)
    assert all(node.failures == [] for node in nodes)


def test_an_acceptance_from_before_keeps_errors_to_itself(world, tmp_path):
    path = tmp_path / "accepted.json"
    told = replace(acceptance_of(world, world.owners[0]), held_out=HELD_OUT, tells_errors=True)
    keep_acceptance(path, told)
    assert read_acceptance(path) == told
    values = path.read_bytes().replace(b',"tells_errors":true', b"")
    start = values.index(b'"held_out":')
    path.write_bytes(values[:start] + values[values.index(b"]],", start) + 3 :])
    former = read_acceptance(path)
    assert former is not None
    assert former == replace(told, held_out=(), tells_errors=False)
