"""The keys of a simulated run: everybody's, from one seed and a number, so that a run repeats itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from andel.keys import AccountKey, DeviceKey, derive_secret

VALIDATORS = 3
QUORUM = 2
STANDBYS = 2
BOND = 10**16
"""What each operator of a run puts down, wei."""


@dataclass(frozen=True, slots=True)
class Actors:
    """`founder` owns the model, `lister` vouches for devices, `coordinator` runs rounds and serves.

    `standbys` and `watcher` act only where a run's `Operation` asks for them.
    """

    founder: AccountKey
    lister: AccountKey
    coordinator: AccountKey
    consumer: AccountKey
    validators: tuple[AccountKey, ...]
    owners: tuple[AccountKey, ...]
    devices: tuple[DeviceKey, ...]
    reference_devices: tuple[DeviceKey, ...]
    standbys: tuple[AccountKey, ...]
    watcher: AccountKey

    @property
    def accounts(self) -> tuple[AccountKey, ...]:
        """Everybody who sends transactions in every run."""
        return (self.founder, self.lister, self.coordinator, self.consumer, *self.validators, *self.owners)


def make_actors(seed: bytes, participants: int, sites: int) -> Actors:
    """Keys for a run; the n-th participant has the n-th owner and the n-th device."""

    def account(*path: str | int) -> AccountKey:
        return AccountKey(derive_secret(seed, "account", *path))

    def device(*path: str | int) -> DeviceKey:
        return DeviceKey(derive_secret(seed, "device", *path))

    return Actors(
        founder=account("founder"),
        lister=account("lister"),
        coordinator=account("coordinator"),
        consumer=account("consumer"),
        validators=tuple(account("validator", i) for i in range(VALIDATORS)),
        owners=tuple(account("owner", i) for i in range(participants)),
        devices=tuple(device("owner", i) for i in range(participants)),
        reference_devices=tuple(device("reference", i) for i in range(sites)),
        standbys=tuple(account("standby", i) for i in range(STANDBYS)),
        watcher=account("watcher"),
    )


def write_keys(actors: Actors, folder: Path) -> None:
    """Writes everybody's key (founder.key, owner-0.key …), each for its owner alone to read, and its address beside it.

    For chains of one's own: whoever knows a run's seed has these keys.
    """
    folder.mkdir(parents=True, exist_ok=True)
    named = {
        "founder": actors.founder,
        "lister": actors.lister,
        "coordinator": actors.coordinator,
        "consumer": actors.consumer,
        **{f"validator-{number}": key for number, key in enumerate(actors.validators, start=1)},
        **{f"owner-{number}": key for number, key in enumerate(actors.owners)},
    }
    for name, key in named.items():
        file = folder / f"{name}.key"
        file.touch(mode=0o600)
        file.write_text(key.secret_bytes().hex())
        file.with_suffix(".address").write_text(key.address + "\n")
