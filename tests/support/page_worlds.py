"""Worlds before which a page is opened: a model that sells its answers, one that only was launched."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from andel.content import ContentStore
from andel.keys import AccountKey, derive_secret
from andel.ledger.authorized_transfers import AuthorizedTokenContract
from andel.ledger.connection import Chain
from andel.ledger.deployment import Deployment, ModelContracts
from andel.ledger.policy import Access
from andel.ledger.rpc import Rpc
from andel.roles.showing.network import Gateway
from andel.roles.showing.source import Showing
from andel.serving.http_edge import call_at_end, make_app, serve_in_thread
from andel.serving.page.routes import PageParts, page_of
from andel.serving.page.source import PageSource
from andel.simulation.local_chain import LocalChain
from tests.support.gateway_process import GatewayProcess
from tests.support.small_run import SmallWorld, finish
from tests.support.voting_world import VotingWorld, voting_world
from tests.support.wallet import BrowserWallet

PRICE = 1_234_500
"""What a question costs in the paid world, units of a token with six decimals."""

SERVER, CARRIER, STRANGER = (AccountKey(derive_secret(b"page worlds", name)) for name in ("server", "carrier", "she"))
_COINS = 10 * PRICE


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


@contextmanager
def shown_model(model: ModelContracts, store: ContentStore, node: LocalChain) -> Iterator[str]:
    """The page of a model that was only launched; its address."""
    chain = Chain.connect(node.url)
    opened = Deployment.of_model(model).model(chain)
    with shown(Showing(opened, store, Gateway(rpc=node.url)), node.url) as url:
        yield url
    chain.close()


def finished_gateway(small: SmallWorld) -> GatewayProcess:
    """The world played to its end and published; its gateway, not started."""
    run = finish(small)
    return GatewayProcess(small.local.url, run.deployment, run.store_folder, small.folder, run.world.actors.coordinator)


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
