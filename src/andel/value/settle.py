"""`settle`: the one pure function that turns a round's evidence into its verdict.

Coordinator, validator, challenger and auditor all call it, on the same bytes, and must get the same bytes: it
reads no clock, no network, no disk and no randomness, and everything in it is integer arithmetic. The order in
which updates, commitments or openings arrive cannot matter, since each is taken in the order of its
contributor's address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt

import numpy as np

from andel.content import cid_of_digest
from andel.data.policy import Policy
from andel.errors import EvidenceError, InputError
from andel.hashing import sha256
from andel.keys import address_bytes
from andel.training.integer_mlp import Parameters, predict_change, row_losses
from andel.training.plan import RoundPlan
from andel.training.result import DataCommitment, SignedUpdate, commitments_root, updates_root
from andel.training.task import Task
from andel.training.updates import decode_update, encode_version, flatten, split_parameters
from andel.units import Address, BaseUnits, Digest
from andel.value.advance import advance
from andel.value.aggregate import Aggregate, aggregate, stepped
from andel.value.agreement import agreements
from andel.value.aumann_shapley import path_gradient, scores
from andel.value.claims import ClaimTree
from andel.value.history import History
from andel.value.line_search import best_step
from andel.value.proof import ProvenData, RegistryEntries, check_signature, prove_data
from andel.value.reference import ReferenceSet, ScoringRows, draw_rows
from andel.value.report import ContributorValue, ValueReport
from andel.value.shares import merits, split_reward

_UNIT_PARTS = 1_000
_BPS = 10_000
_MAX_EVALUATION = (1 << 63) - 1  # what the attestation's int64 can say


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """What the chain says of a round: both seeds, both roots, the registry's entries of committed batches, and
    which of their devices the alliance admitted and whose owners had accepted the plan's terms when the round opened,
    and when that was.
    """

    first_seed: Digest
    second_seed: Digest
    commitments_root: Digest
    updates_root: Digest
    entries: RegistryEntries
    admitted: frozenset[Address]
    consenting: frozenset[Address]
    opened_at: int


def settle(
    plan: RoundPlan,
    task: Task,
    parameters: Parameters,
    commitments: Sequence[DataCommitment],
    openings: Mapping[Address, bytes],
    chain: ChainFacts,
    updates: Sequence[SignedUpdate],
    history: History,
    reference: ReferenceSet,
    policy: Policy,
    conflicts: Sequence[bytes] = (),
    disclosed: Mapping[Address, Disclosed] = MappingProxyType({}),
) -> ValueReport:
    """The round's verdict. `conflicts` are objects that anybody brought; those that do not hold count for nothing.
    `disclosed` is what contributors showed of earlier trainings that the history says are due.

    Raises EvidenceError when the evidence is not what the chain committed to; what single contributors sent
    wrong only costs them their part, with the reason in the report.
    """
    ordered = sorted(commitments, key=lambda item: address_bytes(item.contributor))
    _check_bindings(plan, task, parameters, ordered, chain, updates, history)
    if policy.hash != plan.policy:
        raise EvidenceError(f"round {plan.round}, policy", "it is not the one the plan names")
    retrained = retrain_all(plan, task, history.due, disclosed)
    proven = prove_data(
        plan,
        task,
        policy,
        ordered,
        openings,
        chain.entries,
        chain.admitted,
        chain.consenting,
        chain.opened_at,
        chain.first_seed,
        history,
        conflicts,
        suspended_devices(retrained, history.due),
    )
    accepted, reasons = _accept_updates(plan, task, ordered, proven, updates)
    steering, scoring = draw_rows(reference.score, task, chain.second_seed)
    outcome = _improve(task, flatten(parameters), accepted, steering, scoring)
    return _report(plan, task, proven, accepted, reasons, outcome, history, scoring)


@dataclass(frozen=True, slots=True)
class _Accepted:
    data: ProvenData
    update: np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the accepted updates did: the next parameters (flat), and the scores in the order of the updates."""

    before: np.ndarray[tuple[int], np.dtype[np.int64]]
    after: np.ndarray[tuple[int], np.dtype[np.int64]]
    scores: list[int]
    step: int
    norm_limit: int
    aggregate_hash: Digest


def _check_bindings(
    plan: RoundPlan,
    task: Task,
    parameters: Parameters,
    commitments: Sequence[DataCommitment],
    chain: ChainFacts,
    updates: Sequence[SignedUpdate],
    history: History,
) -> None:
    place = f"round {plan.round}"
    for first, then in zip(commitments, commitments[1:], strict=False):
        if first.contributor == then.contributor:
            raise EvidenceError(f"{place}, commitment of {then.contributor}", "it stands twice in the list")
    if cid_of_digest(sha256(task.to_bytes())) != plan.task:
        raise EvidenceError(f"{place}, task", "it is not the one the plan names")
    if sha256(encode_version(parameters)) != plan.version:
        raise EvidenceError(f"{place}, parent version", "its bytes are not those the plan names")
    if history.hash != plan.state:
        raise EvidenceError(f"{place}, state", "it is not the one the plan names")
    if commitments_root(plan, commitments) != chain.commitments_root:
        raise EvidenceError(f"{place}, commitments", "they do not give the root on chain")
    if updates_root(plan, updates) != chain.updates_root:
        raise EvidenceError(f"{place}, updates", "they do not give the root on chain")


