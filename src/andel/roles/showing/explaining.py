"""Why an account earned what it earned in a round: the words of `andel value explain`.

Takes a memory, an account, and a round or none. Gives sentences and figures from a replay that trusts what an auditor
trusts. A replay takes seconds; its verdict is kept, so the next account of the same round waits for nothing. Without a
round it is the newest in which the account earned, of those that are looked at.
"""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Final

from andel.errors import EvidenceError, InputError
from andel.ledger.round_state import RoundState, Status
from andel.roles.explainer import settled_again
from andel.roles.showing.kept import Kept
from andel.roles.showing.memory import Memory
from andel.roles.showing.plain import Facts
from andel.training.plan import RoundPlan
from andel.units import Address
from andel.value.explain import Explanation, explain
from andel.value.report import ValueReport

ROUNDS_LOOKED_AT: Final = 32
"""How many rounds back the newest one that an account earned in is looked for."""

_KEPT: Final = 4
_WAITING: Final = 2

Verdict = tuple[RoundPlan, ValueReport]


class Verdicts:
    """Rounds settled again, the last few. Only a few may wait for one: a stranger's questions hold no other one up."""

    def __init__(self, memory: Memory) -> None:
        """Settles nothing yet."""
        self._memory = memory
        self._kept: Kept[bytes, Verdict] = Kept(_KEPT, alone=True)  # two replays at once would each take twice as long
        self._waiting = BoundedSemaphore(_WAITING)

    def of(self, state: RoundState) -> Verdict | None:
        """The verdict on a final round; None while too many wait for others.

        Raises EvidenceError, ContentError, ContentUnreachable, ChainError.
        """
        name = bytes(state.agreed)
        found, verdict = self._kept.find(name)
        if found:
            return verdict
        if not self._waiting.acquire(blocking=False):
            return None
        try:
            return self._kept.get(name, lambda: self._settle(state.round))
        finally:
            self._waiting.release()

    def _settle(self, number: int) -> Verdict:
        memory = self._memory
        replay = settled_again(memory.model, memory.store, number, memory.references)
        return replay.evidence.plan, replay.report


def explained(memory: Memory, verdicts: Verdicts, account: Address, number: int | None) -> Facts:
    """The account's share in a round, in words and figures; amounts in base units, as decimal text.

    Raises InputError for a round that is not there or one that the account had no part in, EvidenceError for one that
    is not final or cannot be settled again here, ContentError for evidence that is missing.
    """
    state = _newest(memory, account) if number is None else _named(memory, number)
    verdict = verdicts.of(state)
    if verdict is None:
        wait = ["Other rounds are being settled again, one after another: ask again in some seconds."]
        nothing: Facts = {"earned_in_round": None, "sentences": wait, "facts": [], "pending": True}
        return {"account": account, "round": state.round} | nothing
    found = explain(*verdict, account)
    return {
        "account": account,
        "round": state.round,
        "earned_in_round": str(found.own.share),
        "pending": False,
        "sentences": found.sentences(),
        "facts": _figures(found),
    }


def _named(memory: Memory, number: int) -> RoundState:
    total = memory.rounds_count()
    if not 1 <= number <= total:
        raise InputError(f"there is no round {number}", f"rounds 1 to {total} were opened")
    (state,) = memory.rounds([number])
    if state.status != Status.FINALISED:
        raise EvidenceError(f"round {number}", f"it is {state.status.name.lower()}: nobody has earned anything in it")
    return state


def _newest(memory: Memory, account: Address) -> RoundState:
    """The newest final round whose state says that the account has more than before; else the newest of its own."""
    total = memory.rounds_count()
    states = memory.rounds(range(total, max(total - ROUNDS_LOOKED_AT, 0), -1))
    final = [state for state in states if state.status == Status.FINALISED]
    if not final:
        raise InputError("no round is final yet", "nobody has earned anything")
    own = [state for state in final if account in (memory.commitments_of(state) or {})]
    for state in own:
        after = memory.history(state.state_hash)
        before = [each for each in final if each.round < state.round]
        former = memory.history(before[0].state_hash) if before else None
        if after is None or (before and former is None):
            break
        if after.earned.get(account, 0) > (former.earned.get(account, 0) if former else 0) or not before:
            return state
    if not own:
        raise InputError(
            f"{account} took part in none of the last {len(final)} final rounds", "name an earlier round of its own"
        )
    return own[0]


def _figures(found: Explanation) -> list[Facts]:
    """Each figure by a name of dots: `budget.whole`."""
    flat: list[Facts] = []
    for name, value in found.values().items():
        if isinstance(value, dict):
            flat += [{"name": f"{name}.{part}", "value": str(inner)} for part, inner in value.items()]
        elif name != "what_would_change_it" and value is not None:
            flat.append({"name": name, "value": str(value)})
    return flat
