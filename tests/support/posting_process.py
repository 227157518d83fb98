"""A node's posting in a process of its own that kills itself, as a power cut would.

Run with the node's folder, its node file, the content store, and the moment: `signed` (the update is kept, nothing is
counted), `counted` (nothing is sent), `sent` (no receipt was seen) or `posted` (nobody has noted that it was).
"""

import os
import signal
import sys
import time
from pathlib import Path

from andel.content import ContentStore
from andel.ledger.deployment import find_model
from andel.ledger.sending import Sender
from andel.roles import node_posting
from andel.roles.node_app import open_contributor
from andel.roles.node_posting import Allowed, NodePoster, When
from andel.roles.posting_memory import PostingMemory
from andel.training.acceptance import read_acceptance
from andel.training.client_app import contributor_app
from andel.training.node_state import NodeState
from andel.training.sent_log import SentLog
from andel.units import TOKEN


def killed(*_values, **_named):
    """Ends this process at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def killed_after(call):
    """The call, and then the end."""

    def act(*values, **named):
        call(*values, **named)
        killed()

    return act


def main(folder: Path, node_file: Path, store: str, moment: str) -> None:
    """Looks once and dies."""
    match moment:
        case "signed":
            node_posting.own_update = killed_after(node_posting.own_update)  # type: ignore[attr-defined]  # its own import
        case "counted":
            node_posting.post_hash = killed  # type: ignore[attr-defined]  # its own import
        case "sent":
            Sender._receipts = killed  # type: ignore[method-assign]
        case "posted":
            node_posting.post_hash = killed_after(node_posting.post_hash)  # type: ignore[attr-defined]  # its own import
    contributor = open_contributor(node_file)
    accepted = read_acceptance(folder / "accepted.json")
    assert accepted is not None and contributor._manager is not None
    NodePoster(
        contributor_app(lambda _: contributor),
        NodeState(folder),
        accepted,
        Allowed(When.ALWAYS, TOKEN, 0),
        find_model(contributor._manager.chain, contributor._manager.address),
        ContentStore(store),
        contributor.key,
        PostingMemory(folder / "postings.json"),
        SentLog(folder / "sent.jsonl", time.time),
    ).look()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4])
