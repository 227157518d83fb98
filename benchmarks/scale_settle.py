"""Part of `benchmarks/scale.py`: settling and valuing two rounds of so many contributors, as a validator that begins.

`make` plays contributors and coordinator: each owner has a device with a day of 24 signed packets in one batch; all is
committed, opened by seed 1, signed and written to a directory. Updates are drawn: a trained one of the twelve weather
owners, altered. `settle` is another process that has nothing but that directory and the chain's word: it reads the
evidence, verifies every signature, opened packet and update, values and settles. In round 1 all sets are opened, as
they are once in many rounds; round 2 builds on that and is the usual one. Both processes must come to one attestation.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from training_aggregate import peak_mb
from training_rounds import weather_16

from andel.content import ContentStore, digest_of_cid
from andel.data.batch import Batch, batches_object, make_batch
from andel.data.openings import make_openings
from andel.data.policy import EVERYWHERE
from andel.device.epochs import CURRENT
from andel.device.packets import reread_packet
from andel.hashing import sha256
from andel.keys import AccountKey, DeviceKey, derive_secret
from andel.simulation.devices import SimulatedDevice
from andel.simulation.offchain_rounds import OffchainRounds, found_offchain
from andel.simulation.scenario import Scenario
from andel.training.integer_mlp import IntArray
from andel.training.result import RoundResult, commitments_root, sign_commitment, sign_update, updates_root
from andel.training.updates import decode_version, encode_update
from andel.units import Address, Digest, day_of
from andel.value.history import EMPTY_HISTORY
from andel.value.manifest import read_evidence, write_commitments, write_manifest
from andel.value.proof import registry_entry
from andel.value.reference import ReferenceSet
from andel.value.report import ValueReport
from andel.value.settle import ChainFacts, settle

ROUNDS = 2
_ENTERED = 1
_OPENED = 2**40
_FACTS = "facts"


@dataclass(frozen=True, slots=True)
class Owner:
    """One contributor: its key, its batch, and the list of it as it is committed."""

    key: AccountKey
    batch: Batch
    batches: bytes


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed round as a validator finds it: evidence by its hash, and what the chain says of it."""

    evidence: Digest
    facts: ChainFacts
    attested: dict[str, object]


@dataclass(frozen=True, slots=True)
class Told:
    """What the settling process is given beside the directory."""

    rounds: tuple[Closed, ...]
    parameters: list[IntArray]
    reference: ReferenceSet


def make(folder: Path, size: int) -> dict[str, Any]:
    """Two closed rounds in `folder`; seconds that signing, opening and writing took."""
    scenario = weather_16()
    rounds = found_offchain(scenario, b"scale")
    rounds = replace(rounds, history=EMPTY_HISTORY, plan=replace(rounds.plan, state=EMPTY_HISTORY.hash))
    first, reference = rounds.parameters, rounds.reference
    started, spent = time.perf_counter(), time.process_time()
    owners = [_owner(scenario, number) for number in range(size)]
    packed = time.process_time() - spent
    store = ContentStore(str(folder / "content"))
    store.put(rounds.task.to_bytes())
    closed = tuple(_play(rounds, store, owners) for _ in range(ROUNDS))
    (folder / _FACTS).write_bytes(pickle.dumps(Told(closed, first, reference)))
    seconds = time.perf_counter() - started
    return {"make_seconds": round(seconds, 2), "packets_processor": round(packed, 2), "make_mb": peak_mb()}


def settle_rounds(folder: Path) -> dict[str, Any]:
    """Wall and processor seconds of both rounds, the parts of each, and the peak of memory."""
    told: Told = pickle.loads((folder / _FACTS).read_bytes())
    store, before = ContentStore(str(folder / "content")), peak_mb()
    history, former, parameters = EMPTY_HISTORY, dict[Digest, list[IntArray]](), told.parameters
    found: dict[str, Any] = {"mb_before": before}
    for name, closed in zip(("opened", "settled"), told.rounds, strict=True):
        started, spent = time.perf_counter(), time.process_time()
        evidence = read_evidence(store, closed.evidence, "round")
        read = time.process_time() - spent
        report = settle(
            evidence.plan,
            evidence.task,
            parameters,
            evidence.commitments,
            evidence.openings,
            closed.facts,
            evidence.updates,
            history,
            told.reference,
            EVERYWHERE,
            former=[former[version] for version in history.versions],
        )
        attested = report.attestation(evidence.plan, closed.facts.updates_root, closed.evidence)
        store.put(report.version)
        store.put(report.history.to_bytes())
        found |= {
            f"{name}_seconds": round(time.perf_counter() - started, 3),
            f"{name}_processor": round(time.process_time() - spent, 3),
            f"{name}_read_processor": round(read, 3),
            f"{name}_packets": report.packets_checked,
            f"{name}_paid": sum(item.share > 0 for item in report.contributors),
        }
        if attested != closed.attested or any(not item.weight for item in report.contributors):
            raise SystemExit(f"the {name} round comes to another verdict than its maker's, or leaves somebody out")
        former[evidence.plan.version] = parameters
        parameters, history = decode_version(report.version, evidence.task), report.history
        del evidence, report
    return {**found, "mb": peak_mb()}


