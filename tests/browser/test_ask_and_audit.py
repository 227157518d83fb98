"""Asking on the page and auditing the answer: the page checks by itself, and knows an altered answer."""

import json
from base64 import urlsafe_b64encode

import pytest
from playwright.sync_api import expect

from andel.roles.gateway import served_version
from andel.serving.prediction import Prediction, verify_prediction
from tests.support.browser import opened, problems_of
from tests.support.page_steps import CHAIN_MS, go, holding
from tests.support.small_run import QUESTION

pytestmark = pytest.mark.full

CHECKED = ["Signature", "Signer", "Question", "Time", "Stake", "Version", "Inside the chain", "Cost"]
_AUDIT_MS = 240_000


@pytest.fixture
def page(browser, gateway):
    return opened(browser)


def asked(page, url):
    """What the gateway answered to the question of the small run, asked by the form."""
    go(page, url, "ask")
    for name, value in QUESTION.items():
        page.get_by_role("textbox", name=name).fill(value)
    with page.expect_response(lambda response: response.url.endswith("/predict")) as answered:
        page.get_by_role("button", name="Ask", exact=True).click()
    return answered.value.json()


def link_of(answer):
    return "audit/" + urlsafe_b64encode(json.dumps(answer).encode()).decode().rstrip("=")


def test_an_answer_is_checked_in_the_page_and_equals_its_twin_in_the_chain(page, gateway, finished_run):
    answer = asked(page, gateway.url)
    checks = page.get_by_role("list", name="What this page checked")
    expect(checks.locator("[data-mark=pass]")).to_have_count(len(CHECKED), timeout=CHAIN_MS)
    assert holding(checks) == dict.fromkeys(CHECKED, "pass")
    model, prediction = finished_run.world.model, Prediction.from_json(answer)
    coordinator, now = finished_run.world.actors.coordinator.address, finished_run.world.chain.block_time()
    verify_prediction(prediction, model.round_manager.domain, {coordinator}, now)
    shown = page.locator("[data-answer]")
    in_chain = model.onchain_models.predict(model.round_manager.address, prediction.question)
    assert int(shown.get_attribute("data-answer")) == prediction.answer == in_chain
    assert float(shown.inner_text()) == pytest.approx(in_chain / 100)
    assert problems_of(page) == []


def test_the_audit_of_an_answer_shows_each_step_and_every_step_holds(page, gateway, finished_run):
    answer = asked(page, gateway.url)
    page.get_by_role("link", name="Audit this answer").click()
    page.get_by_role("button", name="Run the audit").click()
    expect(page.get_by_text("Every step holds.")).to_be_visible(timeout=_AUDIT_MS)
    steps = holding(page.get_by_role("list", name="Steps of the audit"))
    assert len(steps) > 5 and "fail" not in steps.values() and list(steps.values()).count("pass") > 5, steps
    in_chain = served_version(finished_run.world.model)
    assert in_chain is not None and answer["version"] == "0x" + in_chain.hex()
    assert problems_of(page) == []


def test_an_answer_altered_by_one_digit_is_not_verified_and_its_audit_fails(page, gateway):
    answer = asked(page, gateway.url)
    altered = answer | {"answer": answer["answer"] + 1}
    go(page, gateway.url, link_of(altered))
    checks = page.get_by_role("list", name="What this page checked by itself")
    expect(checks.locator("[data-mark=fail]")).to_have_count(1, timeout=CHAIN_MS)
    assert holding(checks)["Signature"] == "fail"
    page.get_by_role("button", name="Run the audit").click()
    expect(page.get_by_text("The audit found something that does not hold.")).to_be_visible(timeout=_AUDIT_MS)
    assert "fail" in holding(page.get_by_role("list", name="Steps of the audit")).values()
    assert problems_of(page) == []
