"""A contributor of `fedn_rounds.py` as a process of its own: a FEDn client that trains on rows from a file.

The file stands in for packets and chain, as in `andel.simulation.offchain_rounds`; beside real data the contributor is
`andel.roles.contributor.Contributor`. With a cheat's name it does what that cheat does: `tampers` uploads another
update than it signed, `unsigned` blanks its signature, `foreign` is a FEDn client that knows nothing of Andel.
"""

from __future__ import annotations

import base64
import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from andel.content import digest_of_cid
from andel.data.batch import parse_batches
from andel.errors import PlanError
from andel.hashing import sha256
from andel.keys import AccountKey
from andel.training.client_app import contributor_app
from andel.training.integer_mlp import IntArray
from andel.training.plan import RoundPlan
from andel.training.task import Task, parse_task
from integrations.fedn import wire
from integrations.fedn.adapter import TrainCallback, connect

CHEATS = ("tampers", "unsigned", "foreign")


class RowContributor:
    """Satisfies `andel.training.client_app.LocalContributor`; trains the one task and model of its file."""

    def __init__(self, file: Path) -> None:
        with np.load(file, allow_pickle=False) as held:
            self.key = AccountKey(held["secret"].tobytes())
            self.task = held["task"].tobytes()
            self._model = str(held["model"])
            self._seed = held["seed"].tobytes()
            self._batches = held["batches"].tobytes()
            self._codes, self._change = held["codes"], held["change"]

    def accept(self, plan: RoundPlan, task: Task) -> None:
        """Raises PlanError for another task or model than the file's."""
        accepted = sha256(self.task)
        if digest_of_cid(plan.task) != accepted or task.to_bytes() != self.task or plan.model != self._model:
            raise PlanError("this owner has accepted another task")

    def check_seed(self, plan: RoundPlan, seed: bytes) -> None:
        """Raises PlanError unless it is the round's, which without a chain is told by the run's seed."""
        if seed != sha256(b"offchain seed 1", self._seed, plan.round.to_bytes(8, "big")):
            raise PlanError("the seed is not the round's")

    def batches(self, plan: RoundPlan) -> bytes:
        """The batches object of the file."""
        return self._batches

    def weight(self, plan: RoundPlan) -> int:
        """Its slots."""
        return sum(header.slots for header in parse_batches(self._batches)[1])

    def openings(self, plan: RoundPlan, task: Task, seed: bytes) -> bytes:
        """Raises PlanError: a file has no packets."""
        raise PlanError("there are no packets behind these rows")

    def disclosure(self, plan: RoundPlan, state: bytes, batches: bytes) -> tuple[bytes, bytes]:
        """Raises PlanError: a file has no packets."""
        raise PlanError("there are no packets behind these rows")

    def check_commitments(self, plan: RoundPlan, root: bytes) -> None:
        """Raises PlanError: the task has no groups."""
        raise PlanError("no groups")

    def held_out(self, plan: RoundPlan, task: Task, version: bytes) -> tuple[npt.NDArray[np.uint8], IntArray]:
        """Raises PlanError: the owner lets no errors be told."""
        raise PlanError("errors are not told")

    def rows(self, plan: RoundPlan, task: Task) -> tuple[npt.NDArray[np.uint8], IntArray]:
        """The rows of the file."""
        return self._codes, self._change


class Cheat:
    """A train callback around an honest one."""

    def __init__(self, honest: TrainCallback, kind: str) -> None:
        self._honest, self._kind = honest, kind

    def __call__(self, in_model: io.BytesIO, settings: Mapping[str, object]) -> tuple[io.BytesIO, dict[str, object]]:
        """See `TrainCallback`."""
        if self._kind == "foreign":
            with np.load(io.BytesIO(in_model.getvalue()), allow_pickle=False) as held:
                noise = [held[name] + np.random.default_rng().normal(0, 1 << 22, held[name].shape) for name in held]
            return wire.model_bytes(noise), {wire.METADATA: {"num_examples": 1_000}}
        model, metadata = self._honest(in_model, settings)
        told: Any = metadata[wire.METADATA]
        answer = told[wire.KEY]
        if self._kind == "unsigned" and "update_hash" in answer:
            answer["signature"] = {"base64": base64.b64encode(bytes(65)).decode()}
        if self._kind == "tampers" and told["num_examples"] > 1:
            with np.load(model, allow_pickle=False) as held:
                model = wire.model_bytes([held[name] + (1 << 20) for name in held])
        return model, metadata


def main() -> None:
    """Use: fedn_client.py CONTROLLER NAME FILE [CHEAT]."""
    controller, name, file, *cheat = sys.argv[1:]
    contributor = RowContributor(Path(file))
    honest = TrainCallback(contributor_app(lambda context: contributor), parse_task(contributor.task), {"owner": name})
    client, options = connect(Cheat(honest, cheat[0]) if cheat else honest, f"{controller}/", name, str(uuid4()))
    client.init_grpchandler(config=options, client_name=name, token="")
    client.run(with_telemetry=False)


if __name__ == "__main__":
    main()
