"""Paid by the call (x402, upfront): a payment is verified and settled, the model runs once, and the answer is kept.

Takes an endpoint, the price now, a facilitator and a `PaymentBook`. Gives a `Pays` that asks for payment (402), and
GET /payments/{identifier}. One payment is good for one answer: whoever sends it again with the same request gets the
same bytes; with another request it is refused. Where a worker died between payment and answer, the chain says whether
it was paid, and another one answers. Where the endpoint refuses what was asked (4xx), the payment is good for another
request by a payer that gave it an identifier: the rest of a payment stands on the chain for all to see. Money goes
from payer to payee; nothing is held here, and nothing is paid back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message
from x402 import FacilitatorClient

from andel.errors import ChainError, InputError, StoreError
from andel.hashing import sha256
from andel.ledger.authorized_transfers import AuthorizedTokenContract, TokenDomain
from andel.ledger.connection import Chain
from andel.ledger.policy import Price
from andel.serving.http_edge import (
    BODY_SECONDS,
    Endpoint,
    RefusedRequest,
    headers_of_objects,
    json_response,
    read_body,
)
from andel.serving.payment_book import MAX_ANSWER_BYTES, BookFull, Entry, NewPayment, PaymentBook, State, payment_id
from andel.serving.payment_wire import (
    PAYMENT_REQUIRED_HEADER,
    PAYMENT_RESPONSE_HEADER,
    PAYMENT_SIGNATURE_HEADER,
    PENDING,
    UNSENT,
    CallPrice,
    Payment,
    demand_header,
    demand_of,
    read_header,
    receipt_header,
    requirements_of,
)
from andel.units import NOBODY, Address

MAX_BODY_BYTES: Final = 256 * 1024
"""Of a request that pays; its endpoint may take less."""
LEASE_SECONDS: Final = 10.0
"""How long a payment waits for a worker that died."""
WAIT_SECONDS: Final = 20.0
"""How long a copy of a payment waits for the first one's answer."""

