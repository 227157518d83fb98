"""A model is launched in one transaction, whole, and found again as what it is."""

from dataclasses import replace

import pytest

from andel.errors import ChainError, InputError, Reverted
from andel.hashing import sha256
from andel.ledger.clones import implementation_of, is_code_of, words_of
from andel.ledger.contracts import ModelTokenContract
from andel.ledger.deployment import deploy_model, find_model
from andel.ledger.factory import IMPLEMENTATIONS
from andel.ledger.launching import Allocation, GovernanceConfig, OfferingConfig, launch_terms
from andel.units import TOKEN
from tests.ledger.actors import model_config

HOUR = 3_600


def whole(actors, now):
    """A model that holders govern, half of whose cap is emitted."""
    return replace(
        model_config(actors),
        owner=None,
        offering=OfferingConfig(200_000 * TOKEN, 10**12, 10**15, now + HOUR, now + 48 * HOUR),
        allocations=(Allocation(actors.founder.address, 100_000 * TOKEN, 10**8, 10**7),),
        governance=GovernanceConfig(HOUR, HOUR, HOUR, TOKEN, HOUR, HOUR, 1_000, 3_333, sha256(b"training")),
    )


def test_a_whole_model_is_one_transaction(chain, actors, shared, make_account):
    key = make_account()
    before = chain.next_nonce(key.address)
    model = deploy_model(chain, key, shared, whole(actors, chain.block_time()))
    assert chain.next_nonce(key.address) == before + 1
    made = model.launched
    assert made is not None and set(made.parts) == set(IMPLEMENTATIONS) - {"vesting"} and len(made.vestings) == 1
    assert model.operators.owner() == model.alliance.owner() == made.parts["timelock"] == model.pool.governance()
    token = ModelTokenContract(chain, made.parts["token"])
    assert token.balance_of(made.parts["offering"]) == 200_000 * TOKEN
    assert token.balance_of(made.vestings[0]) == 100_000 * TOKEN
    assert token.total_ever_minted() == 300_000 * TOKEN
    assert shared.factory.launched(model.round_manager.address, 0) == made
    assert find_model(chain, model.round_manager.address).factory.address == shared.factory.address


def test_every_part_is_a_clone_of_code_that_comes_with_this_package(chain, actors, shared):
    model = deploy_model(chain, actors.founder, shared, whole(actors, chain.block_time()))
    assert model.launched is not None
    implementations = shared.factory.implementations()
    for field, address in model.launched.parts.items():
        code = chain.code(address)
        assert implementation_of(code) == implementations[field]
        assert is_code_of(IMPLEMENTATIONS[field][0], chain.code(implementations[field]))
        assert not is_code_of(IMPLEMENTATIONS[field][0], code) and words_of(code)
    assert implementation_of(chain.code(shared.factory.address)) is None
    assert not is_code_of("RoundManager", b"")


def test_a_launch_that_is_refused_leaves_nothing(chain, actors, shared):
    before = chain.call(shared.factory.contract, "creations")
    config = whole(actors, chain.block_time())
    too_much = replace(config, allocations=(Allocation(actors.founder.address, 400_000 * TOKEN, 10**8),))
    with pytest.raises(Reverted, match="RewardPool_BadSchedule"):
        deploy_model(chain, actors.founder, shared, too_much)
    late = replace(config, offering=OfferingConfig(TOKEN, 1, 1, 1, 2))
    with pytest.raises(Reverted, match="ModelOffering_BadTerm"):
        deploy_model(chain, actors.founder, shared, late)
    assert config.governance is not None
    hasty = replace(config, governance=replace(config.governance, shortest=1))
    with pytest.raises(Reverted, match="ModelFactory_OutOfBounds"):
        deploy_model(chain, actors.founder, shared, hasty)
    assert chain.call(shared.factory.contract, "creations") == before


def test_a_model_has_an_owner_or_is_governed(actors, shared):
    nowhere = actors.stranger.address
    for config in (
        replace(model_config(actors), owner=None),
        replace(model_config(actors), governance=GovernanceConfig(1, 1, 1, 1, 1, 1, 1)),
    ):
        with pytest.raises(InputError, match="not both"):
            launch_terms(config, nowhere, nowhere, nowhere)


def test_the_owner_lowers_and_pauses_emission(chain, actors, shared):
    pool = deploy_model(chain, actors.founder, shared, model_config(actors)).pool
    assert (pool.ceiling(), pool.highest_rate(), pool.paused_until()) == (500_000 * TOKEN, TOKEN, 0)
    with pytest.raises(Reverted, match="RewardPool_NotGovernance"):
        pool.lower_rate(actors.stranger, 1)
    pool.lower_rate(actors.founder, TOKEN // 2)
    pool.lower_ceiling(actors.founder, 400_000 * TOKEN)
    until = chain.block_time() + 1_000
    pool.pause_emission(actors.founder, until)
    assert (pool.ceiling(), pool.highest_rate(), pool.paused_until()) == (400_000 * TOKEN, TOKEN // 2, until)


def test_a_factory_finds_only_what_it_launched(chain, actors, shared):
    with pytest.raises(ChainError, match="launched no"):
        shared.factory.launched(actors.stranger.address, 0)
