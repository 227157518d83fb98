"""Paid by the call: demanded, settled, answered once, and answered again."""

import asyncio
import base64
import dataclasses
import json
import subprocess
from secrets import token_bytes, token_hex

import httpx
import pytest

pytest.importorskip("x402", reason="the extra x402 is not installed")

from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from x402.http import decode_payment_response_header
from x402.schemas import PaymentRequired

from andel.errors import ChainError, InputError, StoreError
from andel.ledger.authorized_transfers import Authorization, sign_authorization, token_domain
from andel.ledger.policy import Price
from andel.serving.http_edge import serve_in_thread
from andel.serving.paying import Allowance, payment_header
from andel.serving.payment_book import BookFull, NewPayment, PaymentBook, State
from andel.serving.payment_wire import CallPrice, demand_header, demand_of, read_header, requirements_of
from andel.serving.payments import price_of
from andel.units import NOBODY, Digest
from tests.support.paid_calls import PRICE, QUESTION, PaidWorld, key_of, paid_app, paid_calls, pay

FIELDS = ["x402Version", "payload", "accepted", "authorization", "signature", "scheme", "network", "extensions", "info"]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = PaidWorld.make(tmp_path_factory.mktemp("chain"))
    yield made
    made.chain.close()
    made.local.stop()


@pytest.fixture
def served(world, tmp_path):
    """A server in this process, and what its model was asked."""
    asked = []

    def answer(body):
        asked.append(body)
        if b"fail" in body and len(asked) == 1:
            raise RuntimeError("a defect")
        return {"answer": len(asked)}

    pays = paid_calls(world.chain, lambda: world.price, tmp_path / "book.sqlite", wait_seconds=5.0)
    with serve_in_thread(paid_app(pays, answer)) as running:
        yield running.url, asked


def receipt_of(response):
    return decode_payment_response_header(response.headers["payment-response"])


def test_who_does_not_pay_is_told_what_it_costs(world, served):
    url, asked = served
    response = httpx.post(url + "/predict", json=QUESTION)
    assert response.status_code == 402 and asked == []
    (way,) = response.json()["accepts"]
    assert way["network"] == f"eip155:{world.chain.chain_id}" and way["scheme"] == "exact"
    assert (way["asset"], way["payTo"], way["amount"]) == (world.token.address, world.payee, str(PRICE))
    assert way["extra"] == {"name": "Pay", "version": "1", "paymentFlow": "upfront"}
    assert response.headers["cache-control"] == "no-store"


def test_a_payer_without_coin_pays_and_is_answered(world, served):
    url, asked = served
    before, had = world.transfers(), world.token.balance_of(world.payee)
    response = pay(url, world.header(url))
    assert (response.status_code, response.json()) == (200, {"answer": 1})
    receipt = receipt_of(response)
    assert receipt.success and receipt.payer == world.payer.address and receipt.amount == str(PRICE)
    assert world.chain.find(receipt.transaction)[0]
    assert world.transfers() == before + 1 and world.token.balance_of(world.payee) == had + PRICE
    assert world.chain.balance(world.payer.address) == 0 and len(asked) == 1


def test_the_same_payment_gets_the_same_bytes_again_and_another_question_nothing(world, served):
    url, asked = served
    header = world.header(url)
    first, before = pay(url, header), world.transfers()
    again = pay(url, header)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["payment-response"] == first.headers["payment-response"]
    other = pay(url, header, {"question": "0x" + "08" * 32})
    assert other.status_code == 409 and "another request" in other.json()["error"]
    assert len(asked) == 1 and world.transfers() == before


def test_a_payer_fetches_the_answer_by_its_own_identifier(world, served):
    url, asked = served
    name = "pay_" + token_hex(16)
    assert httpx.get(f"{url}/payments/{name}").status_code == 404
    first = pay(url, world.header(url, identifier=name))
    before = world.transfers()
    assert httpx.get(f"{url}/payments/{name}").content == first.content
    # signed anew under the same identifier: the answer, and nothing is taken
    assert pay(url, world.header(url, identifier=name)).content == first.content
    assert pay(url, world.header(url, identifier=name), {"question": "0x"}).status_code == 409
    assert pay(url, world.header(url, key_of("maker"), identifier=name)).status_code == 409
    assert world.transfers() == before and len(asked) == 1


