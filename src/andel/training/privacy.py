"""`Privacy`: what of a contributor's update others get to see, as the task fixes it for all of a model's rounds.

Takes and gives plain integers; the task holds one, so that the hash owners accept names the privacy too. Two modes: in
`open` everybody sees every update; in `grouped` only the sum of a group (`andel.training.secure_sum`). In both, each
contributor may add noise of its own before anything leaves (`andel.training.dp_noise`). Also says which choices exclude
each other. What each mode hides, from whom, and what it costs: docs/privacy.md. Never draws, masks or adds anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from andel.errors import PlanError
from andel.training.rules import ValueRules

OPEN: Final = "open"
GROUPED: Final = "grouped"
MODES: Final = (OPEN, GROUPED)
MAX_GROUP: Final = 64
MAX_CLIP_NORM: Final = 1 << 32
"""Largest norm that updates are held to (256.0): no product of it with a value leaves 64 bits."""
MIN_DEVIATION: Final = 1 << 10
"""Smallest standard deviation of noise, in steps of 2**-24: a sum of such noise is as good as Gaussian."""
MAX_DEVIATION: Final = 1 << 26
"""Largest one (4.0, as far as a value of an update goes)."""


@dataclass(frozen=True, slots=True)
class Privacy:
    """A model's privacy.

    `group_size`: the fewest members that a group is drawn with; `group_minimum`: the fewest whose sum is opened,
    whatever the size (both 0 in open mode). With noise, an update is held to the Euclidean length `clip_norm` (at
    2**24) and discrete Gaussian noise of `noise_thousandths` / 1000 times that length is added to each value; losses
    are told at δ = 10**-`delta_digits`, and no contributor sends more than `releases` updates. All four are 0 without
    noise.
    """

    mode: str = OPEN
    group_size: int = 0
    group_minimum: int = 0
    clip_norm: int = 0
    noise_thousandths: int = 0
    delta_digits: int = 0
    releases: int = 0

    @property
    def grouped(self) -> bool:
        """Whether only sums of groups are opened."""
        return self.mode == GROUPED

    @property
    def noisy(self) -> bool:
        """Whether updates carry noise."""
        return self.noise_thousandths > 0

    @property
    def deviation(self) -> int:
        """Standard deviation of the noise of each value, at 2**24; 0 without."""
        return self.clip_norm * self.noise_thousandths // 1_000

    def values(self) -> dict[str, object]:
        """The fields as a task writes them."""
        return asdict(self)


IN_THE_OPEN: Final = Privacy()
"""Open mode without noise."""


def quorum(privacy: Privacy, drawn: int) -> int:
    """How many of a group's `drawn` members must come through, or nothing of the group is opened.

    More than two thirds: a coordinator that calls the honest absent still gets no sum in which fewer than
    two thirds of the group stand, and no two lists of survivors can both find a quorum among members of whom fewer than
    a third lie. It is also the threshold of the shares by which drop-outs are recovered.
    """
    return max(privacy.group_minimum, 2 * drawn // 3 + 1)


def read_privacy(values: object) -> Privacy:
    """The privacy in a task's field. Raises PlanError naming what is missing, out of bounds or against itself."""
    if not isinstance(values, Mapping) or set(values) != {field.name for field in fields(Privacy)}:
        raise PlanError("task field privacy does not have the fields of a privacy")
    kinds = {field.name: (str if field.name == "mode" else int) for field in fields(Privacy)}
    for name, kind in kinds.items():
        if type(values[name]) is not kind:
            raise PlanError(f"privacy {name} is no {kind.__name__}: {str(values[name])[:60]!r}")
    plain: dict[str, Any] = dict(values)
    privacy = Privacy(**plain)
    if privacy.mode not in MODES:
        raise PlanError(f"there is no privacy mode {privacy.mode[:40]!r}", f"one of {', '.join(MODES)}")
    _check_groups(privacy)
    _check_noise(privacy)
    return privacy


def check_rules(privacy: Privacy, rules: ValueRules) -> None:
    """Raises PlanError for value rules that need to see what this privacy hides, with what to choose instead."""
    if rules.audits and privacy.grouped:
        raise PlanError(
            f"rule audits is {rules.audits}, but in grouped mode no single update is seen: a training done again has"
            " nothing to be compared with",
            "set audits to 0, or the mode to open",
        )
    if rules.audits and privacy.noisy:
        raise PlanError(
            f"rule audits is {rules.audits}, but updates carry noise that nobody can draw again",
            "set audits to 0, or noise_thousandths to 0",
        )
    if rules.krum_drop_bps and privacy.grouped:
        raise PlanError(
            f"rule krum_drop_bps is {rules.krum_drop_bps}, but in grouped mode multi-Krum has no single updates to"
            " compare",
            "set krum_drop_bps to 0, or the mode to open",
        )


def _check_groups(privacy: Privacy) -> None:
    if not privacy.grouped:
        if privacy.group_size or privacy.group_minimum:
            raise PlanError("open mode has no groups", "set group_size and group_minimum to 0, or the mode to grouped")
        return
    if not 3 <= privacy.group_minimum <= privacy.group_size <= MAX_GROUP:
        raise PlanError(
            f"groups of {privacy.group_size} with at least {privacy.group_minimum} are not possible",
            f"3 ≤ group_minimum ≤ group_size ≤ {MAX_GROUP}; in a sum of two, each knows the other's update",
        )


def _check_noise(privacy: Privacy) -> None:
    named = (privacy.clip_norm, privacy.noise_thousandths, privacy.delta_digits, privacy.releases)
    if not any(named):
        return
    bounds: Mapping[str, tuple[int, int, int]] = {
        "clip_norm": (privacy.clip_norm, 1, MAX_CLIP_NORM),
        "noise_thousandths": (privacy.noise_thousandths, 1, 1_000_000),
        "delta_digits": (privacy.delta_digits, 3, 15),
        "releases": (privacy.releases, 1, 100_000),
    }
    for name, (value, low, high) in bounds.items():
        if not low <= value <= high:
            raise PlanError(f"privacy {name} is {value}, outside {low} to {high}", "all four are 0 without noise")
    if not MIN_DEVIATION <= privacy.deviation <= MAX_DEVIATION:
        raise PlanError(
            f"noise of deviation {privacy.deviation} is not in {MIN_DEVIATION} to {MAX_DEVIATION} steps of 2**-24",
            "it is clip_norm · noise_thousandths / 1000",
        )
