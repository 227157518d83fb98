"""`andel intake`: takes packets from files, standard input, a broker or HTTP into the evidence store."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from andel.cli.evidence import EvidenceOption
from andel.cli.intake_options import (
    evidence_url,
    parse_listen,
    parse_ranges,
    parse_time,
    read_broker,
    read_secret,
)
from andel.cli.options import read_key
from andel.data.device_book import DeviceBook, load_device_book
from andel.data.intake import DeviceRecord, IntakeSettings
from andel.data.mqtt import Broker, MqttFeed
from andel.data.packet_files import descriptor_arrivals, file_arrivals
from andel.data.workers import IntakeScope
from andel.device.reading import MAX_TIMESTAMP
from andel.errors import SettingsError
from andel.keys import parse_address
from andel.ledger.connection import Chain
from andel.ledger.contracts import DeviceRegistryContract
from andel.ledger.deployment import Deployment
from andel.roles.collector import (
    ACCEPTED,
    CONFIRMATION,
    UNREADABLE,
    Collector,
    WitnessedStore,
    drain,
    records_of_book,
    records_of_chain,
    renewing,
)
from andel.serving.http_edge import serve_in_thread
from andel.serving.packet_api import build_packet_app
from andel.units import SLOT_SECONDS, Address

_IDLE_SECONDS = 0.2


def intake(
    store: EvidenceOption,
    devices: Annotated[Path, typer.Option(help="Devices file (TOML or JSON): public keys, and names such as IMEIs.")],
    sources: Annotated[list[str] | None, typer.Argument(metavar="[FILE...|-]", help="Files, or - for stdin.")] = None,
    owner: Annotated[str, typer.Option(help="The owner's address.")] = "",
    key_file: Annotated[Path | None, typer.Option(help="The owner's key file, instead of --owner.")] = None,
    device: Annotated[str, typer.Option(help="The device of lines and bundles that name none.")] = "",
    rpc: Annotated[str, typer.Option(help="Ask this chain who owns a device and whether it is revoked.")] = "",
    registry: Annotated[str, typer.Option(help="DeviceRegistry's address there, or a deployment file.")] = "",
    accept_from: Annotated[str, typer.Option(help="First accepted time: unix seconds or ISO 8601.")] = "0",
    accept_until: Annotated[str, typer.Option(help="End of accepted times; left out: an hour from now.")] = "",
    ranges: Annotated[
        list[str] | None, typer.Option("--range", help="CHANNEL=LOW:HIGH, as temperature=-40:85.")
    ] = None,
    mqtt: Annotated[str, typer.Option(help="mqtt://[user@]host[:port], or mqtts:// over TLS.")] = "",
    client_id: Annotated[str, typer.Option(help="Name of the session at the broker.")] = "",
    ca: Annotated[Path | None, typer.Option(help="Certificate of the broker's authority.")] = None,
    cert: Annotated[Path | None, typer.Option(help="Client certificate for the broker.")] = None,
    cert_key: Annotated[Path | None, typer.Option(help="Its key, where it is in a file of its own.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with the password for the broker.")] = None,
    http: Annotated[str, typer.Option(help="Listen for batches at HOST:PORT.")] = "",
    token_file: Annotated[Path | None, typer.Option(help="File with the token that HTTP clients must send.")] = None,
    workers: Annotated[
        int, typer.Option(min=0, max=64, help="Processes beside this one that judge (not over HTTP).")
    ] = 0,
    refresh_seconds: Annotated[float, typer.Option(min=1.0, help="Between looks at the chain and the clock.")] = 300.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as one JSON object.")] = False,
) -> None:
    """Judge packets and keep each, accepted or refused with its reason, until the source ends or Ctrl-C.

    Exit code 0: everything was read, or a network source was stopped; 130 or 143: files were interrupted by a
    signal; 1: the source, the store or an option failed. What was counted is kept in every case.
    """
    if [bool(sources), bool(mqtt), bool(http)].count(True) != 1:
        raise SettingsError("one kind of source is needed", "give files, or - for stdin, or --mqtt, or --http")
    address = _owner(owner, key_file)
    book = load_device_book(devices)
    times, bounds = (parse_time(accept_from), parse_time(accept_until)), parse_ranges(ranges or [])

    records = _records(book, address, rpc, registry)

    def scope() -> IntakeScope:
        return IntakeScope(address, records(), IntakeSettings((times[0] or 0, _end(times[1])), bounds))

    broker = (
        read_broker(mqtt, client_id or f"andel{address[2:18].lower()}", ca, cert, cert_key, password_file)
        if mqtt
        else None
    )
    opened = WitnessedStore(evidence_url(store))
    with (
        closing(opened),
        Collector(book, scope, opened, workers) as collector,
        _Stop() as stop,
    ):
        try:
            if broker:
                _take_mqtt(collector, broker, stop.event, refresh_seconds)
            elif http:
                _take_http(collector, http, read_secret(token_file), stop.event, refresh_seconds)
            else:
                _take_files(collector, sources or [], device, stop)
        finally:
            _print_tally(collector.tally, as_json)
    if sources and stop.number:
        raise typer.Exit(128 + stop.number)


class _Stop:
    """Ctrl-C and SIGTERM as a wish to end after what is at hand; a second one ends at once."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.number = 0
        self._former: dict[int, Any] = {}

    def __enter__(self) -> _Stop:
        self._former = {number: signal.signal(number, self._receive) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, former in self._former.items():
            signal.signal(number, former)

    def _receive(self, number: int, _frame: object) -> None:
        if self.event.is_set():
            raise KeyboardInterrupt
        self.number = number
        self.event.set()


def _take_files(collector: Collector, sources: list[str], device: str, stop: _Stop) -> None:
    for source in sources:
        if source != "-" and not Path(source).is_file():
            raise SettingsError(f"there is no file {source}", "name files of packets, or - for stdin")
    for source in sources:
        arrivals = (
            descriptor_arrivals(sys.stdin.fileno(), "standard input", device, _IDLE_SECONDS)
            if source == "-"
            else file_arrivals(Path(source), device)
        )
        if not drain(arrivals, collector, stop.event.is_set):
            return
    stop.number = 0  # it came too late to interrupt anything


def _take_mqtt(collector: Collector, broker: Broker, stop: threading.Event, refresh_seconds: float) -> None:
    typer.echo(f"taking packets from {broker!r} as {broker.client_id}", err=True)
    with renewing(collector, stop, refresh_seconds):
        MqttFeed(broker, collector.take, stop).run()


def _take_http(collector: Collector, listen: str, token: str, stop: threading.Event, refresh_seconds: float) -> None:
    host, port = parse_listen(listen)
    with serve_in_thread(build_packet_app(collector.take_each, token), host, port) as running:
        typer.echo(f"taking packets at {running.url}/packets", err=True)
        if not token and host not in ("127.0.0.1", "::1", "localhost"):
            typer.echo("anybody who reaches this address may send packets: consider --token-file", err=True)
        with renewing(collector, stop, refresh_seconds):
            stop.wait()


def _owner(owner: str, key_file: Path | None) -> Address:
    if bool(owner) == bool(key_file):
        raise SettingsError("one owner is needed", "give --owner and an address, or --key-file")
    return read_key(key_file).address if key_file else parse_address(owner)


def _records(book: DeviceBook, owner: Address, rpc: str, registry: str) -> Callable[[], Mapping[Address, DeviceRecord]]:
    if bool(rpc) != bool(registry):
        raise SettingsError("--rpc and --registry belong together", "give both, or neither")
    if not rpc:
        return lambda: records_of_book(book, owner)
    chain = Chain.connect(rpc)
    if not registry.startswith("0x") and Path(registry).is_file():
        contract = Deployment.from_file(Path(registry)).shared(chain).device_registry
    else:
        contract = DeviceRegistryContract(chain, parse_address(registry))
    return lambda: records_of_chain(book, contract)


def _end(until: int | None) -> int:
    """The end of accepted times; where none was named, the end of the hour that an hour from now lies in."""
    if until is not None:
        return until
    return min(int(time.time()) // SLOT_SECONDS * SLOT_SECONDS + 2 * SLOT_SECONDS, MAX_TIMESTAMP)


def _print_tally(tally: Mapping[str, int], as_json: bool) -> None:
    accepted = tally.get(ACCEPTED, 0)
    others = {fate: count for fate, count in tally.items() if fate in (CONFIRMATION, UNREADABLE)}
    refused = {fate: count for fate, count in tally.items() if fate != ACCEPTED and fate not in others}
    if as_json:
        record = {"accepted": accepted, "refused": refused, "confirmations": others.get(CONFIRMATION, 0)}
        typer.echo(json.dumps({**record, "unreadable": others.get(UNREADABLE, 0)}))
        return
    typer.echo(f"{accepted:>10,} accepted")
    for reason, count in refused.items():
        typer.echo(f"{count:>10,} refused: {reason}")
    for fate, word in ((CONFIRMATION, "confirmations kept"), (UNREADABLE, "lines that could not be read")):
        if fate in others:
            typer.echo(f"{others[fate]:>10,} {word}")
