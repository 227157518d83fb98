"""The contributor's side of a round, as a Flower ClientApp that any Flower node can run.

The app answers the messages of `andel.training.wire`. What it may touch is a `LocalContributor`: who runs
beside the data decides what that is. Signing is a mod (`andel.training.receipts`), so that it signs what really
leaves, after any other mod.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from secrets import token_bytes
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from andel.data.openings import without
from andel.errors import PlanError
from andel.hashing import sha256
from andel.keys import AccountKey
from andel.training import wire
from andel.training.dp_noise import Sampler, discrete_gaussians
from andel.training.engine import train_update
from andel.training.federated_errors import as_values, sign_errors
from andel.training.flower import ClientApp, Context, Message, Mod
from andel.training.group_member import Member, Randomness, leaves_root, read_group
from andel.training.integer_mlp import IntArray
from andel.training.local_errors import local_errors
from andel.training.mask_mod import mask_mod
from andel.training.noise_mod import noise_mod
from andel.training.plan import RoundPlan
from andel.training.receipts import receipt_mod, reveal
from andel.training.task import Task
from andel.training.updates import encode_version, split_parameters
from andel.units import Digest


class LocalContributor(Protocol):
    """What the app needs from whoever runs beside the data. Each call may raise an AndelError."""

    @property
    def key(self) -> AccountKey:
        """The key that signs commitments and updates."""

    def accept(self, plan: RoundPlan, task: Task) -> None:
        """Raises PlanError unless the owner agreed to this task and the plan is the chain's."""

    def check_seed(self, plan: RoundPlan, seed: bytes) -> None:
        """Raises PlanError unless `seed` is the round's seed 1 on chain."""

    def check_commitments(self, plan: RoundPlan, root: bytes) -> None:
        """Raises PlanError unless `root` is that of the round's commitments on chain."""

    def batches(self, plan: RoundPlan) -> bytes:
        """The batches object the contributor trains on under `plan`."""

    def weight(self, plan: RoundPlan) -> int:
        """Distinct slots in those batches."""

    def openings(self, plan: RoundPlan, task: Task, seed: bytes) -> bytes:
        """The openings that `seed` draws from those batches."""

    def disclosure(self, plan: RoundPlan, state: bytes, batches: bytes) -> tuple[bytes, bytes]:
        """The disclosure of what it trained on when `state` says that it is due, and the signature over it."""

    def rows(self, plan: RoundPlan, task: Task) -> tuple[npt.NDArray[np.uint8], IntArray]:
        """Inputs (n, features) uint8 and changes (n,) int64 of those batches."""

    def held_out(self, plan: RoundPlan, task: Task, version: Digest) -> tuple[npt.NDArray[np.uint8], IntArray]:
        """The same of days that are never committed, to measure that version by.

        Raises PlanError where the owner does not let errors be told, or where the version is not the model's.
        """


@runtime_checkable
class SealsOpenings(Protocol):
    """What the app needs besides, outside open mode."""

    def sealed_openings(self, plan: RoundPlan, task: Task, seed: bytes, asked: bytes) -> tuple[bytes, int]:
        """The openings of the batches `asked` for (`andel.data.sealed_draws`; empty: of all, under `seed`), sealed to
        the round's validators, or the refusal of what would open too much; and how many readings that shows.
        """


