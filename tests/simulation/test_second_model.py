"""A second model in the alliance of a first: it learns from the same evidence, and nothing is done twice."""

from dataclasses import replace

import pytest

from andel.content import ContentStore
from andel.hashing import sha256
from andel.roles.validator import Validator
from andel.simulation.participants import Kind
from andel.simulation.scenario import TableChoice, scenario_of, table_scenario
from andel.simulation.second_model import found_beside
from tests.support.small_run import ROUNDS, SmallWorld, climate, envelope_scenario


@pytest.fixture(scope="module")
def both(launch_world, tmp_path_factory):
    """A model of the temperature by four owners, one with a Pebble, and one of the humidity by three of them."""
    scenario = envelope_scenario(dishonest=False)
    first, *others = scenario.participants
    everybody = (replace(first, profile="pebble"), *others)
    small = launch_world("a first model", replace(scenario, participants=everybody))
    choice = TableChoice(("temperature", "humidity"), "humidity", 3, 2, False)
    task = table_scenario(climate(), choice, ROUNDS, seed=1).task
    humid = scenario_of("humidity", climate(), task, "envelope", tuple(others), ROUNDS)
    humid = replace(humid, rules=scenario.rules)
    folder = tmp_path_factory.mktemp("second-model")
    entered = len(small.world.model.batch_registry.logs("BatchEntered", 0))
    store = ContentStore(str(folder / "content"))
    world = found_beside(small.world, humid, store, sha256(b"second model"), lambda _: None)
    validators = tuple(Validator(key, world.model, world.store) for key in world.actors.validators)
    return small, SmallWorld(world, small.local, folder, validators), entered


def test_it_is_a_model_of_its_own_in_the_same_alliance(both):
    first, second, _ = both
    one, other = first.world.model, second.world.model
    assert one.alliance.address == other.alliance.address
    assert one.round_manager.address != other.round_manager.address
    assert one.token.address != other.token.address
    assert first.world.founded.task != second.world.founded.task


def test_it_learns_and_pays_from_what_was_entered_for_the_first(both):
    first, second, entered = both
    second.play()
    report = second.report(1)
    assert report.gain > 0
    paid = {item.contributor for item in report.contributors if item.share}
    assert paid
    assert paid <= {member.contributor.address for member in second.world.members}
    assert len(first.world.model.batch_registry.logs("BatchEntered", 0)) == entered
    second.assert_audited()


def test_the_first_goes_on_with_owners_of_both_profiles(both):
    first, second, _ = both
    first.play()
    profiles = {member.device.profile for member in first.world.members}
    assert profiles == {"pebble", "envelope"}
    assert len(second.world.members) == len(first.world.members) - 1
    assert all(member.participant.kind == Kind.HONEST for member in first.world.members)
    assert first.report(1).minted > 0
    first.assert_audited()
