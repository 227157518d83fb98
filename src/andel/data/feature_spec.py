"""`FeatureSpec`: one input of a model, as its task names it: a value now or before, a difference, a mean, a clock.

Takes and gives plain values. Every value that a feature looks at has a name, `temperature` for the one of the moment
asked about and `temperature@-3600` for the one an hour before; a question gives values under the same names. What is
looked back at is bounded, in time and in number. Never reads a value itself (`andel.data.features`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from andel.errors import PlanError

FeatureKind = Literal["channel", "lag", "difference", "mean", "hour-sin", "hour-cos", "year-sin", "year-cos"]

DEFAULT_EXPONENT: Final = -2
MAX_LOOK_BACK: Final = 6 * 86_400
"""Furthest a feature looks back (seconds): with its horizon a row lies in one week."""
MAX_SAMPLES: Final = 48
"""Most values of one mean."""
MAX_VALUES: Final = 96
"""Most values that the features of one task look at, each moment of a channel counted once."""

_MEASURED: Final = ("channel", "lag", "difference", "mean")
_MARK: Final = "@-"
_MAX_LIMIT = 2**53
_MAX_HARMONIC = 24
_MAX_AMPLITUDE = 126
_MAX_EXPONENT = 18


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """One input of a model.

    channel: code = (v - low) * 255 // (high - low), clipped to 0..255, of the channel's value v in steps of
    10**exponent. lag: the same of the value `seconds` before; difference: of the value now less that one; mean: of the
    sum of `samples` values, now and every seconds / samples before, divided by their number and rounded down.
    hour-*, year-*: sine or cosine of UTC time of day or of the day of the year, `harmonic`
    periods each, with 1 at code 128 + `high` and -1 at 128 - `high` (45 gives the codes a standard deviation
    of 1.0 in the network's units). Raises PlanError for a spec that means nothing.
    """

    name: str
    kind: FeatureKind
    channel: str = ""
    low: int = 0
    high: int = 0
    harmonic: int = 0
    exponent: int = DEFAULT_EXPONENT
    seconds: int = 0
    samples: int = 0

    def __post_init__(self) -> None:
        if self.kind not in get_args(FeatureKind):
            raise PlanError(f"feature {self.name!r} has an unknown kind {self.kind!r}")
        if self.is_measured:
            self._check_measured()
        else:
            self._check_clock()
        check_exponent(self.exponent)

    @property
    def is_measured(self) -> bool:
        """Whether it looks at a channel; what does not needs only the time."""
        return self.kind in _MEASURED

    @property
    def moments(self) -> tuple[int, ...]:
        """How many seconds before the moment asked about it looks at its channel, rising; none for a clock."""
        if self.kind == "lag":
            return (self.seconds,)
        if self.kind == "difference":
            return 0, self.seconds
        if self.kind == "mean":
            return tuple(range(0, self.seconds, self.seconds // self.samples))
        return (0,) if self.kind == "channel" else ()

    @property
    def values(self) -> tuple[str, ...]:
        """The names of the values it looks at, in the order of `moments`."""
        return tuple(value_name(self.channel, back) for back in self.moments)

    def _check_measured(self) -> None:
        if not self.channel or "@" in self.channel:
            raise PlanError(f"feature {self.name!r} names no channel: {self.channel[:60]!r}")
        if not -_MAX_LIMIT <= self.low < self.high <= _MAX_LIMIT:
            raise PlanError(f"feature {self.name!r} has an empty range, {self.low} to {self.high}")
        if (self.kind == "channel") == bool(self.seconds) or not 0 <= self.seconds <= MAX_LOOK_BACK:
            raise PlanError(
                f"feature {self.name!r} looks back {self.seconds} s",
                f"0 for a channel's value now, else 1 to {MAX_LOOK_BACK}",
            )
        if self.kind != "mean" and self.samples:
            raise PlanError(f"feature {self.name!r} takes one value and names {self.samples} samples")
        if self.kind == "mean" and (not 2 <= self.samples <= MAX_SAMPLES or self.seconds % self.samples):
            raise PlanError(
                f"feature {self.name!r} cannot take {self.samples} samples in {self.seconds} s",
                f"2 to {MAX_SAMPLES} samples, whole seconds apart",
            )

    def _check_clock(self) -> None:
        if not 1 <= self.harmonic <= _MAX_HARMONIC:
            raise PlanError(f"feature {self.name!r} has harmonic {self.harmonic}, not 1 to {_MAX_HARMONIC}")
        if not 0 < self.high <= _MAX_AMPLITUDE:
            raise PlanError(f"feature {self.name!r} swings by {self.high} codes, not 1 to {_MAX_AMPLITUDE}")
        if self.seconds or self.samples:
            raise PlanError(f"feature {self.name!r} is of the clock, which has no past to look at")


def value_name(channel: str, back: int) -> str:
    """The name of a channel's value `back` seconds before the moment asked about."""
    return f"{channel}{_MARK}{back}" if back else channel


def read_value_name(name: str) -> tuple[str, int]:
    """(channel, seconds before) of a value's name. Raises PlanError for one that is not as `value_name` writes it."""
    channel, _, back = name.partition(_MARK)
    seconds = int(back) if back.isascii() and back.isdecimal() and len(back) <= len(str(MAX_LOOK_BACK)) else 0
    if not channel or "@" in channel or value_name(channel, seconds) != name:
        raise PlanError(f"{name[:60]!r} names no value", f"a channel, or channel{_MARK}SECONDS")
    return channel, seconds


def values_of(features: Iterable[FeatureSpec]) -> tuple[str, ...]:
    """The names of all values that the features look at, sorted."""
    return tuple(sorted({name for feature in features for name in feature.values}))


def check_exponent(exponent: int) -> None:
    """Raises PlanError for a power of ten that no feature is measured in."""
    if not -_MAX_EXPONENT <= exponent <= _MAX_EXPONENT:
        raise PlanError(f"exponent {exponent} is not within -{_MAX_EXPONENT} to {_MAX_EXPONENT}")
