"""`settle`: the one pure function that turns a round's evidence into its verdict.

Coordinator, validator, challenger and auditor all call it, on the same bytes, and must get the same bytes: it
reads no clock, no network, no disk and no randomness, and everything in it is integer arithmetic. The order in
which updates, commitments or openings arrive cannot matter, since each is taken in the order of its
contributor's address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from andel.data.policy import Policy
from andel.hashing import sha256
from andel.keys import address_bytes
from andel.training.groups import OpenedMask
from andel.training.integer_mlp import IntArray, Parameters
from andel.training.plan import RoundPlan
from andel.training.result import DataCommitment, SignedUpdate
from andel.training.task import Task
from andel.training.updates import encode_version, flatten, split_parameters
from andel.units import Address, BaseUnits
from andel.value.acceptance import ChainFacts, check_bindings
from andel.value.advance import advance, judge_trainings, move_on
from andel.value.agreement import agreements
from andel.value.budget import round_budget
from andel.value.claims import ClaimTree
from andel.value.groups import Part, members_of, over_members, paid_to_members, parts_of
from andel.value.history import History
from andel.value.improvement import Contribution, Improvement, improve
from andel.value.judge import Judge, JudgeOf, LiveJudge
from andel.value.novelty import public_steps
from andel.value.proof import ProvenData, prove_data
from andel.value.reference import ReferenceSet, draw_rows
from andel.value.report import ContributorValue, ValueReport
from andel.value.retraining import (
    Disclosed,
    DueTraining,
    Retrained,
    devices_of,
    draw_audits,
    retrain_all,
    suspended_devices,
)
from andel.value.sealed_proof import Believe
from andel.value.shares import merits, split_reward

__all__ = ["ChainFacts", "settle"]


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
    former: Sequence[Parameters] = (),
    disclosed: Mapping[Address, Disclosed] = MappingProxyType({}),
    judge_of: JudgeOf = LiveJudge,
    masks: Sequence[OpenedMask] = (),
    believe: Believe | None = None,
) -> ValueReport:
    """The round's verdict. `conflicts` are objects that anybody brought; those that do not hold count for nothing.
    `former` are the versions that the state names, oldest first; `disclosed` is what contributors showed of earlier
    trainings that the state says are due. `judge_of` makes of the steering and the scoring rows what measures the
    round; of a float task that is what its validators agreed on (`andel.value.judgement`). `masks` are what was
    opened of groups, in grouped mode; a part of the round is one contributor, or there one group. There `openings` are
    unsealed; whoever cannot unseal them gives them as they are and what to `believe` of them.

    Raises EvidenceError when the evidence is not what the chain committed to; what single contributors sent
    wrong only costs them their part, with the reason in the report.
    """
    ordered = sorted(commitments, key=lambda item: address_bytes(item.contributor))
    check_bindings(plan, task, parameters, former, ordered, chain, updates, history, policy)
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
        chain.seeds,
        believe,
    )
    parts, reasons = parts_of(plan, task, ordered, proven, updates, chain.first_seed, masks)
    credits = [sum(history.scores.get(device, 0) for device in part.devices) for part in parts]
    steering, scoring = draw_rows(reference.score, task, chain.second_seed)
    before = flatten(parameters)
    steps = public_steps([*map(flatten, former), before])
    judge = judge_of(task, steering, scoring)
    improved = _improved(plan, judge, before, steps, parts, credits)
    judged = judge_trainings(history, plan.round, retrained, _drawn(plan, chain, ordered, parts, updates))
    judged = replace(judged, judgements=judge.judgements)
    return _report(plan, task, before, proven, parts, credits, reasons, improved, judged, judge, retrained)


def _drawn(
    plan: RoundPlan,
    chain: ChainFacts,
    commitments: Sequence[DataCommitment],
    counted: Sequence[Part],
    updates: Sequence[SignedUpdate],
) -> dict[Address, DueTraining]:
    """Whose training of this round is to be done again: drawn by seed 2 among those whose updates counted."""
    drawn = draw_audits(chain.second_seed, [item.contributor for item in members_of(counted)], plan.rules.audits)
    batches = {item.contributor: item.batches for item in commitments}
    hashes = {item.contributor: item.update_hash for item in updates}
    return {
        contributor: DueTraining(
            plan.round,
            chain.first_seed,
            plan.version,
            sha256(batches[contributor]),
            hashes[contributor],
            devices_of(batches[contributor]),
        )
        for contributor in drawn
    }


def _improved(
    plan: RoundPlan,
    judge: Judge,
    before: IntArray,
    steps: Sequence[IntArray],
    counted: Sequence[Part],
    credits: Sequence[int],
) -> Improvement | None:
    contributions = [
        Contribution(part.update, part.weight, credit) for part, credit in zip(counted, credits, strict=True)
    ]
    return improve(judge, plan.rules, before, steps, contributions) if contributions else None


def _report(
    plan: RoundPlan,
    task: Task,
    before: IntArray,
    proven: Sequence[ProvenData],
    counted: Sequence[Part],
    credits: Sequence[int],
    reasons: Mapping[Address, str],
    improved: Improvement | None,
    history: History,
    judge: Judge,
    retrained: Mapping[Address, Retrained],
) -> ValueReport:
    rules = plan.rules
    after = split_parameters(improved.after if improved else before, task)
    summed, step = (improved.aggregate, improved.step) if improved else (None, 0)
    measured = judge.measured(before, summed, step)
    gain, noise = measured.gain, rules.noise_sigmas * measured.deviation
    budget = round_budget(plan.budget, plan.operator_share_bps, rules.round_share_bps, gain, noise, history.best_gain)
    scores = [item.score for item in improved.scored] if improved else []
    merit = merits(scores, credits)
    shares = split_reward(budget.paid, merit)
    lines = _lines(counted, improved, credits, merit, shares) if improved else {}
    contributors = tuple(lines.get(item.contributor) or _not_counted(item, reasons) for item in proven)
    # what cannot be told from chance neither pays nor counts against anybody
    recorded = scores if abs(gain) > noise else [0] * len(scores)
    gained, paid = over_members(counted, recorded), paid_to_members(counted, shares)
    advanced = advance(history, plan.round, proven, members_of(counted), gained, paid)
    after_history = move_on(advanced, plan, bool(improved and improved.step), budget.best)
    claims = ClaimTree(after_history.earned)
    version = encode_version(after)
    return ValueReport(
        round=plan.round,
        attempt=plan.attempt,
        contributors=contributors,
        aggregate_hash=summed.hash if summed else sha256(b""),
        norm_limit=improved.norm_limit if improved else 0,
        step=step,
        gain=gain,
        noise=noise,
        evaluation=measured.evaluation,
        minted=BaseUnits(sum(shares)),
        version=version,
        version_hash=sha256(version),
        history=after_history,
        claims_root=claims.root,
        claims_total=claims.total,
        packets_checked=sum(item.packets for item in proven),
        budget=budget,
        gate=improved.gate if improved else None,
        retrained=retrained,
        agreements=agreements(sample for item in proven for sample in item.samples),
    )


def _lines(
    counted: Sequence[Part],
    improved: Improvement,
    credits: Sequence[int],
    merit: Sequence[int],
    shares: Sequence[BaseUnits],
) -> dict[Address, ContributorValue]:
    """Every member's line; of a group it tells the member's part of what the group is worth."""
    lines = {}
    for part, scored, credit, worth, share in zip(counted, improved.scored, credits, merit, shares, strict=True):
        split = zip(
            part.members,
            part.split(scored.score),
            part.split(min(credit, 0)),
            part.split(worth),
            part.split(share),
            part.split(scored.plain),
            part.split(credit),
            strict=True,
        )
        for data, score, debt, own_merit, own_share, plain, own_credit in split:
            lines[data.contributor] = ContributorValue(
                data.contributor,
                data.weight,
                score,
                debt,
                own_merit,
                BaseUnits(own_share),
                reason=f"dropped by {scored.dropped}" if scored.dropped else "",
                note=data.note,
                plain=plain,
                length=scored.length,
                gate_score=scored.gate_score,
                credit=own_credit,
                group=part.group,
            )
    return lines


def _not_counted(item: ProvenData, reasons: Mapping[Address, str]) -> ContributorValue:
    reason = item.reason or reasons.get(item.contributor) or "no update"
    return ContributorValue(item.contributor, 0, 0, 0, 0, BaseUnits(0), reason)
