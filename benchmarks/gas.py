"""Gas on the embedded chain: a settled round with 15 and with 150 contributors, and what single steps cost.

The two networks differ only in their size: the same sites' worth of measurements, dealt to more owners. Validators
run in this process, so that no two race for the same step. Ends in one JSON line.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import numpy as np

from andel.content import ContentStore
from andel.hashing import sha256
from andel.ledger.round_state import Status
from andel.roles.coordinator import Coordinator
from andel.roles.founder import next_plan, publish_reference
from andel.roles.gateway import publish_version
from andel.roles.holder import claim, current_history
from andel.roles.validator import Validator
from andel.serving.compile import execution_gas
from andel.serving.evaluate import pack_question
from andel.simulation.local_chain import LocalChain
from andel.simulation.scenario import Scenario, TableChoice, table_scenario
from andel.simulation.series import ChannelSpec, Dataset, Series
from andel.simulation.world import World, build_world
from andel.training.client_app import contributor_app
from andel.training.grid import LocalGrid, LocalNode
from andel.training.rounds import Waiting
from andel.units import TOKEN, BaseUnits

ROUNDS = 2
WEEKS = 13
IOTEX_GAS_PER_BYTE_FLOOR = 250


def main() -> None:
    """Measures both sizes and prints."""
    small = measure(sites=5, owners=3)
    large = measure(sites=15, owners=10)
    figures = {
        "settle_15": small["settle"],
        "settle_150": large["settle"],
        "difference": abs(small["settle"] - large["settle"]),
        **{name: large[name] for name in ("batch", "claim_first", "claim_repeated", "predict", "predict_execution")},
    }
    print(json.dumps(figures))


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


def measure(sites: int, owners: int) -> dict[str, int]:
    """Gas of one network's second round, and of single steps after it."""
    scenario = synthetic_scenario(sites, owners)
    with tempfile.TemporaryDirectory() as name, LocalChain(Path(name)) as local:
        store = ContentStore(f"{name}/content")
        world = build_world(
            scenario,
            local.connect(),
            store,
            Path(name),
            sha256(b"gas"),
            lambda actors: local.fund([key.address for key in actors.accounts]),
            lambda _: None,
        )
        settle = _rounds(world, store)
        publish_reference(store, world.founded)
        return {"settle": settle, **_steps(world, store)}


def _rounds(world: World, store: ContentStore) -> int:
    model, first = world.model, world.first_plan()
    grid = LocalGrid(LocalNode(contributor_app(lambda _, own=member.contributor: own), {}) for member in world.members)
    coordinator = Coordinator(world.actors.coordinator, model, store, grid, Waiting(time.monotonic, time.sleep))
    validators = [Validator(key, model, store) for key in world.actors.validators]
    version, state, gas = first.version, first.state, 0
    for number in range(1, ROUNDS + 1):
        deadline = world.chain.block_time() + 86_400
        budget = BaseUnits(100 * TOKEN)
        plan = next_plan(first, number=number, version=version, state=state, budget=budget, deadline=deadline)
        coordinator.run_round(plan)
        while model.round_manager.round_of(number).status != Status.FINALISED:
            for validator in validators:
                validator.step()
        settled = model.round_manager.round_of(number)
        version, state = settled.version_hash, settled.state_hash
        gas = world.chain.gas_spent_on(model.round_manager.contract, settled.opened_block, settled.settled_block)
    return gas


def _steps(world: World, store: ContentStore) -> dict[str, int]:
    model = world.model
    account = next(iter(current_history(model, store).earned))
    _, first = claim(model, store, world.actors.consumer, account)
    _, repeated = claim(model, store, world.actors.consumer, account)
    published = publish_version(world.actors.founder, model, store, world.founded.task)
    question = pack_question(np.full(published.file.inputs, 128, np.uint8), 0)
    assert model.prediction_log is not None
    _, asked = model.prediction_log.ask(world.actors.consumer, question)
    entered = sum(member.entry_gas[1] for member in world.members)
    return {
        "batch": sum(member.entry_gas[0] for member in world.members) // entered,
        "claim_first": first.gas_used,
        "claim_repeated": repeated.gas_used,
        "predict": asked.gas_used,
        "predict_execution": execution_gas(published.code),
    }


if __name__ == "__main__":
    main()
