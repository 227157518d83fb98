"""A chain with a token that calls are paid in, and servers that take it: in this process, and in ones of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes

import httpx
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from andel.errors import InputError
from andel.keys import AccountKey, derive_secret
from andel.ledger.authorized_transfers import AuthorizedTokenContract, Carrier
from andel.ledger.connection import Chain
from andel.serving.facilitator import Facilitator
from andel.serving.http_edge import json_response, make_app
from andel.serving.paying import Allowance, payment_header
from andel.serving.payment_book import PaymentBook
from andel.serving.payment_wire import CallPrice
from andel.serving.payments import PaidCalls
from andel.simulation.local_chain import LocalChain
from andel.units import Address

PRICE = 1_500
QUESTION = {"question": "0x" + "07" * 32}
# one for all: each new one reads the certificates of this machine, a hundred of them for seconds
_CLIENT = httpx.Client(verify=False, limits=httpx.Limits(max_connections=None, max_keepalive_connections=0))


def key_of(name: str) -> AccountKey:
    """One of the keys of these tests."""
    return AccountKey(derive_secret(b"paid calls", name))


@dataclass(frozen=True, slots=True)
class PaidWorld:
    """A chain, a token on it, a payer who has a million units and no coin, and an account that sends transfers."""

    local: LocalChain
    chain: Chain
    token: AuthorizedTokenContract
    payer: AccountKey
    payee: Address

    @classmethod
    def make(cls, folder: Path) -> PaidWorld:
        local = LocalChain(folder, step_seconds=1)
        chain = local.connect()
        maker, payer = key_of("maker"), key_of("payer")
        local.fund([maker.address, key_of("sender").address])
        made, _ = chain.deploy(maker, "AuthorizedToken", "Pay", 10**12)
        token = AuthorizedTokenContract(chain, made.address)
        chain.send(maker, token.contract, "transfer", payer.address, 10**6)
        return cls(local, chain, token, payer, key_of("payee").address)

    @property
    def price(self) -> CallPrice:
        return CallPrice(self.chain.chain_id, self.token.address, PRICE, self.payee)

    @property
    def allowance(self) -> Allowance:
        return Allowance(self.chain.chain_id, self.token.address, PRICE)

    def transfers(self, payee: Address | None = None) -> int:
        """How many transfers the payee got."""
        return len(self.token.logs("Transfer", 0, to=payee or self.payee))

    def header(self, url: str, key: AccountKey | None = None, **more: str | None) -> str:
        """A payment for one call of the server at `url`."""
        demand = _CLIENT.post(url + "/predict", json=QUESTION).headers["payment-required"]
        now = self.chain.block_time()
        return payment_header(key or self.payer, demand, self.allowance, now=now, nonce=token_bytes(32), **more)


def paid_calls(chain: Chain, price: Callable[[], CallPrice | None], book: Path, **more: object) -> PaidCalls:
    """What takes payments, with a facilitator of its own."""
    kept = PaymentBook(book, time.time)
    facilitator = Facilitator(chain, Carrier(key_of("sender"), kept.turn_file), lambda _: True)
    return PaidCalls(chain, facilitator, kept, price, facilitator.domain_of, **more)  # type: ignore[arg-type]


def paid_app(pays: PaidCalls, answer: Callable[[bytes], object]) -> Starlette:
    """POST /predict by `answer`, which costs; what it raises is the server's error."""

    async def predict(request: Request) -> Response:
        body = await request.body()
        if b"refuse" in body:
            raise InputError("that is no question")
        return json_response(await run_in_threadpool(answer, body))

    async def paid(request: Request) -> Response:
        return await pays(request, predict)

    return make_app([("POST", "/predict", paid), *pays.endpoints()], "there is POST /predict")


def pay(url: str, header: str, question: object = QUESTION, timeout: float = 120) -> httpx.Response:
    """A call that pays by this header."""
    return _CLIENT.post(url + "/predict", json=question, headers={"PAYMENT-SIGNATURE": header}, timeout=timeout)


@dataclass(slots=True)
class Worker:
    """A server in a process of its own."""

    url: str
    process: subprocess.Popen[str]


@contextmanager
def worker(world: PaidWorld, folder: Path, **told: str) -> Iterator[Worker]:
    """A process of `paying_server_process.py` on the book in `folder`; `runs` there tells what the model was asked."""
    settings = {"chain": world.chain.url, "token": world.token.address, "payee": world.payee, "folder": str(folder)}
    script = Path(__file__).with_name("paying_server_process.py")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = [f"{name}={value}" for name, value in (settings | told).items()]
    process = subprocess.Popen(
        [sys.executable, str(script), *arguments], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url.startswith("http"), "the server did not start"
        yield Worker(url, process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
