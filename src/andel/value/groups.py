"""Parts of a round: what is valued is one contributor's update, or the sum of one group, by the same pipeline.

Takes the evidence of single updates (`andel.value.acceptance`) or of secure sums, checked here. Gives `Part`s, in open
mode one for each contributor and in grouped mode one for each group whose sum opens, and splits what a part is worth
among its members by their proven slots. A group that does not come to a sum costs only its members, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from andel.errors import EvidenceError, InputError
from andel.fixed_point import split_exactly
from andel.hashing import sha256
from andel.keys import address_bytes
from andel.training.dp_noise import MAX_NOISY
from andel.training.groups import MAX_WEIGHT, OpenedMask, decode_masked, draw_groups, open_sum, roster_hash
from andel.training.integer_mlp import IntArray
from andel.training.plan import RoundPlan
from andel.training.privacy import quorum
from andel.training.result import DataCommitment, SignedUpdate
from andel.training.task import Task
from andel.training.updates import MAX_UPDATE
from andel.units import Address, BaseUnits
from andel.value.acceptance import accept_updates
from andel.value.proof import ProvenData, check_signature


@dataclass(frozen=True)
class Part:
    """What a round values as one: its members' proven data, in the order of their addresses, and one update (flat).

    In grouped mode the update is the members' mean by weight, and `group` the number of the group from 1.
    """

    members: tuple[ProvenData, ...]
    update: IntArray
    group: int = 0

    @cached_property
    def weight(self) -> int:
        """Proven slots of all members."""
        return sum(member.weight for member in self.members)

    @property
    def devices(self) -> tuple[Address, ...]:
        """The devices of all members."""
        return tuple(device for member in self.members for device in member.slots)

    def split(self, amount: int) -> list[int]:
        """An amount, also one below 0, over the members by proven slots, summing exactly."""
        parts = split_exactly(abs(amount), [member.weight for member in self.members])
        return [-part for part in parts] if amount < 0 else list(parts)


def parts_of(
    plan: RoundPlan,
    task: Task,
    commitments: Sequence[DataCommitment],
    proven: Sequence[ProvenData],
    updates: Sequence[SignedUpdate],
    first_seed: bytes,
    masks: Sequence[OpenedMask],
) -> tuple[list[Part], dict[Address, str]]:
    """The parts that count, and why contributors are in none. Raises EvidenceError for what stands twice."""
    if not task.privacy.grouped:
        accepted, reasons = accept_updates(plan, task, commitments, proven, updates)
        return [Part((item.data,), item.update) for item in accepted], reasons
    sums = _Sums(plan, task, commitments, proven, updates, masks)
    parts: list[Part] = []
    refused: dict[Address, str] = {}
    for number, drawn in enumerate(draw_groups(first_seed, sums.committed, task.privacy), start=1):
        try:
            parts.append(sums.part(number, drawn))
        except InputError as error:
            refused |= {who: f"group {number}: {error.message}" for who in drawn}
            continue
        inside = {member.contributor for member in parts[-1].members}
        refused |= {who: f"group {number} has come to its sum without it" for who in drawn if who not in inside}
    return parts, refused


def over_members(parts: Sequence[Part], amounts: Sequence[int]) -> list[int]:
    """What each part has, over its members; in the order of `members_of`."""
    return [share for part, amount in zip(parts, amounts, strict=True) for share in part.split(amount)]


def members_of(parts: Sequence[Part]) -> list[ProvenData]:
    """All members of all parts."""
    return [member for part in parts for member in part.members]


def paid_to_members(parts: Sequence[Part], amounts: Sequence[BaseUnits]) -> list[BaseUnits]:
    """`over_members` of money."""
    return [BaseUnits(share) for share in over_members(parts, amounts)]


class _Sums:
    """A round's evidence of secure sums, by contributor."""

    def __init__(
        self,
        plan: RoundPlan,
        task: Task,
        commitments: Sequence[DataCommitment],
        proven: Sequence[ProvenData],
        updates: Sequence[SignedUpdate],
        masks: Sequence[OpenedMask],
    ) -> None:
        self._plan = plan
        self._task = task
        self.committed = {item.contributor: item for item in commitments}
        self._proven = {item.contributor: item for item in proven}
        self._updates = {item.contributor: item for item in updates}
        self._masks = {item.keys.contributor: item for item in masks}
        place = f"round {plan.round}"
        if len(self._updates) != len(updates) or len(self._masks) != len(masks):
            raise EvidenceError(f"{place}, updates", "an update or a mask stands twice in the evidence")

    def part(self, number: int, drawn: Sequence[Address]) -> Part:
        """A drawn group's part. Raises InputError when its sum does not open, or is out of bounds."""
        masks = [self._masks[who] for who in drawn if who in self._masks]
        if not masks:
            raise InputError("too few of its members came through for its sum to be opened")
        for mask in masks:
            if not mask.keys.is_signed(self._plan) or not mask.is_true:
                raise InputError(f"what was opened of {mask.keys.contributor} is not what it signed")
        survivors = [mask.keys.contributor for mask in masks if mask.survived]
        least = quorum(self._task.privacy, len(drawn))
        if len(survivors) < least:
            raise InputError(f"{len(survivors)} of {len(drawn)} members came through; {least} must")
        roster = roster_hash(self._plan, [mask.keys for mask in masks])
        masked = {who: self._masked(who, roster) for who in survivors}
        members = tuple(self._proven[who] for who in sorted(survivors, key=address_bytes))
        return Part(members, self._mean(masked, masks, sum(member.weight for member in members)), number)

    def _masked(self, contributor: Address, roster: bytes) -> IntArray:
        """A survivor's masked update; one that is not sound cannot be taken out of the sum again. Raises InputError."""
        update, data = self._updates.get(contributor), self._proven[contributor]
        if update is None:
            raise InputError(f"the update of {contributor} is not in the closed set")
        check_signature("Update", self._plan.domain, update.message(self._plan), update.signature, contributor)
        if self.committed[contributor].batches_hash != update.batches_hash:
            raise InputError(f"the update of {contributor} names batches that were not committed")
        if data.weight == 0 or update.weight != data.weight or data.weight > MAX_WEIGHT:
            raise InputError(
                f"{contributor} has weighted its update by {update.weight}, and proven {data.weight} slots"
            )
        if sha256(update.update) != update.update_hash:
            raise InputError(f"the update of {contributor} is not the one that was signed")
        named, masked = decode_masked(update.update, self._task)
        if named != roster:
            raise InputError(f"the update of {contributor} is masked for other members")
        return masked

    def _mean(self, masked: Mapping[Address, IntArray], masks: Sequence[OpenedMask], weight: int) -> IntArray:
        """The sum over `weight`, rounded to nearest and within ±2**26; a sum that no updates give is refused."""
        total = open_sum(self._plan, masked, masks)
        limit = MAX_NOISY if self._task.privacy.noisy else MAX_UPDATE
        if int(total.max()) > weight * limit or int(total.min()) < -weight * limit:
            raise InputError("its sum is none of updates: a member has sent something else")
        mean = (2 * total.astype(object) + weight) // (2 * weight)
        return np.asarray(mean.astype(np.int64).clip(-MAX_UPDATE, MAX_UPDATE))
