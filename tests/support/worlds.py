"""Small worlds for tests: founder, contributors with real devices and signed packets, a task, a plan, a chain's word.

Everything comes from a seed and is the same in every run. `build_world` gives a world before its round; `Round`
plays one round by hand, without Flower, and settles it; `Owner` is a LocalContributor for those who want Flower.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from andel.content import cid_of_digest
from andel.data.batch import Batch, batches_object, make_batch, parse_batches
from andel.data.bundle import pack_packets
from andel.data.disclosure import disclosure_object
from andel.data.features import FeatureSpec, build_rows
from andel.data.openings import make_openings
from andel.data.policy import EVERYWHERE
from andel.device.reading import SignedReading
from andel.errors import PlanError
from andel.hashing import sha256
from andel.keys import AccountKey, address_bytes, derive_secret
from andel.training.engine import genesis_parameters, train_update
from andel.training.groups import OpenedMask
from andel.training.integer_mlp import IntArray
from andel.training.plan import DayRanges, Reference, RoundPlan
from andel.training.result import (
    DataCommitment,
    SignedUpdate,
    commitments_root,
    sign_commitment,
    sign_update,
    updates_root,
)
from andel.training.rules import DEFAULT_RULES, ValueRules
from andel.training.task import Task
from andel.training.updates import decode_version, encode_update, encode_version
from andel.typed_data import sign_typed
from andel.units import TOKEN, Address, BaseUnits, Digest, day_of
from andel.value.history import EMPTY_HISTORY, History, parse_history
from andel.value.proof import RegistryEntries, registry_entry
from andel.value.reference import ReferenceSet, open_reference
from andel.value.report import ValueReport
from andel.value.retraining import Disclosed, disclosure_message
from andel.value.settle import ChainFacts, settle
from tests.support.sealed import seal_openings, unsealed
from tests.support.sensors import Sensor as Sensor

FIRST_DAY = 15_706
"""2013-01-01."""

TRAINING_DAYS: DayRanges = ((FIRST_DAY, FIRST_DAY + 3),)
SCORE_DAYS: DayRanges = ((FIRST_DAY + 7, FIRST_DAY + 11),)
REPORT_DAYS: DayRanges = ((FIRST_DAY + 14, FIRST_DAY + 14),)
FIRST_SEED = sha256(b"tests: first seed")
SECOND_SEED = sha256(b"tests: second seed")


class Owner:
    """A contributor beside its data; satisfies `andel.training.client_app.LocalContributor`."""

    def __init__(self, name: str, readings: Sequence[SignedReading], sensors: Sequence[Sensor]) -> None:
        self._key = AccountKey(derive_secret(b"tests: owner", name))
        self._readings = tuple(readings)
        self.all_batches = batches_of(readings, sensors)
        self.agrees = True
        self.tells = False

    @property
    def key(self) -> AccountKey:
        """The key that signs."""
        return self._key

    @property
    def address(self) -> Address:
        """The account."""
        return self._key.address

    def accept(self, plan: RoundPlan, task: Task) -> None:
        """Raises PlanError once `agrees` is False."""
        if not self.agrees:
            raise PlanError("the owner did not agree to this task")

    def chosen(self, plan: RoundPlan) -> list[Batch]:
        """The batches in the plan's windows."""
        return [batch for batch in self.all_batches if plan.covers(batch.day)]

    def check_seed(self, plan: RoundPlan, seed: bytes) -> None:
        """There is no chain here: every seed is the right one."""

    def check_commitments(self, plan: RoundPlan, root: bytes) -> None:
        """There is no chain here: every root is the right one."""

    def batches(self, plan: RoundPlan) -> bytes:
        """The batches object."""
        return batches_object(self.address, [batch.header for batch in self.chosen(plan)])

    def weight(self, plan: RoundPlan) -> int:
        """Distinct slots."""
        return sum(batch.slots for batch in self.chosen(plan))

    def openings(self, plan: RoundPlan, task: Task, seed: bytes) -> bytes:
        """The drawn leaves."""
        return make_openings(seed, self.address, self.chosen(plan), task.openings)

    def sealed_openings(self, plan: RoundPlan, task: Task, seed: bytes, asked: bytes) -> tuple[bytes, int]:
        """The drawn leaves of what is asked for, sealed, and how many there are."""
        return seal_openings(self.address, self.chosen(plan), plan, task, seed, asked)

    def disclosure(self, plan: RoundPlan, state: bytes, batches: bytes) -> tuple[bytes, bytes]:
        """All packets of the listed batches, signed."""
        due = parse_history(state).due[self.address]
        held = {(batch.device, batch.day): batch for batch in self.all_batches}
        listed = [held[header.device, header.day] for header in parse_batches(batches)[1]]
        data = disclosure_object(self.address, due.batches, listed, {})
        return data, sign_typed(self._key, "Disclosure", plan.domain, disclosure_message(plan, due, data))

    def rows(self, plan: RoundPlan, task: Task) -> tuple[np.ndarray, IntArray]:
        """Codes and changes to train on."""
        chosen = [reading for reading in self._readings if plan.covers(day_of(reading.timestamp))]
        rows = build_rows(chosen, task.features, task.target, task.horizon_seconds, task.exponent)
        return rows.codes, rows.change

    def held_out(self, plan: RoundPlan, task: Task, version: Digest) -> tuple[np.ndarray, IntArray]:
        """Rows of the days that no plan covers, once `tells` is set. Raises PlanError."""
        if not self.tells:
            raise PlanError("this owner keeps its errors to itself")
        kept = [reading for reading in self._readings if not plan.covers(day_of(reading.timestamp))]
        rows = build_rows(kept, task.features, task.target, task.horizon_seconds, task.exponent)
        return rows.codes, rows.change

    def update(self, world: World) -> IntArray:
        """What honest local training gives, flat."""
        codes, change = self.rows(world.plan, world.task)
        return train_update(
            world.task,
            world.parameters,
            codes,
            change,
            number=world.plan.round,
            seed=FIRST_SEED,
            contributor=self.address,
        )


