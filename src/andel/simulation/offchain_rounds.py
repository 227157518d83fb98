"""Rounds without a chain: real rows, real integer training, signed messages and the real `settle`, in one process.

Takes a scenario. Gives round after round of verdicts, each with whatever updates the caller sends. It stands in for
what a chain, packets and Flower add to a run (roots, seeds, admission, openings: every set counts as proven before
round 1), so that many rounds under many attacks take seconds. Nothing is attested here and nobody is paid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from andel.content import cid_of_digest
from andel.data.batch import BatchHeader, batches_object, hours_of
from andel.data.features import CodeArray, RowSet, build_rows
from andel.data.policy import EVERYWHERE
from andel.data.sealed_draws import LEAST_LEAVES
from andel.device.reading import Measurement, SignedReading
from andel.errors import InputError
from andel.hashing import sha256
from andel.keys import AccountKey, DeviceKey, derive_secret
from andel.simulation.devices import unsigned_readings
from andel.simulation.offchain_groups import summed_offchain
from andel.simulation.outcome import Errors, model_errors
from andel.simulation.participants import Kind, Participant
from andel.simulation.scenario import Scenario
from andel.training.engine import genesis_parameters, train_update
from andel.training.groups import OpenedMask
from andel.training.integer_mlp import IntArray
from andel.training.plan import DayRanges, Reference, RoundPlan
from andel.training.privacy import Privacy
from andel.training.result import SignedUpdate, commitments_root, sign_commitment, sign_update, updates_root
from andel.training.task import Task
from andel.training.updates import MAX_UPDATE, decode_version, encode_update, encode_version
from andel.units import TOKEN, Address, BaseUnits, Digest, day_of
from andel.value.history import History, ProvenSet
from andel.value.opened_days import ranges_of
from andel.value.proof import proof_key, registry_entry
from andel.value.reference import ReferenceSet
from andel.value.report import ValueReport
from andel.value.settle import ChainFacts, settle

BUDGET = BaseUnits(1_000 * TOKEN)
OPERATOR_SHARE_BPS = 1_000
_POISON = -3
_AS_PROVEN: Mapping[Address, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class OffchainMember:
    """A contributor with one device: `headers` claim its hours, `batches` lists them as they are committed; it trains
    on codes (n, d) and change (n,).
    """

    participant: Participant
    key: AccountKey
    device: DeviceKey
    headers: tuple[BatchHeader, ...]
    codes: CodeArray
    change: IntArray
    batches: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "batches", batches_object(self.address, self.headers))  # signed again in every round

    @property
    def address(self) -> Address:
        """The account."""
        return self.key.address

    @property
    def slots(self) -> int:
        """Its weight."""
        return sum(header.slots for header in self.headers)


@dataclass(slots=True)
class OffchainRounds:
    """A founded model between two rounds; `play` moves it on and `reports` are the verdicts so far."""

    task: Task
    plan: RoundPlan
    members: tuple[OffchainMember, ...]
    reference: ReferenceSet
    history: History
    parameters: list[IntArray]
    seed: bytes
    former: dict[Digest, list[IntArray]] = field(default_factory=dict)
    reports: list[ValueReport] = field(default_factory=list)

    @property
    def first_seed(self) -> Digest:
        """Seed 1 of the next round."""
        return sha256(b"offchain seed 1", self.seed, self.plan.round.to_bytes(8, "big"))

    @property
    def second_seed(self) -> Digest:
        """Seed 2 of the next round."""
        return sha256(b"offchain seed 2", self.seed, self.plan.round.to_bytes(8, "big"))

    def trained(
        self, member: OffchainMember, codes: CodeArray | None = None, change: IntArray | None = None
    ) -> IntArray:
        """The update (flat) of honest training on the member's rows, or on others given in their place."""
        rows = member.codes if codes is None else codes
        answers = member.change if change is None else change
        given = member.address
        drawn = self.first_seed
        return train_update(
            self.task, self.parameters, rows, answers, number=self.plan.round, seed=drawn, contributor=given
        )

    def updates(self) -> dict[Address, IntArray]:
        """What every member sends in the next round, each as its kind does; a caller may change any before `play`."""
        return {member.address: sent_by(member.participant.kind, self.trained(member)) for member in self.members}

    def settle(
        self,
        updates: Mapping[Address, IntArray],
        named: Mapping[Address, int] = _AS_PROVEN,
        words: Mapping[Address, IntArray] | None = None,
    ) -> ValueReport:
        """The verdict on the next round, which stays the next; members without an update send none. `named` are the
        weights that members sign, where they are not their slots. Of a day that two members claim, the first in their
        order has entered it. In grouped mode updates are summed in groups, and `words` are what some send in place of
        a masked update.
        """
        plan = self.plan
        commitments = [sign_commitment(member.key, plan, member.batches) for member in self.members]
        signed, masks = self._sent(updates, named, words)
        chain = ChainFacts(
            first_seed=self.first_seed,
            second_seed=self.second_seed,
            commitments_root=commitments_root(plan, commitments),
            updates_root=updates_root(plan, signed),
            entries={
                (header.device, header.day): registry_entry(header.root, member.address, 1)
                for member in reversed(self.members)
                for header in member.headers
            },
            admitted=frozenset(member.device.address for member in self.members),
            consenting=frozenset(member.address for member in self.members),
            opened_at=2**40,
        )
        return settle(
            plan,
            self.task,
            self.parameters,
            commitments,
            {},
            chain,
            signed,
            self.history,
            self.reference,
            EVERYWHERE,
            former=[self.former[version] for version in self.history.versions],
            masks=masks,
        )

    def play(
        self,
        updates: Mapping[Address, IntArray] | None = None,
        named: Mapping[Address, int] = _AS_PROVEN,
        words: Mapping[Address, IntArray] | None = None,
    ) -> ValueReport:
        """One round, of `updates` or of what everybody sends; the model moves on by its verdict."""
        report = self.settle(self.updates() if updates is None else updates, named, words)
        self.former[self.plan.version] = self.parameters
        self.parameters = decode_version(report.version, self.task)
        self.history = report.history
        pace, number = self.task.pace(self.plan.round + 1), self.plan.round + 1
        version, state = report.version_hash, report.history.hash
        self.plan = replace(
            self.plan, round=number, steps=pace.steps, rate_shift=pace.rate_shift, version=version, state=state
        )
        self.reports.append(report)
        return report

    def errors(self) -> Errors:
        """The present version's errors on the report rows."""
        return model_errors(self.task, self.parameters, self.reference.report)

    def founded_with(self, members: tuple[OffchainMember, ...]) -> OffchainRounds:
        """This model, before its round 1, with these members instead; only who entered its days first is proven."""
        if self.reports:
            raise InputError("the model has played a round already", "found it again")
        entered: dict[tuple[Address, int], Address] = {}
        for member in members:
            for header in member.headers:
                entered.setdefault((header.device, header.day), member.address)
        own = [m for m in members if all(entered[h.device, h.day] == m.address for h in m.headers)]
        history = _all_proven(self.plan, self.task, own)
        plan = replace(self.plan, state=history.hash)
        return replace(self, members=members, history=history, plan=plan, former={}, reports=[])

    def private(self, privacy: Privacy) -> OffchainRounds:
        """This model, before its round 1, founded with another privacy; in groups without days too short to open."""
        if self.reports:
            raise InputError("the model has played a round already", "found it again")
        task = replace(self.task, privacy=privacy)
        members = self.members
        if privacy.grouped:
            members = tuple(
                replace(member, headers=tuple(item for item in member.headers if item.count >= LEAST_LEAVES))
                for member in members
            )
        history = _all_proven(self.plan, task, members)
        plan = replace(self.plan, task=cid_of_digest(sha256(task.to_bytes())), state=history.hash)
        return replace(self, task=task, plan=plan, members=members, history=history, former={}, reports=[])

    def _sent(
        self,
        updates: Mapping[Address, IntArray],
        named: Mapping[Address, int],
        words: Mapping[Address, IntArray] | None,
    ) -> tuple[list[SignedUpdate], tuple[OpenedMask, ...]]:
        """(the closed set, in grouped mode the opened masks)."""
        weights = {member.address: named.get(member.address, member.slots) for member in self.members}
        if self.task.privacy.grouped:
            senders = {item.address: (item.key, sha256(item.batches), weights[item.address]) for item in self.members}
            return summed_offchain(self.plan, self.task, self.first_seed, senders, updates, words)
        sent = [member for member in self.members if member.address in updates]
        return [self._signed(member, updates[member.address], weights[member.address]) for member in sent], ()

    def _signed(self, member: OffchainMember, update: IntArray, weight: int) -> SignedUpdate:
        data, hashed = encode_update(update, self.task), sha256(member.batches)
        return sign_update(member.key, self.plan, update=data, batches_hash=hashed, weight=weight)


