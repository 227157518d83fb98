"""docs/ as a site: whole, in its navigation, and nothing in it is loaded from another host.

Built once as by `make docs`, in the environment `docs`; where that is not there, what reads the site is skipped.
"""

import re
import shutil
import subprocess
import tomllib
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

# Attributes by which a browser loads something by itself. A link to click is none of them.
LOADS = {
    "src": {"script", "img", "iframe", "source", "video", "audio", "embed", "track", "input"},
    "srcset": {"img", "source"},
    "data": {"object"},
    "poster": {"video"},
    "href": {"link", "image", "use"},
    "action": {"form"},
}
# Links of the head that are said and not loaded.
SAID = {"canonical", "prev", "next", "alternate"}
# Addresses in the theme's script of what it would load for a page that asks for it, and the word by which a page would.
# None does, and the policy that every page carries forbids it.
ASKED_BY = {
    "https://unpkg.com/mermaid": 'class="mermaid"',
    "https://unpkg.com/glightbox": "glightbox",
    "https://unpkg.com/ace-builds": "pyodide",
    "https://unpkg.com/pyodide": "pyodide",
    "https://cdn.jsdelivr.net/pyodide": "pyodide",
    "https://unpkg.com/resize-observer-polyfill": "",  # browsers of before 2020
    "https://api.github.com/": 'data-md-component="source"',
    "https://$": 'data-md-component="source"',  # of GitLab, wherever it is
}
NAMES_ONLY = ("http://www.w3.org/", "https://fontawesome.com")


class Page(HTMLParser):
    """What a page loads, links to, and can be linked at."""

    def __init__(self, text):
        super().__init__()
        self.loaded, self.linked, self.anchors, self.policy = [], [], set(), ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = {name: value or "" for name, value in attrs}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]
        if tag == "a" and "href" in found:
            self.linked.append(found["href"])
        for name, value in found.items():
            if tag in LOADS.get(name, ()) and not (tag == "link" and set(found.get("rel", "").split()) & SAID):
                self.loaded += [part.split()[0] for part in value.split(",")] if name == "srcset" else [value]


@pytest.fixture(scope="module")
def site(repo_root, tmp_path_factory):
    """The built site, from a copy of what it is built from."""
    program = repo_root / ".venv-docs" / "bin" / "zensical"
    if not program.is_file():
        pytest.skip("the site's generator is not installed; run make docs")
    return build(repo_root, tmp_path_factory.mktemp("site"), program)


def copy_sources(repo_root, folder):
    for name in ("docs", "site"):
        shutil.copytree(repo_root / name, folder / name)
    shutil.copy(repo_root / "zensical.toml", folder)


def build(repo_root, folder, program):
    copy_sources(repo_root, folder)
    outcome = run(program, folder)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return folder / "build" / "site"