def _owner(scenario: Scenario, number: int) -> Owner:
    site = number % len(scenario.dataset.series)
    series, days = scenario.dataset.series[site], [day for low, high in scenario.trained for day in range(low, high)]
    day = days[number // len(scenario.dataset.series) % len(days)]
    inside = series.timestamps // 86_400 == day
    values = {name: column[inside] for name, column in series.values.items()}
    own = replace(series, timestamps=np.asarray(series.timestamps[inside]), values=values)
    key = DeviceKey(derive_secret(b"scale device", number))
    device = SimulatedDevice(
        key, scenario.profile, own, scenario.dataset.channels, scenario.task.target, noise=20, seed=number
    )
    readings = [reread_packet(packet, key.public_key, CURRENT) for packet in device.packets(scenario.training_weeks)]
    batch = make_batch([reading for reading in readings if day_of(reading.timestamp) == day], key.public_key)
    account = AccountKey(derive_secret(b"scale owner", number))
    return Owner(account, batch, batches_object(account.address, [batch.header]))


def _play(rounds: OffchainRounds, store: ContentStore, owners: Sequence[Owner]) -> Closed:
    """One round, closed, settled, and the model moved on."""
    plan, task, drawn = rounds.plan, rounds.task, list(rounds.updates().values())
    commitments = tuple(sign_commitment(owner.key, plan, owner.batches) for owner in owners)
    opened = {}
    if not rounds.history.proven:
        opened = _openings(owners, rounds.first_seed, task.openings)
    random = np.random.default_rng(plan.round)
    updates = []
    for number, owner in enumerate(owners):
        update = drawn[number % len(drawn)] + random.integers(-1_000, 1_000, task.size)
        data, named, weight = encode_update(update, task), sha256(owner.batches), owner.batch.slots
        updates.append(sign_update(owner.key, plan, update=data, batches_hash=named, weight=weight))
    write_commitments(store, commitments)
    evidence = digest_of_cid(write_manifest(store, RoundResult(plan, commitments, opened, tuple(updates), ())))
    facts = ChainFacts(
        first_seed=rounds.first_seed,
        second_seed=rounds.second_seed,
        commitments_root=commitments_root(plan, commitments),
        updates_root=updates_root(plan, updates),
        entries={
            (owner.batch.device, owner.batch.day): registry_entry(owner.batch.root, owner.key.address, _ENTERED)
            for owner in owners
        },
        admitted=frozenset(owner.batch.device for owner in owners),
        consenting=frozenset(owner.key.address for owner in owners),
        opened_at=_OPENED,
    )
    former = [rounds.former[version] for version in rounds.history.versions]
    given = (commitments, opened, facts, updates, rounds.history, rounds.reference, EVERYWHERE)
    report = settle(plan, task, rounds.parameters, *given, former=former)
    attested = report.attestation(plan, facts.updates_root, evidence)
    _move_on(rounds, report)
    return Closed(evidence, facts, attested)


def _openings(owners: Sequence[Owner], seed: bytes, count: int) -> Mapping[Address, bytes]:
    return {owner.key.address: make_openings(seed, owner.key.address, [owner.batch], count) for owner in owners}


def _move_on(rounds: OffchainRounds, report: ValueReport) -> None:
    rounds.former[rounds.plan.version] = rounds.parameters
    rounds.parameters, rounds.history = decode_version(report.version, rounds.task), report.history
    number = rounds.plan.round + 1
    rounds.plan = replace(rounds.plan, round=number, version=report.version_hash, state=report.history.hash)
