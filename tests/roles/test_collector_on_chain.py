"""The collector asks a real registry: whose a device is, and whether it was revoked, decides from then on."""

import pytest

from andel.data.arrivals import Arrival
from andel.data.device_book import BookedDevice, DeviceBook
from andel.data.intake import IntakeSettings
from andel.data.workers import IntakeScope
from andel.device.pebble import read_confirmation, sign_confirmation
from andel.errors import NodeMissing
from andel.keys import AccountKey, derive_secret
from andel.ledger.contracts import DeviceRegistryContract
from andel.roles.collector import Collector, WitnessedStore, records_of_chain
from andel.simulation.local_chain import LocalChain, find_anvil
from tests.device.actors import NOON, Pebble

OWNER = AccountKey(derive_secret(b"tests", "owner"))
PEBBLE = Pebble()
BOOK = DeviceBook({PEBBLE.address: BookedDevice(PEBBLE.address, PEBBLE.public_key)}, {})


@pytest.fixture
def registry(tmp_path):
    try:
        anvil = find_anvil()
    except NodeMissing as error:
        pytest.skip(f"{error.message} ({error.hint})")
    with LocalChain(tmp_path / "chain", anvil=anvil) as local:
        local.fund([OWNER.address])
        chain = local.connect()
        deployed, _ = chain.deploy(OWNER, "DeviceRegistry")
        yield DeviceRegistryContract(chain, deployed.address)
        chain.close()


def test_a_device_is_unknown_until_it_is_claimed_and_refused_once_it_is_revoked(registry, tmp_path):
    store = WitnessedStore(f"sqlite:///{tmp_path}/evidence.db")
    settings = IntakeSettings((NOON, NOON + 100))
    collector = Collector(BOOK, lambda: IntakeScope(OWNER.address, records_of_chain(BOOK, registry), settings), store)
    fates: list[str] = []

    def send():
        collector.renew()
        fates.extend(collector.take_each([Arrival(PEBBLE.address, PEBBLE.packet(NOON + len(fates)))]))

    send()
    now = registry.chain.block_time()
    claim = read_confirmation(sign_confirmation(PEBBLE.key, OWNER.address, now), PEBBLE.public_key)
    registry.claim(OWNER, claim.device, claim.timestamp, claim.signature)
    send()
    registry.revoke(OWNER, PEBBLE.address)
    send()
    store.close()
    assert fates == ["unknown-device", "accepted", "revoked"]