def test_a_paid_call_that_failed_is_answered_when_it_is_sent_again(world, served):
    url, asked = served
    question, name = {"question": "fail once"}, "pay_" + token_hex(16)
    header = world.header(url, identifier=name)
    before = world.transfers()
    assert pay(url, header, question).status_code == 500
    lost = httpx.get(f"{url}/payments/{name}")
    assert lost.status_code == 409 and "not answered yet" in lost.json()["error"]
    assert pay(url, header, question).json() == {"answer": 2}
    assert pay(url, header, question).json() == {"answer": 2}
    assert world.transfers() == before + 1 and len(asked) == 2


def test_a_refused_question_leaves_the_payment_to_a_payer_that_named_it(world, served):
    url, asked = served
    before = world.transfers()
    named = world.header(url, identifier="pay_" + token_hex(16))
    assert pay(url, named, {"question": "refuse"}).status_code == 400
    assert pay(url, named).status_code == 200
    # without a name the payment is what all the chain can see, and stays with its request
    plain = world.header(url)
    assert pay(url, plain, {"question": "refuse"}).status_code == 400
    assert pay(url, plain).status_code == 409
    assert world.transfers() == before + 2 and len(asked) == 1


def test_what_is_no_question_is_refused_before_anything_is_taken(world, tmp_path):
    def check(_, body):
        if b"refuse" in body:
            raise InputError("that is no question")

    pays = paid_calls(world.chain, lambda: world.price, tmp_path / "book.sqlite", check=check)
    with serve_in_thread(paid_app(pays, lambda body: {"answer": 1})) as running:
        header, before = world.header(running.url), world.transfers()
        assert pay(running.url, header, {"question": "refuse"}).status_code == 400
        assert world.transfers() == before
        assert pay(running.url, header).status_code == 200


def test_a_free_call_is_answered_and_takes_no_payment(world, served, tmp_path):
    header = world.header(served[0])
    pays = paid_calls(world.chain, lambda: None, tmp_path / "free.sqlite")
    with TestClient(paid_app(pays, lambda body: {"answer": 1})) as client:
        assert client.post("/predict", json=QUESTION).json() == {"answer": 1}
        refused = client.post("/predict", json=QUESTION, headers={"PAYMENT-SIGNATURE": header})
        assert refused.status_code == 400 and "nothing is to be paid" in refused.json()["error"]


def test_the_official_transport_pays_by_itself(world, served):
    from x402 import x402Client
    from x402.http.clients.httpx import x402AsyncTransport

    class OurSigning:
        """A scheme of x402's client, whose own for the EVM wants web3."""

        scheme = "exact"

        def create_payment_payload(self, requirements):
            header = demand_header(PaymentRequired(accepts=[requirements]))
            now = world.chain.block_time()
            ours = payment_header(world.payer, header, world.allowance, now=now, nonce=token_bytes(32))
            return read_header(ours).payload.payload

    url, asked = served
    client = x402Client()
    client.register("eip155:*", OurSigning())
    client.set_spend_controls(False)

    async def ask():
        async with httpx.AsyncClient(transport=x402AsyncTransport(client), timeout=30) as http:
            return await http.post(url + "/predict", json=QUESTION)

    before = world.transfers()
    response = asyncio.run(ask())
    assert (response.status_code, response.json()) == (200, {"answer": 1})
    assert receipt_of(response).success and world.transfers() == before + 1 and len(asked) == 1


def test_the_official_client_pays_with_its_own_signatures(world, served, repo_root):
    python = repo_root / ".venv-x402" / "bin" / "python"
    if not python.exists():
        pytest.skip("x402's own EVM client is not installed; scripts/environment x402 installs it")
    url, asked = served
    told = {
        "url": url + "/predict",
        "question": QUESTION,
        "secret": "0x" + world.payer.secret_bytes().hex(),
        "network": f"eip155:{world.chain.chain_id}",
        "asset": world.token.address,
        "most": str(PRICE),
    }
    script = repo_root / "tests" / "support" / "official_payer.py"
    done = subprocess.run([python, script], input=json.dumps(told), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["status"], said["body"]) == (200, {"answer": 1}) and "payment-response" in said["headers"]
    assert len(asked) == 1


