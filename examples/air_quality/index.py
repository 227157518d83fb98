"""The index: a concentration of fine dust as a step of a published standard, in integers.

Takes micrograms per cubic metre. Gives the index, its band's name, and of two bounds the bands between. Two standards:

- `hj633`: HJ 633-2012 of China's ministry of ecology, the one that Beijing publishes by: breakpoints of the mean of
  24 hours, linear between them, rounded up.
- `epa2024`: the US EPA's of May 2024 (40 CFR 58 appendix G; EPA-454/B-24-002, table 6): concentrations are cut to
  tenths, linear between breakpoints, rounded to the nearest.

Both are made for means of a day. The index of a single hour, as of a forecast, uses the same steps, which is how
China's hourly reports read; it is no day's index. Above the last breakpoint an index is 500.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from andel.errors import InputError

TOP: Final = 500


@dataclass(frozen=True, slots=True)
class Band:
    """Concentrations from `low` to `high` (tenths of a microgram per cubic metre) are `first` to `last`."""

    name: str
    low: int
    high: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Standard:
    """Bands in rising order, and how a value between two steps is rounded."""

    name: str
    title: str
    bands: tuple[Band, ...]
    rounded: Callable[[Fraction], int]
    tenths: Callable[[Fraction], Fraction]


@dataclass(frozen=True, slots=True)
class Index:
    """A step of a standard: 0 to 500, and the name of its band."""

    value: int
    band: str


def _joined(names: tuple[str, ...], breakpoints: tuple[int, ...], steps: tuple[int, ...]) -> tuple[Band, ...]:
    """Bands of which each begins where the one before ends."""
    ends = zip(names, breakpoints, breakpoints[1:], steps, steps[1:], strict=False)
    return tuple(Band(name, low * 10, high * 10, first, last) for name, low, high, first, last in ends)


STANDARDS: Final[Mapping[str, Standard]] = {
    "hj633": Standard(
        "hj633",
        "HJ 633-2012 (China)",
        _joined(
            ("excellent", "good", "lightly polluted", "moderately polluted", "heavily polluted")
            + ("severely polluted", "severely polluted"),
            (0, 35, 75, 115, 150, 250, 350, 500),
            (0, 50, 100, 150, 200, 300, 400, 500),
        ),
        math.ceil,
        lambda value: value,
    ),
    "epa2024": Standard(
        "epa2024",
        "US EPA, May 2024",
        (
            Band("good", 0, 90, 0, 50),
            Band("moderate", 91, 354, 51, 100),
            Band("unhealthy for sensitive groups", 355, 554, 101, 150),
            Band("unhealthy", 555, 1_254, 151, 200),
            Band("very unhealthy", 1_255, 2_254, 201, 300),
            Band("hazardous", 2_255, 3_254, 301, TOP),
        ),
        lambda value: math.floor(value + Fraction(1, 2)),
        lambda value: Fraction(math.floor(value)),
    ),
}


def standard_of(name: str) -> Standard:
    """The standard of that name. Raises InputError."""
    if name not in STANDARDS:
        raise InputError(f"there is no standard {name[:40]!r}", f"one of {', '.join(STANDARDS)}")
    return STANDARDS[name]


def index_of(micrograms: float | Fraction, standard: Standard) -> Index:
    """The index of a concentration; below zero, as dust meters at times are, counts as zero. Raises InputError for
    what is no number.
    """
    if not math.isfinite(micrograms):
        raise InputError(f"{micrograms} is no concentration")
    # by its decimals: the float that is written 9.1 lies below 9.1, and would be cut to 9.0
    exact = micrograms if isinstance(micrograms, Fraction) else Fraction(str(float(micrograms)))
    tenths = standard.tenths(max(Fraction(0), exact * 10))
    for band in standard.bands:
        if tenths <= band.high:
            share = Fraction(tenths - band.low, band.high - band.low)
            return Index(standard.rounded(band.first + share * (band.last - band.first)), band.name)
    return Index(TOP, standard.bands[-1].name)


def bands_between(low: Index, high: Index, standard: Standard) -> tuple[str, ...]:
    """The names of the bands from one index to another, each once, rising."""
    names = list(dict.fromkeys(band.name for band in standard.bands))
    return tuple(names[names.index(low.band) : names.index(high.band) + 1])
