"""Stations that a test places where and how it likes, and a world that one more owner of such stations joins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from andel.data.policy import EVERYWHERE
from andel.device.envelope import encode_envelope
from andel.device.packets import read_packet
from andel.device.reading import Measurement, SignedReading
from andel.keys import DeviceKey, derive_secret
from andel.training.result import sign_commitment
from andel.units import Address
from andel.value.history import EMPTY_HISTORY, History
from andel.value.proof import ProvenData, prove_data
from tests.support.worlds import FIRST_DAY, Owner, Sensor, World, registry_of

HOURS = tuple(FIRST_DAY * 86_400 + hour * 3_600 for hour in range(96))
"""The hours of the training days."""


class Station(Sensor):
    """A sensor with a position, whose values and times the test gives."""

    def __init__(self, name: str) -> None:
        super().__init__("stations", name)
        self.key = DeviceKey(derive_secret(b"tests: station", name))

    @property
    def address(self) -> Address:
        """The device's address."""
        return self.key.address

    def reading(self, time: int, temperature: int, latitude: int = 400_000_000, sequence: int = 0) -> SignedReading:
        """One verified reading; the humidity follows the temperature."""
        measured = [
            Measurement("temperature", temperature, -2, "degC"),
            Measurement("humidity", 5_000 - temperature % 1_000, -2, "%"),
            Measurement("latitude", latitude, -7, "deg"),
            Measurement("longitude", 5_000_000, -7, "deg"),
        ]
        raw = encode_envelope(self.key, sequence, time, measured)
        return read_packet(raw, self.key.public_key)

    def readings(self, times: Iterable[int] = HOURS, latitude: int = 400_000_000) -> list[SignedReading]:
        """A reading at each time, each with its own value."""
        return [self.reading(time, 1_500 + index % 700, latitude, index) for index, time in enumerate(times)]


def holding(reading: SignedReading, *measurements: Measurement) -> SignedReading:
    """The reading with other values, as no packet would give them."""
    return SignedReading(
        reading.device, reading.timestamp, measurements, reading.raw, reading.digest, reading.profile, reading.sequence
    )


def joined(world: World, owner: Owner) -> World:
    """The world with one more owner, whose batches are entered and whose devices are admitted."""
    return replace(
        world,
        owners=(*world.owners, owner),
        entries={**world.entries, **registry_of([owner])},
        admitted=world.admitted | {batch.device for batch in owner.all_batches},
        consenting=world.consenting | {owner.address},
    )


def proven_of(
    world: World,
    owner: Owner,
    number: int,
    seed: bytes,
    history: History = EMPTY_HISTORY,
    *,
    openings: bytes | None = None,
    conflicts: tuple[bytes, ...] = (),
) -> ProvenData:
    """What is proven of an owner of the world in round `number`; it opens what `seed` draws, or shows `openings`."""
    plan = replace(world.plan, round=number)
    commitment = sign_commitment(owner.key, plan, owner.batches(plan))
    shown = owner.openings(plan, world.task, seed) if openings is None else openings
    (found,) = prove_data(
        plan,
        world.task,
        EVERYWHERE,
        [commitment],
        {owner.address: shown},
        world.entries,
        world.admitted,
        world.consenting,
        1_700_000_000,
        seed,
        history,
        conflicts,
    )
    return found
