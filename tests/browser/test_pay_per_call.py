"""A question paid for on the page: signed once in the wallet, taken once from the account, answered, kept."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import opened, problems_of
from tests.support.page_steps import CHAIN_MS, connect, go, holding
from tests.support.page_worlds import PRICE, SERVER, STRANGER, paid_gateway, paid_world, wallet_of
from tests.support.small_run import QUESTION

pytest.importorskip("x402", reason="the extra x402 is not installed")
pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def paid(shared_node, tmp_path_factory):
    return paid_world(shared_node, tmp_path_factory.mktemp("paid"), "page that is paid for")


@pytest.fixture(scope="module")
def url(paid, tmp_path_factory):
    process = paid_gateway(paid[0], tmp_path_factory.mktemp("serve"))
    yield process.start().url
    process.stop()


def asked(page, url):
    go(page, url, "ask")
    connect(page)
    for name, value in QUESTION.items():
        page.get_by_role("textbox", name=name).fill(value)
    page.get_by_role("button", name="Ask", exact=True).click()
    return page.get_by_role("button", name="Pay ")


def test_a_question_is_paid_for_once_and_answered(browser, paid, url):
    found, token = paid
    payee = found.model.fee_splitters.splitter_of(found.model.round_manager.address, SERVER.address)
    had, held = token.balance_of(STRANGER.address), token.balance_of(payee)
    wallet = wallet_of(STRANGER, found.local)
    page = opened(browser, wallet)
    pay = asked(page, url)
    expect(pay).to_contain_text("1.2345", timeout=CHAIN_MS)
    pay.click()
    checks = page.get_by_role("list", name="What this page checked")
    expect(checks.get_by_text("paid to")).to_be_visible(timeout=2 * CHAIN_MS)
    expect(checks.locator("[data-mark=busy]")).to_have_count(0, timeout=CHAIN_MS)
    assert "fail" not in holding(checks).values()
    assert (token.balance_of(STRANGER.address), token.balance_of(payee)) == (had - PRICE, held + PRICE)
    assert wallet.methods().count("eth_signTypedData_v4") == 1 and "eth_sendTransaction" not in wallet.methods()
    assert [problem for problem in problems_of(page) if "402" not in problem] == []


def test_a_payment_declined_in_the_wallet_takes_nothing(browser, paid, url):
    found, token = paid
    had = token.balance_of(STRANGER.address)
    wallet = wallet_of(STRANGER, found.local)
    wallet.rejects.add("eth_signTypedData_v4")
    page = opened(browser, wallet)
    asked(page, url).click()
    expect(page.get_by_text("You declined it in the wallet. Nothing was taken.").first).to_be_visible()
    assert token.balance_of(STRANGER.address) == had
