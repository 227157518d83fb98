"""Money, end to end: a stranger pays for one answer by x402, and who mined tokens claims their part, to the unit."""

import time
from secrets import token_bytes

import httpx
import pytest

pytest.importorskip("x402", reason="the extra x402 is not installed")

from starlette.requests import Request
from starlette.responses import Response

from andel.keys import AccountKey, derive_secret
from andel.ledger.authorized_transfers import AuthorizedTokenContract
from andel.ledger.launching import GovernanceConfig
from andel.ledger.policy import Access, find_policy
from andel.roles.paid_serving import paid_calls_of
from andel.serving.admission import Admission
from andel.serving.http_edge import json_response, make_app, serve_in_thread
from andel.serving.paying import Allowance, payment_header
from andel.serving.prediction import Prediction, verify_prediction
from andel.units import TOKEN, BaseUnits
from andel.value.claims import ClaimTree
from tests.ledger.actors import MINTED
from tests.support.gateways import QUESTION, PulledWorld

PRICE = 1_000_003
OPERATORS_PART = 2_000
DAY = 86_400
SENDER = AccountKey(derive_secret(b"paid to holders", "sender"))
STRANGER = AccountKey(derive_secret(b"paid to holders", "stranger"))


@pytest.fixture(scope="module")
def founded(tmp_path_factory):
    """A model founded with a policy that prices calls in a token of which the stranger has some."""
    tokens = []

    def founding(chain, actors):
        made, _ = chain.deploy(actors.founder, "AuthorizedToken", "Pay", 10**12)
        chain.send(actors.founder, made, "transfer", STRANGER.address, 3 * PRICE)
        tokens.append(AuthorizedTokenContract(chain, made.address))
        price = {
            "route": b"predict".ljust(32, b"\0"),
            "token": made.address,
            "period": 0,
            "ratePerDay": 0,
            "transferable": False,
            "amount": PRICE,
        }
        rules = GovernanceConfig(
            DAY, 5 * DAY, DAY, 1_000 * TOKEN, 2 * DAY, DAY, 2_000, access=int(Access.PAID), prices=(price,)
        )
        return {"owner": None, "governance": rules}

    made = PulledWorld.make(tmp_path_factory.mktemp("chain"), founding)
    yield made, tokens[0]
    made.chain.close()
    made.local.stop()


@pytest.fixture(scope="module")
def world(founded):
    return founded[0]


@pytest.fixture(scope="module")
def token(founded):
    return founded[1]


@pytest.fixture(scope="module")
def mined(world):
    """Two contributors whose round was worth 600 and 300 tokens, and who claimed them."""
    play, (alice, bob) = world.play, world.play.actors.owners
    earned = {alice.address: BaseUnits(MINTED * 2 // 3), bob.address: BaseUnits(MINTED - MINTED * 2 // 3)}
    play.play(earned, MINTED)
    claims = ClaimTree(earned)
    for key in (alice, bob):
        claim = claims.claim(key.address)
        paid, _ = play.model.pool.claim(key, claim.account, claim.cumulative, claim.running_sum, claim.proof)
        assert paid == earned[key.address]
    return alice, bob


def to_next_epoch(world):
    """The first second of the next epoch of the vault: from here on nobody's balance changes within one."""
    calendar = world.play.model.vault.calendar()
    world.local.advance(calendar.end_of(calendar.present) - world.chain.block_time() + 1)
    return world.play.model.vault.calendar().present


def test_a_strangers_payment_reaches_the_server_and_the_holders_to_the_unit(world, mined, token, tmp_path):
    chain, model, predictor = world.chain, world.play.model.round_manager.address, world.predictors[0]
    policy = find_policy(world.play.model.round_manager)
    assert policy is not None
    server, vault = predictor.key.address, world.play.model.vault
    splitters = chain.deploy(world.play.actors.founder, "FeeSplitters")[0]
    payee = chain.call(splitters, "splitterOf", model, server)
    world.local.fund([SENDER.address])

    admission = Admission(predictor.domain, server, policy, world.play.model.token, None, chain.block_time)
    pays = paid_calls_of(chain, admission, payee, SENDER, tmp_path / "book.sqlite", time.time)

    async def predict(_: Request) -> Response:
        return json_response(predictor.ask_question(QUESTION).to_json())

    async def paid(request: Request) -> Response:
        return await pays(request, predict)

    epoch = to_next_epoch(world)
    with serve_in_thread(make_app([("POST", "/predict", paid)], "POST /predict")) as running:
        asked = {"question": "0x" + QUESTION.hex()}
        demand = httpx.post(running.url + "/predict", json=asked)
        assert demand.status_code == 402
        allowance = Allowance(chain.chain_id, token.address, PRICE)
        header = payment_header(
            STRANGER,
            demand.headers["payment-required"],
            allowance,
            now=chain.block_time(),
            nonce=token_bytes(32),
        )
        answered = httpx.post(running.url + "/predict", json=asked, headers={"PAYMENT-SIGNATURE": header}, timeout=60)
    assert answered.status_code == 200, answered.text
    prediction = Prediction.from_json(answered.json())
    verify_prediction(prediction, predictor.domain, {server}, chain.block_time())
    assert token.balance_of(STRANGER.address) == 2 * PRICE and token.balance_of(payee) == PRICE

    # anybody has it split: the server its part, the holders the rest
    receipt = chain.send(world.play.actors.coordinator, splitters, "release", model, server, token.address)
    said = receipt.event("Released").arguments
    to_server = PRICE * OPERATORS_PART // 10_000
    assert (said["toServer"], said["toVault"]) == (to_server, PRICE - to_server)
    assert (token.balance_of(payee), token.balance_of(server)) == (0, to_server)
    assert vault.revenue_of(token.address, [epoch]) == [PRICE - to_server]

    # everybody who held tokens throughout the epoch has its part, whoever mined them first
    to_next_epoch(world)
    holders = mined
    balances = [world.play.model.token.balance_of(key.address) for key in holders]
    assert balances[0] == MINTED * 2 // 3 and sum(balances) == MINTED
    revenue, paid_out = PRICE - to_server, 0
    for key, balance in zip(holders, balances, strict=True):
        part, _ = vault.claim_all_for(key, key.address, token.address)
        assert part == token.balance_of(key.address)
        assert 0 <= part - revenue * balance // sum(balances) <= 1
        paid_out += part
    assert revenue - len(holders) <= paid_out <= revenue
    assert token.balance_of(vault.address) == revenue - paid_out == vault.accounted_of(token.address)
