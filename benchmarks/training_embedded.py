"""Part of `benchmarks/training.py`: whole rounds on one machine, settled on the embedded chain (anvil).

Real contributors with signed packets, a real coordinator, and three real validators in this process: a round is from
its opening to its finalise, with twelve transactions.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from training_rounds import weather_16

from andel.content import ContentStore
from andel.ledger.round_state import Status
from andel.roles.coordinator import Coordinator
from andel.roles.founder import next_plan
from andel.roles.validator import Validator
from andel.simulation.local_chain import LocalChain
from andel.simulation.world import build_world
from andel.training.client_app import contributor_app
from andel.training.grid import LocalGrid, LocalNode
from andel.training.rounds import Waiting
from andel.units import TOKEN, BaseUnits

WARM_UP = 2


def measure_embedded(rounds: int) -> dict[str, Any]:
    """Milliseconds of a round, by wall and by this process's processor, and its parts; medians after the first two."""
    found: list[tuple[float, float, float, float]] = []
    with tempfile.TemporaryDirectory() as name, LocalChain(Path(name)) as local:
        folder, store = Path(name), ContentStore(f"{name}/content")
        world = build_world(
            weather_16(),
            local.connect(),
            store,
            folder,
            b"bench",
            lambda actors: local.fund(key.address for key in actors.accounts),
            lambda _: None,
        )
        model, first = world.model, world.first_plan()
        apps = [contributor_app(lambda _, own=member.contributor: own) for member in world.members]
        grid, waiting = LocalGrid(LocalNode(app, {}) for app in apps), Waiting(time.monotonic, time.sleep)
        coordinator = Coordinator(world.actors.coordinator, model, store, grid, waiting)
        validators = [Validator(key, model, store) for key in world.actors.validators]
        version, state = first.version, first.state
        for number in range(1, rounds + WARM_UP + 1):
            budget = BaseUnits(min(10 * TOKEN, model.pool.accrued() - model.pool.minted()))
            deadline = world.chain.block_time() + 86_400
            plan = next_plan(
                first,
                world.scenario.task,
                number=number,
                version=version,
                state=state,
                budget=budget,
                deadline=deadline,
            )
            asked: list[str] = []
            world.chain.tell(lambda method, _, __, seen=asked: seen.append(method))
            start, spent = time.perf_counter(), time.process_time()
            coordinator.run_round(plan)
            closed = time.perf_counter()
            settled = _settled(model.round_manager, validators, number)
            end = time.perf_counter()
            found.append((end - start, closed - start, time.process_time() - spent, len(asked)))
            version, state = settled.version_hash, settled.state_hash
    wall, collected, processor, requests = (median(column) for column in zip(*found[WARM_UP:], strict=True))
    return {
        "embedded_round_ms": round(1_000 * wall, 1),
        "embedded_until_close_ms": round(1_000 * collected, 1),
        "embedded_processor_ms": round(1_000 * processor, 1),
        "embedded_best_ms": round(1_000 * min(item[0] for item in found), 1),
        "embedded_requests": int(requests),
    }


def _settled(manager: Any, validators: list[Validator], number: int) -> Any:
    while not any([validator.step() for validator in validators]) or True:
        state = manager.round_of(number)
        if state.status == Status.FINALISED:
            return state
