"""An audit that a reader watches: told step by step, two at once, over when nobody reads it."""

import threading
import time

import httpx
import pytest

from andel.errors import RpcUnreachable
from tests.serving.test_predictor import NOON, PREDICTOR, VALUES
from tests.support.pages import Stream

ANSWER = PREDICTOR.ask_values(VALUES, NOON)


class WatchedAudit:
    """An audit of so many steps, each as soon as it is let."""

    def __init__(self, steps=3):
        self.steps, self.go, self.under_way, self.most = steps, threading.Event(), 0, 0
        self.ended = threading.Event()
        self.seen = None

    def __call__(self, prediction, tell):
        self.seen = prediction
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            for number in range(self.steps):
                tell(f"round {number + 1}", "pass", "held")
                assert self.go.wait(20)
            return {"ok": True, "failure": ""}
        finally:
            self.under_way -= 1
            self.ended.set()


def post(url, body=None):
    body = ANSWER.to_json() if body is None else body
    return httpx.stream("POST", f"{url}/page/api/audit", json=body, timeout=20, trust_env=False)


def test_each_check_is_told_while_the_audit_goes_on(page_at):
    audit = WatchedAudit()
    with page_at(audit=audit) as running, post(running.url) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = Stream(response)
        assert stream.until("step")[-1][1] == {"name": "round 1", "verdict": "pass", "detail": "held"}
        assert audit.under_way == 1
        audit.go.set()
        told = stream.until("done")
        assert [event[0] for event in told] == ["step", "step", "done"]
        assert told[-1][1] == {"ok": True, "json": {"ok": True, "failure": ""}}
        assert stream.next() is None
    assert audit.seen == ANSWER


def test_a_third_audit_is_told_to_come_again(page_at):
    audit = WatchedAudit()
    with page_at(audit=audit) as running:
        with post(running.url) as one, post(running.url) as other:
            Stream(one).until("step"), Stream(other).until("step")
            third = httpx.post(f"{running.url}/page/api/audit", json=ANSWER.to_json(), trust_env=False)
            assert third.status_code == 429 and int(third.headers["retry-after"]) > 0
            audit.go.set()
        assert audit.most == 2


def test_an_audit_that_nobody_reads_any_more_ends_at_its_next_check(page_at):
    audit = WatchedAudit(1_000)
    with page_at(audit=audit) as running:
        with post(running.url) as response:
            Stream(response).until("step")
        time.sleep(0.3)  # until the server has seen the connection go
        audit.go.set()
        assert audit.ended.wait(10)
        with post(running.url) as response:  # its place is free again
            assert response.status_code == 200


def test_an_audit_does_not_hold_up_the_servers_end(page_at):
    audit = WatchedAudit()
    with page_at(audit=audit) as running, post(running.url) as response:
        stream = Stream(response)
        stream.until("step")
        running.stop()
        assert not running.thread.is_alive()
        assert stream.next() is None  # the answer has a whole end: what is cancelled has none
        audit.go.set()


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (RpcUnreachable("https://node.example/secret", "gone"), "try again later"),
        (ValueError("temperature was 21.37"), "this is a defect of the server"),
    ],
)
def test_an_audit_that_cannot_be_made_says_so_and_no_more(page_at, error, hint):
    def failing(_, tell):
        tell("founding", "pass", "")
        raise error

    with page_at(audit=failing) as running, post(running.url) as response:
        told = Stream(response).until("broken")
        assert told[-1][1] == {"error": "the audit could not be made", "hint": hint}


@pytest.mark.parametrize(
    "body", [{}, {**ANSWER.to_json(), "more": 1}, {**ANSWER.to_json(), "answer": "x"}, {"question": [[[]]]}]
)
def test_what_is_no_answer_is_not_audited(page_at, body):
    audit = WatchedAudit()
    with page_at(audit=audit) as running:
        assert httpx.post(f"{running.url}/page/api/audit", json=body, trust_env=False).status_code == 400
        assert audit.seen is None


def test_a_gateway_without_audits_has_no_such_page(client):
    assert client.post("/page/api/audit", json=ANSWER.to_json()).status_code == 404
