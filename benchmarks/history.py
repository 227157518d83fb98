"""A recorded history trained and settled again: what each setting of benchmarks/replay.py runs in a process of its own.

Takes a recorded history and the seed of an order of arrival. Every update is trained again from its contributor's rows
and must be the signed one; every round is settled with commitments, openings, registry entries and updates in a
shuffled order, on the version and the state that this process itself came to. Prints one JSON line: the hash over all
of it, and which BLAS did it. Imports the rooms up to value, and nothing of a chain.
"""

from __future__ import annotations

import ctypes
import json
import pickle
import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from andel.content import ContentStore, cid_of_digest
from andel.data.policy import parse_policy
from andel.encoding import canonical_json
from andel.hashing import sha256
from andel.training.engine import genesis_parameters, train_update
from andel.training.task import Task
from andel.training.updates import decode_version, encode_update
from andel.units import Address, Digest
from andel.value.history import EMPTY_HISTORY
from andel.value.manifest import RoundEvidence, read_disclosed, read_evidence, read_former
from andel.value.reference import ReferenceSet, open_reference
from andel.value.settle import ChainFacts, settle

Rows = Mapping[Address, tuple[bytes, tuple[int, ...]]]
"""What each contributor trains on: codes row by row, and changes."""


@dataclass(frozen=True, slots=True)
class RecordedModel:
    """A model's finished rounds: where their evidence lies, what the chain said, and what only contributors hold."""

    store: str
    rounds: tuple[tuple[Digest, ChainFacts], ...]
    reference_packets: bytes
    rows: Rows


def main() -> None:
    """Replays and prints; without a recorded history it only says which BLAS it has."""
    if len(sys.argv) == 1:
        print(json.dumps(blas() | {"floats": floats()}))
        return
    recorded, order = Path(sys.argv[1]), int(sys.argv[2])
    models: list[RecordedModel] = pickle.loads(recorded.read_bytes())  # written by replay.py a moment ago
    said = {"history": sha256(*(replayed(model, random.Random(order)) for model in models)).hex(), "order": order}
    print(json.dumps(said | {"numpy": np.__version__, "floats": floats()} | blas()))


def replayed(model: RecordedModel, order: random.Random) -> Digest:
    """One hash over all rounds of a model."""
    store, history, parameters, digest = ContentStore(model.store), EMPTY_HISTORY, None, Digest(bytes(32))
    reference: ReferenceSet | None = None
    for evidence_hash, facts in model.rounds:
        evidence = read_evidence(store, evidence_hash, "recorded round")
        plan, task = evidence.plan, evidence.task
        before = parameters or genesis_parameters(task)
        if reference is None:
            reference = open_reference(plan, task, store.get(plan.reference.batches), model.reference_packets)
        trained = _trained(evidence, before, facts.first_seed, model.rows)
        report = settle(
            plan,
            task,
            before,
            order.sample(evidence.commitments, len(evidence.commitments)),
            dict(order.sample(sorted(evidence.openings.items()), len(evidence.openings))),
            replace(facts, entries=dict(order.sample(sorted(facts.entries.items()), len(facts.entries)))),
            order.sample(evidence.updates, len(evidence.updates)),
            history,
            reference,
            parse_policy(store.get(cid_of_digest(plan.policy))),
            former=read_former(store, plan, task, history),
            disclosed=read_disclosed(store, history, evidence.disclosures, "recorded round"),
        )
        history, parameters = report.history, decode_version(report.version, task)
        attested = report.attestation(plan, facts.updates_root, evidence_hash)
        attested |= {"scores": [str(value.score) for value in report.contributors], "gain": str(report.gain)}
        attested |= {"aggregate": report.aggregate_hash, "step": report.step, "noise": str(report.noise)}
        digest = sha256(digest, trained, canonical_json({name: _plain(value) for name, value in attested.items()}))
    return digest


def _trained(evidence: RoundEvidence, parameters: Any, seed: Digest, rows: Rows) -> Digest:
    """One hash over all updates, trained again; ends the process when one is not what its contributor signed."""
    hashes = []
    for update in evidence.updates:
        codes, change = _arrays(rows, update.contributor, evidence.task)
        given = {"number": evidence.plan.round, "seed": seed, "contributor": update.contributor}
        again = train_update(evidence.task, parameters, codes, change, **given)
        hashes.append(sha256(encode_update(again, evidence.task)))
        if hashes[-1] != update.update_hash:
            raise SystemExit(f"round {evidence.plan.round}: {update.contributor} did not train what it signed")
    return sha256(*sorted(hashes))


def _arrays(rows: Rows, contributor: Address, task: Task) -> tuple[Any, Any]:
    codes, change = rows[contributor]
    return np.frombuffer(codes, np.uint8).reshape(-1, len(task.features)), np.array(change, np.int64)


def _plain(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else str(value)


def floats() -> str:
    """The control: a product of fractions, which does depend on kernel and threads."""
    drawn = np.random.default_rng(12)
    return sha256((drawn.normal(size=(700, 900)) @ drawn.normal(size=(900, 800))).tobytes()).hex()[:16]


def blas() -> dict[str, object]:
    """Kernel and threads of NumPy's own OpenBLAS, as it says itself; empty where NumPy was built with another BLAS."""
    found = sorted(Path(np.__file__).parent.parent.glob("numpy.libs/*openblas*"))
    if not found:
        return {}
    library = ctypes.CDLL(str(found[0]))
    name = library.scipy_openblas_get_corename64_
    name.restype = ctypes.c_char_p
    return {"kernel": name().decode(), "threads": library.scipy_openblas_get_num_threads64_()}


if __name__ == "__main__":
    main()
