"""A launch through a gateway with IoTeX's habits: what it costs there, late receipts, broken lines, no batches."""

import pytest

from andel.errors import ChainError, RpcUnreachable
from andel.keys import AccountKey, derive_secret
from andel.ledger.connection import Chain
from andel.ledger.gas import IOTEX_LEAST_PRICE
from andel.roles.launching.costs import bill_of, rehearse
from andel.roles.launching.launcher import Launcher
from andel.roles.launching.lock import Lock
from andel.simulation.local_chain import LocalChain
from tests.ledger.actors import Actors
from tests.ledger.iotex_gateway import IotexGateway
from tests.support.launches import governed


@pytest.fixture(scope="module")
def node(shared_node, tmp_path_factory):
    """An EVM under IoTeX testnet's chain id."""
    with LocalChain(tmp_path_factory.mktemp("iotex"), chain_id=4690) as running:
        yield running


@pytest.fixture
def gateway(node):
    running = IotexGateway(node.url)
    running.takes_batches = False
    yield running
    running.stop()


class Founder:
    """A founder behind the gateway; each `launcher` is a new process with the last lock that was kept."""

    def __init__(self, node, gateway, word):
        self.gateway = gateway
        self.chain = Chain.connect(gateway.url, poll_seconds=0.01, timeout_seconds=10, mine=node.mine)
        self.key = AccountKey(derive_secret(b"launching on IoTeX", word))
        node.fund([self.key.address])
        self.founding = governed(Actors.make(b"iotex"), self.chain.block_time())
        self.lock = Lock(self.chain.chain_id, self.key.address)

    def keep(self, lock):
        self.lock = lock

    def launcher(self):
        return Launcher(self.chain, self.key, self.founding, self.lock, self.keep, lambda _: None, sleep=lambda _: None)


@pytest.fixture
def founder(node, gateway, request):
    return Founder(node, gateway, request.node.nodeid)


@pytest.mark.full
def test_what_was_reckoned_is_what_iotex_takes(founder, gateway, node):
    gateway.receipts_late = 1
    gateway.charges = True
    rehearsed = rehearse(node.connect(), founder.founding, AccountKey(derive_secret(b"rehearsal", "iotex")).address)
    bill = bill_of(founder.chain, founder.key.address, founder.launcher().steps(), rehearsed)
    assert bill.gas_price == IOTEX_LEAST_PRICE and bill.too_large_for_iotex() == []
    before = founder.chain.balance(founder.key.address)
    lock = founder.launcher().run()
    paid = before - founder.chain.balance(founder.key.address)
    assert paid == sum(each.gas_used for each in lock.tries) * IOTEX_LEAST_PRICE + bill.deposits
    assert paid <= bill.needed
    assert bill.iotex_cost + bill.deposits == pytest.approx(paid, rel=0.001)
    assert gateway.asked["batch"] == 1


@pytest.mark.full
def test_a_launch_goes_on_where_the_line_was_cut_after_every_transaction(founder, gateway):
    cuts = 0
    while True:
        gateway.sends_left = 1
        try:
            lock = founder.launcher().run()
            break
        except RpcUnreachable:
            cuts += 1
    gateway.sends_left = None
    assert founder.chain.next_nonce(founder.key.address) == cuts == len(lock.tries)
    assert len({each.step for each in lock.tries}) == cuts
    assert not any(each.is_open or each.failed for each in lock.tries)


@pytest.mark.full
def test_a_receipt_that_does_not_come_is_found_by_the_next_run(founder, gateway):
    founder.chain = Chain.connect(
        gateway.url, sleep=lambda _: None, clock=iter(range(10**9)).__next__, timeout_seconds=30
    )
    gateway.receipts_late = 10**9
    with pytest.raises(ChainError, match="no receipt"):
        founder.launcher().run()
    assert len(founder.lock.tries) == 1 and founder.lock.tries[0].is_open
    gateway.receipts_late = 0
    founder.launcher().run()
    assert [each.nonce for each in founder.lock.tries] == list(range(len(founder.lock.tries)))


def test_a_fee_under_the_floor_or_too_much_calldata_is_refused(founder, gateway):
    with pytest.raises(ChainError, match="method not found"):
        founder.chain._rpc.request("eth_getProof", founder.key.address, [], "latest")
    with pytest.raises(ChainError, match="oversized data"):
        founder.chain._rpc.request("eth_estimateGas", {"data": "0x" + "00" * 49_153})
