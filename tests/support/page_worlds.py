"""What a page is opened before: a source alone, models that answer, are offered, or sell their answers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from andel.keys import AccountKey, derive_secret
from andel.ledger.authorized_transfers import AuthorizedTokenContract
from andel.ledger.connection import Chain
from andel.ledger.deployment import Deployment
from andel.ledger.policy import Access
from andel.ledger.rpc import Rpc
from andel.roles.founder import publish_reference
from andel.roles.gateway import publish_version
from andel.serving.http_edge import call_at_end, make_app, serve_in_thread
from andel.serving.page.routes import PageParts, page_of
from andel.serving.page.source import PageSource
from andel.simulation.local_chain import LocalChain
from tests.support.gateway_process import GatewayProcess
from tests.support.launched_files import LaunchedByFile, launch_by_file
from tests.support.small_run import SmallWorld
from tests.support.voting_world import VotingWorld, in_process, voting_world
from tests.support.wallet import BrowserWallet

PRICE = 1_234_500
"""What a question costs in the paid world, units of a token with six decimals."""

SERVER, CARRIER, STRANGER = (AccountKey(derive_secret(b"page worlds", name)) for name in ("server", "carrier", "she"))
_COINS = 10 * PRICE

OFFERING_SECONDS = 600


def wallet_of(key: AccountKey, node: LocalChain) -> BrowserWallet:
    """The account's wallet, where the node's chain is."""
    return BrowserWallet(key, node.url, Chain.connect(node.url).chain_id)


@contextmanager
def shown(source: PageSource, rpc: str) -> Iterator[str]:
    """A page over `source` alone, in a thread of this process; its address."""
    page = page_of(
        PageParts(
            source=source,
            rpc=Rpc(rpc, timeout_seconds=10.0),
            spend=lambda name, requests: None,
            health=lambda: {"status": "ok", "waiting_version": None, "trouble": None},
            clock=time.monotonic,
        )
    )
    app = make_app(page.routes, "the page of a test")
    call_at_end(app, page.end)
    with serve_in_thread(app) as running:
        yield running.url


def published_gateway(small: SmallWorld) -> GatewayProcess:
    """One round played and published; the world's gateway, not started, which tells wallets of the node."""
    world, deployment = small.world, small.folder / "deployment.json"
    small.play()
    publish_reference(small.store, world.founded)
    publish_version(world.actors.founder, world.model, small.store, world.founded.task)
    Deployment.of_model(world.model).to_file(deployment)
    node, content = small.local.url, small.folder / "content"
    return GatewayProcess(node, deployment, content, small.folder, world.actors.coordinator, ("--page-rpc", node))


def offering_world(node: LocalChain, folder: Path, name: str, minimum: str) -> LaunchedByFile:
    """A model whose offering opens ten minutes after the launch, for ten; less than `minimum` coins fail it."""

    def command(words: Sequence[str]) -> None:
        ended = in_process(words)
        assert ended.returncode == 0, ended.stderr

    def edit(toml: str) -> str:
        window = f'[offering]\nopens = "{OFFERING_SECONDS} seconds"\nwindow = "{OFFERING_SECONDS} seconds"\n'
        return toml.replace("[offering]\n", window).replace('minimum = "0.1"', f'minimum = "{minimum}"')

    return launch_by_file(node, folder, name, command, edit)


def paid_world(node: LocalChain, folder: Path, name: str) -> tuple[VotingWorld, AuthorizedTokenContract]:
    """A voting world whose holders took a version and sell questions in a token, of which STRANGER has some."""
    found = voting_world(node, folder, name)
    found.small.play()
    version = found.model.round_manager.current_version()
    found.publish(version)
    found.local.fund([key.address for key in (SERVER, CARRIER)])
    chain, founder = found.small.world.chain, found.small.world.actors.founder
    made, _ = chain.deploy(founder, "AuthorizedToken", "Pay", 10**12)
    chain.send(founder, made, "transfer", STRANGER.address, _COINS)
    price = ["0x" + b"predict".ljust(32, b"\0").hex(), made.address, 0, 0, False, str(PRICE)]
    found.decide(
        "take the version, sell questions",
        {"contract": "ModelPolicy", "function": "promoteByVote", "arguments": ["0x" + version.hex()]},
        {"contract": "ModelPolicy", "function": "setPrices", "arguments": [int(Access.PAID), [price]]},
    )
    return found, AuthorizedTokenContract(chain, made.address)


def paid_gateway(found: VotingWorld, folder: Path) -> GatewayProcess:
    """The gateway of a paid world, not started."""
    options = ("--x402-key", str(found.key_file(CARRIER)), "--payments", str(folder / "payments.db"))
    content = found.small.folder / "content"
    return GatewayProcess(found.local.url, found.by_file.lock_file, content, folder, SERVER, options)
