"""What `andel contribute` was asked for, and whether it is what its owner accepted before."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from andel.cli.contribute_posting import Postings
from andel.cli.evidence import parse_day
from andel.cli.options import parse_digest
from andel.content import ContentStore
from andel.errors import InputError, SettingsError
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.roles.contributing import Offer, offer_of
from andel.training.acceptance import Acceptance, keep_acceptance
from andel.training.plan import DayRanges
from andel.units import Digest

ACCEPTED_FILE: Final = "accepted.json"
MAX_RANGES: Final = 64


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
    held_out: str
    tell_errors: bool | None
    postings: Postings
    root_certificate: Path | None
    insecure: bool
    quiet: str
    daily_mb: int
    nice: int
    cores: int
    memory_mb: int
    poll_seconds: float
    refresh_seconds: float


def accept_offer(wanted: Wanted, offer: Offer, accepted: Acceptance | None) -> Acceptance:
    """What is accepted now, kept where the options accept it. Raises SettingsError where they do not, or disagree."""
    task = offer.acceptance.task
    if wanted.accept_task:
        if parse_one_hash(wanted.accept_task, "--accept-task") != task:
            raise SettingsError("--accept-task names another task than the model's on chain", "read what it says above")
        accepted = offer.acceptance
        keep_acceptance(wanted.state / ACCEPTED_FILE, accepted)
    if accepted is None:
        raise SettingsError("this node has accepted nothing yet", f"if you agree, add --accept-task {task.hex()}")
    now = offer.acceptance
    if (accepted.days, accepted.held_out, accepted.tells_errors) != (now.days, now.held_out, now.tells_errors):
        asked = "other days, or another word on errors, were accepted"
        raise SettingsError(asked, f"add --accept-task {task.hex()} to accept these")
    return accepted


def make_offer(
    wanted: Wanted, model: ModelContracts, store: ContentStore, wallet: AccountKey, accepted: Acceptance | None
) -> Offer:
    """What the options ask for; where they are silent, what was accepted before."""
    days = parse_day_range(wanted.days) if wanted.days else (accepted.days if accepted else None)
    held_out = parse_day_ranges(wanted.held_out) if wanted.held_out else (accepted.held_out if accepted else ())
    tells = accepted is not None and accepted.tells_errors if wanted.tell_errors is None else wanted.tell_errors
    return offer_of(model, store, wallet, days, held_out, tells)


def parse_day_range(text: str) -> tuple[int, int]:
    """The first and last day (since 1970) of FIRST:LAST. Raises SettingsError, InputError."""
    first, colon, last = text.partition(":")
    days = (parse_day(first), parse_day(last)) if colon else (1, 0)
    if days[0] > days[1]:
        raise SettingsError(f"not a range of days: {text[:60]!r}", "as 2026-01-01:2026-12-31")
    return days


def parse_day_ranges(text: str) -> DayRanges:
    """Ranges of days with commas between, in order. Raises SettingsError, InputError."""
    ranges = tuple(sorted(parse_day_range(part.strip()) for part in text.split(",")))
    if len(ranges) > MAX_RANGES or any(a[1] >= b[0] for a, b in pairwise(ranges)):
        raise SettingsError(f"not at most {MAX_RANGES} ranges of days apart from each other", "join some")
    return ranges


def parse_one_hash(text: str, option: str) -> Digest:
    """The hash in 64 hex digits or a CID. Raises SettingsError."""
    try:
        return parse_digest(text, "what is accepted")
    except InputError as error:
        raise SettingsError(f"{option} takes a hash of 64 hex digits or a CID, not {text[:80]!r}") from error