def contributor_app(
    contributor: Callable[[Context], LocalContributor],
    mods: Sequence[Mod] = (),
    sampler: Sampler = discrete_gaussians,
    random: Randomness = token_bytes,
) -> ClientApp:
    """A ClientApp for contributors; `mods` run inside the signing mod, so that what they change is signed.

    `contributor` finds the local contributor of a node from its Flower context (`node_config`); `sampler` draws the
    noise where the task asks for it, after `mods`; `random` gives the seeds of masks.
    """

    def key(context: Context) -> AccountKey:
        return contributor(context).key

    app: Any = ClientApp(mods=[receipt_mod(key), mask_mod(key), noise_mod(sampler), *mods])

    @app.query("batches")  # type: ignore[untyped-decorator]  # flwr's decorators are untyped
    def batches(message: Message, context: Context) -> Message:
        plan, task, _ = wire.read_instruction(message)
        local = contributor(context)
        local.accept(plan, task)
        return wire.answer(message, {"batches": local.batches(plan)})

    @app.query("disclosure")  # type: ignore[untyped-decorator]  # flwr's decorators are untyped
    def disclosure(message: Message, context: Context) -> Message:
        plan, task, _ = wire.read_instruction(message)
        local = contributor(context)
        local.accept(plan, task)
        data, signature = local.disclosure(plan, *wire.read_due(message))
        values: dict[str, str | int | bytes] = {"disclosure": data, "signature": signature}
        return wire.answer(message, {"contributor": local.key.address, **values})

    @app.query("openings")  # type: ignore[untyped-decorator]  # flwr's decorators are untyped
    def openings(message: Message, context: Context) -> Message:
        plan, task, seed = wire.read_instruction(message)
        local = contributor(context)
        local.accept(plan, task)
        local.check_seed(plan, seed)
        if task.privacy.grouped:
            if not isinstance(local, SealsOpenings):
                raise PlanError("this node cannot seal openings to validators")
            data, readings = local.sealed_openings(plan, task, seed, wire.read_asked(message))
            values: dict[str, str | int | bytes] = {"contributor": local.key.address, "readings": readings}
            return wire.answer(message, {"openings": data, **values})
        data = without(local.openings(plan, task, seed), wire.read_held(message))
        return wire.answer(message, {"openings": data, "contributor": local.key.address})

    @app.train()  # type: ignore[untyped-decorator]  # flwr's decorators are untyped
    def train(message: Message, context: Context) -> Message:
        plan, task, seed = wire.read_instruction(message)
        local = contributor(context)
        local.accept(plan, task)
        parameters = wire.arrays_of(message, task.shapes)
        if sha256(encode_version(parameters)) != plan.version:
            raise PlanError("the parameters sent are not the version that the plan names")
        local.check_seed(plan, seed)
        codes, change = local.rows(plan, task)
        update = train_update(
            task, parameters, codes, change, number=plan.round, seed=seed, contributor=local.key.address
        )
        values: dict[str, str | int | bytes] = {"weight": local.weight(plan), "batches": local.batches(plan)}
        return wire.answer(message, values, split_parameters(update, task))

    app.query("reveal")(reveal)
    _add_errors(app, contributor)
    _add_group_answers(app, contributor, random)
    client_app: ClientApp = app
    return client_app


def _add_errors(app: Any, contributor: Callable[[Context], LocalContributor]) -> None:
    """The answer after a round: errors on days that stay home."""

    @app.evaluate()  # type: ignore[untyped-decorator]  # flwr's decorators are untyped
    def evaluate(message: Message, context: Context) -> Message:
        plan, task, _ = wire.read_instruction(message)
        local = contributor(context)
        local.accept(plan, task)
        parameters = wire.arrays_of(message, task.shapes)
        version = sha256(encode_version(parameters))
        codes, change = local.held_out(plan, task, version)
        errors = local_errors(task, parameters, codes, change)
        return wire.answer(message, as_values(sign_errors(local.key, plan, version, errors)))


def _add_group_answers(app: Any, contributor: Callable[[Context], LocalContributor], random: Randomness) -> None:
    """The answers of grouped mode: keys and shares before training, survivors and shares of masks after it."""

    def joined(message: Message, context: Context) -> tuple[RoundPlan, Task, bytes, LocalContributor, Member]:
        plan, task, seed = wire.read_instruction(message)
        local = contributor(context)
        local.accept(plan, task)
        if not task.privacy.grouped:
            raise PlanError("the task has no groups")
        local.check_seed(plan, seed)
        return plan, task, seed, local, Member(context, plan, local.key)

    @app.query("keys")  # type: ignore[untyped-decorator]  # flwr's decorators are untyped
    def keys(message: Message, context: Context) -> Message:
        *_, member = joined(message, context)
        made = member.keys(random)
        names = ("mask_key", "share_key", "seed_hash", "signature")
        return wire.answer(
            message, {"contributor": str(made.contributor), **{name: bytes(getattr(made, name)) for name in names}}
        )

    @app.query("shares")  # type: ignore[untyped-decorator]  # flwr's decorators are untyped
    def shares(message: Message, context: Context) -> Message:
        plan, task, seed, local, member = joined(message, context)
        leaves = wire.read_more(message, "leaves")
        local.check_commitments(plan, leaves_root(leaves))
        sealed = member.shares(task.privacy, seed, leaves, read_group(message), local.weight(plan))
        return wire.answer(message, {"contributor": local.key.address, "shares": sealed})

    @app.query("survivors")  # type: ignore[untyped-decorator]  # flwr's decorators are untyped
    def survivors(message: Message, context: Context) -> Message:
        *_, local, member = joined(message, context)
        signature = member.confirm(read_group(message))
        return wire.answer(message, {"contributor": local.key.address, "signature": signature})

    @app.query("unmask")  # type: ignore[untyped-decorator]  # flwr's decorators are untyped
    def unmask(message: Message, context: Context) -> Message:
        *_, local, member = joined(message, context)
        return wire.answer(message, {"contributor": local.key.address, "shares": member.opening(read_group(message))})
