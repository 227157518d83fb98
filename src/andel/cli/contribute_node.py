"""What `andel contribute` does with its options: show, accept, limit, join; and the log of what left."""

from __future__ import annotations

import json
import random
import signal
import ssl
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from andel.cli.evidence import open_evidence, parse_day
from andel.cli.options import open_model, open_store, read_bounded, read_key
from andel.content import ContentStore, digest_of_cid
from andel.data.intake import IntakeSettings
from andel.data.store import EvidenceStore
from andel.encoding import parse_hex
from andel.errors import InputError, SettingsError
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.roles.contributing import Offer, Surroundings, check_accepted, consent, offer_of, own_devices, revealed
from andel.roles.contributor import Contributor
from andel.roles.resources import Resources, limit_process
from andel.training.acceptance import Acceptance, keep_acceptance, read_acceptance
from andel.training.bounded_http import trusting
from andel.training.client_app import contributor_app
from andel.training.delegation import Delegation, keep_delegation
from andel.training.fleet_link import FleetLink
from andel.training.fleet_node import FleetNode, NodeSettings, NodeTime
from andel.training.node_key import keep_node_key, public_pem
from andel.training.node_limits import Meter, NodeLimits, parse_quiet
from andel.training.node_state import NodeState
from andel.training.sent_log import SentLog, read_sent
from andel.units import Digest

MIB: Final = 1024 * 1024
DELEGATION_SECONDS: Final = 90 * 86_400
KEY_FILE: Final = "node.key"
SENT_FILE: Final = "sent.jsonl"
ACCEPTED_FILE: Final = "accepted.json"
DELEGATION_FILE: Final = "delegation.json"

_MAX_PEM_BYTES = 1024 * 1024
_Given = TypeVar("_Given", str, Path)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of `andel contribute`, as they were given."""

    state: Path
    superlink: str
    rpc: str
    model: str
    store: str
    evidence: str
    key_file: Path | None
    accept_task: str
    accept_terms: str
    days: str
    root_certificate: Path | None
    insecure: bool
    quiet: str
    daily_mb: int
    nice: int
    cores: int
    memory_mb: int
    poll_seconds: float
    refresh_seconds: float


def run(wanted: Wanted) -> None:
    """Shows what a round reveals and, where its task was accepted, joins until Ctrl-C or SIGTERM. Raises AndelError."""
    limits = NodeLimits(parse_quiet(wanted.quiet), wanted.daily_mb * MIB)
    wallet, model = read_key(_given(wanted.key_file, "--key-file")), _open_model(wanted)
    store = open_store(_given(wanted.store, "--store"))
    with (
        closing(NodeState(wanted.state)) as state,
        closing(open_evidence(_given(wanted.evidence, "--evidence"))) as packets,
    ):
        sent = SentLog(wanted.state / SENT_FILE, time.time)
        accepted = read_acceptance(wanted.state / ACCEPTED_FILE)
        days = parse_day_range(wanted.days) if wanted.days else (accepted.days if accepted else None)
        offer = offer_of(model, store, wallet, days)
        contributor = _contributor(wallet, model, packets, offer)
        _print_revealed(revealed(offer, contributor))
        accepted = _accept(wanted, offer, accepted)
        if wanted.accept_terms:
            if _one_hash(wanted.accept_terms, "--accept-terms") != accepted.terms:
                raise SettingsError("--accept-terms names other terms than the alliance's", "read them again")
            consent(model, wallet, accepted, sent)
        check_accepted(accepted, model, wallet)
        tls = tls_of(_given(wanted.superlink, "--superlink"), wanted.root_certificate, wanted.insecure)
        for missing in limit_process(Resources(wanted.nice, wanted.cores, wanted.memory_mb * MIB)):
            typer.echo(f"this system cannot limit {missing}", err=True)
        _join(wanted, tls, limits, state, wallet, model, store, contributor, accepted, sent)


def print_public_key(folder: Path) -> None:
    """The node's public key in PEM, as a SuperLink registers it; made where there is none. Raises SettingsError."""
    with closing(NodeState(folder)):
        typer.echo(public_pem(keep_node_key(folder / KEY_FILE).public_key()).decode("ascii"), nl=False)


def print_sent(folder: Path, as_json: bool) -> None:
    """What left this machine, oldest first: a table, or JSON objects, one a line."""
    entries = read_sent(folder / SENT_FILE)
    if as_json:
        for sent in entries:
            typer.echo(json.dumps(sent.values()))
        return
    table = Table("when (UTC)", "what", "round", "to", "bytes", "readings", "hash", "arrived", "note")
    for sent in entries:
        place = f"{sent.round}.{sent.attempt}" if sent.round else ""
        arrived = "yes" if sent.arrived else "unknown"
        shown = (sent.at, sent.kind.value, place, sent.to, f"{sent.bytes:,}", f"{sent.readings:,}", sent.hash[:16])
        table.add_row(*shown, arrived, sent.note)
    Console().print(table)
    total = sum(sent.bytes for sent in entries)
    typer.echo(f"{len(entries):,} entries, {total:,} bytes, {sum(sent.readings for sent in entries):,} readings shown")


