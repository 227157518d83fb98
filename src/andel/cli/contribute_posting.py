"""What `andel contribute` says and allows of postings: updates whose hash the owner itself puts on chain."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from andel.cli.options import coins, parse_coins
from andel.errors import SettingsError
from andel.ledger.deployment import ModelContracts
from andel.roles.node_posting import POST_GAS, Allowed, When, most_wei
from andel.roles.posting import check_can_post
from andel.training.task import Task

_WHEN: Final = {
    When.UNASKED: "in an attempt in which nobody took your update's hash",
    When.ALWAYS: "in every attempt in which you committed data",
}


@dataclass(frozen=True, slots=True)
class Postings:
    """The options about postings, as they were given."""

    when: str
    coins: str
    after_seconds: int
    key_file: Path | None


def parse_allowed(given: Postings) -> Allowed:
    """What the options allow. Raises SettingsError, InputError."""
    if given.when not in list(When):
        raise SettingsError(f"--post-updates takes no {given.when[:40]!r}", f"one of {', '.join(When)}")
    when = When(given.when)
    if when is not When.NEVER and not given.coins:
        raise SettingsError("what postings may cost is not said", "the most coins in all, as --post-coins 0.5")
    return Allowed(when, parse_coins(given.coins) if given.coins else 0, given.after_seconds)


def told_of_postings(model: ModelContracts, task: Task, allowed: Allowed, spent: int) -> list[tuple[str, str]]:
    """What is posted and what it costs, for the owner to read before joining; nothing where nothing is.

    Raises PlanError where the task has no updates that can be posted, ChainError.
    """
    if allowed.when is When.NEVER:
        return []
    check_can_post(task)
    cost = (
        f"one transaction, at most {POST_GAS:,} gas, which is {coins(most_wei(model))} coins now; all postings of this "
        f"node at most {coins(allowed.budget)} coins, of which {coins(spent)} count as spent"
    )
    then = "the update lies in the content store, for everybody, also when the attempt dies"
    when = f"{_WHEN[allowed.when]}, {allowed.patience_seconds} s after the data was fixed"
    return [("postings", f"{when}: {cost}; {then}")]