def run(program, folder):
    """The generator as scripts/build-site calls it."""
    return subprocess.run([program, "build", "--strict"], cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def read_pages(site):
    return {path.relative_to(site): Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def in_navigation(item):
    """The pages of a part of the navigation, in order."""
    if isinstance(item, str):
        return [item]
    parts = item.values() if isinstance(item, dict) else item
    return [page for part in parts for page in in_navigation(part)]


def test_every_page_stands_in_the_navigation_once_a_persons_path_first(tree):
    nav = tomllib.loads(tree.text(Path("zensical.toml")))["project"]["nav"]
    counts = Counter(in_navigation(nav))
    assert set(counts.values()) == {1}
    assert set(counts) == {path.relative_to("docs").as_posix() for path in tree.ending(".md", under="docs")}
    assert in_navigation(nav)[1] == "paths/index.md"
    assert [next(iter(part)) for part in nav[1:]] == ["Five minutes", "Guides", "Rooms", "Decisions", "Reference"]


def test_every_page_is_built(site, tree):
    pages = [path.relative_to("docs").with_suffix(".html") for path in tree.ending(".md", under="docs")]
    assert [str(page) for page in pages if not (site / page).is_file()] == []


def test_every_link_inside_the_site_leads_to_a_page_and_a_place_on_it(site, read_pages):
    dead = []
    for path, page in read_pages.items():
        if path.name == "404.html":  # its links begin at the root of a server
            continue
        for target in {link for link in page.linked if not urlsplit(link).scheme}:
            there = urlsplit(target)
            found = (site / path).parent / unquote(there.path) if there.path else site / path
            found = found.resolve()
            found = found / "index.html" if found.is_dir() else found
            anchors = (
                read_pages[found.relative_to(site.resolve())].anchors
                if found.suffix == ".html" and found.is_file()
                else None
            )
            if not found.is_file() or (
                there.fragment and anchors is not None and unquote(there.fragment) not in anchors
            ):
                dead.append(f"{path}: {target}")
    assert dead == []


def test_no_page_loads_anything_from_another_host(read_pages):
    foreign = [f"{path}: {what}" for path, page in read_pages.items() for what in page.loaded if is_foreign(what)]
    assert foreign == []
    for path, page in read_pages.items():
        rules = dict(rule.strip().split(" ", 1) for rule in page.policy.split(";"))
        assert rules["default-src"] == "'none'", path
        assert {word for rule in rules.values() for word in rule.split()} <= {
            *("'none'", "'self'", "'unsafe-inline'", "data:", "blob:")
        }


def test_no_style_loads_anything_from_another_host(site):
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    pages = [path.read_text(encoding="utf-8") for path in site.rglob("*.html")]
    styles += [style for page in pages for style in re.findall(r"<style[^>]*>(.*?)</style>", page, re.DOTALL)]
    assert len(styles) > 2
    loaded = [found for style in styles for found in re.findall(r"url\(\s*['\"]?([^'\")]{1,200})", style)]
    loaded += [found for style in styles for found in re.findall(r"@import\s+['\"]([^'\"]+)", style)]
    assert [what for what in loaded if is_foreign(what)] == []


def test_what_a_script_would_load_from_elsewhere_no_page_asks_for(site):
    scripts = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.js"))
    pages = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.html"))
    scripts += "".join(re.findall(r"<script[^>]*>(.*?)</script>", pages, re.DOTALL))
    named = {
        found for found in re.findall(r"(?:https?|wss?)://[\w.@/$-]+", scripts) if not found.startswith(NAMES_ONLY)
    }
    assert {found for found in named if not found.startswith(tuple(ASKED_BY))} == set()
    assert [word for word in ASKED_BY.values() if word and word in pages] == []


def test_search_is_in_the_site_itself(site):
    assert "Merkle" in (site / "search.json").read_text(encoding="utf-8")


def test_both_themes_are_there(read_pages, site):
    text = (site / "index.html").read_text(encoding="utf-8")
    assert {"(prefers-color-scheme: light)", "(prefers-color-scheme: dark)"} <= set(
        re.findall(r'data-md-color-media="([^"]+)"', text)
    )


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        pytest.param("See [there](nowhere.md).", "nowhere.md", id="page"),
        pytest.param("See [there](glossary.md#no-such-word).", "no-such-word", id="anchor"),
    ],
)
def test_a_link_that_leads_nowhere_ends_the_build(site, repo_root, tmp_path, planted, told):
    copy_sources(repo_root, tmp_path)
    page = tmp_path / "docs" / "audit.md"
    page.write_text(page.read_text(encoding="utf-8") + f"\n{planted}\n", encoding="utf-8")
    outcome = run(repo_root / ".venv-docs" / "bin" / "zensical", tmp_path)
    assert outcome.returncode != 0 and told in re.sub(r"\x1b\[[0-9;]*m", "", outcome.stdout + outcome.stderr)


def test_what_is_foreign_is_told():
    page = Page('<script src="//elsewhere.example/a.js"></script><a href="https://x.example">x</a><img src="data:,x">')
    assert [is_foreign(what) for what in page.loaded] == [True, False] and page.linked == ["https://x.example"]
    assert is_foreign("https://fonts.example/x.woff2") and not is_foreign("../assets/x.css")


def is_foreign(address):
    """Whether a browser would ask another host for it."""
    there = urlsplit(address.strip())
    return bool(there.netloc) or there.scheme not in {"", "data", "blob"}
