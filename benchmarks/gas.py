"""Gas on the embedded chain, and on IoTeX by its rules: a model's ownership, its rounds, and two real networks.

One table of transactions (ownership_gas.py, round_gas.py); then a settled round with 15 and with 150 contributors.
The two networks differ only in their size: the same sites' worth of measurements, dealt to more owners. Validators
run in this process, so that no two race for the same step. Ends in one JSON line: gas by name, `iotx` the same in
IoTeX's coin at its least price.
"""

from __future__ import annotations

import json
import sys
import tempfile
from itertools import islice
from pathlib import Path

import numpy as np
from gas_meter import figures, table
from ownership_gas import ownership_rows
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

ROUNDS_MAX, NETWORKS_MAX = 5, 10
"""Rounds of a network, and networks, that are tried; a round that gains less than its noise mints nothing and is
cheaper, and here that is half of all second rounds."""


def main() -> None:
    """Prints the table, measures both sizes (with `--rows` none), and prints the line."""
    rows, node = ownership_rows()
    print("\n".join([*table(rows), f"\nMeasured on {node}; IOTX at 1 Qev a gas, IoTeX's least."]))
    networks = {} if "--rows" in sys.argv[1:] else networks_figures()
    print(json.dumps({**figures(rows), **networks}))


def networks_figures() -> dict[str, int]:
    """Gas of both networks' rounds, and of single steps in the larger one."""
    small = measure(sites=5, owners=3)
    large = measure(sites=15, owners=10)
    return {
        "settle_15": small["settle"],
        "settle_150": large["settle"],
        "difference": abs(small["settle"] - large["settle"]),
        **{name: large[name] for name in ("batch", "claim_first", "claim_repeated", "predict", "predict_execution")},
    }


def measure(sites: int, owners: int) -> dict[str, int]:
    """Gas of a network's second round that mints, and of single steps after it; seeds differ from run to run."""
    for _ in range(NETWORKS_MAX):
        found = _measure_one(sites, owners)
        if found is not None:
            return found
    raise AssertionError(f"no network of {NETWORKS_MAX} minted twice in {ROUNDS_MAX} rounds")


def _measure_one(sites: int, owners: int) -> dict[str, int] | None:
    scenario = synthetic_scenario(sites, owners)
    with tempfile.TemporaryDirectory() as name, LocalChain(Path(name)) as local:
        store = ContentStore(f"{name}/content")
        world = found_network(scenario, local, store, Path(name), sha256(b"gas"))
        minting = (state for state in islice(settled_rounds(world, store), ROUNDS_MAX) if state.minted)
        _, settled = next(minting, None), next(minting, None)  # the first writes storage that was zero
        if settled is None:
            return None
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
