"""Attack: whoever reaches the SuperLink asks a contributor's node for what its owner never accepted.

Who: the coordinator, or anybody who can start a run: code as a FAB, another task or model, rules that make everybody
disclose, days, terms or a policy that were not agreed to, a message type of its own, a SuperLink with another
certificate. What stops it: the node runs its own app only, for the one task in its acceptance file, over TLS that
trusts one authority. It answers the rest with an error, and asks for no app.
"""

import threading
import time
from dataclasses import replace

import pytest

from andel.content import cid_of_digest
from andel.errors import CertificateRefused
from andel.hashing import sha256
from andel.training import wire
from andel.training.flower import Message
from andel.training.rules import ValueRules
from andel.training.sent_log import Kind
from andel.training.superlink import register_node, wait_for_nodes
from tests.support.light_nodes import (
    REAL_TIME,
    LightNode,
    acceptance_of,
    agreeing,
    asked,
    driven,
    questions,
    quiet_superlink,
    renamed,
)
from tests.support.patience import PATIENCE
from tests.support.worlds import build_world, small_task

WORLD = agreeing(build_world(1))
OWNER = WORLD.owners[0]
HASH = sha256(b"another")
DISCLOSING = ValueRules(audits=100)


def under(**changes):
    """The world with another plan."""
    return replace(WORLD, plan=replace(WORLD.plan, **changes))


FOREIGN = {
    "another task": renamed(replace(WORLD, task=replace(WORLD.task, name="another", steps=11))),
    "another task under the accepted one's name": replace(WORLD, task=small_task(name="another")),
    "another model": under(model=WORLD.owners[0].address),
    "another chain": under(chain_id=1),
    "other terms": under(terms=HASH),
    "another policy": under(policy=HASH),
    "rules by which everybody discloses": under(rules=DISCLOSING),
    "another reference set": under(reference=replace(WORLD.plan.reference, packets=cid_of_digest(HASH))),
    "days before": under(windows=((WORLD.plan.windows[0][0] - 1, WORLD.plan.windows[0][1]),)),
    "days after": under(windows=((WORLD.plan.windows[0][0], WORLD.plan.windows[0][1] + 1),)),
}


@pytest.fixture(scope="module")
def joined(tmp_path_factory):
    """A SuperLink, a Grid over it, a node that joined, and the node's number."""
    folder = tmp_path_factory.mktemp("strange")
    node = LightNode(folder / "node", OWNER, acceptance_of(WORLD, OWNER))
    with quiet_superlink(folder, tls=True) as link:
        assert link.settings.tls is not None
        number = register_node(link.door, node.public)
        with node.running(link.door.address, link.settings.tls.authority), driven(link) as grid:
            wait_for_nodes(grid, 1, PATIENCE, REAL_TIME)
            yield link, grid, node, number
    assert node.failures == []


@pytest.mark.parametrize("world", FOREIGN.values(), ids=FOREIGN.keys())
@pytest.mark.parametrize("kind", [wire.BATCHES, wire.TRAIN])
def test_a_foreign_task_or_plan_is_answered_with_an_error_and_nothing_else(joined, world, kind):
    _, grid, node, number = joined
    (reply,) = questions(grid, world, kind, [number])
    assert reply.has_error() and str(reply.error.reason).startswith("refused: ")
    last = node.sent()[-1]
    assert (last.kind, last.readings) == (Kind.ERROR, 0) and last.bytes < 2_000


@pytest.mark.parametrize("kind", ["query", "query.rows", "evaluate.other", "train.other", "query.run_this"])
def test_a_message_type_of_the_coordinators_own_runs_nothing(joined, kind):
    _, grid, _, number = joined
    (reply,) = questions(grid, WORLD, kind, [number])
    assert reply.has_error() and "answers no message of type" in str(reply.error.reason)


def test_bytes_that_are_no_instruction_are_refused_and_the_node_lives_on(joined):
    _, grid, _, number = joined
    content = wire.instruction(WORLD.plan, b"{}", b"")
    (name,) = grid.push_messages([Message(content, number, wire.TRAIN)])
    replies: list[Message] = []
    until = time.monotonic() + PATIENCE
    while not replies and time.monotonic() < until:
        replies = grid.pull_messages([name])
    assert replies[0].has_error()
    (answered,) = questions(grid, WORLD, wire.BATCHES, [number])
    assert answered.has_content()


def test_the_app_that_the_superlink_offers_is_never_fetched(joined):
    link, grid, _, number = joined
    questions(grid, WORLD, wire.BATCHES, [number])
    assert asked(link, "/v1/fleet/activate-node") > 0
    assert asked(link, "/v1/fleet/get-fab") == asked(link, "/v1/fleet/get-run") == 0


def test_a_superlink_of_another_authority_hears_nothing_but_the_handshake(joined, tmp_path):
    link, _, _, _ = joined
    with quiet_superlink(tmp_path, tls=True) as other:
        node = LightNode(tmp_path / "node", OWNER, acceptance_of(WORLD, OWNER))
        with node.running(other.door.address, link.settings.tls.authority):
            until = time.monotonic() + 20
            while not node.failures and time.monotonic() < until:
                threading.Event().wait(0.05)
        assert [type(error) for error in node.failures] == [CertificateRefused]
        assert asked(other, "/v1/fleet/") == 0 and node.sent() == ()
