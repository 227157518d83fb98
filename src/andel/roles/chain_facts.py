"""What the chain says of a round, gathered for `settle`: the same reading for every role that settles.

Everything here comes from the chain alone. Admission and consent are asked of the model's alliance for the second in
which the round opened; its answer about a time that has come never changes, so a later listing, stop, revocation or
withdrawal changes no past round, and a node needs no archive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from andel.content import digest_of_cid
from andel.data.batch import BatchHeader
from andel.errors import EvidenceError, InputError, Reverted
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_state import RoundState, Status
from andel.training.plan import RoundPlan
from andel.training.result import DataCommitment
from andel.units import Address, Digest
from andel.value.history import EMPTY_HISTORY
from andel.value.proof import committed_headers
from andel.value.settle import ChainFacts


@dataclass(frozen=True, slots=True)
class RoundOnChain:
    """A round's state with the chain time of its opening."""

    state: RoundState
    opened_at: int


def read_round(model: ModelContracts, number: int) -> RoundOnChain:
    """The round as the chain has it. Raises EvidenceError when there is no such round."""
    try:
        state = model.round_manager.round_of(number)
    except Reverted as refusal:
        raise EvidenceError(f"round {number}", "the chain knows no such round") from refusal
    return RoundOnChain(state, model.round_manager.chain.block_time(state.opened_block))


def check_plan(plan: RoundPlan, model: ModelContracts, number: int, on_chain: RoundOnChain) -> None:
    """Raises EvidenceError when the plan does not say what the chain says of the round."""
    state = on_chain.state
    founding = model.round_manager.founding()
    rules = model.alliance.rules_at(on_chain.opened_at)
    expected = {
        "plan hash": (plan.hash, state.plan_hash),
        "chain": (plan.chain_id, model.round_manager.chain.chain_id),
        "model": (plan.model, model.round_manager.address),
        "round": (plan.round, number),
        "attempt": (plan.attempt, state.attempt),
        "parent version": (plan.version, state.parent_version),
        "budget": (plan.budget, state.budget),
        "deadline": (plan.deadline, state.deadline),
        "k": (plan.k, state.k),
        "n": (plan.n, state.n),
        "operators' share": (plan.operator_share_bps, founding.operator_share_bps),
        "alliance": (plan.alliance, founding.alliance),
        "policy": (plan.policy, rules.policy),
        "terms": (plan.terms, rules.terms),
        "task": (digest_of_cid(plan.task), founding.task_hash),
        "state": (plan.state, state_before(model, number)),
    }
    for what, (planned, chained) in expected.items():
        if planned != chained:
            message = f"{what} is {as_text(planned)}, on chain {as_text(chained)}"
            raise EvidenceError(f"round {number}, plan", message)


def state_before(model: ModelContracts, number: int) -> Digest:
    """The state hash that round `number` builds on: of the last final round before it, or the empty one's."""
    for former in range(number - 1, 0, -1):
        state = model.round_manager.round_of(former)
        if state.status == Status.FINALISED:
            return state.state_hash
    return EMPTY_HISTORY.hash


def chain_facts(
    model: ModelContracts, plan: RoundPlan, on_chain: RoundOnChain, commitments: Sequence[DataCommitment]
) -> ChainFacts:
    """Seeds, roots, registry entries, admitted devices and consenting owners for the commitments of a round."""
    headers = committed_batches(plan, commitments)
    admitted = admitted_devices(model, on_chain.opened_at, {header.device for header in headers})
    # devices first: whoever lists strangers' devices makes nobody ask for their days
    keys = sorted({(header.device, header.day) for header in headers if header.device in admitted})
    entries = model.batch_registry.entries_of(keys)
    state = on_chain.state
    return ChainFacts(
        first_seed=state.first_seed,
        second_seed=state.second_seed,
        commitments_root=state.commitments_root,
        updates_root=state.updates_root,
        entries=dict(zip(keys, entries, strict=True)),
        opened_at=on_chain.opened_at,
        admitted=admitted,
        consenting=consenting_owners(
            model, plan.terms, on_chain.opened_at, {commitment.contributor for commitment in commitments}
        ),
    )


def admitted_devices(model: ModelContracts, opened_at: int, devices: set[Address]) -> frozenset[Address]:
    """Those of `devices` that the alliance admits to a round opened at `opened_at`."""
    ordered = sorted(devices)
    answers = model.alliance.are_admitted(ordered, opened_at)
    return frozenset(device for device, admitted in zip(ordered, answers, strict=True) if admitted)


def consenting_owners(model: ModelContracts, terms: bytes, opened_at: int, owners: set[Address]) -> frozenset[Address]:
    """Those of `owners` whose consent to `terms` covers a round opened at `opened_at`."""
    ordered = sorted(owners)
    answers = model.alliance.have_accepted(ordered, terms, opened_at)
    return frozenset(owner for owner, accepted in zip(ordered, answers, strict=True) if accepted)


def committed_batches(plan: RoundPlan, commitments: Iterable[DataCommitment]) -> list[BatchHeader]:
    """The batches worth asking about: of commitments that are signed, bounded and inside the plan's days."""
    headers: list[BatchHeader] = []
    for commitment in commitments:
        try:
            headers += committed_headers(plan, commitment)
        except InputError:
            continue  # it counts for nothing, whatever it claims; `settle` gives the contributor its reason
    return headers


def as_text(value: object) -> str:
    """A field for people: bytes in hex, anything else as it prints."""
    return value.hex() if isinstance(value, bytes) else str(value)
