"""How validators' votes on one attempt end, worked out the plain way; what the contract is compared with.

Takes commits, reveals, attempts to finalise, and time. Gives who may do what, when a result is agreed, final or void,
and what each operator earns of it, by looking through all votes at each question. Also sequences of such steps drawn
from a seed, with their results, which `scripts/write_vectors.py` writes down for the contract's test. Never looks at a
contract.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256

COMMIT_PERIOD, WINDOW, OPERATOR_BPS = 600, 3_600, 500
SEQUENCES = 110
SETS = {"twoOfThree": (2, 3), "threeOfFive": (3, 5)}
KINDS = ("start", "commit", "reveal", "wait", "finalise", "void")
COLUMNS = ("kind", "who", "way", "amount", "result", "status", "finalisable", "each")
CLOSED, ATTESTED, FINALISED, VOID = 0, 1, 2, 3
WAYS = 3


@dataclass
class PlainAttempt:
    """One closed attempt; seconds count from the moment its second seed was known."""

    k: int
    n: int
    minted: int
    now: int = 0
    status: int = CLOSED
    finalisable: int = 0
    each: int = 0
    committed: dict[int, int] = field(default_factory=dict)
    revealed: dict[int, int] = field(default_factory=dict)

    def votes(self, way: int) -> int:
        """How many have shown this result."""
        return sum(shown == way for shown in self.revealed.values())

    @property
    def agreed(self) -> int | None:
        """The result that k have shown."""
        return next((way for way in range(WAYS) if self.votes(way) >= self.k), None)

    def commit(self, who: int, way: int) -> bool:
        """True if this validator may still bind itself."""
        if self.status != CLOSED or who in self.committed or self.revealed:
            return False
        self.committed[who] = way
        return True

    def reveal(self, who: int, way: int) -> bool:
        """True if this validator may show this result now."""
        begun = bool(self.revealed) or len(self.committed) == self.n
        in_time = begun or (len(self.committed) >= self.k and self.now >= COMMIT_PERIOD)
        if self.status not in (CLOSED, ATTESTED) or not in_time:
            return False
        if self.committed.get(who) != way or who in self.revealed:
            return False
        self.revealed[who] = way
        everybody = len(self.revealed) == len(self.committed)
        if self.agreed is not None:
            # Whoever has not shown its result yet has one more period for it.
            end = self.now + WINDOW + (0 if everybody else COMMIT_PERIOD)
            if self.status == CLOSED or everybody:
                self.finalisable = end if self.status == CLOSED else min(end, self.finalisable)
            self.status = ATTESTED
        elif everybody:
            self.status = VOID
        return True

    def finalise(self, way: int) -> int:
        """What contributors and operators get together; 0 where it cannot be."""
        if self.status != ATTESTED or way != self.agreed or self.now < self.finalisable:
            return 0
        self.status = FINALISED
        paid = 1 + self.votes(way)
        part = int(Fraction(self.minted * OPERATOR_BPS, 10_000 - OPERATOR_BPS))
        self.each = part // paid
        return self.minted + self.each * paid

    def void(self) -> bool:
        """True if nothing has been agreed; for after the deadline."""
        if self.status != CLOSED:
            return False
        self.status = VOID
        return True


def sequences(seed: bytes) -> dict[str, object]:
    """Steps of all sequences in columns, for each set of validators, each begun by "start". Decimal text."""
    told: dict[str, object] = {}
    for name, (k, n) in SETS.items():
        columns: dict[str, list[str]] = {column: [] for column in COLUMNS}
        for number in range(SEQUENCES):
            draws = _draws(seed, f"{name} {number}")
            attempt = PlainAttempt(k, n, 1 + next(draws) % 10**21)
            _note(columns, attempt, "start", (0, 0, attempt.minted), 0)
            for _ in range(2 * n + 2 + next(draws) % (2 * n)):
                _step(columns, attempt, draws)
            _end(columns, attempt)
        told[name] = columns
    return told


def _step(columns: dict[str, list[str]], attempt: PlainAttempt, draws: Iterator[int]) -> None:
    """Commits first and reveals after a while, mostly; one step in four is anything at all."""
    who, way, dice = next(draws) % attempt.n, (0, 0, 0, 0, 1, 2)[next(draws) % 6], next(draws) % 16
    absent = [each for each in range(attempt.n) if each not in attempt.committed]
    silent = [each for each in attempt.committed if each not in attempt.revealed]
    if dice < 4:
        kind = KINDS[1 + dice]
    elif attempt.status == ATTESTED and dice < 8:
        kind = "wait" if attempt.now < attempt.finalisable else "finalise"
    elif absent and not attempt.revealed and (len(silent) < attempt.k or dice < 12):
        kind, who = "commit", absent[next(draws) % len(absent)]
    elif absent and not attempt.revealed and attempt.now < COMMIT_PERIOD:
        kind = "wait"
    else:
        kind, who = "reveal", silent[next(draws) % len(silent)] if silent else who
    if kind == "wait":
        seconds = (1, 599, 600, 3_599, 4_200)[next(draws) % 5]
        attempt.now += seconds
        _note(columns, attempt, kind, (0, 0, seconds), 0)
    elif kind == "finalise":
        _note(columns, attempt, kind, (0, way, 0), attempt.finalise(way))
    elif kind == "commit":
        _note(columns, attempt, kind, (who, way, 0), int(attempt.commit(who, way)))
    else:
        shown = way if dice == 2 else attempt.committed.get(who, way)
        _note(columns, attempt, kind, (who, shown, 0), int(attempt.reveal(who, shown)))


def _end(columns: dict[str, list[str]], attempt: PlainAttempt) -> None:
    """A new attempt begins only when this one is final or void."""
    if attempt.status == ATTESTED:
        seconds = WINDOW + COMMIT_PERIOD
        attempt.now += seconds
        _note(columns, attempt, "wait", (0, 0, seconds), 0)
        way = attempt.agreed or 0
        _note(columns, attempt, "finalise", (0, way, 0), attempt.finalise(way))
    _note(columns, attempt, "void", (0, 0, 0), int(attempt.void()))


def _note(
    columns: dict[str, list[str]], attempt: PlainAttempt, kind: str, values: tuple[int, int, int], result: int
) -> None:
    row = (KINDS.index(kind), *values, result, attempt.status, attempt.finalisable, attempt.each)
    for name, value in zip(COLUMNS, row, strict=True):
        columns[name].append(str(value))


def _draws(seed: bytes, name: str) -> Iterator[int]:
    counter = 0
    while True:
        yield int.from_bytes(sha256(seed + name.encode() + counter.to_bytes(4, "big")).digest()[:16], "big")
        counter += 1
