"""An experiment's rounds on this machine: signed packets, real training, the real `settle`; no chain, no network.

Takes a task and a data set. Gives simulated owners with devices, round after round of verdicts, and the founded model
as model.toml names it. Every packet is signed and verified as one from a real device would be. Weeks whose number in
the year is 4 modulo 5 are the founder's: nobody trains on them; 4 modulo 10 scores, 9 modulo 10 only reports.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from andel.content import ContentStore
from andel.data.batch import Batch, make_batch
from andel.data.features import build_rows, week_of
from andel.data.policy import EVERYWHERE
from andel.device.epochs import CURRENT
from andel.device.packets import read_packet
from andel.device.reading import Profile, SignedReading
from andel.errors import SettingsError
from andel.hashing import sha256
from andel.keys import AccountKey, DeviceKey, derive_secret
from andel.roles.founder import FoundedModel, found_model
from andel.sealing import sealing_public_key
from andel.simulation.devices import SimulatedDevice
from andel.simulation.offchain_rounds import BUDGET, OPERATOR_SHARE_BPS, OffchainMember, OffchainRounds
from andel.simulation.outcome import persistence_errors
from andel.simulation.participants import Kind, Participant
from andel.simulation.series import Dataset
from andel.training.engine import genesis_parameters
from andel.training.plan import DayRanges, RoundPlan
from andel.training.rules import DEFAULT_RULES, ValueRules
from andel.training.task import Task
from andel.units import DAY_SECONDS, Address, Digest, day_of
from andel.value.history import History, ProvenSet
from andel.value.proof import proof_key
from andel.value.reference import open_reference

_SEED: Final = b"andel experiment"
_CHAIN: Final = 31_337


@dataclass(frozen=True, slots=True)
class Station:
    """One device: whose it is, its key, and what it measured, from packets that were verified."""

    owner: str
    key: DeviceKey
    readings: tuple[SignedReading, ...]

    def batches(self, days: DayRanges) -> list[Batch]:
        """One for each of these days with a reading."""
        by_day: dict[int, list[SignedReading]] = {}
        for reading in self.readings:
            if _inside(day_of(reading.timestamp), days):
                by_day.setdefault(day_of(reading.timestamp), []).append(reading)
        return [make_batch(readings, self.key.public_key) for _, readings in sorted(by_day.items())]


@dataclass(frozen=True, slots=True)
class Experiment:
    """A task, the stations of those who train, the founder's own, and which days are for what."""

    task: Task
    owners: tuple[Station, ...]
    reference: tuple[Station, ...]
    trained: DayRanges
    score: DayRanges
    report: DayRanges
    rules: ValueRules


@dataclass(frozen=True, slots=True)
class Played:
    """A round: what it gained beyond its noise, what it paid, and how far its version is off on days nobody trained on.

    `error` and `no_change` are mean absolute errors in the target's unit, the second of who says that nothing changes.
    `shares` are tokens' base units by owner.
    """

    round: int
    gain: int
    noise: int
    minted: int
    shares: dict[str, int]
    error: float
    no_change: float


def experiment_of(task: Task, dataset: Dataset, profile: Profile, owners_per_site: int = 3) -> Experiment:
    """An experiment whose owners replay the data's sites, each other weeks of it, on devices of that profile.

    Raises SettingsError where a week to train, score or report on is missing, or a site has fewer weeks than owners.
    """
    days = {
        "train": _days(dataset, lambda week: week % 5 != 4),
        "score": _days(dataset, lambda week: week % 10 == 4),
        "report": _days(dataset, lambda week: week % 10 == 9),
    }
    for purpose, ranges in days.items():
        if not ranges:
            raise SettingsError(f"the data has no week to {purpose} on", "it must reach over weeks 1 to 9 of a year")
    owners, reference = [], []
    for number, series in enumerate(dataset.series):
        weeks = [int(week) for week in np.unique(week_of(series.timestamps))]
        trained = [week for week in weeks if week % 100 % 5 != 4]
        if len(trained) < owners_per_site:
            raise SettingsError(f"{series.site} has {len(trained)} weeks for {owners_per_site} owners", "fewer owners")
        for turn in range(owners_per_site):
            own = f"{series.site}-{turn + 1}"
            owners.append(_station(own, task, dataset, number, profile, trained[turn::owners_per_site]))
        kept = [week for week in weeks if week % 100 % 5 == 4]
        reference.append(_station(f"founder at {series.site}", task, dataset, number, profile, kept))
    rules = replace(DEFAULT_RULES, audits=0)  # whoever trains at home has nobody to show it to
    return Experiment(task, tuple(owners), tuple(reference), days["train"], days["score"], days["report"], rules)


