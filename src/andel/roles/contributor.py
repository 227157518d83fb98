"""A contributor: owns devices, keeps their packets, enters batches on chain, and trains beside the data.

It holds the owner's key, the evidence store and the account's view of the chain. Raw packets leave it only as
openings that a seed on chain has drawn; rows for training never leave it at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from andel.content import digest_of_cid
from andel.data.batch import Batch, BatchHeader, batches_object, make_batch
from andel.data.features import IntArray, build_rows
from andel.data.forget import Forgotten, forget, header_of_kept
from andel.data.intake import DeviceRecord, Intake, IntakeCounts, IntakeSettings
from andel.data.openings import make_openings
from andel.data.store import EvidenceStore
from andel.device.packets import reread_packet
from andel.device.reading import SignedReading
from andel.errors import PlanError
from andel.hashing import sha256
from andel.keys import AccountKey, address_bytes
from andel.ledger.alliance import AllianceContract
from andel.ledger.contracts import BatchRegistryContract, Entry
from andel.ledger.round_manager import RoundManagerContract
from andel.training.plan import DayRanges, RoundPlan
from andel.training.task import Task
from andel.units import Address, Digest, day_of


class Contributor:
    """One owner with devices; satisfies `andel.training.client_app.LocalContributor`."""

    def __init__(
        self,
        key: AccountKey,
        devices: Mapping[Address, DeviceRecord],
        store: EvidenceStore,
        settings: IntakeSettings,
        terms: Digest,
    ) -> None:
        self._key = key
        self._devices = dict(devices)
        self._store = store
        self._intake = Intake(key.address, devices, settings, store)
        self._terms = terms
        self._manager: RoundManagerContract | None = None
        self._readings: dict[tuple[Address, int], list[SignedReading]] | None = None
        self._batches: tuple[Batch, ...] | None = None
        self._listed: tuple[DayRanges, bytes] | None = None
        self._accepted_plan = b""
        self._rows: tuple[bytes, npt.NDArray[np.uint8], IntArray] | None = None

    @property
    def key(self) -> AccountKey:
        """The key that signs commitments, updates and batch entries."""
        return self._key

    @property
    def address(self) -> Address:
        """The account that owns the devices and is paid."""
        return self._key.address

    def join(self, manager: RoundManagerContract) -> None:
        """Watches the model whose rounds this contributor takes part in."""
        self._manager = manager

    def take(self, packets: Iterable[tuple[Address, bytes]]) -> IntakeCounts:
        """Judges and keeps packets, each with the device its topic announced."""
        self._readings = self._batches = self._rows = self._listed = None
        return self._intake.take(packets)

    def forget(self, device: Address, first_day: int, last_day: int) -> Forgotten:
        """Deletes the raw bytes of a device's days (days since 1970, both included); see `andel.data.forget`."""
        self._readings = self._batches = self._rows = self._listed = None
        return forget(self._store, device, first_day, last_day)

    def deleted_batches(self) -> tuple[BatchHeader, ...]:
        """The headers, as they were committed, of days of which bytes were deleted; no round gets them any more."""
        return tuple(
            header_of_kept(self._store.stream(device, day, day), self._public_key(device))
            for device, day in self._store.forgotten_days()
            if device in self._devices
        )

    def all_batches(self) -> tuple[Batch, ...]:
        """One batch per device and day of everything accepted, in the order of devices and days.

        A day of which bytes were deleted is none of them: what is left of it has another root than was entered.
        """
        if self._batches is None:
            self._batches = tuple(
                make_batch(readings, self._public_key(device))
                for (device, _), readings in sorted(self._by_day().items(), key=_device_and_day)
            )
        return self._batches

    def entries(self) -> list[Entry]:
        """What this contributor enters in the batch registry, once per device and day for ever."""
        return [Entry(batch.device, batch.day, batch.root) for batch in self.all_batches()]

    def missing_entries(self, registry: BatchRegistryContract) -> list[Entry]:
        """Of those, the ones that stand nowhere in `registry` yet: what is left to enter, also after a crash.

        A batch can be entered once, and one entered twice would take its whole transaction down.
        """
        entries = self.entries()
        standing = registry.entries_of([(entry.device, entry.day) for entry in entries])
        return [entry for entry, root in zip(entries, standing, strict=True) if not any(root)]

    def accept(self, plan: RoundPlan, task: Task) -> None:
        """Raises PlanError unless the plan is the one on chain, and its terms are those the owner accepted, here and
        in the model's alliance.
        """
        if digest_of_cid(plan.task) != sha256(task.to_bytes()):
            raise PlanError("the task sent is not the one that the plan names")
        if plan.hash == self._accepted_plan:
            return
        if plan.terms != self._terms:
            raise PlanError("the plan names terms that this owner has not accepted")
        if self._manager is None or self._manager.address != plan.model:
            raise PlanError(f"this contributor has not joined the model {plan.model}")
        state = self._manager.round_of(plan.round)
        if state.plan_hash != plan.hash:
            raise PlanError(f"the plan of round {plan.round} is not the one on chain")
        chain = self._manager.chain
        alliance = AllianceContract(chain, self._manager.founding().alliance)
        if not all(alliance.have_accepted([self.address], plan.terms, chain.block_time(state.opened_block))):
            raise PlanError(
                f"{self.address} had not accepted the terms in the alliance when round {plan.round} opened",
                "accept them with `andel alliance accept`; they count from the next round",
            )
        self._accepted_plan = plan.hash

    def check_seed(self, plan: RoundPlan, seed: bytes) -> None:
        """Raises PlanError unless `seed` is the round's seed 1 on chain: nobody else may choose what is opened."""
        if self._manager is None or not any(seed) or self._manager.round_of(plan.round).first_seed != seed:
            raise PlanError(f"the seed of round {plan.round} is not the one on chain")

    def batches(self, plan: RoundPlan) -> bytes:
        """The batches object for the plan's windows."""
        if self._listed is None or self._listed[0] != plan.windows:
            self._listed = plan.windows, batches_object(self.address, [batch.header for batch in self._chosen(plan)])
        return self._listed[1]

    def weight(self, plan: RoundPlan) -> int:
        """Distinct slots in those batches."""
        return sum(batch.slots for batch in self._chosen(plan))

    def openings(self, plan: RoundPlan, task: Task, seed: bytes) -> bytes:
        """The leaves that `seed` draws from those batches, with packets and proofs."""
        return make_openings(seed, self.address, self._chosen(plan), task.openings)

    def rows(self, plan: RoundPlan, task: Task) -> tuple[npt.NDArray[np.uint8], IntArray]:
        """Inputs (n, features) uint8 and changes (n,) int64 of the readings in those batches.

        Raises PlanError when they give no row to train on.
        """
        name = plan.task.encode() + repr(plan.windows).encode()
        if self._rows is None or self._rows[0] != name:
            chosen = [
                reading
                for readings in self._by_day().values()
                for reading in readings
                if plan.covers(day_of(reading.timestamp))
            ]
            rows = build_rows(chosen, task.features, task.target, task.horizon_seconds, task.exponent)
            if len(rows.change) == 0:
                raise PlanError(f"{self.address} has no pair of readings {task.horizon_seconds} seconds apart")
            self._rows = (name, rows.codes, rows.change)
        return self._rows[1], self._rows[2]

    def _chosen(self, plan: RoundPlan) -> Sequence[Batch]:
        return [batch for batch in self.all_batches() if plan.covers(batch.day)]

    def _by_day(self) -> dict[tuple[Address, int], list[SignedReading]]:
        if self._readings is None:
            self._readings = {}
            days = self._store.days()
            whole = set(days)
            for device, record in self._devices.items():
                own = [day for owner, day in days if owner == device]
                if not own:
                    continue
                for raw in self._store.readings(device, min(own), max(own)):
                    reading = reread_packet(raw, record.public_key, record.epoch)
                    place = device, day_of(reading.timestamp)
                    if place in whole:
                        self._readings.setdefault(place, []).append(reading)
        return self._readings

    def _public_key(self, device: Address) -> bytes:
        return self._devices[device].public_key


def _device_and_day(item: tuple[tuple[Address, int], object]) -> tuple[bytes, int]:
    (device, day), _ = item
    return address_bytes(device), day
