"""The air-quality index's page in Debian's Chromium, before real models and a real cover on a chain."""

from __future__ import annotations

import json
import time

import pytest
from playwright.sync_api import expect

from andel.serving.http_edge import serve_in_thread
from andel.serving.limits import Counts
from examples.air_quality.asked import hour_of_text
from examples.air_quality.cover_told import COVER_FILE, name_cover
from examples.air_quality.covering import THRESHOLD, Parties, play_cover, worst_and_best
from examples.air_quality.page_facts import AirFacts
from examples.air_quality.page_routes import air_app
from examples.air_quality.playing import play
from examples.air_quality.stations import PLACES
from tests.examples.conftest import beijing, beijing_folder, past_chain
from tests.support.browser import WIDTHS, axe_findings, hosts_of, opened, problems_of
from tests.support.page_steps import holding

pytestmark = pytest.mark.full

HOUR = "2017-02-12T02:00"
"""When Beijing's south had bad air and its north had not."""
HISTORY = 70


@pytest.fixture(scope="module")
def air(beijing, past_chain, tmp_path_factory):
    """The page's address, the facts behind it, and the cover."""
    folder = tmp_path_factory.mktemp("air")
    played = play(beijing, HISTORY, 1, folder, past_chain, lambda _: None)
    world, days = played.dust.world, worst_and_best(beijing)
    registry, lister = world.model.batch_registry, world.actors.lister.address
    cover, _ = play_cover(beijing, days, played.stations, past_chain, registry, lister, Parties.made(), lambda _: None)
    name_cover(folder / COVER_FILE, cover)
    facts = AirFacts.of_run(folder, beijing, "hj633", hour_of_text(HOUR), time.monotonic)
    with serve_in_thread(air_app(facts, Counts(folder / "counts.db", time.time))) as running:
        yield running.url, facts, cover
    played.stop()


def looked_at(browser, url, where="", **how):
    """The page, once everything on it is there and checked."""
    page = opened(browser, **how)
    page.goto(f"{url}/{where}")
    checks = page.get_by_role("list", name="What this page checked")
    expect(checks.get_by_role("listitem")).to_have_count(3)
    expect(page.get_by_role("table", name="Days that stations have shown")).to_be_visible()
    return page


def index_shown(page):
    return int(page.locator(".verdict-index").inner_text().split()[-1])


def test_the_page_shows_what_is_forecast_checks_it_and_asks_nobody_else(browser, air, repo_root):
    url, facts, _ = air
    page = looked_at(browser, url, "#at=39.9500,116.4000")
    told = facts.at((39.95, 116.4), facts.hour, "hj633")
    assert index_shown(page) == told["index"]
    expect(page.locator(".verdict-band")).to_have_text(str(told["band"]), ignore_case=True)
    found = holding(page.get_by_role("list", name="What this page checked"))
    assert found == {"Signatures": "pass", "Sum": "pass", "Questions": "open"}
    table = page.get_by_role("table", name="Each station: its index")
    expect(table.get_by_role("row")).to_have_count(1 + len(facts.dataset.series))
    assert axe_findings(page, repo_root) == []
    assert problems_of(page) == []
    assert hosts_of(page) == {url.removeprefix("http://")}


def test_a_place_is_picked_by_keys_by_pointing_by_figures_and_by_name(browser, air):
    url, facts, _ = air
    page = looked_at(browser, url, "#at=40.0000,116.4000")
    plan, place = page.get_by_role("application"), page.get_by_label("Place", exact=True)
    plan.focus()
    for key in ("ArrowUp", "Shift+ArrowUp", "ArrowRight"):
        page.keyboard.press(key)
    expect(place).to_have_value("40.0540,116.4118")
    box = plan.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 30)
    north, east = (float(part) for part in place.input_value().split(","))
    assert north < min(PLACES[series.site][0] for series in facts.dataset.series) and 116.3 < east < 116.5
    page.get_by_role("button", name="Dingling").click()
    expect(page.get_by_role("heading", name="Dingling", exact=True)).to_be_visible()
    station = facts.at(PLACES["Dingling"], facts.hour, "hj633")
    assert index_shown(page) == station["index"]
    place.fill("39.9163, 116.3972")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="of Wanshouxigong")).to_be_visible()
    assert "at=39.9163,116.3972" in page.url
    place.fill("31.2,121.5")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("alert").filter(has_text="not among the stations")).to_be_visible()
    expect(page.locator(".verdict")).to_have_count(0)
    assert [line for line in problems_of(page) if "400" not in line] == []


def test_the_standard_and_the_hour_are_switched_and_kept_in_the_address(browser, air):
    url, facts, _ = air
    page = looked_at(browser, url, "#at=39.9500,116.4000")
    page.get_by_label("Standard").select_option(label="US EPA, May 2024")
    expect(page.locator(".verdict")).to_contain_text("US EPA")
    page.get_by_role("button", name="an hour later").click()
    expect(page.get_by_text("measured at 12 Feb 2017, 03:00")).to_be_visible()
    page.reload()
    expect(page.locator(".verdict")).to_contain_text("US EPA")
    told = facts.at((39.95, 116.4), facts.hour + 3_600, "epa2024")
    assert index_shown(page) == told["index"]
    assert problems_of(page) == []


def test_an_answer_that_was_altered_on_its_way_is_not_believed(browser, air):
    url, *_ = air

    def alter(route):
        told = route.fetch().json()
        told["pm2_5"]["stations"][0]["signed"]["answer"] += 1
        route.fulfill(body=json.dumps(told), content_type="application/json")

    page = opened(browser)
    page.route("**/air/at*", alter)
    page.goto(url)
    checks = page.get_by_role("list", name="What this page checked")
    expect(checks.locator("[data-mark=fail]").first).to_be_visible()
    assert holding(checks)["Signatures"] == "fail"
    expect(checks).to_contain_text("Do not use this forecast")


def test_the_cover_is_shown_as_the_chain_has_it(browser, air):
    url, _, cover = air
    page = looked_at(browser, url)
    card = page.get_by_role("region", name="The cover against bad-air days")
    expect(card).to_contain_text(f"{THRESHOLD}\u00a0µg/m³")
    expect(card).to_contain_text(f"{cover.paid_days()} of 2")
    rows = page.get_by_role("table", name="Days that stations have shown").get_by_role("row")
    assert sorted(row.split()[-1] for row in rows.all_inner_texts()[1:]) == ["Clean", "Paid"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_narrow_and_wide_in_both_themes(browser, air, repo_root, screenshots, width, dark):
    url, *_ = air
    page = looked_at(browser, url, width=width, dark=dark)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe_findings(page, repo_root) == []
    page.screenshot(path=screenshots / f"air-{width}-{'dark' if dark else 'light'}.png", full_page=True)


__all__ = ["beijing", "beijing_folder", "past_chain"]
