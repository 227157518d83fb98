"""A cover over two days of the data: one whose air was bad, and one whose air was good.

Takes stations that go on measuring, their registries on a chain of one's own, and the parties. Gives what each day
came to and what the contract paid. The days are chosen from the data, as whoever plays the past knows it; the
contract is told none of that, and is deployed before either of them begins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from andel.data.intake import DeviceRecord, IntakeSettings
from andel.data.store import EvidenceStore
from andel.device.pebble import read_confirmation, sign_confirmation
from andel.keys import AccountKey, DeviceKey, derive_secret
from andel.ledger.contracts import BatchRegistryContract, DeviceRegistryContract
from andel.roles.contributor import Contributor
from andel.simulation.local_chain import LocalChain
from andel.simulation.series import MISSING, Dataset
from andel.simulation.world import terms_hash
from andel.units import DAY_SECONDS, Address
from examples.air_quality.cover import BadAirDaysContract, CoverTerms, deploy_cover
from examples.air_quality.live import LiveStation, measure_day
from examples.air_quality.models import accepted_times
from examples.air_quality.playing import first_live_day
from examples.air_quality.stations import between_days, last_day

THRESHOLD: Final = 150
"""Micrograms per cubic metre in the mean of a day: from there on HJ 633-2012 speaks of heavy pollution."""
AMOUNT: Final = 10**18
"""Wei for a bad day."""
HOURS_NEEDED: Final = 18
_SEED: Final = b"andel air quality, cover"


@dataclass(frozen=True, slots=True)
class Parties:
    """Who pays the cover, who is paid by it, and who brings the evidence, which anybody may."""

    sponsor: AccountKey
    beneficiary: Address
    messenger: AccountKey

    @classmethod
    def made(cls) -> Parties:
        """Parties with keys of their own."""
        sponsor, villagers, messenger = (
            AccountKey(derive_secret(_SEED, name)) for name in ("sponsor", "villagers", "messenger")
        )
        return cls(sponsor, villagers.address, messenger)


@dataclass(frozen=True, slots=True)
class CoveredDay:
    """What a day came to: the means that stations showed, by site, and what was paid for it in all, wei."""

    day: int
    means: dict[str, float]
    paid: int


def worst_and_best(dataset: Dataset) -> tuple[int, int]:
    """Of the days that no model sees: that with the most and that with the least dust at the median station.

    Only days of which every station has enough hours count.
    """
    medians = {}
    for day in range(first_live_day(dataset), last_day(dataset) + 1):
        today = between_days(dataset, day, day)
        dust = [series.values["pm2_5"][series.values["pm2_5"] != MISSING] for series in today.series]
        if all(len(values) >= HOURS_NEEDED for values in dust):
            medians[day] = float(np.median([values.mean() for values in dust]))
    return max(medians, key=lambda day: medians[day]), min(medians, key=lambda day: medians[day])


def play_cover(
    dataset: Dataset,
    days: Sequence[int],
    stations: Sequence[LiveStation],
    local: LocalChain,
    batches: BatchRegistryContract,
    lister: Address,
    parties: Parties,
    say: Callable[[str], None],
) -> tuple[BadAirDaysContract, list[CoveredDay]]:
    """Deploys a cover of these days and all between, lets each of them pass, and shows what the stations signed.

    The chain's clock stands before the first day. Raises Reverted where the contract refuses, SettingsError for a day
    without measurements.
    """
    chain = batches.chain
    local.fund([parties.sponsor.address, parties.messenger.address])
    terms = CoverTerms(
        batches=batches.address,
        lister=lister,
        stations=tuple(station.address for station in stations),
        needed=len(stations) // 2 + 1,
        threshold=THRESHOLD,
        first_day=min(days),
        last_day=max(days),
        beneficiary=parties.beneficiary,
        sponsor=parties.sponsor.address,
        amount=AMOUNT,
        most_days=len(days),
        hours_needed=HOURS_NEEDED,
    )
    cover = deploy_cover(chain, parties.sponsor, terms)
    say(
        f"cover {cover.address}: {AMOUNT / 10**18:g} coin for a day of {THRESHOLD} ug/m3 and more "
        f"at {terms.needed} of {len(stations)} stations"
    )
    told = []
    for day in sorted(days):
        local.advance((day + 1) * DAY_SECONDS - chain.block_time())
        means, before = {}, cover.owed(parties.beneficiary)
        for station in stations:
            packets = measure_day(station, dataset, day, batches)
            means[station.site], _ = cover.day_of(day, station.address, packets)
            cover.show(parties.messenger, day, station.address, packets)
        told.append(CoveredDay(day, means, cover.owed(parties.beneficiary) - before))
        shown = ", ".join(f"{site} {mean:.0f}" for site, mean in means.items())
        day_name = np.datetime64(day, "D")
        say(f"{day_name}: {shown} ug/m3; paid {told[-1].paid / 10**18:g} coin")
    return cover, told


def stations_alone(
    dataset: Dataset, folder: Path, local: LocalChain
) -> tuple[tuple[LiveStation, ...], BatchRegistryContract, Address]:
    """Stations with owners of their own, listed and claimed in new registries, without any model; and their lister."""
    chain = local.connect()
    lister, *owners = (AccountKey(derive_secret(_SEED, "owner", number)) for number in range(len(dataset.series) + 1))
    local.fund([key.address for key in (lister, *owners)])
    registry, _ = chain.deploy(lister, "DeviceRegistry")
    made, _ = chain.deploy(lister, "BatchRegistry", registry.address)
    devices, batches = DeviceRegistryContract(chain, registry.address), BatchRegistryContract(chain, made.address)
    keys = [DeviceKey(derive_secret(_SEED, "device", series.site)) for series in dataset.series]
    devices.list_devices(lister, [key.address for key in keys])
    stations = []
    for key, owner, series in zip(keys, owners, dataset.series, strict=True):
        signed = sign_confirmation(key, owner.address, chain.block_time())
        claim = read_confirmation(signed, key.public_key)
        chain.send(owner, devices.contract, "claim", key.address, claim.timestamp, claim.signature)
        place = folder / series.site
        place.mkdir(parents=True)
        evidence = EvidenceStore(f"sqlite:///{place / 'evidence.db'}")
        records = {key.address: DeviceRecord(key.public_key, owner.address)}
        settings = IntakeSettings(accepted_times(dataset))
        stations.append(LiveStation(series.site, key, Contributor(owner, records, evidence, settings, terms_hash())))
    return tuple(stations), batches, lister.address
