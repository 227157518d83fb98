"""round.svg: the states of a round, and the steps between them, held to the contracts.

Takes the sources of what a RoundManager is made of, and the enums of RoundTypes.sol. Every function that sets a state
is read out of them; a step that has no place in the picture, or one that is no longer there, is an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from scripts.figures.strokes import DrawingError, arrow, box, lines, picture, words

SOURCES = ("RoundManager", "Rounds", "Votes", "Plants", "PostedUpdates")
_FOLDER = Path("contracts", "src", "training")
ANY = "any"


@dataclass(frozen=True, slots=True)
class Step:
    """A function of the contract: the state that it asks for (`any` where it asks otherwise), those that it can set."""

    function: str
    before: str
    after: tuple[str, ...]


DRAWN = (
    Step("open", ANY, ("Open",)),
    Step("commitData", "Open", ("DataCommitted",)),
    Step("recordSeed", ANY, ("Void",)),
    Step("close", "DataCommitted", ("Closed",)),
    Step("reveal", ANY, ("Attested", "Void")),
    Step("finalise", "Attested", ("Finalised",)),
    Step("halt", "Attested", ("Challenged",)),
    Step("resume", "Challenged", ("Attested",)),
    Step("retry", "Void", ("Open",)),
    Step("void", ANY, ("Void",)),
    Step("annul", ANY, ("Void",)),
    Step("dropVote", ANY, ("Void",)),
    Step("openPlant", ANY, ("Void",)),
)
STATES = {
    "Open": "contributors sign / which batches / they bring",
    "DataCommitted": "seed 1 draws leaves to / open; they train and / sign their updates",
    "Closed": "seed 2 draws what / scores; validators / settle, commit, reveal",
    "Attested": "k agree; whoever / settles otherwise / may challenge",
    "Finalised": "minted once; / owners claim, the / version may answer",
}
MOVES = (("commitData", "coordinator"), ("close", "coordinator"), ("reveal", "validators"), ("finalise", "anybody"))
REASONS = {
    "SeedLapsed": "a seed's block is too old",
    "NoAgreement": "no k agree",
    "Deadline": "time runs out",
    "Test": "it was a test of the validators",
    "VotesLost": "votes of slashed validators fall away",
    "Overturned": "a hearing decides otherwise",
    "Undecided": "or not at all",
    "Fraud": "a broken rule is shown",
    "ForgedUpdate": "or an update that nobody signed",
}
_WIDTH, _PITCH, _LEFT, _TOP = 124, 154, 14, 92
_ROW = 252


def draw(root: Path) -> str:
    """The picture. Raises DrawingError where the contracts have other states, reasons or steps."""
    types = (root / _FOLDER / "RoundTypes.sol").read_text(encoding="utf-8")
    _same("states", enum_of(types, "Status"), ["None", *list(STATES)[:4], "Challenged", "Finalised", "Void"])
    _same("reasons", enum_of(types, "VoidReason"), ["None", *REASONS])
    _same(
        "steps",
        steps_of([(root / _FOLDER / f"{name}.sol").read_text(encoding="utf-8") for name in SOURCES]),
        sorted(DRAWN, key=str),
    )
    parts = [
        arrow(f"M{_middle(0)} 40V{_TOP - 3}"),
        words(_middle(0), 20, "open"),
        words(_middle(0), 34, "coordinator", 11, "soft"),
    ]
    for place, (state, meaning) in enumerate(STATES.items()):
        left = _LEFT + place * _PITCH
        parts += [box(left, _TOP, _WIDTH, 40, "model"), words(_middle(place), _TOP + 25, state, 13)]
        parts.append(lines(_middle(place), _TOP + 60, meaning))
    for place, (function, who) in enumerate(MOVES):
        start = _LEFT + place * _PITCH + _WIDTH
        between = start + (_PITCH - _WIDTH) / 2
        parts.append(arrow(f"M{start + 2} {_TOP + 20}H{start + _PITCH - _WIDTH - 3}"))
        parts += [words(between, _TOP - 26, function), words(between, _TOP - 12, who, 11, "soft")]
    return picture(768, 364, "The states of a round, what moves it on, and how it becomes void", [*parts, *_below()])


def _below() -> list[str]:
    """A challenge, and the ways out of a round."""
    foot, challenged = _TOP + 102, _LEFT + 3 * _PITCH
    level = _ROW + 20
    parts = [box(challenged, _ROW, _WIDTH, 40, "persistence"), words(_middle(3), level + 5, "Challenged", 13)]
    parts += [arrow(f"M{_middle(3) - 22} {foot}V{_ROW - 3}"), arrow(f"M{_middle(3) + 22} {_ROW}V{foot + 3}")]
    parts.append(words(_middle(3) - 28, foot + 32, "halt", 12, "ink", "end"))
    parts.append(words(_middle(3) + 28, foot + 32, "resume", 12, "ink", "start"))
    parts.append(lines(_middle(4), level - 3, "all n judge again; / two thirds decide"))
    left, wide = _LEFT + _PITCH, _PITCH + _WIDTH
    parts += [box(left, _ROW, wide, 40, "dishonest"), words(left + wide / 2, level + 5, "Void", 13)]
    parts += [arrow(f"M{_middle(place)} {foot}V{_ROW - 3}", dashed=True) for place in (1, 2)]
    parts.append(arrow(f"M{challenged} {level}H{left + wide + 3}", dashed=True))
    parts.append(arrow(f"M{left} {level}H{_middle(0)}V{foot + 3}"))
    parts += [
        words(_middle(0) + 46, level - 8, "retry"),
        words(_middle(0) + 46, level + 17, "a new attempt", 11, "soft"),
    ]
    reasons = list(REASONS.values())
    rows = ["; ".join(reasons[at : at + 5]) for at in range(0, len(reasons), 5)]
    parts.append(
        words(384, _ROW + 72, "An attempt is void, from any state before the last, and mints nothing, when", 11, "soft")
    )
    return [*parts, lines(384, _ROW + 87, " / ".join(rows))]


def enum_of(source: str, name: str) -> list[str]:
    """The members of an enum, in order."""
    found = re.search(rf"enum {name} \{{([^}}]*)\}}", source)
    return re.findall(r"\w+", found[1]) if found else []


def steps_of(sources: list[str]) -> list[Step]:
    """Every external function that can set a round's state, by what its own text and that of what it calls says."""
    bodies: dict[str, tuple[bool, str]] = {}
    for source in sources:
        plain = re.sub(r"//[^\n]*|/\*.*?\*/", "", source, flags=re.DOTALL)
        for found in re.finditer(r"function (\w+)\([^)]*\)([^;{]*)\{", plain):
            body = plain[found.end() : _end_of(plain, found.end())]
            bodies[found[1]] = ("external" in found[2] or "public" in found[2], body)
    steps = []
    for name, (is_external, body) in bodies.items():
        after = _set_by(name, bodies, frozenset())
        if is_external and after:
            asked = re.search(r"_inStatus\(round, Status\.(\w+)\)", body)
            steps.append(Step(name, asked[1] if asked else ANY, tuple(sorted(after))))
    return sorted(steps, key=str)


def _set_by(name: str, bodies: dict[str, tuple[bool, str]], seen: frozenset[str]) -> set[str]:
    if name in seen or name not in bodies:
        return set()
    body = bodies[name][1]
    found = set(re.findall(r"\.status = Status\.(\w+)", body))
    for called in set(re.findall(r"\b(_\w+)\(", body)):
        found |= _set_by(called, bodies, seen | {name})
    return found


def _end_of(source: str, start: int) -> int:
    depth = 1
    for at in range(start, len(source)):
        depth += {"{": 1, "}": -1}.get(source[at], 0)
        if depth == 0:
            return at
    raise DrawingError("a function's braces do not close")


def _middle(place: int) -> float:
    return _LEFT + place * _PITCH + _WIDTH / 2


def _same(what: str, there: list[str] | list[Step], drawn: list[str] | list[Step]) -> None:
    if there != drawn:
        other = [str(item) for item in [*there, *drawn] if (item in there) != (item in drawn)]
        raise DrawingError(f"{what} of the contracts and of round.svg differ: {'; '.join(other) or 'their order'}")
