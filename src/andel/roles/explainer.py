"""Whoever asks why a contributor earned what it earned: settles the round again and explains the verdict.

It trusts what an auditor trusts: the chain, and evidence that gives the chain's hashes.
"""

from __future__ import annotations

from andel.content import ContentStore
from andel.errors import EvidenceError
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_state import Status
from andel.roles.chain_facts import read_round
from andel.roles.replay import ReferenceOpener, Replay, replay_round
from andel.units import Address
from andel.value.explain import Explanation, explain
from andel.value.manifest import read_named


def explain_round(model: ModelContracts, store: ContentStore, number: int, contributor: Address) -> Explanation:
    """The explanation of one share in a final round.

    Raises EvidenceError when the round is not final, or its replay is not what was attested, InputError when the
    contributor is not in it, ContentError for evidence that is missing or altered.
    """
    replay = settled_again(model, store, number, published_references(store))
    return explain(replay.evidence.plan, replay.report, contributor)


def settled_again(model: ModelContracts, store: ContentStore, number: int, references: ReferenceOpener) -> Replay:
    """The replay of a final round that gives the verdict attested. Raises EvidenceError, ContentError."""
    state = read_round(model, number).state
    if state.status != Status.FINALISED:
        raise EvidenceError(f"round {number}", f"it is {state.status.name.lower()}: nobody has earned anything in it")
    replay = replay_round(model, store, number, references)
    if replay.digest != state.agreed:
        raise EvidenceError(f"round {number}", "the replay gives another verdict than the one attested")
    return replay


def published_references(store: ContentStore) -> ReferenceOpener:
    """Opens reference sets whose packets were published."""
    return ReferenceOpener(store, lambda plan: read_named(store, "reference packets", plan.reference.packets))
