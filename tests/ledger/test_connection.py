"""The door to a chain: what it reads, what it refuses, and how it fails when nobody answers."""

import itertools
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from andel.errors import ChainError, InputError, Reverted, RpcUnreachable
from andel.keys import AccountKey, derive_secret
from andel.ledger.connection import Chain
from andel.ledger.contracts import DeviceRegistryContract
from andel.ledger.interface import Contract
from andel.ledger.rpc import MAX_ANSWER_BYTES, Rpc


def fresh_addresses(word: str, count: int):
    return [AccountKey(derive_secret(b"fresh", word, i)).address for i in range(count)]


@pytest.fixture
def serve():
    """Starts a server that answers every request as told; gives its address."""
    running: list[HTTPServer] = []

    def start(answer: bytes, status: int = 200) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format, *args):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        running.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def test_a_closed_port_is_told_in_one_line():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(RpcUnreachable) as failure:
        Chain.connect(url)
    assert failure.value.url.startswith(url)
    assert "\n" not in failure.value.message and "refused" in failure.value.message


@pytest.mark.parametrize("url", ["http://no-such-host.invalid:8545", "ftp://127.0.0.1", "8545", "", "http://[::1"])
def test_an_address_that_leads_nowhere_is_told(url):
    with pytest.raises(RpcUnreachable):
        Chain.connect(url)


def test_a_password_in_the_address_is_not_repeated():
    with pytest.raises(RpcUnreachable) as failure:
        Chain.connect("http://somebody:secret@127.0.0.1:9")
    assert "secret" not in str(failure.value) and "secret" not in failure.value.url


def test_a_server_that_never_answers_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(RpcUnreachable, match="no answer in time"):
        Chain.connect(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_seconds=0.2)


@pytest.mark.parametrize(
    ("answer", "status", "told"),
    [
        pytest.param(b"<html>hello</html>", 200, r"no JSON \(HTTP 200\)", id="page"),
        pytest.param(b"not found", 404, r"no JSON \(HTTP 404\)", id="not-found"),
        pytest.param(b'{"jsonrpc":"2.0","id":1}', 200, "no JSON-RPC", id="no-result"),
        pytest.param(b"[]", 200, "no JSON-RPC", id="list"),
        pytest.param(b"[" * 100_000, 200, "no JSON", id="deep"),
    ],
)
def test_a_server_that_is_no_node_is_told(serve, answer, status, told):
    with pytest.raises(RpcUnreachable, match=told):
        Chain.connect(serve(answer, status))


@pytest.mark.parametrize("result", [b"null", b'"0xzz"', b"7", b"{}"])
def test_a_result_of_another_form_is_told(serve, result):
    with pytest.raises(ChainError, match="where a number belongs"):
        Chain.connect(serve(b'{"jsonrpc":"2.0","id":1,"result":' + result + b"}"))


def test_an_endless_answer_is_cut_off(serve):
    with pytest.raises(RpcUnreachable, match="over 33554432 bytes"):
        Rpc(serve(b" " * (MAX_ANSWER_BYTES + 1))).request("eth_chainId")


def test_a_busy_node_is_asked_again_later(serve):
    waits: list[float] = []
    with pytest.raises(RpcUnreachable, match="HTTP 429"):
        Rpc(serve(b"slow down", 429), sleep=waits.append).request("eth_chainId")
    assert waits == sorted(waits) and len(waits) == 4


def test_the_chain_tells_its_own_time_and_hashes(chain, local_chain):
    number = chain.block_number()
    local_chain.mine(3)
    assert chain.block_number() == number + 3
    assert chain.block_time() == chain.block_time(number) + 15
    assert chain.block_hash(number) != chain.block_hash(number + 1)
    for block in (number + 1_000_000, -1):
        with pytest.raises((ChainError, InputError)):
            chain.block_time(block)


def test_waiting_makes_the_blocks_that_are_missing(chain):
    number, now = chain.block_number(), chain.block_time()
    chain.wait_for_block(number + 4)
    assert chain.block_number() == number + 4
    chain.wait_for_block(number)
    chain.wait_for_time(now + 61)
    assert now + 61 <= chain.block_time() < now + 70


