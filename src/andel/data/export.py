"""Evidence as Parquet: one row for each accepted packet, a column for each channel, the signed bytes beside them.

Takes an evidence store, days and devices; writes one file, row group by row group, in memory that does not grow with
the rows. Values are float64, the nearest to the signed decimal; exact are the bytes in `raw`. Never judges, never
changes the store, and never reads a packet again whose bytes were deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from andel.data.store import EvidenceStore, KnownDevice
from andel.device.packets import reread_packet
from andel.device.reading import SignedReading
from andel.errors import InputError, SettingsError
from andel.units import Address

MAX_COLUMNS: Final = 1_000
"""Most channels of one file: devices name their channels themselves."""

ROW_GROUP: Final = 10_000
"""Rows that are in memory at once."""

FORMAT: Final = "andel-readings/1"
_KEPT = ("device", "timestamp", "raw")
_Channel = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: rows, and the columns of channels."""

    rows: int
    channels: tuple[str, ...]


def export_parquet(
    store: EvidenceStore,
    path: Path,
    first_day: int,
    last_day: int,
    devices: Sequence[Address] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> Exported:
    """Writes the accepted packets of `devices` (all if empty) of those days to `path`, by device, time rising.

    Packets are read twice, first for the channels there are. The file appears under its name when it is complete.
    `progress` is told of rows written. Raises InputError for an unknown device, an empty range or too many channels,
    SettingsError without pyarrow, OSError when the file cannot be written.
    """
    arrow, parquet = _libraries()
    if not 0 <= first_day <= last_day:
        raise InputError(f"days {first_day} to {last_day} are no range", "give the first day, then the last")
    known = store.devices()
    if unknown := [device for device in devices if device not in known]:
        raise InputError(f"the store has no packets of device {unknown[0]}", "list the devices with andel status")
    chosen = {device: known[device] for device in (devices or known)}
    columns = _columns(_readings(store, chosen, first_day, last_day))
    schema = arrow.schema(
        [
            arrow.field("device", arrow.dictionary(arrow.int32(), arrow.string()), nullable=False),
            arrow.field("timestamp", arrow.timestamp("s", tz="UTC"), nullable=False),
            *(arrow.field(name, arrow.float64(), metadata={"unit": unit}) for (_, unit), name in columns.items()),
            arrow.field("raw", arrow.binary(), nullable=False),
        ],
        metadata={"format": FORMAT},
    )
    partial = path.with_name(path.name + ".partial")
    rows = 0
    source = _readings(store, chosen, first_day, last_day)
    try:
        with parquet.ParquetWriter(partial, schema, compression="zstd") as writer:
            while group := list(islice(source, ROW_GROUP)):
                writer.write_table(arrow.Table.from_pydict(_table(group, columns), schema=schema))
                rows += len(group)
                progress(rows)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return Exported(rows, tuple(columns.values()))


def _libraries() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise SettingsError("exporting needs pyarrow, which is not installed", "install andel[parquet]") from error
    return pyarrow, pyarrow.parquet


def _readings(
    store: EvidenceStore, devices: Mapping[Address, KnownDevice], first_day: int, last_day: int
) -> Iterator[SignedReading]:
    for device, told in devices.items():
        for packet in store.stream(device, first_day, last_day):
            if packet.raw is not None:
                yield reread_packet(packet.raw, told.public_key, told.epoch)


def _columns(readings: Iterator[SignedReading]) -> dict[_Channel, str]:
    found: set[_Channel] = set()
    for reading in readings:
        found.update((measurement.channel, measurement.unit) for measurement in reading.measurements)
        if len(found) > MAX_COLUMNS:
            raise InputError(f"the packets have more than {MAX_COLUMNS} channels", "export fewer devices at a time")
    units: dict[str, int] = {}
    for channel, _ in found:
        units[channel] = units.get(channel, 0) + 1
    # a name alone would mix what two devices measure in different units, or hide what every row has
    plain = {channel: count == 1 and channel not in _KEPT for channel, count in units.items()}
    return {(channel, unit): channel if plain[channel] else f"{channel} [{unit}]" for channel, unit in sorted(found)}


def _table(readings: Sequence[SignedReading], columns: Mapping[_Channel, str]) -> dict[str, list[Any]]:
    table: dict[str, list[Any]] = {name: [None] * len(readings) for name in columns.values()}
    for row, reading in enumerate(readings):
        for measurement in reading.measurements:
            value = _nearest_float(measurement.value, measurement.exponent)
            table[columns[measurement.channel, measurement.unit]][row] = value
    table["device"] = [reading.device for reading in readings]
    table["timestamp"] = [reading.timestamp for reading in readings]
    table["raw"] = [reading.raw for reading in readings]
    return table


def _nearest_float(value: int, exponent: int) -> float:
    # dividing integers rounds once, so the result is the float nearest to the decimal
    return float(value * 10**exponent) if exponent >= 0 else value / 10**-exponent
