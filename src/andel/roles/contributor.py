"""A contributor: owns devices, keeps their packets, enters batches on chain, and trains beside the data.

It holds the owner's key, the evidence store and the account's view of the chain. Raw packets leave it only as
openings that a seed on chain has drawn; rows for training never leave it at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from andel.content import digest_of_cid
from andel.data.batch import Batch, batches_object, make_batch, parse_batches
from andel.data.disclosure import disclosure_object
from andel.data.features import IntArray, build_rows
from andel.data.forget import DELETED, Forgotten, forget
from andel.data.intake import DeviceRecord, Intake, IntakeCounts, IntakeSettings
from andel.data.kept_back import committable
from andel.data.openings import make_openings
from andel.data.sealed_draws import LEAST_LEAVES
from andel.data.store import OTHER_CONTENT, EvidenceStore
from andel.device.packets import reread_packet
from andel.device.reading import Refusal, SignedReading
from andel.errors import PlanError
from andel.hashing import sha256
from andel.keys import AccountKey, address_bytes
from andel.ledger.alliance import AllianceContract
from andel.ledger.contracts import BatchRegistryContract, Entry
from andel.ledger.round_manager import RoundManagerContract
from andel.roles.held_out import NOTHING_HELD_OUT, HeldOut, rows_of
from andel.roles.obeying import Obedience
from andel.roles.sealed_openings import answer_sealed, asked_for
from andel.training.personal import Rows
from andel.training.plan import RoundPlan, check_pace
from andel.training.task import Task
from andel.typed_data import sign_typed
from andel.units import Address, Digest, day_of
from andel.value.history import parse_history
from andel.value.proof import is_entered
from andel.value.retraining import disclosure_message

_REPEATED_MAX = 100_000
"""Packets with a second content of a time that are looked at."""


class Contributor:
    """One owner with devices; satisfies `andel.training.client_app.LocalContributor`."""

    def __init__(
        self,
        key: AccountKey,
        devices: Mapping[Address, DeviceRecord],
        store: EvidenceStore,
        settings: IntakeSettings,
        terms: Digest,
        held_out: HeldOut = NOTHING_HELD_OUT,
    ) -> None:
        """`held_out` are days that it keeps to itself."""
        self._key = key
        self._devices = dict(devices)
        self._store = store
        self._intake = Intake(key.address, devices, settings, store)
        self._terms = terms
        self._held_out = held_out
        self._manager: RoundManagerContract | None = None
        self._registry: BatchRegistryContract | None = None
        self._obedience = Obedience(None)
        self._readings: dict[tuple[Address, int], list[SignedReading]] | None = None
        self._batches: tuple[Batch, ...] | None = None
        self._kept_back: dict[tuple[Address, int], str] = {}
        self._chosen: tuple[Digest, tuple[Batch, ...]] | None = None
        self._standing: set[Digest] = set()
        self._accepted_plan = b""
        self._sealing = ""
        self._rows: tuple[bytes, npt.NDArray[np.uint8], IntArray] | None = None

    @property
    def key(self) -> AccountKey:
        """The key that signs commitments, updates and batch entries."""
        return self._key

    @property
    def address(self) -> Address:
        """The account that owns the devices and is paid."""
        return self._key.address

    @property
    def devices(self) -> tuple[Address, ...]:
        """Its devices, in the order given."""
        return tuple(self._devices)

    @property
    def evidence_url(self) -> str:
        """Where its evidence store lies, for another process of the same owner."""
        return self._store.url

    def close(self) -> None:
        """Closes the connections of its evidence store, which opens them again when it is used."""
        self._store.close()

    def join(
        self,
        manager: RoundManagerContract,
        registry: BatchRegistryContract | None = None,
        obedience: Obedience | None = None,
    ) -> None:
        """Watches the model whose rounds this contributor takes part in.

        `obedience` reads the training policy that each plan must obey; None has no store to read it from.
        With the `registry` it commits only batches that stand there as it would open them: a packet that came after a
        day was entered costs that day, not the whole set.
        """
        self._manager = manager
        self._registry = registry
        self._obedience = obedience or Obedience(None)

    def take(self, packets: Iterable[tuple[Address, bytes]]) -> IntakeCounts:
        """Judges and keeps packets, each with the device its topic announced."""
        self._readings = self._batches = self._rows = self._chosen = None
        return self._intake.take(packets)

    def forget(self, device: Address, first_day: int, last_day: int) -> Forgotten:
        """Deletes the raw bytes of a device's days (days since 1970, both included); see `andel.data.forget`."""
        self._readings = self._batches = self._rows = self._chosen = None
        return forget(self._store, device, first_day, last_day)

    def all_batches(self) -> tuple[Batch, ...]:
        """One batch per device and day of everything accepted and not kept back, in the order of devices and days.

        A day of which bytes were deleted is none of them: its leaves could not be opened.
        """
        if self._batches is None:
            self._batches = tuple(
                make_batch(readings, self._public_key(device))
                for (device, _), readings in sorted(self._by_day().items(), key=_device_and_day)
            )
        return self._batches

    def kept_back(self) -> Mapping[tuple[Address, int], str]:
        """The (device, day) that is not committed, or not in full, and why (`andel.data.kept_back`)."""
        self._by_day()
        return self._kept_back

    def entries(self) -> list[Entry]:
        """What this contributor enters in the batch registry, once per device and day for ever."""
        return [Entry(batch.device, batch.day, batch.root) for batch in self._shared()]

    def missing_entries(self, registry: BatchRegistryContract) -> list[Entry]:
        """Of those, the ones that stand nowhere in `registry` yet: what is left to enter, also after a crash.

        A batch can be entered once, and one entered twice would take its whole transaction down.
        """
        entries = self.entries()
        standing = registry.entries_of([(entry.device, entry.day) for entry in entries])
        return [entry for entry, root in zip(entries, standing, strict=True) if not any(root)]

    def accept(self, plan: RoundPlan, task: Task) -> None:
        """Raises PlanError unless the plan is the one on chain, paced as its task says, obeys the training policy that
        holders had decided when it opened, and its terms are those the owner accepted, here and in the alliance.
        """
        if digest_of_cid(plan.task) != sha256(task.to_bytes()):
            raise PlanError("the task sent is not the one that the plan names")
        check_pace(plan, task)
        self._sealing = plan.task if task.privacy.grouped else ""
        if plan.hash == self._accepted_plan:
            return
        if plan.terms != self._terms:
            raise PlanError("the plan names terms that this owner has not accepted")
        if self._manager is None or self._manager.address != plan.model:
            raise PlanError(f"this contributor has not joined the model {plan.model}")
        opening = self._manager.opening_under(plan.round, plan.hash)
        if opening is None:
            raise PlanError(f"the plan of round {plan.round} is not the one on chain")
        chain = self._manager.chain
        alliance = AllianceContract(chain, self._manager.founding().alliance)
        if not all(alliance.have_accepted([self.address], plan.terms, opening.time)):
            raise PlanError(
                f"{self.address} had not accepted the terms in the alliance when round {plan.round} opened",
                "accept them with `andel alliance accept`; they count from the next round",
            )
        self._obedience.check(plan, task, self._manager, opening.block)
        self._accepted_plan = plan.hash

    def check_seed(self, plan: RoundPlan, seed: bytes) -> None:
        """Raises PlanError unless `seed` is the round's seed 1 on chain: nobody else may choose what is opened."""
        if self._manager is None or not self._manager.is_first_seed(plan.round, plan.hash, seed):
            raise PlanError(f"the seed of round {plan.round} is not the one on chain")

    def check_commitments(self, plan: RoundPlan, root: bytes) -> None:
        """Raises PlanError unless `root` is that of the round's commitments on chain, from which groups are drawn."""
        if self._manager is None or not any(root) or self._manager.round_of(plan.round).commitments_root != root:
            raise PlanError(f"the commitments of round {plan.round} are not those on chain")

    def batches(self, plan: RoundPlan) -> bytes:
        """The batches object for the plan's windows."""
        return batches_object(self.address, [batch.header for batch in self._committed(plan)])

    def weight(self, plan: RoundPlan) -> int:
        """Distinct slots in those batches."""
        return sum(batch.slots for batch in self._committed(plan))

    def openings(self, plan: RoundPlan, task: Task, seed: bytes) -> bytes:
        """The leaves that `seed` draws from those batches, with packets and proofs."""
        return make_openings(seed, self.address, self._committed(plan), task.openings)

    def sealed_openings(self, plan: RoundPlan, task: Task, seed: bytes, asked: bytes) -> tuple[bytes, int]:
        """What is drawn of the batches `asked` for, sealed to the round's validators, or a refusal; and how many
        readings that shows (`andel.roles.sealed_openings`).
        """
        if self._manager is None:
            raise PlanError(f"this contributor has not joined the model {plan.model}")
        batches = self._committed(plan)
        named = asked_for(asked, plan, seed, len(batches))
        return answer_sealed(self._key, self._store, self._manager, plan, task, batches, named)

    def disclosure(self, plan: RoundPlan, state: bytes, batches: bytes) -> tuple[bytes, bytes]:
        """All packets of the list `batches`, which the state on chain says this contributor has to show, and the
        signature over them.

        Raises PlanError when the chain does not say so, or when these readings are not kept any more.
        """
        if self._manager is None or sha256(state) != self._manager.state_hash():
            raise PlanError("the state that asks for a disclosure is not the one on chain")
        due = parse_history(state).due.get(self.address)
        if due is None or due.batches != sha256(batches):
            raise PlanError(f"no disclosure of that list of batches is due from {self.address}")
        own = {(batch.device, batch.day): batch for batch in self.all_batches()}
        listed = [(header, own.get((header.device, header.day))) for header in parse_batches(batches)[1]]
        whole = [batch for header, batch in listed if batch is not None and batch.header == header]
        if len(whole) < len(listed):
            raise PlanError(f"{len(listed) - len(whole)} batches of round {due.round} are not kept as committed")
        epochs = {device: record.epoch for device, record in self._devices.items() if record.epoch is not None}
        data = disclosure_object(self.address, due.batches, whole, epochs)
        return data, sign_typed(self._key, "Disclosure", plan.domain, disclosure_message(plan, due, data))

    def rows(self, plan: RoundPlan, task: Task) -> tuple[npt.NDArray[np.uint8], IntArray]:
        """Inputs (n, features) uint8 and changes (n,) int64 of the readings in those batches, and in no others: what
        was trained on can be disclosed.

        Raises PlanError when they give no row to train on.
        """
        committed = self._committed(plan)
        name = sha256(plan.task.encode(), *(batch.root for batch in committed))
        if self._rows is None or self._rows[0] != name:
            days = self._by_day()
            chosen = [reading for batch in committed for reading in days[batch.device, batch.day]]
            rows = build_rows(chosen, task.features, task.target, task.horizon_seconds, task.exponent)
            if len(rows.change) == 0:
                raise PlanError(f"{self.address} has no pair of readings {task.horizon_seconds} seconds apart")
            self._rows = (name, rows.codes, rows.change)
        return self._rows[1], self._rows[2]

    def held_out(self, plan: RoundPlan, task: Task, version: Digest) -> Rows:
        """The rows of the days that stay home, to measure `version` by.

        Raises PlanError where errors are not told, or the version is neither the plan's nor the model's current one.
        """
        self._held_out.check_told(task)
        current = self._manager.current_version() if self._manager else plan.version
        if version not in (plan.version, current):
            raise PlanError(f"the version {version.hex()[:16]}… is not the model's")
        return self.own_rows(task)[1]

    def own_rows(self, task: Task) -> tuple[Rows, Rows]:
        """(what may be trained on, what stays home) of all readings kept: what `andel.training.personal` takes."""
        sides: tuple[list[SignedReading], list[SignedReading]] = ([], [])
        for (_, day), readings in self._by_day().items():
            sides[self._held_out.covers(day)].extend(readings)
        return rows_of(task, sides[0]), rows_of(task, sides[1])

    def _shared(self) -> list[Batch]:
        """The batches of days that do not stay home."""
        return [batch for batch in self.all_batches() if not self._held_out.covers(batch.day)]

    def _committed(self, plan: RoundPlan) -> Sequence[Batch]:
        """The batches of the plan's windows, decided once a plan: what is committed is what will be opened."""
        if self._chosen is None or self._chosen[0] != plan.hash:
            least = LEAST_LEAVES if plan.task == self._sealing else 1  # of fewer a fifth is too little to check
            inside = [b for b in self._shared() if plan.covers(b.day) and len(b.packets) >= least]
            self._chosen = plan.hash, tuple(self._entered(inside, plan))
        return self._chosen[1]

    def _entered(self, batches: Sequence[Batch], plan: RoundPlan) -> Sequence[Batch]:
        """Those that stand in the registry since before the round opened; all where no registry is watched."""
        if self._registry is None or self._manager is None:
            return batches
        known = plan.hash == self._accepted_plan or 0 < plan.round <= self._manager.rounds_count()
        opening = self._manager.opening_under(plan.round, plan.hash) if known else None
        opened = opening.time if opening else self._manager.chain.block_time()
        # what stood before one round opened stands for ever, so only the rest is asked about
        asked = [batch for batch in batches if batch.root not in self._standing]
        stored = self._registry.entries_of([(batch.device, batch.day) for batch in asked]) if asked else []
        for batch, entry in zip(asked, stored, strict=True):
            if is_entered(entry, batch.root, self.address, opened):
                self._standing.add(batch.root)
        return [batch for batch in batches if batch.root in self._standing]

    def _by_day(self) -> dict[tuple[Address, int], list[SignedReading]]:
        if self._readings is None:
            gone = (place for place in self._store.forgotten_days() if place[0] in self._devices)
            self._readings, self._kept_back = {}, dict.fromkeys(gone, DELETED)
            days, repeated = self._store.days(), self._repeated()
            whole = set(days)
            for device, record in self._devices.items():
                own = [day for owner, day in days if owner == device]
                if not own:
                    continue
                raws = self._store.readings(device, min(own), max(own))
                readings = [reread_packet(raw, record.public_key, record.epoch) for raw in raws]
                sound = committable(readings, repeated.get(device, ()))
                self._kept_back |= {(device, day): why for day, why in sound.reasons.items() if (device, day) in whole}
                for reading in sound.readings:
                    place = device, day_of(reading.timestamp)
                    if place in whole:
                        self._readings.setdefault(place, []).append(reading)
        return self._readings

    def _repeated(self) -> dict[Address, list[SignedReading]]:
        """By device, in order of arrival: readings refused because their time had been signed with other content."""
        found: dict[Address, list[SignedReading]] = {}
        for packet in self._store.refused(Refusal.REPLAY, _REPEATED_MAX):
            device = Address(packet.device)
            if packet.detail.startswith(OTHER_CONTENT) and device in self._devices:
                reading = reread_packet(packet.raw, self._public_key(device), self._devices[device].epoch)
                found.setdefault(device, []).append(reading)
        return found

    def _public_key(self, device: Address) -> bytes:
        return self._devices[device].public_key


def _device_and_day(item: tuple[tuple[Address, int], object]) -> tuple[bytes, int]:
    (device, day), _ = item
    return address_bytes(device), day
