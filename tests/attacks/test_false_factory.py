"""Attack: a founder is given a factory, or a holder a lock file, whose contracts look right and do something else.

Who: whoever writes a page of addresses. What stops it: no address is believed; the code behind it is compared with this
release's, clones and their words as well, before a founder sends anything and whenever somebody checks.
"""

from dataclasses import replace

import pytest

from andel.errors import ChainError
from andel.keys import AccountKey, derive_secret
from andel.ledger.abi import encode_creation
from andel.ledger.factory import IMPLEMENTATIONS, ModelFactoryContract
from andel.ledger.interface import interface_of
from andel.roles.launching.checking import Findings, check_model, check_shared
from andel.roles.launching.launcher import Launcher
from andel.roles.launching.lock import Lock
from tests.ledger.actors import Actors
from tests.support.launches import governed


@pytest.fixture(scope="module")
def honest(shared_node):
    """A chain, a founder, what it founds, and its honest launch."""
    chain = shared_node.connect()
    key = AccountKey(derive_secret(b"false factory", "founder"))
    shared_node.fund([key.address])
    founding = governed(Actors.make(b"false factory"), chain.block_time())
    lock = Launcher(chain, key, founding, Lock(chain.chain_id, key.address), lambda _: None, lambda _: None).run()
    yield chain, key, founding, lock
    chain.close()


def false_factory(chain, key, lock):
    """A factory of the right code over one implementation of other code: a token that is somebody else's."""
    factory = ModelFactoryContract(chain, lock.shared["ModelFactory"])
    parts = factory.implementations()
    assert list(parts) == list(IMPLEMENTATIONS)
    known = [name for name, (_, knows) in IMPLEMENTATIONS.items() if knows]
    future = chain.created_address(key.address, chain.next_nonce(key.address) + len(known))
    for field in known:
        parts[field] = chain.deploy(key, IMPLEMENTATIONS[field][0], future)[0].address
    parts["token"] = lock.shared["OnchainModels"]
    code = encode_creation(interface_of("ModelFactory"), [parts])
    contract, _ = chain.create(key, "ModelFactory", code)
    return contract.address


def test_a_factory_over_other_code_launches_nothing(honest):
    chain, key, founding, lock = honest
    shared = {**lock.shared, "ModelFactory": false_factory(chain, key, lock)}
    before = chain.next_nonce(key.address)
    launcher = Launcher(
        chain, key, replace(founding, shared=shared), Lock(chain.chain_id, key.address), lambda _: None, lambda _: None
    )
    with pytest.raises(ChainError, match="has other code than this release's ModelToken"):
        launcher.run()
    assert chain.next_nonce(key.address) == before
    told = Findings()
    check_shared(told, chain, shared)
    assert [each.what.split()[0] for each in told.lines if not each.ok] == ["ModelToken"]


def test_a_lock_file_of_a_model_with_one_part_of_another_is_found(honest, shared_node):
    chain, key, founding, lock = honest
    again = replace(founding, shared=lock.shared)
    other = Launcher(chain, key, again, Lock(chain.chain_id, key.address), lambda _: None, lambda _: None).run()
    for name in lock.model:
        told = Findings()
        check_model(told, chain, replace(lock, model={**lock.model, name: other.model[name]}), None)
        assert any(not each.ok for each in told.lines), name
