"""What a founder sets, as the simulation uses it: defaults, and the bounds the contracts keep.

Takes nothing. Gives `Terms`, checked against `BOUNDS`, which repeat `FoundingRules.sol`, `OfferingRules.sol`,
`Epochs.sol` and `ModelGovernor.sol`. Amounts are base units or wei of the payment coin, times
seconds, parts ten-thousandths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final

from andel import founding_defaults as defaults
from andel.errors import SettingsError
from andel.training.rules import ValueRules
from andel.units import DAY_SECONDS, TOKEN
from andel.value.emission import EmissionSchedule

BPS: Final = 10_000
COIN: Final = defaults.COIN
YEAR: Final = 365 * DAY_SECONDS
MAX_CAP: Final = (1 << 104) - 1


@dataclass(frozen=True, slots=True)
class Terms:
    """The parameters of docs/economics.md, in its order; the defaults are its defaults."""

    cap: int = defaults.CAP
    ceiling: int = defaults.CAP * defaults.MINED_BPS // BPS
    offered: int = defaults.CAP * defaults.SALE_BPS // BPS
    founders: int = defaults.CAP * defaults.FOUNDERS_BPS // BPS
    halving_period: int = defaults.HALVING_PERIOD
    tail_rate: int = defaults.TAIL_RATE
    operator_share_bps: int = defaults.OPERATOR_SHARE_BPS
    round_share_bps: int = 1_000
    noise_sigmas: int = 4
    audits: int = 3
    price: int = defaults.EXAMPLE_PRICE
    minimum_bps: int = defaults.MINIMUM_BPS
    window: int = defaults.WINDOW
    first_bps: int = defaults.FIRST_BPS
    milestone_rounds: int = defaults.MILESTONE_ROUNDS
    milestone_deadline: int = defaults.MILESTONE_DEADLINE
    vesting_cliff: int = defaults.VESTING_CLIFF
    vesting_duration: int = defaults.VESTING_DURATION
    epoch_length: int = defaults.EPOCH_LENGTH
    redeemable_bps: int = defaults.REDEEMABLE_BPS
    validators: int = 7
    k: int = 4
    bond: int = defaults.EXAMPLE_BOND
    coin_per_token: int = defaults.WORTH_OF_PRICE * defaults.EXAMPLE_PRICE
    challenge_window: int = defaults.CHALLENGE_WINDOW
    commit_period: int = defaults.COMMIT_PERIOD
    hearing_period: int = defaults.HEARING_PERIOD
    challenge_floor: int = defaults.CHALLENGE_FLOOR
    unbonding_period: int = defaults.UNBONDING_PERIOD
    idle_period: int = defaults.IDLE_PERIOD
    plant_bps: int = 100
    shortest: int = defaults.SHORTEST
    voting_delay: int = defaults.VOTING_DELAY
    voting_period: int = defaults.VOTING_PERIOD
    extension: int = defaults.EXTENSION
    timelock_delay: int = defaults.TIMELOCK_DELAY
    threshold_bps: int = defaults.THRESHOLD_BPS
    quorum_bps: int = defaults.QUORUM_BPS
    veto_bps: int = defaults.VETO_BPS

    @property
    def rate(self) -> int:
        """Base units a second at first: halved again and again they come near the ceiling and never above it."""
        return self.ceiling // (2 * self.halving_period) if self.halving_period else self.ceiling // (4 * YEAR)

    @property
    def schedule(self) -> EmissionSchedule:
        """The emission, from second 0."""
        return EmissionSchedule(0, self.rate, self.ceiling, self.halving_period, self.tail_rate)

    @property
    def rules(self) -> ValueRules:
        """How rounds are valued and paid; what is not a founder's question stays at its default."""
        return ValueRules(noise_sigmas=self.noise_sigmas, round_share_bps=self.round_share_bps, audits=self.audits)

    @property
    def covered(self) -> int:
        """The most base units one round may mint: what k bonds are worth at the stated worth of a token."""
        return self.k * self.bond * TOKEN // self.coin_per_token

    @property
    def deciding(self) -> int:
        """How many equal words end a hearing: two thirds of the validators, rounded up."""
        return -(-2 * self.validators // 3)

    @property
    def settling(self) -> int:
        """Seconds that validators, a window and a hearing may take after a round's seed."""
        return self.commit_period + self.challenge_window + 2 * self.hearing_period

    @property
    def shortest_takeover(self) -> int:
        """Seconds from a proposal to its effect, at least."""
        return self.voting_delay + self.voting_period + self.timelock_delay


_DAY: Final = DAY_SECONDS
BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "cap": (1, MAX_CAP),
    "ceiling": (1, MAX_CAP),
    "offered": (0, MAX_CAP),
    "founders": (0, MAX_CAP),
    "halving_period": (0, 1 << 63),
    "tail_rate": (0, (1 << 128) - 1),
    "operator_share_bps": (0, 1_000),
    "round_share_bps": (0, BPS),
    "noise_sigmas": (0, 100),
    "audits": (0, 100),
    "price": (1, (1 << 128) - 1),
    "minimum_bps": (1, BPS),
    "window": (600, 90 * _DAY),
    "first_bps": (0, BPS),
    "milestone_rounds": (0, 10_000),
    "milestone_deadline": (_DAY, 1_095 * _DAY),
    "vesting_cliff": (0, 10 * YEAR),
    "vesting_duration": (0, 10 * YEAR),
    "epoch_length": (3_600, 90 * _DAY),
    "redeemable_bps": (0, BPS),
    "validators": (1, 32),
    "k": (1, 32),
    "bond": (1, (1 << 128) - 1),
    "coin_per_token": (1, 1 << 96),
    "challenge_window": (0, 30 * _DAY),
    "commit_period": (0, 7 * _DAY),
    "hearing_period": (60, 7 * _DAY),
    "challenge_floor": (1, (1 << 128) - 1),
    "unbonding_period": (0, 365 * _DAY),
    "idle_period": (0, 365 * _DAY),
    "plant_bps": (0, 5_000),
    "shortest": (60, 30 * _DAY),
    "voting_delay": (60, 30 * _DAY),
    "voting_period": (60, 60 * _DAY),
    "extension": (60, 60 * _DAY),
    "timelock_delay": (60, 30 * _DAY),
    "threshold_bps": (0, 100),
    "quorum_bps": (1, BPS),
    "veto_bps": (0, BPS),
}


