"""The signing mod: whatever leaves a node leaves it signed, and no update leaves before its hash is out.

Outermost of an app's mods. On `query.batches` it adds the signature of the data commitment. On `train` it signs
the update's hash, keeps the update in the node's own state and sends the receipt alone; `query.reveal` then
shows what was kept. Any ClientApp whose replies have the records of `andel.training.wire` can use it.
"""

from __future__ import annotations

from collections.abc import Callable

from andel.errors import InputError
from andel.hashing import sha256
from andel.keys import AccountKey
from andel.training import wire
from andel.training.flower import ClientAppCallable, ConfigRecord, Context, Message, Mod
from andel.training.groups import encode_masked
from andel.training.integer_mlp import IntArray
from andel.training.mask_mod import ROSTER
from andel.training.result import sign_commitment, sign_update
from andel.training.task import Task
from andel.training.updates import encode_update, flatten
from andel.units import Digest

_KEPT = "update kept back"
_RECEIPT = ("contributor", "update_hash", "batches_hash", "weight", "signature")
_MAX_BATCHES_BYTES = 8 * 1024 * 1024


def receipt_mod(key: Callable[[Context], AccountKey]) -> Mod:
    """The mod; `key` gives the node's signing key."""

    def sign(message: Message, context: Context, call_next: ClientAppCallable) -> Message:
        kind = message.metadata.message_type
        if kind == wire.TRAIN and (kept := _kept(message, context)) is not None:
            # one update per plan: asked twice, a node answers the same, or two signed updates would be about
            return wire.answer(message, _receipt_values(kept))
        reply = call_next(message, context)
        if reply.has_error():
            return reply
        if kind == wire.BATCHES:
            return _with_commitment(message, reply, key(context))
        if kind == wire.TRAIN:
            return _receipt(message, reply, context, key(context))
        return reply

    return sign


def reveal(message: Message, context: Context) -> Message:
    """The update whose hash this node signed under the message's plan. Raises InputError when there is none."""
    kept = _kept(message, context)
    if kept is None:
        raise InputError("no update was made under this plan")
    names = ("contributor", "update")
    return wire.answer(message, {name: kept[name] for name in names})  # type: ignore[misc]  # as `_receipt` wrote them


def _with_commitment(message: Message, reply: Message, key: AccountKey) -> Message:
    plan, _, _ = wire.read_instruction(message)
    batches = wire.bytes_of(wire.read_answer(reply), "batches", _MAX_BATCHES_BYTES)
    commitment = sign_commitment(key, plan, batches)
    return wire.answered(
        reply,
        {"contributor": commitment.contributor, "batches": batches, "signature": commitment.signature},
    )


def _receipt(message: Message, reply: Message, context: Context, key: AccountKey) -> Message:
    plan, task, _ = wire.read_instruction(message)
    record = wire.read_answer(reply)
    arrays = wire.arrays_of(reply, task.shapes)
    update = sign_update(
        key,
        plan,
        update=_encoded(record, flatten(arrays), task),
        batches_hash=sha256(wire.bytes_of(record, "batches", _MAX_BATCHES_BYTES)),
        weight=wire.int_of(record, "weight"),
    )
    kept = ConfigRecord(
        {
            "plan": bytes(plan.hash),
            "contributor": str(update.contributor),
            "update_hash": bytes(update.update_hash),
            "batches_hash": bytes(update.batches_hash),
            "weight": update.weight,
            "signature": update.signature,
            "update": update.update,
        }
    )
    context.state[_KEPT] = kept
    return wire.answered(reply, _receipt_values(kept))


def _encoded(record: ConfigRecord, update: IntArray, task: Task) -> bytes:
    """The update's bytes, masked or as it is: in grouped mode what is not masked may not be signed."""
    if not task.privacy.grouped:
        return encode_update(update, task)
    return encode_masked(update, Digest(wire.bytes_of(record, ROSTER, 32)), task)


def _receipt_values(kept: ConfigRecord) -> dict[str, str | int | bytes]:
    """What leaves before the update: everything but the update and the plan it was made under."""
    return {name: kept[name] for name in _RECEIPT}  # type: ignore[misc]  # as `_receipt` wrote them


def _kept(message: Message, context: Context) -> ConfigRecord | None:
    """The update this node has signed under the message's plan, if any."""
    kept = context.state.get(_KEPT)
    plan, _, _ = wire.read_instruction(message)
    return kept if isinstance(kept, ConfigRecord) and kept.get("plan") == plan.hash else None
