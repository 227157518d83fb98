"""Offerings and plans of passes on a chain, made without a factory: the key that deploys plays its part."""

from __future__ import annotations

from dataclasses import replace

from andel.keys import AccountKey, address_bytes
from andel.ledger import clones
from andel.ledger.access import PassPlan
from andel.ledger.answers import receipt_of
from andel.ledger.connection import Chain
from andel.ledger.interface import Contract
from andel.ledger.offering import ModelOfferingContract, OfferingTerms
from andel.ledger.payment import COIN, PaymentToken
from andel.ledger.sending import Intent
from andel.typed_data import abi_word
from andel.units import TOKEN, Address, BaseUnits, Digest

DAY = 86_400
UNSET = Digest(bytes(32))


def created(chain: Chain, key: AccountKey, runtime: bytes) -> Address:
    """The address of a contract with this code, new on the chain."""
    creation = b"\x61" + len(runtime).to_bytes(2, "big") + bytes.fromhex("80600a3d393df3") + runtime
    (raw,) = chain._sender.send([Intent(key, None, creation, 0, None, "creation of a test's contract", None)])
    address = receipt_of(raw).contract_address
    assert address is not None and chain.code(address) == runtime
    return address


def clone_code(implementation: Address, words: bytes) -> bytes:
    """EIP-1167's proxy with arguments behind it, as OpenZeppelin's `Clones.cloneWithImmutableArgs` makes it."""
    head, tail = bytes.fromhex("363d3d373d3d3d363d73"), bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
    return head + address_bytes(implementation) + tail + words


def make_token(chain: Chain, key: AccountKey, minted: int, to: Address) -> Address:
    """A token of which `to` has `minted` base units."""
    contract = _new_token(chain, key)
    chain.send(key, contract, "mint", to, minted)
    return contract.address


def _new_token(chain: Chain, key: AccountKey) -> Contract:
    """A model's token whose minter is `key`, with its vault: two clones that name each other."""
    token_code, _ = chain.deploy(key, "ModelToken")
    vault_code, _ = chain.deploy(key, "RevenueVault")
    token_address = chain.created_address(key.address, chain.next_nonce(key.address) + 1)
    epochs = (chain.block_time(), 7 * DAY)
    words: list[Address | int] = [token_address, *epochs, 0]
    vault, _ = chain.create(key, "RevenueVault", clones.clone_code(vault_code.address, words))
    words = [key.address, key.address, vault.address, 10**30, *epochs, vault.address]
    token, _ = chain.create(key, "ModelToken", clones.clone_code(token_code.address, words))
    chain.send(key, token, "initialize", "Token", "T", "")
    return token


def offering_terms(chain: Chain, model: Address, treasury: Address, **changes: object) -> OfferingTerms:
    """A thousand tokens at 0.002 coins, open for an hour from now, half of it at success, two rounds for the rest."""
    now = chain.block_time()
    terms = OfferingTerms(
        token=COIN,
        payment=COIN,
        treasury=treasury,
        manager=model,
        alliance=COIN,
        allow_root=UNSET,
        offered=BaseUnits(1_000 * TOKEN),
        price=TOKEN // 500,
        minimum=TOKEN // 2,
        cap_per_buyer=0,
        opens=now,
        closes=now + 3_600,
        milestone_deadline=now + 3_600 + DAY,
        milestone_rounds=2,
        first_bps=5_000,
    )
    return replace(terms, **changes)  # type: ignore[arg-type]  # tests name fields of OfferingTerms


def found_offering(chain: Chain, key: AccountKey, terms: OfferingTerms) -> ModelOfferingContract:
    """An offering of a token of its own on these terms; `key` is its factory."""
    implementation, _ = chain.deploy(key, ModelOfferingContract.NAME, key.address)
    contract = _new_token(chain, key)
    words = replace(terms, token=contract.address).words()
    address = created(chain, key, clone_code(implementation.address, words))
    chain.send(key, contract, "mint", address, terms.offered)
    offering = ModelOfferingContract(chain, address)
    offering.initialize(key)
    return offering


def token_of(offering: ModelOfferingContract) -> PaymentToken:
    """The token that is offered."""
    return PaymentToken(offering.chain, offering.terms().token)


def found_plans(chain: Chain, key: AccountKey, plan: PassPlan) -> Address:
    """A model that is its own policy and sells this one plan under every id."""
    words = (
        abi_word("plan", "address", plan.pay_to)
        + abi_word("plan", "address", plan.token)
        + abi_word("plan", "uint256", plan.price)
        + abi_word("plan", "uint256", plan.period)
        + abi_word("plan", "uint256", plan.per_day)
        + abi_word("plan", "uint256", int(plan.transferable))
        + plan.terms
    )
    # Calldata of 4 bytes is publisher(), answered by the address itself; any other by the seven words behind the code.
    code = bytes.fromhex("3660041460115760e060195f3960e05ff3" + "5b305f5260205ff3")
    return created(chain, key, code + words)
