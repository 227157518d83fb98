"""What a reward pool has accrued, minted and paid, worked out the plain way; what the contract is compared with.

Takes credits, claims, lowered ceilings and rates, pauses and time. Gives amounts by going through every second, one by
one, and adding up what it accrues. Also sequences of such steps drawn from a seed, with their results, which
`scripts/write_vectors.py` writes down for the contract's test. Never looks at a contract, nor at the closed form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

DAY = 86_400
LONGEST_PAUSE = 30 * DAY
CONTRIBUTORS = 3
OPERATORS = 2
SEQUENCES = 220
KINDS = ("found", "credit", "claim", "claim operator", "lower ceiling", "lower rate", "pause", "wait")
OFTEN = ("credit", "credit", "credit", "claim", "claim", "claim operator", *KINDS[4:])
COLUMNS = ("kind", "time", "who", "amount", "other", "fault", "result", "accrued", "minted")
SCHEDULE = ("start", "rate", "ceiling", "period", "tail")
HONEST, ROUND_AGAIN, WRONG_TOTAL = 0, 1, 2


@dataclass
class PlainPool:
    """A schedule in seconds and base units, and the books. Accounts are small numbers. Time only goes on."""

    start: int
    rate: int
    ceiling: int
    period: int
    tail: int
    now: int = 0
    highest: int = 0
    paused_until: int = 0
    summed: int = 0
    earned: list[int] = field(default_factory=lambda: [0] * CONTRIBUTORS)
    claimed: list[int] = field(default_factory=lambda: [0] * CONTRIBUTORS)
    credited: list[int] = field(default_factory=lambda: [0] * OPERATORS)
    pulled: list[int] = field(default_factory=lambda: [0] * OPERATORS)

    def __post_init__(self) -> None:
        self.highest = self.rate

    def wait(self, until: int) -> None:
        """Lets every second before `until` accrue what it accrues."""
        while self.now < until:
            if self.now >= self.start and self.now >= self.paused_until:
                rate = self.rate
                for _ in range((self.now - self.start) // self.period if self.period else 0):
                    rate //= 2
                self.summed += min(max(rate, self.tail), self.highest)
            self.now += 1

    @property
    def accrued(self) -> int:
        """What has accrued, as far as the ceiling that holds now."""
        return min(self.summed, self.ceiling)

    @property
    def minted(self) -> int:
        """Both parts, the operators' from its credit on."""
        return sum(self.earned) + sum(self.credited)

    def credit(self, contributor: int, amount: int, operator: int, part: int) -> bool:
        """True if a round may mint this."""
        if self.minted + amount + part > self.accrued:
            return False
        self.earned[contributor] += amount
        self.credited[operator] += part
        return True

    def claim(self, contributor: int) -> int:
        """What a contributor is paid."""
        paid = self.earned[contributor] - self.claimed[contributor]
        self.claimed[contributor] += paid
        return paid

    def claim_operator(self, operator: int) -> int:
        """What an operator is paid."""
        paid = self.credited[operator] - self.pulled[operator]
        self.pulled[operator] += paid
        return paid

    def lower_ceiling(self, to: int) -> bool:
        """True if it is lower, and nothing minted lies above it."""
        if not self.minted <= to < self.ceiling:
            return False
        self.ceiling = to
        return True

    def lower_rate(self, to: int) -> bool:
        """True if it is lower."""
        if to >= self.highest:
            return False
        self.highest = to
        return True

    def pause(self, until: int) -> bool:
        """True if it ends neither in the past nor later than a month from now. It takes the place of any other."""
        if not self.now <= until <= self.now + LONGEST_PAUSE:
            return False
        self.paused_until = until
        return True


def sequences(seed: bytes) -> dict[str, object]:
    """Steps of all sequences in columns, one after the other, each begun by "found"; and the schedules. Decimal text;
    times are seconds after a moment that the test chooses.
    """
    columns: dict[str, list[str]] = {name: [] for name in COLUMNS}
    schedules: dict[str, list[str]] = {name: [] for name in SCHEDULE}
    for number in range(SEQUENCES):
        draws = _draws(seed, number)
        pool = _founded(number, draws)
        for name in SCHEDULE:
            schedules[name].append(str(getattr(pool, name)))
        _note(columns, pool, "found", (0, 0, 0, 0), 0)
        for _ in range(6 + next(draws) % 9):
            pool.wait(pool.now + (0, 1, next(draws) % 10, next(draws) % 120)[next(draws) % 4])
            kind = OFTEN[next(draws) % len(OFTEN)]
            values, result = _step(pool, kind, draws)
            _note(columns, pool, kind, values, result)
    return {"schedules": schedules, "steps": columns}


def _founded(number: int, draws: Iterator[int]) -> PlainPool:
    """Small numbers mostly, so that bounds are met; in each eighth sequence rates of up to 2**90."""
    rate = 1 + next(draws) % (1 << 90 if number % 8 == 7 else 1_000)
    period = (0, 1, 7, 1 + next(draws) % 60)[next(draws) % 4]
    tail = next(draws) % (rate + 1) if period else 0
    start = 1 + next(draws) % 100
    pool = PlainPool(start, rate, 1 + next(draws) % (rate * 400), period, tail)
    pool.wait(next(draws) % 160)
    return pool


def _step(pool: PlainPool, kind: str, draws: Iterator[int]) -> tuple[tuple[int, int, int, int], int]:
    """The values of a step (who, amount, other, fault) and its result."""
    who, share = next(draws), next(draws) % 1_300
    if kind == "credit":
        amount, part = (pool.accrued - pool.minted) * share // 1_000, 0
        if share % 3:
            part = amount // (2 + share % 20)
            amount -= part
        fault = (ROUND_AGAIN, WRONG_TOTAL)[who % 2] if who % 7 == 0 and pool.minted else HONEST
        contributor = who % CONTRIBUTORS
        fits = fault == HONEST and pool.credit(contributor, amount, who % OPERATORS, part)
        return (who % (CONTRIBUTORS * OPERATORS), amount, part, fault), int(fits)
    if kind == "claim":
        return (who % CONTRIBUTORS, 0, 0, 0), pool.claim(who % CONTRIBUTORS)
    if kind == "claim operator":
        return (who % OPERATORS, 0, 0, 0), pool.claim_operator(who % OPERATORS)
    if kind == "lower ceiling":
        to = pool.minted + (pool.ceiling - pool.minted) * share // 1_000 - who % 2
        return (0, max(to, 0), 0, 0), int(pool.lower_ceiling(max(to, 0)))
    if kind == "lower rate":
        to = pool.highest * share // 1_000
        return (0, to, 0, 0), int(pool.lower_rate(to))
    if kind == "pause":
        until = pool.now + (0, who % 90, LONGEST_PAUSE, LONGEST_PAUSE + 1, -1)[share % 5]
        return (0, max(until, 0), 0, 0), int(pool.pause(max(until, 0)))
    return (0, 0, 0, 0), 0


def _note(
    columns: dict[str, list[str]], pool: PlainPool, kind: str, values: tuple[int, int, int, int], result: int
) -> None:
    row = (KINDS.index(kind), pool.now, *values, result, pool.accrued, pool.minted)
    for name, value in zip(COLUMNS, row, strict=True):
        columns[name].append(str(value))


def _draws(seed: bytes, number: int) -> Iterator[int]:
    counter = 0
    while True:
        text = seed + b"pool" + number.to_bytes(4, "big") + counter.to_bytes(4, "big")
        yield int.from_bytes(sha256(text).digest()[:16], "big")
        counter += 1
