"""Prints, as JSON, hashes of a finished run's rounds settled again from its content store and its chain.

Run as a module in a process of its own: `STORE RPC MODEL [SHUFFLE]`. BLAS chooses its threads when it is loaded, from
the environment. With a SHUFFLE seed, commitments, openings and updates are given to `settle` in another order.
"""

from __future__ import annotations

import ctypes
import json
import random
import sys
from pathlib import Path

import numpy as np

from andel.content import ContentStore, cid_of_digest
from andel.data.policy import EVERYWHERE
from andel.hashing import sha256
from andel.keys import parse_address
from andel.ledger.connection import Chain
from andel.ledger.deployment import ModelContracts, find_model
from andel.roles.chain_facts import chain_facts, read_round
from andel.roles.replay import read_history
from andel.training.updates import decode_version
from andel.value.manifest import read_disclosed, read_evidence, read_former
from andel.value.reference import open_reference
from andel.value.report import ValueReport
from andel.value.settle import settle
from tests.support.reports import report_bytes


def replayed(store: ContentStore, model: ModelContracts, number: int, order: random.Random | None) -> ValueReport:
    """The verdict on a round, its evidence in the manifest's order or in another."""
    on_chain = read_round(model, number)
    evidence = read_evidence(store, on_chain.state.evidence_hash, f"round {number}")
    plan, task = evidence.plan, evidence.task
    commitments, updates = list(evidence.commitments), list(evidence.updates)
    openings = list(evidence.openings.items())
    if order is not None:
        for items in (commitments, updates, openings):
            order.shuffle(items)
    reference = open_reference(plan, task, store.get(plan.reference.batches), store.get(plan.reference.packets))
    parameters = decode_version(store.get(cid_of_digest(plan.version)), task)
    facts, history = chain_facts(model, plan, on_chain, commitments), read_history(store, plan)
    return settle(
        plan,
        task,
        parameters,
        commitments,
        dict(openings),
        facts,
        updates,
        history,
        reference,
        EVERYWHERE,
        former=read_former(store, plan, task, history),
        disclosed=read_disclosed(store, history, evidence.disclosures, f"round {number}"),
    )


def threads() -> int:
    """Threads of NumPy's own OpenBLAS; 0 where NumPy was built with another BLAS."""
    found = sorted(Path(np.__file__).parent.parent.glob("numpy.libs/*openblas*"))
    return int(ctypes.CDLL(str(found[0])).scipy_openblas_get_num_threads64_()) if found else 0


def main() -> None:
    """Writes the hashes to standard output."""
    store, url, address, *seed = sys.argv[1:]
    chain = Chain.connect(url)
    model = find_model(chain, parse_address(address))
    order = random.Random(seed[0]) if seed else None
    reports = [
        replayed(ContentStore(store), model, number, order)
        for number in range(1, model.round_manager.rounds_count() + 1)
    ]
    chain.close()
    said = {
        "reports": [sha256(report_bytes(report)).hex() for report in reports],
        "aggregate": [report.aggregate_hash.hex() for report in reports],
        "value": [report.value_root.hex() for report in reports],
        "threads": threads(),
    }
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
