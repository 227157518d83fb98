"""The ClientApp that SuperNodes run in tests: an owner of the small world, or one that fails as its node is told to."""

import os
import time

from andel.training.client_app import contributor_app
from andel.training.flower import ClientAppCallable, Context, Message
from tests.support.federations import find_owner
from tests.support.worlds import build_world

OWNERS = 3
WORLD = build_world(OWNERS)


def failing(message: Message, context: Context, call_next: ClientAppCallable) -> Message:
    """A mod that fails in the phase that the node's configuration names."""
    if context.node_config.get("fails-in") == message.metadata.message_type:
        match context.node_config.get("how"):
            case "dies":
                os._exit(3)
            case "hangs":
                time.sleep(3_600)
            case _:
                raise RuntimeError("told to fail")
    return call_next(message, context)


app = contributor_app(find_owner(WORLD), [failing])
