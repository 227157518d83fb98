"""Where no block comes by itself, who waits makes one; and elsewhere does not."""

import pytest

from andel.errors import NodeMissing
from andel.keys import AccountKey, derive_secret
from andel.ledger.connection import Chain
from andel.ledger.standstill import PATIENCE_SECONDS, Standstill
from andel.simulation.local_chain import LocalChain, find_anvil

WAITER = AccountKey(derive_secret(b"standstill", "waiter"))


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    try:
        anvil = find_anvil()
    except NodeMissing as error:
        pytest.skip(f"{error.message} ({error.hint})")
    with LocalChain(tmp_path_factory.mktemp("standstill"), anvil=anvil) as running:
        running.fund([WAITER.address])
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
    chain = Chain.connect(local.url, sleep=time.sleep, clock=time.clock)
    first = chain.block_number()
    chain.wait_for_block(first + 3, Standstill(chain, WAITER, time.clock).look)
    assert chain.block_number() == first + 3
    assert PATIENCE_SECONDS <= time.now < PATIENCE_SECONDS + 1  # waited once only
    assert chain.next_nonce(WAITER.address) == 3
    chain.close()


def test_a_chain_that_makes_blocks_costs_the_waiter_nothing(local):
    time = Time(each=local.mine)
    chain = Chain.connect(local.url, sleep=time.sleep, clock=time.clock)
    before, nonce = chain.balance(WAITER.address), chain.next_nonce(WAITER.address)
    first = chain.block_number()
    chain.wait_for_block(first + 4, Standstill(chain, WAITER, time.clock).look)
    assert chain.block_number() >= first + 4
    assert (chain.balance(WAITER.address), chain.next_nonce(WAITER.address)) == (before, nonce)
    chain.close()


def test_a_look_after_a_long_pause_is_the_first_look(local):
    time = Time()
    chain = Chain.connect(local.url, sleep=time.sleep, clock=time.clock)
    standstill = Standstill(chain, WAITER, time.clock)
    assert not standstill.look()
    time.now += 10 * PATIENCE_SECONDS
    standstill.forget()
    assert not standstill.look()
    time.now += PATIENCE_SECONDS
    assert standstill.look()
    chain.close()
