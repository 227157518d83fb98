"""Attack: a payer's money is taken and no answer is given.

Who: a server that dies, or is killed, anywhere between the payment and its answer; a node that does not say in time
whether a transfer was mined. What stops it: the book notes each step before it is taken, the chain says what was paid,
and whoever sends the same request with the same payment again is answered, by any worker, and pays nothing more.
"""

from dataclasses import replace

import httpx
import pytest

pytest.importorskip("x402", reason="the extra x402 is not installed")

from x402.http import decode_payment_response_header

from andel.errors import ChainError
from andel.ledger.authorized_transfers import Carrier
from andel.serving.facilitator import Facilitator
from andel.serving.http_edge import serve_in_thread
from tests.support.paid_calls import PaidWorld, key_of, paid_app, paid_calls, pay, worker


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = PaidWorld.make(tmp_path_factory.mktemp("chain"))
    yield made
    made.chain.close()
    made.local.stop()


@pytest.mark.parametrize("dies", ["sending", "settled", "answering"])
def test_a_worker_killed_between_payment_and_answer_leaves_it_to_the_next(world, tmp_path, dies):
    before = world.transfers()
    with worker(world, tmp_path, dies=dies, lease="1") as first:
        header = world.header(first.url)
        with pytest.raises(httpx.TransportError):
            pay(first.url, header)
        assert first.process.wait(10) == -9
    assert world.transfers() == before + (dies != "sending")
    assert not (tmp_path / "runs").exists()
    with worker(world, tmp_path) as second:
        response = pay(second.url, header)
        assert response.status_code == 200, response.text
        assert world.chain.find(decode_payment_response_header(response.headers["payment-response"]).transaction)[0]
        assert pay(second.url, header).content == response.content
    assert (tmp_path / "runs").read_bytes().count(b"\n") == 1 and world.transfers() == before + 1


def test_a_receipt_that_does_not_come_in_time_costs_no_second_payment(world, tmp_path):
    class Slow(Carrier):
        """Sends, and hears nothing of it."""

        def carry(self, *given):
            super().carry(*given)
            raise ChainError("no receipt within 60 seconds")

    asked: list[bytes] = []
    pays = paid_calls(world.chain, lambda: world.price, tmp_path / "book.sqlite")
    slow = Facilitator(world.chain, Slow(key_of("sender"), pays.book.turn_file), lambda _: True)
    before = world.transfers()
    with serve_in_thread(paid_app(replace(pays, facilitator=slow), lambda body: asked.append(body))) as running:
        response = pay(running.url, world.header(running.url))
    # the chain was asked what it holds, and has it
    assert response.status_code == 200 and world.transfers() == before + 1 and len(asked) == 1


def test_while_nobody_knows_whether_it_was_paid_the_payer_is_told_to_come_again(world, tmp_path):
    class Silent(Carrier):
        """Sends nothing, and does not know it."""

        def carry(self, *given):
            raise ChainError("no receipt within 60 seconds")

    pays = paid_calls(world.chain, lambda: world.price, tmp_path / "book.sqlite")
    silent = Facilitator(world.chain, Silent(key_of("sender"), pays.book.turn_file), lambda _: True)
    before = world.transfers()
    with serve_in_thread(paid_app(replace(pays, facilitator=silent), lambda body: {"answer": 1})) as running:
        header = world.header(running.url)
        response = pay(running.url, header)
        assert response.status_code == 503 and response.headers["retry-after"] == "1"
    with serve_in_thread(paid_app(pays, lambda body: {"answer": 2})) as running:
        assert pay(running.url, header).json() == {"answer": 2}
    assert world.transfers() == before + 1
