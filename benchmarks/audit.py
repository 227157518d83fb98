"""How fast a whole audit is, beside the least it can cost: the bare signature checks and the bare settling of the same
rounds.

Runs a small network for some rounds on the embedded chain and publishes it, then audits it as `andel audit` does: in
one process, in as many as there are cores, and again from the checkpoint. The limit is measured in the same run: every
reference packet verified once by the bare curve library, and every round settled from values in memory, which verifies
what was opened. Says where the time goes: signatures, settling, the node's answers, the store. Ends in one JSON line;
times are medians of `--turns`, the turns interleaved.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from small_network import found_network, run_rounds, synthetic_scenario

from andel.content import ContentStore
from andel.data.bundle import unpack_packets
from andel.device.envelope import TAG, read_envelope
from andel.hashing import sha256
from andel.keys import verify_signature
from andel.ledger.deployment import ModelContracts, find_model
from andel.ledger.transcript import ask_again, listening
from andel.roles.auditing.checkpoint import Checkpoint
from andel.roles.auditor import Audit, AuditOptions, Source, audit
from andel.roles.chain_facts import chain_facts, read_round
from andel.roles.founder import publish_reference
from andel.roles.replay import read_history, read_policy
from andel.simulation.local_chain import LocalChain
from andel.simulation.world import World
from andel.training.updates import decode_version
from andel.value.manifest import read_disclosed, read_evidence, read_former
from andel.value.reference import open_reference
from andel.value.settle import settle

KEY = slice(len(TAG) + 1, len(TAG) + 34)
"""Where an envelope carries its public key."""

Check = tuple[bytes, bytes, bytes]
"""Digest, signature, public key."""


def main() -> None:
    """Records, audits, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--sites", type=int, default=4)
    parser.add_argument("--owners", type=int, default=6)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, LocalChain(Path(name)) as local:
        store = ContentStore(f"{name}/content")
        scenario = synthetic_scenario(options.sites, options.owners)
        world = found_network(scenario, local, store, Path(name), sha256(b"audit"))
        run_rounds(world, store, options.rounds)
        publish_reference(store, world.founded)
        print(json.dumps(measure(world, store, Path(name), options.rounds, options.turns)))


def measure(world: World, store: ContentStore, folder: Path, rounds: int, turns: int) -> dict[str, object]:
    """All figures of one recorded network."""
    model = find_model(world.chain, world.model.round_manager.address)
    cores, path = os.cpu_count() or 1, folder / "checkpoint.jsonl"
    source = Source(world.chain.url, model.round_manager.address, store.url)

    def run(processes: int, checkpoint: Checkpoint | None = None) -> Audit:
        options = AuditOptions(
            processes=processes, source=source, checkpoint=checkpoint, keep_reports=False, alone=1, worth_seconds=0.0
        )
        found = audit(model, store, None, options)
        if not found.ok:
            raise SystemExit(f"the audit does not hold: {found.failure}")
        return found

    settles, opened, reference = bare_work(model, store, rounds)
    found, resumed = run(1), run(1, Checkpoint(path)) and run(1, Checkpoint(path))
    if resumed.resumed != rounds:
        raise SystemExit(f"{resumed.resumed} of {rounds} rounds were resumed")
    with listening(model.round_manager.chain) as heard:
        run(1)
    questions = heard.questions
    jobs: dict[str, Callable[[], object]] = {
        "one_process": lambda: run(1),
        "all_cores": lambda: run(cores),
        "resumed": lambda: run(1, Checkpoint(path)),
        "opened": lambda: [verify_signature(*check) for check in opened],
        "reference": lambda: [verify_signature(*check) for check in reference],
        "settle": lambda: [job() for job in settles],
        "node": lambda: ask_again(world.chain, questions),
        "objects": lambda: [store.get(cid) for cid in store.cids()],
    }
    times = _medians(jobs, turns)
    limit = times["settle"] + times["reference"]
    return {
        "rounds": rounds,
        "contributors": len(world.members),
        "packets": found.checked.packets,
        "cores": cores,
        "seconds_per_round": round(min(times["one_process"], times["all_cores"]) / rounds, 4),
        "seconds": round(times["one_process"], 3),
        "all_cores_seconds": round(times["all_cores"], 3),
        "resumed_seconds": round(times["resumed"], 3),
        "limit_seconds": round(limit, 3),
        "ratio_to_limit": round(times["one_process"] / limit, 2),
        "signature_seconds": round(times["opened"] + times["reference"], 3),
        "settle_seconds": round(times["settle"], 3),
        "node_seconds": round(times["node"], 3),
        "node_questions": len(questions),
        "store_seconds": round(times["objects"], 3),
    }


def bare_work(
    model: ModelContracts, store: ContentStore, rounds: int
) -> tuple[list[Callable[[], object]], list[Check], list[Check]]:
    """For each round its settling from values in memory; the checks of opened packets, and of reference packets."""
    settles: list[Callable[[], object]] = []
    opened: list[Check] = []
    reference = None
    for number in range(1, rounds + 1):
        on_chain = read_round(model, number)
        evidence = read_evidence(store, on_chain.state.evidence_hash, f"round {number}")
        plan, task = evidence.plan, evidence.task
        packets = store.get(plan.reference.packets)
        reference = reference or open_reference(plan, task, store.get(plan.reference.batches), packets)
        parameters = decode_version(store.get_digest(plan.version), task)
        facts = chain_facts(model, plan, on_chain, evidence.commitments)
        history, policy = read_history(store, plan), read_policy(store, plan)
        inputs = (plan, task, parameters, evidence.commitments, evidence.openings, facts, evidence.updates)
        former = read_former(store, plan, task, history)
        disclosed = read_disclosed(store, history, evidence.disclosures, f"round {number}")
        settles.append(partial(settle, *inputs, history, reference, policy, evidence.conflicts, former, disclosed))
        opened += [check for data in evidence.openings.values() for check in _opened_checks(data)]
    return settles, opened, [_check(raw) for raw in unpack_packets(packets)]


def _opened_checks(data: bytes) -> list[Check]:
    return [_check(base64.b64decode(item["packet"])) for item in json.loads(data)["openings"]]


def _check(raw: bytes) -> Check:
    return read_envelope(raw).digest, raw[-64:], raw[KEY]


def _medians(jobs: Mapping[str, Callable[[], object]], turns: int) -> dict[str, float]:
    """Median seconds of each job over turns, which are interleaved."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(turns):
        for name, job in jobs.items():
            started = time.perf_counter()
            job()
            times[name].append(time.perf_counter() - started)
    return {name: statistics.median(found) for name, found in times.items()}


if __name__ == "__main__":
    main()
