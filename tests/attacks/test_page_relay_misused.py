"""Attack: strangers use the gateway's way to the chain as a node of their own, or hold its page's streams open.

The server is the real one, on a socket, with a node behind it that writes down what reaches it. After every attack the
model must answer the next question.
"""

import socket
import time
from functools import partial

import httpx
import pytest

from andel.serving.limits import Rate
from tests.serving.test_predictor import NOON, PREDICTOR, VALUES
from tests.support.pages import ACCOUNT, SimulatedNode, SimulatedSource, served_page

GOOD = {"values": VALUES, "time": NOON}
EXPECTED = PREDICTOR.ask_values(VALUES, NOON).to_json()


@pytest.fixture
def source():
    return SimulatedSource()


@pytest.fixture
def node():
    return SimulatedNode()


@pytest.fixture
def page_at(source, node, tmp_path):
    return partial(served_page, source, node, tmp_path)


def call(method, *params, key=1):
    return {"jsonrpc": "2.0", "id": key, "method": method, "params": list(params)}


def answers_on(url):
    return httpx.post(f"{url}/predict", json=GOOD, timeout=10, trust_env=False).json() == EXPECTED


@pytest.mark.parametrize(
    "sent",
    [
        call("eth_sendRawTransaction", "0x02" + "00" * 100),
        call("eth_sendTransaction", {"from": ACCOUNT, "to": ACCOUNT, "value": "0x1"}),
        call("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"}),
        call("eth_newFilter", {}),
        call("debug_traceBlockByNumber", "latest", {}),
        call("trace_replayBlockTransactions", "latest", ["trace"]),
        call("anvil_impersonateAccount", ACCOUNT),
        call("evm_mine"),
        call("personal_unlockAccount", ACCOUNT, ""),
        call("admin_peers"),
        call("eth_call", {"to": ACCOUNT}, "latest", {ACCOUNT: {"code": "0x5b5f56"}}),
        call("eth_call", {"to": ACCOUNT, "gas": "0xffffffffffffffff"}),
        call("eth_getBlockByNumber", "latest", True),
        call("ETH_CALL", {"to": ACCOUNT}),
        call("eth_call\u0000eth_sendRawTransaction", {"to": ACCOUNT}),
        call("eth_chainId", key={"id": [1]}),
        {**call("eth_chainId"), "method": ["eth_chainId"]},
        [call("eth_chainId")] * 21,
        [[call("eth_sendRawTransaction", "0x")]],
        [],
    ],
)
def test_what_is_not_a_pages_read_never_reaches_the_node(page_at, node, sent):
    with page_at() as running:
        response = httpx.post(f"{running.url}/page/chain", json=sent, trust_env=False)
        assert response.status_code < 500
        assert node.calls == []
        assert answers_on(running.url)


def test_a_node_is_not_used_up_by_one_address(page_at, node):
    with page_at(rate=Rate(0, 40, 1)) as running, httpx.Client(trust_env=False) as client:
        batch = [call("eth_blockNumber", key=key) for key in range(20)]
        statuses = [client.post(f"{running.url}/page/chain", json=batch).status_code for _ in range(10)]
        assert statuses == [200, 200] + [429] * 8
        assert len(node.calls) == 40
        assert answers_on(running.url)


def test_another_sites_form_cannot_ask_in_a_readers_name(page_at, node):
    with page_at() as running:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            headers = {"Content-Type": kind, "Origin": "https://elsewhere.example"}
            body = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}'
            response = httpx.post(f"{running.url}/page/chain", content=body, headers=headers, trust_env=False)
            assert response.status_code == 415
            assert "access-control-allow-origin" not in response.headers
        asked = httpx.options(f"{running.url}/page/chain", headers={"Origin": "https://x.example"}, trust_env=False)
        assert asked.status_code == 405 and "access-control-allow-origin" not in asked.headers
        assert node.calls == []


def test_streams_that_are_held_open_and_never_read_leave_the_model_answering(page_at, source):
    with page_at(send_seconds=1.0) as running:
        host, port = running.url.removeprefix("http://").split(":")
        held = []
        for _ in range(100):
            stream = socket.create_connection((host, int(port)))
            stream.sendall(b"GET /page/events HTTP/1.1\r\nHost: x\r\n\r\n")
            held.append(stream)
        for _ in range(5):
            source.happen("proposal", id="1", state="x" * 100_000)
            assert answers_on(running.url)
            time.sleep(0.05)
        refused = httpx.get(f"{running.url}/page/events", trust_env=False, timeout=10)
        assert refused.status_code == 503
        for stream in held:
            stream.close()
        assert answers_on(running.url)
