"""The page of a gateway opens, shows the chain's own numbers, and asks nobody else for anything."""

from playwright.sync_api import expect

from tests.support.browser import axe_findings, hosts_of, opened, problems_of
from tests.support.page_steps import CHAIN_MS, go


def test_catalogue_and_model_show_the_chain_and_ask_nobody_else(browser, gateway, finished_run):
    model = finished_run.world.model
    page = opened(browser)
    go(page, gateway.url)
    card = page.get_by_role("article").filter(has_text=model.token.name())
    expect(card).to_contain_text(f"{model.round_manager.rounds_count()} rounds", timeout=CHAIN_MS)
    minted = model.token.total_ever_minted() // 10**18
    expect(card).to_contain_text(f"{minted:,}\u00a0{model.token.symbol()}")
    card.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(model.token.name(), timeout=CHAIN_MS)
    shares = page.get_by_role("region", name="Contributors by what they earned")
    earners = {
        each.contributor for report in finished_run.audited.reports for each in report.contributors if each.share
    }
    expect(shares.get_by_role("row")).to_have_count(1 + len(earners), timeout=CHAIN_MS)
    for account in earners:
        expect(shares).to_contain_text(account)
    assert problems_of(page) == []
    assert hosts_of(page) == {gateway.url.removeprefix("http://")}


def test_axe_finds_nothing_on_the_catalogue_and_the_model(browser, gateway, repo_root):
    page = opened(browser)
    go(page, gateway.url)
    expect(page.get_by_role("article").first).to_be_visible(timeout=CHAIN_MS)
    assert axe_findings(page, repo_root) == []
    go(page, gateway.url, "model")
    expect(page.get_by_role("region", name="Rounds", exact=True)).to_be_visible(timeout=CHAIN_MS)
    assert axe_findings(page, repo_root) == []
