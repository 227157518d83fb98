"""`andel status`: what an evidence store holds, what was refused and why, what is missing, what waits."""

from __future__ import annotations

import json
import time
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from andel.cli.evidence import EvidenceOption, open_evidence
from andel.data.intake_report import DeviceReport, IntakeReport, report_intake
from andel.data.summary import Gap
from andel.units import SLOT_SECONDS

_SHOWN_GAPS = 3


def show_status(
    store: EvidenceOption,
    devices_max: Annotated[int, typer.Option("--devices", min=1, max=1_000, help="Most devices to show.")] = 100,
    gaps_max: Annotated[int, typer.Option("--gaps", min=1, max=100, help="Most gaps of a device in --json.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what intake kept: accepted, refused by reason, per device, hours without a packet, claims that wait."""
    with closing(open_evidence(store)) as opened:
        report = report_intake(opened, int(time.time()), devices_max, gaps_max)
    if as_json:
        typer.echo(json.dumps(_record(report)))
    else:
        _print(Console(highlight=False), report)


def _record(report: IntakeReport) -> dict[str, object]:
    return {
        "accepted": report.accepted,
        "refused": dict(report.refused),
        "devices": [
            {
                **asdict(device.summary),
                "contradictions": device.contradictions,
                "gaps": [asdict(gap) for gap in device.gaps],
            }
            for device in report.devices
        ],
        "confirmations": dict(report.confirmations),
        "waiting": [
            {"device": claim.device, "owner": claim.owner, "timestamp": claim.timestamp, "packet": claim.raw.hex()}
            for claim in report.waiting
        ],
    }


def _print(console: Console, report: IntakeReport) -> None:
    console.print(f"{report.accepted:,} packets accepted, {sum(report.refused.values()):,} refused and kept")
    if report.refused:
        reasons = Table(title="Refused, by reason", title_justify="left")
        reasons.add_column("reason")
        reasons.add_column("packets", justify="right")
        for reason, count in report.refused.items():
            reasons.add_row(str(reason), f"{count:,}")
        console.print(reasons)
    if report.devices:
        console.print(_devices(report))
    for device in report.devices:
        if device.contradictions:
            console.print(
                f"{device.summary.device} signed other content for a time it had used, {device.contradictions} times: "
                "a clock that was set back, or two devices with one key",
                markup=False,
            )
    if report.confirmations:
        listed = ", ".join(f"{verdict} {count:,}" for verdict, count in report.confirmations.items())
        console.print(f"claims kept: {listed}", markup=False)
    for claim in report.waiting:
        console.print(f"{claim.owner} can bring this to the registry, within an hour of the device's clock:")
        console.print(f"  andel device claim {claim.raw.hex()} --device {claim.device}", markup=False, soft_wrap=True)


def _devices(report: IntakeReport) -> Table:
    table = Table(title="Devices", title_justify="left")
    table.add_column("device", overflow="fold")
    for column in ("accepted", "refused", "hours", "missing"):
        table.add_column(column, justify="right")
    for column in ("first", "last", "gaps (UTC)"):
        table.add_column(column)
    for device in report.devices:
        known = device.summary
        counts = (known.accepted, sum(known.refused.values()), known.slots, known.missing)
        table.add_row(
            known.device or "(none named)",
            *(f"{count:,}" for count in counts),
            _time(known.first),
            _time(known.last),
            _gaps(device),
        )
    return table


def _gaps(device: DeviceReport) -> str:
    shown = [_gap(gap) for gap in device.gaps[:_SHOWN_GAPS]]
    return ", ".join(shown) + (", …" if len(device.gaps) > _SHOWN_GAPS else "")


def _gap(gap: Gap) -> str:
    return f"{_time(gap.start)} to {_time(gap.start + gap.slots * SLOT_SECONDS)}"


def _time(moment: int | None) -> str:
    if moment is None:
        return ""
    try:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, ValueError):
        return str(moment)  # a device's clock may say any year