@dataclass(frozen=True, slots=True)
class World:
    """A model before a round: everything that `settle` takes but what contributors send."""

    task: Task
    plan: RoundPlan
    parameters: list[IntArray]
    history: History
    owners: tuple[Owner, ...]
    entries: RegistryEntries
    admitted: frozenset[Address]
    consenting: frozenset[Address]
    reference: ReferenceSet
    reference_batches: bytes
    reference_packets: bytes
    versions: Mapping[Digest, Sequence[IntArray]] = field(default_factory=dict)

    def owner(self, address: Address) -> Owner:
        """The owner with this address."""
        return next(owner for owner in self.owners if owner.address == address)

    def after(self, report: ValueReport) -> World:
        """The same model before its next round."""
        parameters = decode_version(report.version, self.task)
        pace, number = self.task.pace(self.plan.round + 1), self.plan.round + 1
        version, state = report.version_hash, report.history.hash
        plan = replace(
            self.plan, round=number, steps=pace.steps, rate_shift=pace.rate_shift, version=version, state=state
        )
        versions = {**self.versions, self.plan.version: self.parameters}
        return replace(self, plan=plan, parameters=parameters, history=report.history, versions=versions)

    def former(self, history: History) -> list[Sequence[IntArray]]:
        """The versions that a state names, of those the world has had."""
        return [self.versions[version] for version in history.versions]

    def under(self, **changes: object) -> World:
        """The same model, founded with other rules."""
        rules = replace(self.plan.rules, **changes)  # type: ignore[arg-type]  # names and types are those of the rules
        task = replace(self.task, rules=rules.hash.hex())
        plan = replace(self.plan, rules=rules, task=cid_of_digest(sha256(task.to_bytes())))
        return replace(self, task=task, plan=plan)


