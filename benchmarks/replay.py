"""One recorded round, settled again over threads and orders of arrival: every setting must give the same hashes.

Runs a small network for two rounds, keeps the second round's evidence, and settles it again in processes of their own
with one and with two BLAS threads, each with the updates, commitments and openings in several shuffled orders. Ends in
one JSON line.
"""

from __future__ import annotations

import json
import os
import pickle
import random
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from small_network import run_rounds, synthetic_scenario

from andel.content import ContentStore
from andel.data.policy import EVERYWHERE
from andel.hashing import sha256
from andel.roles.chain_facts import chain_facts, read_round
from andel.roles.replay import read_former, read_history
from andel.simulation.local_chain import LocalChain
from andel.simulation.world import World, build_world
from andel.training.updates import decode_version
from andel.value.manifest import read_evidence
from andel.value.reference import open_reference
from andel.value.settle import settle

ORDERS = 5
THREADS = (1, 2)
"""BLAS threads of the processes that settle."""


def main() -> None:
    """Records, settles again everywhere, prints."""
    if len(sys.argv) > 1:
        print(json.dumps(_settle_shuffled(Path(sys.argv[1]))))
        return
    with tempfile.TemporaryDirectory() as name:
        recorded = Path(name) / "round.pickle"
        _record(Path(name), recorded)
        found = [hashes for threads in THREADS for hashes in _settle_with(threads, recorded)]
    distinct = {tuple(hashes) for hashes in found}
    print(json.dumps({"settings": len(found), "hashes": len(distinct), "aggregate": found[0][0], "value": found[0][1]}))
    if len(distinct) != 1:
        raise SystemExit(1)


def _settle_with(threads: int, recorded: Path) -> list[list[str]]:
    environment = os.environ | {"OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    command = [sys.executable, __file__, str(recorded)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    hashes: list[list[str]] = json.loads(done.stdout)
    return hashes


def _settle_shuffled(recorded: Path) -> list[list[str]]:
    arguments = pickle.loads(recorded.read_bytes())  # written by this program a moment ago
    plan, task, parameters, commitments, openings, chain, updates, history, reference, former = arguments
    hashes = []
    for order in range(ORDERS):
        shuffle = random.Random(order).sample
        report = settle(
            plan,
            task,
            parameters,
            shuffle(commitments, len(commitments)),
            dict(shuffle(sorted(openings.items()), len(openings))),
            replace(chain, entries=dict(shuffle(sorted(chain.entries.items()), len(chain.entries)))),
            shuffle(updates, len(updates)),
            history,
            reference,
            EVERYWHERE,
            former=former,
        )
        hashes.append([report.aggregate_hash.hex(), report.value_root.hex()])
    return hashes


def _record(folder: Path, path: Path) -> None:
    with LocalChain(folder) as local:
        store = ContentStore(f"{folder}/content")
        world = build_world(
            synthetic_scenario(3, 4),
            local.connect(),
            store,
            folder,
            sha256(b"replay"),
            lambda actors: local.fund([key.address for key in actors.accounts]),
            lambda _: None,
        )
        path.write_bytes(pickle.dumps(_second_round(world, store)))


def _second_round(world: World, store: ContentStore) -> tuple[object, ...]:
    model = world.model
    settled = run_rounds(world, store)
    evidence = read_evidence(store, settled.evidence_hash, "round 2")
    plan, task = evidence.plan, evidence.task
    facts = chain_facts(model, plan, read_round(model, 2), evidence.commitments)
    reference = open_reference(plan, task, store.get(plan.reference.batches), world.founded.packets)
    parameters = decode_version(store.get_digest(plan.version), task)
    history = read_history(store, plan)
    former = read_former(store, plan, task, history)
    given = evidence.commitments, evidence.openings, facts, evidence.updates
    return plan, task, parameters, *given, history, reference, former


if __name__ == "__main__":
    main()