def parse_day_range(text: str) -> tuple[int, int]:
    """The first and last day (since 1970) of FIRST:LAST. Raises SettingsError, InputError."""
    first, colon, last = text.partition(":")
    days = (parse_day(first), parse_day(last)) if colon else (1, 0)
    if days[0] > days[1]:
        raise SettingsError(f"not a range of days: {text[:60]!r}", "as 2026-01-01:2026-12-31")
    return days


def tls_of(address: str, root_certificate: Path | None, insecure: bool) -> ssl.SSLContext | None:
    """What HOST:PORT is trusted by; None is plain HTTP, only to this machine itself. Raises SettingsError."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536 or "/" in address or "@" in address:
        raise SettingsError(f"not the address of a SuperLink: {address[:80]!r}", "as superlink.example.org:443")
    if insecure and root_certificate:
        raise SettingsError("--insecure and --root-certificate contradict each other", "leave --insecure out")
    if insecure:
        if not _is_this_machine(host.strip("[]")):
            raise SettingsError(f"--insecure does not reach {host[:80]}", "give --root-certificate instead")
        return None
    if root_certificate is None:
        raise SettingsError("who may answer as the SuperLink is not said", "give its authority with --root-certificate")
    return trusting(read_bounded(root_certificate, _MAX_PEM_BYTES))


def _accept(wanted: Wanted, offer: Offer, accepted: Acceptance | None) -> Acceptance:
    task = offer.acceptance.task
    if wanted.accept_task:
        if _one_hash(wanted.accept_task, "--accept-task") != task:
            raise SettingsError("--accept-task names another task than the model's on chain", "read what it says above")
        accepted = offer.acceptance
        keep_acceptance(wanted.state / ACCEPTED_FILE, accepted)
    if accepted is None:
        raise SettingsError("this node has accepted nothing yet", f"if you agree, add --accept-task {task.hex()}")
    if wanted.days and accepted.days != offer.acceptance.days:
        raise SettingsError("other days were accepted", f"add --accept-task {task.hex()} to accept these")
    return accepted


def _contributor(wallet: AccountKey, model: ModelContracts, packets: EvidenceStore, offer: Offer) -> Contributor:
    own = own_devices(packets, model, wallet.address)
    if not own:
        raise SettingsError(f"{wallet.address} owns none of the devices in the evidence store", "claim them first")
    settings = IntakeSettings(offer.task.accepted_time)
    contributor = Contributor(wallet, own, packets, settings, offer.acceptance.terms)
    contributor.join(model.round_manager, model.batch_registry)
    return contributor


def _join(
    wanted: Wanted,
    tls: ssl.SSLContext | None,
    limits: NodeLimits,
    state: NodeState,
    wallet: AccountKey,
    model: ModelContracts,
    store: ContentStore,
    contributor: Contributor,
    accepted: Acceptance,
    sent: SentLog,
) -> None:
    surroundings = Surroundings(model, store, contributor, accepted, sent)
    typer.echo(f"{surroundings.look()} batches entered on chain", err=True)
    key, meter = keep_node_key(wanted.state / KEY_FILE), Meter()
    pem = public_pem(key.public_key())

    def delegation() -> Delegation:
        kept, now = wanted.state / DELEGATION_FILE, int(time.time())
        return keep_delegation(kept, wallet, accepted.domain, pem, now, DELEGATION_SECONDS)

    stop = _stopping()
    with closing(FleetLink(wanted.superlink, key, tls, time.monotonic, time.sleep, meter.count)) as link:
        typer.echo(f"contributing to {accepted.model} as {wallet.address} through {wanted.superlink}", err=True)
        FleetNode(
            contributor_app(lambda _: contributor),
            link,
            state,
            sent,
            accepted,
            delegation,
            limits,
            meter,
            NodeTime(time.time, _minute_of_day, random.random),
            NodeSettings(wanted.superlink, wanted.poll_seconds, wanted.refresh_seconds),
            surroundings.look,
        ).run(stop)


def _stopping() -> threading.Event:
    """Set by Ctrl-C and SIGTERM: what is at hand is finished; a second one ends at once."""
    stop = threading.Event()

    def receive(_number: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, receive)
    return stop


def _print_revealed(lines: list[tuple[str, str]]) -> None:
    table = Table("what a round reveals", "", show_lines=True)
    for what, sentence in lines:
        table.add_row(what, sentence)
    Console().print(table)


def _minute_of_day() -> int:
    now = datetime.now()
    return 60 * now.hour + now.minute


def _one_hash(text: str, option: str) -> Digest:
    try:
        return Digest(parse_hex(text.removeprefix("0x").lower(), 32))
    except InputError as error:
        # A hash may begin as a CID does, with a b: digits decide.
        if text.startswith("b"):
            return digest_of_cid(text)
        raise SettingsError(f"{option} takes a hash of 64 hex digits or a CID, not {text[:80]!r}") from error


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _open_model(wanted: Wanted) -> ModelContracts:
    return open_model(_given(wanted.rpc, "--rpc"), _given(wanted.model, "--model"))


def _given(value: _Given | None, option: str) -> _Given:
    if not value:
        raise SettingsError(f"{option} is needed", "see `andel contribute --help`")
    return value
