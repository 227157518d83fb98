"""A contributor that makes its batches and enters them, as a process of its own for tests that kill it.

python entering_process.py RPC REGISTRY STORE PLACE: PLACE is where it kills itself (as kill -9 would): `made` (batches
are made, none entered), `sent` (the first transaction is on chain, nothing of that is noted), or `-`.
"""

import os
import signal
import sys

from andel.data.intake import DeviceRecord, IntakeSettings
from andel.data.store import EvidenceStore
from andel.keys import AccountKey, DeviceKey, derive_secret, parse_address
from andel.ledger.connection import Chain
from andel.ledger.contracts import BatchRegistryContract
from andel.roles.contributor import Contributor
from andel.units import Digest

OWNER = AccountKey(derive_secret(b"entering", "owner"))
DEVICE = DeviceKey(derive_secret(b"entering", "device"))
ENTRIES_PER_CALL = 4


def contributor(store_url: str) -> Contributor:
    """The owner, from its key and its database."""
    records = {DEVICE.address: DeviceRecord(DEVICE.public_key, OWNER.address)}
    return Contributor(OWNER, records, EvidenceStore(store_url), IntakeSettings((0, 2**40)), Digest(bytes(32)))


def main(rpc: str, registry_address: str, store_url: str, place: str) -> None:
    """Enters what is missing."""
    registry = BatchRegistryContract(Chain.connect(rpc), parse_address(registry_address))
    missing = contributor(store_url).missing_entries(registry)
    if place == "made":
        os.kill(os.getpid(), signal.SIGKILL)
    for start in range(0, len(missing), ENTRIES_PER_CALL):
        registry.enter(OWNER, missing[start : start + ENTRIES_PER_CALL])
        if place == "sent":
            os.kill(os.getpid(), signal.SIGKILL)
    print(len(missing))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
