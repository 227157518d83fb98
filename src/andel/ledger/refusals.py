"""What it means when a node refuses: a contract's own error by name, or the node's words.

Takes a node's refusal. Gives `Reverted` with the name and the values of a contract's error, or a `ChainError`. Nodes
put the bytes of a revert in different places; all known ones are looked into. Never asks a node.
"""

from __future__ import annotations

from andel.errors import ChainError, Reverted
from andel.ledger.abi import decode_error
from andel.ledger.rpc import NodeRefused


def revert_data(answer: NodeRefused) -> bytes | None:
    """The bytes a contract reverted with, wherever the node has put them; None if there are none."""
    data = answer.data
    if isinstance(data, dict):
        data = data.get("data") or data.get("result")
    if not isinstance(data, str) or "0x" not in data:
        return None
    try:
        raw = bytes.fromhex(data[data.index("0x") + 2 :])
    except ValueError:
        return None
    return raw if len(raw) >= 4 else None


def refused(action: str, contract: str | None, answer: NodeRefused) -> ChainError:
    """What a node's refusal of `action` means: Reverted where a contract refused, else ChainError."""
    data = revert_data(answer)
    if data is not None:
        named = decode_error(contract, data)
        return Reverted(action, *named) if named else Reverted(action, f"0x{data[:4].hex()}", (f"0x{data[4:].hex()}",))
    reason = answer.reason.lower()
    if "revert" in reason or answer.code == 3:
        return Reverted(action, answer.reason or "no reason given")
    hint = "send coins of this chain to the account" if "insufficient" in reason or "funds" in reason else ""
    return ChainError(f"{action}: {answer.message}", hint)
