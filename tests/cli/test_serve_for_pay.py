"""`andel serve` of a model whose holders sell calls and answers: paid over HTTP by x402, asked through the market."""

import os
import subprocess
import sys
import time
from secrets import token_bytes

import httpx
import pytest

pytest.importorskip("x402", reason="the extra x402 is not installed")

from andel.keys import AccountKey, derive_secret
from andel.ledger.authorized_transfers import AuthorizedTokenContract
from andel.ledger.payment import COIN
from andel.ledger.policy import Access
from andel.serving.evaluate import pack_question
from andel.serving.paying import Allowance, payment_header
from andel.serving.prediction import Prediction, verify_prediction
from tests.support.ports import free_port
from tests.support.small_run import QUESTION, START
from tests.support.voting_world import in_process, voting_world

PRICE = 1_000_003
ASKED = {"values": QUESTION, "time": START}
SERVER, CARRIER, STRANGER = (AccountKey(derive_secret(b"serve for pay", name)) for name in ("server", "carrier", "she"))


@pytest.fixture(scope="module")
def voted(shared_node, tmp_path_factory):
    """A model with a current version, whose holders sell calls in a token, and answers in the market in coin."""
    found = voting_world(shared_node, tmp_path_factory.mktemp("paid"), "serve for pay")
    found.small.play()
    model, version = found.model.round_manager, found.model.round_manager.current_version()
    found.publish(version)
    found.local.fund([key.address for key in (SERVER, CARRIER, STRANGER)])
    price = ["0x" + b"predict".ljust(32, b"\0").hex(), token_of(found).address, 0, 0, False, str(PRICE)]
    terms = [COIN, str(10**15), 1, 1, 1, 3_000, 3_000, str(10**16)]
    found.decide(
        "take the version, sell calls and answers",
        {"contract": "ModelPolicy", "function": "promoteByVote", "arguments": ["0x" + version.hex()]},
        {"contract": "ModelPolicy", "function": "setPrices", "arguments": [int(Access.PAID), [price]]},
        {"contract": "InferenceMarket", "function": "setTerms", "arguments": [model.address, terms]},
    )
    found.andel("market", "join", "--endpoint", "https://answers.example", key=SERVER)
    return found


def token_of(found):
    chain, founder = found.small.world.chain, found.small.world.actors.founder
    made, _ = chain.deploy(founder, "AuthorizedToken", "Pay", 10**12)
    chain.send(founder, made, "transfer", STRANGER.address, 10 * PRICE)
    return AuthorizedTokenContract(chain, made.address)


def command(found, *options):
    words = ["serve", "--rpc", found.small.world.chain.url, "--model", found.by_file.lock_file]
    words += ["--store", found.small.folder / "content", "--key-file", found.key_file(SERVER), *options]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return [sys.executable, "-m", "andel", *map(str, words)], environment


@pytest.fixture(scope="module")
def url(voted, tmp_path_factory):
    folder, port = tmp_path_factory.mktemp("serve"), free_port()
    paid = ("--x402-key", voted.key_file(CARRIER), "--payments", folder / "payments.db")
    words, environment = command(voted, "--port", port, "--market", *paid)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, env=environment, stderr=log)
    address, end = f"http://127.0.0.1:{port}", time.monotonic() + 90
    while True:
        try:
            httpx.get(address + "/health", timeout=30)
            break
        except httpx.TransportError:
            assert time.monotonic() < end and process.poll() is None, (folder / "log").read_text()
            time.sleep(0.2)
    yield address
    process.terminate()
    process.wait(timeout=60)


def test_a_call_is_demanded_paid_for_answered_and_not_paid_for_twice(voted, url):
    chain, manager = voted.small.world.chain, voted.model.round_manager
    demand = httpx.post(url + "/predict", json=ASKED, timeout=60)
    assert demand.status_code == 402
    _, (price, *_) = voted.policy.prices()
    payee = voted.model.fee_splitters.splitter_of(manager.address, SERVER.address)
    allowance = Allowance(chain.chain_id, price.token, PRICE)
    required, now = demand.headers["payment-required"], chain.block_time()
    header = {"PAYMENT-SIGNATURE": payment_header(STRANGER, required, allowance, now=now, nonce=token_bytes(32))}
    answer = httpx.post(url + "/predict", json=ASKED, headers=header, timeout=60)
    assert answer.status_code == 200, answer.text
    verify_prediction(Prediction.from_json(answer.json()), manager.domain, {SERVER.address}, chain.block_time())
    again = httpx.post(url + "/predict", json=ASKED, headers=header, timeout=60)
    assert (again.status_code, again.content) == (200, answer.content)
    token = AuthorizedTokenContract(chain, price.token)
    assert (token.balance_of(payee), token.balance_of(STRANGER.address)) == (PRICE, 9 * PRICE)
    released = voted.andel("fees", "release", "--server", SERVER.address, "--token", price.token, key=voted.sponsor)
    assert SERVER.address in released and token.balance_of(SERVER.address) == PRICE * 2_000 // 10_000


def test_what_is_no_question_is_refused_before_it_is_paid_for(voted, url):
    chain = voted.small.world.chain
    _, (price, *_) = voted.policy.prices()
    token, allowance = AuthorizedTokenContract(chain, price.token), Allowance(chain.chain_id, price.token, PRICE)
    before = token.balance_of(STRANGER.address)
    demand = httpx.post(url + "/predict", json=ASKED, timeout=60).headers["payment-required"]
    bodies: tuple[dict[str, object], ...] = ({"values": {}}, {"batch": [ASKED, ASKED]})
    for body in bodies:
        header = payment_header(STRANGER, demand, allowance, now=chain.block_time(), nonce=token_bytes(32))
        refused = httpx.post(url + "/predict", json=body, headers={"PAYMENT-SIGNATURE": header}, timeout=60)
        assert refused.status_code == 400, refused.text
    assert token.balance_of(STRANGER.address) == before


@pytest.mark.full
def test_the_same_process_answers_what_the_market_routes_to_its_account(voted, url):
    question = pack_question([3, 250, 77], 1_512)
    said = voted.andel("market", "ask", "0x" + question.hex(), key=STRANGER)
    model = voted.model
    truth = model.onchain_models.predict(model.round_manager.address, question)
    number = model.market.requests_count()
    assert int.from_bytes(model.market.answer_of(number), "big", signed=True) == truth
    assert str(truth) in said


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--x402-key", "here"), "--x402-key and --payments belong together"),
        (("--x402-key", "here", "--payments", "book"), "is the key that signs answers"),
        (("--peer", "http://127.0.0.1:1"), "--peer without --pulled-by"),
    ],
)
def test_options_that_contradict_each_other_are_one_line(voted, options, says):
    named = [voted.key_file(SERVER) if word == "here" else word for word in options]
    words, _ = command(voted, *named)
    ended = in_process(words[3:])
    assert ended.returncode == 1 and says in ended.stderr and "Traceback" not in ended.stderr
