"""`ValueRules`: how a round's updates are filtered, combined, scored and paid, as its plan says it.

Takes and gives plain integers. The task names the rules' hash, so that what a model's founder published holds for all
of its rounds: a coordinator that could choose a filter or a step from round to round could choose who is paid. What the
rules do stands in `andel.value`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from andel.encoding import canonical_json
from andel.errors import PlanError
from andel.hashing import sha256
from andel.units import Digest

CLIPS: Final = ("weighted-median", "none")
MAX_NOVELTY_STEPS: Final = 8
MAX_QUARTERS: Final = 64


@dataclass(frozen=True, slots=True)
class ValueRules:
    """The rules of a round; the defaults are what `docs/decisions/0014-the-value-pipeline.md` measured.

    `line_search` holds step lengths in quarters. `noise_sigmas`: how many standard errors a gain must be above zero
    before anything is minted, and away from zero before a score counts in the record. `clip` is one of `CLIPS`.
    `gate_mads`: how many median absolute deviations under the median a harmful update must lie to be dropped; 0 turns
    the whole gate off. `krum_drop_bps`: up to which part of the
    weight multi-Krum drops what lies apart; 0 turns it off. `novelty_steps`: how many of the model's last steps are
    not paid again. `round_share_bps`: which part of the budget a round that passes its noise pays whatever its gain;
    the rest pays by gain against the best so far. `audits`: how many contributors seed 2 draws who show, in the next
    round, what they trained on.
    """

    line_search: tuple[int, ...] = (0, 1, 2, 3, 4, 6, 8, 12, 16)
    noise_sigmas: int = 4
    clip: str = "weighted-median"
    gate_mads: int = 4
    krum_drop_bps: int = 0
    novelty_steps: int = 3
    round_share_bps: int = 1_000
    audits: int = 0

    @property
    def hash(self) -> Digest:
        """SHA-256 of `to_bytes`, which the task names."""
        return sha256(self.to_bytes())

    def to_bytes(self) -> bytes:
        """The canonical fields: the object under `hash` in the content store."""
        return canonical_json(self.values())

    def values(self) -> dict[str, object]:
        """The fields as a plan writes them."""
        return asdict(self)


DEFAULT_RULES: Final = ValueRules()


def read_rules(values: Mapping[str, Any]) -> ValueRules:
    """The rules in a plan's field, whose plain fields are checked already.

    Raises PlanError for a value out of bounds, TypeError or ValueError for fields that are no rules.
    """
    rules = ValueRules(**{**values, "line_search": tuple(int(quarter) for quarter in values["line_search"])})
    bounds: Mapping[str, tuple[int, int, int]] = {
        "line_search": (len(rules.line_search), 1, 64),
        "noise_sigmas": (rules.noise_sigmas, 0, 100),
        "gate_mads": (rules.gate_mads, 0, 100),
        "krum_drop_bps": (rules.krum_drop_bps, 0, 4_000),
        "novelty_steps": (rules.novelty_steps, 0, MAX_NOVELTY_STEPS),
        "round_share_bps": (rules.round_share_bps, 0, 10_000),
        "audits": (rules.audits, 0, 100),
    }
    for name, (value, low, high) in bounds.items():
        if not low <= value <= high:
            raise PlanError(f"rule {name} is {value}, outside {low} to {high}")
    if not all(0 <= quarter <= MAX_QUARTERS for quarter in rules.line_search):
        raise PlanError(f"line_search {rules.line_search} leaves 0 to {MAX_QUARTERS} quarters")
    if rules.clip not in CLIPS:
        raise PlanError(f"there is no clip {rules.clip[:40]!r}", f"one of {', '.join(CLIPS)}")
    return rules
