"""The models of a chain: what each predicts, how well, at which price, how much of it is owned.

Takes the served model's memory and a page. Gives the served model first, then those that the market knows and those
that its factory launched, the newest first. What somebody's contract says is taken only where it is a model that this
release knows (`find_model`); of any other the address alone is told. Its task comes from this store, where that holds
it. A page's models are read, others never; what is said of others than the served one may be some seconds old.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from andel.errors import ChainError, RpcUnreachable
from andel.ledger.deployment import find_model
from andel.ledger.offering import OfferingStatus
from andel.ledger.round_state import RoundState, Status
from andel.roles.showing.followed import Followed
from andel.roles.showing.kept import Kept
from andel.roles.showing.measured import Baselines, error_of
from andel.roles.showing.memory import Memory
from andel.roles.showing.plain import Facts, page_of, places
from andel.units import Address

SKILL_ROUNDS: Final = 5
"""Skill is the mean over so many final rounds, the newest ones."""

_LOOKED_AT: Final = 16
_OTHERS_SECONDS: Final = 15
_KEPT: Final = 512


class Catalogue:
    """The models beside the served one."""

    def __init__(self, memory: Memory, baselines: Baselines) -> None:
        """Reads nothing yet."""
        self._memory, self._baselines = memory, baselines
        self._launches = Followed(memory.model.factory, ["ModelLaunched"])
        self._others = Kept[Address, Memory | None](_KEPT)
        self._items = Kept[tuple[Address, int], Facts](_KEPT)

    def page(self, first: int, count: int) -> Facts:
        """A page of models. Raises ChainError, ContentUnreachable."""
        addresses = self._memory.head.get("models", self._addresses)
        shown = [addresses[place] for place in places(first, count, len(addresses))]
        note = None if self._launches.whole else "models launched long ago are told only where the market knows them"
        return page_of([self._item(each) for each in shown], len(addresses), first) | {"note": note}

    def _addresses(self) -> Sequence[Address]:
        memory = self._memory
        launched = [Address(event.arguments["model"]) for event in self._launches.read(memory.head.block().number)]
        asked = memory.model.market.models() if memory.model.market is not None else []
        return tuple(dict.fromkeys([memory.manager.address, *asked, *reversed(launched)]))

    def _item(self, address: Address) -> Facts:
        memory = self._memory
        if address == memory.manager.address:
            return memory.head.get(
                ("catalogue", self._baselines.note), lambda: model_item(memory, self._baselines, served=True)
            )
        other = self._others.get(address, lambda: self._opened(address))
        if other is None:
            return _unknown(address)
        moment = int(memory.clock() // _OTHERS_SECONDS)
        return self._items.get((address, moment), lambda: model_item(other, None, served=False))

    def _opened(self, address: Address) -> Memory | None:
        own = self._memory
        try:
            found = find_model(own.chain, address)
        except RpcUnreachable:
            raise
        except ChainError:
            return None
        model = replace(
            found,
            onchain_models=own.model.onchain_models,
            access_pass=own.model.access_pass,
            successors=own.model.successors,
            fee_splitters=own.model.fee_splitters,
            market=own.model.market,
        )
        return Memory(model, own.store, own.clock, own.start)


def model_item(memory: Memory, baselines: Baselines | None, served: bool) -> Facts:
    """One line of the catalogue. Raises ChainError, ContentUnreachable."""
    task, earned, total = memory.task(), memory.earned(), memory.rounds_count()
    token, access, price = memory.model.token, *access_and_price(memory)
    return {
        "address": memory.manager.address,
        "name": token.name(),
        "task": task.name if task else None,
        "predicts": task.target if task else None,
        "unit": task.unit if task else None,
        "horizon_seconds": task.horizon_seconds if task else None,
        "features": len(task.features) if task else None,
        "skill": skill_of(memory, baselines),
        "price": price,
        "access": access,
        "supply": {
            "minted": str(token.total_supply()),
            "cap": str(token.cap()),
            "symbol": memory.symbol,
            "decimals": 18,
        },
        "rounds": total,
        "contributors": None if earned is None else len(earned.accounts),
        "offering": _offering(memory),
        "alliance": memory.model.alliance.address,
        "endpoints": _endpoints(memory),
        "served": served,
    }


def skill_of(memory: Memory, baselines: Baselines | None) -> Facts | None:
    """Mean error of the newest final rounds' versions, and of predicting no change on the same rows.

    In the target's unit; None before the first final round, or where the task is not known. `baseline` is None where
    it is not known of each of those rounds.
    """
    task = memory.task()
    states = final_rounds(memory)[:SKILL_ROUNDS]
    if task is None or not states:
        return None
    errors = [error for state in states if (error := error_of(state, task)) is not None]
    stood = baselines.of(states) if baselines is not None else [None]
    known = [each for each in stood if each is not None]
    return {
        "error": sum(errors) / len(errors),
        "baseline": sum(known) / len(known) if len(known) == len(errors) else None,
        "unit": task.unit,
        "rounds_measured": len(errors),
    }


def final_rounds(memory: Memory, most: int = _LOOKED_AT) -> list[RoundState]:
    """The final ones of the newest `most` rounds, newest first. Raises ChainError."""
    total = memory.rounds_count()
    states = memory.rounds(range(total, max(total - most, 0), -1))
    return [state for state in states if state.status == Status.FINALISED]


def access_and_price(memory: Memory) -> tuple[str | None, Facts | None]:
    """Who may ask, and what it costs: a call where calls have a price, else the first pass; None where nobody votes."""
    if memory.policy is None:
        return None, None
    access, prices = memory.head.get("prices", memory.policy.prices)
    if not prices:
        return access.name.lower(), None
    shown = next((price for price in prices if not price.period), prices[0])
    return access.name.lower(), {
        "token": memory.token(shown.token),
        "amount": str(shown.amount),
        "period": shown.period,
        "route": shown.route,
    }


def _offering(memory: Memory) -> str:
    if memory.offering is None:
        return "none"
    status = memory.head.get("offering status", lambda: memory.offering and memory.offering.books().status)
    return status.name.lower() if isinstance(status, OfferingStatus) else "none"


def _endpoints(memory: Memory) -> list[str]:
    market = memory.model.market
    if market is None:
        return []
    return [each.endpoint for each in market.servers(memory.manager.address) if not each.withdrawable_at]


def _unknown(address: Address) -> Facts:
    names = ("name", "task", "predicts", "unit", "horizon_seconds", "features", "skill", "price", "access", "supply")
    none: Facts = dict.fromkeys((*names, "rounds", "contributors", "offering", "alliance"))
    return {"address": address, **none, "endpoints": [], "served": False, "note": "no model that this release knows"}