def build_world(
    owners: int = 4,
    *,
    seed: str = "world",
    devices: int = 1,
    poisoned: int = 0,
    rules: ValueRules = DEFAULT_RULES,
    layers: tuple[int, ...] = (6,),
) -> World:
    """A world of so many owners (the last `poisoned` of them with turned-around sensors), all batches entered."""
    task = small_task(rules=rules.hash.hex(), layers=layers)
    founder = AccountKey(derive_secret(b"tests: founder", seed))
    sites = [Sensor(seed, f"reference {i}") for i in range(2)]
    measured = [r for site in sites for r in site.days([*spanned(SCORE_DAYS), *spanned(REPORT_DAYS)])]
    listed = batches_of(measured, sites)
    batches = batches_object(founder.address, [batch.header for batch in listed])
    packets = pack_packets([packet for batch in listed for packet in batch.packets])
    actors = []
    for number in range(owners):
        sensors = [Sensor(seed, f"owner {number} sensor {i}") for i in range(devices)]
        factor = -1 if number >= owners - poisoned else 1
        readings = [r for sensor in sensors for r in sensor.days(spanned(TRAINING_DAYS), factor)]
        actors.append(Owner(f"{seed} {number}", readings, sensors))
    plan = replace(small_plan(task, seed, batches, packets), rules=rules)
    return World(
        task=task,
        plan=plan,
        parameters=genesis_parameters(task),
        history=EMPTY_HISTORY,
        owners=tuple(actors),
        entries=registry_of(actors),
        admitted=frozenset(batch.device for actor in actors for batch in actor.all_batches),
        consenting=frozenset(actor.address for actor in actors),
        reference=open_reference(plan, task, batches, packets),
        reference_batches=batches,
        reference_packets=packets,
    )


def small_task(**changes: object) -> Task:
    """A task that trains in milliseconds: four features, one hidden layer of six units."""
    values: dict[str, object] = {
        "name": "temperature three hours ahead",
        "target": "temperature",
        "unit": "degC",
        "exponent": -2,
        "horizon_seconds": 3 * 3_600,
        "target_scale": 400,
        "features": (
            FeatureSpec("temperature", "channel", "temperature", -1_000, 4_000),
            FeatureSpec("humidity", "channel", "humidity", 0, 10_000),
            FeatureSpec("hour (sine)", "hour-sin", high=45, harmonic=1),
            FeatureSpec("hour (cosine)", "hour-cos", high=45, harmonic=1),
        ),
        "layers": (6,),
        "steps": 12,
        "batch_rows": 32,
        "rate_shift": 3,
        "residual_limit": 1 << 16,
        "score_limit": 1 << 16,
        "openings": 12,
        "accepted_time": (FIRST_DAY * 86_400, (FIRST_DAY + 30) * 86_400),
        "initial_seed": sha256(b"tests: initial parameters").hex(),
        "reference": sha256(b"tests: reference").hex(),
    }
    return Task(**{**values, **changes})  # type: ignore[arg-type]  # names and types are those above


def small_plan(task: Task, seed: str = "world", batches: bytes = b"", packets: bytes = b"") -> RoundPlan:
    """The plan of round 1 under that task and reference set."""
    model = AccountKey(derive_secret(b"tests: model", seed)).address
    return RoundPlan(
        chain_id=31_337,
        model=model,
        round=1,
        attempt=0,
        task=cid_of_digest(sha256(task.to_bytes())),
        version=sha256(encode_version(genesis_parameters(task))),
        state=EMPTY_HISTORY.hash,
        windows=TRAINING_DAYS,
        steps=task.steps,
        rate_shift=task.rate_shift,
        deadline=1_700_000_000,
        k=2,
        n=3,
        budget=BaseUnits(1_000 * TOKEN + 7),
        operator_share_bps=500,
        alliance=AccountKey(derive_secret(b"tests: alliance", seed)).address,
        policy=EVERYWHERE.hash,
        terms=sha256(b"tests: terms"),
        reference=Reference(
            batches=cid_of_digest(sha256(batches)),
            sealed=cid_of_digest(sha256(b"tests: sealed")),
            packets=cid_of_digest(sha256(packets)),
            score=SCORE_DAYS,
            report=REPORT_DAYS,
        ),
    )


