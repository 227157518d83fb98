"""The page's facts over HTTP: strict parameters, ETags, one making for all who ask together, and their bounds."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from andel.serving.page.source import PAGE_MOST
from tests.support.pages import ACCOUNT

READS = [
    ("network", ("network",)),
    ("models", ("models", 0, 50)),
    ("models?first=20&count=7", ("models", 20, 7)),
    ("rounds", ("rounds", None, 50)),
    ("rounds?before=9&count=3", ("rounds", 9, 3)),
    ("rounds/series", ("series", 600)),
    ("rounds/series?points=40", ("series", 40)),
    ("shares?first=5", ("shares", 5, 50)),
    (f"shares/{ACCOUNT.lower()}?round=4", ("explain", ACCOUNT, 4)),
    (f"shares/{ACCOUNT}", ("explain", ACCOUNT, None)),
    ("devices", ("devices", 0, 50)),
    (f"account/{ACCOUNT}", ("account", ACCOUNT)),
    ("offering", ("offering", None)),
    (f"offering?account={ACCOUNT.lower()}", ("offering", ACCOUNT)),
    (f"proposals?count=2&account={ACCOUNT}", ("proposals", 0, 2, ACCOUNT)),
]
REFUSED = [
    "network?x=1",
    "models?count=0",
    f"models?count={PAGE_MOST + 1}",
    "models?first=-1",
    "models?first=1&first=2",
    "models?first=٣",
    "models?first=",
    "models?first=1e3",
    "models?first=" + "9" * 80,
    "rounds?before=0",
    "rounds/series?points=100000",
    "shares/0x1234",
    f"shares/{ACCOUNT}?round=x",
    "account/nobody",
    "offering?account=",
    "proposals/-1",
    "proposals/" + "9" * 79,
    "proposals/" + str(2**256),
    "proposals/404",
]


@pytest.mark.parametrize(("path", "asked"), READS)
def test_a_resource_is_asked_for_by_what_the_request_says(client, source, path, asked):
    response = client.get(f"/page/api/{path}")
    assert response.status_code == 200
    assert source.asked == [asked]
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["content-type"] == "application/json"
    assert response.headers["content-security-policy"] == "default-src 'none'"


@pytest.mark.parametrize("path", REFUSED)
def test_what_is_not_plainly_a_parameter_is_refused(client, source, path):
    response = client.get(f"/page/api/{path}")
    assert response.status_code == 400
    assert response.json().keys() == {"error", "hint"}
    assert source.asked == []


def test_a_proposals_id_may_be_as_long_as_a_chain_has_it(client):
    largest = 2**256 - 1
    assert client.get(f"/page/api/proposals/{largest}").json()["id"] == str(largest)


def test_the_same_answer_is_not_sent_twice(client, source):
    first = client.get("/page/api/model")
    again = client.get("/page/api/model", headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    source.happen("round", round=1)
    newer = client.get("/page/api/model", headers={"If-None-Match": first.headers["etag"]})
    assert newer.status_code == 200 and newer.json()["block"] == 11


def test_a_block_is_answered_for_once(client, source):
    for _ in range(3):
        client.get("/page/api/model")
    assert source.asked == [("model",)]


def test_who_asks_together_is_answered_by_one_making(client, source):
    source.gate = threading.Event()
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(client.get, "/page/api/model", timeout=20) for _ in range(8)]
        while not source.asked:
            time.sleep(0.01)
        time.sleep(0.2)
        source.gate.set()
        assert {answer.result().status_code for answer in answers} == {200}
    assert source.asked == [("model",)]


def test_one_who_leaves_does_not_end_it_for_the_others(client, source):
    source.gate = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(httpx.ReadTimeout):
            client.get("/page/api/model", timeout=0.3)
        waiting = pool.submit(client.get, "/page/api/model", timeout=20)
        time.sleep(0.2)
        source.gate.set()
        assert waiting.result().status_code == 200
    assert source.asked == [("model",)]


def test_the_model_is_answered_while_the_page_waits_for_its_node(client, source):
    source.gate = threading.Event()
    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(client.get, f"/page/api/proposals/{n}", timeout=20) for n in range(20)]
        time.sleep(0.3)
        assert client.get("/health", timeout=5).status_code == 200
        source.gate.set()
        assert all(each.result().status_code == 200 for each in waiting)


def test_a_node_that_does_not_answer_is_told_without_its_address(client, source):
    source.broken = True
    response = client.get("/page/api/model")
    assert response.status_code == 503
    assert "secret" not in response.text and "node.example" not in response.text


def test_an_address_that_asks_too_often_is_told_when_to_come_again(page_at, few):
    with page_at(rate=few) as running, httpx.Client(base_url=running.url, trust_env=False) as client:
        statuses = [client.get("/page/api/network").status_code for _ in range(6)]
        assert statuses == [200] * 5 + [429]
        assert int(client.get("/page/api/network").headers["retry-after"]) >= 1
        assert client.get("/model").status_code == 200  # what the page shows is counted apart from the model


def test_the_gateways_own_health_is_told_with_the_operators(client):
    assert client.get("/page/api/operator").json() == {"round": None, "health": {"status": "ok"}}


def test_a_revert_is_told_in_words(client):
    response = client.post("/page/api/refusal", json={"contract": "RewardPool", "data": "0xAbcd"})
    assert response.json() == {"sentence": "RewardPool says 0xabcd", "hint": ""}
    assert client.post("/page/api/refusal", json={"data": "0x"}).json()["sentence"] == "None says 0x"


def test_a_transaction_is_told_in_words(client):
    body = {"to": ACCOUNT.lower(), "data": "0x010203", "value": str(2**256 - 1)}
    assert client.post("/page/api/words", json=body).json() == {"words": f"sends {2**256 - 1} and 3 bytes to {ACCOUNT}"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("refusal", {}),
        ("refusal", {"data": "0x1"}),
        ("refusal", {"data": "0x" + "00" * 24_577}),
        ("refusal", {"data": 5}),
        ("refusal", {"data": "0x", "contract": "../etc"}),
        ("refusal", {"data": "0x", "more": 1}),
        ("words", {"to": ACCOUNT}),
        ("words", {"to": 1, "data": "0x"}),
        ("words", {"to": ACCOUNT, "data": "0x", "value": "0x1"}),
        ("words", {"to": ACCOUNT, "data": "0x", "value": 1}),
        ("words", {"to": ACCOUNT, "data": "0x", "value": str(2**256)}),
    ],
)
def test_a_body_that_is_not_what_is_asked_for_is_refused(client, path, body):
    assert client.post(f"/page/api/{path}", json=body).status_code == 400


def test_a_proposals_file_is_told_in_words_as_it_is_written(client):
    file = {"why": "lower", "format": "andel-proposal/1", "calls": [{"pay": ACCOUNT, "wei": "1"}]}
    told = client.post("/page/api/proposal", json={"file": file}).json()
    assert json.loads(told["why"]) == file
    assert told["why"].startswith('{"calls":[{"pay":')  # in its canonical form, as it is read


@pytest.mark.parametrize(
    "body", [{}, {"file": {}, "key": "0x"}, {"file": {"why": 1.5}}, {"file": {"why": [[]] * 500}}, {"file": 2**60}]
)
def test_a_proposal_that_has_no_canonical_form_is_refused(client, source, body):
    assert client.post("/page/api/proposal", json=body).status_code == 400
    assert source.asked == []


def test_a_proposal_may_be_longer_than_other_bodies_and_not_without_end(client):
    assert client.post("/page/api/proposal", json={"file": {"why": "x" * 200_000}}).status_code == 200
    assert client.post("/page/api/proposal", json={"file": {"why": "x" * 300_000}}).status_code == 413


@pytest.mark.parametrize("path", ["api/refusal", "api/words", "chain"])
def test_bodies_are_bounded_and_announced(client, path):
    large = b"[" + b" " * (64 * 1024) + b"]"
    assert client.post(f"/page/{path}", content=large, headers={"Content-Type": "application/json"}).status_code == 413
    # a form of another site cannot announce JSON without asking first, which nobody here answers
    assert client.post(f"/page/{path}", content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
    deep = b"[" * 5_000
    assert client.post(f"/page/{path}", content=deep, headers={"Content-Type": "application/json"}).status_code == 400


def test_a_body_that_does_not_come_is_not_waited_for(page_at):
    with page_at(body_seconds=0.2) as running:

        def slowly():
            yield b"{"
            time.sleep(1)
            yield b"}"

        headers = {"Content-Type": "application/json"}
        response = httpx.post(f"{running.url}/page/chain", content=slowly(), headers=headers, trust_env=False)
        assert response.status_code == 408


def test_long_answers_are_packed_for_who_takes_that_and_each_form_has_its_own_etag(client, source):
    source.shares = lambda first, count: {"items": [f"account {number}" for number in range(first, first + count)]}
    path = "/page/api/shares?first=0&count=200"
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    assert packed.json() == plain.json() and int(packed.headers["content-length"]) < len(plain.content)
    assert packed.headers["etag"] != plain.headers["etag"] and packed.headers["vary"] == "Accept-Encoding"
    kept = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]}
    assert client.get(path, headers=kept).status_code == 304
    assert "content-encoding" not in client.get("/page/api/network", headers={"Accept-Encoding": "gzip"}).headers