def test_the_official_facilitator_client_verifies_and_settles_over_http(world, served):
    from x402.http import FacilitatorConfig, HTTPFacilitatorClientSync

    from andel.ledger.authorized_transfers import Carrier
    from andel.serving.facilitator import Facilitator
    from andel.serving.http_edge import make_app

    carrier = Carrier(key_of("sender"), world.local.log_path.with_name("turn"))
    facilitator = Facilitator(world.chain, carrier, lambda price: price in (world.price, dearer_price))
    payment = read_header(world.header(served[0]))
    dearer_price = dataclasses.replace(world.price, amount=PRICE + 1)
    refusal_of_strangers = "invalid_exact_evm_payload_recipient_mismatch"
    before = world.transfers()
    with serve_in_thread(make_app(facilitator.endpoints(), "x402")) as running:
        remote = HTTPFacilitatorClientSync(FacilitatorConfig(url=running.url))
        (kind,) = remote.get_supported().kinds
        assert (kind.scheme, kind.network) == ("exact", f"eip155:{world.chain.chain_id}")
        wanted = payment.payload.accepted
        assert remote.verify(payment.payload, wanted).is_valid
        dearer = wanted.model_copy(update={"amount": str(PRICE + 1)})
        assert not remote.verify(payment.payload, dearer).is_valid
        assert remote.settle(payment.payload, wanted).success and world.transfers() == before + 1
        assert remote.settle(payment.payload, wanted).error_reason == "invalid_exact_evm_nonce_already_used"
        for body in (b"{}", b"[" * 5_000, b"\xff", json.dumps({"x402Version": 2}).encode()):
            response = httpx.post(running.url + "/settle", content=body, headers={"content-type": "application/json"})
            assert response.status_code == 400
        remote.close()
    others = Facilitator(world.chain, carrier, lambda price: price.asset != world.token.address)
    assert others.settle_now(payment.payload, wanted).error_reason == refusal_of_strangers


def test_times_are_judged_by_the_chains_clock(world, served):
    url, asked = served
    now = world.chain.block_time()
    demand = httpx.post(url + "/predict", json=QUESTION).headers["payment-required"]
    old = payment_header(world.payer, demand, world.allowance, now=now - 300, nonce=token_bytes(32))
    response = pay(url, old)
    assert response.status_code == 402 and "valid_before" in response.json()["error"] and asked == []
    domain = world.token.token_domain()
    later = Authorization(world.payer.address, world.payee, PRICE, now + 60, now + 600, Digest(token_bytes(32)))
    signature = sign_authorization(world.payer, domain, later)
    assert world.token.doubt(domain, later, signature) == "invalid_exact_evm_payload_authorization_valid_after"


@pytest.mark.parametrize("header", ["", "!", "e30=", "W10=", "bnVsbA==", "eyJ4NDAyVmVyc2lvbiI6MX0=", "A" * 9_000])
def test_what_is_no_payment_is_told_so(served, header):
    response = pay(served[0], header)
    assert response.status_code == 402 and response.json()["error"] and response.headers["payment-required"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), inner),
    max_leaves=12,
)


@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_comes_as_a_payment_is_one_or_is_refused(raw):
    with pytest.raises(InputError):
        read_header(base64.b64encode(raw).decode())


@given(st.integers(1, 2**200), st.integers(0, 2**40), st.binary(min_size=32, max_size=32), st.booleans())
def test_a_payment_reads_as_it_was_made(amount, now, nonce, named):
    price = CallPrice(4_689, key_of("token").address, amount, key_of("payee").address)
    domain = token_domain(4_689, price.asset, "Pay", "2")
    demand = demand_header(demand_of(requirements_of(price, domain), "http://x/predict", "no payment"))
    name = "pay_" + nonce.hex() if named else None
    allowance = Allowance(4_689, price.asset, amount)
    header = payment_header(key_of("payer"), demand, allowance, now=now, nonce=nonce, identifier=name)
    payment = read_header(header)
    signed = Authorization(key_of("payer").address, price.pay_to, amount, 0, now + 300, Digest(nonce))
    assert (payment.price, payment.authorization, payment.alias) == (price, signed, name)
    assert payment.signature == sign_authorization(key_of("payer"), domain, signed)


