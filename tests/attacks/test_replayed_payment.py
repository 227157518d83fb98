"""Attack: one x402 payment buys more than one answer, or none at all is made.

Who: a consumer that sends one authorisation a hundred times at once to several workers; a payer that uses its nonce up
elsewhere while it is being settled. What stops it: the book binds a payment to one request before anything is sent, one
worker at a time goes on with it, the token takes each nonce once, and what counts as paid is the very transfer to this
server's payee, as the chain has it.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from secrets import token_bytes

import pytest

pytest.importorskip("x402", reason="the extra x402 is not installed")

from x402.http import encode_payment_signature_header

from andel.ledger.authorized_transfers import Authorization, Carrier, sign_authorization
from andel.serving.http_edge import serve_in_thread
from andel.serving.payment_wire import read_header
from andel.units import Digest
from tests.support.paid_calls import PRICE, PaidWorld, key_of, paid_app, paid_calls, pay, worker

COPIES = 100


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = PaidWorld.make(tmp_path_factory.mktemp("chain"))
    yield made
    made.chain.close()
    made.local.stop()


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


@pytest.mark.full
def test_many_payers_at_once_over_two_workers_are_all_answered(world, tmp_path):
    before = world.transfers()
    with worker(world, tmp_path) as one, worker(world, tmp_path) as two:
        headers = [(url, world.header(url)) for url in (one.url, two.url) * 6]
        with ThreadPoolExecutor(len(headers)) as threads:
            responses = list(threads.map(lambda each: pay(*each), headers))
    assert [response.status_code for response in responses] == [200] * len(headers)
    assert world.transfers() == before + len(headers)
    assert (tmp_path / "runs").read_bytes().count(b"\n") == len(headers)


def authorized(world, to, value, nonce, key=None):
    """A transfer that the payer signs under this nonce."""
    now = world.chain.block_time()
    signed = Authorization((key or world.payer).address, to, value, 0, now + 300, Digest(nonce))
    return signed, sign_authorization(key or world.payer, world.token.token_domain(), signed)


def test_a_nonce_used_up_elsewhere_while_it_is_being_settled_pays_for_nothing(world, tmp_path):
    """The payer sends the same nonce to itself, and the very amount to the payee by a transfer of another nonce."""
    carrier = Carrier(key_of("sender"), tmp_path / "turn")
    thief = key_of("thief").address
    asked: list[bytes] = []
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


class _Late:
    """A facilitator that something happens before."""

    def __init__(self, facilitator, settle):
        self.verify, self.settle, self.get_supported = facilitator.verify, settle, facilitator.get_supported
