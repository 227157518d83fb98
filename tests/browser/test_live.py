"""A page that stays open: rounds come as they happen, and a gateway that was killed is found again."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import opened, problems_of
from tests.support.page_steps import CHAIN_MS, go, is_marked, live, mark, part
from tests.support.page_worlds import published_gateway

pytestmark = pytest.mark.full

_KILLED = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")


@pytest.fixture(scope="module")
def small(launch_world):
    return launch_world("page that lives")


@pytest.fixture(scope="module")
def gateway(small):
    process = published_gateway(small)
    yield process.start()
    process.stop()


def rounds_of(page):
    return part(page, "Rounds").get_by_role("row")


def test_a_round_appears_while_the_page_is_open(browser, small, gateway):
    manager = small.world.model.round_manager
    page = opened(browser)
    go(page, gateway.url, "model")
    count = manager.rounds_count()
    expect(rounds_of(page)).to_have_count(1 + count, timeout=CHAIN_MS)
    mark(page)
    small.play()
    assert manager.rounds_count() == count + 1
    expect(rounds_of(page)).to_have_count(2 + count, timeout=CHAIN_MS)
    newest = rounds_of(page).nth(1)
    expect(newest.get_by_role("cell").first).to_have_text(str(count + 1), timeout=CHAIN_MS)
    expect(newest).to_contain_text("finalised", timeout=CHAIN_MS)
    assert is_marked(page) and problems_of(page) == []


def test_a_killed_gateway_is_told_of_and_found_again_without_a_reload(browser, small, gateway):
    page = opened(browser)
    go(page, gateway.url, "model")
    count = small.world.model.round_manager.rounds_count()
    expect(rounds_of(page)).to_have_count(1 + count, timeout=CHAIN_MS)
    mark(page)
    gateway.kill()
    expect(page.get_by_text("The gateway does not answer.")).to_be_visible(timeout=CHAIN_MS)
    expect(rounds_of(page)).to_have_count(1 + count)
    small.play()
    gateway.start()
    live(page)
    expect(page.get_by_text("The gateway does not answer.")).to_have_count(0)
    expect(rounds_of(page)).to_have_count(2 + count, timeout=CHAIN_MS)
    assert is_marked(page)
    assert [problem for problem in problems_of(page) if not any(known in problem for known in _KILLED)] == []
