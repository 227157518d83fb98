"""A server that is paid by the call and pulled by contracts: wires policy, payee, facilitator and gateway of a model.

Takes a model's contracts, its terms, the payee (the fee splitter of model and server), a key that pays gas, and files.
Gives what `build_app` takes: a `Pays` with its routes, and a gateway's routes. Never sets a price: holders do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from andel.errors import InputError, SettingsError
from andel.keys import AccountKey
from andel.ledger.authorized_transfers import Carrier
from andel.ledger.connection import Chain
from andel.ledger.offchain_model import OffchainModelContract
from andel.ledger.policy import Access
from andel.serving.admission import Admission
from andel.serving.ccip_api import Gateway
from andel.serving.http_edge import RefusedRequest
from andel.serving.payment_book import PaymentBook
from andel.serving.predictor import Predictor
from andel.units import Address

if TYPE_CHECKING:  # x402 is an extra
    from andel.serving.payment_wire import CallPrice
    from andel.serving.payments import PaidCalls


def paid_calls_of(
    chain: Chain,
    admission: Admission,
    payee: Address,
    payer_of_gas: AccountKey,
    book: Path,
    clock: Callable[[], float],
    check: Callable[[Any, bytes], None] = lambda _, __: None,
) -> PaidCalls:
    """Calls at the price that the model's holders decided, paid to `payee`; free where they are not paid by the call.

    `payer_of_gas` sends nothing else; `book` is shared by all workers of this machine; `check` is told a request and
    its body, and refuses what is no question before anything is taken. Raises SettingsError where x402 is not
    installed, StoreError.
    """
    try:
        from andel.serving.facilitator import Facilitator
        from andel.serving.payments import PaidCalls, price_of
    except ModuleNotFoundError as error:
        raise SettingsError("calls are paid by x402, which is not installed", "pip install 'andel[x402]'") from error

    def price() -> CallPrice | None:
        terms = admission.terms()
        return price_of(terms.prices, chain.chain_id, payee) if terms.access == Access.PAID else None

    def accepts(asked: CallPrice) -> bool:
        return asked == price()

    kept = PaymentBook(book, clock)
    facilitator = Facilitator(chain, Carrier(payer_of_gas, kept.turn_file), accepts)
    return PaidCalls(chain, facilitator, kept, price, facilitator.domain_of, check)


def gateway_of(
    predictor: Callable[[], Predictor],
    chain: Chain,
    contracts: Sequence[Address],
    peers: Sequence[str],
    admission: Admission | None = None,
) -> Gateway:
    """A gateway for contracts of this model, which asks `peers` for their signatures; for models that are open.

    Raises InputError for a contract of another model, or a peer that is no URL; ChainError.
    """
    bound = [OffchainModelContract(chain, address) for address in contracts]
    for contract in bound:
        if contract.model() != predictor().domain.contract:
            raise InputError(f"{contract.address} pulls answers of {contract.model()}", "name contracts of this model")

    def admit() -> None:
        if admission is not None and admission.terms().access != Access.OPEN:
            raise RefusedRequest(402, "this model is not open: a contract cannot pay or sign in", "ask over HTTP")

    return Gateway(predictor, bound, peers, admit)
