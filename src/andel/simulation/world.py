"""The world of a run: contracts deployed, devices claimed, packets taken in, batches entered, the model founded.

Everything here goes through the product's own rooms and roles, as the actors would do it themselves; only who
they are and what they measure is simulated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from andel.content import ContentStore, digest_of_cid
from andel.data.intake import DeviceRecord, IntakeCounts, IntakeSettings
from andel.data.policy import EVERYWHERE
from andel.data.store import EvidenceStore
from andel.device.epochs import CURRENT
from andel.device.pebble import read_confirmation, sign_confirmation
from andel.errors import Reverted
from andel.hashing import sha256
from andel.keys import AccountKey, DeviceKey
from andel.ledger.connection import Call, Chain
from andel.ledger.deployment import ModelContracts, SharedContracts, deploy_model, deploy_shared
from andel.ledger.launching import Allocation, ModelConfig
from andel.ledger.receipt import Receipt
from andel.ledger.round_state import ValidatorRecord
from andel.roles.contributor import Contributor
from andel.roles.founder import FoundedModel, found_model
from andel.roles.held_out import NOTHING_HELD_OUT, HeldOut
from andel.roles.obeying import Obedience
from andel.sealing import sealing_public_key
from andel.simulation.actors import BOND, QUORUM, VALIDATORS, Actors, make_actors
from andel.simulation.devices import SimulatedDevice
from andel.simulation.participants import Kind, Participant
from andel.simulation.scenario import Scenario
from andel.training.plan import RoundPlan
from andel.units import DAY_SECONDS, TOKEN, Address, BaseUnits, Digest
from andel.value.history import EMPTY_HISTORY

TERMS = (
    b"In open mode openings of committed batches are public for ever, in the content store. Where they tell a "
    b"position, the model's page shows it to about 1 km.\n"
)
CAP = BaseUnits(1_000_000 * TOKEN)
CEILING = BaseUnits(500_000 * TOKEN)
RATE = BaseUnits(20 * TOKEN)
FOUNDERS_PART = BaseUnits(50_000 * TOKEN)
VESTING = 4 * 365 * DAY_SECONDS
OPERATOR_SHARE_BPS = 1_000
SEED_DELAY = 2
CHALLENGE_FLOOR = BOND // 100
HEARING_PERIOD = 600
COMMIT_PERIOD = 60  # short: a run should not wait an hour for a validator that is gone
ROUND_SECONDS = 86_400
COIN_PER_TOKEN = 10**13  # wei: a quorum's bonds cover twice what a round may mint
_ENTRIES_PER_CALL = 50
# together well below a block's 30 million gas: a node that mines on demand leaves what does not fit lying, for ever
_CALLS_AT_ONCE = 10
_SMALL_CALLS_AT_ONCE = 50
"""Calls of one device or owner each: a claim takes less than 150,000 gas."""
_LISTED_PER_CALL = 200

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Member:
    """A participant with what it runs; `intake` is what became of its packets, `entry_gas` of its batches."""

    participant: Participant
    contributor: Contributor
    device: SimulatedDevice
    intake: IntakeCounts
    entry_gas: tuple[int, int]
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """How a run's model is operated: seconds in which an agreed result can be challenged, how many stand by for the
    coordinator, and after how many idle seconds one of them may take its place.
    """

    challenge_window: int = 0
    standbys: int = 0
    idle_period: int = 86_400


@dataclass(frozen=True, slots=True)
class World:
    """A founded model with its members, ready for round 1; `founder` has the reference devices."""

    scenario: Scenario
    actors: Actors
    chain: Chain
    model: ModelContracts
    store: ContentStore
    founded: FoundedModel
    members: tuple[Member, ...]
    shared: SharedContracts
    founder: Contributor

    def first_plan(self) -> RoundPlan:
        """The template of every plan; number, version, state, budget and deadline change with the round."""
        return RoundPlan(
            chain_id=self.chain.chain_id,
            model=self.model.round_manager.address,
            round=0,
            attempt=0,
            task=self.founded.task,
            version=self.founded.genesis,
            state=EMPTY_HISTORY.hash,
            windows=self.scenario.trained,
            steps=self.scenario.task.steps,
            rate_shift=self.scenario.task.rate_shift,
            deadline=0,
            k=QUORUM,
            n=VALIDATORS,
            budget=BaseUnits(0),
            operator_share_bps=OPERATOR_SHARE_BPS,
            alliance=self.model.alliance.address,
            policy=EVERYWHERE.hash,
            terms=terms_hash(),
            reference=self.founded.reference,
            rules=self.scenario.rules,
        )


def terms_hash() -> Digest:
    """The hash of the terms every owner of the run accepts."""
    return sha256(TERMS)


def build_world(
    scenario: Scenario,
    chain: Chain,
    store: ContentStore,
    folder: Path,
    seed: bytes,
    fund: Callable[[Actors], None],
    say: Say,
    operation: Operation | None = None,
) -> World:
    """Sets everything up, saying what it does."""
    actors = make_actors(seed, len(scenario.participants), len(scenario.dataset.series))
    fund(actors)
    shared = deploy_shared(chain, actors.founder)
    store.put(TERMS)
    store.put(EVERYWHERE.to_bytes())
    say("contracts of the network deployed: registries, compiled models, passes, successors")
    devices = [*actors.devices, *actors.reference_devices]
    owners = [*actors.owners, *[actors.founder] * len(actors.reference_devices)]
    _register(chain, shared, actors.lister, devices, owners)
    say(f"{len(devices)} devices listed, and claimed with their own signatures")
    records = {
        device.address: DeviceRecord(device.public_key, owner.address, epoch=CURRENT)
        for device, owner in zip(devices, owners, strict=True)
    }
    settings = IntakeSettings(scenario.task.accepted_time)
    founder = _founder(scenario, actors, records, settings, folder)
    founded = found_in(scenario, actors, founder, store, sha256(seed, b"content key")[:16])
    model = deploy_founded(chain, shared, actors, founded, operation or Operation())
    ((_, entered),) = _enter_batches(model, [founder])
    model.operators.deposit_bonds(actors.founder)
    say(f"bonds deposited for the coordinator and {VALIDATORS} validators: {BOND / 10**18} coins each")
    say(f"reference set: {entered} batches entered, sealed to {VALIDATORS} validators; the model is launched")
    _send(chain, [model.alliance.prepare(owner, "accept", terms_hash()) for owner in actors.owners])
    say(f"{len(actors.owners)} owners accepted the terms of the model's alliance")
    members = _join(scenario, actors, records, settings, model, folder, Obedience(store), say)
    return World(scenario, actors, chain, model, store, founded, members, shared, founder)


def found_in(
    scenario: Scenario, actors: Actors, founder: Contributor, store: ContentStore, content_key: bytes
) -> FoundedModel:
    """The scenario's model before its first round, scored by what the founder's devices measured."""
    return found_model(
        store,
        scenario.task,
        actors.founder.address,
        founder.all_batches(),
        {"score": scenario.score, "report": scenario.report},
        [sealing_public_key(key) for key in actors.validators],
        content_key,
        CURRENT,
        scenario.rules,
    )


def _register(
    chain: Chain, shared: SharedContracts, lister: AccountKey, devices: list[DeviceKey], owners: list[AccountKey]
) -> None:
    registry = shared.device_registry
    for start in range(0, len(devices), _LISTED_PER_CALL):
        registry.list_devices(lister, [device.address for device in devices[start : start + _LISTED_PER_CALL]])
    pairs = list(zip(devices, owners, strict=True))
    for start in range(0, len(pairs), _SMALL_CALLS_AT_ONCE):
        now = chain.block_time()  # as on a real Pebble: the button is pressed now, whatever the data's year
        claims = []
        for device, owner in pairs[start : start + _SMALL_CALLS_AT_ONCE]:
            claim = read_confirmation(sign_confirmation(device, owner.address, now), device.public_key)
            claims.append(registry.prepare(owner, "claim", device.address, claim.timestamp, claim.signature))
        _send(chain, claims)


def _send(chain: Chain, calls: list[Call], at_once: int = _SMALL_CALLS_AT_ONCE) -> list[Receipt]:
    """So many at once, receipts in their order."""
    waves = [calls[start : start + at_once] for start in range(0, len(calls), at_once)]
    return [receipt for wave in waves for receipt in chain.send_many(wave)]


def _founder(
    scenario: Scenario,
    actors: Actors,
    records: Mapping[Address, DeviceRecord],
    settings: IntakeSettings,
    folder: Path,
) -> Contributor:
    """The founder's own intake of the reference devices."""
    own = {key.address: records[key.address] for key in actors.reference_devices}
    founder = _contributor(actors.founder, own, settings, folder / "founder")
    for key, series in zip(actors.reference_devices, scenario.dataset.series, strict=True):
        device = SimulatedDevice(key, scenario.profile, series, scenario.dataset.channels, scenario.task.target, 0, 0)
        founder.take((key.address, packet) for packet in device.packets(scenario.reference_weeks))
    return founder


