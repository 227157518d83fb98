"""Passes on a real chain: bought, given, signed for, and never changed by what is sold later."""

from dataclasses import replace

import pytest

from andel.errors import ChainError, InputError
from andel.hashing import sha256
from andel.keys import AccountKey, derive_secret
from andel.ledger.access import PassPlan, deploy_access_pass
from andel.ledger.payment import COIN, PaymentToken
from andel.roles.buyer import buy_pass, order_of
from andel.units import TOKEN, Digest
from tests.support.offerings import DAY, found_plans, make_token

VAULT = AccountKey(derive_secret(b"vault of a pass")).address
LICENCE, PLAN = sha256(b"licence"), Digest(sha256(b"month"))


@pytest.fixture(scope="module")
def passes(chain, actors):
    return deploy_access_pass(chain, actors.founder)


def plan(**changes):
    sold = PassPlan(VAULT, COIN, TOKEN // 100, 30 * DAY, 1_000, transferable=False, terms=LICENCE)
    return replace(sold, **changes)


def test_a_pass_is_bought_for_coin_and_given(chain, actors, passes):
    model, (alice, bob) = found_plans(chain, actors.founder, plan()), actors.owners
    before = chain.balance(VAULT)
    assert passes.plan_of(model, PLAN) == plan()
    expiry, receipt = buy_pass(passes, alice, order_of(passes, model, PLAN, alice.address, LICENCE))
    assert expiry == chain.block_time(receipt.block) + 30 * DAY
    assert buy_pass(passes, bob, order_of(passes, model, PLAN, alice.address, LICENCE))[0] == expiry + 30 * DAY
    held = passes.pass_of(model, alice.address)
    assert (held.plan, held.terms, held.per_day, held.expiry) == (PLAN, LICENCE, 1_000, expiry + 30 * DAY)
    assert held.is_live(held.expiry) and not held.is_live(held.expiry + 1)
    assert not passes.pass_of(model, bob.address).is_live(0)
    assert chain.balance(VAULT) - before == TOKEN // 50
    with pytest.raises(InputError, match="under the terms"):
        order_of(passes, model, PLAN, alice.address, sha256(b"another licence"))


def test_a_holder_without_coin_signs_and_pays_in_a_token(chain, actors, passes):
    holder = AccountKey(derive_secret(b"a holder without coin"))
    token = make_token(chain, actors.founder, TOKEN, holder.address)
    model = found_plans(chain, actors.founder, plan(token=token))
    order = order_of(passes, model, PLAN, holder.address, LICENCE)
    buy_pass(passes, holder, order, actors.stranger)
    assert PaymentToken(chain, token).balance_of(VAULT) == TOKEN // 100
    assert passes.pass_of(model, holder.address).plan == PLAN and passes.nonce_of(holder.address) == 1


def test_a_sponsor_gives_the_price_as_well(chain, actors, passes):
    holder = AccountKey(derive_secret(b"a holder with nothing"))
    model = found_plans(chain, actors.founder, plan())
    order = order_of(passes, model, PLAN, holder.address, LICENCE)
    with pytest.raises(InputError, match="coin cannot be paid by signature"):
        buy_pass(passes, holder, order, actors.stranger)
    buy_pass(passes, holder, order, actors.stranger, gift=True)
    assert passes.pass_of(model, holder.address).plan == PLAN
    token = make_token(chain, actors.founder, TOKEN, actors.stranger.address)
    model = found_plans(chain, actors.founder, plan(token=token))
    buy_pass(passes, holder, order_of(passes, model, PLAN, holder.address, LICENCE), actors.stranger, gift=True)
    assert passes.pass_of(model, holder.address).plan == PLAN
    with pytest.raises(InputError, match="signer's own"):
        order = order_of(passes, model, PLAN, actors.founder.address, LICENCE)
        buy_pass(passes, holder, order, actors.stranger, gift=True)


def test_only_a_transferable_pass_is_passed_on(chain, actors, passes):
    alice, bob = actors.owners
    model = found_plans(chain, actors.founder, plan(transferable=True))
    expiry, _ = buy_pass(passes, alice, order_of(passes, model, PLAN, alice.address, LICENCE))
    passes.transfer(alice, model, bob.address)
    assert passes.pass_of(model, bob.address).expiry == expiry and passes.pass_of(model, alice.address).expiry == 0


def test_a_plan_that_is_not_sold_is_told(chain, actors, passes):
    model = found_plans(chain, actors.founder, plan(period=0))
    with pytest.raises(ChainError, match="sells no plan"):
        order_of(passes, model, PLAN, actors.founder.address, LICENCE)
