"""A round's progress for whoever looks on: one line a phase, and one for how each round ended.

Takes the events of rounds. Shows them on a terminal and is quiet where there is none; what must be kept is logged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from andel.training.events import (
    AnswerRefused,
    AnswerTaken,
    ErrorsTold,
    Event,
    Listener,
    PhaseBegun,
    PhaseEnded,
    RoundEnded,
    RoundMoved,
    StepFailed,
    nobody,
)
from andel.units import TOKEN

_WORDS: Final = {
    "query.batches": "commitments",
    "query.disclosure": "disclosures",
    "query.openings": "openings",
    "train": "training",
    "query.reveal": "updates",
}


class RoundProgress:
    """What a terminal shows; a listener of rounds."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None
        self._place = ""
        self._refused = 0

    def __call__(self, event: Event) -> None:
        """Shows an event."""
        match event:
            case RoundMoved():
                attempt = f", attempt {event.attempt}" if event.attempt else ""
                place = f"round {event.round}{attempt}"
                if place != self._place:
                    self._place, self._refused = place, 0
                self._show(event.step, None)
            case PhaseBegun():
                self._show(_WORDS.get(event.phase, event.phase), event.asked)
            case AnswerTaken() if self._task is not None:
                self._progress.advance(self._task)
            case AnswerRefused():
                self._refused += 1
            case PhaseEnded():
                said = f"{event.answered} of {event.asked} answered in {event.seconds:.1f} s"
                self._say(f"{_WORDS.get(event.phase, event.phase)}: {said}")
            case RoundEnded():
                self._show("", None)
                minted = f"final, {event.minted / TOKEN:,.2f} tokens minted, evaluation {event.evaluation}"
                self._say(f"void: {event.void_reason}" if event.void_reason else minted)
            case ErrorsTold() if event.contributors:
                errors = f"mean {event.mean:.3g}, median {event.median:.3g}, no change {event.persistence:.3g}"
                self._say(f"errors on held-out days of {event.contributors} contributors: {errors}")
            case StepFailed():
                self._say(f"{event.message}; it is tried again")

    def _show(self, what: str, total: int | None) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(f"{self._place}: {what}", total=total) if what else None

    def _say(self, text: str) -> None:
        refused = f" ({self._refused} answers refused)" if self._refused else ""
        self._progress.console.print(f"{self._place or 'rounds'}: {text}{refused}", markup=False, highlight=False)


@contextmanager
def shown_progress(wanted: bool) -> Iterator[Listener]:
    """A listener that shows rounds on standard error while the block lasts; one without effect where no terminal is."""
    console = Console(stderr=True)
    if not wanted or not console.is_terminal:
        yield nobody
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        yield RoundProgress(progress)
