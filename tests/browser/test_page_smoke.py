"""The page of a gateway opens, shows the chain's own numbers, and asks nobody else for anything."""

from playwright.sync_api import expect

from tests.support.browser import axe_findings, hosts_of, opened, problems_of
from tests.support.page_steps import go


def test_catalogue_and_model_show_the_chain_and_ask_nobody_else(browser, gateway, finished_run, repo_root):
    model = finished_run.world.model
    page = opened(browser)
    go(page, gateway.url)
    card = page.get_by_role("article").filter(has_text=model.token.name())
    expect(card).to_contain_text(f"{model.round_manager.rounds_count()} rounds")
    assert axe_findings(page, repo_root) == []
    card.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(model.token.name())
    assert axe_findings(page, repo_root) == []
    assert problems_of(page) == []
    assert hosts_of(page) == {gateway.url.removeprefix("http://")}
