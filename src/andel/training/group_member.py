"""A member's side of a secure sum: keys, shares, a masked update, one list of survivors, and the shares that open it.

Works inside the contributor's ClientApp. Answers each question once in a round, whatever is asked later: that is what
keeps a coordinator from opening two sums and taking one off the other. What it is told, it checks: that the group is
the one that seed 1 draws from the commitments on chain, that keys are signed by their accounts, that enough take part.
Its seeds are fresh in every round and never leave whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from andel.encoding import canonical_json, parse_hex, parse_json
from andel.errors import InputError, PlanError
from andel.keys import AccountKey, address_bytes, checksummed, parse_address
from andel.merkle import MerkleTree
from andel.training import wire
from andel.training.flower import ConfigRecord, Context, Message
from andel.training.groups import (
    MAX_WEIGHT,
    GroupKeys,
    draw_groups,
    masked,
    roster_hash,
    sign_keys,
    survivors_message,
)
from andel.training.integer_mlp import IntArray
from andel.training.plan import RoundPlan
from andel.training.privacy import MAX_GROUP, Privacy, quorum
from andel.training.secure_sum import SEED_BYTES, Share, mask_key, open_shares, seal_shares, seed_hash, split
from andel.typed_data import sign_typed, typed_signer
from andel.units import Address, Digest

Randomness = Callable[[int], bytes]
"""So many secret random bytes."""

_KEPT: Final = "group of the round"
_LEAF_BYTES: Final = 20 + 32
_MAX_STATE_BYTES: Final = 1024 * 1024


class Member:
    """What one node keeps of its part in one round's secure sum; read from the node's state and written back to it."""

    def __init__(self, context: Context, plan: RoundPlan, key: AccountKey) -> None:
        record = context.state.get(_KEPT)
        kept = record.get("state") if isinstance(record, ConfigRecord) and record.get("plan") == plan.hash else None
        self._context = context
        self._plan = plan
        self._key = key
        self._state: dict[str, Any] = parse_json(kept, _MAX_STATE_BYTES) if isinstance(kept, bytes) else {}

    def keys(self, random: Randomness) -> GroupKeys:
        """Its signed keys of the round, made when first asked for."""
        if not self._state:
            self._keep(seeds=[random(SEED_BYTES).hex(), random(SEED_BYTES).hex()], share=random(32).hex())
        own, masking = self._seeds()
        public = mask_key(masking).public_key().public_bytes_raw()
        shared = self._share_key().public_key().public_bytes_raw()
        return sign_keys(self._key, self._plan, public, shared, seed_hash(own))

    def shares(self, privacy: Privacy, seed: bytes, leaves: bytes, group: Mapping[str, Any], most: int) -> bytes:
        """Shares of its seeds sealed to each other member, as JSON; `leaves` are those of the commitments' root.

        `most` is the largest weight that it takes for its own. Raises InputError or PlanError for a group that is not
        the one drawn, keys that are not signed, a weight that is not its own, or too few members.
        """
        if "sealed" in self._state:
            return bytes(canonical_json(self._state["sealed"]))
        members = [_read_keys(item) for item in _listed(group, "members", MAX_GROUP)]
        drawn = _drawn_with(privacy, seed, leaves, self._key.address)
        threshold = quorum(privacy, len(drawn))
        self._check_members(members, drawn, threshold)
        told = group.get("weight")
        if type(told) is not int or not 0 < told <= min(most, MAX_WEIGHT):
            raise InputError(f"{str(told)[:40]} is no weight of {self._key.address}, which claims {most}")
        own, masking = self._seeds()
        pairs = list(zip(split(own, threshold, len(members)), split(masking, threshold, len(members)), strict=True))
        sealed, kept = {}, []
        for member, pair in zip(members, pairs, strict=True):
            if member.contributor == self._key.address:
                kept = [pair[0][0], pair[0][1].hex(), pair[1][1].hex()]
                continue
            whose = (self._key.address, member.contributor)
            data = seal_shares(self._share_key(), member.share_key, self._plan.hash, whose, pair)
            sealed[member.contributor] = data.hex()
        listed = [write_keys(member) for member in members]
        self._keep(members=listed, threshold=threshold, weight=told, sealed=sealed, held={self._key.address: kept})
        return bytes(canonical_json(sealed))

    def take(self, group: Mapping[str, Any]) -> None:
        """Keeps what the others have sealed to it: with whom it masks. Raises InputError, also for too few."""
        if "roster" in self._state:
            return
        named = _mapping(group, "shares")
        members = self._members()
        held = {parse_address(sender): data for sender, data in named.items()}
        if not set(held) <= set(members) - {self._key.address} or len(held) + 1 < self._threshold():
            raise InputError(f"shares of {len(held)} others are not those of enough members")
        opened = dict(self._state["held"])
        for sender, data in held.items():
            whose = (sender, self._key.address)
            raw = parse_hex(data, 1 + 2 * SEED_BYTES + 16)
            own, masking = open_shares(self._share_key(), members[sender].share_key, self._plan.hash, whose, raw)
            opened[sender] = [own[0], own[1].hex(), masking[1].hex()]
        self._keep(held=opened, roster=sorted(opened, key=address_bytes))

    def masked(self, update: IntArray) -> tuple[IntArray, int, Digest]:
        """(its weighted update (flat) under its masks, its weight, the hash of whom it is masked for)."""
        roster = self._roster()
        weight = int(self._state["weight"])
        hidden = masked(self._plan, update * weight, self._key.address, self._seeds(), roster)
        return hidden, weight, roster_hash(self._plan, roster)

    def confirm(self, group: Mapping[str, Any]) -> bytes:
        """Its signature over the one list of survivors that it takes. Raises InputError for another, or too few."""
        survivors = sorted({parse_address(item) for item in _listed(group, "survivors", MAX_GROUP)}, key=address_bytes)
        roster = {member.contributor for member in self._roster()}
        if not set(survivors) <= roster or len(survivors) < self._threshold():
            raise InputError(f"{len(survivors)} survivors are not enough of the {len(roster)} that it is masked for")
        if self._state.setdefault("survivors", list(survivors)) != list(survivors):
            raise InputError("another list of survivors was confirmed already")
        self._keep()
        return sign_typed(self._key, "GroupSurvivors", self._plan.domain, self._message(survivors))

    def opening(self, group: Mapping[str, Any]) -> bytes:
        """Its shares, as JSON: of survivors' own seeds and of drop-outs' mask seeds, never of both of one member.

        Raises InputError unless enough survivors have signed the list that it confirmed.
        """
        survivors = [parse_address(item) for item in self._state.get("survivors", [])]
        signatures = {parse_address(who): parse_hex(sign, 65) for who, sign in _mapping(group, "signatures").items()}
        message = self._message(survivors)
        true = [
            who
            for who in survivors
            if who in signatures and typed_signer("GroupSurvivors", self._plan.domain, message, signatures[who]) == who
        ]
        if not survivors or len(true) < self._threshold():
            raise InputError(f"{len(true)} survivors have confirmed the list; {self._threshold()} must")
        held = self._state["held"]
        shown = {who: [held[who][0], held[who][1 if who in survivors else 2]] for who in self._state["roster"]}
        return bytes(canonical_json(shown))

    def _check_members(self, members: Sequence[GroupKeys], drawn: Sequence[Address], threshold: int) -> None:
        named = [member.contributor for member in members]
        if len(set(named)) != len(named) or not set(named) <= set(drawn) or self._key.address not in named:
            raise PlanError("the group named is not the one that seed 1 draws")
        if len(members) < threshold:
            raise PlanError(f"{len(members)} of {len(drawn)} drawn members are in the group; {threshold} must be")
        for member in members:
            if not member.is_signed(self._plan):
                raise InputError(f"the group's keys do not carry {member.contributor}'s signature")
        own, masking = self._seeds()
        mine = mask_key(masking).public_key().public_bytes_raw(), seed_hash(own)
        (listed,) = [member for member in members if member.contributor == self._key.address]
        if (listed.mask_key, listed.seed_hash) != mine:
            raise InputError("the group's keys hold others under this node's name")

    def _message(self, survivors: Sequence[Address]) -> dict[str, object]:
        return survivors_message(self._plan, roster_hash(self._plan, self._roster()), survivors)

    def _members(self) -> dict[Address, GroupKeys]:
        if "members" not in self._state:
            raise InputError("no shares were made under this plan")
        return {keys.contributor: keys for keys in map(_read_keys, self._state["members"])}

    def _roster(self) -> list[GroupKeys]:
        members = self._members()
        if "roster" not in self._state:
            raise InputError("no update was masked under this plan")
        return [members[parse_address(item)] for item in self._state["roster"]]

    def _threshold(self) -> int:
        return int(self._state["threshold"])

    def _seeds(self) -> tuple[bytes, bytes]:
        if "seeds" not in self._state:
            raise InputError("no keys were made under this plan")
        own, masking = (bytes.fromhex(seed) for seed in self._state["seeds"])
        return own, masking

    def _share_key(self) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(bytes.fromhex(self._state["share"]))

    def _keep(self, **values: object) -> None:
        self._state |= values
        data = canonical_json(self._state)
        self._context.state[_KEPT] = ConfigRecord({"plan": bytes(self._plan.hash), "state": data})


def read_group(message: Message) -> dict[str, Any]:
    """What an instruction says of the group. Raises InputError."""
    value = parse_json(wire.read_more(message, "group"), wire.MAX_GROUP_BYTES)
    if not isinstance(value, dict):
        raise InputError("the instruction's group is no object")
    return value


def write_keys(keys: GroupKeys) -> list[str]:
    """A member's keys as JSON has them."""
    raw = (keys.mask_key, keys.share_key, keys.seed_hash, keys.signature)
    return [keys.contributor, *(item.hex() for item in raw)]


