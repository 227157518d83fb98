"""What an IoTeX gateway does otherwise than a development node is met: receipts, status, fees, logs, batches."""

import pytest
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes

from andel.errors import ChainError, Reverted, RpcUnreachable
from andel.hashing import keccak
from andel.keys import AccountKey, derive_secret
from andel.ledger.connection import Chain
from andel.ledger.contracts import DeviceRegistryContract
from tests.ledger.actors import MINTED, Play
from tests.ledger.iotex_gateway import BASE_FEE, REVERTED, IotexGateway


@pytest.fixture
def gateway(local_chain):
    running = IotexGateway(local_chain.url)
    yield running
    running.stop()


@pytest.fixture
def iotex(gateway, local_chain):
    """A connection that waits for nothing but what the gateway withholds."""
    chain = Chain.connect(gateway.url, poll_seconds=0.01, timeout_seconds=10, mine=local_chain.mine)
    yield chain
    chain.close()


@pytest.fixture
def registry(iotex, shared):
    return DeviceRegistryContract(iotex, shared.device_registry.address)


def device(word: str):
    return AccountKey(derive_secret(b"iotex", word)).address


def newest(rounds):
    state = rounds.newest_round()
    return state and state.round


@pytest.mark.full
def test_a_whole_round_passes_through_such_a_gateway(iotex, actors, shared, gateway):
    gateway.receipts_late = 1
    play = Play.launch(iotex, actors, shared)
    play.play({actors.owners[0].address: MINTED}, MINTED)
    assert play.model.pool.contributors_minted() == MINTED


def test_where_a_node_counts_a_round_before_it_can_tell_it_the_newest_round_is_the_one_before(
    iotex, gateway, actors, shared
):
    play = Play.launch(iotex, actors, shared)
    rounds, told_late = play.model.round_manager, keccak(b"roundOf(uint64)")[:4]
    assert rounds.newest_round() is None

    gateway.behind = told_late
    assert play.open() == rounds.rounds_count() == 1
    assert rounds.newest_round() is None and rounds.find_round(1) is None
    gateway.behind = b""
    assert rounds.newest_round() == rounds.find_round(1) == rounds.round_of(1)

    play.commit_data(1)
    play.close(1)
    play.settle(1, {actors.owners[0].address: MINTED}, MINTED)
    gateway.behind = told_late
    assert play.open() == 2
    assert newest(rounds) == 1
    gateway.behind = b""
    assert newest(rounds) == 2
    before = gateway.asked.copy()
    assert newest(rounds) == 2
    assert gateway.asked - before == {"batch": 1, "eth_call": 2}


def test_a_receipt_that_comes_after_its_block_is_waited_for(iotex, gateway, registry, make_account):
    gateway.receipts_late = 4
    receipt = registry.list_devices(make_account(), [device("late")])
    assert gateway.asked["eth_getTransactionReceipt"] == 5
    # what nobody of ours emitted is passed over
    assert [event.name for event in receipt.events] == ["DeviceListed"]


def test_a_receipt_that_never_comes_is_told_with_the_transaction(gateway, shared, make_account):
    gateway.receipts_late = 10**9
    waits: list[float] = []
    ticks = iter(range(10**6))
    chain = Chain.connect(gateway.url, sleep=waits.append, clock=lambda: float(next(ticks)), timeout_seconds=60)
    key = make_account()
    with pytest.raises(ChainError, match="no receipt of transaction 0x[0-9a-f]{64} within 60 seconds"):
        chain.transfer(key, device("never"), 1)
    # asked often at first, at most once a second later
    assert waits == sorted(waits) and max(waits) == 1.0
    # and sent again now and then, in case it was lost
    assert 2 <= gateway.asked["eth_sendRawTransaction"] <= 6
    chain.close()


def test_status_0x6a_is_a_failure_and_is_explained(iotex, registry, make_account):
    key = make_account()
    registry.list_devices(key, [device("status")])
    with pytest.raises(Reverted) as refusal:
        iotex.send_many(
            [
                registry.prepare(key, "stop", [device("status")]),
                registry.prepare(key, "list", [device("status")]),
            ]
        )
    assert refusal.value.error == "DeviceRegistry_StoppedForGood"


def test_a_failure_that_does_not_repeat_is_told_by_its_status(iotex, gateway, registry, make_account):
    gateway.fails_all = True
    with pytest.raises(Reverted) as refusal:
        registry.list_devices(make_account(), [device("no reason")])
    assert refusal.value.error == f"status {REVERTED}"
    assert refusal.value.action == "DeviceRegistry.list"


def test_fees_keep_to_the_floor_and_the_tip_stays_small(iotex, gateway, make_account):
    iotex.transfer(make_account(), device("fees"), 1)
    sent = TypedTransaction.from_bytes(HexBytes(gateway.raw[-1])).as_dict()
    assert sent["maxPriorityFeePerGas"] == 10**9
    assert sent["maxFeePerGas"] == 2 * BASE_FEE + 10**9
    assert sent["chainId"] == iotex.chain_id


def test_where_batches_are_refused_requests_go_one_by_one(iotex, gateway, registry, make_account):
    gateway.takes_batches = False
    key = make_account()
    devices = [device(f"single {i}") for i in range(5)]
    receipts = iotex.send_many([registry.prepare(key, "list", [each]) for each in devices])
    assert [receipt.event("DeviceListed").arguments["device"] for receipt in receipts] == devices
    assert registry.are_listed(key.address, devices) == [True] * 5
    assert gateway.asked["batch"] == 1


def test_a_batch_has_at_most_a_hundred_requests(registry, gateway):
    assert len(registry.statuses_of([device(str(i)) for i in range(250)])) == 250
    assert gateway.asked["batch"] == 3


def test_bytes_whose_arrival_is_unknown_are_sent_again_and_paid_once(iotex, gateway, make_account):
    key, payee = make_account(), device("broken")
    gateway.breaks_after_sending = 1
    iotex.transfer(key, payee, 7)
    gateway.breaks_before_sending = 2
    iotex.transfer(key, payee, 7)
    assert iotex.balance(payee) == 14 and iotex.next_nonce(key.address) == 2
    assert gateway.asked["eth_sendRawTransaction"] == 2 + 3


def test_a_node_that_keeps_breaking_is_given_up(iotex, gateway, make_account):
    gateway.breaks_before_sending = 3
    key = make_account()
    with pytest.raises(RpcUnreachable):
        iotex.transfer(key, device("given up"), 1)
    iotex.transfer(key, device("given up"), 1)
    assert iotex.balance(device("given up")) == 1


def test_logs_are_asked_for_in_pages_and_never_beyond_the_tip(iotex, gateway, registry, make_account):
    key = make_account()
    receipt = registry.list_devices(key, [device("logs")])
    gateway.tall = 5_000
    tip = iotex.block_number()
    (found,) = registry.logs("DeviceListed", receipt.block, tip + 10_000, lister=key.address)
    assert found.arguments["device"] == device("logs")
    assert len(gateway.log_ranges) == 3 and gateway.log_ranges[-1][1] == tip
    assert registry.logs("DeviceListed", tip + 1) == []
    assert len(gateway.log_ranges) == 3
