"""A model on a chain whose three validators serve it, and the contract that pulls their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from andel.keys import AccountKey
from andel.ledger.connection import Chain
from andel.ledger.deployment import deploy_shared
from andel.ledger.offchain_model import OffchainModelContract
from andel.serving.api import build_app
from andel.serving.ccip_api import Gateway
from andel.serving.http_edge import RunningServer, make_app, serve_in_thread
from andel.serving.predictor import Predictor
from andel.simulation.local_chain import LocalChain
from tests.ledger.actors import Actors, Play
from tests.serving.test_predictor import NOON, PREDICTOR, VALUES

AGE = 300
QUESTION = PREDICTOR.ask_values(VALUES, NOON).question
PATH = "/ccip/{sender}/{data}.json"


@dataclass(frozen=True, slots=True)
class PulledWorld:
    """A chain, a model's play, and a server's predictor for each of its validators."""

    local: LocalChain
    chain: Chain
    play: Play
    predictors: tuple[Predictor, ...]

    @classmethod
    def make(cls, folder: Path, founding: Callable[[Chain, Actors], dict[str, object]] = lambda *_: {}) -> PulledWorld:
        """`founding` says what the model is founded with otherwise."""
        local = LocalChain(folder, step_seconds=1)
        chain, actors = local.connect(), Actors.make(b"pulled")
        local.fund(key.address for key in actors.keys())
        play = Play.launch(chain, actors, deploy_shared(chain, actors.founder), **founding(chain, actors))
        predictors = tuple(cls.predictor(chain, play, key) for key in actors.validators)
        return cls(local, chain, play, predictors)

    @staticmethod
    def predictor(chain: Chain, play: Play, key: AccountKey) -> Predictor:
        """The weather's model, signed by `key` for this chain's model."""
        made: Predictor = replace(PREDICTOR, key=key, domain=play.model.round_manager.domain, clock=chain.block_time)
        return made

    def contract(self, *urls: str) -> OffchainModelContract:
        """A new contract that names these gateways."""
        model = self.play.model.round_manager.address
        return OffchainModelContract.deploy(self.chain, self.play.actors.founder, model, AGE, urls)

    @contextmanager
    def servers(self, predictors: tuple[Predictor, ...]) -> Iterator[list[RunningServer]]:
        """A server for each."""
        with ExitStack() as stack:
            yield [stack.enter_context(serve_in_thread(build_app(predictor))) for predictor in predictors]

    @contextmanager
    def gateway(self, predictor: Predictor, peers: list[str]) -> Iterator[tuple[str, Gateway, OffchainModelContract]]:
        """A gateway at its address, and a contract that names it alone."""
        contracts: list[OffchainModelContract] = []
        gateway = Gateway(lambda: predictor, contracts, peers, peer_seconds=2.0)
        with serve_in_thread(make_app(gateway.endpoints(), "there is /ccip")) as running:
            contracts.append(self.contract(running.url + PATH))
            yield running.url, gateway, contracts[0]
