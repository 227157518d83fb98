"""Numbers as the reader's country writes them, both ways; and asking by keys alone."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import opened
from tests.support.page_steps import CHAIN_MS, go, holding, reach
from tests.support.small_run import QUESTION

pytestmark = pytest.mark.full


def test_a_german_reader_reads_and_writes_german_numbers(browser, gateway, finished_run):
    model = finished_run.world.model
    page = opened(browser, locale="de-DE")
    go(page, gateway.url, "model")
    cap = f"{model.token.cap() // 10**18:,}".replace(",", ".")
    expect(page.locator("main")).to_contain_text(f"{cap}\u00a0{model.token.symbol()}", timeout=CHAIN_MS)
    told = page.locator("main").inner_text()
    assert re.search(r"\b\d+,\d{1,4}\b", told), "nothing with a decimal comma"
    go(page, gateway.url, "ask")
    for name, value in QUESTION.items():
        page.get_by_role("textbox", name=name).fill(value.replace(".", ","))
    with page.expect_response(lambda response: response.url.endswith("/predict")) as answered:
        page.get_by_role("button", name="Ask", exact=True).click()
    answer = answered.value.json()["answer"]
    shown = page.locator("[data-answer]")
    expect(shown).to_have_text(f"{answer / 100:.2f}".rstrip("0").rstrip(".").replace(".", ","), timeout=CHAIN_MS)
    checks = page.get_by_role("list", name="What this page checked")
    expect(checks.get_by_text("equal, to the last digit")).to_be_visible(timeout=CHAIN_MS)


def test_asking_by_keys_alone(browser, gateway, finished_run):
    page = opened(browser)
    go(page, gateway.url)
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.innerText") == "Skip to the content"
    reach(page, "Ask")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox").first).to_be_visible(timeout=CHAIN_MS)
    for name, value in sorted(QUESTION.items(), reverse=True):
        reach(page, name)
        page.keyboard.type(value)
    reach(page, "Ask")
    page.keyboard.press("Enter")
    checks = page.get_by_role("list", name="What this page checked")
    expect(checks.locator("[data-mark=pass]")).to_have_count(8, timeout=CHAIN_MS)
    assert "fail" not in holding(checks).values()
    answer = int(page.locator("[data-answer]").get_attribute("data-answer") or "")
    assert -10_000 < answer < 10_000
    reach(page, "Audit this answer")
    page.keyboard.press("Enter")
    reach(page, "Run the audit")
