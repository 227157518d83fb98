"""The mask mod: in grouped mode an update leaves weighted and masked, between the noise and the signature.

Does nothing for a task in open mode. The reply's weight becomes the one that the update was multiplied by; what it is
masked for goes with it, since the signature has to cover it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from andel.keys import AccountKey
from andel.training import wire
from andel.training.flower import ClientAppCallable, Context, Message, Mod
from andel.training.group_member import Member, read_group
from andel.training.integer_mlp import flatten
from andel.training.updates import split_parameters

ROSTER: Final = "roster"
"""Name of the roster's hash in the answer that is signed."""


def mask_mod(key: Callable[[Context], AccountKey]) -> Mod:
    """The mod; `key` gives the node's account."""

    def mask(message: Message, context: Context, call_next: ClientAppCallable) -> Message:
        if message.metadata.message_type != wire.TRAIN:
            return call_next(message, context)
        plan, task, _ = wire.read_instruction(message)
        if not task.privacy.grouped:
            return call_next(message, context)
        member = Member(context, plan, key(context))
        member.take(read_group(message))  # before training: who has nobody to mask for need not train
        reply = call_next(message, context)
        if reply.has_error():
            return reply
        hidden, weight, roster = member.masked(flatten(wire.arrays_of(reply, task.shapes)))
        return wire.with_arrays(reply, split_parameters(hidden, task), weight=weight, **{ROSTER: bytes(roster)})

    return mask