def deploy_founded(
    chain: Chain,
    shared: SharedContracts,
    actors: Actors,
    founded: FoundedModel,
    operation: Operation,
    alliance: Address | None = None,
) -> ModelContracts:
    """The model's contracts, in an alliance of its own or in one that is there."""
    return deploy_model(
        chain,
        actors.founder,
        shared,
        ModelConfig(
            name="Andel demo model",
            symbol="ANDEL",
            cap=CAP,
            rate=RATE,
            ceiling=CEILING,
            owner=actors.founder.address,
            coordinator=actors.coordinator.address,
            validators=tuple(ValidatorRecord(key.address, sealing_public_key(key)) for key in actors.validators),
            k=QUORUM,
            seed_delay=SEED_DELAY,
            commit_period=COMMIT_PERIOD,
            operator_share_bps=OPERATOR_SHARE_BPS,
            bond=BOND,
            coin_per_token=COIN_PER_TOKEN,
            challenge_floor=CHALLENGE_FLOOR,
            hearing_period=HEARING_PERIOD,
            genesis_version=founded.genesis,
            task_hash=digest_of_cid(founded.task),
            policy_hash=EVERYWHERE.hash,
            terms_hash=terms_hash(),
            listers=() if alliance else (actors.lister.address,),
            alliance=alliance,
            challenge_window=operation.challenge_window,
            standbys=tuple(key.address for key in actors.standbys[: operation.standbys]),
            idle_period=operation.idle_period,
            allocations=(Allocation(actors.founder.address, FOUNDERS_PART, duration=VESTING, cliff=VESTING // 4),),
        ),
    )


def _join(
    scenario: Scenario,
    actors: Actors,
    records: Mapping[Address, DeviceRecord],
    settings: IntakeSettings,
    model: ModelContracts,
    folder: Path,
    obedience: Obedience,
    say: Say,
) -> tuple[Member, ...]:
    taken: list[tuple[Contributor, SimulatedDevice, IntakeCounts]] = []
    stolen: list[tuple[Address, bytes]] = []
    for participant in scenario.participants:
        key, device_key = actors.owners[participant.number], actors.devices[participant.number]
        device = _device(scenario, participant, device_key)
        packets = [(device_key.address, packet) for packet in device.packets(participant.weeks)]
        own = {device_key.address: records[device_key.address]}
        if participant.kind == Kind.REPLAYER:
            packets = stolen
        elif not stolen:
            stolen = packets
        # who is shown others' packets looks up whose they are; all devices at each of a thousand owners would not fit
        known = own | {address: records[address] for address, _ in packets[:1]}
        held_out = HeldOut(scenario.held_days(participant), tell=True)
        contributor = _contributor(key, known, settings, folder / f"owner-{participant.number}", held_out)
        taken.append((contributor, device, contributor.take(packets)))
        contributor.join(model.round_manager, model.batch_registry, obedience)
        contributor.close()  # read again below, one after the other
    refused = sum((Counter(intake.refused) for _, _, intake in taken), Counter())
    accepted = sum(intake.accepted for _, _, intake in taken)
    named = {reason.value: count for reason, count in refused.items()}
    say(f"{accepted} packets verified and kept; refused: {named or 'none'}")
    spent = _enter_batches(model, [contributor for contributor, _, _ in taken])
    say(f"{sum(count for _, count in spent)} batches entered in the registry by their owners")
    members: list[Member] = []
    for participant, (contributor, device, intake), gas in zip(scenario.participants, taken, spent, strict=True):
        refusal = ", ".join(f"{count} packets refused: {reason}" for reason, count in intake.refused.items())
        if participant.kind == Kind.REPLAYER and members:
            refusal += "; intake bypassed: " + _bypass_intake(model, contributor.key, members[0].contributor)
        members.append(Member(participant, contributor, device, intake, gas, refusal))
    return tuple(members)


def _device(scenario: Scenario, participant: Participant, key: DeviceKey) -> SimulatedDevice:
    series, channels = scenario.dataset.series[participant.site], scenario.dataset.channels
    target, noise = scenario.task.target, participant.noise
    profile = participant.profile or scenario.profile
    return SimulatedDevice(key, profile, series, channels, target, noise, participant.number)


def _bypass_intake(model: ModelContracts, thief: AccountKey, victim: Contributor) -> str:
    """What the registry says to an owner who enters another's batch without asking its own intake."""
    try:
        model.batch_registry.enter(thief, victim.entries()[:1])
    except Reverted as refusal:
        return refusal.error
    return "entered"


def _contributor(
    key: AccountKey,
    records: Mapping[Address, DeviceRecord],
    settings: IntakeSettings,
    folder: Path,
    held_out: HeldOut = NOTHING_HELD_OUT,
) -> Contributor:
    folder.mkdir(parents=True, exist_ok=True)
    store = EvidenceStore(f"sqlite:///{folder / 'evidence.db'}")
    return Contributor(key, records, store, settings, terms_hash(), held_out)


def _enter_batches(model: ModelContracts, contributors: Sequence[Contributor]) -> list[tuple[int, int]]:
    """(gas, batches) of each: the owner's own transactions, each with up to 50 entries."""
    registry = model.batch_registry
    calls: list[tuple[int, Call]] = []
    counts: list[int] = []
    for number, contributor in enumerate(contributors):
        entries = [entry.values() for entry in contributor.missing_entries(registry)]
        contributor.close()  # it has read its store, and a thousand are open files by the thousand
        counts.append(len(entries))
        for start in range(0, len(entries), _ENTRIES_PER_CALL):
            part = entries[start : start + _ENTRIES_PER_CALL]
            calls.append((number, registry.prepare(contributor.key, "enter", part)))
    at_once = _CALLS_AT_ONCE * _ENTRIES_PER_CALL // max(1, min(_ENTRIES_PER_CALL, max(counts, default=0)))
    receipts = _send(registry.chain, [call for _, call in calls], min(at_once, _SMALL_CALLS_AT_ONCE))
    gas = [0] * len(counts)
    for (number, _), receipt in zip(calls, receipts, strict=True):
        gas[number] += receipt.gas_used
    return list(zip(gas, counts, strict=True))
