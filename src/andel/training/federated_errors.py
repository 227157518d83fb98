"""How well a version does on days that contributors keep to themselves: each measures, some tell, nobody is paid.

Takes a version, and rows that their owner never trains on. Gives counts and sums of errors, signed, and their mean over
all who told. It is information for people: nobody can check it, so value, shares and the next version never depend on
it, and a round is complete without it. Never sends a row, and nothing of fewer than `MIN_ROWS`.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from statistics import median
from typing import Final

from andel.errors import AndelError, InputError
from andel.hashing import sha256
from andel.keys import AccountKey, address_bytes, parse_address
from andel.training import wire
from andel.training.flower import Grid, Message
from andel.training.integer_mlp import Parameters
from andel.training.local_errors import MAX_MISSED, MAX_ROWS, LocalErrors
from andel.training.plan import RoundPlan
from andel.training.rounds import RoundSettings, Waiting
from andel.training.task import Task
from andel.training.updates import encode_version
from andel.typed_data import sign_typed, typed_signer
from andel.units import Address, Digest

MIN_ROWS: Final = 100
"""Fewest rows whose errors are told: the error of one row would give away its reading."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SignedErrors:
    """What one contributor told of one version."""

    contributor: Address
    version: Digest
    errors: LocalErrors
    signature: bytes

    def message(self, plan: RoundPlan) -> dict[str, object]:
        """The fields of the EIP-712 `Evaluation`."""
        told = {"rows": self.errors.rows, "missed": self.errors.missed, "moved": self.errors.moved}
        return {**plan.binding, "versionHash": self.version, **told}


@dataclass(frozen=True, slots=True)
class FederatedErrors:
    """What contributors told of one version, ordered by contributor; there may be none."""

    version: Digest
    told: tuple[SignedErrors, ...]

    @property
    def rows(self) -> int:
        """Rows measured, of all."""
        return sum(item.errors.rows for item in self.told)

    @property
    def mean(self) -> float:
        """Mean absolute error of all rows, in the target's steps; 0 where nobody told."""
        return sum(item.errors.missed for item in self.told) / max(self.rows, 1)

    @property
    def persistence(self) -> float:
        """The same for the answer "no change"."""
        return sum(item.errors.moved for item in self.told) / max(self.rows, 1)

    @property
    def median(self) -> float:
        """The median of the contributors' own means: one who lies moves it little."""
        return median(item.errors.missed / item.errors.rows for item in self.told) if self.told else 0.0


def sign_errors(key: AccountKey, plan: RoundPlan, version: Digest, errors: LocalErrors) -> SignedErrors:
    """`key`'s word on its errors. Raises InputError for fewer than `MIN_ROWS` rows."""
    if errors.rows < MIN_ROWS:
        # how many there are would tell of them, and what a node refuses with is told
        raise InputError("there are too few rows to tell their errors", f"hold back {MIN_ROWS} or more")
    unsigned = SignedErrors(key.address, version, errors, b"")
    signature = sign_typed(key, "Evaluation", plan.domain, unsigned.message(plan))
    return SignedErrors(key.address, version, errors, signature)


def as_values(signed: SignedErrors) -> dict[str, str | int | bytes]:
    """What a node's reply holds."""
    errors = signed.errors
    counts: dict[str, str | int | bytes] = {"rows": errors.rows, "missed": errors.missed, "moved": errors.moved}
    return {"contributor": signed.contributor, "signature": signed.signature, **counts}


def ask_errors(
    grid: Grid,
    plan: RoundPlan,
    task: Task,
    parameters: Parameters,
    contributors: Collection[Address],
    waiting: Waiting,
    settings: RoundSettings,
) -> FederatedErrors:
    """Asks every node for its errors with `parameters`, within one phase's time; takes those of `contributors`.

    Who says nothing, or nothing signed, is left out. Never raises for what a node sends.
    """
    version = sha256(encode_version(parameters))
    content = wire.instruction(plan, task.to_bytes(), b"", parameters)
    group = f"{plan.round}.{plan.attempt}"
    messages = [Message(content, node, wire.EVALUATE, group_id=group) for node in grid.get_node_ids()]
    waited = {str(identity) for identity in grid.push_messages(messages) if identity}
    told: dict[Address, SignedErrors] = {}
    until = waiting.clock() + settings.phase_seconds
    while waited:
        for reply in grid.pull_messages(sorted(waited)):
            waited.discard(reply.metadata.reply_to_message_id)
            signed = _read(reply, plan, version)
            if signed is not None and signed.contributor in contributors:
                told.setdefault(signed.contributor, signed)
        if not waited or waiting.clock() >= until:
            break
        waiting.sleep(settings.poll_seconds)
    return FederatedErrors(version, tuple(told[name] for name in sorted(told, key=address_bytes)))


def _read(reply: Message, plan: RoundPlan, version: Digest) -> SignedErrors | None:
    """What a reply tells; None for one that tells nothing, as most may."""
    if reply.has_error():
        return None
    try:
        record = wire.read_answer(reply)
        rows, missed, moved = (wire.int_of(record, name) for name in ("rows", "missed", "moved"))
        if (
            not MIN_ROWS <= rows <= MAX_ROWS
            or not 0 <= max(missed, moved) <= rows * MAX_MISSED
            or min(missed, moved) < 0
        ):
            raise InputError(f"errors of {rows} rows are out of bounds")
        contributor = parse_address(wire.text_of(record, "contributor"))
        errors = LocalErrors(rows, missed, moved)
        signed = SignedErrors(contributor, version, errors, wire.bytes_of(record, "signature", 65))
        if typed_signer("Evaluation", plan.domain, signed.message(plan), signed.signature) != contributor:
            raise InputError(f"the errors of {contributor} do not carry its signature")
        return signed
    except AndelError as error:
        log.info("errors not taken node=%s reason=%s", reply.metadata.src_node_id, error.message[:200])
        return None