def batches_of(readings: Sequence[SignedReading], sensors: Sequence[Sensor]) -> tuple[Batch, ...]:
    """One batch per device and day, in the order of a committed list."""
    keys = {sensor.address: sensor.key.public_key for sensor in sensors}
    by_day: dict[tuple[bytes, int], list[SignedReading]] = {}
    for reading in readings:
        by_day.setdefault((address_bytes(reading.device), day_of(reading.timestamp)), []).append(reading)
    return tuple(make_batch(by_day[place], keys[by_day[place][0].device]) for place in sorted(by_day))


def registry_of(owners: Iterable[Owner]) -> RegistryEntries:
    """What BatchRegistry holds when every owner has entered all its batches."""
    return {(b.device, b.day): registry_entry(b.root, owner.address, 1) for owner in owners for b in owner.all_batches}


def spanned(ranges: DayRanges) -> list[int]:
    """The days of inclusive ranges."""
    return [day for first, last in ranges for day in range(first, last + 1)]


@dataclass(slots=True)
class Round:
    """One round played by hand: `commitments`, `openings` and `updates` can be changed before `settle`."""

    world: World
    commitments: list[DataCommitment]
    openings: dict[Address, bytes]
    updates: list[SignedUpdate]
    disclosed: dict[Address, Disclosed] = field(default_factory=dict)
    masks: tuple[OpenedMask, ...] = ()

    def facts(self) -> ChainFacts:
        """The chain's word on exactly this evidence."""
        return ChainFacts(
            first_seed=FIRST_SEED,
            second_seed=SECOND_SEED,
            commitments_root=commitments_root(self.world.plan, self.commitments),
            updates_root=updates_root(self.world.plan, self.updates),
            entries=self.world.entries,
            admitted=self.world.admitted,
            consenting=self.world.consenting,
            opened_at=1_700_000_000,
        )

    def settle(self, facts: ChainFacts | None = None, history: History | None = None) -> ValueReport:
        """The verdict on it."""
        world = self.world
        before = world.history if history is None else history
        return settle(
            world.plan,
            world.task,
            world.parameters,
            self.commitments,
            unsealed(self.openings),
            facts or self.facts(),
            self.updates,
            before,
            world.reference,
            EVERYWHERE,
            former=world.former(before),
            disclosed=self.disclosed,
            masks=self.masks,
        )

    def replace_update(self, owner: Owner, update: IntArray, weight: int | None = None) -> None:
        """Puts another update in `owner`'s place, signed by it."""
        signed = signed_update(self.world, owner, update, weight)
        self.updates = [signed if item.contributor == owner.address else item for item in self.updates]


def play(world: World, updates: Mapping[Address, IntArray] | None = None) -> Round:
    """A round in which every owner commits, opens, and sends its honest update, or the one given for it."""
    plan = world.plan
    given = updates or {}
    return Round(
        world,
        [sign_commitment(owner.key, plan, owner.batches(plan)) for owner in world.owners],
        {owner.address: opened_by(world, owner) for owner in world.owners},
        [
            signed_update(world, owner, given[owner.address] if owner.address in given else owner.update(world))
            for owner in world.owners
        ],
        {owner.address: disclosed_by(world, owner) for owner in world.owners if owner.address in world.history.due},
    )


def opened_by(world: World, owner: Owner) -> bytes:
    """What an honest owner opens in the world's round, of everything."""
    plan, task = world.plan, world.task
    if task.privacy.grouped:
        return owner.sealed_openings(plan, task, FIRST_SEED, b"")[0]
    return owner.openings(plan, task, FIRST_SEED)


def disclosed_by(world: World, owner: Owner) -> Disclosed:
    """What an honest owner shows of its training that the state says is due; it commits the same list each round."""
    due, batches = world.history.due[owner.address], owner.batches(world.plan)
    data, signature = owner.disclosure(world.plan, world.history.to_bytes(), batches)
    return Disclosed(data, signature, batches, encode_version(world.versions[due.version]))


def signed_update(world: World, owner: Owner, update: IntArray, weight: int | None = None) -> SignedUpdate:
    """`owner`'s signature over an update (flat)."""
    return sign_update(
        owner.key,
        world.plan,
        update=encode_update(update, world.task),
        batches_hash=Digest(sha256(owner.batches(world.plan))),
        weight=owner.weight(world.plan) if weight is None else weight,
    )