def sent_by(kind: Kind, honest: IntArray) -> IntArray:
    """What a participant of that kind makes of its honest update."""
    if kind == Kind.RIDER:
        return np.zeros_like(honest)
    return (_POISON * honest).clip(-MAX_UPDATE, MAX_UPDATE) if kind == Kind.POISONER else honest


def found_offchain(scenario: Scenario, seed: bytes) -> OffchainRounds:
    """The scenario's model before round 1, with its members that measure anything; accounts come from `seed`."""
    reference = _reference(scenario)
    names = [cid_of_digest(sha256(b"offchain reference", part)) for part in (b"batches", b"sealed", b"packets")]
    listed = Reference(names[0], names[1], names[2], scenario.score, scenario.report)
    rules = replace(scenario.rules, audits=0)  # without packets there is nothing to train on again
    task = replace(scenario.task, reference=listed.hash.hex(), rules=rules.hash.hex())
    members = tuple(member_of(scenario, item, seed) for item in scenario.participants if item.weeks)
    parameters = genesis_parameters(task)
    plan = RoundPlan(
        chain_id=31_337,
        model=AccountKey(derive_secret(b"offchain model", seed.hex())).address,
        round=1,
        attempt=0,
        task=cid_of_digest(sha256(task.to_bytes())),
        version=sha256(encode_version(parameters)),
        state=Digest(bytes(32)),
        windows=scenario.trained,
        steps=task.steps,
        rate_shift=task.rate_shift,
        deadline=2**41,
        k=2,
        n=3,
        budget=BUDGET,
        operator_share_bps=OPERATOR_SHARE_BPS,
        alliance=AccountKey(derive_secret(b"offchain alliance", seed.hex())).address,
        policy=EVERYWHERE.hash,
        terms=sha256(b"offchain terms"),
        reference=listed,
        rules=rules,
    )
    history = _all_proven(plan, task, members)
    return OffchainRounds(task, replace(plan, state=history.hash), members, reference, history, parameters, seed)


