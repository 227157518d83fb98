"""What a round tells while it runs: to metrics, to a log, to a terminal. Nothing follows from who listens.

Takes nothing and decides nothing. An event holds counts, sizes, seconds, names and reasons; never a key, a reading or
an update.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from andel.errors import InputError
from andel.training.result import Refused


class RefusalKind(StrEnum):
    """Why a reply was not taken, in a word; the reason in full stands in `Refused`."""

    FAILED = "failed"
    LATE = "late"
    MALFORMED = "malformed"
    UNSIGNED = "unsigned"
    UNKNOWN = "unknown"
    REPEATED = "repeated"
    UNPROVEN = "unproven"
    ALTERED = "altered"


class NotTaken(InputError):
    """A reply that cannot be taken; `kind` says why in a word."""

    def __init__(self, kind: RefusalKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class PhaseBegun:
    """A phase (a message type of `andel.training.wire`) asks so many nodes."""

    phase: str
    asked: int


@dataclass(frozen=True, slots=True)
class AnswerTaken:
    """A node's answer was taken; `size` are the bytes of its values."""

    phase: str
    node: int
    size: int


@dataclass(frozen=True, slots=True)
class AnswerRefused:
    """A node's answer was not taken."""

    refused: Refused
    kind: RefusalKind


@dataclass(frozen=True, slots=True)
class PhaseEnded:
    """A phase is over: so many messages were sent, so many answered in time, after so many seconds."""

    phase: str
    asked: int
    answered: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RoundMoved:
    """An attempt came to a step, by this coordinator or seen on chain; `deadline` in the chain's seconds."""

    round: int
    attempt: int
    step: str
    deadline: int = 0


@dataclass(frozen=True, slots=True)
class RoundEnded:
    """An attempt ended: final (`void_reason` empty) with what it minted (base units), or void for a reason."""

    round: int
    attempt: int
    void_reason: str
    minted: int
    evaluation: int


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A step could not be made now and will be tried again; `kind` names the error's class."""

    round: int
    attempt: int
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class ErrorsTold:
    """What contributors told of a final round's version on days of their own: mean absolute errors over rows, the
    median of contributors, and those of "no change", in the target's unit. Their word, of no weight; perhaps nobody's.
    """

    round: int
    contributors: int
    rows: int
    mean: float
    median: float
    persistence: float


Event = PhaseBegun | AnswerTaken | AnswerRefused | PhaseEnded | RoundMoved | RoundEnded | StepFailed | ErrorsTold
Listener = Callable[[Event], None]


def nobody(_: Event) -> None:
    """A listener that does nothing."""
