"""The noise mod: what training gave gets the noise that the task asks for, before anything masks or signs it.

Inside the signing mod, so that what is signed is what leaves. Keeps the count of noisy updates in the node's own state
and refuses to make more than the task allows: ε grows with each. Does nothing for a task without noise.
"""

from __future__ import annotations

import logging
from typing import Final

from andel.errors import PlanError
from andel.hashing import sha256
from andel.training import wire
from andel.training.accountant import loss_alone
from andel.training.dp_noise import Sampler, noised
from andel.training.flower import ClientAppCallable, ConfigRecord, Context, Message, Mod
from andel.training.integer_mlp import flatten
from andel.training.task import Task
from andel.training.updates import split_parameters

_RELEASES: Final = "noisy updates made"

log = logging.getLogger(__name__)


def noise_mod(sampler: Sampler) -> Mod:
    """The mod; `sampler` draws the noise."""

    def add_noise(message: Message, context: Context, call_next: ClientAppCallable) -> Message:
        if message.metadata.message_type != wire.TRAIN:
            return call_next(message, context)
        _, task, _ = wire.read_instruction(message)
        if not task.privacy.noisy:
            return call_next(message, context)
        made = releases_made(context, task)
        if made >= task.privacy.releases:
            raise PlanError(
                f"{made} noisy updates of this task have left, and it allows no more",
                "what they tell about the readings would pass the ε that was accepted",
            )
        reply = call_next(message, context)
        if reply.has_error():
            return reply
        update = noised(flatten(wire.arrays_of(reply, task.shapes)), task.privacy, sampler)
        _count(context, task, made + 1)
        loss = loss_alone(task.privacy, made + 1)
        log.info("noisy update releases=%d epsilon=%g delta=%g", loss.releases, loss.epsilon, loss.delta)
        return wire.with_arrays(reply, split_parameters(update, task))

    return add_noise


def releases_made(context: Context, task: Task) -> int:
    """How many noisy updates of the task this node has made since its state began."""
    record = context.state.get(_RELEASES)
    made = record.get(_name(task)) if isinstance(record, ConfigRecord) else None
    return made if isinstance(made, int) else 0


def _count(context: Context, task: Task, made: int) -> None:
    record = context.state.get(_RELEASES)
    kept = dict(record) if isinstance(record, ConfigRecord) else {}
    context.state[_RELEASES] = ConfigRecord({**kept, _name(task): made})


def _name(task: Task) -> str:
    return sha256(task.to_bytes()).hex()