def _accept_updates(
    plan: RoundPlan,
    task: Task,
    commitments: Sequence[DataCommitment],
    proven: Sequence[ProvenData],
    updates: Sequence[SignedUpdate],
) -> tuple[list[_Accepted], dict[Address, str]]:
    committed = {item.contributor: item for item in commitments}
    data = {item.contributor: item for item in proven}
    accepted: dict[Address, _Accepted] = {}
    reasons: dict[Address, str] = {}
    for update in sorted(updates, key=lambda item: address_bytes(item.contributor)):
        contributor = update.contributor
        if contributor in accepted or contributor in reasons:
            raise EvidenceError(f"round {plan.round}, update of {contributor}", "it stands twice in the closed set")
        try:
            check_signature("Update", plan.domain, update.message(plan), update.signature, contributor)
            if contributor not in committed or committed[contributor].batches_hash != update.batches_hash:
                raise InputError("the update names batches that were not committed")
            if data[contributor].weight == 0:
                raise InputError(data[contributor].reason or "no slot is proven")
            if sha256(update.update) != update.update_hash:
                raise InputError("the update is not the one that was signed")
            accepted[contributor] = _Accepted(data[contributor], decode_update(update.update, task))
        except InputError as error:
            reasons[contributor] = error.message
    return [accepted[contributor] for contributor in sorted(accepted, key=address_bytes)], reasons


def _improve(
    task: Task,
    before: np.ndarray[tuple[int], np.dtype[np.int64]],
    accepted: Sequence[_Accepted],
    steering: ScoringRows,
    scoring: ScoringRows,
) -> _Outcome:
    if not accepted:
        return _Outcome(before, before, [], 0, 0, sha256(b""))
    summed = aggregate(np.stack([item.update for item in accepted]), [item.data.weight for item in accepted])
    gradient = path_gradient(before, summed, task, scoring.codes, scoring.targets)
    step = best_step(before, summed, task, steering.codes, steering.targets)
    after = stepped(before, summed, step, 4) if step else before
    return _Outcome(before, after, scores(summed, gradient), step, summed.norm_limit, _aggregate_hash(summed))


def _aggregate_hash(summed: Aggregate) -> Digest:
    return sha256(summed.weight_sum.to_bytes(8, "big"), summed.total.astype("<i8").tobytes())


def _report(
    plan: RoundPlan,
    task: Task,
    proven: Sequence[ProvenData],
    accepted: Sequence[_Accepted],
    reasons: Mapping[Address, str],
    outcome: _Outcome,
    history: History,
    scoring: ScoringRows,
) -> ValueReport:
    after = split_parameters(outcome.after, task)
    gain, noise = _gain(task, split_parameters(outcome.before, task), after, scoring)
    debts = [sum(history.scores.get(device, 0) for device in item.data.slots) for item in accepted]
    merit = merits(outcome.scores, debts)
    budget = plan.budget * (_BPS - plan.operator_share_bps) // _BPS if gain > noise else 0
    parts = split_reward(BaseUnits(budget), merit)
    values = {
        item.data.contributor: ContributorValue(
            item.data.contributor, item.data.weight, score, min(debt, 0), worth, share, note=item.data.note
        )
        for item, score, debt, worth, share in zip(accepted, outcome.scores, debts, merit, parts, strict=True)
    }
    contributors = tuple(
        values.get(item.contributor)
        or ContributorValue(
            item.contributor,
            0,
            0,
            0,
            0,
            BaseUnits(0),
            reasons.get(item.contributor) or item.reason or "no update",
        )
        for item in proven
    )
    after_history = advance(history, plan.round, proven, [item.data for item in accepted], outcome.scores, parts)
    claims = ClaimTree(after_history.earned)
    version = encode_version(after)
    return ValueReport(
        round=plan.round,
        attempt=plan.attempt,
        contributors=contributors,
        aggregate_hash=outcome.aggregate_hash,
        norm_limit=outcome.norm_limit,
        step=outcome.step,
        gain=gain,
        noise=noise,
        evaluation=_evaluation(task, after, scoring),
        minted=BaseUnits(sum(parts)),
        version=version,
        version_hash=sha256(version),
        history=after_history,
        claims_root=claims.root,
        claims_total=claims.total,
        packets_checked=sum(item.packets for item in proven),
        agreements=agreements(task, [reading for item in proven for reading in item.readings]),
    )


def _gain(task: Task, before: Parameters, after: Parameters, rows: ScoringRows) -> tuple[int, int]:
    """(how much the summed loss fell, the bound it must pass): the bound is `noise_sigmas` standard errors.

    The standard error of a sum of paired differences d is the square root of Σ d² − (Σ d)² / n.
    """
    first, then = (row_losses(p, rows.codes, rows.targets, task.score_limit) for p in (before, after))
    fallen = first - then
    gain = int(fallen.sum())
    squares = sum(int(value) * int(value) for value in fallen)
    variance = squares - gain * gain // len(fallen)
    return gain, task.noise_sigmas * isqrt(max(variance, 0))


def _evaluation(task: Task, parameters: Parameters, rows: ScoringRows) -> int:
    errors = np.abs(predict_change(parameters, rows.codes, task.target_scale) - rows.change)
    mean = sum(int(error) for error in errors) * _UNIT_PARTS // len(errors)  # the sum may leave int64
    return min(mean, _MAX_EVALUATION)