def found(
    experiment: Experiment, store: ContentStore, owner: Address, readers: Sequence[bytes], content_key: bytes
) -> FoundedModel:
    """The experiment's model before its first round: task, first version and reference set in the store.

    `owner` is whose the reference stations are. `readers` are the validators' sealing keys, `content_key` 16 fresh
    random bytes: with it, and by nobody but the readers, the reference set is opened. Raises InputError, PlanError,
    ContentError.
    """
    batches = [
        batch
        for station in sorted(experiment.reference, key=lambda station: bytes.fromhex(station.key.address[2:]))
        for batch in station.batches((*experiment.score, *experiment.report))
    ]
    days = {"score": experiment.score, "report": experiment.report}
    return found_model(store, experiment.task, owner, batches, days, readers, content_key, CURRENT, experiment.rules)


def play(experiment: Experiment, rounds: int) -> list[Played]:
    """So many rounds of honest owners. Raises PlanError for a task that cannot be trained."""
    game, names = _game(experiment)
    no_change = persistence_errors(game.task, game.reference.report).mae
    played = []
    for number in range(1, rounds + 1):
        report = game.play()
        shares = {names[each.contributor]: int(each.share) for each in report.contributors}
        played.append(Played(number, report.gain, report.noise, report.minted, shares, game.errors().mae, no_change))
    return played


def _game(experiment: Experiment) -> tuple[OffchainRounds, dict[str, str]]:
    """The rounds before the first, and the owners' names by account."""
    store = ContentStore("memory://andel-experiment")
    founder = AccountKey(derive_secret(_SEED, "founder"))
    founded = found(experiment, store, founder.address, [sealing_public_key(founder)], bytes(16))
    members = tuple(_member(number, station, experiment) for number, station in enumerate(experiment.owners))
    task = founded.definition
    plan = RoundPlan(
        chain_id=_CHAIN,
        model=AccountKey(derive_secret(_SEED, "model")).address,
        round=1,
        attempt=0,
        task=founded.task,
        version=founded.genesis,
        state=Digest(bytes(32)),
        windows=experiment.trained,
        steps=task.steps,
        rate_shift=task.rate_shift,
        deadline=2**41,
        k=2,
        n=3,
        budget=BUDGET,
        operator_share_bps=OPERATOR_SHARE_BPS,
        alliance=AccountKey(derive_secret(_SEED, "alliance")).address,
        policy=EVERYWHERE.hash,
        terms=sha256(_SEED, b"terms"),
        reference=founded.reference,
        rules=experiment.rules,
    )
    proven = {
        proof_key(plan, sha256(member.batches)): ProvenSet(0, {member.device.address: member.slots})
        for member in members
    }
    history = History(0, {}, {}, proven)
    reference = open_reference(plan, task, store.get(founded.reference.batches), founded.packets)
    plan = replace(plan, state=history.hash)
    game = OffchainRounds(task, plan, members, reference, history, genesis_parameters(task), _SEED)
    return game, {member.address: member.participant.name for member in members}


def _member(number: int, station: Station, experiment: Experiment) -> OffchainMember:
    task = experiment.task
    batches = station.batches(experiment.trained)
    readings = [reading for reading in station.readings if _inside(day_of(reading.timestamp), experiment.trained)]
    rows = build_rows(readings, task.features, task.target, task.horizon_seconds, task.exponent)
    return OffchainMember(
        Participant(number, station.owner, Kind.HONEST, 0, frozenset()),
        AccountKey(derive_secret(_SEED, "owner", station.owner)),
        station.key,
        tuple(batch.header for batch in batches),
        rows.codes,
        rows.change,
    )


def _station(owner: str, task: Task, dataset: Dataset, site: int, profile: Profile, weeks: Collection[int]) -> Station:
    key = DeviceKey(derive_secret(_SEED, "device", owner))
    device = SimulatedDevice(key, profile, dataset.series[site], dataset.channels, task.target, 0, site)
    return Station(owner, key, tuple(read_packet(packet, key.public_key, CURRENT) for packet in device.packets(weeks)))


def _days(dataset: Dataset, chosen: Callable[[int], bool]) -> DayRanges:
    days = np.unique(np.concatenate([series.timestamps for series in dataset.series]) // DAY_SECONDS)
    weeks = week_of(days * DAY_SECONDS) % 100
    ranges: list[tuple[int, int]] = []
    for day in (int(day) for day, week in zip(days, weeks, strict=True) if chosen(int(week))):
        if ranges and day == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return tuple(ranges)


def _inside(day: int, ranges: DayRanges) -> bool:
    return any(first <= day <= last for first, last in ranges)