_LOOK_SECONDS: Final = 0.05
_LONGEST_LOOK_SECONDS: Final = 0.5
_ROUTE: Final = "predict"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PaidCalls:
    """The `Pays` of one server. `price` gives what a call costs now, None where it is free; it may ask the chain."""

    chain: Chain
    facilitator: FacilitatorClient
    book: PaymentBook
    price: Callable[[], CallPrice | None]
    domain_of: Callable[[Address], TokenDomain]
    """How a token's transfers are signed, as `Facilitator.domain_of`."""
    check: Callable[[Request, bytes], None] = lambda _, __: None
    """Told a request and its body before anything is taken; raises InputError or RefusedRequest for no question."""
    lease_seconds: float = LEASE_SECONDS
    wait_seconds: float = WAIT_SECONDS
    new_holder: Callable[[], str] = field(default=lambda: token_hex(16))

    async def __call__(self, request: Request, endpoint: Endpoint) -> Response:
        """The endpoint's answer to a request that pays. Raises RefusedRequest, ChainError, StoreError."""
        header = request.headers.get(PAYMENT_SIGNATURE_HEADER)
        price = await run_in_threadpool(self.price)
        if header is None:
            return await endpoint(request) if price is None else await self._demand(request, price, "no payment")
        try:
            payment = read_header(header)
        except InputError as error:
            return await self._demand(request, price, error.message)
        body = await read_body(request, BODY_SECONDS, MAX_BODY_BYTES, "ask less in one request")
        self.check(request, body)
        new = self._new_payment(request, body, header, payment, await run_in_threadpool(self.chain.block_number))
        holder = self.new_holder()
        entry = await self._entry(new, payment, holder)
        if entry.state is State.ANSWERED:
            return _again(entry)
        try:
            async with self._holding(entry.id, holder):
                return await self._go_on(request, endpoint, body, entry, new.question, price, holder)
        finally:
            await run_in_threadpool(self.book.let_go, entry.id, holder)

    def endpoints(self) -> Sequence[tuple[str, str, Endpoint]]:
        """Method, path and endpoint of the page that gives an answer again."""

        async def again(request: Request) -> Response:
            entry = await run_in_threadpool(self.book.of_alias, request.path_params["identifier"][:128])
            if entry is None:
                raise RefusedRequest(404, "no payment has this identifier here", "payers choose it: payment-identifier")
            if entry.state is State.ANSWERED:
                return _again(entry)
            hint = "send the request again, with the same payment: it is answered, and not paid for twice"
            raise RefusedRequest(409, f"the payment is {entry.state}; it was not answered yet", hint)

        return [("GET", "/payments/{identifier}", again)]

    async def _demand(self, request: Request, price: CallPrice | None, error: str) -> Response:
        """402, with what to pay."""
        if price is None:
            raise RefusedRequest(400, f"nothing is to be paid here: {error}", "ask without a payment")
        domain = await run_in_threadpool(self.domain_of, price.asset)
        demand = demand_of(requirements_of(price, domain), str(request.url), error)
        response = json_response(demand.model_dump(by_alias=True, exclude_none=True), 402)
        response.headers[PAYMENT_REQUIRED_HEADER] = demand_header(demand)
        return response

    def _new_payment(self, request: Request, body: bytes, header: str, payment: Payment, block: int) -> NewPayment:
        asked = f"{request.method} {request.url.path}?{request.url.query} {request.headers.get('content-type', '')}\n"
        signed, price = payment.authorization, payment.price
        return NewPayment(
            payment_id(price.chain_id, price.asset, signed.payer, signed.nonce),
            payment.alias,
            payment.hash,
            header,
            sha256(asked.encode(), body),
            block,
            signed.valid_before,
        )

    async def _entry(self, new: NewPayment, payment: Payment, holder: str) -> Entry:
        """The payment's entry: answered, or this request's to go on with. Waits while another one works on it."""
        end, wait = asyncio.get_running_loop().time() + self.wait_seconds, _LOOK_SECONDS
        while True:
            try:
                entry = await run_in_threadpool(self.book.begin, new, holder, self.lease_seconds)
            except BookFull as error:
                raise RefusedRequest(503, error.message, error.hint) from error
            refusal = _refusal(entry, new, payment)
            if refusal is not None:
                if entry.mine:
                    await run_in_threadpool(self.book.let_go, entry.id, holder)
                raise refusal
            if entry.state is State.ANSWERED or entry.mine:
                return entry
            if asyncio.get_running_loop().time() > end:
                raise _later("the payment is being settled, or its answer made")
            await asyncio.sleep(wait)
            wait = min(1.5 * wait, _LONGEST_LOOK_SECONDS)

    async def _go_on(
        self,
        request: Request,
        endpoint: Endpoint,
        body: bytes,
        entry: Entry,
        question: bytes,
        price: CallPrice | None,
        holder: str,
    ) -> Response:
        """From wherever the payment stands to its answer."""
        payment = read_header(entry.header)
        transaction = entry.paid_by
        if entry.state is State.SETTLING:
            settled = await self._settle(entry, payment, price, holder)
            if not isinstance(settled, str):
                return await self._demand(request, price, settled.reason)
            transaction = settled
        if entry.question is None and not await run_in_threadpool(self.book.bind, entry.id, holder, question):
            raise _later("another worker goes on with this payment")
        response = await self._run(request, endpoint, body, entry, holder)
        response.headers[PAYMENT_RESPONSE_HEADER] = receipt_header(
            payment.price, payment.authorization.payer, transaction
        )
        return response

    async def _run(self, request: Request, endpoint: Endpoint, body: bytes, entry: Entry, holder: str) -> Response:
        """The endpoint, once; what it answered is kept before anybody sees it."""
        try:
            response = await endpoint(_with_body(request, body))
        except RefusedRequest as refused:
            response = refused.response
        except InputError as error:
            response = json_response({"error": error.message, "hint": error.hint}, 400)
        if 400 <= response.status_code < 500 and entry.alias is not None:
            await run_in_threadpool(self.book.bind, entry.id, holder, None)
        elif response.status_code < 400:
            kind, answer = response.headers.get("content-type", ""), bytes(response.body)
            if len(answer) > MAX_ANSWER_BYTES:
                raise RefusedRequest(500, "the answer is too large to be kept", "ask less in one request")
            kept = await run_in_threadpool(self.book.answered, entry.id, holder, response.status_code, kind, answer)
            if not kept:
                raise _later("another worker goes on with this payment")
        return response

    async def _settle(self, entry: Entry, payment: Payment, price: CallPrice | None, holder: str) -> str | _NotPaid:
        """The transaction that paid; or why there is none. Raises RefusedRequest (503) where nobody knows yet."""
        if entry.sent:
            found = await run_in_threadpool(self._carried_by, entry, payment)
            if found is not None:
                return await self._note_paid(entry, holder, found)
        if price is None or payment.price != price or payment.authorization.to != price.pay_to:
            return await self._not_paid(entry, holder, "the payment is not what a call costs here")
        requirements = requirements_of(price, await run_in_threadpool(self.domain_of, price.asset))
        judged = await self.facilitator.verify(payment.payload, requirements)
        if not judged.is_valid:
            return await self._not_paid(entry, holder, str(judged.invalid_reason))
        if not await run_in_threadpool(self.book.sending, entry.id, holder):
            raise _later("another worker goes on with this payment")
        settled = await self.facilitator.settle(payment.payload, requirements)
        if settled.success:
            return await self._note_paid(entry, holder, settled.transaction)
        # Whoever saw the authorisation may have brought it: what counts is what the chain says.
        found = await run_in_threadpool(self._carried_by, entry, payment)
        if found is not None:
            return await self._note_paid(entry, holder, found)
        _log.warning("payment_not_settled reason=%s", settled.error_reason)
        if settled.error_reason in (PENDING, UNSENT):
            raise _later("the payment could not be settled yet")
        return _NotPaid(str(settled.error_reason))

    async def _note_paid(self, entry: Entry, holder: str, transaction: str) -> str:
        if not await run_in_threadpool(self.book.paid, entry.id, holder, transaction):
            raise _later("another worker goes on with this payment")
        return transaction

    async def _not_paid(self, entry: Entry, holder: str, reason: str) -> _NotPaid:
        """Forgets a payment for which nothing was sent; one that may still be mined is kept."""
        await run_in_threadpool(self.book.drop, entry.id, holder)
        return _NotPaid(reason)

    def _carried_by(self, entry: Entry, payment: Payment) -> str | None:
        token = AuthorizedTokenContract(self.chain, payment.price.asset)
        return token.carried_by(payment.authorization, entry.from_block)

    @asynccontextmanager
    async def _holding(self, id: str, holder: str) -> AsyncIterator[None]:
        """Holds the lease while the block runs, however long the chain takes."""

        async def hold() -> None:
            while True:
                await asyncio.sleep(self.lease_seconds / 3)
                with suppress(StoreError):  # the next time may pass; if none does, the lease ends by itself
                    await run_in_threadpool(self.book.hold, id, holder, self.lease_seconds)

        task = asyncio.create_task(hold())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@dataclass(frozen=True, slots=True)
