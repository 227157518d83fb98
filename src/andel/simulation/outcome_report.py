"""A run's outcome as a page: a self-contained HTML file with plots."""

from __future__ import annotations

from pathlib import Path

from andel.simulation.html_report import ParticipantFigures, ReportData, RoundFigures, render_report
from andel.simulation.outcome import Outcome

NOTES = (
    "Among equal contributors differences are noise: another seed orders them otherwise.",
    "Errors are on the founder's report weeks, which nobody trains, steers or scores on.",
)


def write_report(outcome: Outcome, path: Path) -> Path:
    """Writes the page and returns its path."""
    total = sum(item.share for item in outcome.participants) or 1
    data = ReportData(
        title=outcome.title,
        source=outcome.source,
        unit=outcome.unit,
        rounds=[
            RoundFigures(item.round, item.errors.mae, item.errors.rmse, item.gain or 0, item.minted)
            for item in outcome.rounds
        ],
        persistence_mae=outcome.persistence.mae,
        persistence_rmse=outcome.persistence.rmse,
        central_mae=outcome.central.mae,
        central_rmse=outcome.central.rmse,
        participants=[
            ParticipantFigures(
                name=item.name,
                kind=item.kind,
                packets=item.packets,
                weight_slots=item.slots,
                share=item.share,
                share_percent=100 * item.share / total,
                reason=item.reason,
            )
            for item in outcome.participants
        ],
        gas=outcome.gas,
        predictions=outcome.predictions,
        hashes=outcome.hashes,
        audit=outcome.audit,
        seconds=outcome.seconds,
        notes=[
            *NOTES,
            *([f"Last round, {line}."] if (line := outcome.told_line()) else []),
            f"The audit says: {outcome.audit_failure or 'everything holds'}.",
            f"The audit of a copy with one byte changed says: {outcome.tampered}",
        ],
    )
    path.write_text(render_report(data), encoding="utf-8")
    return path
