"""What must hold between the keys of a model.toml, before a transaction is paid that contracts would refuse.

Takes a `FoundingFile` and the present time. Gives each broken rule: the key it is about, the reason, the remedy. Bounds
are those of `FoundingRules.sol`, `OfferingRules.sol`, `ModelGovernor.sol`, `Operators.sol` and `ModelPolicy.sol`, and a
few of this file that keep a model from being founded dead. Never reads a file or a chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from andel.roles.founding_file.kinds import BPS, MAX_UNITS, WHOLE, from_units, in_words, power_of_ten
from andel.roles.founding_file.local_accounts import known_to_everybody
from andel.roles.founding_file.ownership import Offering, Price
from andel.roles.founding_file.places import Path
from andel.roles.founding_file.sections import FoundingFile
from andel.units import DAY_SECONDS, TOKEN, Address

Broken = Iterator[tuple[Path, str, str]]

_DAY: Final = DAY_SECONDS
_MAX_AHEAD: Final = 180 * _DAY
_LONGEST_ROUND: Final = 30 * _DAY
_GRACE: Final = _DAY
_CLIFF: Final = 180 * _DAY
_VESTING: Final = 360 * _DAY
CHAINS: Final = {"local": 31337, "iotex-testnet": 4690, "iotex": 4689}
"""Chain ids of the networks with a name."""


def broken_rules(file: FoundingFile, now: int) -> list[tuple[Path, str, str]]:
    """Every rule that the file breaks, at `now` (unix seconds)."""
    checks = (_supply, _founders, _emission, _alliance, _governance, _operators, _accounts, _access, _network)
    found = [broken for check in checks for broken in check(file)]
    return found + (list(_offering(file, file.offering, now)) if file.offering is not None else [])


def _supply(file: FoundingFile) -> Broken:
    supply = file.supply
    parts = {name: getattr(supply, name) for name in ("mined_bps", "sale_bps", "treasury_bps", "founders_bps")}
    total = sum(parts.values())
    if total != BPS:
        said = " + ".join(str(part) for part in parts.values())
        yield (
            ("supply",),
            f"the parts of the supply add up to {total}: {said}",
            f"make {', '.join(parts)} add up to {BPS}",
        )
    least = BPS * BPS // 2
    if supply.mined_bps * (BPS - file.emission.operator_share_bps) < least:
        yield (
            ("emission", "operator_share_bps"),
            f"what operators get of the mined part ({file.emission.operator_share_bps}) leaves contributors less than "
            "half of the cap",
            "lower emission.operator_share_bps, or raise supply.mined_bps",
        )
    if supply.sale_bps and file.offering is None:
        yield ("supply", "sale_bps"), "a part is for sale, and there is no [offering]", "add [offering], or set it to 0"
    if file.offering is not None and not supply.sale_bps:
        yield (
            ("offering",),
            "nothing is for sale: supply.sale_bps is 0",
            "leave [offering] out, or raise supply.sale_bps",
        )


def _founders(file: FoundingFile) -> Broken:
    supply = file.supply
    named = sum(founder.bps for founder in supply.founders)
    if named != supply.founders_bps:
        yield (
            ("supply", "founders_bps"),
            f"founders_bps is {supply.founders_bps}, and the founders that are named have {named}",
            "add [[supply.founders]] with account and bps, or change founders_bps",
        )
    for index, founder in enumerate(supply.founders):
        here = ("supply", "founders", index)
        if founder.cliff > founder.vesting:
            yield (*here, "cliff"), f"the cliff ({in_words(founder.cliff)}) is after all has vested", "lengthen vesting"
        if file.network.name == "iotex" and (founder.cliff < _CLIFF or founder.vesting < _VESTING):
            yield (
                here,
                "a founder has its tokens sooner than buyers will forgive",
                f"on IoTeX a cliff of at least {in_words(_CLIFF)} and a vesting of {in_words(_VESTING)}",
            )


def _emission(file: FoundingFile) -> Broken:
    emission = file.emission
    if file.ceiling > file.mined:
        yield (
            ("emission", "ceiling"),
            f"the ceiling {from_units(file.ceiling)} is over the mined part, {from_units(file.mined)}",
            "lower it, or raise supply.mined_bps",
        )
    if not emission.halving and emission.per_day is None:
        yield ("emission",), "without halving nothing says how fast tokens accrue", 'add per_day = "1_000"'
    elif not 0 < file.rate <= MAX_UNITS:
        yield ("emission", "per_day"), "nothing would accrue in a second", "raise it, or shorten halving"
    if emission.tail_per_day and not emission.halving:
        yield ("emission", "tail_per_day"), "a tail is where halving stops, and nothing halves", 'set it to "0"'
    elif file.tail_rate > file.rate:
        yield ("emission", "tail_per_day"), "the tail is over the rate it is the end of", "lower it, or raise per_day"


def _offering(file: FoundingFile, sold: Offering, now: int) -> Broken:
    for name, amount in (("price", sold.price), ("minimum", file.minimum), ("cap_per_buyer", sold.cap_per_buyer)):
        yield from _paid(("offering",), name, amount, sold)
    target = -(-file.offered * sold.price // TOKEN)
    if file.minimum > target:
        yield (
            ("offering", "minimum"),
            f"the minimum {from_units(file.minimum)} is over {from_units(target)}, which is all that can be paid",
            "lower it, or raise price or supply.sale_bps",
        )
    if not sold.milestone_rounds and sold.first_bps != BPS:
        yield ("offering", "first_bps"), "without milestones all is released at success", f"set it to {BPS}"
    if sold.milestone_rounds and sold.first_bps == BPS:
        yield ("offering", "first_bps"), "nothing is left for the milestones", "lower it, or set milestone_rounds to 0"
    if sold.milestone_rounds and sold.milestone_within < _DAY:
        yield ("offering", "milestone_within"), "there is less than a day for the milestones", "give them time"
    if sold.only_alliance and sold.allow_root is not None:
        yield ("offering", "allow_root"), "a sale is for the alliance or for a list, not both", "leave one out"
    closes = sold.opens.given(now) + sold.window
    if closes <= now:
        yield ("offering", "opens"), "the sale is over before the launch", "write a later date"
    if closes > now + _MAX_AHEAD:
        yield (
            ("offering", "opens"),
            f"the sale ends later than {in_words(_MAX_AHEAD)} from now",
            "open it earlier, or launch later",
        )


def _paid(path: Path, name: str, amount: int, owed: Offering | Price) -> Broken:
    """Amounts that what is paid with cannot be divided into."""
    if owed.payment is None and owed.decimals != WHOLE:
        yield (*path, "decimals"), f"the chain's coin has {WHOLE} decimals", "leave decimals out"
    elif amount % power_of_ten(WHOLE - owed.decimals):
        yield (
            (*path, name),
            f"{name} {from_units(amount)} has more than the {owed.decimals} decimals of what is paid with",
            "shorten it, or correct decimals",
        )


def _alliance(file: FoundingFile) -> Broken:
    alliance = file.alliance
    named = bool(alliance.listers or alliance.devices)
    if alliance.existing is not None and named:
        yield ("alliance", "existing"), "an alliance that is there has its own listers and devices", "leave them out"
    if alliance.existing is None and not named:
        yield (
            ("alliance",),
            "no lister and no device is named: nobody could contribute, so nobody would ever hold enough for a vote",
            "add listers (whom you trust to vouch for devices), or devices",
        )


def _governance(file: FoundingFile) -> Broken:
    rules = file.governance
    strict = file.network.name == "iotex"
    if file.owner is not None and rules is not None:
        yield ("owner",), "a model has an owner or is governed, not both", "leave owner out"
    if file.owner is not None and strict:
        yield ("owner",), "on IoTeX no model is one account's", "leave owner out; holders decide by [governance]"
    if rules is None:
        return
    for name in ("voting_delay", "voting_period", "extension", "timelock"):
        if getattr(rules, name) < rules.shortest:
            yield (
                ("governance", name),
                f"{name} ({in_words(getattr(rules, name))}) is below shortest ({in_words(rules.shortest)})",
                f"lengthen {name}, or lower shortest for ever",
            )
    if rules.extension > rules.voting_period:
        yield ("governance", "extension"), "the extension is longer than the vote", "shorten it, or lengthen the period"
    if strict and rules.shortest < _DAY:
        yield ("governance", "shortest"), "on IoTeX a vote takes a day at least", 'write shortest = "1 day"'
    if file.proposal_threshold > file.supply.cap // 100:
        yield (
            ("governance", "proposal_threshold"),
            f"the threshold {from_units(file.proposal_threshold)} is over a hundredth of the cap, "
            f"{from_units(file.supply.cap // 100)}",
            "lower it, or nobody may ever propose",
        )


def _operators(file: FoundingFile) -> Broken:
    operators, n = file.operators, file.n
    if not n:
        yield ("operators",), "no validator is named", "add [[operators.validators]] with account and sealing_key"
    elif not n < 2 * operators.k <= 2 * n:
        yield (
            ("operators", "k"),
            f"k is {operators.k} of n = {n} validators",
            f"more than half, and no more than there are: {n // 2 + 1} to {n}",
        )
    if file.plan.least_k > operators.k:
        yield ("plan", "least_k"), f"least_k {file.plan.least_k} is over k, {operators.k}: no round opens", "lower it"
    if file.challenge_floor > operators.bond:
        yield ("operators", "challenge_floor"), "a challenge would cost more than an operator's bond", "lower it"
    settling = file.settling
    least = _LONGEST_ROUND + settling + 2 * _GRACE
    if operators.unbonding < least:
        yield (
            ("operators", "unbonding"),
            f"{in_words(operators.unbonding)} are over before all that was done under the bond can be shown",
            f"at least {in_words(least)}: a round of 30 days, commits, window, two hearings, two days",
        )
    if operators.idle < settling:
        yield (
            ("operators", "idle"),
            f"a coordinator would be replaced while validators, a window and a hearing take {in_words(settling)}",
            f"at least {in_words(settling)}",
        )
    yield from _cover(file)


def _cover(file: FoundingFile) -> Broken:
    """No round opens whose budget is worth over k bonds."""
    operators, worth = file.operators, file.token_worth
    if worth is None:
        yield (
            ("operators",),
            "nothing says what a token is held to be worth, so no bond can be compared with it",
            'add token_worth = "0.01" (coins for a whole token)',
        )
        return
    minted = min(file.rate * file.plan.round_length, file.ceiling)
    covered, held = operators.k * operators.bond, minted * worth // TOKEN
    if held > covered:
        yield (
            ("operators", "bond"),
            f"one round_length mints tokens worth {from_units(held)}, and k bonds cover {from_units(covered)}",
            "raise bond, or lower token_worth, round_length or the emission",
        )


def _accounts(file: FoundingFile) -> Broken:
    """Roles that exclude each other, and keys that everybody knows."""
    operators = file.operators
    seen: dict[Address, str] = {}
    roles: list[tuple[Path, Address, str]] = [(("operators", "coordinator"), operators.coordinator, "the coordinator")]
    roles += [(("operators", "standbys", i), each, "a standby") for i, each in enumerate(operators.standbys)]
    roles += [
        (("operators", "validators", i, "account"), each.account, "a validator")
        for i, each in enumerate(operators.validators)
    ]
    for path, account, role in roles:
        if account in seen:
            yield path, f"{account} is {seen[account]} and {role}", "one account has one part; name another"
        seen.setdefault(account, role)
    if file.network.name == "local":
        return
    held: list[tuple[Path, Address | None]] = [(path, account) for path, account, _ in roles]
    held += [(("owner",), file.owner)]
    held += [(("alliance", "listers", i), each) for i, each in enumerate(file.alliance.listers)]
    held += [(("supply", "founders", i, "account"), each.account) for i, each in enumerate(file.supply.founders)]
    for path, holder in held:
        if holder in known_to_everybody():
            yield (
                path,
                f"everybody knows the key of {holder}",
                "name an account of your own; this one is for local chains",
            )


def _access(file: FoundingFile) -> Broken:
    access = file.access
    routes: set[str] = set()
    for index, price in enumerate(access.prices):
        here = ("access", "prices", index)
        if price.route in routes:
            yield (*here, "route"), f"{price.route} has two prices", "name each route once"
        routes.add(price.route)
        yield from _paid(here, "amount", price.amount, price)
    if access.mode == "paid" and not access.prices:
        yield (
            ("access", "mode"),
            "access is paid, and nothing has a price",
            "add [[access.prices]] with route and amount",
        )


def _network(file: FoundingFile) -> Broken:
    network, shared = file.network, file.network.contracts
    if network.name == "other":
        for name in ("rpc", "chain_id"):
            if getattr(network, name) is None:
                yield ("network",), f"another network needs its {name}", f"add {name}"
    elif network.chain_id not in (None, CHAINS[network.name]):
        yield (
            ("network", "chain_id"),
            f"{network.name} is chain {CHAINS[network.name]}, not {network.chain_id}",
            'leave it out, or write name = "other"',
        )
    if shared.ModelFactory is not None and (shared.DeviceRegistry is None or shared.BatchRegistry is None):
        yield ("network", "contracts"), "a factory alone says nothing of its registries", "name both registries too"
    if shared.BatchRegistry is not None and shared.DeviceRegistry is None:
        yield ("network", "contracts"), "a BatchRegistry rests on a DeviceRegistry", "name it too"
    if shared.InferenceMarket is not None and (shared.OnchainModels is None or shared.FeeSplitters is None):
        yield ("network", "contracts"), "a market rests on OnchainModels and FeeSplitters", "name both too"
