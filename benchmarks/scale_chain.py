"""Part of `benchmarks/scale.py`: one round of so many contributors on anvil, from devices to claims.

Every contributor is the product's own: a device whose claim is on chain, packets taken in and entered in the registry
by its owner, a node on an in-process grid. The coordinator and three validators share this process, so seconds are of
all of them one after the other, and memory is that of all. Devices measure every three hours, a week each.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from training_aggregate import peak_mb
from training_rounds import weather_16

from andel.content import ContentStore
from andel.hashing import sha256
from andel.ledger.round_state import Status
from andel.roles.coordinator import Coordinator
from andel.roles.founder import next_plan
from andel.roles.holder import claim, current_history
from andel.roles.validator import Validator
from andel.simulation.local_chain import LocalChain
from andel.simulation.participants import Kind, Participant
from andel.simulation.scenario import Scenario
from andel.simulation.series import Series
from andel.simulation.world import World, build_world
from andel.training.client_app import contributor_app
from andel.training.grid import LocalGrid, LocalNode
from andel.training.rounds import Waiting
from andel.units import TOKEN, BaseUnits

HOURS = 3
CLAIMS = 5
_SECONDS = 3_600
_ROUND_SECONDS = 86_400


class Stages:
    """Wall and processor seconds of one stage after the other, with the peak of memory after each."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, float]] = {}
        self._start, self._spent = time.perf_counter(), time.process_time()

    def ended(self, name: str) -> None:
        """The stage that began when the one before ended."""
        now, spent = time.perf_counter(), time.process_time()
        self.found[name] = {
            "seconds": round(now - self._start, 2),
            "processor": round(spent - self._spent, 2),
            "mb": peak_mb(),
        }
        self._start, self._spent = now, spent


def measure_chain(size: int) -> dict[str, Any]:
    """Each stage of founding, entering and one round, and what the round came to."""
    stages = Stages()

    def say(text: str) -> None:
        if name := next((name for words, name in _SAID.items() if words in text), ""):
            stages.ended(name)

    with tempfile.TemporaryDirectory() as name, LocalChain(Path(name)) as local:
        store = ContentStore(f"{name}/content")
        world = build_world(
            crowded(size),
            local.connect(),
            store,
            Path(name),
            sha256(b"scale chain"),
            lambda actors: local.fund([key.address for key in actors.accounts]),
            say,
        )
        stages.ended("founded")
        return {**_round(world, store, stages), "stages": stages.found}


_SAID = {
    "contracts of the network deployed": "deployed",
    "devices listed": "registered",
    "model is launched": "launched",
    "owners accepted": "accepted",
    "packets verified and kept": "taken",
    "batches entered in the registry by": "entered",
}
"""What `build_world` says at the end of a stage."""


def _round(world: World, store: ContentStore, stages: Stages) -> dict[str, Any]:
    model, first = world.model, world.first_plan()
    manager = model.round_manager
    apps = [contributor_app(lambda _, own=member.contributor: own) for member in world.members]
    grid = LocalGrid(LocalNode(app, {}) for app in apps)
    coordinator = Coordinator(world.actors.coordinator, model, store, grid, Waiting(time.monotonic, time.sleep))
    asked: list[str] = []
    world.chain.tell(lambda method, _, __: asked.append(method))
    budget = BaseUnits(min(1_000 * TOKEN, model.pool.accrued() - model.pool.minted()))
    plan = next_plan(
        first,
        world.scenario.task,
        number=1,
        version=first.version,
        state=first.state,
        budget=budget,
        deadline=world.chain.block_time() + _ROUND_SECONDS,
    )
    coordinator.run_round(plan)
    stages.ended("collected")
    validators = [Validator(key, model, store) for key in world.actors.validators]
    while manager.round_of(1).status != Status.FINALISED:
        for validator in validators:
            validator.step()
    stages.ended("attested")
    questions, settled = len(asked), manager.round_of(1)
    earned = current_history(model, store).earned
    claimed = list(earned)[:CLAIMS]
    gas = [claim(model, store, world.actors.consumer, account)[1].gas_used for account in claimed]
    stages.ended("claimed")
    spent = world.chain.gas_spent_on(manager.contract, settled.opened_block, settled.settled_block)
    return {
        "paid": len(earned),
        "claims": len(claimed),
        "claim_gas": max(gas, default=0),
        "settle_gas": spent,
        "questions": questions,
        "entered": sum(member.entry_gas[1] for member in world.members),
    }


def crowded(size: int) -> Scenario:
    """New York's weather every three hours, and so many honest owners with a week each; none audited."""
    scenario = weather_16()
    dataset = replace(scenario.dataset, series=tuple(map(_thinned, scenario.dataset.series)))
    weeks, sites = sorted(scenario.training_weeks), len(dataset.series)
    owners = tuple(
        Participant(
            number,
            f"owner-{number}",
            Kind.HONEST,
            number % sites,
            frozenset({weeks[number // sites % len(weeks)]}),
            noise=20,
        )
        for number in range(size)
    )
    return replace(scenario, dataset=dataset, participants=owners, rounds=1)


def _thinned(series: Series) -> Series:
    kept = series.timestamps // _SECONDS % HOURS == 0
    values = {name: column[kept] for name, column in series.values.items()}
    return replace(series, timestamps=np.asarray(series.timestamps[kept]), values=values)
