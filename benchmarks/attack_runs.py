"""One run of the attack table: rounds of the full pipeline with an attack in them, and what became of everybody.

The share of the budget that a round pays whatever its gain moves no score and no model, and the noise it must pass only
what the gate makes of records. So a run under the default rules gives the pay under others too: by the pipeline's own
`round_budget`, `merits` and `split_reward`, which are checked here against what `settle` paid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from attack_moves import Move, Scene, honest
from attack_worlds import triggered_change, with_trigger

from andel.simulation.offchain_rounds import OffchainMember, OffchainRounds
from andel.training.integer_mlp import IntArray, predict_change
from andel.training.rules import DEFAULT_RULES
from andel.training.updates import flatten
from andel.units import Address
from andel.value.budget import round_budget
from andel.value.shares import merits, split_reward

_RULES = DEFAULT_RULES
PAY_RULES = {
    "by gain": (0, _RULES.noise_sigmas),
    "default": (_RULES.round_share_bps, _RULES.noise_sigmas),
    "fixed": (10_000, _RULES.noise_sigmas),
    "half, floor 1": (5_000, 1),
}
"""Basis points of the budget that a round above its noise pays whatever its gain, and how many standard errors that
noise is: merit pay, the default, fixed pay, and half fixed from a single standard error on.
"""
INFLATED = 10


@dataclass(frozen=True, slots=True)
class Played:
    """`weights` that counted in the last round; `pays` by round, pay rule and account; `dropped` updates by account;
    the last version's mean absolute error on the report rows, and on how many of them the trigger works.
    """

    weights: Mapping[Address, int]
    pays: tuple[Mapping[str, Mapping[Address, int]], ...]
    dropped: Mapping[Address, int]
    error: float
    triggered: float

    def paid(self, rule: str, accounts: Iterable[Address]) -> int:
        """What those accounts were paid in all."""
        wanted = set(accounts)
        return sum(amount for pay in self.pays for account, amount in pay[rule].items() if account in wanted)

    def over_fair(self, rule: str, accounts: Iterable[Address], drawn: int = 0) -> float:
        """Their part of all pay over their part of all weight; 0 where nobody was paid. With `drawn` contributors who
        train again each round, what is expected of one that would be found out: it earns in a round if it was drawn in
        none before.
        """
        wanted = set(accounts)
        everything = self.paid(rule, self.weights)
        weight = sum(self.weights[account] for account in wanted) / sum(self.weights.values())
        unseen = 1 - drawn / len(self.weights)
        own = sum(
            amount * unseen**earlier
            for earlier, pay in enumerate(self.pays)
            for account, amount in pay[rule].items()
            if account in wanted
        )
        return own / everything / weight if everything else 0.0

    def a_round(self, rule: str, account: Address, first: int = 1, *, minted: bool = False) -> float:
        """Mean pay a round from round `first` on, of all or only of those that minted; 0 of none."""
        pays = [pay[rule] for pay in self.pays[first - 1 :] if not minted or any(pay[rule].values())]
        return sum(pay.get(account, 0) for pay in pays) / max(len(pays), 1)


def play_run(
    rounds: OffchainRounds,
    count: int,
    attackers: Iterable[OffchainMember] = (),
    move: Move = honest,
    *,
    inflate: bool = False,
    late: OffchainMember | None = None,
    joins: int = 1,
) -> Played:
    """So many rounds; `late` takes part from round `joins` on. Attackers send what `move` makes of a scene."""
    chosen = tuple(attackers)
    named = {member.address: INFLATED * member.slots for member in chosen} if inflate else {}
    random = np.random.default_rng(len(chosen) + 17)
    everybody = rounds.members
    steps: list[IntArray] = []
    sent: dict[Address, IntArray] = {}
    for number in range(1, count + 1):
        rounds.members = tuple(m for m in everybody if m is not late or number >= joins)
        before = flatten(rounds.parameters)
        trained = {member.address: rounds.trained(member) for member in rounds.members}
        report = rounds.reports[-1] if rounds.reports else None
        scene = Scene(rounds, frozenset(m.address for m in chosen), trained, sent, report, tuple(steps), random)
        sent = {**trained, **{member.address: move(scene, member) for member in chosen}}
        rounds.play(sent, named)
        step = flatten(rounds.parameters) - before
        steps += [step] if step.any() else []
    return _played(rounds)


def _played(rounds: OffchainRounds) -> Played:
    dropped: dict[Address, int] = {}
    for report in rounds.reports:
        for line in report.contributors:
            if line.reason.startswith("dropped by"):
                dropped[line.contributor] = dropped.get(line.contributor, 0) + 1
    weights = {line.contributor: line.weight for line in rounds.reports[-1].contributors}
    return Played(weights, _pays(rounds), dropped, rounds.errors().mae, _triggered(rounds))


def _pays(rounds: OffchainRounds) -> tuple[Mapping[str, Mapping[Address, int]], ...]:
    paid = {rule: _paid(rounds, share, sigmas) for rule, (share, sigmas) in PAY_RULES.items()}
    for report, default in zip(rounds.reports, paid["default"], strict=True):
        if default != {line.contributor: int(line.share) for line in report.contributors}:
            raise RuntimeError(f"round {report.round}: the pay computed here is not what settle paid")
    return tuple({rule: paid[rule][number] for rule in PAY_RULES} for number in range(len(rounds.reports)))


def _paid(rounds: OffchainRounds, share: int, sigmas: int) -> list[dict[Address, int]]:
    """By round, what that rule pays; its records are of the scores that were settled."""
    plan, best = rounds.plan, 0
    records: dict[Address, int] = {}
    pays = []
    for report in rounds.reports:
        noise = report.noise // plan.rules.noise_sigmas * sigmas
        budget = round_budget(plan.budget, plan.operator_share_bps, share, report.gain, noise, best)
        best = budget.best
        accounts = [line.contributor for line in report.contributors]
        scores = [line.score for line in report.contributors]
        parts = split_reward(budget.paid, merits(scores, [records.get(account, 0) for account in accounts]))
        pays.append({account: int(part) for account, part in zip(accounts, parts, strict=True)})
        for account, score in zip(accounts, scores, strict=True) if abs(report.gain) > noise else ():
            records[account] = records.get(account, 0) + score
    return pays


def _triggered(rounds: OffchainRounds) -> float:
    """On which part of the report rows, with the trigger put in, the version predicts half of the false change."""
    task, rows = rounds.task, rounds.reference.report
    predicted = predict_change(rounds.parameters, with_trigger(task, rows.codes), task.target_scale)
    return float((2 * predicted >= triggered_change(task, len(predicted))).mean())