class _NotPaid:
    reason: str


def price_of(prices: Sequence[Price], chain_id: int, pay_to: Address) -> CallPrice | None:
    """What one call of a model costs by its policy: route `predict`, period 0; None where that is nothing.

    Raises ChainError for a price in the chain's coin: nobody can sign a transfer of that.
    """
    for price in prices:
        if price.route == _ROUTE and price.period == 0 and price.amount > 0:
            if price.token == NOBODY:
                raise ChainError("the model's calls are priced in coin, which x402 cannot carry")
            return CallPrice(chain_id, price.token, price.amount, pay_to)
    return None


def _refusal(entry: Entry, new: NewPayment, payment: Payment) -> RefusedRequest | None:
    """Why a request cannot have what this entry paid for."""
    if entry.payment != new.payment and not _same_terms(entry, payment):
        hint = "the same identifier or nonce was used for another payment; make a new one"
        return RefusedRequest(409, "another payment has this identifier or nonce", hint)
    if entry.question is not None and entry.question != new.question:
        hint = "send the very request that was paid for, byte by byte, or pay again"
        return RefusedRequest(409, "this payment is for another request", hint)
    return None


def _same_terms(entry: Entry, payment: Payment) -> bool:
    """Whether a payer that signed anew under its own identifier pays the same for the same: nothing is taken twice."""
    former = read_header(entry.header)
    same = former.alias is not None and former.alias == payment.alias and former.price == payment.price
    return same and former.authorization.payer == payment.authorization.payer


def _again(entry: Entry) -> Response:
    payment = read_header(entry.header)
    headers = {name: value for name, value in headers_of_objects().items() if name != "Content-Disposition"}
    headers[PAYMENT_RESPONSE_HEADER] = receipt_header(payment.price, payment.authorization.payer, entry.paid_by)
    return Response(entry.answer, entry.status, headers, entry.content_type)


def _later(error: str) -> RefusedRequest:
    refused = RefusedRequest(503, error, "send the same request again, with the same payment: it is not taken twice")
    refused.response.headers["Retry-After"] = "1"
    return refused


def _with_body(request: Request, body: bytes) -> Request:
    """The request as its endpoint would have read it."""
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}
        return {"type": "http.disconnect"}

    return Request(request.scope, receive)
