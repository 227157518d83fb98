"""Joining, claiming and delegating on the page, each to a state read from the chain; by keys alone as well."""

import pytest
from playwright.sync_api import expect

from andel.device.pebble import sign_confirmation
from andel.keys import AccountKey, DeviceKey, derive_secret
from andel.ledger.delegation import delegate_of
from tests.support.browser import opened, problems_of
from tests.support.page_steps import CHAIN_MS, connect, go, is_marked, mark, part, reach, signed_and_done, until
from tests.support.page_worlds import published_gateway, wallet_of

pytestmark = pytest.mark.full

JANE = AccountKey(derive_secret(b"own share", "jane"))
DEVICE = DeviceKey(derive_secret(b"own share", "device"))


@pytest.fixture(scope="module")
def small(launch_world):
    return launch_world("page of one's share")


@pytest.fixture(scope="module")
def url(small):
    gateway = published_gateway(small)
    yield gateway.start().url
    gateway.stop()


def open_share(browser, small, url, key):
    page = opened(browser, wallet_of(key, small.local))
    go(page, url, "share")
    connect(page)
    return page


def test_join_with_a_device_and_accept_the_terms(browser, small, url):
    chain, model, lister = small.world.chain, small.world.model, small.world.actors.lister
    small.local.fund([JANE.address])
    model.device_registry.list_devices(lister, [DEVICE.address])
    signed = sign_confirmation(DEVICE, JANE.address, chain.block_time())
    page = open_share(browser, small, url, JANE)
    devices = part(page, "Devices")
    devices.get_by_text("Register a device").click()
    devices.get_by_role("textbox", name="Device", exact=True).fill(DEVICE.address)
    devices.get_by_role("textbox", name="What it signed").fill(signed.hex())
    devices.get_by_role("button", name="Register").click()
    assert DEVICE.address in signed_and_done(page)
    assert model.device_registry.status_of(DEVICE.address).owner == JANE.address
    expect(devices.get_by_text("admitted", exact=True)).to_be_visible(timeout=CHAIN_MS)
    terms = model.alliance.rules_at(chain.block_time()).terms
    assert not model.alliance.have_accepted([JANE.address], terms, chain.block_time())[0]
    consent = part(page, "Consent")
    expect(consent.get_by_role("button", name="Accept for my devices")).to_be_disabled()
    consent.get_by_role("checkbox").check()
    consent.get_by_role("button", name="Accept for my devices").click()
    signed_and_done(page)
    small.local.mine()
    assert model.alliance.have_accepted([JANE.address], terms, chain.block_time())[0]
    expect(consent.get_by_text("accepted", exact=True)).to_be_visible(timeout=CHAIN_MS)
    assert problems_of(page) == []


def test_a_confirmation_for_another_account_is_told_before_the_wallet_is_asked(browser, small, url):
    signed = sign_confirmation(DEVICE, small.world.actors.founder.address, small.world.chain.block_time())
    page = open_share(browser, small, url, JANE)
    devices = part(page, "Devices")
    devices.get_by_text("Register a device").click()
    devices.get_by_role("textbox", name="Device", exact=True).fill(DEVICE.address)
    devices.get_by_role("textbox", name="What it signed").fill("0x" + signed.hex())
    devices.get_by_role("button", name="Register").click()
    expect(devices.get_by_role("alert")).to_contain_text(small.world.actors.founder.address)


def test_what_was_earned_is_claimed_and_delegated(browser, small, url):
    member, model = small.honest()[0], small.world.model
    account = member.contributor.key
    earned = next(each.share for each in small.report(1).contributors if each.contributor == account.address)
    assert earned > 0 and model.pool.claimed(account.address) == 0
    page = open_share(browser, small, url, account)
    mark(page)
    page.get_by_role("button", name="Claim ").click()
    signed_and_done(page)
    assert model.pool.claimed(account.address) == model.token.balance_of(account.address) == earned
    expect(page.get_by_role("button", name="Nothing to claim")).to_be_visible(timeout=CHAIN_MS)
    assert delegate_of(model.token, account.address) is None
    page.get_by_role("button", name="Vote yourself").click()
    signed_and_done(page)
    assert delegate_of(model.token, account.address) == account.address
    expect(page.get_by_role("button", name="You vote yourself")).to_be_visible(timeout=CHAIN_MS)
    assert is_marked(page) and problems_of(page) == []


def test_claiming_by_keys_alone(browser, small, url):
    account = small.honest()[1].contributor.key
    page = opened(browser, wallet_of(account, small.local))
    go(page, url, "share")
    reach(page, "Connect")
    page.keyboard.press("Enter")
    reach(page, "Wallet of the test")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Claim ")).to_be_visible(timeout=CHAIN_MS)
    reach(page, "Claim ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign in the wallet")).to_be_visible(timeout=CHAIN_MS)
    reach(page, "Sign in the wallet")
    page.keyboard.press("Enter")
    until(lambda: small.world.model.pool.claimed(account.address), lambda claimed: claimed > 0)
    expect(page.locator("[data-standing=done]")).to_be_visible(timeout=CHAIN_MS)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
