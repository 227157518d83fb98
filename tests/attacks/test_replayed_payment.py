"""Attack: one x402 payment is used more than once, or for what it was not signed for.

Who: a consumer that sends one authorisation a hundred times at once to several workers, or again with another question;
a stranger that saw it on the chain; a payer that uses its nonce up elsewhere while it is being settled. What stops it:
the book binds a payment to one request before anything is sent, one worker at a time goes on with it, the token takes
each nonce once, and what counts as paid is the very transfer to this server's payee, as the chain has it.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from secrets import token_bytes

import httpx
import pytest

pytest.importorskip("x402", reason="the extra x402 is not installed")

from x402.http import encode_payment_signature_header

from andel.ledger.authorized_transfers import Authorization, Carrier, sign_authorization
from andel.serving.http_edge import serve_in_thread
from andel.serving.payment_wire import CallPrice, read_header
from andel.units import Digest
from tests.support.paid_calls import PRICE, QUESTION, PaidWorld, key_of, paid_app, paid_calls, pay, worker

COPIES = 100


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = PaidWorld.make(tmp_path_factory.mktemp("chain"))
    yield made
    made.chain.close()
    made.local.stop()


@pytest.fixture
def served(world, tmp_path):
    asked = []
    pays = paid_calls(world.chain, lambda: world.price, tmp_path / "book.sqlite")
    with serve_in_thread(paid_app(pays, lambda body: asked.append(body) or {"answer": len(asked)})) as running:
        yield running.url, asked


def test_a_hundred_copies_at_once_over_three_workers_are_one_payment_and_one_run(world, tmp_path):
    before, had = world.transfers(), world.token.balance_of(world.payer.address)
    with worker(world, tmp_path) as one, worker(world, tmp_path) as two, worker(world, tmp_path) as three:
        urls = [one.url, two.url, three.url]
        header = world.header(urls[0])
        with ThreadPoolExecutor(COPIES) as threads:
            responses = list(threads.map(lambda i: pay(urls[i % 3], header), range(COPIES)))
    assert {response.status_code for response in responses} == {200}
    assert len({response.content for response in responses}) == 1
    assert (tmp_path / "runs").read_bytes().count(b"\n") == 1
    assert world.transfers() == before + 1
    assert world.token.balance_of(world.payer.address) == had - PRICE


def test_many_payers_at_once_over_two_workers_are_all_answered(world, tmp_path):
    before = world.transfers()
    with worker(world, tmp_path) as one, worker(world, tmp_path) as two:
        headers = [(url, world.header(url)) for url in (one.url, two.url) * 6]
        with ThreadPoolExecutor(len(headers)) as threads:
            responses = list(threads.map(lambda each: pay(*each), headers))
    assert [response.status_code for response in responses] == [200] * len(headers)
    assert world.transfers() == before + len(headers)
    assert (tmp_path / "runs").read_bytes().count(b"\n") == len(headers)


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


def authorized(world, to, value, nonce, key=None):
    """A transfer that the payer signs under this nonce."""
    now = world.chain.block_time()
    signed = Authorization((key or world.payer).address, to, value, 0, now + 300, Digest(nonce))
    return signed, sign_authorization(key or world.payer, world.token.token_domain(), signed)


def test_a_nonce_used_up_elsewhere_while_it_is_being_settled_pays_for_nothing(world, tmp_path):
    """The payer sends the same nonce to itself, and the very amount to the payee by a transfer of another nonce."""
    carrier = Carrier(key_of("sender"), tmp_path / "turn")
    thief = key_of("thief").address
    asked = []
    pays = paid_calls(world.chain, lambda: world.price, tmp_path / "book.sqlite")
    settle = pays.facilitator.settle

    async def late(payload, requirements):
        nonce = read_header(encode_payment_signature_header(payload)).authorization.nonce
        carrier.carry(world.token, *authorized(world, thief, PRICE, nonce))
        carrier.carry(world.token, *authorized(world, world.payee, PRICE, token_bytes(32)))
        return await settle(payload, requirements)

    pays = replace(pays, facilitator=_Late(pays.facilitator, late))
    with serve_in_thread(paid_app(pays, asked.append)) as running:
        response = pay(running.url, world.header(running.url))
    assert response.status_code == 402 and asked == []


def test_a_payment_that_a_stranger_brought_to_the_chain_first_is_answered_all_the_same(world, tmp_path):
    carrier = Carrier(key_of("sender"), tmp_path / "turn")
    pays = paid_calls(world.chain, lambda: world.price, tmp_path / "book.sqlite")
    settle = pays.facilitator.settle

    async def late(payload, requirements):
        payment = read_header(encode_payment_signature_header(payload))
        carrier.carry(world.token, payment.authorization, payment.signature)
        return await settle(payload, requirements)

    pays = replace(pays, facilitator=_Late(pays.facilitator, late))
    before = world.transfers()
    with serve_in_thread(paid_app(pays, lambda body: {"answer": 7})) as running:
        response = pay(running.url, world.header(running.url))
    assert (response.status_code, response.json()) == (200, {"answer": 7}) and world.transfers() == before + 1


def test_a_stranger_that_saw_the_payment_on_the_chain_cannot_ask_with_it(world, served):
    url, asked = served
    named = world.header(url, identifier="pay_" + token_bytes(16).hex())
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


class _Late:
    """A facilitator that something happens before."""

    def __init__(self, facilitator, settle):
        self.verify, self.settle, self.get_supported = facilitator.verify, settle, facilitator.get_supported
