"""A model launched by its file, sold, held and delegated by commands, whose holders vote by commands.

Everything that a holder or buyer does is a command as people type it, run in this process; only time is moved by the
embedded chain. `decide` goes the whole way of a proposal: one vote is cast, one is signed and brought by who pays.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from andel.cli.app import main
from andel.keys import AccountKey, derive_secret
from andel.ledger.connection import Chain
from andel.ledger.deployment import ModelContracts
from andel.ledger.governance import find_governor
from andel.ledger.policy import ModelPolicyContract
from andel.roles.launching.lock import read_lock
from andel.roles.publishing import governed
from andel.simulation.local_chain import LocalChain
from andel.units import Digest
from tests.support.launched_files import LaunchedByFile, launch_by_file
from tests.support.small_run import SmallWorld

SECONDS = 60
"""Each delay of a vote; the vote itself takes twice as long."""

_GOVERNANCE = """[governance]
voting_delay = "1 minute"
voting_period = "2 minutes"
extension = "1 minute"
timelock = "1 minute"
shortest = "1 minute"
"""
_OFFERING = """[offering]
opens = "1 minute"
window = "10 minutes"
"""
_REVENUE = """[revenue]
epoch = "1 hour"
redeemable_bps = 2_000

"""


def in_process(arguments: Sequence[object]) -> subprocess.CompletedProcess[str]:
    """`andel …` in this process, for fixtures of a whole module."""
    words, out, err = [str(word) for word in arguments], io.StringIO(), io.StringIO()
    opened: list[Chain] = []
    connect, code = Chain.connect, 0

    def kept_connect(url: str, **options: object) -> Chain:
        opened.append(connect(url, **options))  # type: ignore[arg-type]  # passed on as given
        return opened[-1]

    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "argv", ["andel", *words])
        patch.setattr(Chain, "connect", kept_connect)
        patch.setenv("COLUMNS", "200")
        try:
            main()
        except SystemExit as ended:
            code = int(str(ended.code or 0))
    for chain in opened:
        chain.close()
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


@dataclass(slots=True)
class VotingWorld:
    """The launched world, two holders with votes, and a sponsor whose coin pays for the second one."""

    by_file: LaunchedByFile
    anne: AccountKey
    bert: AccountKey
    sponsor: AccountKey
    proposals: int = 0

    @property
    def small(self) -> SmallWorld:
        """The world's members and operators."""
        return self.by_file.small

    @property
    def model(self) -> ModelContracts:
        """The model's contracts."""
        return self.small.world.model

    @property
    def policy(self) -> ModelPolicyContract:
        """What holders decide."""
        return governed(self.model)

    @property
    def local(self) -> LocalChain:
        """The chain, whose time can be moved."""
        return self.small.local

    def key_file(self, key: AccountKey) -> Path:
        """A file with the key."""
        path = self.small.folder / f"{key.address}.key"
        path.write_text(key.secret_bytes().hex())
        return path

    def andel(self, *words: object, key: AccountKey | None = None, payer: AccountKey | None = None) -> str:
        """What a command on this model prints; fails the test where the command fails."""
        ended = self.run(*words, key=key, payer=payer)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def run(
        self, *words: object, key: AccountKey | None = None, payer: AccountKey | None = None
    ) -> subprocess.CompletedProcess[str]:
        """A command on this model."""
        where: list[object] = ["--rpc", self.small.world.chain.url]
        if words[0] != "offering":
            where += ["--model", self.by_file.lock_file]
        for option, account in (("--key-file", key), ("--payer-key-file", payer)):
            if account is not None:
                where += [option, self.key_file(account)]
        return in_process([*words, *where])

    def decide(self, why: str, *calls: Mapping[str, object], texts: Mapping[str, bytes] | None = None) -> None:
        """From a file to its effect: proposed, voted for by Anne and by Bert's signature, queued, executed."""
        self.proposals += 1
        number, folder = str(self.proposals), self.small.folder / "proposals"
        folder.mkdir(exist_ok=True)
        for name, data in (texts or {}).items():
            (folder / name).write_bytes(data)
        file = folder / f"{number}.json"
        file.write_text(json.dumps({"format": "andel-proposal/1", "why": why, "calls": calls}))
        said = self.andel("vote", "propose", file, "--store", self.small.folder / "content", key=self.anne)
        assert f"proposal {number} (" in said
        self.local.advance(SECONDS + 1)
        assert "votes for with" in self.andel("vote", "cast", number, "for", key=self.anne)
        assert self.bert.address in self.andel("vote", "cast", number, "for", key=self.bert, payer=self.sponsor)
        self.local.advance(2 * SECONDS + 1)
        self.andel("vote", "queue", number, key=self.sponsor)
        self.local.advance(SECONDS + 1)
        self.andel("vote", "execute", number, key=self.sponsor)
        assert find_governor(self.policy).proposals_count() == self.proposals

    def publish(self, version: Digest) -> None:
        """Signed by k validators and published, by commands."""
        store = self.small.folder / "content"
        files = []
        for key in self.small.world.actors.validators[:2]:
            named = ("--version", version.hex(), "--folder", self.small.folder / "signed", "--store", store)
            files.append(self.andel("version", "sign", *named, key=key).strip())
        few = self.run("version", "publish", files[0], "--store", store, key=self.sponsor)
        assert few.returncode == 1 and "1 validators signed, and 2 are needed" in few.stderr
        assert "is published" in self.andel("version", "publish", *files, "--store", store, key=self.sponsor)


def voting_world(node: LocalChain, folder: Path, name: str) -> VotingWorld:
    """Launched by file; 150,000 tokens sold to Anne and Bert, claimed, and delegated to themselves."""

    def command(words: Sequence[str]) -> None:
        ended = in_process(words)
        assert ended.returncode == 0, ended.stderr

    def edit(toml: str) -> str:
        return toml.replace("[governance]\n", _GOVERNANCE + "\n" + _REVENUE).replace("[offering]\n", _OFFERING)

    by_file = launch_by_file(node, folder, name, command, edit)
    anne, bert, sponsor = (AccountKey(derive_secret(b"voting world", name, i)) for i in range(3))
    node.fund([key.address for key in (anne, sponsor)])
    world = VotingWorld(by_file, anne, bert, sponsor)
    lock = read_lock(by_file.lock_file)
    assert lock is not None
    sale = ("--offering", lock.model["ModelOffering"])
    node.advance(SECONDS + 1)
    world.andel("offering", "buy", *sale, "--amount", "1", key=anne)
    world.andel("offering", "buy", *sale, "--amount", "0.5", "--for", bert.address, key=sponsor)
    node.advance(10 * SECONDS + 1)
    world.andel("offering", "claim", *sale, key=anne)
    world.andel("offering", "claim", *sale, "--account", bert.address, key=sponsor)
    world.andel("offering", "release", *sale, key=sponsor)
    world.andel("vote", "delegate", key=anne)
    world.andel("vote", "delegate", key=bert, payer=sponsor)
    node.advance(1)
    return world
