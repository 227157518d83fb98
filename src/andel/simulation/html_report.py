"""The report of a finished run: one HTML file that needs nothing from elsewhere.

Takes `ReportData`, plain figures of the run. Gives the page's text: no scripts, no fonts and no pictures from other
places, light and dark by the reader's setting, readable on a phone. Everything taken in is escaped.
Never reads a file, a clock or a chain: equal figures give equal bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from andel.simulation.plots import Bar, loss_plot, share_bars
from andel.units import TOKEN

_MOST_BARS: Final = 40
_HONEST: Final = "honest"


@dataclass(frozen=True, slots=True)
class RoundFigures:
    """One round: errors of its model on the report rows, its validated gain, base units minted."""

    round: int
    mae: float
    rmse: float
    gain: int
    minted: int


@dataclass(frozen=True, slots=True)
class ParticipantFigures:
    """One participant: `kind` as the simulation knows it, shares in base units and percent, and why."""

    name: str
    kind: str
    packets: int
    weight_slots: int
    share: int
    share_percent: float
    reason: str


@dataclass(frozen=True, slots=True)
class ReportData:
    """Figures of one run; errors are in `unit`, on the same rows for all three models."""

    title: str
    source: str
    unit: str
    rounds: Sequence[RoundFigures]
    persistence_mae: float
    persistence_rmse: float
    central_mae: float
    central_rmse: float
    participants: Sequence[ParticipantFigures]
    gas: Mapping[str, int]
    predictions: Mapping[str, int | str]
    hashes: Mapping[str, str]
    audit: Mapping[str, int | str]
    seconds: float
    notes: Sequence[str]


def render_report(data: ReportData) -> str:
    """The whole page. Raises SettingsError where matplotlib is not installed."""
    body = [
        f"<header><h1>{escape(data.title)}</h1><p>{escape(data.source)}</p></header>",
        _headline(data),
        _errors(data),
        _shares(data),
        '<div class="pair">',
        _pairs("One question, three ways", "Way", "Answer", data.predictions),
        _pairs("Gas", "Transaction", "Gas", data.gas),
        _pairs("What the audit replayed", "Evidence", "Checked", data.audit),
        "</div>",
        _pairs("Hashes", "Object", "Hash", data.hashes),
        _notes(data.notes),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(data.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in body if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def tokens(base_units: int) -> str:
    """An amount (>= 0) as tokens, two decimals, rounded down: "1,234.56"; "0" is exactly nothing."""
    if 0 < base_units < TOKEN // 100:
        return "< 0.01"
    whole, rest = divmod(base_units, TOKEN)
    return f"{whole:,}.{rest * 100 // TOKEN:02d}" if base_units else "0"


def gap_closed(persistence: float, central: float, model: float) -> float | None:
    """Percent of the way from persistence to central training that the model has gone; None without a way."""
    return 100 * (persistence - model) / (persistence - central) if persistence > central else None


def _headline(data: ReportData) -> str:
    minted = sum(figures.minted for figures in data.rounds)
    cards = []
    if data.rounds:
        last = data.rounds[-1]
        better = gap_closed(data.persistence_mae, data.central_mae, last.mae)
        cards.append((_error(last.mae, data.unit), "mean absolute error of the last round's model"))
        if better is not None:
            cards.append((f"{better:.0f} %", "of the way from persistence to central training"))
    cards.append((f"{minted // TOKEN:,}", f"tokens minted in {len(data.rounds)} rounds"))
    cards.append((f"{data.seconds:.1f} s", "the whole run"))
    items = "".join(f"<li><b>{escape(value)}</b><span>{escape(text)}</span></li>" for value, text in cards)
    return f'<ul class="cards">{items}</ul>'


def _errors(data: ReportData) -> str:
    unit = data.unit
    plots = "".join(
        f"<figure>{loss_plot(points, persistence, central, measure, unit, key)}"
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for points, persistence, central, measure, key, caption in (
            (
                [(figures.round, figures.mae) for figures in data.rounds],
                data.persistence_mae,
                data.central_mae,
                "mean absolute error",
                "mae",
                "Mean absolute error after each round",
            ),
            (
                [(figures.round, figures.rmse) for figures in data.rounds],
                data.persistence_rmse,
                data.central_rmse,
                "root mean square error",
                "rmse",
                "Root mean square error after each round",
            ),
        )
    )
    rows: list[Sequence[str]] = [("persistence", *_both(data.persistence_mae, data.persistence_rmse), "", "")]
    for figures in data.rounds:
        both = _both(figures.mae, figures.rmse)
        rows.append((f"round {figures.round}", *both, f"{figures.gain:,}", tokens(figures.minted)))
    rows.append(("central training", *_both(data.central_mae, data.central_rmse), "", ""))
    suffix = f" ({unit})" if unit else ""
    table = _table(
        f"Errors on weeks that nobody trained on and nothing was steered by{suffix}",
        ("Model", "Mean absolute", "Root mean square", "Validated gain", "Tokens minted"),
        rows,
    )
    return (
        "<section><h2>How good the model is</h2>"
        "<p>Persistence answers that nothing will change. Central training is the same class of network, trained "
        "by one party that holds everybody's data.</p>"
        f'<div class="plots">{plots}</div>'
        f"<details><summary>All rounds as numbers</summary>{table}</details></section>"
    )


def _shares(data: ReportData) -> str:
    shown = data.participants[:_MOST_BARS]
    bars = [Bar(one.name, one.share_percent, one.kind != _HONEST) for one in shown]
    rows = [
        (
            one.name,
            one.kind,
            f"{one.packets:,}",
            f"{one.weight_slots:,}",
            tokens(one.share),
            f"{one.share_percent:.1f} %" if one.share else "0",
            one.reason,
        )
        for one in data.participants
    ]
    left_out = len(data.participants) - len(shown)
    more = f"; {left_out} more stand in the table" if left_out else ""
    table = _table(
        "Who owns what, and why",
        ("Participant", "Kind", "Packets", "Proven hours", "Tokens", "Share", "Why"),
        rows,
        texts=(0, 1, 6),
    )
    colours = ["honest", "dishonest"] if any(bar.marked for bar in bars) else ["honest"]
    keys = " ".join(f'<span class="key"><i class="{name}"></i>{name}</span>' for name in colours)
    return (
        "<section><h2>Who owns what</h2>"
        "<p>Differences among equal contributors are noise: with equally good data, who is ahead changes from seed "
        "to seed. Real differences, such as less data or a noisy sensor, do show.</p>"
        f'<figure class="bars">{share_bars(bars, "shares")}'
        f"<figcaption>Share of all tokens minted to contributors{more}. {keys}</figcaption>"
        f"</figure>{table}</section>"
    )


def _pairs(title: str, name: str, value: str, pairs: Mapping[str, int | str]) -> str:
    if not pairs:
        return ""
    rows = [(key, f"{entry:,}" if isinstance(entry, int) else entry) for key, entry in pairs.items()]
    texts = (0, 1) if any(isinstance(entry, str) for entry in pairs.values()) else (0,)
    return f"<section><h2>{escape(title)}</h2>{_table(title, (name, value), rows, texts, True)}</section>"


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f"<section><h2>Notes</h2><ul>{items}</ul></section>"


def _table(
    caption: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    texts: Sequence[int] = (0,),
    titled: bool = False,
) -> str:
    """`texts` are the columns set flush left; `titled`: a heading with the caption's words stands above."""
    kinds = ["" if place in texts else ' class="n"' for place in range(len(headings))]
    head = "".join(
        f'<th scope="col"{kind}>{escape(heading)}</th>' for kind, heading in zip(kinds, headings, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{escape(cell)}</th>'
            if place == 0
            else f'<td{kinds[place]} data-name="{escape(headings[place])}">{escape(cell)}</td>'
            for place, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    hidden = ' class="unseen"' if titled else ""
    # Many columns become one block per row where the page is narrow; two columns stay a table.
    stacked = ' class="stacked"' if len(headings) > 2 else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table{stacked}>'
        f"<caption{hidden}>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _both(mae: float, rmse: float) -> tuple[str, str]:
    return _error(mae, ""), _error(rmse, "")


def _error(value: float, unit: str) -> str:
    shown = f"{value:,.3f}" if abs(value) < 10 else f"{value:,.2f}"
    return f"{shown} {unit}".strip()


_STYLE: Final = """
:root{color-scheme:light dark;--page:#fbfaf7;--card:#fff;--ink:#1d2327;--soft:#5b656c;--line:#dcdfe0;
--model:#0b6e5b;--persistence:#8a5a00;--central:#3a5ba8;--honest:#2a8f7a;--dishonest:#b3372b}
@media (prefers-color-scheme:dark){:root{--page:#14181a;--card:#1c2225;--ink:#e7ebec;--soft:#a3aeb3;--line:#343d42;
--model:#58cdb2;--persistence:#e0ab52;--central:#92b0f5;--honest:#4db39c;--dishonest:#f0857a}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1040px;margin:0 auto;padding:2rem 1rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .3rem;letter-spacing:-.01em}
h2{font-size:1.2rem;margin:2.6rem 0 .4rem}
p{margin:.3rem 0 1rem;max-width:44rem}header p,figcaption,caption,summary{color:var(--soft)}
.cards{list-style:none;margin:1.5rem 0 0;padding:0;display:grid;gap:.75rem;
grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr))}
.cards li{padding:.85rem 1rem}
.cards b{display:block;font-size:1.55rem;line-height:1.25;font-variant-numeric:tabular-nums}
.cards span{color:var(--soft);font-size:.88rem;line-height:1.35;display:block}
.plots,.pair{display:grid;gap:0 1.5rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr))}
figure{margin:0 0 1rem;padding:.9rem .9rem .7rem}
figure,.scroll,.cards li{background:var(--card);border:1px solid var(--line);border-radius:.6rem}
figure svg{display:block;width:100%;height:auto}
svg *{stroke-linejoin:round;stroke-linecap:butt}
figcaption{font-size:.88rem;margin-top:.5rem}
.bars svg{max-width:33rem;margin:0 auto}
.key{white-space:nowrap;margin-left:.4em}
.key i{display:inline-block;width:.7em;height:.7em;border-radius:.15em;margin-right:.4em}
.key .honest{background:var(--honest)}.key .dishonest{background:var(--dishonest)}
.scroll{overflow-x:auto}
.scroll:focus-visible{outline:2px solid var(--model)}
table{border-collapse:collapse;width:100%;font-size:.92rem}
caption{text-align:left;padding:.7rem .9rem .2rem;font-size:.88rem}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{padding:.42rem .9rem;text-align:left;vertical-align:top;border-top:1px solid var(--line)}
thead th{border-top:0;color:var(--soft);font-weight:600;white-space:nowrap}
tbody th{font-weight:600;white-space:nowrap}
td:last-child:not(.n){overflow-wrap:anywhere;min-width:11rem}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
summary{cursor:pointer;margin:.2rem 0 .7rem}
@media (max-width:640px){main{padding-top:1.2rem}h1{font-size:1.5rem}th,td{padding:.42rem .7rem}
tbody th{white-space:normal}figure{padding:.6rem .5rem .5rem}
.stacked thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.stacked,.stacked tbody,.stacked tr,.stacked th,.stacked td,.stacked caption{display:block}
.stacked tr{border-top:1px solid var(--line);padding:.5rem 0}
.stacked th,.stacked td{border:0;padding:.1rem .9rem;min-width:0}
.stacked td{display:flex;justify-content:space-between;gap:1rem;text-align:right;white-space:normal}
.stacked td::before{content:attr(data-name);color:var(--soft);text-align:left;white-space:nowrap}
.stacked td:empty{display:none}}
"""
