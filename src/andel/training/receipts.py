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
from andel.training.integer_mlp import parameter_shapes
from andel.training.result import sign_commitment, sign_update
from andel.training.updates import encode_update, flatten

_KEPT = "update kept back"
_MAX_BATCHES_BYTES = 8 * 1024 * 1024


def receipt_mod(key: Callable[[Context], AccountKey]) -> Mod:
    """The mod; `key` gives the node's signing key."""

    def sign(message: Message, context: Context, call_next: ClientAppCallable) -> Message:
        kind = message.metadata.message_type
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
    plan, _, _ = wire.read_instruction(message)
    kept = context.state.get(_KEPT)
    if not isinstance(kept, ConfigRecord) or kept.get("plan") != plan.hash:
        raise InputError(f"no update was made under plan {plan.hash.hex()}")
    return wire.answer(message, {"contributor": str(kept["contributor"]), "update": bytes(kept["update"])})  # type: ignore[arg-type]  # written below


def _with_commitment(message: Message, reply: Message, key: AccountKey) -> Message:
    plan, _, _ = wire.read_instruction(message)
    batches = wire.bytes_of(wire.read_answer(reply), "batches", _MAX_BATCHES_BYTES)
    commitment = sign_commitment(key, plan, batches)
    return wire.answer(
        message,
        {"contributor": commitment.contributor, "batches": batches, "signature": commitment.signature},
    )


def _receipt(message: Message, reply: Message, context: Context, key: AccountKey) -> Message:
    plan, task, _ = wire.read_instruction(message)
    record = wire.read_answer(reply)
    arrays = wire.arrays_of(reply, parameter_shapes(len(task.features), task.hidden))
    update = sign_update(
        key,
        plan,
        update=encode_update(flatten(arrays), task),
        batches_hash=sha256(wire.bytes_of(record, "batches", _MAX_BATCHES_BYTES)),
        weight=wire.int_of(record, "weight"),
    )
    context.state[_KEPT] = ConfigRecord(
        {"plan": bytes(plan.hash), "contributor": str(update.contributor), "update": update.update}
    )
    return wire.answer(
        message,
        {
            "contributor": update.contributor,
            "update_hash": bytes(update.update_hash),
            "batches_hash": bytes(update.batches_hash),
            "weight": update.weight,
            "signature": update.signature,
        },
    )
