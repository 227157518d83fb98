"""A model.toml and what lies beside it, written for a small world; and that world, launched by the file."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from andel.data.policy import EVERYWHERE
from andel.keys import AccountKey, derive_secret
from andel.ledger.connection import Chain
from andel.ledger.deployment import Deployment, ModelContracts, SharedContracts
from andel.roles.founder import FoundedModel
from andel.roles.launching.founding import SHARED
from andel.roles.launching.lock import read_lock
from andel.sealing import sealing_public_key
from andel.simulation import world as worlds
from andel.simulation.actors import Actors
from andel.simulation.local_chain import CHAIN_ID, COINS, LocalChain
from andel.units import Address
from tests.support.small_run import SmallWorld, envelope_scenario, launch

FOUNDER = AccountKey(derive_secret(b"launched files", "founder")).address


def model_toml(
    rpc: str,
    validators: Mapping[Address, bytes],
    coordinator: Address,
    lister: Address,
    contracts: Mapping[str, Address],
    chain_id: int = CHAIN_ID,
) -> str:
    """The text of a model.toml whose rounds the small world can run."""
    named = "\n".join(f'{name} = "{address}"' for name, address in contracts.items())
    people = "\n".join(
        f'[[operators.validators]]\naccount = "{account}"\nsealing_key = "{sealing.hex()}"\n'
        for account, sealing in validators.items()
    )
    return f"""# written by a test
[model]
name = "Air of the test"
symbol = "AIR"
predicts = "the next hour"
unit = "raw"
task = "founded/task.json"
objects = "founded/objects"

[plan]
round_length = "1 minute"
seed_delay = 2
commit_period = "1 minute"
challenge_window = "0 seconds"
hearing_period = "10 minutes"

[alliance]
listers = ["{lister}"]

[supply]
cap = "1_000_000"
mined_bps = 6_000
sale_bps = 1_500
treasury_bps = 1_500
founders_bps = 1_000

[[supply.founders]]
account = "{FOUNDER}"
bps = 1_000

[emission]
per_day = "1_728_000"
halving = "0 seconds"

[offering]
price = "0.00001"
minimum = "0.1"

[governance]

[operators]
coordinator = "{coordinator}"
k = 2
bond = "0.01"
token_worth = "0.00001"
challenge_floor = "0.0001"

{people}
[network]
name = "other"
rpc = "{rpc}"
chain_id = {chain_id}

[network.contracts]
{named}
"""


def write_experiment(folder: Path, task: bytes, objects: Path, toml: str) -> Path:
    """The folder of an experiment; its model.toml."""
    (folder / "founded").mkdir(parents=True)
    shutil.copytree(objects, folder / "founded" / "objects")
    (folder / "founded" / "task.json").write_bytes(task)
    (folder / "policy.json").write_bytes(EVERYWHERE.to_bytes())
    (folder / "TERMS.md").write_bytes(worlds.TERMS)
    (folder / "model.toml").write_text(toml, encoding="utf-8")
    return folder / "model.toml"


@dataclass(frozen=True, slots=True)
class LaunchedByFile:
    """A small world whose model was launched by `andel launch`, and the command's words that did it."""

    small: SmallWorld
    model_file: Path
    lock_file: Path
    key_file: Path


Command = Callable[[list[str]], None]
"""Runs `andel` with these words; fails the test where that fails."""


class BehindGateway(LocalChain):
    """A running node as seen through a gateway before it: what is asked goes there, time and coins stay here."""

    def __init__(self, node: LocalChain, url: str) -> None:
        """Starts nothing."""
        self._node, self.url = node, url

    def connect(self, *, timeout_seconds: float = 60.0) -> Chain:
        """The chain through the gateway."""
        return Chain.connect(self.url, poll_seconds=0.01, timeout_seconds=timeout_seconds, mine=self._node.mine)

    def fund(self, accounts: Iterable[Address], wei: int = COINS) -> None:
        """As the node."""
        self._node.fund(accounts, wei)

    def mine(self, blocks: int = 1) -> None:
        """As the node."""
        self._node.mine(blocks)

    def advance(self, seconds: int) -> None:
        """As the node."""
        self._node.advance(seconds)


def launch_by_file(
    node: LocalChain, folder: Path, name: str, command: Command, edit: Callable[[str], str] = str
) -> LaunchedByFile:
    """A small world like any other, but for its model, which `command` launches from a file after `edit`."""
    written: list[Path] = []

    def deploy(
        chain: Chain, shared: SharedContracts, actors: Actors, founded: FoundedModel, operation: object
    ) -> ModelContracts:
        del operation
        key_file = folder / "founder.key"
        key_file.write_text(actors.founder.secret_bytes().hex())
        validators = {key.address: sealing_public_key(key) for key in actors.validators}
        contracts = {name: at for name, at in Deployment.of_shared(shared).addresses.items() if name in SHARED}
        toml = model_toml(
            node.url, validators, actors.coordinator.address, actors.lister.address, contracts, chain.chain_id
        )
        path = write_experiment(folder / "experiment", founded.definition.to_bytes(), folder / "content", edit(toml))
        written.extend((path, key_file))
        command(["launch", str(path), "--yes", "--key-file", str(key_file), "--store", str(folder / "content")])
        lock = read_lock(path.with_name("model.lock.json"))
        assert lock is not None
        return lock.deployment().model(chain)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worlds, "deploy_founded", deploy)
        small = launch(envelope_scenario(dishonest=False), node, folder, name.encode())
    return LaunchedByFile(small, written[0], written[0].with_name("model.lock.json"), written[1])
