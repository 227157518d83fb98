"""`andel status`: what an evidence store holds, what was refused and why, what is missing, what waits.

Or a model's state, from the chain alone.
"""

from __future__ import annotations

import json
import time
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from andel.cli.evidence import FirstDayOption, LastDayOption, open_evidence, parse_day
from andel.cli.model_status import print_model
from andel.cli.options import open_model, read_policy, successors_of
from andel.data.intake_report import DeviceReport, IntakeReport, report_intake
from andel.data.policy_report import PolicyVerdict, judge_by_policy
from andel.data.summary import Gap
from andel.errors import SettingsError
from andel.roles.model_state import model_state
from andel.roles.succession import succession_state
from andel.units import DAY_SECONDS, SLOT_SECONDS

_SHOWN_GAPS = 3


def show_status(
    store: Annotated[
        str | None, typer.Option("--store", help="Evidence store: a SQLite file or an SQLAlchemy URL.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", "--lock", help="Show a model: its RoundManager's address, a lock or a deployment file."
        ),
    ] = None,
    rpc: Annotated[str | None, typer.Option("--rpc", help="With --model: address of a chain's JSON-RPC.")] = None,
    successors: Annotated[
        str, typer.Option("--successors", help="With --model: the Successors contract, to tell who follows the model.")
    ] = "",
    devices_max: Annotated[int, typer.Option("--devices", min=1, max=1_000, help="Most devices to show.")] = 100,
    gaps_max: Annotated[int, typer.Option("--gaps", min=1, max=100, help="Most gaps of a device in --json.")] = 20,
    policy: Annotated[
        Path | None, typer.Option(help="An alliance's policy file: which packets would fail a set by it, and why.")
    ] = None,
    first: FirstDayOption = "1970-01-01",
    last: LastDayOption = "9999-12-31",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what intake kept, or with --model and --rpc a model's round, operators and tokens, from the chain alone.

    Of an evidence store: accepted, refused by reason, per device, hours without a packet, claims that wait.

    With --policy every accepted packet is read and judged, from --from to --to: see before committing what would fail.
    """
    if model is not None or rpc is not None:
        if model is None or rpc is None or store is not None:
            raise SettingsError("a model's state takes --model and --rpc, and no --store", "leave the store out")
        found = open_model(rpc, model)
        registry = successors_of(found, successors)
        path = None if registry is None else succession_state(registry, found.round_manager.address)
        print_model(model_state(found), as_json, path)
        return
    if store is None:
        raise SettingsError("nothing is named to show", "--store for evidence, --model and --rpc for a model")
    days = parse_day(first), parse_day(last)
    asked = None if policy is None else read_policy(policy)
    with closing(open_evidence(store)) as opened:
        report = report_intake(opened, int(time.time()), devices_max, gaps_max)
        verdicts = None if asked is None else judge_by_policy(opened, asked, *days)
    if as_json:
        judged = {} if verdicts is None else {"policy": [_judged(verdict) for verdict in verdicts]}
        typer.echo(json.dumps(_record(report) | judged))
        return
    console = Console(highlight=False)
    _print(console, report)
    for verdict in verdicts or ():
        _print_verdict(console, verdict)


def _record(report: IntakeReport) -> dict[str, object]:
    return {
        "accepted": report.accepted,
        "refused": dict(report.refused),
        "dropped": report.dropped,
        "devices": [
            {
                **asdict(device.summary),
                "contradictions": device.contradictions,
                "gaps": [asdict(gap) for gap in device.gaps],
            }
            for device in report.devices
        ],
        "deleted": [
            {"device": header.device, "day": _day(header.day), "root": header.root.hex(), "packets": header.count}
            for header in report.deleted
        ],
        "confirmations": dict(report.confirmations),
        "waiting": [
            {"device": claim.device, "owner": claim.owner, "timestamp": claim.timestamp, "packet": claim.raw.hex()}
            for claim in report.waiting
        ],
    }


def _print(console: Console, report: IntakeReport) -> None:
    kept = f"of which the oldest {report.dropped:,} are kept no longer" if report.dropped else "and kept"
    console.print(f"{report.accepted:,} packets accepted, {sum(report.refused.values()):,} refused {kept}")
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
    for header in report.deleted:
        console.print(
            f"deleted: {header.device} {_day(header.day)}, {header.count:,} packets, root {header.root.hex()}",
            markup=False,
            soft_wrap=True,
        )
    if report.confirmations:
        listed = ", ".join(f"{verdict} {count:,}" for verdict, count in report.confirmations.items())
        console.print(f"claims kept: {listed}", markup=False)
    for claim in report.waiting:
        console.print(f"{claim.owner} can bring this to the registry, within an hour of the device's clock:")
        console.print(f"  andel device claim {claim.raw.hex()} --device {claim.device}", markup=False, soft_wrap=True)


def _judged(verdict: PolicyVerdict) -> dict[str, object]:
    days = [_day(day) for day in verdict.days]
    return {"device": verdict.device, "packets": verdict.packets, "failing": dict(verdict.reasons), "days": days}


def _print_verdict(console: Console, verdict: PolicyVerdict) -> None:
    if not verdict.failing:
        console.print(f"policy: {verdict.device}: all {verdict.packets:,} packets pass", markup=False)
        return
    reasons = ", ".join(f"{count:,} as {reason}" for reason, count in verdict.reasons.items())
    count = f"{verdict.failing:,} of {verdict.packets:,} packets would fail"
    where = f"on {len(verdict.days):,} days from {_day(verdict.days[0])} on"
    console.print(f"policy: {verdict.device}: {count}, {where}: {reasons}", markup=False, soft_wrap=True)
    console.print("one that is opened costs the whole set its weight", markup=False)


def _day(number: int) -> str:
    return _time(number * DAY_SECONDS).split(" ")[0]


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
