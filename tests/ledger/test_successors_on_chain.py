"""A model that another follows: named by its ruler, named back, told by status, and followed by who wants to."""

import json

import pytest

from andel.cli.model_status import print_model
from andel.cli.status import show_status
from andel.errors import ChainError, Reverted
from andel.hashing import sha256
from andel.keys import AccountKey, derive_secret
from andel.ledger.deployment import Deployment, deploy_model
from andel.ledger.proposed_calls import call_of, in_words
from andel.ledger.successors import deploy_successors
from andel.roles.model_state import model_state
from andel.roles.succession import follow, succession_state
from andel.units import TOKEN, BaseUnits
from tests.ledger.actors import Play, model_config

WHY = sha256(b"the accounting of round 12 was wrong")


@pytest.fixture(scope="module")
def successors(chain, actors):
    return deploy_successors(chain, actors.founder)


@pytest.fixture
def models(chain, actors, shared):
    """Three models, the last of another ruler."""
    made = [deploy_model(chain, actors.founder, shared, model_config(actors)) for _ in range(2)]
    return [*made, deploy_model(chain, actors.founder, shared, model_config(actors, owner=actors.stranger.address))]


def step(successors, key, before, after, heir=None):
    successors.name_successor(key, before, after, WHY)
    successors.accept_predecessor(heir or key, after, before, WHY)


def test_a_consumer_follows_what_both_rulers_said_and_nothing_less(chain, actors, successors, models):
    first, second, third = (model.round_manager.address for model in models)
    assert follow(successors, first).round_manager.address == first
    successors.name_successor(actors.founder, first, second, WHY)
    assert follow(successors, first).round_manager.address == first  # named, not accepted
    with pytest.raises(Reverted, match="Successors_NotRuler"):
        successors.accept_predecessor(actors.stranger, second, first, WHY)
    successors.accept_predecessor(actors.founder, second, first, WHY)
    assert follow(successors, first).round_manager.address == second
    step(successors, actors.founder, second, third, actors.stranger)
    assert follow(successors, first).round_manager.address == third
    assert successors.current_of(first, 1) == (second, False)
    assert (successors.predecessor_of(third), successors.predecessor_of(first)) == (second, None)
    found = successors.succession_of(first)
    assert found is not None and (found.successor, found.reason) == (second, WHY)
    assert 0 < found.named_at <= found.accepted_at <= chain.block_time()
    with pytest.raises(Reverted, match="Successors_Settled"):
        successors.withdraw_successor(actors.founder, first)


def test_nobody_is_led_to_contracts_that_this_package_does_not_know(chain, actors, shared, successors, models):
    """A ruler can name anything that says who rules it: here an alliance."""
    first, foreign = models[0].round_manager.address, models[1].alliance.address
    step(successors, actors.founder, first, foreign)
    with pytest.raises(ChainError):
        follow(successors, first)
    state = succession_state(successors, first)
    assert (state.current, state.ends, state.known) == (foreign, True, False)


def test_what_was_earned_stays_claimable_in_the_old_model(chain, actors, shared, successors):
    play, owner = Play.launch(chain, actors, shared), actors.owners[0].address
    minted = BaseUnits(900 * TOKEN)
    play.play({owner: minted}, minted)
    after = deploy_model(chain, actors.founder, shared, model_config(actors)).round_manager.address
    step(successors, actors.founder, play.model.round_manager.address, after)
    paid, _ = play.model.pool.claim(actors.stranger, owner, minted, minted, [])
    assert paid == minted == play.model.token.balance_of(owner)


def test_status_tells_a_successor_in_words_and_as_json(chain, actors, successors, models, capsys):
    first, second = (model.round_manager.address for model in models[:2])
    successors.name_successor(actors.founder, first, second, WHY)
    print_model(model_state(models[0]), False, succession_state(successors, first))
    assert "which has not named it back" in capsys.readouterr().out
    successors.accept_predecessor(actors.founder, second, first, WHY)
    print_model(model_state(models[0]), False, succession_state(successors, first))
    said = capsys.readouterr().out
    assert f"SUPERSEDED by {second}" in said and f"the model to ask is {second}" in said and WHY.hex() in said
    print_model(model_state(models[1]), False, succession_state(successors, second))
    assert f"follows {first}" in capsys.readouterr().out
    print_model(model_state(models[0]), True, succession_state(successors, first))
    path = json.loads(capsys.readouterr().out)["succession"]
    assert (path["current"], path["step"]["reason"], path["known"]) == (second, WHY.hex(), True)


def test_the_command_takes_the_contract_by_address_or_from_the_deployment_file(
    chain, actors, successors, models, tmp_path, capsys
):
    first, second = (model.round_manager.address for model in models[:2])
    step(successors, actors.founder, first, second)
    show_status(model=first, rpc=chain.url, successors=successors.address)
    assert f"SUPERSEDED by {second}" in capsys.readouterr().out
    show_status(model=first, rpc=chain.url)
    assert "SUPERSEDED" not in capsys.readouterr().out
    file = tmp_path / "model.json"
    named = Deployment.of_model(models[0])
    Deployment(named.chain_id, {**named.addresses, "Successors": successors.address}).to_file(file)
    show_status(model=str(file), rpc=chain.url)
    assert f"SUPERSEDED by {second}" in capsys.readouterr().out


def test_a_vote_for_a_successor_is_told_in_plain_words():
    registry, model, heir = (AccountKey(derive_secret(b"successor", name)).address for name in ("r", "m", "s"))
    call = call_of("Successors", registry, "nameSuccessor", [model, heir, WHY])
    told = in_words(call, {registry: "Successors"})
    assert told == f"Successors.nameSuccessor(model {model}, successor {heir}, reason 0x{WHY.hex()})"
