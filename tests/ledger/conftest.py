"""An embedded chain for the session, with accounts that have coins and the shared contracts in place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from andel.errors import NodeMissing
from andel.keys import AccountKey, derive_secret
from andel.ledger.connection import Chain
from andel.ledger.deployment import SharedContracts, deploy_shared
from andel.simulation.local_chain import LocalChain, find_anvil
from tests.ledger.actors import Actors


@pytest.fixture(scope="session")
def anvil() -> Path:
    """The anvil program; without it the test is skipped."""
    try:
        return find_anvil()
    except NodeMissing as error:
        pytest.skip(f"{error.message} ({error.hint})")


@pytest.fixture(scope="session")
def local_chain(anvil, tmp_path_factory) -> Iterator[LocalChain]:
    """One embedded chain for all tests of this folder; each makes what it needs on it."""
    with LocalChain(tmp_path_factory.mktemp("chain"), anvil=anvil) as running:
        yield running


@pytest.fixture(scope="session")
def chain(local_chain) -> Iterator[Chain]:
    """The connection to it."""
    connected = local_chain.connect()
    yield connected
    connected.close()


@pytest.fixture(scope="session")
def actors(local_chain) -> Actors:
    """Everybody, with coins."""
    everybody = Actors.make(b"ledger tests")
    local_chain.fund(key.address for key in everybody.keys())
    return everybody


@pytest.fixture(scope="session")
def shared(chain, actors) -> SharedContracts:
    """Registries and the registry of models."""
    return deploy_shared(chain, actors.founder)


@pytest.fixture
def make_account(local_chain, request):
    """A new account with coins, so that a test knows its nonces."""
    made = 0

    def make() -> AccountKey:
        nonlocal made
        made += 1
        key = AccountKey(derive_secret(b"one account", request.node.nodeid, made))
        local_chain.fund([key.address])
        return key

    return make
