"""A small network for benchmarks: a synthetic climate, honest owners, validators in this process.

Validators take turns, so that no two race for the same step and figures repeat themselves.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import numpy as np

from andel.content import ContentStore
from andel.ledger.round_state import RoundState, Status
from andel.roles.coordinator import Coordinator
from andel.roles.founder import next_plan
from andel.roles.validator import Validator
from andel.simulation.local_chain import LocalChain
from andel.simulation.scenario import Scenario, TableChoice, table_scenario
from andel.simulation.series import ChannelSpec, Dataset, Series
from andel.simulation.world import World, build_world
from andel.training.client_app import contributor_app
from andel.training.grid import LocalGrid, LocalNode
from andel.training.rounds import Waiting
from andel.units import TOKEN, BaseUnits, Digest

ROUNDS = 2
WEEKS = 13


def synthetic_scenario(sites: int, owners: int) -> Scenario:
    """Hourly temperatures of a smooth day at several sites, for `sites * owners` honest contributors."""
    hours = np.arange(WEEKS * 7 * 24)
    times = 1_356_998_400 + hours * 3_600
    random = np.random.default_rng(7)
    series = []
    for site in range(sites):
        day = 1_000 * np.sin(2 * np.pi * (hours % 24) / 24) + 200 * np.sin(2 * np.pi * hours / 160 + site)
        values = np.round(day + random.normal(0, 60, len(hours))).astype(np.int64)
        series.append(Series(f"site-{site:02d}", None, None, times, {"temperature": values}))
    dataset = Dataset(tuple(series), (ChannelSpec("temperature", "degC", -2),), 0, (), {}, "synthetic")
    return table_scenario(dataset, TableChoice(("temperature",), "temperature", 3, owners, False), ROUNDS, seed=1)


def found_network(scenario: Scenario, local: LocalChain, store: ContentStore, folder: Path, seed: Digest) -> World:
    """The scenario's model on an embedded chain, ready for round 1."""
    return build_world(
        scenario,
        local.connect(),
        store,
        folder,
        seed,
        lambda actors: local.fund([key.address for key in actors.accounts]),
        lambda _: None,
    )


def run_rounds(world: World, store: ContentStore, rounds: int = ROUNDS) -> RoundState:
    """Runs so many rounds to their end; the state of the last."""
    return list(islice(settled_rounds(world, store), rounds))[-1]


def settled_rounds(world: World, store: ContentStore) -> Iterator[RoundState]:
    """Runs round after round, each to its end, and gives its state."""
    model, first = world.model, world.first_plan()
    grid = LocalGrid(LocalNode(contributor_app(lambda _, own=member.contributor: own), {}) for member in world.members)
    coordinator = Coordinator(world.actors.coordinator, model, store, grid, Waiting(time.monotonic, time.sleep))
    validators = [Validator(key, model, store) for key in world.actors.validators]
    version, state = first.version, first.state
    for number in count(1):
        deadline = world.chain.block_time() + 86_400
        budget = BaseUnits(100 * TOKEN)
        plan = next_plan(
            first, world.scenario.task, number=number, version=version, state=state, budget=budget, deadline=deadline
        )
        coordinator.run_round(plan)
        while model.round_manager.round_of(number).status != Status.FINALISED:
            for validator in validators:
                validator.step()
        settled = model.round_manager.round_of(number)
        version, state = settled.version_hash, settled.state_hash
        yield settled
