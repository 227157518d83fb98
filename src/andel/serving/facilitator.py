"""A facilitator of one's own: says whether a payment by the call is good, and puts it on the chain (x402).

Takes a chain and a `Carrier`, whose key pays the gas; payers sign ERC-3009 authorisations. Gives x402's
`FacilitatorClient` (an object in this process) and, for servers elsewhere, POST /verify, POST /settle and GET
/supported. Times, balance and used nonces are read from the chain. Sends for the tokens and payees that it was told,
and for no others: it pays the gas, and a stranger's token runs a stranger's code. Never holds anybody's money:
transfers go from payer to payee.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from x402.schemas import (
    PaymentPayload,
    PaymentRequirements,
    SettleRequest,
    SettleResponse,
    SupportedKind,
    SupportedResponse,
    VerifyResponse,
)

from andel.errors import ChainError, InputError, Reverted
from andel.ledger.authorized_transfers import AuthorizedTokenContract, Carrier, TokenDomain
from andel.ledger.connection import Chain
from andel.serving.http_edge import BODY_SECONDS, Endpoint, check_content_type, json_response, read_body
from andel.serving.payment_wire import PENDING, SCHEME, UNSENT, CallPrice, Payment, network_of, read_payload, read_price
from andel.units import Address

MAX_BODY_BYTES: Final = 16 * 1024
_DOMAINS_KEPT: Final = 64
_AT_ONCE: Final = 16


@dataclass(slots=True)
class Facilitator:
    """One chain's facilitator. `accepts` says of a price whether it sends for that token and payee."""

    chain: Chain
    carrier: Carrier
    accepts: Callable[[CallPrice], bool]
    note: Callable[[str], None] = lambda _: None
    """Told every transaction's hash before it is sent."""
    _domains: dict[Address, TokenDomain] = field(default_factory=dict)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def verify(self, payload: PaymentPayload, requirements: PaymentRequirements) -> VerifyResponse:
        """Whether the payment is good now. Raises ChainError where the chain cannot be asked."""
        return await run_in_threadpool(self.verify_now, payload, requirements)

    async def settle(self, payload: PaymentPayload, requirements: PaymentRequirements) -> SettleResponse:
        """Puts the payment on the chain and waits for it. Raises ChainError as `verify`."""
        async with self._turns:  # each waits for a block in a thread, and those are needed for answers too
            return await run_in_threadpool(self.settle_now, payload, requirements)

    def get_supported(self) -> SupportedResponse:
        """The one kind of payment that it takes."""
        network = network_of(self.chain.chain_id)
        kind = SupportedKind(x402_version=2, scheme=SCHEME, network=network)
        return SupportedResponse(kinds=[kind], extensions=[], signers={"eip155:*": [self.carrier.key.address]})

    def verify_now(self, payload: PaymentPayload, requirements: PaymentRequirements) -> VerifyResponse:
        """As `verify`, in the caller's thread."""
        try:
            payment = read_payload(payload)
        except InputError as error:
            return VerifyResponse(is_valid=False, invalid_reason="invalid_payload", invalid_message=error.message)
        payer = payment.authorization.payer
        reason = self._mismatch(payment, requirements)
        if reason is None:
            token = AuthorizedTokenContract(self.chain, payment.price.asset)
            reason = token.doubt(self.domain_of(payment.price.asset), payment.authorization, payment.signature)
        return VerifyResponse(is_valid=reason is None, invalid_reason=reason, payer=payer)

    def settle_now(self, payload: PaymentPayload, requirements: PaymentRequirements) -> SettleResponse:
        """As `settle`, in the caller's thread."""
        network = network_of(self.chain.chain_id)
        judged = self.verify_now(payload, requirements)
        if not judged.is_valid:
            reason = judged.invalid_reason
            return SettleResponse(
                success=False, error_reason=reason, payer=judged.payer, transaction="", network=network
            )
        payment = read_payload(payload)
        sent: list[str] = []

        def note(transaction: str) -> None:
            sent.append(transaction)
            self.note(transaction)

        token = AuthorizedTokenContract(self.chain, payment.price.asset)
        try:
            receipt = self.carrier.carry(token, payment.authorization, payment.signature, note)
        except Reverted as error:
            reason, message = "invalid_transaction_state", error.error
        except ChainError:
            # its message may hold the node's address, and that a key
            reason, message = (PENDING, "it may be mined yet") if sent else (UNSENT, "nothing could be sent")
        else:
            amount = str(payment.authorization.value)
            return SettleResponse(
                success=True, payer=judged.payer, transaction=receipt.hash, network=network, amount=amount
            )
        return SettleResponse(
            success=False,
            error_reason=reason,
            error_message=message,
            payer=judged.payer,
            transaction=sent[-1] if sent else "",
            network=network,
        )

    def domain_of(self, asset: Address) -> TokenDomain:
        """How a token's transfers are signed; asked of the chain once. Raises ChainError."""
        found = self._domains.get(asset)
        if found is None:
            found = AuthorizedTokenContract(self.chain, asset).token_domain()
            while len(self._domains) >= _DOMAINS_KEPT:
                self._domains.pop(next(iter(self._domains)), None)
            self._domains[asset] = found
        return found

    def endpoints(self) -> Sequence[tuple[str, str, Endpoint]]:
        """Method, path and endpoint of each page, for `make_app`."""

        async def verify(request: Request) -> Response:
            asked = await _read_request(request)
            return _answer(await self.verify(asked.payment_payload, asked.payment_requirements))

        async def settle(request: Request) -> Response:
            asked = await _read_request(request)
            return _answer(await self.settle(asked.payment_payload, asked.payment_requirements))

        async def supported(_: Request) -> Response:
            return _answer(self.get_supported())

        return [("POST", "/verify", verify), ("POST", "/settle", settle), ("GET", "/supported", supported)]

    def _mismatch(self, payment: Payment, requirements: PaymentRequirements) -> str | None:
        """What of a payment is not what is demanded."""
        signed = payment.authorization
        try:
            demanded = read_price(requirements)
        except InputError:
            return "invalid_payment_requirements"
        if demanded.chain_id != self.chain.chain_id or payment.price.chain_id != demanded.chain_id:
            return "invalid_network"
        if payment.price != demanded or signed.value != demanded.amount:
            return "invalid_exact_evm_payload_authorization_value"
        if signed.to != demanded.pay_to:
            return "invalid_exact_evm_payload_recipient_mismatch"
        if not self.accepts(demanded):
            return "invalid_exact_evm_payload_recipient_mismatch"
        return None


async def _read_request(request: Request) -> SettleRequest:
    check_content_type(request, "application/json", "as JSON")
    body = await read_body(request, BODY_SECONDS, MAX_BODY_BYTES, "send one payment in a request")
    try:
        return SettleRequest.model_validate_json(body)
    except (ValidationError, RecursionError) as error:
        raise InputError("the body is no payment with its demand", "as x402 version 2 has it") from error


def _answer(value: VerifyResponse | SettleResponse | SupportedResponse) -> Response:
    return json_response(value.model_dump(by_alias=True, exclude_none=True))
