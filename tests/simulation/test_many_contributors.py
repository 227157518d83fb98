"""Many contributors: a crowd settles like a few, and two hundred owners play a round on the embedded chain."""

from dataclasses import replace

import pytest

from andel.errors import InputError
from andel.ledger.round_state import Status
from andel.roles.holder import claim, current_history
from andel.simulation.offchain_crowd import DAYS, crowded
from andel.simulation.offchain_rounds import found_offchain
from andel.simulation.participants import Kind, Participant
from tests.support.small_run import climate, envelope_scenario, pebble_scenario

MANY = 200
BLOCK_GAS = 30_000_000


@pytest.fixture(scope="module")
def crowd():
    """Two rounds of forty, made of the small climate's eight."""
    rounds = crowded(found_offchain(pebble_scenario(), b"crowd"), 40)
    for _ in range(2):
        rounds.play()
    return rounds


def test_everybody_in_a_crowd_counts_with_a_week_of_its_own(crowd):
    assert len({member.device.address for member in crowd.members}) == len(crowd.members) == 40
    for report in crowd.reports:
        assert [item.weight for item in report.contributors] == [DAYS * 24] * 40
    assert sum(crowd.history.earned.values()) == sum(report.minted for report in crowd.reports) > 0


def test_a_crowd_is_founded_before_its_first_round(crowd):
    with pytest.raises(InputError, match="a round already"):
        crowded(crowd, 10)


def thronged(owners):
    """The small climate with so many honest owners, a week each, and all hours but every third left out."""
    scenario, series = envelope_scenario(), []
    for site in climate().series:
        kept = site.timestamps // 3_600 % 3 == 0
        values = {name: column[kept] for name, column in site.values.items()}
        series.append(replace(site, timestamps=site.timestamps[kept], values=values))
    weeks = sorted(scenario.training_weeks)
    cast = tuple(
        Participant(number, f"owner {number}", Kind.HONEST, number % 2, frozenset({weeks[number // 2 % len(weeks)]}))
        for number in range(owners)
    )
    return replace(scenario, dataset=replace(scenario.dataset, series=tuple(series)), participants=cast)


@pytest.mark.full
def test_two_hundred_contributors_play_a_round_and_are_paid(launch_world):
    small = launch_world("throng", thronged(MANY))
    small.play()
    manager = small.world.model.round_manager
    settled = manager.round_of(1)
    assert settled.status == Status.FINALISED
    report = small.report(1)
    assert len(report.contributors) == MANY and all(item.weight == DAYS * 8 for item in report.contributors)
    spent = small.world.chain.gas_spent_on(manager.contract, settled.opened_block, settled.settled_block)
    assert 0 < spent < BLOCK_GAS // 10
    earned = current_history(small.world.model, small.store).earned
    assert sum(earned.values()) == settled.minted > 0
    for account in list(earned)[:3]:
        paid, _ = claim(small.world.model, small.store, small.world.actors.consumer, account)
        assert paid == earned[account]
