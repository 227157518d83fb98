"""The payer's side of a call that is paid for: from the demand of a 402 to the header that pays it (x402).

Takes the demand's header, the payer's key, the chain's clock and 32 random bytes. Gives the value of PAYMENT-SIGNATURE.
Pays no more than it was allowed, in no other token, on no other chain. Never asks anybody, never sends anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from x402.extensions.payment_identifier import PAYMENT_IDENTIFIER, append_payment_identifier_to_extensions
from x402.http import decode_payment_required_header, encode_payment_signature_header
from x402.schemas import PaymentPayload, PaymentRequired, PaymentRequirements

from andel.errors import InputError
from andel.keys import AccountKey
from andel.ledger.authorized_transfers import Authorization, TokenDomain, sign_authorization, token_domain
from andel.serving.payment_wire import MAX_HEADER, SCHEME, CallPrice, read_price
from andel.units import Address, Digest

MAX_SECONDS: Final = 3_600


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a payer lets one call cost: at most `most` base units of `asset` on a chain."""

    chain_id: int
    asset: Address
    most: int


def payment_header(
    key: AccountKey, demand: str, allowance: Allowance, *, now: int, nonce: bytes, identifier: str | None = None
) -> str:
    """What pays the demand in the header PAYMENT-REQUIRED. `now` is the chain's clock, `nonce` 32 random bytes.

    `identifier`, 16 to 128 letters, digits, - and _ that nobody can guess, lets the payer ask for the answer again.
    Raises InputError where the demand cannot be read, costs more, or is for another token or chain.
    """
    required = _read_demand(demand)
    requirements, price = _chosen(required, allowance)
    seconds = min(max(requirements.max_timeout_seconds, 30), MAX_SECONDS)
    signed = Authorization(key.address, price.pay_to, price.amount, 0, now + seconds, Digest(nonce))
    signature = sign_authorization(key, _domain(requirements, price), signed)
    extensions = None
    if identifier is not None:
        extensions = dict(required.extensions or {})
        if PAYMENT_IDENTIFIER not in extensions:
            raise InputError("this server takes no payment identifiers", "pay without one")
        try:
            append_payment_identifier_to_extensions(extensions, identifier)
        except ValueError as error:
            raise InputError("a payment identifier is 16 to 128 letters, digits, - and _") from error
    authorization = {
        "from": signed.payer,
        "to": signed.to,
        "value": str(signed.value),
        "validAfter": str(signed.valid_after),
        "validBefore": str(signed.valid_before),
        "nonce": "0x" + signed.nonce.hex(),
    }
    payload = PaymentPayload(
        payload={"authorization": authorization, "signature": "0x" + signature.hex()},
        accepted=requirements,
        resource=required.resource,
        extensions=extensions,
    )
    return encode_payment_signature_header(payload)


def _read_demand(demand: str) -> PaymentRequired:
    try:
        required = decode_payment_required_header(demand) if len(demand) <= MAX_HEADER else None
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InputError("the demand for a payment cannot be read", "it is the header PAYMENT-REQUIRED") from error
    if not isinstance(required, PaymentRequired):
        raise InputError("the demand for a payment is too large, or of another version of x402")
    return required


def _chosen(required: PaymentRequired, allowance: Allowance) -> tuple[PaymentRequirements, CallPrice]:
    """The first way of paying that is allowed."""
    told = "nothing"
    for requirements in required.accepts[:16]:
        if requirements.scheme != SCHEME:
            continue
        price = read_price(requirements)
        told = f"{price.amount} units of {price.asset} on chain {price.chain_id}"
        if (price.chain_id, price.asset) == (allowance.chain_id, allowance.asset) and price.amount <= allowance.most:
            return requirements, price
    raise InputError(f"the server asks for {told}", f"allowed are {allowance.most} units of {allowance.asset} at most")


def _domain(requirements: PaymentRequirements, price: CallPrice) -> TokenDomain:
    name, version = requirements.extra.get("name"), requirements.extra.get("version")
    if not isinstance(name, str) or not isinstance(version, str) or len(name) > 64 or len(version) > 64:
        raise InputError("the demand does not say how the token's transfers are signed")
    return token_domain(price.chain_id, price.asset, name, version)
