"""The way of a page without a wallet to the chain: which calls are passed on, and which are not."""

import httpx
import orjson
import pytest

from andel.serving.page.chain_relay import METHODS
from tests.support.pages import ACCOUNT

HASH = "0x" + "ab" * 32
CALL = {"to": ACCOUNT, "data": "0x70a08231"}
CHAIN_ID: tuple[str, list[object]] = ("eth_chainId", [])
GOOD = {
    "eth_blockNumber": [],
    "eth_call": [CALL, "latest"],
    "eth_chainId": [],
    "eth_estimateGas": [{**CALL, "from": ACCOUNT, "value": "0x1"}],
    "eth_feeHistory": ["0x4", "latest", [10, 50.5, 90]],
    "eth_gasPrice": [],
    "eth_getBalance": [ACCOUNT, "0x10"],
    "eth_getBlockByNumber": ["latest", False],
    "eth_getCode": [ACCOUNT],
    "eth_getTransactionByHash": [HASH],
    "eth_getTransactionCount": [ACCOUNT, "pending"],
    "eth_getTransactionReceipt": [HASH],
    "eth_maxPriorityFeePerGas": [],
    "net_version": [],
}
BAD = [
    ("eth_call", []),
    ("eth_call", ["latest"]),
    ("eth_call", [{"data": "0x6000"}]),  # without `to` it would create a contract
    ("eth_call", [{**CALL, "accessList": []}]),
    ("eth_call", [{**CALL, "gas": hex(50_000_001)}]),
    ("eth_call", [{**CALL, "data": "0x123"}]),
    ("eth_call", [{**CALL, "to": ACCOUNT + "00"}]),
    ("eth_call", [CALL, "latest", {ACCOUNT: {"balance": "0x1"}}]),
    ("eth_call", [CALL, {"blockHash": HASH}]),
    ("eth_call", [CALL, "newest"]),
    ("eth_getBalance", ["vitalik.eth"]),
    ("eth_getBlockByNumber", ["latest", True]),  # every transaction of the block, each time
    ("eth_getBlockByNumber", ["latest"]),
    ("eth_feeHistory", ["0x400", "latest"]),
    ("eth_feeHistory", [2, "latest", list(range(9))]),
    ("eth_feeHistory", [True, "latest"]),
    ("eth_getTransactionReceipt", ["0xab"]),
    ("eth_blockNumber", [1]),
    ("eth_blockNumber", {"a": 1}),
]


def ask(client, *calls, **fields):
    body = [{"jsonrpc": "2.0", "id": n, "method": method, "params": params} for n, (method, params) in enumerate(calls)]
    return client.post("/page/chain", json=body[0] | fields if len(body) == 1 else body)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_passed_on_as_it_was_asked(client, node, method):
    answer = ask(client, (method, GOOD[method])).json()
    assert answer == {"jsonrpc": "2.0", "id": 0, "result": method}
    assert node.calls == [(method, GOOD[method])]


@pytest.mark.parametrize(
    "method",
    ["eth_sendRawTransaction", "eth_getLogs", "debug_traceCall", "anvil_setBalance", "eth_accounts", "", None, 5, []],
)
def test_another_method_never_reaches_the_node(client, node, method):
    response = ask(client, (method, []))
    assert (response.status_code, response.json()["error"]["code"]) == (200, -32_601)
    assert node.calls == []


@pytest.mark.parametrize(("method", "params"), BAD)
def test_parameters_that_were_not_read_never_reach_the_node(client, node, method, params):
    assert ask(client, (method, params)).json()["error"]["code"] == -32_602
    assert node.calls == []


@pytest.mark.parametrize(
    "fields", [{"jsonrpc": "1.0"}, {"id": None}, {"id": True}, {"id": "x" * 65}, {"id": 1.5}, {"more": 1}]
)
def test_what_is_no_call_is_told_so(client, node, fields):
    assert ask(client, ("eth_chainId", []), **fields).json()["error"]["code"] == -32_600
    assert node.calls == []


def test_a_batch_is_answered_in_its_order_with_what_is_refused_in_its_place(client, node):
    calls: list[tuple[str, list[object]]] = [
        CHAIN_ID,
        ("eth_sendTransaction", []),
        ("eth_blockNumber", []),
        ("eth_call", []),
    ]
    answers = ask(client, *calls).json()
    assert [answer["id"] for answer in answers] == [0, 1, 2, 3]
    assert [answer.get("result") or answer["error"]["code"] for answer in answers] == [
        "eth_chainId",
        -32_601,
        "eth_blockNumber",
        -32_602,
    ]
    assert [method for method, _ in node.calls] == ["eth_chainId", "eth_blockNumber"]


@pytest.mark.parametrize("count", [0, 21])
def test_a_batch_has_one_to_twenty_calls(client, node, count):
    body = [{"jsonrpc": "2.0", "id": n, "method": "eth_chainId", "params": []} for n in range(count)]
    assert client.post("/page/chain", json=body).status_code == 400
    assert node.calls == []


def test_a_revert_comes_back_with_its_data(client, node):
    node.answers["eth_call"] = {"error": {"code": 3, "message": "execution reverted", "data": "0x08c379a0"}}
    assert ask(client, ("eth_call", [CALL])).json()["error"] == {
        "code": 3,
        "message": "execution reverted",
        "data": "0x08c379a0",
    }


def test_data_that_is_none_is_not_passed_back(client, node):
    node.answers["eth_call"] = {"error": {"code": -1, "message": "m" * 999, "data": {"stack": "node internals"}}}
    error = ask(client, ("eth_call", [CALL])).json()["error"]
    assert error == {"code": -1, "message": "m" * 300}


def test_an_answer_that_is_too_large_is_not_passed_back(client, node):
    node.answers["eth_call"] = {"result": "0x" + "00" * 700_000}
    assert ask(client, ("eth_call", [CALL])).json()["error"]["code"] == -32_005


def test_every_call_of_a_batch_counts(page_at, few, node):
    with page_at(rate=few) as running, httpx.Client(base_url=running.url, trust_env=False) as client:
        assert ask(client, *[CHAIN_ID] * 6).status_code == 429
        assert node.calls == []
        assert ask(client, *[CHAIN_ID] * 5).status_code == 200
        assert ask(client, CHAIN_ID).status_code == 429


def test_a_node_that_is_gone_is_told_without_its_address(client, node):
    node.say = lambda call: "nothing of JSON-RPC"
    response = ask(client, ("eth_chainId", []))
    assert response.status_code == 503
    assert "127.0.0.1" not in response.text


def test_a_body_that_is_no_json_is_refused(client):
    headers = {"Content-Type": "application/json"}
    assert client.post("/page/chain", content=b"{", headers=headers).status_code == 400
    assert client.post("/page/chain", content=orjson.dumps(5), headers=headers).json()["error"]["code"] == -32_600
