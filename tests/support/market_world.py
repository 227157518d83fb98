"""A market over the finished run's model: its published version is asked by strangers, three accounts serve it.

The market's own contracts are deployed anew for each world, so that ids begin at 1; the model, its code on chain and
its versions are those of `finished_run`, which nothing here changes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from andel.keys import AccountKey, derive_secret
from andel.ledger.connection import Chain
from andel.ledger.deployment import ModelContracts
from andel.ledger.fee_splitters import deploy_fee_splitters
from andel.ledger.market import (
    InferenceMarketContract,
    MarketAsk,
    MarketRequest,
    MarketTerms,
    RequestStatus,
    Routing,
    deploy_market,
)
from andel.ledger.payment import COIN
from andel.ledger.rpc import Rpc
from andel.roles.answering.answers import Answers, ModelAnswers
from andel.roles.answering.sidecar import Habits, Sidecar
from andel.serving.evaluate import pack_question
from andel.units import Address, Digest
from tests.support.small_run import FinishedRun

PRICE = 10**15
BOND = 10**16
CURRENT = Digest(bytes(32))
TERMS = MarketTerms(COIN, PRICE, 3, 2, Routing.PRICE, 60, 60, BOND)
EAGER = Habits(confirmations=0, stagger_seconds=0.0)
_STEPS = 12
_NUMBERS = itertools.count()


@dataclass(slots=True)
class MarketWorld:
    """A market, three servers that joined, an asker, and a sidecar for each server."""

    run: FinishedRun
    chain: Chain
    model: ModelContracts
    market: InferenceMarketContract
    asker: AccountKey
    servers: tuple[AccountKey, ...]
    time: list[float] = field(default_factory=lambda: [0.0])

    @property
    def address(self) -> Address:
        """The model's."""
        return self.model.round_manager.address

    def clock(self) -> float:
        """This machine's clock, which only tests move."""
        return self.time[0]

    def answers(self) -> Answers:
        """The true answers, from the run's content store."""
        return ModelAnswers(self.model, self.run.small.store)

    def sidecar(self, number: int, habits: Habits = EAGER, answers: Answers | None = None, **other: Chain) -> Sidecar:
        """A sidecar that has seen nothing yet, with the key of a server; `chain` connects it otherwise."""
        chain = other.get("chain", self.chain)
        market = InferenceMarketContract(chain, self.market.address)
        by_model = {self.address: answers or self.answers()}
        return Sidecar(self.servers[number], market, by_model, self.model.onchain_models, self.clock, habits)

    def ask(self, number: int = 0, **changes: object) -> MarketRequest:
        """A request by the asker, with a question of its own for each number."""
        token, cost = self.market.cost_of(self.address)
        ask = MarketAsk(self.address, CURRENT, self.question(number), token, cost)
        identity, _ = self.market.request(self.asker, replace(ask, **changes))  # type: ignore[arg-type]
        return self.market.request_of(identity)

    @staticmethod
    def question(number: int = 0) -> bytes:
        """One of many questions."""
        return pack_question([number % 256, 17, 200], 1_500 + number)

    def truth(self, request: MarketRequest) -> bytes:
        """What the chain's code answers."""
        models = self.model.onchain_models
        assert models is not None
        said = models.predict_at(self.address, request.version, self.market.question_of(request))
        return said.to_bytes(32, "big", signed=True)

    def settle(self, *sidecars: Sidecar, until: RequestStatus = RequestStatus.FINISHED) -> None:
        """Steps all in turn until every request has that status, or nobody has anything to do."""
        for _ in range(_STEPS):
            busy = [each.step() for each in sidecars]
            ids = range(1, self.market.requests_count() + 1)
            if all(each.status == until for each in self.market.requests(ids)) or not any(busy):
                return

    def pass_time(self, seconds: int) -> None:
        """Moves the chain's clock, and this machine's."""
        self.run.small.local.advance(seconds)
        self.time[0] += seconds

    def events(self, name: str, **indexed: int | str) -> list[dict[str, object]]:
        """The market's events of one name."""
        return [dict(event.arguments) for event in self.market.logs(name, 0, None, **indexed)]

    def rpc(self, method: str, *parameters: object) -> object:
        """A raw call, as tests of reorganisations need."""
        rpc = Rpc(self.chain.url)
        try:
            return rpc.request(method, *parameters)
        finally:
            rpc.close()


def market_world(run: FinishedRun, terms: MarketTerms = TERMS, joined: int = 3) -> MarketWorld:
    """A new market in which `joined` servers answer for the finished run's model, each at the highest price."""
    world, number = run.world, next(_NUMBERS)
    keys = [AccountKey(derive_secret(b"market world", run.small.folder.name, number, i)) for i in range(joined + 1)]
    run.small.local.fund([key.address for key in keys])
    founder, chain = world.actors.founder, world.chain
    assert world.model.onchain_models is not None
    splitters = deploy_fee_splitters(chain, founder)
    market = deploy_market(chain, founder, world.model.onchain_models.address, splitters.address)
    model = replace(world.model, fee_splitters=splitters, market=market)
    address = model.round_manager.address
    market.set_terms(founder, address, terms)
    asker, *servers = keys
    for i, server in enumerate(servers):
        market.join(server, address, 1, f"https://server-{i}.example", PRICE, BOND)
    return MarketWorld(run, chain, model, market, asker, tuple(servers))


MakeMarket = Callable[..., MarketWorld]
