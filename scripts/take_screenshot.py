#!/usr/bin/env python3
"""Take the README's picture of the page: a demo that runs, opened in a browser.

Takes: Debian's Chromium (`apt-get install chromium`), Playwright (in the extra `dev`), the demo's data; or, with
`--url`, a gateway that runs already. Gives: `docs/figures/page.png`, or the file named by `--to`, at most 150 KB.
Ends the demo that it started. Asks nobody but that gateway for anything.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "figures" / "page.png"
WIDTH, HEIGHT = 1_280, 940
BYTES_MAX = 150_000
ROUNDS = 6
_ADDRESS = re.compile(r"API and page (http://\S+?);")
_WAIT_MS = 120_000


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo's page; the demo ends with the block."""
    with tempfile.TemporaryDirectory(prefix="andel-screenshot-") as folder:
        command = [sys.executable, "-m", "andel", "demo", "--keep", "--rounds", str(ROUNDS), "--folder", folder]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | {"COLUMNS": "400"}
        )
        try:
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                found = _ADDRESS.search(line)
                if found:
                    yield found[1]
                    return
            raise SystemExit("take_screenshot: the demo ended early:\n" + "".join(said[-20:]))
        finally:
            process.terminate()
            process.wait(30)


def take(url: str, to: Path) -> None:
    """The picture of the model's page, once what it shows has come."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("take_screenshot: no chromium here (apt-get install chromium)")
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium, args=sandbox)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce", locale="en-GB")
        page.goto(f"{url}/#/model")
        page.get_by_role("heading", level=1).wait_for(timeout=_WAIT_MS)
        page.get_by_text(re.compile(r"^\s*Live")).wait_for(timeout=_WAIT_MS)
        page.locator("canvas").first.wait_for(timeout=_WAIT_MS)
        # what the model is compared with is computed when it is first asked for
        page.get_by_text("which misses by").wait_for(timeout=_WAIT_MS)
        page.wait_for_timeout(1_000)
        to.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=to)
        browser.close()
    size = to.stat().st_size
    if size > BYTES_MAX:
        raise SystemExit(f"take_screenshot: {to} has {size} bytes, and {BYTES_MAX} are allowed")
    print(f"{to}: {size} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--url", help="a gateway that runs already")
    parser.add_argument("--to", type=Path, default=PICTURE, help="the file to write")
    told = parser.parse_args()
    if told.url:
        take(told.url.rstrip("/"), told.to)
        return
    with demo() as url:
        take(url, told.to)


if __name__ == "__main__":
    main()
