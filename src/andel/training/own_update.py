"""The update that a light node signs when nobody asked it to train: the same one it would answer with.

Takes the node's app and memory, what its owner accepted, and a round as the chain and the content store show it. Gives
the signed update that the node keeps back from now on: a coordinator that asks later, or a node that was killed and
starts again, gets this one and no second. Sends nothing.
"""

from __future__ import annotations

from andel.errors import AndelError, TrainingError
from andel.keys import parse_address
from andel.training import wire
from andel.training.acceptance import Acceptance
from andel.training.fleet_link import own_message
from andel.training.flower import ClientApp, Context, Message
from andel.training.groups import most_update_bytes
from andel.training.integer_mlp import Parameters
from andel.training.node_state import NodeState
from andel.training.plan import RoundPlan
from andel.training.result import SignedUpdate
from andel.training.task import Task
from andel.units import Digest

_SIGNATURE_BYTES = 65


def own_update(
    app: ClientApp,
    state: NodeState,
    accepted: Acceptance,
    plan: RoundPlan,
    task: Task,
    seed: bytes,
    parameters: Parameters,
) -> SignedUpdate:
    """The one update of this node under the plan, durable in `state` when it returns; `parameters` are the version.

    Raises PlanError for what the owner did not accept or a plan older than one signed under, TrainingError where the
    app fails, and what the app raises of the tree of errors.
    """
    accepted.check(plan, task)
    state.check_order(plan)
    receipt = _ask(app, state, wire.TRAIN, plan, task, seed, parameters)
    state.keep_context()
    state.keep(state.signing(plan))
    shown = _ask(app, state, wire.REVEAL, plan, task, seed)
    record, update = wire.read_answer(receipt), wire.read_answer(shown)
    return SignedUpdate(
        parse_address(wire.text_of(record, "contributor")),
        Digest(wire.bytes_of(record, "update_hash", 32)),
        Digest(wire.bytes_of(record, "batches_hash", 32)),
        wire.int_of(record, "weight"),
        wire.bytes_of(record, "signature", _SIGNATURE_BYTES),
        wire.bytes_of(update, "update", most_update_bytes(task)),
    )


def _ask(
    app: ClientApp,
    state: NodeState,
    kind: str,
    plan: RoundPlan,
    task: Task,
    seed: bytes,
    parameters: Parameters = (),
) -> Message:
    node = state.standing.node_id
    question = own_message(wire.instruction(plan, task.to_bytes(), seed, parameters), kind, node)
    try:
        return app(question, Context(0, node, {}, state.context, {}))
    except AndelError:
        raise
    except Exception as error:  # an app may raise anything; the node goes on, as where a coordinator asked
        raise TrainingError(f"the app failed on the node's own question: {error}") from error