def require_sound(terms: Terms) -> Terms:
    """The same terms. SettingsError names the first that the contracts would refuse."""
    for name, (low, high) in BOUNDS.items():
        value = getattr(terms, name)
        if not low <= value <= high:
            raise SettingsError(f"{name} is {value}, outside {low} to {high}", "docs/economics.md gives the bounds")
    given = terms.offered + terms.founders
    refused = {
        "ceiling": terms.ceiling > terms.cap - given,
        "k": not terms.validators < 2 * terms.k <= 2 * terms.validators,
        "vesting_cliff": terms.vesting_cliff > terms.vesting_duration,
        "tail_rate": terms.tail_rate > (terms.rate if terms.halving_period else 0),
        "first_bps": (terms.first_bps == BPS) != (terms.milestone_rounds == 0),
        "challenge_floor": terms.challenge_floor > terms.bond,
        "unbonding_period": terms.unbonding_period < 32 * _DAY + terms.settling,
        "idle_period": terms.idle_period < terms.settling,
        "extension": terms.extension > terms.voting_period,
        "shortest": terms.shortest
        > min(terms.voting_delay, terms.voting_period, terms.extension, terms.timelock_delay),
        "coin_per_token": terms.covered == 0,
    }
    for name, wrong in refused.items():
        if wrong:
            raise SettingsError(
                f"{name} {getattr(terms, name)} does not go with the other terms", "docs/economics.md gives the bounds"
            )
    return terms


def with_values(terms: Terms, values: Mapping[str, int]) -> Terms:
    """The terms with some changed, checked. SettingsError for a name that is none, or a value out of bounds."""
    known = asdict(terms)
    for name in values:
        if name not in known:
            raise SettingsError(f"there is no term {name[:40]!r}", f"one of {', '.join(known)}")
    return require_sound(replace(terms, **values))
