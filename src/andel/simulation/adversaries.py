"""What dishonest participants do to their own updates, as Flower mods inside the signing mod.

They sign what they send, as anybody would: nothing below can tell who they are but by what their updates are worth.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from andel.simulation.offchain_rounds import sent_by
from andel.simulation.participants import Kind
from andel.training import wire
from andel.training.flower import ClientAppCallable, Context, Message, Mod
from andel.training.integer_mlp import IntArray


def mods_of(kind: Kind) -> list[Mod]:
    """The mods that make a participant's updates what its kind sends; none for honest ones."""
    return [_changed(partial(sent_by, kind))] if kind in (Kind.RIDER, Kind.POISONER) else []


def _changed(change: Callable[[IntArray], IntArray]) -> Mod:
    def mod(message: Message, context: Context, call_next: ClientAppCallable) -> Message:
        reply = call_next(message, context)
        if message.metadata.message_type == wire.TRAIN and not reply.has_error():
            _, task, _ = wire.read_instruction(message)
            update = wire.arrays_of(reply, task.shapes)
            reply.content[wire.ARRAYS] = wire.array_record([change(array) for array in update])
        return reply

    return mod
