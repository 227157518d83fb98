"""The coordinator's side of secure sums: keys and shares before training, one list of survivors and the masks after it.

Takes a round's `EvidenceStrategy` and a way to ask nodes. Gives the instructions that members train under, and at the
end the opened masks. It relays what members seal to each other and cannot read it; what it could do at worst is to make
a group come to nothing. Never adds anything up: `andel.value` does, from the evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from andel.encoding import canonical_json, parse_hex, parse_json
from andel.errors import InputError
from andel.keys import address_bytes, parse_address
from andel.training import wire
from andel.training.events import RefusalKind
from andel.training.flower import ConfigRecord, Message
from andel.training.group_member import read_share, write_keys
from andel.training.groups import GroupKeys, OpenedMask, draw_groups, roster_hash, survivors_message
from andel.training.privacy import quorum
from andel.training.result import commitments_leaves
from andel.training.secure_sum import Share, combined, is_seed
from andel.training.strategy import EvidenceStrategy
from andel.training.task import parse_task
from andel.typed_data import typed_signer
from andel.units import Address, Digest

Ask = Callable[[str, list[Message], Callable[[Iterable[Message]], None]], None]
"""Sends a phase's messages and hands on the replies that come in time."""


@dataclass(slots=True)
class _Group:
    """One group as far as the round has come: its threshold, who has shown keys, sealed shares, confirmed survivors."""

    drawn: tuple[Address, ...]
    threshold: int
    keys: dict[Address, GroupKeys] = field(default_factory=dict)
    sealed: dict[Address, dict[str, str]] = field(default_factory=dict)
    survivors: tuple[Address, ...] = ()
    signatures: dict[Address, str] = field(default_factory=dict)
    shares: dict[Address, list[Share]] = field(default_factory=dict)


