"""Why one contributor earned what it earned in one round, in numbers and in plain words.

Takes a `ValueReport` and its plan. Gives an `Explanation`. Computes nothing that `settle` did not: it only puts the
report's own figures beside each other, and says what another figure would have led to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from andel.errors import InputError
from andel.training.plan import RoundPlan
from andel.training.rules import ValueRules
from andel.units import TOKEN, Address
from andel.value.report import ContributorValue, ValueReport

_SCORE_ONE: Final = 1 << 49
_GATE_ONE: Final = 1 << 49
_LENGTH_ONE: Final = 1 << 24
_SLOTS_MORE: Final = 10  # a tenth more


@dataclass(frozen=True, slots=True)
class Explanation:
    """One contributor's line of a report with what it is compared with.

    `counted` is the weight of all updates that moved the model, `merit_sum` the merit of all; `rank` is by share, from
    1, of `ranked` contributors; a share that several have has their best rank.
    """

    rules: ValueRules
    report: ValueReport
    own: ContributorValue
    counted: int
    merit_sum: int
    rank: int
    ranked: int

    def values(self) -> dict[str, object]:
        """Every figure, for programs: scores, merits, lengths and amounts as decimal text, since JSON ends at 2**53."""
        own, report, gate = self.own, self.report, self.report.gate
        return {
            "round": report.round,
            "contributor": own.contributor,
            "reason": own.reason,
            "note": own.note,
            "weight": own.weight,
            "counted_weight": self.counted,
            "length": str(own.length),
            "clipped_to": str(report.norm_limit),
            "gate": gate
            and {
                "score": str(own.gate_score),
                "median": str(gate.median),
                "deviation": str(gate.deviation),
                "floor": str(gate.floor),
                "median_record": str(gate.record),
            },
            "score": {"plain": str(own.plain), "repeated": str(own.plain - own.score), "counts": str(own.score)},
            "before": str(own.credit),
            "debt": str(own.debt),
            "merit": str(own.merit),
            "merit_sum": str(self.merit_sum),
            "share": str(own.share),
            "rank": self.rank,
            "ranked": self.ranked,
            "gain": str(report.gain),
            "noise": str(report.noise),
            "best_gain": str(report.budget.best),
            "budget": {
                "whole": str(report.budget.whole),
                "any_gain": str(report.budget.fixed),
                "by_gain": str(report.budget.by_gain),
                "minted": str(report.minted),
            },
            "what_would_change_it": self.changes(),
        }

    def sentences(self) -> list[str]:
        """The same for people, stage by stage."""
        own, report = self.own, self.report
        first = f"Round {report.round}: {own.contributor} earned {_tokens(own.share)} tokens"
        if not own.weight:
            return [f"{first}: {own.reason}.", *self.changes()]
        lines = [
            f"{first}, rank {self.rank} of {self.ranked}.",
            f"Weight: {own.weight:,} proven slots, beside {self.counted:,} that moved the model."
            + (f" Less than it committed: {own.note}." if own.note else ""),
            self._gate_line(),
            self._clip_line(),
            f"Score: its update improved the model by {own.plain / _SCORE_ONE:.3g} of mean loss; "
            f"{(own.plain - own.score) / _SCORE_ONE:.3g} of it does not count{self._why_not()}, which leaves "
            f"{own.score / _SCORE_ONE:.3g}.",
            f"Record: its devices stood at {own.credit / _SCORE_ONE:.3g} before the round"
            + (", a debt that is made good first." if own.debt else ", so nothing is owed."),
            self._budget_line(),
        ]
        if own.merit and report.minted:
            part = own.merit / self.merit_sum
            lines.append(f"Share: {part:.2%} of all merit, hence {_tokens(own.share)} of {_tokens(report.minted)}.")
        return [*lines, *self.changes()]

    def changes(self) -> list[str]:
        """What would have led to another share."""
        own, report = self.own, self.report
        if not own.weight:
            return ["What would change it: once the reason is gone, its update counts by its proven slots."]
        if own.reason and own.debt:
            return [
                f"What would change it: {-own.debt / _SCORE_ONE:.3g} of score, over this and later rounds above their "
                "noise, pays the debt; a dropped update that would have improved the model counts for that."
            ]
        if own.reason:
            return [
                "What would change it: an update that improves the model; the filter looks only at updates that do harm"
                " or lie apart."
            ]
        if own.score <= 0:
            return ["What would change it: an update with a score above zero; nothing else is paid."]
        if not own.merit:
            owed = -(own.credit + own.score) / _SCORE_ONE
            return [f"What would change it: {owed:.3g} more of score, over this and later rounds, pays the debt."]
        if not report.minted:
            return ["What would change it: a round whose gain passes its noise; until then nobody is paid."]
        more = own.merit + own.merit // _SLOTS_MORE
        paid = report.budget.paid * more // (self.merit_sum - own.merit + more)
        lines = [f"What would change it: a tenth more slots of the same worth would have paid about {_tokens(paid)}."]
        if own.length > report.norm_limit:
            lines.append("A longer update would not have: it is cut to the same length.")
        if report.budget.paid < report.budget.whole:
            lines.append("A larger gain of the whole round would have paid everybody more.")
        return lines

    def _gate_line(self) -> str:
        gate = self.report.gate
        if gate is None or not self.rules.gate_mads:
            return "Gate: off." if not self.own.reason else f"Filter: {self.own.reason}."
        told = (
            f"Gate: {self.own.gate_score / _GATE_ONE:.3g} a unit of weight, where the median is "
            f"{gate.median / _GATE_ONE:.3g}; under {gate.floor / _GATE_ONE:.3g} devices in debt are dropped, and "
            f"anywhere those that owe more than {gate.record / 2 / _GATE_ONE:.3g} a unit of weight"
        )
        return f"{told}: {self.own.reason}." if self.own.reason else f"{told}: it passed."

    def _clip_line(self) -> str:
        own, limit = self.own, self.report.norm_limit
        told = f"Length: {own.length / _LENGTH_ONE:.3g}, the limit {limit / _LENGTH_ONE:.3g}"
        return f"{told}: cut to {limit / own.length:.1%}." if own.length > limit else f"{told}: counted whole."

    def _why_not(self) -> str:
        if self.own.reason:
            return ", as a dropped update is not paid and only its harm is kept, and what makes good a debt"
        return f", as it lies along the last {self.rules.novelty_steps} steps" if self.rules.novelty_steps else ""

    def _budget_line(self) -> str:
        report, budget = self.report, self.report.budget
        if report.gain <= report.noise:
            return (
                f"Budget: the round's gain of {report.gain:,} is within its noise of {report.noise:,}, so nothing "
                f"of {_tokens(budget.whole)} was paid to anybody"
                + ("." if report.gain < -report.noise else ", and no score counts in anybody's record.")
            )
        return (
            f"Budget: of {_tokens(budget.whole)} tokens {_tokens(budget.fixed)} are paid for any gain above the noise, "
            f"and {_tokens(budget.by_gain)} for a gain that is {report.gain / budget.best:.1%} of the best so far."
        )


def explain(plan: RoundPlan, report: ValueReport, contributor: Address) -> Explanation:
    """Why `contributor` earned its share. Raises InputError when it is not in the round."""
    lines = {line.contributor: line for line in report.contributors}
    if contributor not in lines:
        raise InputError(
            f"{contributor} committed nothing to round {report.round}",
            f"{len(lines)} contributors did: {', '.join(list(lines)[:3])} …" if lines else "nobody did",
        )
    own = lines[contributor]
    return Explanation(
        rules=plan.rules,
        report=report,
        own=own,
        counted=sum(line.weight for line in lines.values() if not line.reason),
        merit_sum=sum(line.merit for line in lines.values()),
        rank=1 + sum(line.share > own.share for line in lines.values()),
        ranked=len(lines),
    )


def _tokens(amount: int) -> str:
    return f"{amount / TOKEN:,.2f}"
