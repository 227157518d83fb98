"""What `andel contribute` does with its options: show, accept, limit, join; and the log of what left."""

from __future__ import annotations

import json
import random
import signal
import ssl
import threading
import time
from contextlib import closing
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from andel.cli.contribute_acceptance import ACCEPTED_FILE, Wanted, accept_offer, make_offer, parse_one_hash
from andel.cli.contribute_posting import parse_allowed, told_of_postings
from andel.cli.evidence import open_evidence
from andel.cli.options import open_model, open_store, read_bounded, read_key, read_payer
from andel.content import ContentStore
from andel.content_put import Writer
from andel.data.intake import IntakeSettings
from andel.data.store import EvidenceStore
from andel.errors import SettingsError
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.roles.contributing import (
    Offer,
    Surroundings,
    admitted_device,
    check_accepted,
    consent,
    entered_held_out,
    own_devices,
    revealed,
)
from andel.roles.contributor import Contributor
from andel.roles.held_out import HeldOut
from andel.roles.node_posting import NodePoster, When
from andel.roles.obeying import Obedience
from andel.roles.posting_memory import PostingMemory
from andel.roles.resources import Resources, limit_process
from andel.training.acceptance import Acceptance, read_acceptance
from andel.training.bounded_http import trusting
from andel.training.client_app import contributor_app
from andel.training.delegation import Delegation, keep_delegation
from andel.training.fleet_link import FleetLink
from andel.training.fleet_node import FleetNode, NodeSettings, NodeTime
from andel.training.flower import ClientApp
from andel.training.node_key import keep_node_key, public_pem
from andel.training.node_limits import Meter, NodeLimits, parse_quiet
from andel.training.node_state import NodeState
from andel.training.sent_log import SentLog, read_sent

MIB: Final = 1024 * 1024
DELEGATION_SECONDS: Final = 90 * 86_400
KEY_FILE: Final = "node.key"
SENT_FILE: Final = "sent.jsonl"
DELEGATION_FILE: Final = "delegation.json"
POSTINGS_FILE: Final = "postings.json"

_MAX_PEM_BYTES = 1024 * 1024
_Given = TypeVar("_Given", str, Path)


def run(wanted: Wanted) -> None:
    """Shows what a round reveals and, where its task was accepted, joins until Ctrl-C or SIGTERM. Raises AndelError."""
    limits = NodeLimits(parse_quiet(wanted.quiet), wanted.daily_mb * MIB)
    postings = parse_allowed(wanted.postings)
    wallet, model = read_key(_given(wanted.key_file, "--key-file")), _open_model(wanted)
    store = open_store(_given(wanted.store, "--store"))
    with (
        closing(NodeState(wanted.state)) as state,
        closing(open_evidence(_given(wanted.evidence, "--evidence"))) as packets,
    ):
        sent = SentLog(wanted.state / SENT_FILE, time.time)
        accepted = read_acceptance(wanted.state / ACCEPTED_FILE)
        offer = make_offer(wanted, model, store, wallet, accepted)
        contributor = _contributor(wallet, model, packets, offer, store)
        memory = PostingMemory(wanted.state / POSTINGS_FILE)
        _print_revealed([*revealed(offer, contributor), *told_of_postings(model, offer.task, postings, memory.spent)])
        accepted = accept_offer(wanted, offer, accepted)
        if known := entered_held_out(contributor, accepted.held_out, model):
            typer.echo(f"{known} held-out batches were entered before: versions may know them", err=True)
        if wanted.accept_terms:
            if parse_one_hash(wanted.accept_terms, "--accept-terms") != accepted.terms:
                raise SettingsError("--accept-terms names other terms than the alliance's", "read them again")
            consent(model, wallet, accepted, sent)
        check_accepted(accepted, model, wallet)
        tls = tls_of(_given(wanted.superlink, "--superlink"), wanted.root_certificate, wanted.insecure)
        for missing in limit_process(Resources(wanted.nice, wanted.cores, wanted.memory_mb * MIB)):
            typer.echo(f"this system cannot limit {missing}", err=True)
        app, poster = contributor_app(lambda _: contributor), None
        if postings.when is not When.NEVER or memory.posting is not None:
            payer = read_payer(wanted.postings.key_file) or wallet
            kept = open_store(
                wanted.store, Writer(wallet, model.round_manager.domain, admitted_device(model, contributor.devices))
            )
            poster = NodePoster(app, state, accepted, postings, model, kept, payer, memory, sent)
        surroundings = Surroundings(model, store, contributor, accepted, sent)
        _join(wanted, tls, limits, state, wallet, app, surroundings, poster, accepted, sent)


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


def _contributor(
    wallet: AccountKey, model: ModelContracts, packets: EvidenceStore, offer: Offer, store: ContentStore
) -> Contributor:
    own = own_devices(packets, model, wallet.address)
    if not own:
        raise SettingsError(f"{wallet.address} owns none of the devices in the evidence store", "claim them first")
    settings, now = IntakeSettings(offer.task.accepted_time), offer.acceptance
    home = HeldOut(now.held_out, now.tells_errors)
    contributor = Contributor(wallet, own, packets, settings, now.terms, home)
    contributor.join(model.round_manager, model.batch_registry, Obedience(store))
    return contributor


def _join(
    wanted: Wanted,
    tls: ssl.SSLContext | None,
    limits: NodeLimits,
    state: NodeState,
    wallet: AccountKey,
    app: ClientApp,
    surroundings: Surroundings,
    poster: NodePoster | None,
    accepted: Acceptance,
    sent: SentLog,
) -> None:
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
            app,
            link,
            state,
            sent,
            accepted,
            delegation,
            limits,
            meter,
            NodeTime(time.time, _minute_of_day, random.random),
            NodeSettings(
                wanted.superlink, wanted.poll_seconds, wanted.refresh_seconds, min(30.0, wanted.refresh_seconds)
            ),
            surroundings.look,
            poster.look if poster else lambda: None,
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
