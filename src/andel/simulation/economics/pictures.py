"""The study's four pictures, drawn as the house draws: SVG whose colours follow the page, and whose text stays text.

Takes findings. Gives SVG by file name. Never decides what is shown beside what: that is docs/economics.md's matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from andel.simulation.economics.run import Findings
from andel.simulation.plots import (
    CENTRAL,
    DISHONEST,
    HONEST,
    INK,
    LINE,
    MODEL,
    PERSISTENCE,
    SOFT,
    canvas,
    inline_svg,
    standalone,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_UNIT: Final = 10**18
_DASHED: Final = (0, (5, 3))


def pictures(findings: Findings) -> dict[str, str]:
    """SVG by file name. SettingsError without matplotlib."""
    return {
        "economics-supply.svg": standalone(_supply(findings)),
        "economics-attacks.svg": standalone(_attacks(findings)),
        "economics-whale.svg": standalone(_whale(findings)),
        "economics-collusion.svg": standalone(_collusion(findings)),
    }


def _supply(findings: Findings) -> str:
    figure, axes = canvas(7.2, 3.6)
    lines = findings.lines
    days = [line.day for line in lines]
    series = (
        ("held by holders", [line.held for line in lines], HONEST),
        ("accrued", [line.accrued for line in lines], CENTRAL),
        ("minted", [line.minted for line in lines], MODEL),
        ("claimed", [line.claimed for line in lines], PERSISTENCE),
    )
    for name, values, colour in series:
        axes.plot(days, [value / _UNIT / 1_000 for value in values], color=colour, linewidth=2)
        _end(axes, days, values[-1] / _UNIT / 1_000, name, colour, -5 if name == "claimed" else 5)
    axes.set_ylabel("thousand tokens")
    axes.set_xlabel("day")
    axes.set_ylim(0, None)
    axes.set_xlim(0, max(days[-1], 1))
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    return inline_svg(figure, "supply", "tokens accrued, minted, claimed and held over a year")


def _attacks(findings: Findings) -> str:
    rows = [verdict for verdict in findings.verdicts if "validators" not in verdict.name]
    figure, axes = canvas(7.2, 0.6 + 0.42 * len(rows))
    places = range(len(rows))
    nets = [verdict.net / _UNIT for verdict in rows]
    honest = [verdict.honest / _UNIT for verdict in rows]
    colours = [HONEST if verdict.name == "honest" else DISHONEST for verdict in rows]
    axes.barh(places, nets, color=colours, height=0.56)
    axes.scatter(honest, places, marker="|", s=260, color=INK, linewidths=2.2, zorder=3)
    low, high = min([*nets, 0.0]), max([*nets, *honest, 1.0])
    for place, net in zip(places, nets, strict=True):
        right = net >= 0
        axes.annotate(
            f"{net:,.0f}",
            (honest[place] if 0 <= honest[place] - net < (high - low) / 7 else net, place),
            xytext=(8 if right else -5, 0),
            textcoords="offset points",
            va="center",
            ha="left" if right else "right",
            color=SOFT,
            fontsize=10,
        )
    axes.set_yticks(places, [verdict.name for verdict in rows], fontsize=10)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(low * 1.4 - 1, high * 1.16)
    axes.axvline(0, color=LINE, linewidth=1)
    axes.set_xlabel("coins left after a year (stroke: of honesty)")
    axes.tick_params(axis="y", length=0, colors=INK)
    return inline_svg(figure, "attacks", "what each attack leaves after a year, beside its honest alternative")


def _whale(findings: Findings) -> str:
    figure, axes = canvas(7.2, 4.2)
    shown = (
        ("all released at success", PERSISTENCE, "-"),
        ("released by 180 rounds, no veto", DISHONEST, "-"),
        ("released by 180 rounds", DISHONEST, _DASHED),
        ("quorum of a tenth, a tenth come", CENTRAL, "-"),
        ("default, a tenth come", MODEL, _DASHED),
        ("default", MODEL, "-"),
    )
    for name, colour, style in shown:
        if name not in findings.whales:
            continue
        found = findings.whale_by_day(name)
        days, values = list(found), [value / _UNIT / 1_000 for value in found.values()]
        axes.plot(days, values, color=colour, linewidth=2, linestyle=style, label=name)
    legend = axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False, fontsize=9.5)
    for text in legend.get_texts():
        text.set_color(INK)
    axes.set_ylim(bottom=-2)
    axes.set_ylabel("thousand coins over holding on")
    axes.set_xlabel("day on which the whale asks for the treasury")
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    return inline_svg(figure, "whale", "what the best stake of a whale gains by taking the treasury, by day")


def _collusion(findings: Findings) -> str:
    figure, axes = canvas(7.2, 3.4)
    seen = list(findings.watch)
    series = (
        ("the round's budget alone", [one for one, _ in findings.watch.values()], CENTRAL),
        ("and what is unclaimed", [both for _, both in findings.watch.values()], DISHONEST),
    )
    for name, values, colour in series:
        axes.plot(seen, [value / _UNIT / 1_000 for value in values], color=colour, linewidth=2)
        middle = len(seen) // 2
        _end(axes, seen[: middle + 1], values[middle] / _UNIT / 1_000, name, colour, 12 if colour == CENTRAL else -6)
    axes.axhline(0, color=SOFT, linewidth=1)
    axes.set_xlim(0, 100)
    axes.set_ylabel("thousand coins, mean of an attempt")
    axes.set_xlabel("of a hundred rounds, how many somebody settles again inside the window")
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    return inline_svg(figure, "collusion", "what k lying validators gain by how often a round is looked at")


def _end(axes: Axes, places: Sequence[int], value: float, name: str, colour: str, lift: int) -> None:
    axes.annotate(
        name,
        (places[-1], value),
        xytext=(-4, lift),
        textcoords="offset points",
        ha="right",
        va="bottom" if lift > 0 else "top",
        color=colour,
        fontsize=10.5,
    )
