"""What people sign for a model themselves, each in a sentence: tokens, claims, the offering, revenue, votes, devices.

Takes a call's values and a `Naming`; gives a sentence. One for every function that the page sends; a test compares the
table with the page's sources. What carries calls of its own (`propose`, `relay`) stands in `plain_calls`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from andel.ledger.governance import Support
from andel.roles.telling.decided import Sentence, Values
from andel.roles.telling.naming import Naming, counted, hashed, moment, named_text, quoted, route_text
from andel.units import Address


def _delegate(say: Naming, of: Values, to: Address) -> str:
    held = f"{say.your} {say.symbol(to)}"
    return f"Give the votes of {held} to {say.account(of['delegatee'])}; the tokens stay where they are"


def _approve(say: Naming, of: Values, to: Address) -> str:
    if not of["value"]:
        return f"Allow {say.account(of['spender'])} to take no {say.symbol(to)} any more"
    return f"Allow {say.account(of['spender'])} to take up to {say.amount(of['value'], to)}"


def _transfer(say: Naming, of: Values, to: Address) -> str:
    return f"Pay {say.amount(of['value'], to)}{say.payer} to {say.account(of['to'])}"


def _transfer_from(say: Naming, of: Values, to: Address) -> str:
    return f"Move {say.amount(of['value'], to)} of {say.account(of['from'])} to {say.account(of['to'])}"


def _burn_and_redeem(say: Naming, of: Values, to: Address) -> str:
    part = f"its part of the redeemable revenue in {say.symbols(of['tokens'])}"
    return f"Destroy {say.amount(of['amount'], to)} for ever, and be paid {part}"


def _claim_earned(say: Naming, of: Values, _: Address) -> str:
    earned = say.own(of["cumulative"])
    return f"Pay {say.account(of['account'])} what it has not been paid yet of its earnings, {earned} in all"


def _buy_pass(say: Naming, of: Values, _: Address) -> str:
    model, plan, holder, terms, token, most = of["order"]
    return (
        f"Buy the pass {route_text(plan)} of {say.account(model)} for {say.account(holder)}, for at most "
        f"{say.amount(most, token)}, under the licence in {named_text(terms)}"
    )


def _vote(_: Naming, of: Values, __: Address) -> str:
    choice = {Support.AGAINST: "against", Support.FOR: "for", Support.ABSTAIN: "to abstain on"}[Support(of["support"])]
    reason = f", and say {quoted(of['reason'])}" if of.get("reason") else ""
    return f"Vote {choice} proposal {_short(of['proposalId'])}{reason}"


def _withdraw(say: Naming, of: Values, __: Address) -> str:
    since = f"from {moment(of['until'])} on" if of["until"] else "from now on"
    return f"Withdraw {say.your} consent to the terms in {named_text(of['termsHash'])}, for rounds opened {since}"


def _p256_device(_: Naming, of: Values, __: Address) -> str:
    return f"Register the device with the key {hashed(of['key'][0])} as yours"


def _short(proposal: int) -> str:
    digits = str(proposal)
    return digits if len(digits) <= 12 else f"{digits[:6]}…{digits[-4:]}"


_TOKEN: Final[Mapping[str, Sentence]] = {
    "approve": _approve,
    "transfer": _transfer,
    "transferFrom": _transfer_from,
}

SIGNED: Final[Mapping[str, Mapping[str, Sentence]]] = {
    "AuthorizedToken": _TOKEN,
    "ModelToken": {
        **_TOKEN,
        "delegate": _delegate,
        "burn": lambda say, of, to: f"Destroy {say.amount(of['amount'], to)} for ever, for nothing",
        "burnAndRedeem": _burn_and_redeem,
    },
    "RewardPool": {
        "claim": _claim_earned,
        "claimOperator": lambda say, of, _: f"Pay {say.account(of['operator'])} what it has earned by operating",
    },
    "ModelOffering": {
        "buy": lambda say, of, _: (
            f"Pay up to {say.amount(of['amount'], say.payment)} into the offering, for {say.own_symbol} "
            f"of {say.account(of['buyer'])}"
        ),
        "claim": lambda say, of, _: f"Send {say.account(of['buyer'])} the {say.own_symbol} that it bought",
        "refund": lambda say, of, _: (
            f"Pay {say.account(of['buyer'])} back what the offering owes it in {say.symbol(say.payment)}"
        ),
        "refundTo": lambda say, of, _: (
            f"Pay what the offering owes you in {say.symbol(say.payment)} to {say.account(of['to'])}"
        ),
        "settle": lambda *_: "Settle the offering: decide whether it succeeded or failed",
        "countRounds": lambda _, of, __: f"Count the final rounds since the offering, at most {of['limit']} of them",
        "release": lambda say, *_: f"Pay the offering's {say.symbol(say.payment)} that is released to the treasury",
    },
    "RevenueVault": {
        "claim": lambda say, of, _: (
            f"Fetch {say.your} part of the revenue in {say.symbol(of['token'])} "
            f"of {counted(len(of['epochs']), 'finished epoch')}"
        ),
        "claimFor": lambda say, of, _: (
            f"Pay {say.account(of['account'])} its part of the revenue in {say.symbol(of['token'])} "
            f"of {counted(len(of['epochs']), 'finished epoch')}"
        ),
        "deposit": lambda say, of, _: f"Pay {say.amount(of['amount'], of['token'])} to the model as its revenue",
    },
    "ModelGovernor": {
        "castVote": _vote,
        "castVoteWithReason": _vote,
        "queue(uint256)": lambda _, of, __: (
            f"Put proposal {_short(of['proposalId'])}, which has passed, into the timelock"
        ),
        "execute(uint256)": lambda _, of, __: f"Carry out proposal {_short(of['proposalId'])}",
        "cancel(uint256)": lambda _, of, __: f"Take back proposal {_short(of['proposalId'])}",
        "veto": lambda _, of, __: (
            f"Stand against proposal {_short(of['proposalId'])} with the tokens that you earned by contributing"
        ),
    },
    "Alliance": {
        "accept": lambda _, of, __: f"Accept the alliance's terms in {named_text(of['termsHash'])} for your devices",
        "withdraw": _withdraw,
    },
    "DeviceRegistry": {
        "claim": lambda _, of, __: f"Register the device {of['device']} as yours",
        "claimP256": _p256_device,
        "release": lambda _, of, __: f"Give up the device {of['device']}",
        "transfer": lambda say, of, _: f"Hand the device {of['device']} over to {say.account(of['to'])}",
    },
    "AccessPass": {
        "buy": _buy_pass,
        "transfer": lambda say, of, _: f"Pass your pass of {say.account(of['model'])} on to {say.account(of['to'])}",
    },
}
"""Sentences by contract and function."""
