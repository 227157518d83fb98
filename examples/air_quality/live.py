"""Days after the training: stations go on measuring, sign every hour, and enter each day once it is over.

Takes a station's owner with its device, and what is measured on one day. Gives that day's packets as they stand under
the root in the batch registry, which is what a cover is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from andel.data.features import week_of
from andel.keys import DeviceKey
from andel.ledger.contracts import BatchRegistryContract
from andel.roles.contributor import Contributor
from andel.simulation.devices import SimulatedDevice
from andel.simulation.series import Dataset
from andel.units import Address
from examples.air_quality.stations import between_days


@dataclass(frozen=True, slots=True)
class LiveStation:
    """A station that goes on: its site's name, its device's key, and its owner's evidence."""

    site: str
    key: DeviceKey
    owner: Contributor

    @property
    def address(self) -> Address:
        """The device's."""
        return self.key.address


def measure_day(station: LiveStation, dataset: Dataset, day: int, registry: BatchRegistryContract) -> tuple[bytes, ...]:
    """Signs, takes in and enters what the station measured on a day that is over; the day's packets in their order.

    Raises SettingsError where it measured nothing, Reverted where the registry refuses.
    """
    today = between_days(dataset, day, day)
    series = next(each for each in today.series if each.site == station.site)
    device = SimulatedDevice(station.key, "envelope", series, dataset.channels, "pm2_5", 0, 0)
    weeks = {int(week) for week in week_of(series.timestamps)}
    station.owner.take((station.address, packet) for packet in device.packets(weeks))
    entries = [entry for entry in station.owner.missing_entries(registry) if entry.day == day]
    registry.enter(station.owner.key, entries)
    (batch,) = (each for each in station.owner.all_batches() if (each.device, each.day) == (station.address, day))
    return batch.packets
