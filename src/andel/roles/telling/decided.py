"""What a vote can do to a model, each in a sentence: prices, rules, versions, emission, operators, alliance, the vote.

Takes a call's values and a `Naming`; gives a sentence. One for every function that the timelock may call; a test
compares the table with `vectors/permissions.json`, so that none is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from andel.ledger.market import Routing
from andel.ledger.payment import COIN
from andel.ledger.policy import Access
from andel.roles.telling.naming import Naming, counted, hashed, moment, named_text, percent, quoted, route_text, span
from andel.units import DAY_SECONDS, Address

Values = Mapping[str, Any]
"""A call's values by the names that the contract gives them."""

Sentence = Callable[[Naming, Values, Address], str]
"""A call in words, of its values and the contract that it goes to."""


def _prices(say: Naming, of: Values, _: Address) -> str:
    who = {
        Access.OPEN: "Let everybody ask the model, for nothing",
        Access.HOLDERS: f"Let holders of {say.own_symbol} ask the model, and nobody else",
        Access.PAID: "Let whoever pays ask the model",
    }[Access(of["mode"])]
    prices = "; ".join(_price(say, *each) for each in of["list"])
    return f"{who}{f': {prices}' if prices else ', with no prices'}; this replaces all prices that hold now"


def _price(
    say: Naming, route: bytes, token: Address, period: int, rate_per_day: int, transferable: bool, amount: int
) -> str:
    limit = f", at most {counted(rate_per_day, 'question')} a day" if rate_per_day else ""
    money = say.amount(amount, token)
    where = "" if token == COIN else f" (the token {token})"
    if not period:
        return f"{route_text(route)} costs {money}{where} for a question{limit}"
    hands = ", which can change hands" if transferable else ""
    return f"{route_text(route)} costs {money}{where} for a pass of {span(period)}{limit}{hands}"


def _bar(_: Naming, of: Values, __: Address) -> str:
    evaluation, lower_is_better, automatic = of["next"]
    if not automatic:
        return "Let a version become current by a vote alone"
    side = "or less" if lower_is_better else "or more"
    return f"Let a newer version become current without a vote if its evaluation is {evaluation} {side}"


def _rate(say: Naming, of: Values, _: Address) -> str:
    rate = of["newRate"]
    if not rate:
        return f"Mint no {say.own_symbol} for anything done from now on"
    return f"Let at most {say.own(rate * DAY_SECONDS)} a day be minted from now on, {rate} base units a second"


def _validators(say: Naming, of: Values, _: Address) -> str:
    who = say.accounts([account for account, _ in of["validators_"]])
    return f"From the next attempt on, {of['k_']} of these validators must agree: {who}"


def _market(say: Naming, of: Values, _: Address) -> str:
    token, price, servers, quorum, routing, seal, reveal, bond = of["terms"]
    model = say.account(of["model"])
    if not servers:
        return f"Close the market for answers of {model}"
    how = Routing(routing).name.lower().replace("_", " ")
    return (
        f"Sell answers of {model} for at least {say.amount(price, token)} a server: {counted(servers, 'server')} "
        f"answer, {quorum} must agree, chosen by {how}; {span(seal)} to seal, {span(reveal)} to reveal; "
        f"a server's bond is {say.coins(bond)}"
    )


def _rule(what: str, since: str) -> Sentence:
    def told(_: Naming, of: Values, __: Address) -> str:
        if not any(of["hash"]):
            return f"Have no {what}{since}"
        return f"Make {named_text(of['hash'])} the {what}{since}"

    return told


def _parts(words: str, values: str) -> Sentence:
    return lambda say, of, _: f"{words} {say.accounts(of[values])}"


def _handed_over(what: str) -> Mapping[str, Sentence]:
    """The three functions of OpenZeppelin's `Ownable2Step`."""
    return {
        "transferOwnership": lambda say, of, _: f"Offer the rule over {what} to {say.account(of['newOwner'])}",
        "renounceOwnership": lambda *_: f"Give up the rule over {what}, for ever",
        "acceptOwnership": lambda *_: f"Take over the rule over {what}",
    }


