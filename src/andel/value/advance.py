"""From the state before a round to the state after it: scores, earnings, what is proven, and devices' standing.

Takes the round's verdicts as integers. Gives the next `History`. Never decides what a contribution was worth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from andel.training.plan import RoundPlan
from andel.units import Address, BaseUnits, Digest
from andel.value.history import History, ProvenSet
from andel.value.opened_days import Day, DayRanges, Origin, with_days
from andel.value.proof import ProvenData
from andel.value.retraining import DueTraining, Outcome, Retrained, next_due
from andel.value.shares import score_by_device
from andel.value.standing import CLEAN, Standing


def advance(
    history: History,
    number: int,
    proven: Sequence[ProvenData],
    accepted: Sequence[ProvenData],
    gained: Sequence[int],
    parts: Sequence[BaseUnits],
) -> History:
    """The state after round `number`; `gained` scores and `parts` of the reward go to `accepted`, in that order."""
    by_device = dict(history.scores)
    earned = dict(history.earned)
    for item, score, part in zip(accepted, gained, parts, strict=True):
        for device, value in score_by_device(score, item.slots).items():
            by_device[device] = by_device.get(device, 0) + value
        if part:
            earned[item.contributor] = BaseUnits(earned.get(item.contributor, 0) + part)
    return replace(
        history,
        round=number,
        scores=by_device,
        earned=earned,
        proven=_proven_sets(history, number, [item for item in proven if item.drawn is None]),
        opened=_opened_days(history, proven),
        pending=_pending_days(history, proven),
        standing=_standings(history, number, proven),
    )


def judge_trainings(
    history: History, number: int, verdicts: Mapping[Address, Retrained], drawn: Mapping[Address, DueTraining]
) -> History:
    """The state with the verdicts on trainings that were due, and with what round `number` has `drawn`."""
    standings = dict(history.standing)
    for contributor, verdict in verdicts.items():
        for device in history.due[contributor].devices if verdict.outcome is Outcome.DIFFERENT else ():
            standings[device] = standings.get(device, CLEAN).after_false_training(number)
    return replace(history, standing=standings, due=next_due(history.due, verdicts, drawn, number))


def move_on(history: History, plan: RoundPlan, moved: bool, best_gain: int) -> History:
    """The state with the round's mark on the model: the best gain so far, and where the last steps began.

    As many former versions are kept, by hash, as the rules look back; a round that did not move the model adds none.
    """
    versions = (*history.versions, plan.version) if moved else history.versions
    kept = versions[max(len(versions) - plan.rules.novelty_steps, 0) :]
    return replace(history, best_gain=best_gain, versions=kept)


def _proven_sets(history: History, number: int, proven: Sequence[ProvenData]) -> dict[Digest, ProvenSet]:
    """Only what was proven is kept, so a withheld leaf is asked for again; and of each device only the newest set, so
    that the state does not grow with the rounds.
    """
    newest = {
        item.proof_key: ProvenSet(number, item.whole) if item.opened else history.proven[item.proof_key]
        for item in proven
        if item.whole
    }
    renewed = {device for known in newest.values() for device in known.slots}
    failed = {item.proof_key for item in proven if item.failed}
    older = {
        batches: known
        for batches, known in history.proven.items()
        if batches not in failed and not renewed & set(known.slots)
    }
    return {**older, **newest}


def _opened_days(history: History, proven: Sequence[ProvenData]) -> dict[Address, DayRanges]:
    """With the batches whose openings held in this round."""
    days: dict[Address, list[int]] = {}
    for item in proven:
        for device, day in item.drawn or () if item.opened else ():
            if device in item.whole:
                days.setdefault(device, []).append(day)
    return {**history.opened, **{who: with_days(history.opened.get(who, ()), new) for who, new in days.items()}}


def _pending_days(history: History, proven: Sequence[ProvenData]) -> dict[Day, Origin]:
    """With the batches that were drawn and whose openings did not hold, or did not come: their seed stays."""
    pending = dict(history.pending)
    for item in proven:
        for day, origin in (item.drawn or {}).items():
            if item.opened and day[0] in item.whole:
                pending.pop(day, None)
            else:
                pending[day] = origin
    return pending


def _standings(history: History, number: int, proven: Sequence[ProvenData]) -> dict[Address, Standing]:
    standings = dict(history.standing)
    for item in proven:
        for device in item.failed:
            standings[device] = standings.get(device, CLEAN).after_failure(number)
        for device in item.whole if item.opened else ():
            standings[device] = standings.get(device, CLEAN).after_proof(number)
        for device in item.conflicted:
            standings[device] = standings.get(device, CLEAN).after_conflict(number)
    return {device: standing for device, standing in standings.items() if not standing.is_forgotten(number)}
