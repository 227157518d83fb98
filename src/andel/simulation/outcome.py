"""What a run came to, in numbers: the JSON object of `andel demo --json`, and what the report is drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from andel.data.features import RowSet
from andel.training.engine import engine_of
from andel.training.federated_errors import FederatedErrors
from andel.training.integer_mlp import IntArray, Parameters
from andel.training.task import Task


@dataclass(frozen=True, slots=True)
class Errors:
    """Mean absolute and root mean square error on the report rows, in the target's unit."""

    mae: float
    rmse: float


@dataclass(frozen=True, slots=True)
class RoundOutcome:
    """One round: `gain` and `step` (quarters of the aggregate) are None where the audit did not reach it; `told` is
    what contributors said of its version on days of their own, None where nobody was asked.
    """

    round: int
    errors: Errors
    gain: int | None
    minted: int
    step: int | None
    told: FederatedErrors | None = None


@dataclass(frozen=True, slots=True)
class ParticipantOutcome:
    """One participant at the end: `share` in base units, and why."""

    name: str
    kind: str
    share: int
    packets: int
    slots: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything a run says of itself."""

    seconds: float
    unit: str
    rounds: tuple[RoundOutcome, ...]
    persistence: Errors
    central: Errors
    participants: tuple[ParticipantOutcome, ...]
    predictions: Mapping[str, int]
    gas: Mapping[str, int]
    hashes: Mapping[str, str]
    audit: Mapping[str, int]
    audit_failure: str
    tampered: str
    title: str
    source: str
    exponent: int = 0

    @property
    def model(self) -> Errors:
        """The last round's model."""
        return self.rounds[-1].errors

    @property
    def holds(self) -> bool:
        """Whether the run shows what it says: equal answers, an audit without and one with a finding."""
        return len(set(self.predictions.values())) == 1 and not self.audit_failure and bool(self.tampered)

    def gap_closed(self, measure: str = "mae") -> float:
        """The part of the gap between persistence and central training that the model closed."""
        persistence, central, model = (
            getattr(errors, measure) for errors in (self.persistence, self.central, self.model)
        )
        return float((persistence - model) / (persistence - central)) if persistence != central else 0.0

    def told(self) -> list[dict[str, object]]:
        """Per round that was asked about: who told how many rows, and their errors in the target's unit."""
        return [
            {
                "round": item.round,
                "contributors": len(item.told.told),
                "rows": item.told.rows,
                "mae": round(item.told.mean * 10.0**self.exponent, 4),
                "median_mae": round(item.told.median * 10.0**self.exponent, 4),
                "persistence_mae": round(item.told.persistence * 10.0**self.exponent, 4),
            }
            for item in self.rounds
            if item.told is not None
        ]

    def told_line(self) -> str:
        """The last round's errors on held-out days, in a line for people; "" where nobody was asked."""
        if not (told := self.told()):
            return ""
        last = told[-1]
        return (
            f"on held-out days of {last['contributors']} contributors ({last['rows']} rows, their own word): MAE "
            f"{last['mae']} {self.unit}, median {last['median_mae']}, no change {last['persistence_mae']}"
        )

    def to_json(self) -> dict[str, object]:
        """The keys that other programs read."""
        return {
            "seconds": round(self.seconds, 2),
            "rounds": len(self.rounds),
            "round_mae": [round(item.errors.mae, 4) for item in self.rounds],
            "federated": self.told(),
            "model_mae": round(self.model.mae, 4),
            "persistence_mae": round(self.persistence.mae, 4),
            "central_mae": round(self.central.mae, 4),
            "model_rmse": round(self.model.rmse, 4),
            "persistence_rmse": round(self.persistence.rmse, 4),
            "central_rmse": round(self.central.rmse, 4),
            "participants": [{"name": item.name, "kind": item.kind, "share": item.share} for item in self.participants],
            "predictions": dict(self.predictions),
            "gas": dict(self.gas),
            "hashes": dict(self.hashes),
            "audit": {"ok": not self.audit_failure, "failure": self.audit_failure, "checked": dict(self.audit)},
            "tampered": self.tampered,
        }


def model_errors(task: Task, parameters: Parameters, rows: RowSet) -> Errors:
    """A version's errors on rows."""
    return change_errors(task, engine_of(task).predict(task, parameters, rows.codes), rows.change)


def persistence_errors(task: Task, rows: RowSet) -> Errors:
    """The errors of predicting no change."""
    return change_errors(task, np.zeros_like(rows.change), rows.change)


def change_errors(task: Task, predicted: IntArray, change: IntArray) -> Errors:
    """Errors of predicted changes, both in the target's steps."""
    unit = 10.0**task.exponent
    missed = (np.asarray(predicted, np.float64) - np.asarray(change, np.float64)) * unit
    return Errors(float(np.abs(missed).mean()), float(np.sqrt((missed**2).mean())))


def mean_share(shares: Sequence[int]) -> float:
    """Mean of shares, 0 where there are none."""
    return sum(shares) / len(shares) if shares else 0.0
