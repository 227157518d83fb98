"""Who can do what, once the model is launched, in words.

Takes a `Founding` and, where the model is there, its `Lock`. Gives one line for each holder of a power, as the
contracts have it: nothing here gives or takes a power. Never asks a chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from andel.ledger.launching import Allocation, GovernanceConfig, ModelConfig
from andel.ledger.payment import COIN_DECIMALS, amount_text
from andel.roles.launching.founding import Founding
from andel.roles.launching.lock import Lock
from andel.units import TOKEN, Address

_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Power:
    """A holder of power, what it can do alone, and what binds it."""

    who: str
    may: str
    bound: str


def powers_of(founding: Founding, lock: Lock | None = None) -> list[Power]:
    """Everybody with a power over the model, the strongest first, then what nobody can do."""
    config = founding.config
    model = {} if lock is None else lock.model
    found = [_ruler(config, model.get("ModelTimelock"))]
    if config.governance is not None and config.governance.veto_bps:
        found.append(
            Power(
                "contributors together",
                "stop a proposal before it is executed",
                f"with {_percent(config.governance.veto_bps)} of all that was mined, at least a hundredth of the cap",
            )
        )
    found += _operators(config)
    found += [_vesting(each) for each in config.allocations]
    found += _alliance(config)
    found.append(
        Power(
            "anybody",
            "void what is late, finalise what was agreed, replace an idle coordinator, challenge with a bond, pay "
            "claims and bonds for others, publish what k validators signed",
            "by the rules of the contracts; money goes to whom it belongs",
        )
    )
    whom = "the account that launches" if lock is None else f"{lock.sender} (launched it)"
    extra = "" if config.owner is None else "; unless it is the owner above"
    found.append(Power(whom, "nothing", f"the launch leaves it no power{extra}"))
    found.append(
        Power(
            "nobody",
            f"mint over the cap of {_tokens(config.cap)}, raise the emission, upgrade a contract, or change bonds, "
            "windows and periods",
            "they lie in the contracts' code",
        )
    )
    return found


def _ruler(config: ModelConfig, timelock: Address | None) -> Power:
    if config.governance is None:
        return Power(
            f"owner {config.owner}",
            "name operators, lower or pause the emission, rule the alliance, publish versions, take what is sold for",
            "alone and at once: for tests and demonstrations, not for holders to trust",
        )
    rules = config.governance
    where = "" if timelock is None else f", through the timelock {timelock}"
    return Power(
        f"holders by vote{where}",
        "name operators, lower or pause the emission, rule the alliance's terms, set policies, prices and licence, "
        "promote and roll back versions, spend the treasury",
        _vote(config, rules),
    )


def _vote(config: ModelConfig, rules: GovernanceConfig) -> str:
    sold = " once the offering is settled" if config.offering is not None else ""
    return (
        f"{_tokens(rules.proposal_threshold)} propose{sold} and when {_tokens(config.cap // 10)} are held; vote of "
        f"{_time(rules.voting_period)} after {_time(rules.voting_delay)}; quorum {_percent(rules.quorum_bps)} of what "
        f"is held, at least {_tokens(config.cap // 100)}; executed after {_time(rules.timelock_delay)}"
    )


def _operators(config: ModelConfig) -> list[Power]:
    n, bond = len(config.validators), _coins(config.bond)
    found = [
        Power(
            f"coordinator {config.coordinator}",
            "open rounds, order and close them; stall them",
            f"bond {bond}; replaced when idle for {_time(config.idle_period)}, or by the ruler; cannot decide a result",
        )
    ]
    found += [
        Power(f"standby {each}", "coordinate when the coordinator is idle", f"bond {bond}; in this order")
        for each in config.standbys
    ]
    for each in config.validators:
        found.append(
            Power(f"validator {each.account}", "attest a round's result", f"bond {bond}; decides nothing alone")
        )
    share = _percent(config.operator_share_bps)
    found.append(
        Power(
            f"{config.k} of {n} validators together",
            "decide what a round gave: version, shares, evaluation",
            f"at most what has accrued; challenged within {_time(config.challenge_window)}; operators get {share}",
        )
    )
    return found


def _vesting(each: Allocation) -> Power:
    start = "the launch" if each.start == 0 else f"second {each.start}"
    cliff = f", nothing before {_time(each.cliff)}" if each.cliff else ""
    who = "the treasury (whoever rules)" if each.account is None else f"founder {each.account}"
    return Power(
        who,
        f"take {_tokens(each.amount)} as they vest",
        f"in equal parts over {_time(each.duration)} from {start}{cliff}; unvested tokens neither vote nor earn",
    )


def _alliance(config: ModelConfig) -> list[Power]:
    if config.alliance is not None:
        return [
            Power(
                f"owner of the alliance {config.alliance}",
                "admit and remove devices, listers and terms",
                "an alliance that was there before: it is not the model's to rule",
            )
        ]
    return [
        Power(f"lister {each}", "vouch for devices that may contribute", "named by the alliance; the ruler removes it")
        for each in config.listers
    ]


def _percent(bps: int) -> str:
    return f"{bps / 100:g} %"


def _tokens(base_units: int) -> str:
    whole, part = divmod(base_units, TOKEN)
    text = f"{whole:,}" + (f".{part:018}".rstrip("0") if part else "")
    return f"{text} tokens"


def _coins(wei: int) -> str:
    return f"{amount_text(wei, COIN_DECIMALS)} coins"


def _time(seconds: int) -> str:
    for unit, length in (("days", _DAY), ("hours", 3_600), ("minutes", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds // length} {unit if seconds != length else unit[:-1]}"
    return f"{seconds} seconds"
