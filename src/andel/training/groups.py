"""Groups of a round: who is drawn with whom, what members sign, and the sum that opens.

Takes a seed and addresses, or signed keys, masked updates and opened masks. Gives groups, or a group's exact sum. The
draw is over all who have committed data, whose root stood on chain before the seed: whoever could choose among whom is
drawn could put one contributor among its own. Never judges what a sum is worth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from andel.encoding import decode_arrays, encode_arrays
from andel.errors import InputError
from andel.hashing import sha256
from andel.keys import AccountKey, address_bytes
from andel.training.integer_mlp import IntArray, flatten, unflatten
from andel.training.plan import RoundPlan
from andel.training.privacy import Privacy
from andel.training.secure_sum import Words, is_seed, mask_key, own_mask, pair_mask
from andel.training.task import Task
from andel.training.updates import update_bytes
from andel.typed_data import sign_typed, typed_signer
from andel.units import Address, Digest

MAX_WEIGHT: Final = 1 << 26
"""Largest weight of a member: sums of a whole group stay inside 64 bits."""

_DRAW: Final = b"andel.groups.1"
_ROSTER: Final = b"andel.roster.1"
_MASKED_TAG: Final = b"andel-masked/1"


@dataclass(frozen=True, slots=True)
class GroupKeys:
    """A member's public keys of one round (32 bytes each) and the hash of its own seed, signed by its account."""

    contributor: Address
    mask_key: bytes
    share_key: bytes
    seed_hash: Digest
    signature: bytes = b""

    def message(self, plan: RoundPlan) -> dict[str, object]:
        """The fields of the EIP-712 `GroupKeys`."""
        keys = {"maskKey": self.mask_key, "shareKey": self.share_key, "seedHash": self.seed_hash}
        return {**plan.binding, **keys}

    def is_signed(self, plan: RoundPlan) -> bool:
        """Whether the signature is its contributor's, over these keys in the plan's round."""
        try:
            return typed_signer("GroupKeys", plan.domain, self.message(plan), self.signature) == self.contributor
        except InputError:
            return False


@dataclass(frozen=True, slots=True)
class OpenedMask:
    """What was opened of one member: the own seed of one whose update counts, the mask seed of one who dropped out."""

    keys: GroupKeys
    seed: bytes
    survived: bool

    @property
    def is_true(self) -> bool:
        """Whether the seed is the one that the keys were signed with."""
        return is_seed(self.seed, self.keys.seed_hash, b"" if self.survived else self.keys.mask_key)


def sign_keys(key: AccountKey, plan: RoundPlan, mask: bytes, share: bytes, seed: Digest) -> GroupKeys:
    """`key`'s signed keys of a round."""
    unsigned = GroupKeys(key.address, mask, share, seed)
    return GroupKeys(key.address, mask, share, seed, sign_typed(key, "GroupKeys", plan.domain, unsigned.message(plan)))


def survivors_message(plan: RoundPlan, roster: Digest, survivors: Iterable[Address]) -> dict[str, object]:
    """The fields of the EIP-712 `GroupSurvivors`: one list for all members, or nothing opens."""
    listed = sha256(b"andel.survivors.1", *sorted(map(address_bytes, survivors)))
    return {**plan.binding, "rosterHash": roster, "survivorsHash": listed}


def draw_groups(seed: bytes, contributors: Iterable[Address], privacy: Privacy) -> tuple[tuple[Address, ...], ...]:
    """All `contributors` in groups of `group_size` or more, as even as can be, by rising SHA-256 of seed and address.

    Members in the order of addresses' bytes. Where fewer than a group's size are there, all are one group.
    """
    ranked = sorted(contributors, key=lambda item: sha256(_DRAW, seed, address_bytes(item)))
    count = max(1, len(ranked) // max(privacy.group_size, 1))
    ends = [len(ranked) * part // count for part in range(count + 1)]
    groups = [ranked[start:end] for start, end in zip(ends, ends[1:], strict=False)]
    return tuple(tuple(sorted(group, key=address_bytes)) for group in groups if group)


def roster_hash(plan: RoundPlan, members: Iterable[GroupKeys]) -> Digest:
    """What names the members whose masks are in an update, and their keys."""
    ordered = sorted(members, key=lambda item: address_bytes(item.contributor))
    parts = (address_bytes(item.contributor) + item.mask_key + item.seed_hash for item in ordered)
    return sha256(_ROSTER, plan.hash, *parts)


def masked(
    plan: RoundPlan, weighted: IntArray, contributor: Address, seeds: tuple[bytes, bytes], members: Sequence[GroupKeys]
) -> IntArray:
    """A member's weighted update (flat) under its own mask and one for each other member, mod 2**64.

    `seeds` are its own and its mask seed. Raises InputError for a member's key that is none.
    """
    own, key = seeds[0], mask_key(seeds[1])
    total = weighted.astype(np.uint64) + own_mask(own, plan.hash, contributor, len(weighted))
    for other in members:
        if other.contributor != contributor:
            total += pair_mask(key, other.mask_key, plan.hash, (contributor, other.contributor), len(weighted))
    return total.astype(np.int64)


def open_sum(plan: RoundPlan, updates: Mapping[Address, IntArray], masks: Sequence[OpenedMask]) -> IntArray:
    """Σ weight · update (flat) of the members in `updates`, from `masks` of everybody on their roster.

    Whatever does not belong together gives a sum that is no sum, not an error. Raises InputError for a false key.
    """
    total: Words = np.sum([update.astype(np.uint64) for update in updates.values()], axis=0, dtype=np.uint64)
    count = len(total)
    for mask in masks:
        if mask.survived:
            total -= own_mask(mask.seed, plan.hash, mask.keys.contributor, count)
            continue
        key = mask_key(mask.seed)
        for other in masks:
            if other.survived:  # what the survivor added for the drop-out is minus what the drop-out would have added
                pair = (mask.keys.contributor, other.keys.contributor)
                total += pair_mask(key, other.keys.mask_key, plan.hash, pair, count)
    return total.astype(np.int64)


def encode_masked(update: IntArray, roster: Digest, task: Task) -> bytes:
    """A masked update's canonical bytes: the hash of the roster it is masked for, then its words."""
    return roster + encode_arrays(_MASKED_TAG, unflatten(update, task.shapes), 64)


def decode_masked(data: bytes, task: Task) -> tuple[Digest, IntArray]:
    """Roster hash and masked update (flat) in canonical bytes. Raises InputError."""
    roster, update = Digest(data[:32]), flatten(decode_arrays(_MASKED_TAG, data[32:], task.shapes))
    if encode_masked(update, roster, task) != data:
        raise InputError("masked update is not in its canonical form")
    return roster, update


def most_update_bytes(task: Task) -> int:
    """How many bytes every update has that a contributor of the task sends."""
    return masked_bytes(task) if task.privacy.grouped else update_bytes(task)


def masked_bytes(task: Task) -> int:
    """How many bytes every masked update of the task has."""
    return len(encode_masked(np.zeros(task.size, np.int64), Digest(bytes(32)), task))
