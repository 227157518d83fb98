"""Gas on the embedded chain: a settled round with 15 and with 150 contributors, and what single steps cost.

The two networks differ only in their size: the same sites' worth of measurements, dealt to more owners. Validators
run in this process, so that no two race for the same step. With the figures of ownership_gas.py. Ends in one JSON line.
"""

from __future__ import annotations

import json
import tempfile
from itertools import islice
from pathlib import Path

import numpy as np
from ownership_gas import ownership_figures
from small_network import found_network, settled_rounds, synthetic_scenario

from andel.content import ContentStore
from andel.hashing import sha256
from andel.roles.founder import publish_reference
from andel.roles.gateway import publish_version
from andel.roles.holder import claim, current_history
from andel.serving.compile import execution_gas
from andel.serving.evaluate import pack_question
from andel.simulation.local_chain import LocalChain
from andel.simulation.world import World

ROUNDS_MAX = 10
"""Rounds that are tried; one that gains less than its noise mints nothing and is cheaper."""


def main() -> None:
    """Measures both sizes and prints."""
    small = measure(sites=5, owners=3)
    large = measure(sites=15, owners=10)
    figures = {
        **ownership_figures(),
        "settle_15": small["settle"],
        "settle_150": large["settle"],
        "difference": abs(small["settle"] - large["settle"]),
        **{name: large[name] for name in ("batch", "claim_first", "claim_repeated", "predict", "predict_execution")},
    }
    print(json.dumps(figures))


def measure(sites: int, owners: int) -> dict[str, int]:
    """Gas of one network's second round that mints, and of single steps after it."""
    scenario = synthetic_scenario(sites, owners)
    with tempfile.TemporaryDirectory() as name, LocalChain(Path(name)) as local:
        store = ContentStore(f"{name}/content")
        world = found_network(scenario, local, store, Path(name), sha256(b"gas"))
        minting = (state for state in islice(settled_rounds(world, store), ROUNDS_MAX) if state.minted)
        next(minting)  # writes storage that was zero
        settled = next(minting)
        contract = world.model.round_manager.contract
        settle = world.chain.gas_spent_on(contract, settled.opened_block, settled.settled_block)
        publish_reference(store, world.founded)
        return {"settle": settle, **_steps(world, store)}


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
