"""Secure sums without a network: what a round's members would have sent each other and shown, for `OffchainRounds`.

Takes a plan in grouped mode, members' updates, and who drops out. Gives the signed masked updates and the opened masks
that a coordinator would have collected (`andel.training.group_rounds` does it over a grid). Seeds follow from the
run's, so a run repeats itself; in the field they never could.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from andel.hashing import sha256
from andel.keys import AccountKey
from andel.training.groups import (
    GroupKeys,
    OpenedMask,
    draw_groups,
    encode_masked,
    masked,
    roster_hash,
    sign_keys,
)
from andel.training.integer_mlp import IntArray
from andel.training.plan import RoundPlan
from andel.training.privacy import quorum
from andel.training.result import SignedUpdate, sign_update
from andel.training.secure_sum import SEED_BYTES, mask_key, seed_hash
from andel.training.task import Task
from andel.units import Address, Digest

Sender = tuple[AccountKey, Digest, int]
"""(key, hash of its batches, weight) of one who has committed."""


def summed_offchain(
    plan: RoundPlan,
    task: Task,
    first_seed: bytes,
    senders: Mapping[Address, Sender],
    updates: Mapping[Address, IntArray],
    words: Mapping[Address, IntArray] | None = None,
) -> tuple[list[SignedUpdate], tuple[OpenedMask, ...]]:
    """(the closed set, the opened masks). Who is in `senders` and not in `updates` drops out after the shares.

    `words` (flat, mod 2**64) are what some send in place of their masked update.
    """
    signed: list[SignedUpdate] = []
    masks: list[OpenedMask] = []
    for group in draw_groups(first_seed, senders, task.privacy):
        here = [who for who in group if who in updates]
        if len(here) < quorum(task.privacy, len(group)):
            continue
        seeds = {who: _seeds(plan, first_seed, who) for who in group}
        keys = [_keys(plan, senders[who][0], seeds[who]) for who in group]
        roster = roster_hash(plan, keys)
        for who in here:
            account, batches, weight = senders[who]
            hidden = masked(plan, updates[who] * weight, who, seeds[who], keys)
            sent = words[who] if words and who in words else hidden
            data = encode_masked(sent, roster, task)
            signed.append(sign_update(account, plan, update=data, batches_hash=batches, weight=weight))
        masks += _opened(keys, seeds, here)
    return signed, tuple(masks)


def _opened(
    keys: Sequence[GroupKeys], seeds: Mapping[Address, tuple[bytes, bytes]], here: Collection[Address]
) -> list[OpenedMask]:
    shown = []
    for item in keys:
        survived = item.contributor in here
        shown.append(OpenedMask(item, seeds[item.contributor][0 if survived else 1], survived))
    return shown


def _seeds(plan: RoundPlan, first_seed: bytes, who: Address) -> tuple[bytes, bytes]:
    parts = (plan.hash, first_seed, who.encode())
    return sha256(b"offchain own seed", *parts)[:SEED_BYTES], sha256(b"offchain mask seed", *parts)[:SEED_BYTES]


def _keys(plan: RoundPlan, account: AccountKey, seeds: tuple[bytes, bytes]) -> GroupKeys:
    public = mask_key(seeds[1]).public_key().public_bytes_raw()
    return sign_keys(account, plan, public, sha256(b"offchain share key", public), seed_hash(seeds[0]))
