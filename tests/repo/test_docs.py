"""The pages agree with the code: commands exist, links lead somewhere, words and attacks are all there."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from andel.cli.app import app

WORDS = (
    "contributor device reading batch round update operator attestation "
    "share emission claim offering holder alliance prediction"
).split() + ["model version"]
CODE_BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NAMED_TEST = re.compile(r"`(test(?:Fuzz)?_\w+)`")
ATTACK_FILE = re.compile(r"tests/attacks/(test_\w+\.py)")


def command_lines(text: str, program: str) -> list[list[str]]:
    """The calls of a program in the code blocks of a page, each as words; continued lines are joined."""
    lines = "\n".join(CODE_BLOCK.findall(text)).replace("\\\n", " ").splitlines()
    calls = [line.strip().removeprefix("$ ").removeprefix(".venv/bin/") for line in lines]
    return [shlex.split(call, comments=True) for call in calls if re.match(rf"{program}( |$)", call)]


def pages(tree) -> list[Path]:
    """Every Markdown page of the project."""
    return list(tree.ending(".md"))


def test_the_readme_shows_the_two_commands(tree):
    shown = command_lines(tree.text(Path("README.md")), "make")
    assert ["make", "demo"] in shown
    assert ["make", "test"] in shown


def test_every_make_target_in_a_page_exists(tree):
    targets = re.findall(r"^([a-z-]+|bench-%):", tree.text(Path("Makefile")), re.MULTILINE)
    for page in pages(tree):
        for call in command_lines(tree.text(page), "make"):
            for word in (w for w in call[1:] if "=" not in w):
                assert word in targets or word.startswith("bench-"), f"{page}: make {word}"


def test_every_command_in_a_page_works_with_every_option_shown(tree):
    calls = {tuple(call): page for page in pages(tree) for call in command_lines(tree.text(page), "andel")}
    assert any(call[:2] == ("andel", "demo") for call in calls), "no page shows `andel demo`"
    wanted: dict[tuple[str, ...], set[str]] = {}
    for call in calls:
        verbs = []
        for word in call[1:]:
            if not re.fullmatch(r"[a-z][a-z-]*", word):
                break
            verbs.append(word)
        options = {word.split("=")[0] for word in call if word.startswith("--")}
        wanted.setdefault(tuple(verbs), set()).update(options - {"--help"})
    for command, options in wanted.items():
        text = help_text(command)
        missing = {option for option in options if not re.search(rf"{option}\b", text)}
        assert missing == set(), f"andel {' '.join(command)}"


def help_text(command: tuple[str, ...]) -> str:
    """What `andel COMMAND --help` prints."""
    # in this process: there are dozens of commands, and each start takes seconds on a busy machine
    environment = {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}
    outcome = CliRunner().invoke(app, [*command, "--help"], env=environment)
    assert outcome.exit_code == 0, f"andel {' '.join(command)} --help: {outcome.output}"
    return outcome.output


@pytest.mark.parametrize("word", WORDS)
def test_the_glossary_has_the_word(tree, word):
    assert re.search(rf"^\*\*{word}\*\*", tree.text(Path("docs/glossary.md")), re.MULTILINE)


def test_every_decision_is_linked_and_has_the_same_parts(tree):
    architecture = tree.text(Path("docs/architecture.md"))
    decisions = list(tree.ending(".md", under="docs/decisions"))
    assert [path.name[:4] for path in decisions] == [f"{n:04}" for n in range(1, len(decisions) + 1)]
    for path in decisions:
        assert f"(decisions/{path.name})" in architecture, f"docs/architecture.md does not link {path.name}"
        for part in ("Status:", "## Question", "## Decision", "## Consequences"):
            assert part in tree.text(path), f"{path} has no {part}"


def test_every_link_inside_the_project_leads_somewhere(tree):
    broken = []
    for page in pages(tree):
        inside = [target for target in LINK.findall(tree.text(page)) if not re.match(r"[a-z]+:|#", target)]
        for target in inside:
            if not (tree.root / page.parent / target.split("#")[0]).exists():
                broken.append(f"{page}: {target}")
    assert broken == []


def test_the_threat_model_and_the_attack_tests_name_each_other(tree):
    named = set(ATTACK_FILE.findall(tree.text(Path("docs/threat-model.md"))))
    there = {path.name for path in tree.ending(".py", under="tests/attacks") if path.name.startswith("test_")}
    assert there, "no attack is tested"
    assert named == there


PAGES = [("after-launch", 30), ("trust", 90), ("governance", 7), ("holders", 0), ("assurance", 0)]


@pytest.mark.parametrize(("page", "least"), PAGES)
def test_the_tests_that_a_page_names_are_there(tree, page, least):
    named = set(NAMED_TEST.findall(tree.text(Path(f"docs/{page}.md"))))
    suites = [*tree.ending(".py", under="tests"), *tree.ending(".sol", under="contracts/test")]
    there = {name for path in suites for name in re.findall(r"(?:def|function) (test\w*)", tree.text(path))}
    assert len(named) >= least and named - there == set()


def test_every_line_of_the_trust_tables_names_a_test_and_every_attack_file_is_there(tree):
    text = tree.text(Path("docs/trust.md"))
    rows = [row for row in re.findall(r"^\|.*\|$", text, re.MULTILINE) if not re.match(r"\|[-|]+$", row)]
    headings = [row for row in rows if row.endswith("| test |")]
    assert len(headings) == 3
    silent = [row for row in rows if row not in headings and not re.search(r"`test\w*[_/]", row.split("|")[-2])]
    assert silent == []
    assert all((tree.root / "tests" / "attacks" / name).is_file() for name in ATTACK_FILE.findall(text))
    assert set(re.findall(r"^\| (A\d+) \|", text, re.MULTILINE)) == {f"A{number}" for number in range(1, 29)}


def test_the_changelog_tells_of_this_version(tree):
    text = tree.text(Path("CHANGELOG.md"))
    assert re.search(r"^## \[Unreleased\]", text, re.MULTILINE) or re.search(r"^## \[\d", text, re.MULTILINE)


def test_pages_of_the_site_link_to_nothing_outside_of_it(repo_root):
    """What lies elsewhere in the checkout is named, not linked: the site does not have it."""
    docs = repo_root / "docs"
    for page in sorted(docs.rglob("*.md")):
        for target in re.findall(r"\]\((\.\./[^)#]*)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).resolve().is_relative_to(docs.resolve()), f"{page.name} links to {target}"
