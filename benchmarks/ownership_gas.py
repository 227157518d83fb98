"""Gas of a model's ownership on the embedded chain.

A launch, rounds of 10 and of 100,000 contributors, claims, a transfer, a purchase and a vote. Rounds are played with
hand-made hashes, three validators, two of which decide; all that is measured are receipts. Used by gas.py.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from andel.hashing import sha256
from andel.keys import AccountKey, checksummed, derive_secret
from andel.ledger.abi import encode_call
from andel.ledger.connection import Chain
from andel.ledger.deployment import ModelContracts, deploy_model, deploy_shared
from andel.ledger.factory import IMPLEMENTATIONS
from andel.ledger.governance import ModelGovernorContract, ProposedCall, Support
from andel.ledger.interface import Contract
from andel.ledger.launching import Allocation, GovernanceConfig, ModelConfig, OfferingConfig
from andel.ledger.receipt import Receipt
from andel.ledger.round_hashes import attestation_commitment
from andel.ledger.round_state import ValidatorRecord
from andel.simulation.local_chain import LocalChain
from andel.typed_data import sign_typed, typed_digest
from andel.units import TOKEN, Address, BaseUnits
from andel.value.claims import ClaimTree, value_root

HOUR = 3_600
MINTED = 900 * TOKEN
OFFERED = 200_000 * TOKEN
SALT = sha256(b"salt")
Earned = Mapping[Address, BaseUnits]


def key_of(name: str, number: int = 0) -> AccountKey:
    """A key of the benchmark."""
    return AccountKey(derive_secret(b"ownership gas", name, number))


FOUNDER, COORDINATOR, BUYER, HOLDER = (key_of(name) for name in ("founder", "coordinator", "buyer", "holder"))
VALIDATORS = tuple(key_of("validator", i) for i in range(3))


def ownership_figures() -> dict[str, int]:
    """All figures, gas of whole transactions."""
    with tempfile.TemporaryDirectory() as name, LocalChain(Path(name)) as local:
        local.fund(key.address for key in (FOUNDER, COORDINATOR, BUYER, HOLDER, *VALIDATORS))
        chain = local.connect()
        full = sum(
            chain.deploy(FOUNDER, kind, *([FOUNDER.address] if knows_factory else []))[1].gas_used
            for kind, knows_factory in IMPLEMENTATIONS.values()
        )
        model, launched = _launch(chain)
        model.operators.deposit_bonds(FOUNDER)
        figures = {"launch_clones": launched, "launch_full": full}
        figures |= _bought_and_voted(local, chain, model)
        _settle(chain, model, _earned(10, 1))  # writes storage that was zero
        figures["settle_10"], _ = _settle(chain, model, _earned(10, 2))
        figures["settle_100000"], tree = _settle(chain, model, _earned(100_000, 3))
        figures["claim_new"] = _claim(model, tree)
        _, tree = _settle(chain, model, _earned(100_000, 4))
        figures["claim_again"] = _claim(model, tree)
        figures["transfer"] = model.token.transfer(HOLDER, FOUNDER.address, TOKEN // 10**6).gas_used
        return figures


def _launch(chain: Chain) -> tuple[ModelContracts, int]:
    shared = deploy_shared(chain, FOUNDER)
    now = chain.block_time()
    config = ModelConfig(
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
        offering=OfferingConfig(OFFERED, 10**12, 10**15, now, now + HOUR),
        allocations=(Allocation(FOUNDER.address, 100_000 * TOKEN, 10**8, 10**7),),
        governance=GovernanceConfig(60, 120, 60, TOKEN, 60, 60, 1_000, 3_333),
    )
    model = deploy_model(chain, FOUNDER, shared, config)
    return model, chain.gas_spent_on(shared.factory.contract, chain.block_number(), chain.block_number())


def _bought_and_voted(local: LocalChain, chain: Chain, model: ModelContracts) -> dict[str, int]:
    assert model.launched is not None
    offering = Contract("ModelOffering", model.launched.parts["offering"])
    cost = OFFERED * 10**12 // TOKEN
    buy = chain.send(BUYER, offering, "buy", BUYER.address, cost, b"", value=cost).gas_used
    local.advance(2 * HOUR)
    chain.send(BUYER, offering, "claim", BUYER.address)
    chain.send(BUYER, model.token.contract, "delegate", BUYER.address)
    local.advance(10)
    governor = ModelGovernorContract(chain, model.launched.parts["governor"])
    lower = ProposedCall(model.pool.address, 0, encode_call(model.pool.contract, "lowerRate", (1,)))
    proposal, _ = governor.propose(BUYER, [lower], "less")
    local.advance(61)
    return {"buy": buy, "vote": governor.cast(BUYER, proposal, Support.FOR).gas_used}


def _earned(count: int, rounds: int) -> dict[Address, BaseUnits]:
    """What `count` accounts have earned after so many rounds, equal but for what does not divide."""
    accounts = [HOLDER.address]
    accounts += [checksummed(bytes(sha256(b"account", str(i).encode()))[:20]) for i in range(1, count)]
    total = rounds * MINTED
    share = total // count
    return {account: BaseUnits(share if i else total - share * (count - 1)) for i, account in enumerate(accounts)}


def _settle(chain: Chain, model: ModelContracts, earned: Earned) -> tuple[int, ClaimTree]:
    """Gas of all transactions of a round, open to finalise, and its tree."""
    rounds, spent = model.round_manager, 0

    def step(receipt: Receipt) -> None:
        nonlocal spent
        spent += receipt.gas_used

    parent, deadline = rounds.current_version(), chain.block_time() + HOUR
    number, receipt = rounds.open(COORDINATOR, sha256(b"plan"), parent, 1_000 * TOKEN, deadline)
    step(receipt)
    step(rounds.commit_data(COORDINATOR, number, sha256(b"commitments"), sha256(b"list")))
    step(rounds.record_seed(FOUNDER, number)[1])
    step(rounds.close(COORDINATOR, number, sha256(b"updates"), sha256(b"evidence")))
    step(rounds.record_seed(FOUNDER, number)[1])
    tree = ClaimTree(earned)
    said = {
        "model": rounds.address,
        "round": number,
        "attempt": 0,
        "planHash": sha256(b"plan"),
        "updatesRoot": sha256(b"updates"),
        "versionHash": sha256(b"version", str(number).encode()),
        "valueRoot": value_root(tree.root, tree.total, MINTED, 1),
        "stateHash": sha256(b"state", str(number).encode()),
        "evaluation": -250,
        "evidenceHash": sha256(b"evidence"),
    }
    digest = typed_digest("Attestation", rounds.domain, said)
    for key in VALIDATORS:
        step(rounds.commit_attestation(key, number, attestation_commitment(digest, key.address, SALT)))
    for key in VALIDATORS:
        signature = sign_typed(key, "Attestation", rounds.domain, said)
        step(rounds.reveal(key, said, key.address, SALT, signature))
    step(rounds.finalise(FOUNDER, said, tree.root, tree.total, MINTED, 1))
    return spent, tree


def _claim(model: ModelContracts, tree: ClaimTree) -> int:
    claim = tree.claim(HOLDER.address)
    _, receipt = model.pool.claim(FOUNDER, claim.account, claim.cumulative, claim.running_sum, claim.proof)
    return receipt.gas_used
