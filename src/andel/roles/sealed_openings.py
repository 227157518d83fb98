"""A contributor's answer outside open mode: what seeds on chain draw, sealed to the round's validators, or a refusal.

Takes a plan, its batches and what is asked of them. Gives the sealed object, after its leaves were noted in the
evidence store; or the refusal, where more than a fifth of a batch would be open with what was shown before. Readers
come from the chain, and so must seeds: a coordinator chooses neither.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from andel.data.batch import Batch
from andel.data.openings import openings_object, show
from andel.data.sealed_draws import OVER_A_FIFTH, Asked, draw_apart, parse_asked, refusal_object
from andel.data.shown_leaves import note_shown
from andel.data.store import EvidenceStore
from andel.errors import PlanError
from andel.hashing import sha256
from andel.keys import AccountKey
from andel.ledger.round_manager import RoundManagerContract
from andel.roles.unsealing import is_opening_seed, validators_of
from andel.sealing import seal
from andel.training.plan import RoundPlan
from andel.training.task import Task
from andel.units import Address, Digest

log = logging.getLogger(__name__)


def answer_sealed(
    key: AccountKey,
    store: EvidenceStore,
    manager: RoundManagerContract,
    plan: RoundPlan,
    task: Task,
    batches: Sequence[Batch],
    asked: Sequence[Asked],
) -> tuple[bytes, int]:
    """The sealed openings of the batches asked for, or the refusal to open that much; and how many readings they show.

    Raises PlanError for a seed that is none of the chain's, StoreError, ChainError.
    """
    for item in asked:
        if not is_opening_seed(manager, plan, item.round, item.seed):
            raise PlanError(f"the seed named for round {item.round} is not one on chain")
    state = manager.round_of(plan.round)
    if state.plan_hash != plan.hash:
        raise PlanError(f"the plan of round {plan.round} is not the one on chain")
    headers = [batch.header for batch in batches]
    opened = show(batches, draw_apart(key.address, headers, asked, task.openings))
    leaves: dict[tuple[Address, int], list[int]] = {}
    for leaf in opened:
        leaves.setdefault((headers[leaf.batch].device, headers[leaf.batch].day), []).append(leaf.leaf)
    try:
        note_shown(store, leaves, {(header.device, header.day): header.count for header in headers})
    except PlanError as error:
        log.error("round %d: openings are refused, %s: %s", plan.round, OVER_A_FIFTH, error.message)
        return refusal_object(key.address), 0
    plain = openings_object(key.address, opened)
    readers = [record.sealing_key for record in validators_of(manager, state)]
    # the same question gets the same bytes, also after a restart; a key of its own for every other object
    content_key = key.secret_for(b"andel.openings.key.1", sha256(plain, *readers).hex())[:16]
    return seal(plain, readers, content_key), len(opened)


def asked_for(data: bytes, plan: RoundPlan, seed: bytes, batches: int) -> tuple[Asked, ...]:
    """What a question asks for of a list of so many batches; without one, all of them under `seed`.

    Raises InputError.
    """
    return parse_asked(data, batches) if data else (Asked(plan.round, Digest(seed), tuple(range(batches))),)
