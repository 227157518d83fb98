"""Buying on the page: an offering that fails gives the money back, one that succeeds gives tokens."""

import pytest
from playwright.sync_api import expect

from andel.keys import AccountKey, derive_secret
from andel.ledger.offering import ModelOfferingContract, OfferingStatus
from andel.roles.launching.lock import read_lock
from tests.support.browser import opened, problems_of
from tests.support.gateway_process import GatewayProcess
from tests.support.page_steps import CHAIN_MS, connect, go, is_marked, mark, part, signed_and_done
from tests.support.page_worlds import OFFERING_SECONDS, offering_world, wallet_of

pytestmark = pytest.mark.full

BUYER = AccountKey(derive_secret(b"offering on the page", "buyer"))
PAID = 3 * 10**17
DUE = 30_000 * 10**18


def offered(node, folder, name, minimum):
    """A launched world's node, its offering, and its page's process."""
    found = offering_world(node, folder, name, minimum)
    small, lock = found.small, read_lock(found.lock_file)
    assert lock is not None
    offering = ModelOfferingContract(small.world.chain, lock.model["ModelOffering"])
    return small, offering, GatewayProcess(node.url, found.lock_file, small.folder / "content", folder, None)


def bought(browser, small, offering, url):
    """The page of the offering on which the buyer has paid, its window is over, and the buyer has settled it."""
    small.local.fund([BUYER.address])
    page = opened(browser, wallet_of(BUYER, small.local))
    go(page, url, "offering")
    connect(page)
    mark(page)
    expect(page.get_by_text("It is not open yet.")).to_be_visible(timeout=CHAIN_MS)
    small.local.advance(offering.terms().opens - small.world.chain.block_time() + 1)
    part(page, "Buy").get_by_role("textbox", name="Pay").fill("0.3", timeout=CHAIN_MS)
    part(page, "Buy").get_by_role("button", name="Pay 0.3").click()
    assert "0.3" in signed_and_done(page)
    assert (offering.books().raised, offering.buyer_of(BUYER.address).paid) == (PAID, PAID)
    expect(part(page, "Yours").get_by_text("You paid")).to_be_visible(timeout=CHAIN_MS)
    expect(page.get_by_role("progressbar", name="Paid of what is offered")).to_have_attribute("aria-valuenow", "20")
    assert not offering.is_settled()
    small.local.advance(OFFERING_SECONDS + 1)
    page.get_by_role("button", name="Settle it").click(timeout=CHAIN_MS)
    signed_and_done(page)
    assert offering.is_settled()
    return page


def test_a_failed_offering_gives_the_money_back(browser, shared_node, tmp_path_factory):
    small, offering, process = offered(shared_node, tmp_path_factory.mktemp("failed"), "offering that fails", "1")
    try:
        page = bought(browser, small, offering, process.start().url)
        before = small.world.chain.balance(BUYER.address)
        page.get_by_role("button", name="Get back").click(timeout=CHAIN_MS)
        signed_and_done(page)
        assert offering.buyer_of(BUYER.address).refunded
        spent = before + PAID - small.world.chain.balance(BUYER.address)
        assert 0 <= spent < 10**15, "only the fee is missing"
        assert offering.books().status == OfferingStatus.FAILED
        expect(part(page, "Where it stands").get_by_text("failed", exact=True)).to_be_visible(timeout=CHAIN_MS)
        assert is_marked(page) and problems_of(page) == []
    finally:
        process.stop()


def test_an_offering_that_succeeds_gives_tokens(browser, shared_node, tmp_path_factory):
    small, offering, process = offered(shared_node, tmp_path_factory.mktemp("sold"), "offering that sells", "0.1")
    try:
        page = bought(browser, small, offering, process.start().url)
        assert offering.due_to([BUYER.address]) == [(DUE, 0)]
        page.get_by_role("button", name="Fetch ").click(timeout=CHAIN_MS)
        signed_and_done(page)
        token = small.world.model.token
        assert token.balance_of(BUYER.address) == DUE
        assert offering.books().status == OfferingStatus.SUCCEEDED
        expect(part(page, "Yours").get_by_text("fetched", exact=True)).to_be_visible(timeout=CHAIN_MS)
        assert is_marked(page) and problems_of(page) == []
    finally:
        process.stop()
