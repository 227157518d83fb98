"""What a node says, read as plain values: quantities, bytes, receipts, events.

Takes parsed JSON that nobody vouches for. Gives integers, bytes, `Receipt` and `Event`; anything of another form is
a ChainError that shows it. IoTeX adds logs of its own to receipts: what no contract of ours declares is passed over.
Never asks a node.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from andel.errors import ChainError
from andel.keys import checksummed, parse_address
from andel.ledger.abi import decode_event
from andel.ledger.receipt import Event, Receipt
from andel.units import Address

RawReceipt = dict[str, Any]


def quantity(value: object) -> int:
    """The integer of a JSON-RPC quantity. Raises ChainError for anything else."""
    try:
        if isinstance(value, str):
            return int(value, 16)
    except ValueError:
        pass
    raise _misplaced(value, "a number belongs")


def bytes_of(value: object) -> bytes:
    """The bytes of JSON-RPC data. Raises ChainError for anything else."""
    try:
        if isinstance(value, str):
            return bytes.fromhex(value.removeprefix("0x"))
    except ValueError:
        pass
    raise _misplaced(value, "bytes belong")


def receipt_of(raw: RawReceipt) -> Receipt:
    """The receipt of a transaction that succeeded. Raises ChainError."""
    created = bytes_of(raw.get("contractAddress") or "0x")  # null, empty or zero where nothing was created
    return Receipt(
        hash=str(raw.get("transactionHash")),
        block=quantity(raw.get("blockNumber")),
        gas_used=quantity(raw.get("gasUsed")),
        contract_address=parse_address(created.hex()) if any(created) else None,
        events=tuple(events_of(raw.get("logs", ()))),
    )


def events_of(logs: Any) -> list[Event]:
    """Our contracts' events among raw logs, in their order. Raises ChainError."""
    try:
        return [event for event in map(_event, logs) if event is not None]
    except (KeyError, TypeError) as error:
        raise ChainError(f"the node gave a log of another form: {str(error)[:80]}") from error


def check_asked_for(logs: Any, address: Address, topics: Sequence[str | list[str] | None]) -> None:
    """Raises ChainError for a log of another contract, or one that a filter of topics leaves out."""
    wanted = [
        {bytes_of(each) for each in ([topic] if isinstance(topic, str) else topic)} if topic else None
        for topic in topics
    ]
    for log in logs:
        given = [bytes_of(topic) for topic in log["topics"]]
        fits = len(given) >= len(wanted) and all(
            some is None or topic in some for topic, some in zip(given, wanted, strict=False)
        )
        if not fits or checksummed(bytes_of(log["address"])) != address:
            raise ChainError(f"the node gave a log that was not asked for: {str(log)[:120]}")


def _event(log: Any) -> Event | None:
    known = decode_event([bytes_of(topic) for topic in log["topics"]], bytes_of(log["data"]))
    if known is None:
        return None
    emitter, block = checksummed(bytes_of(log["address"])), quantity(log["blockNumber"])
    block_hash, transaction = bytes_of(log.get("blockHash") or "0x"), str(log.get("transactionHash") or "")
    return Event(known[0], emitter, known[1], block, block_hash, transaction)


def _misplaced(value: object, wanted: str) -> ChainError:
    return ChainError(f"the node gave {str(value)[:80]!r} where {wanted}")
