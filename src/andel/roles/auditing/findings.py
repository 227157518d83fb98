"""What an audit finds: counts of what was checked, on whom the rest rests, and the first place that does not hold.

`KINDS` is the one list of kinds of evidence, in the order of the printed table. Never asks a chain or a store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from andel.value.report import ValueReport


class Rests(StrEnum):
    """On whom a thing rests once it was audited; `deleted` and `withheld` say that its evidence is not there."""

    RECOMPUTED = "recomputed"
    SIGNATURES = "signatures"
    NODE = "node"
    DELETED = "deleted"
    WITHHELD = "withheld"


KINDS: Final[Mapping[str, str]] = {
    "devices": "claims of devices by their owners",
    "admissions": "admissions of devices, consents of owners",
    "entries": "batch entries: root, owner, time",
    "steps": "steps of rounds: events against state, seeds",
    "commitments": "data commitments",
    "openings": "opened packets",
    "asked": "contributors whose openings were asked for",
    "references": "reference packets",
    "updates": "updates",
    "conflicts": "conflicts brought by anybody",
    "judgements": "judgements of float tasks, measured again",
    "results": "results: aggregation, version, value, shares, state",
    "attestations": "attestations of validators",
    "credits": "credits to contributors and operators",
    "claims": "claims that were paid, against their root",
    "balances": "balances: minted, accrued, credited, paid",
    "model": "model file and code on chain",
    "answers": "answers",
    "objects": "objects against their names",
    "blocks": "blocks, logs and calls as the node tells them",
}
"""Kinds of evidence and their names for people, in the order of the table."""


@dataclass(slots=True)
class Tally:
    """How many of each kind rest on whom."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, kind: str, rests: Rests, count: int = 1) -> None:
        """Counts things of a kind in `KINDS`."""
        if count:
            self.counts[kind, rests.value] += count

    def merge(self, other: Tally) -> None:
        """Adds another tally to this one."""
        self.counts.update(other.counts)

    def of(self, kind: str, rests: Rests = Rests.RECOMPUTED) -> int:
        """How many of a kind rest there."""
        return self.counts[kind, rests.value]

    def rows(self) -> list[tuple[str, dict[str, int]]]:
        """(kind, count by `Rests`) of every kind that occurred, in the order of `KINDS`."""
        found = []
        for kind in KINDS:
            row = {rests.value: self.of(kind, rests) for rests in Rests}
            if any(row.values()):
                found.append((kind, row))
        return found


class Verdict(StrEnum):
    """How a check ended: it holds, it does not, or it could not be made and rests on somebody's word."""

    PASS = "pass"
    FAIL = "fail"
    RESTS = "rests"


@dataclass(frozen=True, slots=True)
class Step:
    """One check of an audit, told while the audit goes: what was checked, how it ended, a detail for people."""

    name: str
    verdict: Verdict
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """Evidence that is not there: the place it stands for, the message, and whether it was deleted or withheld."""

    place: str
    message: str
    rests: Rests

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


@dataclass(slots=True)
class Checked:
    """How much was checked: verified packet signatures, opened packets, signed updates, rounds, claims, answers."""

    packets: int = 0
    openings: int = 0
    updates: int = 0
    rounds: int = 0
    claims: int = 0
    answers: int = 0
    objects: int = 0


@dataclass(frozen=True, slots=True)
class Withheld:
    """Evidence that a round which is not final was closed on, and that is not there."""

    round: int
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


@dataclass(slots=True)
class Audit:
    """What an audit found. `failure` names the first place that does not hold; empty when all does. `frauds` are what
    contributors were found to have done, and paid for: evidence and chain agree on it.

    `missing` is evidence that is gone or kept back: then nothing disagrees, and yet the audit is not `ok`. `withheld`
    is what a round that is not final was closed on and is not there: it changed nothing, so it spoils nothing.
    `resumed` rounds were proven by an earlier audit of the same inputs.
    """

    checked: Checked = field(default_factory=Checked)
    reports: list[ValueReport] = field(default_factory=list)
    rests_on: list[str] = field(default_factory=list)
    frauds: list[str] = field(default_factory=list)
    failure: str = ""
    tally: Tally = field(default_factory=Tally)
    missing: list[Missing] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    resumed: int = 0
    quorum: tuple[int, int] = (0, 0)
    """k and n of the last round: how many signatures a result rests on."""

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        return not self.failure

    def add_missing(self, missing: Iterable[Missing]) -> None:
        """Notes evidence that is not there, each place once."""
        known = {item.place for item in self.missing}
        self.missing += [item for item in missing if item.place not in known]

    def to_json(self) -> dict[str, Any]:
        """Plain values for one JSON object."""
        return {
            "ok": self.ok,
            "failure": self.failure,
            "checked": asdict(self.checked),
            "rests_on": self.rests_on,
            "frauds": self.frauds,
            "table": [{"kind": kind, "what": KINDS[kind], **row} for kind, row in self.tally.rows()],
            "missing": [{"place": item.place, "kind": item.rests.value} for item in self.missing],
            "withheld": [item.place for item in self.withheld],
            "resumed_rounds": self.resumed,
            "k": self.quorum[0],
            "n": self.quorum[1],
        }