_NEXT_ROUNDS: Final = ", for rounds opened from then on"

DECIDED: Final[Mapping[str, Mapping[str, Sentence]]] = {
    "ModelPolicy": {
        "setTrainingPolicy": _rule("training policy", _NEXT_ROUNDS),
        "setDataPolicy": _rule("data policy", _NEXT_ROUNDS),
        "setValidationPolicy": _rule("validation policy", _NEXT_ROUNDS),
        "setLicence": _rule("licence of the model and its answers", ""),
        "setPrices": _prices,
        "setBar": _bar,
        "promoteByVote": lambda _, of, __: f"Let version {hashed(of['version'])} answer, whatever the bar says",
        "rollback": lambda _, of, __: f"Go back to version {hashed(of['version'])}, which answered before",
    },
    "RewardPool": {
        "lowerCeiling": lambda say, of, _: f"Let the rounds mint at most {say.own(of['newCeiling'])} in all",
        "lowerRate": _rate,
        "pauseEmission": lambda say, of, _: (
            f"Let no {say.own_symbol} accrue until {moment(of['until'])} (a time that is over ends a pause)"
        ),
    },
    "Operators": {
        "setCoordinator": lambda say, of, _: (
            f"From the next attempt on, {say.account(of['coordinator_'])} is the coordinator; "
            f"it is replaced, where it stands still, by: {say.accounts(of['standbys_'])}"
        ),
        "setValidators": _validators,
        **_handed_over("who operates the model"),
    },
    "Alliance": {
        "trust": _parts("Trust these accounts to list devices, for rounds opened from then on:", "listers"),
        "drop": _parts("No longer trust these accounts to list devices:", "listers"),
        "admit": _parts("Admit these devices, whoever lists them:", "devices"),
        "dismiss": _parts("No longer admit these devices by name:", "devices"),
        "bar": _parts("Keep these devices out, whoever lists them:", "devices"),
        "unbar": _parts("No longer keep these devices out:", "devices"),
        "setRules": lambda _, of, __: (
            f"Make {named_text(of['policyHash'])} the alliance's policy and {named_text(of['termsHash'])} its terms, "
            "which every owner must accept anew if they differ"
        ),
        **_handed_over("the alliance"),
    },
    "ModelToken": {
        "setContractURI": lambda say, of, _: f"Name {quoted(of['uri'])} as where {say.own_symbol} is described",
    },
    "ModelGovernor": {
        "setLateQuorumVoteExtension": lambda _, of, __: (
            f"Prolong a vote by {span(of['newVoteExtension'])} where its quorum is reached late"
        ),
        "setProposalThreshold": lambda say, of, _: f"Ask whoever proposes for {say.own(of['newProposalThreshold'])}",
        "setVotingDelay": lambda _, of, __: f"Begin a vote {span(of['newVotingDelay'])} after its proposal",
        "setVotingPeriod": lambda _, of, __: f"Let a vote last {span(of['newVotingPeriod'])}",
    },
    "ModelTimelock": {
        "updateDelay": lambda _, of, __: f"Carry out what was decided {span(of['newDelay'])} after it is queued",
    },
    "InferenceMarket": {"setTerms": _market},
    "FeeSplitters": {
        "setOperatorsPart": lambda say, of, _: (
            f"Leave {percent(of['part'])} of what a server of {say.account(of['model'])} earns to the server itself"
        ),
    },
    "Successors": {
        "nameSuccessor": lambda say, of, _: (
            f"Name the model {say.account(of['successor'])} as the successor of {say.account(of['model'])}, "
            f"for the reason in {named_text(of['reason'])}"
        ),
        "withdrawSuccessor": lambda say, of, _: f"Take back the successor named for {say.account(of['model'])}",
        "acceptPredecessor": lambda say, of, _: (
            f"Make {say.account(of['model'])} the successor of the model {say.account(of['predecessor'])}, "
            f"for the reason in {named_text(of['reason'])}"
        ),
    },
}
"""Sentences by contract and function."""
