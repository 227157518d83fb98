"""Attack: a signer signs another transaction than it was asked to: more coins, another contract, another chain.

Who: whoever stands between a founder and the program that keeps the key, or that program itself. What stops it: what
comes back is compared field by field with what was asked for, and its signature with the account, before it is sent.
"""

import pytest

from andel.errors import InputError
from andel.keys import AccountKey, derive_secret
from andel.ledger.external_signer import ExternalSigner
from andel.roles.launching.launcher import Launcher
from andel.roles.launching.lock import Lock
from tests.ledger.actors import Actors
from tests.support.launches import SmallSigner, governed

SECRET = derive_secret(b"lying signer", "founder")
THIEF = AccountKey(derive_secret(b"lying signer", "thief")).address


@pytest.fixture
def signer():
    running = SmallSigner([SECRET], ("account_list", "account_signTransaction"))
    yield running
    running.stop()


@pytest.mark.parametrize("alter", [{"to": THIEF, "value": hex(10**18)}, {"data": "0x6000"}, {"nonce": "0x63"}])
def test_a_launch_sends_nothing_that_a_signer_made_up(shared_node, signer, alter):
    key, chain = AccountKey(SECRET), shared_node.connect()
    shared_node.fund([key.address])
    founding = governed(Actors.make(b"lying signer"), chain.block_time())
    kept: list[Lock] = []
    payer = ExternalSigner.connect(signer.url)
    signer.alter = alter
    before = chain.next_nonce(key.address), chain.balance(THIEF)
    launcher = Launcher(chain, payer, founding, Lock(chain.chain_id, payer.address), kept.append, lambda _: None)
    with pytest.raises(InputError, match="signed another transaction"):
        launcher.run()
    assert (chain.next_nonce(key.address), chain.balance(THIEF)) == before and kept == []
    chain.close()


def test_an_honest_one_launches(shared_node, signer):
    chain = shared_node.connect()
    payer = ExternalSigner.connect(signer.url)
    shared_node.fund([payer.address])
    founding = governed(Actors.make(b"honest signer"), chain.block_time())
    lock = Launcher(chain, payer, founding, Lock(chain.chain_id, payer.address), lambda _: None, lambda _: None).run()
    assert lock.is_launched and set(signer.asked) == {"account_list", "account_signTransaction"}
    chain.close()
