"""What can go wrong with a transaction looks on the page as it is, and ends as the chain says."""

import pytest
from playwright.sync_api import expect

from andel.device.pebble import read_confirmation, sign_confirmation
from andel.keys import AccountKey, DeviceKey, derive_secret
from andel.ledger.delegation import delegate_of
from andel.ledger.rpc import Rpc
from tests.support.browser import opened
from tests.support.page_steps import CHAIN_MS, connect, dialog, go, part, sign, signed_and_done
from tests.support.page_worlds import published_gateway, wallet_of

pytestmark = pytest.mark.full

ELSEWHERE = 4_690


@pytest.fixture(scope="module")
def small(launch_world):
    return launch_world("page of troubles")


@pytest.fixture(scope="module")
def url(small):
    gateway = published_gateway(small)
    yield gateway.start().url
    gateway.stop()


@pytest.fixture
def node(small):
    """The node, asked directly."""
    rpc = Rpc(small.local.url)
    yield rpc
    rpc.close()


@pytest.fixture
def owner(small, request):
    """An account of the test's own."""
    key = AccountKey(derive_secret(b"wallet trouble", request.node.name))
    small.local.fund([key.address])
    return key


def open_share(browser, url, wallet):
    page = opened(browser, wallet)
    go(page, url, "share")
    connect(page)
    return page


def delegate(page):
    page.get_by_role("button", name="Vote yourself", exact=True).click()


def test_a_wallet_on_another_network_is_offered_the_right_one(browser, small, url, owner):
    wallet = wallet_of(owner, small.local)
    here, wallet.chain_id = wallet.chain_id, ELSEWHERE
    wallet.knows = {ELSEWHERE}
    page = open_share(browser, url, wallet)
    expect(page.get_by_role("banner").get_by_text("on another network")).to_be_attached()
    delegate(page)
    shown = dialog(page, "wrong-network")
    expect(shown).to_contain_text(f"chain {ELSEWHERE}")
    shown.get_by_role("button", name="Change to").click()
    signed_and_done(page)
    assert wallet.chain_id == here and "wallet_addEthereumChain" in wallet.methods()
    assert delegate_of(small.world.model.token, owner.address) == owner.address


def test_declined_in_the_wallet_sends_nothing_and_can_be_signed_after_all(browser, small, url, owner):
    wallet = wallet_of(owner, small.local)
    wallet.rejects.add("eth_sendTransaction")
    page = open_share(browser, url, wallet)
    delegate(page)
    sign(page)
    expect(page.get_by_text("You declined it in the wallet. Nothing was sent.")).to_be_visible()
    assert wallet.sent == [] and delegate_of(small.world.model.token, owner.address) is None
    wallet.rejects.clear()
    signed_and_done(page)
    assert delegate_of(small.world.model.token, owner.address) == owner.address


def given(small, page, owner, number):
    """A device that is the owner's to claim, written into the page's form; its key and what it signed."""
    device = DeviceKey(derive_secret(b"wallet trouble", "device", number))
    signed = sign_confirmation(device, owner.address, small.world.chain.block_time())
    devices = part(page, "Devices")
    devices.get_by_text("Register a device").click()
    devices.get_by_role("textbox", name="Device", exact=True).fill(device.address)
    devices.get_by_role("textbox", name="What it signed").fill(signed.hex())
    return device, read_confirmation(signed, device.public_key)


def test_what_the_contract_would_refuse_is_told_in_words_and_never_signed(browser, small, url, owner):
    wallet, registry = wallet_of(owner, small.local), small.world.model.device_registry
    page = open_share(browser, url, wallet)
    device, claim = given(small, page, owner, 1)
    registry.claim(owner, device.address, claim.timestamp, claim.signature)
    part(page, "Devices").get_by_role("button", name="Register").click()
    shown = dialog(page, "refused")
    expect(shown.get_by_role("alert")).to_contain_text("Nothing was sent.")
    expect(shown.get_by_role("alert")).to_contain_text("own")
    expect(shown.get_by_role("alert")).not_to_contain_text("DeviceRegistry_")
    assert wallet.sent == [] and registry.status_of(device.address).owner == owner.address


def test_what_is_refused_in_its_block_is_told_in_words(browser, small, url, owner):
    wallet, registry = wallet_of(owner, small.local), small.world.model.device_registry
    wallet.gas = 400_000
    page = open_share(browser, url, wallet)
    device, claim = given(small, page, owner, 2)
    part(page, "Devices").get_by_role("button", name="Register").click()
    dialog(page, "ready")
    registry.claim(owner, device.address, claim.timestamp, claim.signature)
    sign(page)
    shown = dialog(page, "reverted")
    expect(shown.get_by_role("alert")).to_contain_text("It is in the chain, and the contract refused it.")
    expect(shown.get_by_role("alert")).to_contain_text("own")
    expect(shown.get_by_role("alert")).not_to_contain_text("DeviceRegistry_")
    assert len(wallet.sent) == 1 and registry.status_of(device.address).owner == owner.address


def test_a_slow_block_is_waited_for_and_the_page_says_how_long(browser, small, url, node, owner):
    wallet, token = wallet_of(owner, small.local), small.world.model.token
    page = open_share(browser, url, wallet)
    delegate(page)
    dialog(page, "ready")
    node.request("evm_setAutomine", False)
    try:
        sign(page)
        shown = dialog(page, "waiting")
        expect(shown.get_by_text("That is long")).to_be_visible(timeout=2 * CHAIN_MS)
        assert delegate_of(token, owner.address) is None
        small.local.mine()
    finally:
        node.request("evm_setAutomine", True)
    dialog(page, "done")
    assert delegate_of(token, owner.address) == owner.address


def test_what_was_confirmed_and_is_gone_again_is_told_and_waited_for(browser, small, url, node, owner):
    wallet, token = wallet_of(owner, small.local), small.world.model.token
    page = open_share(browser, url, wallet)
    delegate(page)
    dialog(page, "ready")
    before = node.request("evm_snapshot")
    sign(page)
    dialog(page, "done")
    assert delegate_of(token, owner.address) == owner.address
    assert node.request("evm_revert", before) is True
    shown = dialog(page, "waiting")
    expect(shown.get_by_text("The chain took its block back.")).to_be_visible(timeout=CHAIN_MS)
    assert delegate_of(token, owner.address) is None
    node.request("eth_sendRawTransaction", "0x" + wallet.sent[-1].hex())
    dialog(page, "done")
    assert delegate_of(token, owner.address) == owner.address
