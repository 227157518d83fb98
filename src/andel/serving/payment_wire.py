"""x402's words on the wire, version 2: what a header or a body says, as plain values, and back.

Takes headers and JSON of unknown origin, and prices. Gives a `Payment` (who pays what to whom, signed), the demand for
one, and the receipt for one. Scheme `exact` by ERC-3009 only. Never judges a signature, a time or a balance.
The messages are those of the package `x402`, which is an extra: import this file only where calls are paid for.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any, Final

from x402.extensions.payment_identifier import (
    PAYMENT_IDENTIFIER,
    declare_payment_identifier_extension,
    is_valid_payment_id,
)
from x402.http import (
    PAYMENT_REQUIRED_HEADER,
    PAYMENT_RESPONSE_HEADER,
    PAYMENT_SIGNATURE_HEADER,
    decode_payment_signature_header,
    encode_payment_required_header,
    encode_payment_response_header,
)
from x402.schemas import PaymentPayload, PaymentRequired, PaymentRequirements, ResourceInfo, SettleResponse

from andel.errors import InputError
from andel.hashing import sha256
from andel.keys import parse_address
from andel.ledger.authorized_transfers import Authorization, TokenDomain
from andel.units import Address, Digest

SCHEME: Final = "exact"
PENDING: Final = "settlement_pending"
"""Why nobody knows whether a payment was settled: it was sent, and the chain has not said yet."""
UNSENT: Final = "unexpected_settle_error"
"""Why a good payment was not settled: nothing could be sent."""
MAX_HEADER: Final = 8 * 1024
MAX_BRACKETS: Final = 128
"""Brackets in a payment; one with an identifier and its schema has about twenty."""
TIMEOUT_SECONDS: Final = 300
"""How long a payer is asked to let an authorisation last."""

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,77}")
_SIGNATURE: Final = re.compile(r"0x[0-9a-fA-F]{130}")
_NONCE: Final = re.compile(r"0x[0-9a-fA-F]{64}")
_FIELDS: Final = frozenset({"from", "to", "value", "validAfter", "validBefore", "nonce"})

__all__ = [
    "PAYMENT_REQUIRED_HEADER",
    "PAYMENT_RESPONSE_HEADER",
    "PAYMENT_SIGNATURE_HEADER",
    "PENDING",
    "UNSENT",
    "CallPrice",
    "Payment",
    "demand_header",
    "demand_of",
    "network_of",
    "read_header",
    "read_payload",
    "read_price",
    "receipt_header",
    "requirements_of",
]


@dataclass(frozen=True, slots=True)
class CallPrice:
    """What one call costs: `amount` base units of `asset` to `pay_to` on a chain."""

    chain_id: int
    asset: Address
    amount: int
    pay_to: Address


@dataclass(frozen=True, slots=True)
class Payment:
    """A payer's signed transfer as it came, and what the payer says it pays for."""

    price: CallPrice
    authorization: Authorization
    signature: bytes
    alias: str | None
    """The payer's own name for the payment."""
    payload: PaymentPayload

    @property
    def hash(self) -> Digest:
        """Of all that counts: the chain shows everybody what was signed, but not the payer's own name for it."""
        signed = self.authorization
        text = f"{self.price}/{signed}/{self.signature.hex()}/{self.alias}"
        return sha256(text.encode())


def network_of(chain_id: int) -> str:
    """A chain as CAIP-2 names it."""
    return f"eip155:{chain_id}"


def requirements_of(price: CallPrice, domain: TokenDomain) -> PaymentRequirements:
    """The one way a call is paid for."""
    return PaymentRequirements(
        scheme=SCHEME,
        network=network_of(price.chain_id),
        asset=price.asset,
        amount=str(price.amount),
        pay_to=price.pay_to,
        max_timeout_seconds=TIMEOUT_SECONDS,
        extra={"name": domain.name, "version": domain.version, "paymentFlow": "upfront"},
    )


def demand_of(requirements: PaymentRequirements, url: str, error: str) -> PaymentRequired:
    """What a caller without a good payment is told."""
    return PaymentRequired(
        error=error,
        resource=ResourceInfo(url=url[:2048], description="One signed prediction", mime_type="application/json"),
        accepts=[requirements],
        extensions={PAYMENT_IDENTIFIER: declare_payment_identifier_extension()},
    )


