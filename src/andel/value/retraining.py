"""Training done again: whether a drawn contributor's update is what its own readings give.

Takes what a round left due (a contributor drawn by seed 2, after all updates were closed) and what the contributor
disclosed in a later round. Gives a verdict: the update follows from the readings, or it does not, or nobody can tell
yet. Local training is integer arithmetic on rows that follow from signed packets, so anybody gets the same bytes and
nobody has to be believed. Never decides what a device's standing becomes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from andel.data.batch import parse_batches
from andel.data.disclosure import parse_disclosure, read_whole
from andel.data.features import build_rows
from andel.errors import EvidenceError, InputError
from andel.hashing import sha256
from andel.keys import address_bytes
from andel.training.engine import train_update
from andel.training.plan import RoundPlan
from andel.training.task import Task
from andel.training.updates import decode_version, encode_update
from andel.typed_data import typed_signer
from andel.units import Address, Digest

DUE_ROUNDS: Final = 64
"""How many rounds a drawn contributor's devices stay out while nothing is disclosed."""

_DOMAIN: Final = b"andel.retraining.1"


@dataclass(frozen=True, slots=True)
class DueTraining:
    """What a contributor drawn in `round` has to show: the rows behind `update`, from `version` by `seed` (seed 1).

    Hashes of objects in the content store; `devices` are those whose readings it trained on.
    """

    round: int
    seed: Digest
    version: Digest
    batches: Digest
    update: Digest
    devices: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What came in answer: the disclosure with the contributor's signature, and the objects that the due names."""

    disclosure: bytes
    signature: bytes
    batches: bytes
    version: bytes


class Outcome(StrEnum):
    """What is known of a due training."""

    WITHHELD = "withheld"
    SAME = "same"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Retrained:
    """The verdict on one due training, with what a person wants to know of it."""

    outcome: Outcome
    detail: str


def draw_audits(seed: bytes, contributors: Iterable[Address], count: int) -> tuple[Address, ...]:
    """Which `count` of the `contributors` seed 2 draws, by rising SHA-256 of seed and address; all where fewer."""
    ranked = sorted(contributors, key=lambda contributor: sha256(_DOMAIN, seed, address_bytes(contributor)))
    return tuple(sorted(ranked[:count], key=address_bytes))


def disclosure_message(plan: RoundPlan, due: DueTraining, disclosure: bytes) -> dict[str, object]:
    """The fields of the EIP-712 `Disclosure`: signed, so that nobody shows a contributor's readings falsely."""
    return {
        "model": plan.model,
        "round": due.round,
        "updateHash": due.update,
        "batchesHash": due.batches,
        "disclosureHash": sha256(disclosure),
    }


def retrain(plan: RoundPlan, task: Task, contributor: Address, due: DueTraining, disclosed: Disclosed) -> Retrained:
    """The verdict on what `contributor` disclosed under `plan`, the plan of a later round of the same model.

    What is malformed, unsigned or not the committed readings discloses nothing: it is withheld, and can be shown again.
    Only the contributor's own signed word on its own committed readings can prove it wrong. Never raises for it.
    """
    try:
        _check_signed(plan, contributor, due, disclosed)
        update = _update_of(task, contributor, due, disclosed)
    except (InputError, EvidenceError) as error:
        return Retrained(Outcome.WITHHELD, error.message)
    if update == due.update:
        return Retrained(Outcome.SAME, f"its update of round {due.round} follows from its readings")
    return Retrained(
        Outcome.DIFFERENT,
        f"its readings give the update {update.hex()[:16]}… in round {due.round}; it signed {due.update.hex()[:16]}…",
    )


def retrain_all(
    plan: RoundPlan, task: Task, due: Mapping[Address, DueTraining], disclosed: Mapping[Address, Disclosed]
) -> dict[Address, Retrained]:
    """The verdict on every due training, in the order of addresses' bytes."""
    verdicts = {}
    for contributor in sorted(due, key=address_bytes):
        if contributor in disclosed:
            verdicts[contributor] = retrain(plan, task, contributor, due[contributor], disclosed[contributor])
        else:
            verdicts[contributor] = Retrained(Outcome.WITHHELD, f"its readings of round {due[contributor].round}")
    return verdicts


def devices_of(batches: bytes) -> tuple[Address, ...]:
    """The devices of a list of batches, in its order."""
    return tuple(dict.fromkeys(header.device for header in parse_batches(batches)[1]))


def _check_signed(plan: RoundPlan, contributor: Address, due: DueTraining, disclosed: Disclosed) -> None:
    message = disclosure_message(plan, due, disclosed.disclosure)
    if typed_signer("Disclosure", plan.domain, message, disclosed.signature) != contributor:
        raise InputError("the disclosure does not carry the contributor's signature")
    if (sha256(disclosed.batches), sha256(disclosed.version)) != (due.batches, due.version):
        raise InputError("the list of batches or the version is not the one that is due")


def _update_of(task: Task, contributor: Address, due: DueTraining, disclosed: Disclosed) -> Digest:
    """Hash of the update that the disclosed readings give."""
    owner, headers = parse_batches(disclosed.batches)
    disclosure = parse_disclosure(disclosed.disclosure)
    if (owner, disclosure.contributor) != (contributor, contributor):
        raise InputError(f"it discloses readings of {disclosure.contributor}")
    if disclosure.batches != due.batches:
        raise InputError("it discloses another list of batches")
    readings = read_whole(headers, disclosure.packets, disclosure.epochs.get)
    rows = build_rows(readings, task.features, task.target, task.horizon_seconds, task.exponent)
    if len(rows.change) == 0:
        raise InputError("its readings give no row to train on")
    parameters = decode_version(disclosed.version, task)
    update = train_update(
        task, parameters, rows.codes, rows.change, number=due.round, seed=due.seed, contributor=contributor
    )
    return sha256(encode_update(update, task))


def suspended_devices(verdicts: Mapping[Address, Retrained], due: Mapping[Address, DueTraining]) -> dict[Address, str]:
    """The devices whose slots count nothing in this round, and why: of trainings that differ or are not shown."""
    found: dict[Address, str] = {}
    for contributor, verdict in verdicts.items():
        if verdict.outcome is Outcome.SAME:
            continue
        shown = verdict.outcome is Outcome.DIFFERENT
        why = verdict.detail if shown else f"training of round {due[contributor].round} is not shown: {verdict.detail}"
        found |= dict.fromkeys(due[contributor].devices, why)
    return found


def next_due(
    due: Mapping[Address, DueTraining],
    verdicts: Mapping[Address, Retrained],
    drawn: Mapping[Address, DueTraining],
    number: int,
) -> dict[Address, DueTraining]:
    """What is due after round `number`: what is still withheld, not for ever, and what the round drew."""
    waiting = {
        contributor: item
        for contributor, item in due.items()
        if verdicts[contributor].outcome is Outcome.WITHHELD and number < item.round + DUE_ROUNDS
    }
    return waiting | dict(drawn)
