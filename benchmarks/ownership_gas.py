"""Gas of a model's ownership on the embedded chain: its launch, its offering, votes, transfers and revenue.

All that is measured are receipts of transactions, each of which begins with nothing warm. Used by gas.py; rounds and
claims from the pool are round_gas.py's.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from gas_meter import Meter, Row
from round_gas import (
    COORDINATOR,
    FOUNDER,
    HOLDER,
    HOUR,
    VALIDATORS,
    key_of,
    measure_batches,
    measure_claims_of_a_new_epoch,
    measure_rounds,
)

from andel.hashing import sha256
from andel.keys import AccountKey
from andel.ledger.abi import encode_call
from andel.ledger.connection import Chain
from andel.ledger.deployment import ModelContracts, deploy_model, deploy_shared
from andel.ledger.factory import IMPLEMENTATIONS
from andel.ledger.governance import ModelGovernorContract, ProposedCall, Support
from andel.ledger.launching import Allocation, GovernanceConfig, ModelConfig, OfferingConfig
from andel.ledger.offering import ModelOfferingContract
from andel.ledger.receipt import Receipt
from andel.ledger.revenue import COIN
from andel.ledger.round_state import ValidatorRecord
from andel.simulation.local_chain import LocalChain
from andel.units import TOKEN, Address

EPOCH = 7 * 24 * HOUR
OFFERED = 200_000 * TOKEN
PRICE = 10**12
PAID = OFFERED * PRICE // TOKEN * 3 // 4
"""Paid by each of two buyers: together more than the offering takes, so that both have a refund."""

BUYERS = (key_of("buyer"), key_of("second buyer"))
STRANGER = key_of("stranger")


def ownership_rows() -> tuple[list[Row], str]:
    """All rows, and the node that gave them."""
    with tempfile.TemporaryDirectory() as name, LocalChain(Path(name)) as local:
        local.fund(key.address for key in (FOUNDER, COORDINATOR, HOLDER, STRANGER, *BUYERS, *VALIDATORS))
        chain, meter = local.connect(), Meter(local.url)
        model = _launched(chain, meter)
        model.operators.deposit_bonds(FOUNDER)
        _offering(local, chain, meter, model)
        _votes(local, chain, meter, model)
        measure_batches(meter, model)
        measure_rounds(meter, model)
        _transfers(local, meter, model)
        _revenue(local, meter, model)
        measure_claims_of_a_new_epoch(meter, model)
        return meter.rows, meter.node()


def _launched(chain: Chain, meter: Meter) -> ModelContracts:
    deployed = [
        chain.deploy(FOUNDER, kind, *([FOUNDER.address] if knows_factory else []))[1]
        for kind, knows_factory in IMPLEMENTATIONS.values()
    ]
    shared = deploy_shared(chain, FOUNDER)
    model = deploy_model(chain, FOUNDER, shared, _config(chain.block_time()))
    (launch,) = meter.sent_to(shared.factory.address, chain.block_number())
    meter.keep("launch_clones", "launch a model, clones in one transaction", launch)
    meter.keep("launch_full", f"deploy the same {len(deployed)} contracts in full, not founded yet", *deployed)
    return model


def _config(now: int) -> ModelConfig:
    return ModelConfig(
        name="Gas",
        symbol="GAS",
        cap=10**6 * TOKEN,
        rate=TOKEN,
        ceiling=700_000 * TOKEN,
        start=now - 10**6,
        owner=None,
        coordinator=COORDINATOR.address,
        validators=tuple(ValidatorRecord(key.address, sha256(b"sealing")) for key in VALIDATORS),
        k=2,
        genesis_version=sha256(b"genesis"),
        task_hash=sha256(b"task"),
        policy_hash=sha256(b"policy"),
        terms_hash=sha256(b"terms"),
        seed_delay=2,
        commit_period=60,
        epoch_length=EPOCH,
        redeemable_bps=1_000,
        offering=OfferingConfig(OFFERED, PRICE, 10**15, now, now + HOUR),
        allocations=(Allocation(FOUNDER.address, 100_000 * TOKEN, 10**8, 10**7),),
        governance=GovernanceConfig(60, 120, 60, TOKEN, 60, 60, 1_000, 3_333),
    )


def _offering(local: LocalChain, chain: Chain, meter: Meter, model: ModelContracts) -> None:
    assert model.launched is not None
    offering = ModelOfferingContract(chain, model.launched.parts["offering"])
    first, second = BUYERS
    meter.keep("buy_first", "buy for coin, the first of all", offering.buy(first, first.address, PAID, COIN))
    meter.keep("buy", "buy for coin", offering.buy(second, second.address, PAID, COIN))
    local.advance(2 * HOUR)
    meter.keep("settle_offering", "settle an offering", offering.settle(STRANGER))
    for buyer, key, text in ((first, "_first", ", the first of all"), (second, "", "")):
        meter.keep(f"offering_claim{key}", f"tokens of an offering{text}", offering.claim(STRANGER, buyer.address)[1])
        meter.keep(f"refund{key}", f"refund{text}", offering.refund(STRANGER, buyer.address)[1])
    meter.keep("release", "proceeds to the treasury", offering.release(STRANGER)[1])


def _votes(local: LocalChain, chain: Chain, meter: Meter, model: ModelContracts) -> None:
    assert model.launched is not None
    delegations = [_delegated(chain, model, buyer) for buyer in BUYERS]
    meter.keep("delegate", "delegate to oneself", delegations[0])
    local.advance(10)
    governor = ModelGovernorContract(chain, model.launched.parts["governor"])
    lower = ProposedCall(model.pool.address, 0, encode_call(model.pool.contract, "lowerRate", (1,)))
    proposal, proposed = governor.propose(BUYERS[0], [lower], "Emit less from now on.")
    meter.keep("propose", "propose one call", proposed)
    local.advance(61)
    votes = [governor.cast(buyer, proposal, Support.FOR) for buyer in BUYERS]
    meter.keep("vote_first", "vote, the first, which completes the quorum", votes[0])
    meter.keep("vote", "vote", votes[1])
    local.advance(200)
    meter.keep("queue", "queue", governor.queue(STRANGER, proposal))
    local.advance(61)
    meter.keep("execute", "execute (a lower emission)", governor.execute(STRANGER, proposal))


def _delegated(chain: Chain, model: ModelContracts, account: AccountKey) -> Receipt:
    return chain.send(account, model.token.contract, "delegate", account.address)


def _transfers(local: LocalChain, meter: Meter, model: ModelContracts) -> None:
    first, second = BUYERS
    millionth = TOKEN // 10**6

    def moved(key: AccountKey, to: Address) -> Receipt:
        return model.token.transfer(key, to, millionth)

    meter.keep("transfer_new", "transfer to an account that held nothing", moved(HOLDER, STRANGER.address))
    meter.keep("transfer", "transfer, neither delegated", moved(HOLDER, STRANGER.address))
    meter.keep("transfer_delegated", "transfer, both delegated", moved(first, second.address))
    local.advance(EPOCH)
    text = "transfer, neither delegated, the first of both in an epoch"
    meter.keep("transfer_new_epoch", text, moved(HOLDER, STRANGER.address))


def _revenue(local: LocalChain, meter: Meter, model: ModelContracts) -> None:
    vault = model.vault
    meter.keep("deposit_first", "revenue in coin, the first of an epoch", vault.deposit(FOUNDER, COIN, 10**15))
    meter.keep("deposit", "revenue in coin", vault.deposit(FOUNDER, COIN, 10**15))
    epoch = vault.calendar().present
    local.advance(EPOCH)
    for buyer, key, text in ((BUYERS[0], "_first", ", the epoch's first"), (BUYERS[1], "", "")):
        _, (receipt,) = vault.claim_for(STRANGER, buyer.address, COIN, [epoch])
        meter.keep(f"revenue_claim{key}", f"claim an epoch's revenue{text}", receipt)
