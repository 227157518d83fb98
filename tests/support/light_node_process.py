"""A light node in a process of its own that kills itself, as a power cut would, while it is asked to train.

Run with a folder, the SuperLink's address, its authority's file, and the moment: `asked` (before training), `trained`
(before anything is kept), `kept` (the reply is on disk and nothing has left).
"""

import os
import signal
import sys
import time
from pathlib import Path

from andel.training import wire
from andel.training.client_app import contributor_app
from andel.training.node_state import NodeState
from tests.support.light_nodes import LightNode, acceptance_of, agreeing
from tests.support.patience import PATIENCE
from tests.support.worlds import build_world


def main(folder: Path, address: str, root: Path, moment: str) -> None:
    """Runs until it dies."""
    world = agreeing(build_world(1))
    owner = world.owners[0]

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def mod(message, context, call_next):
        if message.metadata.message_type != wire.TRAIN:
            return call_next(message, context)
        if moment == "asked":
            die()
        reply = call_next(message, context)
        if moment == "trained":
            die()
        return reply

    if moment == "kept":
        keep = NodeState.answer

        def answer(self, reply):
            keep(self, reply)
            die()

        NodeState.answer = answer  # type: ignore[method-assign]  # to stop between two lines of the node
    node = LightNode(folder, owner, acceptance_of(world, owner), contributor_app(lambda _: owner, [mod]))
    with node.running(address, root):
        time.sleep(PATIENCE)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4])
