"""What a round shows of an owner's readings, in sentences: how many, to whom, for how long.

Takes a model's task, the owner's batches, and the newest plan where there is one. Gives sentences for people, with the
owner's own numbers, before it joins. Asks nobody anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from andel.data.batch import Batch
from andel.data.sealed_draws import LEAST_LEAVES, most_opened
from andel.training.plan import RoundPlan
from andel.training.task import Task

_PACKETS = "whole signed packets (times, all channels, a position where the device signs one)"
_EVERYBODY = "the coordinator, the validators and everybody who reads the content store"


def readings_opened(task: Task, batches: Sequence[Batch]) -> str:
    """How many readings are opened at most, and how they are chosen."""
    readings = sum(batch.header.count for batch in batches)
    if not task.privacy.grouped:
        most = min(readings, 4 * task.openings + len(batches))
        return (
            f"at most {most:,} of {readings:,} {_PACKETS}: {task.openings} draws, up to 4 packets each, and the last of"
            " each batch; drawn once for a set of batches, again when the set changes"
        )
    whole = [batch.header.count for batch in batches if batch.header.count >= LEAST_LEAVES]
    most = sum(min(most_opened(count), 1 + 4 * task.openings) for count in whole)
    short = len(batches) - len(whole)
    return (
        f"at most {most:,} of {readings:,} {_PACKETS}, once: of each batch the last and what {task.openings} draws"
        f" name, never over a fifth of it in all rounds together; {short:,} batches of fewer than {LEAST_LEAVES}"
        " readings take no part"
    )


def readers(task: Task, plan: RoundPlan | None) -> str:
    """Who gets to see what is shown."""
    if not task.privacy.grouped:
        return _EVERYBODY
    count = f"{plan.n} " if plan else ""
    return (
        f"readings: the {count}validators of the round in which they are opened, sealed to their keys on chain; of your"
        f" update only its group's sum, and all else: {_EVERYBODY}"
    )


def how_long(task: Task) -> str:
    """For how long what was shown can be read."""
    sealed = "; what is sealed opens for ever to whoever has one of those validators' keys"
    return (
        f"for ever: copies are not yours to delete{sealed if task.privacy.grouped else ''}. `andel forget` removes your"
        " own bytes, and what was not opened stays with you; consent ends for later rounds by `andel alliance withdraw`"
    )
