"""Every page at two widths and in two themes: nothing sticks out, axe finds nothing, and a picture is kept."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import WIDTHS, axe_findings, opened, problems_of
from tests.support.page_steps import CHAIN_MS, connect, dialog, go, part, turn
from tests.support.page_worlds import paid_gateway, paid_world, wallet_of
from tests.support.small_run import QUESTION

pytest.importorskip("x402", reason="the extra x402 is not installed")
pytestmark = pytest.mark.full

LOOKS = [(width, dark) for width in WIDTHS for dark in (False, True)]
NAMES = [f"{width}-{'dark' if dark else 'light'}" for width, dark in LOOKS]
_BUSY = re.compile(r"loading$")


@pytest.fixture(scope="module")
def voted(shared_node, tmp_path_factory):
    """A model with an offering that is over, a proposal carried out, and one that is open for votes."""
    found, _ = paid_world(shared_node, tmp_path_factory.mktemp("paid"), "page in every look")
    nothing = {"contract": "ModelPolicy", "function": "setPrices", "arguments": [0, []]}
    file = found.small.folder / "open.json"
    why = "Let everybody ask for a month\n\nMore questions tell us where the model is weak."
    file.write_text(json.dumps({"format": "andel-proposal/1", "why": why, "calls": [nothing]}))
    found.andel("vote", "propose", file, "--store", found.small.folder / "content", key=found.anne)
    found.local.advance(61)
    found.andel("vote", "cast", "2", "for", key=found.bert, payer=found.sponsor)
    return found


@pytest.fixture(scope="module")
def voted_url(voted, tmp_path_factory):
    process = paid_gateway(voted, tmp_path_factory.mktemp("serve"))
    yield process.start().url
    process.stop()


class Album:
    """Pictures of one look, and what is wrong with what they show."""

    def __init__(self, page, folder, look, repo_root):
        self.page, self.folder, self.look, self.root = page, folder, look, repo_root
        self.wrong = []

    def take(self, name, *, whole=True):
        page = self.page
        expect(page.get_by_label(_BUSY)).to_have_count(0, timeout=CHAIN_MS)
        page.evaluate("() => scrollTo(0, 0)")
        page.wait_for_timeout(300)
        page.screenshot(path=self.folder / f"{name}-{self.look}.png", full_page=whole)
        out = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        self.wrong += [f"{name}: {out} px stick out"] if out > 0 else []
        self.wrong += [f"{name}: {each}" for each in axe_findings(page, self.root)]


@pytest.fixture
def album(browser, screenshots, repo_root, request):
    width, dark = request.param
    look = f"{width}-{'dark' if dark else 'light'}"

    def begin(wallet=None):
        return Album(opened(browser, wallet, width=width, dark=dark), screenshots, look, repo_root)

    return begin


@pytest.mark.parametrize("album", LOOKS, ids=NAMES, indirect=True)
def test_pages_of_a_model_that_answers(album, gateway, finished_run):
    member = finished_run.small.honest()[0].contributor.key
    shots = album(wallet_of(member, finished_run.small.local))
    page = shots.page
    go(page, gateway.url)
    shots.take("catalogue")
    turn(page, "model")
    expect(part(page, "Rounds").get_by_role("row")).to_have_count(3, timeout=CHAIN_MS)
    shots.take("model")
    turn(page, "operator")
    shots.take("operator")
    turn(page, "ask")
    for name, value in QUESTION.items():
        page.get_by_role("textbox", name=name).fill(value)
    page.get_by_role("button", name="Ask", exact=True).click()
    checks = page.get_by_role("list", name="What this page checked")
    expect(checks.locator("[data-mark=pass]")).to_have_count(8, timeout=CHAIN_MS)
    shots.take("ask")
    page.get_by_role("link", name="Audit this answer").click()
    page.get_by_role("button", name="Run the audit").click()
    expect(page.get_by_text("Every step holds.")).to_be_visible(timeout=4 * CHAIN_MS)
    shots.take("audit")
    turn(page, "share")
    shots.take("share-without-wallet")
    connect(page)
    expect(page.get_by_role("button", name="Claim ")).to_be_visible(timeout=CHAIN_MS)
    shots.take("share")
    page.get_by_role("button", name="Claim ").click()
    dialog(page, "ready")
    shots.take("share-before-signing", whole=False)
    page.keyboard.press("Escape")
    turn(page, "nowhere/at/all")
    shots.take("nowhere")
    assert shots.wrong == [] and problems_of(page) == []


@pytest.mark.parametrize("album", LOOKS, ids=NAMES, indirect=True)
def test_pages_of_a_model_that_holders_govern(album, voted, voted_url):
    shots = album(wallet_of(voted.anne, voted.local))
    page = shots.page
    go(page, voted_url, "offering")
    shots.take("offering")
    connect(page)
    turn(page, "votes")
    expect(page.get_by_role("article")).to_have_count(2, timeout=CHAIN_MS)
    shots.take("votes")
    page.get_by_role("link", name="Let everybody ask").click()
    expect(part(page, "Your vote").get_by_role("radio")).to_have_count(3, timeout=CHAIN_MS)
    shots.take("vote")
    turn(page, "share")
    expect(part(page, "Votes").get_by_role("button", name="You vote yourself")).to_be_visible(timeout=CHAIN_MS)
    shots.take("share-of-a-holder")
    turn(page, "ask")
    shots.take("ask-for-pay")
    assert shots.wrong == [] and problems_of(page) == []
