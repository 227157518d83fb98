"""`andel offering` and `andel pass` as people type them."""

import json

import pytest

from andel.hashing import sha256
from andel.keys import AccountKey, derive_secret
from andel.ledger.access import PassPlan, deploy_access_pass
from andel.ledger.payment import COIN
from andel.units import TOKEN
from tests.support.offerings import DAY, found_offering, found_plans, make_token, offering_terms

TREASURY = AccountKey(derive_secret(b"treasury of commands")).address
PLAN, LICENCE = sha256(b"plan of commands"), sha256(b"licence of commands")


@pytest.fixture(scope="module")
def small(launch_world):
    return launch_world("offering commands")


@pytest.fixture
def key_of(tmp_path):
    """A key's file."""

    def write(key):
        path = tmp_path / f"{key.address}.key"
        path.write_text(key.secret_bytes().hex())
        return path

    return write


def test_an_offering_from_show_to_release(small, andel, key_of, tmp_path):
    chain, actors = small.world.chain, small.world.actors
    buyer, founder = actors.consumer, actors.founder
    terms = offering_terms(chain, small.world.model.round_manager.address, TREASURY)
    offering = found_offering(chain, founder, terms)
    where = ("--rpc", chain.url, "--offering", offering.address)
    paid = ("offering", "buy", *where, "--key-file", key_of(buyer))
    assert "state: open" in andel("offering", "show", *where).stdout
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    for words, said in (
        (("--amount", "much"), "not an amount"),
        (("--amount", "1", "--admission", bad), "is not JSON"),
        (("--amount", "1", "--admission", bad, "--device", founder.address), "two ways in"),
        (("--amount", "1", "--payer-key-file", key_of(founder)), "coin cannot be paid by signature"),
    ):
        ended = andel(*paid, *words)
        assert ended.returncode == 1 and said in ended.stderr
    ended = andel(*paid, "--amount", "2.5")
    assert ended.returncode == 0 and "paid 2.5 coins for" in ended.stdout
    ended = andel("offering", "claim", *where, "--key-file", key_of(buyer))
    assert ended.returncode == 1 and "the offering is open until" in ended.stderr
    small.local.advance(3_700)
    assert "closed, not settled" in andel("offering", "show", *where).stdout
    ended = andel("offering", "claim", *where, "--key-file", key_of(founder), "--account", buyer.address)
    assert ended.returncode == 0 and "received 1,000.000000 tokens" in ended.stdout
    ended = andel("offering", "refund", *where, "--key-file", key_of(buyer))
    assert ended.returncode == 0 and "received 0.5 coins" in ended.stdout
    ended = andel("offering", "release", *where, "--key-file", key_of(founder))
    assert ended.returncode == 0 and f"{TREASURY} received 1 coins" in ended.stdout
    shown = andel("offering", "show", *where, "--account", buyer.address).stdout
    assert "milestones: 0 of 2 rounds" in shown and "can claim 0 tokens and have back 0 coins" in shown
    found = json.loads(andel("offering", "show", *where, "--account", buyer.address, "--json").stdout)
    assert found["status"] == "succeeded" and found["buyer"]["paid"] == 5 * TOKEN // 2
    small.local.advance(DAY)
    ended = andel("offering", "refund", *where, "--key-file", key_of(buyer), "--to", TREASURY)
    assert ended.returncode == 0 and f"{TREASURY} received 1 coins" in ended.stdout
    assert "missed: the rest is the buyers'" in andel("offering", "show", *where).stdout


def test_a_pass_is_shown_bought_and_signed_for(small, andel, key_of):
    chain, actors = small.world.chain, small.world.actors
    holder = AccountKey(derive_secret(b"holder of commands"))
    token = make_token(chain, actors.founder, TOKEN, holder.address)
    plan = PassPlan(TREASURY, token, TOKEN // 4, DAY, 100, True, LICENCE)
    passes, model = deploy_access_pass(chain, actors.founder), found_plans(chain, actors.founder, plan)
    where = ("--rpc", chain.url, "--passes", passes.address, "--model", model)
    ended = andel("pass", "show", *where)
    assert ended.returncode == 1 and "nothing to show" in ended.stderr
    shown = andel("pass", "show", *where, "--plan", PLAN.hex(), "--account", holder.address).stdout
    assert "0.25 T for 86400 s, 100 requests a day" in shown and "pass: none" in shown
    order = ("pass", "buy", *where, "--plan", PLAN.hex(), "--terms", LICENCE.hex(), "--key-file", key_of(holder))
    ended = andel(*order[:-4], "--terms", sha256(b"other").hex(), *order[-2:])
    assert ended.returncode == 1 and "under the terms" in ended.stderr
    ended = andel(*order, "--payer-key-file", key_of(actors.founder))
    assert ended.returncode == 0 and f"{holder.address} has a pass until" in ended.stdout
    found = json.loads(andel("pass", "show", *where, "--account", holder.address, "--json").stdout)
    assert found["pass"]["live"] and found["pass"]["per_day"] == 100 and chain.balance(holder.address) == 0
    ended = andel("pass", "show", *where, "--plan", "a name of more than thirty-two bytes")
    assert ended.returncode == 1 and "64 hex digits" in ended.stderr
    assert "0.25 T" in andel("pass", "show", *where, "--plan", "monthly").stdout  # a plan's name is its route
    assert plan.token != COIN
