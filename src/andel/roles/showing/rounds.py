"""Rounds, the newest first, and the errors of all of them as a series.

Takes a memory, and which rounds. Gives for each what the chain says of it, and who took part as the store has it. Only
the rounds of a page, or the points of a series, are ever read.
"""

from __future__ import annotations

from collections.abc import Sequence

from andel.ledger.round_state import RoundState, Status
from andel.roles.showing.measured import Baselines, error_of
from andel.roles.showing.memory import Memory
from andel.roles.showing.plain import Facts, hash_of, hex_of, word_of
from andel.units import TOKEN


def rounds_page(memory: Memory, baselines: Baselines, before: int | None, count: int) -> Facts:
    """`count` rounds below `before` (None: from the newest on), newest first. Raises ChainError."""
    total = memory.rounds_count()
    newest = total if before is None else min(before - 1, total)
    states = memory.rounds(range(newest, max(newest - count, 0), -1))
    return {
        "total": total,
        "first": newest,
        "items": round_facts(memory, baselines, states),
        "unit": unit_of(memory),
        "note": baselines.note or None,
    }


def round_facts(memory: Memory, baselines: Baselines, states: Sequence[RoundState]) -> list[Facts]:
    """Each round as the page has it. Times are seconds, `minted` the contributors' base units, errors in the unit."""
    times = memory.times_of([state.opened_block for state in states])
    task = memory.task()
    return [
        {
            "round": state.round,
            "attempt": state.attempt,
            "status": word_of(state.status.name),
            "opened_at": times[state.opened_block],
            "finalised_at": state.moved_at if state.status == Status.FINALISED else None,
            "minted": str(state.minted),
            "error": error_of(state, task),
            "baseline": baseline,
            "contributors": contributors,
            "version": hex_of(state.version_hash) if state.status == Status.FINALISED else None,
            "parent": hash_of(state.parent_version),
            "void_reason": word_of(state.void_reason.name) if state.status == Status.VOID else None,
        }
        for state, baseline, contributors in zip(
            states, baselines.of(states), memory.contributors_of(states), strict=True
        )
    ]


def series(memory: Memory, baselines: Baselines, points: int) -> Facts:
    """Errors, baselines and tokens minted by round, oldest first, of at most `points` rounds, evenly thinned.

    `minted` is in whole tokens, rounded: it is there to be drawn. Raises ChainError.
    """
    numbers = thinned(memory.rounds_count(), points)
    states, task = memory.rounds(numbers), memory.task()
    return {
        "rounds": numbers,
        "error": [error_of(state, task) for state in states],
        "baseline": baselines.of(states),
        "minted": [round(state.minted / TOKEN, 6) for state in states],
        "status": [word_of(state.status.name) for state in states],
        "unit": unit_of(memory),
        "note": baselines.note or None,
    }


def thinned(total: int, points: int) -> list[int]:
    """At most `points` of the numbers 1 to `total`, rising and evenly apart, the last one always among them."""
    if total <= points:
        return list(range(1, total + 1))
    return sorted({total - place * total // points for place in range(points)})


def unit_of(memory: Memory) -> str | None:
    """The unit that errors are in; None where the task is not known."""
    task = memory.task()
    return None if task is None else task.unit