def member_of(scenario: Scenario, participant: Participant, seed: bytes) -> OffchainMember:
    """A participant with the rows of its weeks, its sensor's noise in them, and one batch header a day."""
    name = f"{participant.number} {participant.name}"
    key = AccountKey(derive_secret(b"offchain owner", seed.hex(), name))
    device = DeviceKey(derive_secret(b"offchain device", seed.hex(), name))
    series = scenario.dataset.series[participant.site]
    task = scenario.task
    random = np.random.default_rng(participant.number)
    readings = [
        _noisy(reading, task.target, participant.noise, random)
        for reading in unsigned_readings(series, scenario.dataset.channels, participant.weeks)
    ]
    by_day: dict[int, list[int]] = {}
    for reading in readings:
        by_day.setdefault(day_of(reading.timestamp), []).append(reading.timestamp)
    headers = tuple(
        BatchHeader(
            device.address,
            device.public_key,
            day,
            sha256(b"offchain batch", device.public_key, day.to_bytes(8, "big")),
            len(times),
            hours_of(times),
        )
        for day, times in sorted(by_day.items())
        if _inside(day, scenario.trained)
    )
    chosen = [reading for reading in readings if _inside(day_of(reading.timestamp), scenario.trained)]
    rows = _rows_of(scenario, chosen)
    return OffchainMember(participant, key, device, headers, rows.codes, rows.change)


def seasonal(scenario: Scenario) -> Scenario:
    """The same participants, each with weeks in a row instead of every n-th: owners who know one season only."""
    turns: dict[int, list[Participant]] = {}
    for participant in scenario.participants:
        if participant.weeks:
            turns.setdefault(participant.site, []).append(participant)
    weeks = sorted(scenario.training_weeks)
    dealt = {}
    for owners in turns.values():
        for turn, owner in enumerate(owners):
            own = weeks[turn * len(weeks) // len(owners) : (turn + 1) * len(weeks) // len(owners)]
            dealt[owner.number] = frozenset(own[: len(owner.weeks)])
    participants = tuple(replace(item, weeks=dealt.get(item.number, item.weeks)) for item in scenario.participants)
    return replace(scenario, participants=participants)


def _reference(scenario: Scenario) -> ReferenceSet:
    readings = [
        reading
        for series in scenario.dataset.series
        for reading in unsigned_readings(series, scenario.dataset.channels, scenario.reference_weeks)
    ]
    score, report = (
        _rows_of(scenario, [reading for reading in readings if _inside(day_of(reading.timestamp), days)])
        for days in (scenario.score, scenario.report)
    )
    owner = AccountKey(derive_secret(b"offchain founder")).address
    return ReferenceSet(owner, sha256(b"offchain reference"), (), len(readings), score, report)


def _rows_of(scenario: Scenario, readings: list[SignedReading]) -> RowSet:
    task = scenario.task
    return build_rows(readings, task.features, task.target, task.horizon_seconds, task.exponent)


def _noisy(reading: SignedReading, target: str, noise: int, random: np.random.Generator) -> SignedReading:
    if not noise:
        return reading
    measured = tuple(
        Measurement(item.channel, item.value + round(random.normal(0, noise)), item.exponent, item.unit)
        if item.channel == target
        else item
        for item in reading.measurements
    )
    return SignedReading(reading.device, reading.timestamp, measured, b"", reading.digest, reading.profile)


def _all_proven(plan: RoundPlan, task: Task, members: Sequence[OffchainMember]) -> History:
    """The state in which everything that these members would open was opened, and held."""
    if task.privacy.grouped:
        opened = {member.device.address: ranges_of(item.day for item in member.headers) for member in members}
        return History(0, {}, {}, {}, opened=opened)
    return History(0, {}, {}, dict(_proof(plan, member) for member in members))


def _proof(plan: RoundPlan, member: OffchainMember) -> tuple[Digest, ProvenSet]:
    return proof_key(plan, sha256(member.batches)), ProvenSet(0, {member.device.address: member.slots})


def _inside(day: int, ranges: DayRanges) -> bool:
    return any(first <= day <= last for first, last in ranges)
