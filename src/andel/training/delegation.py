"""A wallet's word on which node acts for it: `NodeDelegation`, EIP-712, under one model and until a time.

A SuperLink knows a node by its P-256 key, the chain an owner by its wallet. The node carries the wallet's signature in
each of its replies, beside the answer; a coordinator that is told a node's public key checks that the reply's owner
chose this node (`check_node`). It says who may speak for an owner to a SuperLink, so that a stranger's node cannot be
taken for it; what counts in a round is still signed by the wallet itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from andel.encoding import canonical_json, parse_hex, parse_json
from andel.errors import InputError
from andel.keys import AccountKey, parse_address
from andel.training.flower import ConfigRecord, Message
from andel.training.node_key import point_of_pem
from andel.typed_data import Domain, sign_typed, typed_signer
from andel.units import Address
from andel.whole_files import write_whole

RECORD: Final = "delegation"
_FORMAT: Final = "andel-delegation/1"
_MAX_BYTES = 1_024


@dataclass(frozen=True, slots=True)
class Delegation:
    """The wallet `owner` lets the node with the P-256 key (x, y) act for it under `domain`'s model until `until`."""

    domain: Domain
    owner: Address
    key_x: bytes
    key_y: bytes
    until: int
    signature: bytes

    def message(self) -> dict[str, object]:
        """The fields of the EIP-712 `NodeDelegation`."""
        return {
            "model": self.domain.contract,
            "owner": self.owner,
            "keyX": self.key_x,
            "keyY": self.key_y,
            "until": self.until,
        }

    def to_bytes(self) -> bytes:
        """Canonical bytes, for a file."""
        return canonical_json(
            {
                "format": _FORMAT,
                "chain_id": self.domain.chain_id,
                "model": self.domain.contract,
                "owner": self.owner,
                "key_x": self.key_x.hex(),
                "key_y": self.key_y.hex(),
                "until": self.until,
                "signature": self.signature.hex(),
            }
        )


def delegate(wallet: AccountKey, domain: Domain, node_public_pem: bytes, until: int) -> Delegation:
    """The wallet's delegation to the node with this public key, until `until` (unix seconds). Raises InputError."""
    x, y = point_of_pem(node_public_pem)
    unsigned = Delegation(domain, wallet.address, x, y, until, b"")
    signature = sign_typed(wallet, "NodeDelegation", domain, unsigned.message())
    return Delegation(domain, wallet.address, x, y, until, signature)


def parse_delegation(data: bytes) -> Delegation:
    """The delegation in canonical bytes; its signature is not checked. Raises InputError."""
    values = parse_json(data, _MAX_BYTES)
    fields = {"format", "chain_id", "model", "owner", "key_x", "key_y", "until", "signature"}
    if not isinstance(values, dict) or set(values) != fields or values["format"] != _FORMAT:
        raise InputError(f"not a delegation ({_FORMAT})")
    if not isinstance(values["chain_id"], int) or not isinstance(values["until"], int):
        raise InputError(f"not a delegation ({_FORMAT})")
    domain = Domain(values["chain_id"], parse_address(str(values["model"])))
    owner = parse_address(str(values["owner"]))
    x, y, signature = (
        parse_hex(values[name], size) for name, size in (("key_x", 32), ("key_y", 32), ("signature", 65))
    )
    return Delegation(domain, owner, x, y, values["until"], signature)


def check_delegation(delegation: Delegation, domain: Domain, owner: Address, node_public_pem: bytes, now: int) -> None:
    """Raises InputError unless `owner` delegated to this key under this model, for a time that holds `now`."""
    if delegation.domain != domain or delegation.owner != owner:
        raise InputError(f"the node's delegation is not {owner}'s for this model")
    if (delegation.key_x, delegation.key_y) != point_of_pem(node_public_pem):
        raise InputError(f"{owner} delegated to another node key")
    if now > delegation.until:
        raise InputError(f"{owner}'s delegation to its node ended at {delegation.until}")
    if typed_signer("NodeDelegation", domain, delegation.message(), delegation.signature) != owner:
        raise InputError(f"the node's delegation does not carry {owner}'s signature")


def keep_delegation(
    path: Path, wallet: AccountKey, domain: Domain, node_public_pem: bytes, now: int, seconds: int
) -> Delegation:
    """The delegation in the file; a new one for so many seconds where it has less than a third of them left, or is of
    another wallet, node key or model. Raises OSError.
    """
    try:
        kept = parse_delegation(path.read_bytes()[: _MAX_BYTES + 1])
        check_delegation(kept, domain, wallet.address, node_public_pem, now + seconds // 3)
    except (FileNotFoundError, InputError):
        kept = delegate(wallet, domain, node_public_pem, now + seconds)
        write_whole(path, kept.to_bytes())
    return kept


def attach(reply: Message, delegation: Delegation) -> Message:
    """The reply with the delegation as one more record; errors carry none."""
    if reply.has_content():
        reply.content[RECORD] = ConfigRecord({"signed": delegation.to_bytes()})
    return reply


def check_node(reply: Message, owner: Address, domain: Domain, node_public_pem: bytes, now: int) -> None:
    """What a coordinator asks of a reply whose node's public key the Grid tells (`NodeInfo.public_key`).

    `owner` is the account that the reply answers for, `now` the chain's time. Raises InputError.
    """
    record = reply.content.get(RECORD) if reply.has_content() else None
    signed = record.get("signed") if isinstance(record, ConfigRecord) else None
    if not isinstance(signed, bytes):
        raise InputError(f"the reply for {owner} carries no delegation to its node")
    check_delegation(parse_delegation(signed), domain, owner, node_public_pem, now)
