"""Attack: an x402 payment is used for what it was not signed for: another question, price, token, chain or server.

Who: a consumer that pays less, or elsewhere, or once for two questions; a stranger that saw a payment on the chain,
where all of it stands but the payer's own name for it. What stops it: what is demanded and what was signed are compared
field by field before anything is sent; each server of a model has a payee of its own; the book binds a payment to a
request.
"""

import secrets

import httpx
import pytest

pytest.importorskip("x402", reason="the extra x402 is not installed")

from x402.http import encode_payment_signature_header

from andel.serving.http_edge import serve_in_thread
from andel.serving.payment_wire import CallPrice, read_header
from tests.support.paid_calls import PRICE, QUESTION, PaidWorld, key_of, paid_app, paid_calls, pay


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = PaidWorld.make(tmp_path_factory.mktemp("chain"))
    yield made
    made.chain.close()
    made.local.stop()


@pytest.fixture
def served(world, tmp_path):
    asked: list[bytes] = []

    def answer(body):
        asked.append(body)
        return {"answer": len(asked)}

    with serve_in_thread(
        paid_app(paid_calls(world.chain, lambda: world.price, tmp_path / "book.sqlite"), answer)
    ) as running:
        yield running.url, asked


def test_a_payment_for_another_question_price_server_or_chain_is_refused_before_it_is_sent(world, served):
    url, asked = served
    before = world.transfers()
    payment = read_header(world.header(url))
    wanted = payment.payload.accepted
    dearer = wanted.model_copy(update={"amount": str(PRICE - 1)})
    elsewhere = wanted.model_copy(update={"pay_to": key_of("maker").address})
    another_chain = wanted.model_copy(update={"network": "eip155:1"})
    another_token = wanted.model_copy(update={"asset": key_of("maker").address})
    for accepted in (dearer, elsewhere, another_chain, another_token):
        altered = payment.payload.model_copy(update={"accepted": accepted})
        assert pay(url, encode_payment_signature_header(altered)).status_code == 402
    for field, value in (("value", str(PRICE - 1)), ("to", key_of("maker").address), ("value", str(PRICE + 1))):
        signed = payment.payload.payload["authorization"] | {field: value}
        altered = payment.payload.model_copy(update={"payload": payment.payload.payload | {"authorization": signed}})
        assert pay(url, encode_payment_signature_header(altered)).status_code == 402
    assert asked == [] and world.transfers() == before
    assert pay(url, encode_payment_signature_header(payment.payload)).status_code == 200
    assert pay(url, encode_payment_signature_header(payment.payload), {"question": "0x"}).status_code == 409


def test_another_server_of_the_same_payer_takes_no_payment_for_this_one(world, served, tmp_path):
    other = CallPrice(world.chain.chain_id, world.token.address, PRICE, key_of("another payee").address)
    pays = paid_calls(world.chain, lambda: other, tmp_path / "other.sqlite")
    with serve_in_thread(paid_app(pays, lambda body: {"answer": 0})) as running:
        header = world.header(served[0])
        assert pay(running.url, header).status_code == 402
        assert pay(served[0], header).status_code == 200
        # the same payee with a book of its own: the payment was used up at the first
    twin = paid_calls(world.chain, lambda: world.price, tmp_path / "twin.sqlite")
    with serve_in_thread(paid_app(twin, lambda body: {"answer": 0})) as running:
        refused = pay(running.url, header)
        assert refused.status_code == 402 and "already_used" in refused.json()["error"]


def test_a_stranger_that_saw_the_payment_on_the_chain_cannot_ask_with_it(world, served):
    url, asked = served
    named = world.header(url, identifier="pay_" + secrets.token_hex(16))
    assert pay(url, named, {"question": "refuse"}).status_code == 400
    payment = read_header(named)
    seen = payment.payload.model_copy(update={"extensions": None})
    assert pay(url, encode_payment_signature_header(seen)).status_code == 409 and asked == []
    assert pay(url, named).status_code == 200 and len(asked) == 1


def test_an_empty_account_is_refused_before_the_model_runs(world, served):
    url, asked = served
    refused = pay(url, world.header(url, key_of("poor")))
    assert refused.status_code == 402 and refused.json()["error"] == "insufficient_funds" and asked == []
    assert httpx.post(url + "/predict", json=QUESTION).status_code == 402