def test_waiting_for_a_chain_that_stands_still_ends(local_chain):
    time = iter(range(1_000))
    still = Chain.connect(local_chain.url, sleep=lambda _: None, clock=lambda: float(next(time)), timeout_seconds=2)
    with pytest.raises(ChainError, match="is not there in time"):
        still.wait_for_block(still.block_number() + 2)
    with pytest.raises(ChainError, match="clock stands at"):
        still.wait_for_time(still.block_time() + 5)
    still.close()


def test_coins_move_and_are_counted(chain, make_account, actors):
    payer, (payee,) = make_account(), fresh_addresses("payee", 1)
    receipt = chain.transfer(payer, payee, 12_345)
    assert chain.balance(payee) == 12_345 and receipt.gas_used == 21_000
    assert receipt.contract_address is None and receipt.events == ()
    assert chain.code(payee) == b""


def test_an_account_without_coins_is_told_so(chain, shared):
    pauper = AccountKey(derive_secret(b"pauper"))
    with pytest.raises(ChainError, match="DeviceRegistry.list: the node refused") as failure:
        shared.device_registry.list_devices(pauper, fresh_addresses("pauper", 1))
    assert failure.value.hint.startswith("send coins")


def test_where_no_contract_is_nothing_answers(chain, actors):
    nothing = DeviceRegistryContract(chain, actors.stranger.address)
    with pytest.raises(ChainError, match="nothing answers"):
        nothing.status_of(actors.stranger.address)


def test_values_that_do_not_fit_are_refused_before_anybody_is_asked(chain, actors, shared):
    registry = shared.device_registry.contract
    for function, values in [
        ("ownerOf", ("0x12",)),
        ("ownerOf", ()),
        ("claim", (actors.stranger.address, 2**32, b"")),
        ("nothing", ()),
    ]:
        with pytest.raises(InputError):
            chain.call(registry, function, *values)
    with pytest.raises(InputError, match="no contract is called"):
        chain.call(Contract("Nothing", registry.address), "x")


def test_many_transactions_go_at_once_and_answer_in_order(chain, shared, actors, make_account):
    keys = [make_account() for _ in range(3)]
    devices = fresh_addresses("many", 250)
    calls = [shared.device_registry.prepare(keys[i % 3], "list", [device]) for i, device in enumerate(devices)]
    receipts = chain.send_many(calls)
    assert [receipt.event("DeviceListed").arguments["device"] for receipt in receipts] == devices
    assert all(shared.device_registry.are_listed(keys[0].address, devices[::3]))
    assert chain.send_many([]) == []


def test_what_a_node_that_mines_on_demand_left_in_its_pool_is_mined_by_who_waits(
    chain, local_chain, shared, make_account
):
    key = make_account()
    rpc = Rpc(local_chain.url)
    rpc.request("evm_setAutomine", False)
    try:
        calls = [shared.device_registry.prepare(key, "list", [device]) for device in fresh_addresses("left", 3)]
        assert len(chain.send_many(calls)) == 3
    finally:
        rpc.request("evm_setAutomine", True)


def test_what_a_node_lost_from_its_pool_is_sent_again(local_chain, shared, make_account):
    rpc = Rpc(local_chain.url)
    losses: list[object] = []

    def lose_once(_: float) -> None:
        if not losses:
            losses.append(rpc.request("anvil_dropAllTransactions"))
            rpc.request("evm_setAutomine", True)

    chain = Chain.connect(local_chain.url, sleep=lose_once, clock=itertools.count().__next__)
    key = make_account()
    registry = DeviceRegistryContract(chain, shared.device_registry.address)
    rpc.request("evm_setAutomine", False)
    try:
        calls = [registry.prepare(key, "list", [device]) for device in fresh_addresses("lost", 3)]
        assert len(chain.send_many(calls)) == 3 and losses
    finally:
        rpc.request("evm_setAutomine", True)
        chain.close()


