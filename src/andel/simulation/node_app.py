"""The app of a simulated participant's SuperNode: the contributor's own, and what its kind does to its updates."""

from __future__ import annotations

from typing import Final

from andel.roles.node_app import contributor_of
from andel.simulation.adversaries import mods_of
from andel.simulation.participants import Kind
from andel.training.client_app import contributor_app
from andel.training.flower import ClientAppCallable, Context, Message

REFERENCE: Final = "andel.simulation.node_app:app"
KIND: Final = "kind"


def as_its_kind(message: Message, context: Context, call_next: ClientAppCallable) -> Message:
    """A mod that lets the node's kind, as its configuration names it, change what is sent."""
    for mod in mods_of(Kind(str(context.node_config[KIND]))):
        return mod(message, context, call_next)
    return call_next(message, context)


app = contributor_app(contributor_of, [as_its_kind])