class SecureSums:
    """The groups of one round."""

    def __init__(self, strategy: EvidenceStrategy, ask: Ask) -> None:
        """The strategy's commitments, seed and proven slots are those of the round."""
        self._strategy = strategy
        self._ask = ask
        self._privacy = parse_task(strategy.task).privacy
        groups = draw_groups(strategy.seed, strategy.commitments, self._privacy)
        self._groups = [_Group(drawn, quorum(self._privacy, len(drawn))) for drawn in groups]
        self._of = {member: group for group in self._groups for member in group.drawn}

    def prepare(self) -> dict[Address, bytes]:
        """What each member of a group that can still come to a sum has to be told to train."""
        proven = [who for who in self._of if self._strategy.proven.get(who, 0)]
        self._phase(wire.KEYS, {who: {} for who in proven}, self._take_keys)
        leaves = b"".join(commitments_leaves(self._strategy.plan, list(self._strategy.commitments.values())))
        orders = {
            who: {
                "group": canonical_json(
                    {
                        "members": [write_keys(group.keys[member]) for member in _ordered(group.keys)],
                        "weight": self._strategy.proven[who],
                    }
                ),
                "leaves": leaves,
            }
            for group in self._groups
            if len(group.keys) >= group.threshold
            for who in group.keys
        }
        self._phase(wire.SHARES, orders, self._take_shares)
        return {
            who: canonical_json(
                {"shares": {sender: group.sealed[sender][who] for sender in group.sealed if sender != who}}
            )
            for group in self._groups
            if len(group.sealed) >= group.threshold
            for who in group.sealed
        }

    def open(self) -> tuple[OpenedMask, ...]:
        """The masks of every group of which enough members came through, of all on its roster; ordered by address."""
        for group in self._groups:
            here = tuple(who for who in _ordered(group.sealed) if who in self._strategy.updates)
            group.survivors = here if len(here) >= group.threshold else ()
        asked = {
            who: {"group": canonical_json({"survivors": list(group.survivors)})}
            for group in self._groups
            for who in group.survivors
        }
        self._phase(wire.SURVIVORS, asked, self._take_confirmation)
        asked = {
            who: {"group": canonical_json({"signatures": dict(group.signatures)})}
            for group in self._groups
            if len(group.signatures) >= max(group.threshold, 1)
            for who in group.signatures
        }
        self._phase(wire.UNMASK, asked, self._take_opening)
        opened = [mask for group in self._groups for mask in self._opened(group)]
        return tuple(sorted(opened, key=lambda mask: address_bytes(mask.keys.contributor)))

    def _opened(self, group: _Group) -> list[OpenedMask]:
        masks = []
        for who in _ordered(group.sealed) if group.shares else []:
            keys, survived = group.keys[who], who in group.survivors
            public = b"" if survived else keys.mask_key
            try:
                seed = combined(group.shares.get(who, []), group.threshold, _checker(keys.seed_hash, public))
            except InputError as error:
                self._strategy.refuse(who, wire.UNMASK, error.message, RefusalKind.MALFORMED)
                return []
            masks.append(OpenedMask(keys, seed, survived))
        return masks

    def _phase(
        self,
        kind: str,
        orders: Mapping[Address, Mapping[str, bytes]],
        take: Callable[[Address, ConfigRecord], None],
    ) -> None:
        strategy = self._strategy
        nodes = {node: who for who, node in strategy.nodes.items()}

        def taken(record: ConfigRecord, node: int) -> None:
            who = nodes.get(node)
            if who is None or parse_address(wire.text_of(record, "contributor")) != who or who not in orders:
                raise InputError("an answer about another contributor than the one asked")
            take(who, record)

        messages = [strategy.instruct(kind, who, orders[who]) for who in sorted(orders, key=strategy.nodes.__getitem__)]
        self._ask(kind, messages, lambda replies: strategy.take(kind, replies, taken))

    def _take_keys(self, who: Address, record: ConfigRecord) -> None:
        mask, share, seed = (wire.bytes_of(record, name, 32) for name in ("mask_key", "share_key", "seed_hash"))
        keys = GroupKeys(who, mask, share, Digest(seed), wire.bytes_of(record, "signature", 65))
        if not keys.is_signed(self._strategy.plan):
            raise InputError(f"{who}'s keys do not carry its signature under this plan")
        self._of[who].keys[who] = keys

    def _take_shares(self, who: Address, record: ConfigRecord) -> None:
        group = self._of[who]
        sealed = _json(record, "shares")
        if set(sealed) != set(group.keys) - {who}:
            raise InputError(f"{who}'s shares are not for the other members of its group")
        group.sealed[who] = {receiver: parse_hex(data, 49).hex() for receiver, data in sealed.items()}

    def _take_confirmation(self, who: Address, record: ConfigRecord) -> None:
        group, plan = self._of[who], self._strategy.plan
        signature = wire.bytes_of(record, "signature", 65)
        roster = roster_hash(plan, [group.keys[member] for member in group.sealed])
        message = survivors_message(plan, roster, group.survivors)
        if typed_signer("GroupSurvivors", plan.domain, message, signature) != who:
            raise InputError(f"{who} has not signed its group's list of survivors")
        group.signatures[who] = signature.hex()

    def _take_opening(self, who: Address, record: ConfigRecord) -> None:
        group = self._of[who]
        shown = {parse_address(whose): read_share(share) for whose, share in _json(record, "shares").items()}
        if set(shown) != set(group.sealed):
            raise InputError(f"{who}'s shares are not of its group's members")
        for whose, share in shown.items():
            group.shares.setdefault(whose, []).append(share)


def _checker(expected: Digest, public: bytes) -> Callable[[bytes], bool]:
    return lambda seed: is_seed(seed, expected, public)


def _json(record: ConfigRecord, name: str) -> dict[str, Any]:
    value = parse_json(wire.bytes_of(record, name, wire.MAX_GROUP_BYTES), wire.MAX_GROUP_BYTES)
    if not isinstance(value, dict):
        raise InputError(f"the answer's {name} are no object")
    return value


def _ordered(addresses: Iterable[Address]) -> Sequence[Address]:
    return sorted(addresses, key=address_bytes)
