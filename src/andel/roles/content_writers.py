"""Who may keep objects at a model's content service: asked of the chain, remembered a while, within bounds.

Takes a model and what operators and contributors may keep in a day. Gives an account's `Allowance`, or None. Operators
are those of the present epoch and of the newest round's, and the owners of the operators' contract and of the alliance
(they publish reference sets, policies and terms). A contributor is the owner of a device that it names and that the
alliance admits now. Strangers cost the node a bounded number of questions a second; then only who is known is told.
Never reads a signature.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

from andel.errors import ChainError
from andel.ledger.deployment import ModelContracts
from andel.serving.content_api import Allowance
from andel.units import Address

_OPERATORS_SECONDS: Final = 30.0
_ADMITTED_SECONDS: Final = 600.0
_REFUSED_SECONDS: Final = 30.0
_REMEMBERED: Final = 10_000
_QUESTIONS_A_SECOND: Final = 10.0
_QUESTIONS_AT_ONCE: Final = 50.0


class ContentWriters:
    """The writers of one model. Safe to call from threads; one question at a time goes to the node."""

    def __init__(
        self,
        model: ModelContracts,
        operators: Allowance,
        contributors: Allowance,
        clock: Callable[[], float],
    ) -> None:
        """`clock` counts seconds from anywhere and never falls. Asks nothing yet."""
        self._model = model
        self._operators = operators
        self._contributors = contributors
        self._clock = clock
        self._lock = Lock()
        self._known: tuple[float, frozenset[Address]] = (float("-inf"), frozenset())
        self._asked: OrderedDict[tuple[Address, Address], tuple[float, bool]] = OrderedDict()
        self._left, self._filled_at = _QUESTIONS_AT_ONCE, clock()

    def allowance(self, account: Address, device: Address | None) -> Allowance | None:
        """What an account may keep that speaks for a device, if for any. Raises ChainError: too many questions too."""
        with self._lock:
            if account in self._operator_accounts():
                return self._operators
            if device is None:
                return None
            return self._contributors if self._owns_admitted(account, device) else None

    def _operator_accounts(self) -> frozenset[Address]:
        asked_at, accounts = self._known
        if self._clock() >= asked_at + _OPERATORS_SECONDS:
            accounts = _operators_of(self._model)
            self._known = (self._clock(), accounts)
        return accounts

    def _owns_admitted(self, account: Address, device: Address) -> bool:
        place, now = (account, device), self._clock()
        until, answer = self._asked.pop(place, (float("-inf"), False))
        if now >= until:
            self._spend_question(now)
            answer = _owns_admitted(self._model, account, device)
            until = now + (_ADMITTED_SECONDS if answer else _REFUSED_SECONDS)
        self._asked[place] = (until, answer)
        while len(self._asked) > _REMEMBERED:
            self._asked.popitem(last=False)
        return answer

    def _spend_question(self, now: float) -> None:
        gained = (now - self._filled_at) * _QUESTIONS_A_SECOND
        self._left, self._filled_at = min(_QUESTIONS_AT_ONCE, self._left + gained), now
        if self._left < 1:
            raise ChainError("too many unknown accounts ask who they are", "try again in a second")
        self._left -= 1


def _operators_of(model: ModelContracts) -> frozenset[Address]:
    manager, operators = model.round_manager, model.operators
    sets = [operators.of_epoch()]
    if (newest := manager.newest_round()) is not None and (epoch := newest.operators_epoch):
        sets.append(operators.of_epoch(epoch))
    owners = operators.owner(), model.alliance.owner()
    found = {account for each in sets for account in each.accounts}
    return frozenset(found | {owner for owner in owners if owner is not None})


def _owns_admitted(model: ModelContracts, account: Address, device: Address) -> bool:
    if model.device_registry.status_of(device).owner != account:
        return False
    return model.alliance.are_admitted([device], model.alliance.chain.block_time() + 1)[0]
