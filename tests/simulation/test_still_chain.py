"""A chain of somebody else's: where no block comes by itself the funder makes them, and elsewhere it does not."""

import pytest

from andel.errors import NodeMissing
from andel.keys import AccountKey, derive_secret
from andel.simulation.local_chain import LocalChain, find_anvil
from andel.simulation.still_chain import PATIENCE_SECONDS, connect_moving

FUNDER = AccountKey(derive_secret(b"still chain", "funder"))


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    try:
        anvil = find_anvil()
    except NodeMissing as error:
        pytest.skip(f"{error.message} ({error.hint})")
    with LocalChain(tmp_path_factory.mktemp("still chain"), anvil=anvil) as running:
        running.fund([FUNDER.address])
        yield running


class Time:
    """Seconds that pass by sleeping alone; `each` happens at every sleep."""

    def __init__(self, each=lambda: None):
        self.now = 0.0
        self._each = each

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        self._each()


def test_a_chain_that_stands_still_is_moved_after_a_while_and_then_at_once(local):
    time = Time()
    chain = connect_moving(local.url, FUNDER, time.sleep, time.clock)
    first = chain.block_number()
    chain.wait_for_block(first + 3)
    assert chain.block_number() == first + 3
    assert PATIENCE_SECONDS <= time.now < PATIENCE_SECONDS + 1  # waited once only
    assert chain.next_nonce(FUNDER.address) == 3
    chain.close()


def test_a_chain_that_makes_blocks_costs_the_funder_nothing(local):
    time = Time(each=local.mine)
    chain = connect_moving(local.url, FUNDER, time.sleep, time.clock)
    before, nonce = chain.balance(FUNDER.address), chain.next_nonce(FUNDER.address)
    first = chain.block_number()
    chain.wait_for_block(first + 4)
    assert chain.block_number() >= first + 4
    assert (chain.balance(FUNDER.address), chain.next_nonce(FUNDER.address)) == (before, nonce)
    chain.close()