def test_if_one_of_many_would_be_refused_none_is_sent(chain, shared, make_account):
    key = make_account()
    good, bad = fresh_addresses("one bad", 2)
    calls = [shared.device_registry.prepare(key, "list", [good]), shared.device_registry.prepare(key, "stop", [bad])]
    with pytest.raises(Reverted, match="DeviceRegistry_NotListed"):
        chain.send_many(calls)
    assert chain.next_nonce(key.address) == 0
    assert not shared.device_registry.is_listed(key.address, good)


def test_a_transaction_refused_when_mined_is_explained(chain, shared, make_account):
    key, other = make_account(), make_account()
    (device,) = fresh_addresses("mined", 1)
    shared.device_registry.list_devices(key, [device])
    registry = shared.device_registry
    # alone each would pass; after the first the second cannot
    with pytest.raises(Reverted) as refusal:
        chain.send_many([registry.prepare(key, "stop", [device]), registry.prepare(key, "list", [device])])
    assert refusal.value.error == "DeviceRegistry_StoppedForGood"
    assert refusal.value.arguments == (key.address, device)
    assert chain.next_nonce(key.address) == 3
    registry.list_devices(other, [device])


def test_a_nonce_used_elsewhere_is_noticed(chain, local_chain, make_account, actors):
    key, elsewhere = make_account(), local_chain.connect()
    payee = actors.stranger.address
    chain.transfer(key, payee, 1)
    for _ in range(3):
        elsewhere.transfer(key, payee, 2)  # other bytes than what is sent here
    assert chain.transfer(key, payee, 1).gas_used == 21_000
    assert chain.next_nonce(key.address) == 5
    elsewhere.close()


def test_threads_share_an_account(chain, make_account, actors):
    key, hashes = make_account(), set()

    def pay():
        for _ in range(5):
            hashes.add(chain.transfer(key, actors.stranger.address, 1).hash)

    threads = [threading.Thread(target=pay) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hashes) == 20 and chain.next_nonce(key.address) == 20


def test_events_are_found_over_many_pages_and_by_indexed_values(chain, local_chain, shared, make_account, monkeypatch):
    monkeypatch.setattr("andel.ledger.connection.LOG_PAGE_BLOCKS", 10)
    key, start = make_account(), chain.block_number() + 1
    first, second, third = fresh_addresses("pages", 3)
    shared.device_registry.list_devices(key, [first])
    local_chain.mine(35)
    shared.device_registry.list_devices(key, [second, third])
    found = shared.device_registry.logs("DeviceListed", start, lister=key.address)
    assert [event.arguments["device"] for event in found] == [first, second, third]
    assert found[0].block == start and found[0].address == shared.device_registry.address
    (one,) = shared.device_registry.logs("DeviceListed", start, device=third)
    assert one.arguments["lister"] == key.address
    assert shared.device_registry.logs("DeviceListed", start, start + 10, device=third) == []
    with pytest.raises(InputError, match="no event"):
        shared.device_registry.logs("DeviceListed", start, color=1)


def test_a_contracts_address_is_known_before_it_is_made(chain, make_account):
    key = make_account()
    expected = chain.created_address(key.address, chain.next_nonce(key.address))
    contract, receipt = chain.deploy(key, "DeviceRegistry")
    assert contract.address == receipt.contract_address == expected


def test_gas_spent_on_a_contract_is_counted_over_blocks(chain, local_chain, shared, make_account):
    key, registry = make_account(), shared.device_registry
    first = registry.list_devices(key, fresh_addresses("gas", 2))
    chain.transfer(key, fresh_addresses("not a contract", 1)[0], 1)
    last = registry.list_devices(key, fresh_addresses("more gas", 1))
    assert chain.gas_spent_on(registry.contract, first.block, last.block) == first.gas_used + last.gas_used
    assert chain.gas_price() > 0
    with pytest.raises(ChainError, match="no receipts of blocks"):
        chain.gas_spent_on(registry.contract, last.block, last.block + 1_000)