def demand_header(demand: PaymentRequired) -> str:
    """The demand as its header's value."""
    return encode_payment_required_header(demand)


def receipt_header(price: CallPrice, payer: Address, transaction: str) -> str:
    """A receipt as its header's value."""
    return encode_payment_response_header(
        SettleResponse(
            success=True,
            payer=payer,
            transaction=transaction,
            network=network_of(price.chain_id),
            amount=str(price.amount),
        )
    )


def read_header(header: str) -> Payment:
    """The payment in a header's value. Raises InputError."""
    if len(header) > MAX_HEADER:
        raise InputError(f"the payment has over {MAX_HEADER} bytes")
    try:
        text = base64.b64decode(header)
        # before it is parsed: other libraries lift the interpreter's recursion limit, which the parser relies on
        if text.count(b"[") + text.count(b"{") > MAX_BRACKETS:
            raise ValueError("nested too deep")
        payload = decode_payment_signature_header(header)
    # the package reads JSON of any kind: what is no object fails there in its own way
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise InputError("the payment is no x402 payload in base64", "send the header PAYMENT-SIGNATURE") from error
    if not isinstance(payload, PaymentPayload) or payload.x402_version != 2:
        raise InputError("the payment is of another version of x402", "this server speaks version 2")
    return read_payload(payload)


def read_payload(payload: PaymentPayload) -> Payment:
    """The payment in a payload whose form is x402's. Raises InputError."""
    accepted, inner = payload.accepted, payload.payload
    signed = inner.get("authorization")
    signature = inner.get("signature")
    if accepted.scheme != SCHEME:
        raise InputError(f"the payment's scheme is {accepted.scheme[:40]!r}", f"pay by {SCHEME!r}")
    if not isinstance(signed, dict) or set(signed) != _FIELDS:
        raise InputError("the payment is no ERC-3009 authorisation", "sign TransferWithAuthorization")
    if not isinstance(signature, str) or not _SIGNATURE.fullmatch(signature):
        raise InputError("the payment's signature is not 65 bytes", "pay from an account that has a key")
    nonce = signed["nonce"]
    if not isinstance(nonce, str) or not _NONCE.fullmatch(nonce):
        raise InputError("the payment's nonce is not 32 bytes")
    authorization = Authorization(
        _address(signed["from"]),
        _address(signed["to"]),
        _number(signed["value"]),
        _number(signed["validAfter"]),
        _number(signed["validBefore"]),
        Digest(bytes.fromhex(nonce[2:])),
    )
    alias = _alias(payload.extensions)
    return Payment(read_price(accepted), authorization, _signature(signature), alias, payload)


def read_price(requirements: PaymentRequirements) -> CallPrice:
    """A demand as plain values. Raises InputError."""
    return CallPrice(
        _chain_id(requirements.network),
        _address(requirements.asset),
        _number(requirements.amount),
        _address(requirements.pay_to),
    )


def _signature(text: str) -> bytes:
    """65 bytes with v of 27 or 28; some wallets write 0 or 1."""
    raw = bytes.fromhex(text[2:])
    return raw[:64] + bytes([raw[64] + 27]) if raw[64] in (0, 1) else raw


def _alias(extensions: dict[str, Any] | None) -> str | None:
    extension = (extensions or {}).get(PAYMENT_IDENTIFIER)
    info = extension.get("info") if isinstance(extension, dict) else None
    alias = info.get("id") if isinstance(info, dict) else None
    if alias is None:
        return None
    if not isinstance(alias, str) or not is_valid_payment_id(alias):
        raise InputError("the payment's identifier is not 16 to 128 letters, digits, - and _")
    return alias


def _chain_id(network: str) -> int:
    kind, _, number = network.partition(":")
    if kind != "eip155" or not _NUMBER.fullmatch(number):
        raise InputError(f"the payment is for the network {network[:40]!r}", "pay on an EVM chain: eip155:…")
    return int(number)


def _number(value: object) -> int:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    raise InputError("an amount or time of the payment is not decimal text")


def _address(value: object) -> Address:
    if isinstance(value, str) and len(value) == 42:
        return parse_address(value)
    raise InputError("the payment names what is no address")
