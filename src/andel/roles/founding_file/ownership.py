"""The sections of model.toml about money and votes: supply, emission, offering, revenue, access, promotion, governance.

Takes nothing. Bounds are those of the contracts (`LaunchTypes.sol`, `IModelOffering.sol`, `IModelGovernor.sol`,
`IModelPolicy.sol`) or narrower. Amounts are integers of 1e-18 of a token or coin, times seconds, parts 1/10000. What
must hold between keys stands in `rules`. Never reads a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from andel import founding_defaults as defaults
from andel.roles.founding_file.keys import Tables, key
from andel.roles.founding_file.kinds import (
    BPS,
    MAX_UNITS,
    WHOLE,
    Account,
    Amount,
    Choice,
    Flag,
    Hex,
    Moment,
    Payment,
    Seconds,
    Text,
    When,
    Whole,
    file_named,
    from_units,
    in_words,
    power_of_ten,
)
from andel.units import DAY_SECONDS, SLOT_SECONDS, Address

MAX_CAP: Final = (1 << 104) - 1
_MOST: Final = MAX_UNITS
_DAY: Final = DAY_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Founder:
    """[[supply.founders]]: tokens of somebody who founds the model, which vest."""

    account: Address = key(Account(), "Who gets what has vested.")
    bps: int = key(Whole(1, 1_000, "1000"), "Its part of the cap, in 1/10000.")
    cliff: int = key(
        Seconds(0, 3_650 * _DAY, '"182 days"'),
        "From the launch on, before which nothing has vested.",
        in_words(defaults.VESTING_CLIFF),
        "six months: who leaves early has nothing",
    )
    vesting: int = key(
        Seconds(0, 3_650 * _DAY, '"547 days"'),
        "From the launch on, after which all has vested.",
        in_words(defaults.VESTING_DURATION),
        "twelve months after the cliff, second by second",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """[supply]: the cap, and who may ever get what part of it. The parts add up to 10,000."""

    cap: int = key(
        Amount(10**18, MAX_CAP),
        "The most tokens that are ever minted.",
        from_units(defaults.CAP),
        "a round number; only parts count",
    )
    mined_bps: int = key(
        Whole(5_000, BPS),
        "Mined by data, operators' part included.",
        defaults.MINED_BPS,
        "data makes the model: at least half",
    )
    sale_bps: int = key(
        Whole(0, 2_000),
        "Sold in the offering.",
        defaults.SALE_BPS,
        "votes that were bought stay behind those that were mined",
    )
    treasury_bps: int = key(
        Whole(0, 2_000),
        "The treasury's, which only votes spend.",
        defaults.TREASURY_BPS,
        "the sale's proceeds are its own",
    )
    founders_bps: int = key(
        Whole(0, 1_000), "Founders'; the sum of [[supply.founders]].", defaults.FOUNDERS_BPS, "a tenth, and it vests"
    )
    treasury_vesting: int = key(
        Seconds(0, 3_650 * _DAY), "Over which the treasury's part is set free.", "0 seconds", "a vote is slow enough"
    )
    founders: tuple[Founder, ...] = key(Tables(Founder, 15), "One table for each founder.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """[emission]: how fast what is mined accrues; votes can only lower it."""

    ceiling: int | None = key(
        Amount(1, MAX_CAP), "The most that ever accrues, tokens.", optional=True, otherwise="all of the mined part"
    )
    halving: int = key(
        Seconds(0, 36_500 * _DAY, '"730 days"'),
        "After which the rate is halved, again and again; 0 for never.",
        in_words(defaults.HALVING_PERIOD),
        "early data teaches most, and two years leave time to be found",
    )
    per_day: int | None = key(
        Amount(1, _MOST),
        "Tokens that accrue on the first day; rounded down to units a second.",
        optional=True,
        otherwise="the rate whose halvings come near the ceiling; needed without halving",
    )
    tail_per_day: int = key(
        Amount(0, _MOST, '"10"'),
        "Halving stops at this many tokens a day.",
        "0",
        "what is mined comes near its ceiling",
    )
    operator_share_bps: int = key(
        Whole(0, 1_000),
        "Operators' part of each emission.",
        defaults.OPERATOR_SHARE_BPS,
        "what a replay costs; the contracts' most",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """[offering]: the sale; left out where supply.sale_bps is 0."""

    price: int = key(Amount(1, _MOST, '"0.01"'), "For one whole token.")
    payment: Address | None = key(Payment(), "What is paid with.", "coin", "everybody has it for gas")
    decimals: int = key(Whole(0, WHOLE), "Decimals of what is paid with.", WHOLE, "the coin's; many dollars have 6")
    minimum: int | None = key(
        Amount(1, _MOST, '"500"'),
        "Paid less in all, everybody gets everything back.",
        optional=True,
        otherwise="a quarter of what all costs",
    )
    cap_per_buyer: int = key(
        Amount(0, _MOST, '"10"'),
        "The most one account pays; 0 for no cap.",
        "0",
        "without admission, more accounts step around it",
    )
    opens: Moment = key(When(), "The first second of the sale.", "1 day", "time to look at what was launched")
    window: int = key(
        Seconds(600, 90 * _DAY),
        "How long one can buy.",
        in_words(defaults.WINDOW),
        "first and last second have the same price",
    )
    only_alliance: bool = key(Flag(), "Only owners of devices that the alliance admits may buy.", False, "open to all")
    allow_root: bytes | None = key(Hex(32), "Root of the accounts that may buy.", optional=True, otherwise="no list")
    first_bps: int = key(
        Whole(0, BPS),
        "Part of the proceeds that the treasury gets at success.",
        defaults.FIRST_BPS,
        "enough to begin with",
    )
    milestone_rounds: int = key(
        Whole(0, 10_000),
        "Rounds that pay, by which the rest is released; 0 for all at once.",
        defaults.MILESTONE_ROUNDS,
        "who takes the money without training returns it",
    )
    milestone_within: int = key(
        Seconds(0, 1_095 * _DAY),
        "After the sale; what is not released by then is the buyers'.",
        in_words(defaults.MILESTONE_DEADLINE),
        "500 rounds fit",
    )

    def units(self, amount: int) -> int:
        """An amount in the payment's smallest units. `rules` has made sure that it is whole."""
        return amount // power_of_ten(WHOLE - self.decimals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revenue:
    """[revenue]: how what the model earns is shared."""

    epoch: int = key(
        Seconds(SLOT_SECONDS, 90 * _DAY),
        "Shared by what was held in it, second by second.",
        in_words(defaults.EPOCH_LENGTH),
        "few claims, short waits",
    )
    redeemable_bps: int = key(
        Whole(0, BPS),
        "Part that is kept for who burns tokens.",
        defaults.REDEEMABLE_BPS,
        "a floor for the price, paid by those who stay",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """[[access.prices]]: what one way of asking costs."""

    route: str = key(
        Text(32, '"predict"', "^[a-z0-9/_-]+$", "small letters, digits, / _ and -"), "The route, or the pass's name."
    )
    amount: int = key(Amount(0, _MOST, '"0.001"'), "For a call, or for a pass.")
    payment: Address | None = key(Payment(), "What is paid with.", "coin", "everybody has it for gas")
    decimals: int = key(Whole(0, WHOLE), "Decimals of what is paid with.", WHOLE, "the coin's; many dollars have 6")
    period: int = key(
        Seconds(0, 3_650 * _DAY, '"30 days"'), "How long a pass lasts; 0 for a price per call.", "0 seconds", "per call"
    )
    rate_per_day: int = key(
        Whole(0, (1 << 32) - 1), "Calls a day; 0: as the server says.", 0, "the server knows its load"
    )
    transferable: bool = key(Flag(), "Whether a pass can be passed on.", False, "a rate is one holder's")

    def units(self) -> int:
        """The amount in the payment's smallest units. `rules` has made sure that it is whole."""
        return self.amount // power_of_ten(WHOLE - self.decimals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """[access]: who may ask off chain. Inside the chain reading is free."""

    mode: str = key(Choice(("open", "holders", "paid")), "Who may ask.", "open", "a model nobody knows earns nothing")
    licence: str | None = key(
        file_named("LICENCE.md"), "The text under which model and answers may be used.", optional=True, otherwise="none"
    )
    prices: tuple[Price, ...] = key(Tables(Price, 32), "One table for each route.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """[promotion]: when a version becomes current without a vote."""

    automatic: bool = key(
        Flag(), "Without a vote, at or better than the bar.", False, "first see what a version is worth"
    )
    evaluation: int = key(
        Whole(-(1 << 63), (1 << 63) - 1), "The bar, in the attested evaluation's own unit.", 0, "no bar is known yet"
    )
    lower_is_better: bool = key(Flag(), "Whether the evaluation is an error.", True, "it is, in tasks of this release")


@dataclass(frozen=True, slots=True, kw_only=True)
class Governance:
    """[governance]: how holders vote. Everything that may ever change is theirs."""

    voting_delay: int = key(
        Seconds(60, 30 * _DAY),
        "From a proposal to the second whose votes count.",
        in_words(defaults.VOTING_DELAY),
        "time to delegate",
    )
    voting_period: int = key(Seconds(60, 60 * _DAY), "Of voting.", in_words(defaults.VOTING_PERIOD), "a working week")
    extension: int = key(
        Seconds(60, 60 * _DAY),
        "How long a vote stays open once its quorum is complete.",
        in_words(defaults.EXTENSION),
        "votes bought late are answered",
    )
    proposal_threshold: int | None = key(
        Amount(0, MAX_CAP, '"5_000"'),
        "Votes a proposer needs; at most a hundredth of the cap.",
        optional=True,
        otherwise="half a hundredth of the cap",
    )
    timelock: int = key(
        Seconds(60, 30 * _DAY),
        "From a vote's end to its effect.",
        in_words(defaults.TIMELOCK_DELAY),
        "who disagrees can leave, contributors can veto",
    )
    shortest: int = key(
        Seconds(60, 30 * _DAY),
        "No vote ever goes below this, in any of the times above.",
        in_words(defaults.SHORTEST),
        "a night's sleep",
    )
    quorum_bps: int = key(
        Whole(1, BPS), "Part of held tokens that a vote needs.", defaults.QUORUM_BPS, "a quarter; sleepers are many"
    )
    veto_bps: int = key(
        Whole(0, BPS),
        "Part of what contributors mined that stops a proposal; 0 for no veto.",
        defaults.VETO_BPS,
        "who bought cannot outvote who trained",
    )
    data_policy: str | None = key(
        file_named("data-policy.md"), "The text that says which data counts.", optional=True, otherwise="none"
    )
    validation_policy: str | None = key(
        file_named("validation-policy.md"),
        "The text that says how versions are scored.",
        optional=True,
        otherwise="none",
    )