def read_share(value: object) -> Share:
    """One share as JSON has it. Raises InputError."""
    if not isinstance(value, list) or len(value) != 2 or type(value[0]) is not int or not 0 < value[0] <= MAX_GROUP:
        raise InputError(f"no share of a seed: {str(value)[:60]}")
    return value[0], parse_hex(value[1], SEED_BYTES)


def _read_keys(value: object) -> GroupKeys:
    if not isinstance(value, list) or len(value) != 5:
        raise InputError(f"no keys of a member: {str(value)[:60]}")
    mask, share, seed = (parse_hex(item, 32) for item in value[1:4])
    return GroupKeys(parse_address(value[0]), mask, share, Digest(seed), parse_hex(value[4], 65))


def _drawn_with(privacy: Privacy, seed: bytes, leaves: bytes, own: Address) -> tuple[Address, ...]:
    places = range(0, len(leaves), _LEAF_BYTES)
    addresses = [checksummed(leaves[place : place + 20]) for place in places]
    for group in draw_groups(seed, addresses, privacy):
        if own in group:
            return group
    raise PlanError(f"{own} is not among the commitments")


def leaves_root(leaves: bytes) -> Digest:
    """The root over commitments' leaves in one piece. Raises InputError when these are none."""
    if not leaves or len(leaves) % _LEAF_BYTES:
        raise InputError(f"{len(leaves)} bytes are no leaves of commitments")
    return MerkleTree([leaves[place : place + _LEAF_BYTES] for place in range(0, len(leaves), _LEAF_BYTES)]).root


def _listed(group: Mapping[str, Any], name: str, most: int) -> list[Any]:
    value = group.get(name)
    if not isinstance(value, list) or len(value) > most:
        raise InputError(f"the group's {name} are not a list of at most {most}")
    return value


def _mapping(group: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = group.get(name)
    if not isinstance(value, dict) or len(value) > MAX_GROUP:
        raise InputError(f"the group's {name} are not an object of at most {MAX_GROUP} entries")
    return value
