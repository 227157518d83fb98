"""The report: whole in one file, safe against its own input, the same for the same figures."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from andel.errors import SettingsError
from andel.simulation.html_report import (
    ParticipantFigures,
    ReportData,
    RoundFigures,
    gap_closed,
    render_report,
    tokens,
)
from andel.units import TOKEN

DATA = ReportData(
    title="Temperature three hours ahead",
    source="hourly weather",
    unit="degC",
    rounds=[
        RoundFigures(number, 1.1 - number / 100, 1.6 - number / 100, 1_000, 100 * TOKEN) for number in range(1, 11)
    ],
    persistence_mae=1.71,
    persistence_rmse=2.29,
    central_mae=0.94,
    central_rmse=1.4,
    participants=[
        ParticipantFigures("first", "honest", 1_740, 1_735, 600 * TOKEN, 60.0, "improved the model"),
        ParticipantFigures("second", "honest", 1_740, 1_735, 400 * TOKEN, 40.0, "improved the model"),
        ParticipantFigures("idle", "rider", 870, 868, 0, 0.0, "zero updates"),
    ],
    gas={"settle": 512_345, "claim": 118_223},
    predictions={"http": 2_134, "call": 2_134, "transaction": 2_134},
    hashes={"model": "0x" + "ab" * 32},
    audit={"packets": 26_115, "openings": 3_120},
    seconds=43.27,
    notes=["weeks mod 10 = 9 are reported"],
)
VOID = {"meta", "br", "hr", "img", "input", "link", "path", "use"}


class Reader(HTMLParser):
    """Collects tags, ids and references, and checks that tags close in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "xlink:href", "data", "action")]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def parse(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


def test_the_page_needs_nothing_from_elsewhere():
    page = render_report(DATA)
    reader = parse(page)
    assert not {"script", "iframe", "object", "embed", "link", "base"} & set(reader.tags)
    assert all(link.startswith("#") for link in reader.links)
    assert "http://" not in page and "https://" not in page and "@import" not in page
    assert not re.search(r"url\((?!#)", page)


def test_ids_are_unique_and_references_resolve():
    reader = parse(render_report(DATA))
    assert len(reader.ids) == len(set(reader.ids))
    assert {link[1:] for link in reader.links} <= set(reader.ids)


def test_equal_figures_give_equal_bytes():
    assert render_report(DATA) == render_report(replace(DATA))


def test_figures_are_shown_with_their_names():
    text = " ".join(parse(render_report(DATA)).texts)
    for shown in ("1.71", "1.000", "0.94", "600.00", "60.0 %", "26,115", "512,345", "1,735", "43.3 s", "92 %"):
        assert shown in text
    for name in ("first", "idle", "zero updates", "persistence", "0x" + "ab" * 32, "weeks mod 10 = 9 are reported"):
        assert name in text


def test_tables_have_captions_and_scoped_headings():
    page = render_report(DATA)
    assert page.count("<caption") == page.count("<table") == 6
    assert page.count("<thead><tr><th scope=") == 6
    assert '<th scope="row">first</th>' in page


def test_whatever_is_put_in_is_escaped():
    nasty = "</svg><script>alert(1)</script>\"'&$x_1^2$ \x00\x1b 温度"
    page = render_report(
        replace(
            DATA,
            title=nasty,
            source=nasty,
            unit=nasty,
            participants=[ParticipantFigures(nasty, nasty, 1, 1, 1, 100.0, nasty)],
            predictions={nasty: nasty},
            hashes={nasty: nasty},
            notes=[nasty],
        )
    )
    assert "script" not in parse(page).tags
    assert "<script" not in page


def test_a_run_without_rounds_or_participants_still_has_a_page():
    empty = replace(DATA, rounds=[], participants=[], gas={}, predictions={}, hashes={}, audit={}, notes=[])
    page = render_report(empty)
    parse(page)
    assert "persistence" in page


def test_many_participants_stay_drawable():
    many = [ParticipantFigures(f"owner {i}", "honest", 1, 1, TOKEN, 0.5, "") for i in range(200)]
    page = render_report(replace(DATA, participants=many))
    assert "160 more stand in the table" in page
    assert page.count('<th scope="row">owner') == 200
    assert "dishonest</span>" not in page


def test_without_matplotlib_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(SettingsError) as caught:
        render_report(DATA)
    assert "andel[demo]" in caught.value.hint


@pytest.mark.parametrize(
    "amount, shown",
    [(0, "0"), (1, "< 0.01"), (TOKEN // 100, "0.01"), (1_234 * TOKEN + TOKEN * 999 // 1_000, "1,234.99")],
)
def test_tokens_never_show_something_as_nothing_nor_round_up(amount, shown):
    assert tokens(amount) == shown


def test_the_gap_closed_needs_a_gap():
    assert gap_closed(2.0, 1.0, 1.25) == 75
    assert gap_closed(1.0, 1.0, 0.5) is None
