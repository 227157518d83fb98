"""What a person does on the page, by what they see: opens it, connects a wallet, signs, waits until it is so."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TypeVar

from playwright.sync_api import Locator, Page, expect

CHAIN_MS = 60_000
"""How long what needs a block, or a look at the chain, may take on a busy machine."""

_Value = TypeVar("_Value")


def go(page: Page, url: str, where: str = "") -> None:
    """Opens `url`/#/`where` from nothing, and waits for the page's heading and the chain's first event."""
    page.goto("about:blank")
    page.goto(f"{url}/#/{where}")
    expect(page.locator("main h1")).to_be_visible(timeout=CHAIN_MS)
    live(page)


def turn(page: Page, where: str) -> None:
    """Goes to another part of the open page, as its links do."""
    page.evaluate("where => { location.hash = where }", f"#/{where}")
    expect(page.locator("main h1")).to_be_visible(timeout=CHAIN_MS)


def live(page: Page) -> None:
    """Waits until the page hears the chain."""
    expect(page.get_by_text(re.compile(r"^\s*Live"))).to_be_visible(timeout=CHAIN_MS)


def part(page: Page, title: str) -> Locator:
    """The part of the page with that heading."""
    return page.get_by_role("region", name=title, exact=True)


def mark(page: Page) -> None:
    """Leaves a mark in the page that a reload would wipe away."""
    page.evaluate("() => { window.markOfTest = true }")


def is_marked(page: Page) -> bool:
    """Whether the page is the one that was marked, never loaded again."""
    return page.evaluate("() => window.markOfTest === true") is True


def connect(page: Page) -> None:
    """Connects the wallet of the test by the button in the head."""
    page.get_by_role("banner").get_by_role("button", name="Connect").click()
    page.get_by_role("dialog").get_by_role("button", name="Wallet of the test").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def dialog(page: Page, standing: str) -> Locator:
    """The dialog of a transaction, once it stands so."""
    shown = page.get_by_role("dialog")
    expect(shown.locator(f"[data-standing={standing}]")).to_be_visible(timeout=CHAIN_MS)
    return shown


def sign(page: Page) -> str:
    """Signs what the open dialog shows, once it was tried; what it said before that."""
    shown = dialog(page, "ready")
    words = shown.inner_text()
    shown.get_by_role("button", name="Sign in the wallet").click()
    return words


def signed_and_done(page: Page) -> str:
    """Signs, waits until it is in the chain, and closes the dialog; what it said before the signature."""
    words = sign(page)
    dialog(page, "done").locator(".dialog-foot").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    return words


def until(read: Callable[[], _Value], wanted: Callable[[_Value], bool], seconds: float = 60.0) -> _Value:
    """What `read` gives once it is as wanted; fails the test with what it gave last."""
    end = time.monotonic() + seconds
    while True:
        value = read()
        if wanted(value):
            return value
        assert time.monotonic() < end, f"still {value!r} after {seconds:.0f} s"
        time.sleep(0.2)


def holding(findings: Locator) -> dict[str, str]:
    """The findings of a list, by name: "pass", "fail", "open" (it cannot be told) or "busy"."""
    lines = findings.get_by_role("listitem").all()
    marks = [
        (line.locator("strong").first.text_content() or "", line.get_attribute("data-mark") or "") for line in lines
    ]
    return {name.partition(": ")[2]: mark for name, mark in marks}


_FOCUSED = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return "";
  const labels = at.labels ? [...at.labels].map(label => label.textContent) : [];
  return [at.getAttribute("aria-label") ?? "", ...labels, at.textContent ?? ""].join(" ").trim();
}"""


def reach(page: Page, name: str, most: int = 120) -> None:
    """Goes on by the Tab key until a control whose name begins so has the focus; fails the test where none does."""
    passed: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(_FOCUSED))
        if passed[-1].casefold().startswith(name.casefold()):
            return
    raise AssertionError(f"no {name!r} within {most} presses of Tab: {passed}")
