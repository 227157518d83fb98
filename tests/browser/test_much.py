"""A page of 10,000 contributors and 1,000 rounds: little is drawn, little is read, few bytes are sent."""

import json

import pytest
from playwright.sync_api import expect

from tests.support.browser import opened, problems_of
from tests.support.large_source import CONTRIBUTORS, ROUNDS, LargeSource
from tests.support.page_steps import CHAIN_MS, go, turn
from tests.support.page_worlds import shown

pytestmark = pytest.mark.full

BYTES_MAX = 200 * 1_000
ROWS_MAX = 120
PAGES = ("", "model", "ask", "audit", "share", "offering", "votes", "operator")

_WATCH = """
performance.setResourceTimingBufferSize(5000);
window.longTasksOfTest = [];
new PerformanceObserver(list => window.longTasksOfTest.push(...list.getEntries().map(each => each.duration)))
  .observe({type: "longtask", buffered: true});
"""
_FIGURES = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null;
  const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const isFact = entry => new URL(entry.name).pathname.startsWith("/page/");
  const sum = kept => entries.filter(kept).reduce((whole, entry) => whole + entry.transferSize, 0);
  return {paint, files: sum(entry => !isFact(entry)), facts: sum(isFact), tasks: window.longTasksOfTest};
}"""


@pytest.fixture
def source():
    return LargeSource()


@pytest.fixture
def url(source, shared_node):
    with shown(source, shared_node.url) as at:
        yield at


@pytest.fixture
def page(browser):
    page = opened(browser)
    page.add_init_script(_WATCH)
    return page


@pytest.fixture(scope="module")
def figures(repo_root):
    """What was measured, kept as a file beside the screenshots."""
    found: dict[str, object] = {}
    yield found
    (repo_root / "build").mkdir(exist_ok=True)
    (repo_root / "build" / "page-figures.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def longest(page):
    return max(page.evaluate("() => window.longTasksOfTest"), default=0)


def table(page, label):
    return page.get_by_role("region", name=label)


def scrolled_to_its_end(page, shown_table, total, move):
    """Moves the table until its last row is drawn; how many rows were drawn at most on the way."""
    rows, most = shown_table.get_by_role("row"), 0
    last = shown_table.locator(f"[aria-rowindex='{total + 1}']")
    for _ in range(400):
        move()
        page.wait_for_timeout(20)
        most = max(most, rows.count())
        if last.count():
            break
    expect(last.locator(".waiting")).to_have_count(0, timeout=CHAIN_MS)
    return most


@pytest.mark.parametrize("by", ["keys", "wheel"])
def test_the_shares_are_scrolled_to_their_end(page, url, source, figures, by):
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/page/api/shares" in request.url else None)
    go(page, url, "model")
    shares = table(page, "Contributors by what they earned")
    expect(shares.locator("[aria-rowindex='2']")).to_contain_text("0x", timeout=CHAIN_MS)
    shares.scroll_into_view_if_needed()
    assert shares.get_by_role("table").get_attribute("aria-rowcount") == str(CONTRIBUTORS + 1)
    if by == "keys":
        shares.focus()
        page.keyboard.press("PageDown")
        expect(shares.locator("[aria-rowindex='12']")).to_be_visible(timeout=CHAIN_MS)
        most = scrolled_to_its_end(page, shares, CONTRIBUTORS, lambda: page.keyboard.press("End"))
    else:
        shares.hover()
        most = scrolled_to_its_end(page, shares, CONTRIBUTORS, lambda: page.mouse.wheel(0, 4_000))
    assert most <= ROWS_MAX, f"{most} rows were drawn at once"
    assert all("count=50" in each for each in asked) and len(asked) <= CONTRIBUTORS / 50
    figures[f"shares by {by}"] = {"rows drawn": most, "requests": len(asked), "longest task, ms": longest(page)}
    assert problems_of(page) == []


def test_the_rounds_are_scrolled_to_the_first_one(page, url, source, figures):
    go(page, url, "model")
    rounds = table(page, "Rounds, the newest first")
    expect(rounds.locator("[aria-rowindex='2']")).to_contain_text("1,000", timeout=CHAIN_MS)
    rounds.focus()
    most = scrolled_to_its_end(page, rounds, ROUNDS, lambda: page.keyboard.press("End"))
    expect(rounds.locator(f"[aria-rowindex='{ROUNDS + 1}']").get_by_role("cell").first).to_have_text("1")
    assert most <= ROWS_MAX
    figures["rounds"] = {"rows drawn": most, "requests": source.asked["rounds"], "longest task, ms": longest(page)}


def test_all_pages_together_stay_below_their_bytes(page, url, figures):
    go(page, url)
    expect(page.get_by_role("article").first).to_be_visible(timeout=CHAIN_MS)
    first = page.evaluate(_FIGURES)
    for where in PAGES[1:]:
        turn(page, where)
        page.wait_for_timeout(500)
    whole = page.evaluate(_FIGURES)
    figures["bytes"] = {
        "first page, files": first["files"],
        "first page, facts": first["facts"],
        "all pages, files": whole["files"],
        "all pages, facts": whole["facts"],
    }
    figures["first content, ms"] = first["paint"]
    figures["longest task over all pages, ms"] = max(whole["tasks"], default=0)
    assert 20_000 < first["files"] <= whole["files"] < BYTES_MAX, figures["bytes"]
    assert first["files"] + first["facts"] < BYTES_MAX, figures["bytes"]


class TornSource(LargeSource):
    """One whose model lacks what the page draws, as a gateway of another age might."""

    def model(self):
        return {name: value for name, value in super().model().items() if name != "supply"}


def test_a_part_that_cannot_be_drawn_is_told_and_leaves_the_other_pages_whole(browser, shared_node):
    with shown(TornSource(), shared_node.url) as url:
        page = opened(browser)
        page.goto(f"{url}/#/model")
        expect(page.get_by_role("alert")).to_be_visible(timeout=CHAIN_MS)
        page.evaluate("() => { location.hash = '#/offering' }")
        expect(page.get_by_role("heading", level=1)).to_have_text("Buy into the model at its start", timeout=CHAIN_MS)
