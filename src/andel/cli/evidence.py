"""`andel export` and `andel forget`: an owner's own evidence, taken out as a table or deleted on request."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from andel.data.export import export_parquet
from andel.data.forget import forget
from andel.data.store import EvidenceStore
from andel.device.did import parse_device
from andel.errors import InputError, SettingsError
from andel.units import DAY_SECONDS

EvidenceOption = Annotated[str, typer.Option("--store", help="Evidence store: a SQLite file or an SQLAlchemy URL.")]
FirstDayOption = Annotated[str, typer.Option("--from", help="First day, UTC, as in 2024-01-31.")]
LastDayOption = Annotated[str, typer.Option("--to", help="Last day, UTC, included.")]


def export_evidence(
    output: Annotated[Path, typer.Argument(help="The Parquet file to write.")],
    store: EvidenceOption,
    first: FirstDayOption = "1970-01-01",
    last: LastDayOption = "9999-12-31",
    device: Annotated[
        list[str] | None, typer.Option(help="A device: address or did:io:0x…; several may be given.")
    ] = None,
) -> None:
    """Write accepted packets as a Parquet table: a row for each packet, a column for each channel."""
    with closing(open_evidence(store)) as opened:
        devices = [parse_device(text).address for text in device or []]
        done = export_parquet(opened, output, parse_day(first), parse_day(last), devices)
    typer.echo(f"{output}: {done.rows:,} rows, channels {', '.join(done.channels) or 'none'}")


def forget_evidence(
    store: EvidenceOption,
    device: Annotated[str, typer.Option(help="The device: address or did:io:0x….")],
    first: FirstDayOption,
    last: LastDayOption,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete the raw bytes of a device and days for good. Roots stay; openings already shown stay with others."""
    address, days = parse_device(device).address, (parse_day(first), parse_day(last))
    with closing(open_evidence(store)) as opened:
        if address not in opened.devices():
            raise InputError(f"the store has no packets of device {address}", "list the devices with andel status")
        if not yes:
            typer.confirm(f"Delete the packets of {address} from {first} to {last} for good?", abort=True)
        gone = forget(opened, address, *days)
        left = len(opened.forgotten_days())
    typer.echo(f"{gone.accepted:,} accepted and {gone.refused:,} refused packets deleted, of {gone.days:,} days")
    typer.echo(f"roots stay: andel status lists the {left:,} days that are deleted, with theirs")


def open_evidence(text: str) -> EvidenceStore:
    """The evidence store at a URL or in a SQLite file, which must exist. Raises SettingsError."""
    if "://" in text:
        return EvidenceStore(text)
    path = Path(text)
    if not path.is_file():
        raise SettingsError(f"there is no evidence store at {text}", "name the file that the intake wrote, or a URL")
    return EvidenceStore(f"sqlite:///{path.resolve()}")


def parse_day(text: str) -> int:
    """Days since 1970-01-01 of a date such as 2024-01-31. Raises InputError."""
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"not a day: {text[:40]!r}", "write it as in 2024-01-31") from error
    day = int(datetime(found.year, found.month, found.day, tzinfo=UTC).timestamp()) // DAY_SECONDS
    if day < 0:
        raise InputError(f"{text} is before 1970", "write a later day")
    return day
