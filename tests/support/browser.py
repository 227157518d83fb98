"""Debian's Chromium, headless, as a reader's or a holder's browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support.wallet import BINDING, PROVIDER, BrowserWallet

WIDTHS = (360, 1_920)
HEIGHT = 900


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; without one the test is skipped."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("no chromium here (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        try:
            yield browser
        finally:
            browser.close()


def opened(
    browser: Browser,
    wallet: BrowserWallet | None = None,
    *,
    width: int = 1_280,
    dark: bool = False,
    locale: str = "en-GB",
) -> Page:
    """An empty page of a new profile, with the wallet if there is one; `problems_of` tells what goes wrong in it."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        color_scheme="dark" if dark else "light",
        locale=locale,
        reduced_motion="reduce",
    )
    context.set_default_timeout(30_000)  # two cores may have much else to do
    if wallet is not None:
        # a plain function: Playwright would put an attribute on a method's own object
        context.expose_function(BINDING, lambda method, params: wallet.answer(method, params))
        context.add_init_script(PROVIDER)
    page = context.new_page()
    _note(context, page)
    return page


_PROBLEMS: dict[Page, list[str]] = {}
_HOSTS: dict[Page, set[str]] = {}


def _note(context: BrowserContext, page: Page) -> None:
    problems, hosts = _PROBLEMS.setdefault(page, []), _HOSTS.setdefault(page, set())
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type in ("error", "warning") else None)
    context.on("request", lambda request: hosts.add(request.url.split("/")[2] if "://" in request.url else ""))


def problems_of(page: Page) -> list[str]:
    """Errors and warnings of the page's scripts, and of its content security policy."""
    return _PROBLEMS[page]


def hosts_of(page: Page) -> set[str]:
    """Whom the page has asked, host and port."""
    return _HOSTS[page] - {""}


def axe_findings(page: Page, root: Path) -> list[str]:
    """What axe (WCAG 2.2 A and AA, best practices) finds wrong, a line each; skips where npm has not installed it."""
    source = root / "page" / "node_modules" / "axe-core" / "axe.min.js"
    if not source.is_file():
        pytest.skip("axe is not installed (npm ci in page/)")
    page.evaluate(source.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    places = [(each["id"], node) for each in found["violations"] for node in each["nodes"]]
    return [f"{rule}: {node['target']} {node['failureSummary']}" for rule, node in places]
