"""Attack: bonded servers of the market reveal an answer that the model does not give.

Who: one server, or so many that they are a quorum. What stops it: where the chain has the version's code anybody runs
it and takes half of the liar's bond; a final answer that is proven wrong before its end is paid for by nobody. An
honest server's sidecar does it by itself, and so does whoever runs `andel market slash`.
"""

from dataclasses import replace

import pytest

from andel.errors import Reverted
from andel.ledger.market import RequestStatus
from andel.ledger.payment import COIN
from andel.roles.answering.contradictions import contradictions, slash
from tests.support.market_world import BOND, EAGER, PRICE, TERMS, market_world

LIE, SALT = (12_345).to_bytes(32, "big"), bytes(31) + b"\7"


@pytest.fixture
def world(finished_run):
    return market_world(finished_run, replace(TERMS, seal_seconds=600, reveal_seconds=600))


def lie(world, *servers):
    """These servers seal the same lie; what they reveal later."""
    for server in servers:
        world.market.seal(server, 1, world.market.seal_hash(1, server.address, LIE, SALT))

    def reveal():
        for server in servers:
            world.market.reveal(server, 1, LIE, SALT)

    return reveal


def bond_of(world, server):
    return world.market.server_of(world.address, server.address).bond


def test_a_lying_server_loses_its_bond_to_the_sidecar_of_another(world):
    request, (liar, *honest) = world.ask(), world.servers
    reveal = lie(world, liar)
    sidecars = [world.sidecar(i) for i in (1, 2)]
    for each in sidecars:
        each.step()
    reveal()
    world.settle(*sidecars)
    assert world.market.answer_of(1) == world.truth(request)
    assert world.market.request_of(1).status == RequestStatus.FINISHED
    assert bond_of(world, liar) == 0
    (said,) = world.events("Slashed")
    assert (said["server"], said["reward"]) == (liar.address, BOND // 2)
    assert said["reporter"] in [server.address for server in honest]


def test_a_lying_quorum_is_slashed_and_the_asker_has_all_back(world):
    world.ask()
    liars, asker = world.servers[:2], world.asker
    reveal = lie(world, *liars)
    honest = world.sidecar(2, replace(EAGER, slashes=False))
    honest.step()
    reveal()
    assert world.market.request_of(1).status == RequestStatus.FINAL and world.market.answer_of(1) == LIE
    models = world.model.onchain_models
    found = list(contradictions(world.market, models, 1, world.market.requests_count(), world.address))
    assert [each.server for each in found] == [server.address for server in liars]
    assert [slash(world.market, asker, each) for each in found] == [BOND // 2] * 2
    assert world.market.request_of(1).status == RequestStatus.CONTRADICTED
    with pytest.raises(Reverted, match="WrongStatus"):
        world.market.finish(asker, 1)
    world.pass_time(1_201)
    world.market.refund(asker, 1)
    assert world.market.credit_of(COIN, asker.address) == 3 * PRICE + BOND
    assert not list(contradictions(world.market, models, 1, 1)) and [bond_of(world, each) for each in liars] == [0, 0]


def test_an_honest_server_cannot_be_slashed(world):
    request = world.ask()
    world.settle(*(world.sidecar(i) for i in range(3)))
    for server in world.servers:
        with pytest.raises(Reverted, match="AnswerHolds"):
            world.market.slash(world.asker, 1, server.address, world.market.question_of(request))
    assert not list(contradictions(world.market, world.model.onchain_models, 1, 1))