@pytest.mark.parametrize("bracket", ["[", '{"a":'])
def test_a_payment_nested_deep_is_refused(bracket):
    with pytest.raises(InputError, match="payload"):
        read_header(base64.b64encode((bracket * 1_000).encode()).decode())


def test_a_payer_pays_no_more_and_nothing_else_than_it_allowed(world, served):
    demand = httpx.post(served[0] + "/predict", json=QUESTION).headers["payment-required"]
    chain_id, asset = world.chain.chain_id, world.token.address
    for allowed in (
        Allowance(chain_id, asset, PRICE - 1),
        Allowance(chain_id + 1, asset, PRICE),
        Allowance(chain_id, world.payee, PRICE),
    ):
        with pytest.raises(InputError, match="asks for 1500 units"):
            payment_header(world.payer, demand, allowed, now=0, nonce=bytes(32))
    for broken in ("", "!", "e30=", "A" * 9_000):
        with pytest.raises(InputError, match="demand"):
            payment_header(world.payer, broken, world.allowance, now=0, nonce=bytes(32))
    for name in ("short", "x" * 129, "not a name but long enough"):
        with pytest.raises(InputError, match="identifier"):
            payment_header(world.payer, demand, world.allowance, now=0, nonce=bytes(32), identifier=name)


def test_the_price_is_the_policys_for_a_call():
    token, payee = key_of("token").address, key_of("payee").address
    plan = Price("predict", token, 3_600, 0, False, 9)
    call = Price("predict", token, 0, 0, False, 7)
    assert price_of([plan], 1, payee) is None
    assert price_of([plan, call], 1, payee) == CallPrice(1, token, 7, payee)
    with pytest.raises(ChainError, match="coin"):
        price_of([Price("predict", NOBODY, 0, 0, False, 7)], 1, payee)


def new_payment(name, **changes):
    fields = {"alias": None, "payment": b"p", "header": "h", "question": b"q", "from_block": 1, "valid_before": 9}
    return NewPayment(name, **(fields | changes))


def test_the_book_gives_a_payment_to_one_worker_at_a_time(tmp_path):
    now = [1_000_000.0]
    book, other = (PaymentBook(tmp_path / "book", lambda: now[0]) for _ in range(2))
    assert book.begin(new_payment("a"), "one", 10).mine and not other.begin(new_payment("a"), "two", 10).mine
    now[0] += 9
    assert book.hold("a", "one", 10)
    now[0] += 9
    assert not other.begin(new_payment("a"), "two", 10).mine
    now[0] += 2
    assert other.begin(new_payment("a"), "two", 10).mine
    assert not book.paid("a", "one", "0x") and other.paid("a", "two", "0x1")
    assert other.answered("a", "two", 200, "application/json", b"{}") and not book.hold("a", "one", 10)
    entry = book.begin(new_payment("a"), "one", 10)
    assert (entry.state, entry.answer, entry.paid_by, entry.mine) == (State.ANSWERED, b"{}", "0x1", False)


def test_the_book_is_bounded_and_forgets_answers_first(tmp_path):
    now = [1_000_000.0]
    book = PaymentBook(tmp_path / "book", lambda: now[0], entries_max=2)
    for name in ("a", "b"):
        book.begin(new_payment(name), "one", 10)
    book.answered("a", "one", 200, "", b"x")
    with pytest.raises(BookFull):
        book.begin(new_payment("c"), "one", 10)
    now[0] += 8 * 86_400
    assert book.begin(new_payment("c"), "one", 10).mine
    assert book.begin(new_payment("b"), "two", 10).state is State.SETTLING
    with pytest.raises(StoreError):
        PaymentBook(tmp_path / "nowhere" / "book", lambda: 0.0)
