"""Who answers a model for pay, and that an answer came, are told as the market has them."""

import pytest

from tests.roles.showing.conftest import shown
from tests.support.market_world import market_world


@pytest.fixture(scope="module")
def world(finished_run):
    return market_world(finished_run)


def test_terms_and_servers_are_the_markets(world):
    told = shown(world.model, world.run.small.store).operator()["market"]
    found = world.market.terms_of(world.address)
    assert told["address"] == world.market.address and told["terms"]["number"] == found.number
    assert (told["terms"]["price"], told["terms"]["bond"]) == (str(found.terms.price), str(found.terms.bond))
    assert (told["terms"]["servers"], told["terms"]["quorum"], told["terms"]["routing"]) == (3, 2, "price")
    servers = world.market.servers(world.address)
    assert [(each["account"], each["endpoint"], each["bond"]) for each in told["servers"]] == [
        (each.account, each.endpoint, str(each.bond)) for each in servers
    ]
    assert all(each["agreed"] and each["leaving"] is None for each in told["servers"])


def test_the_catalogue_names_where_servers_answer(world):
    (item,) = shown(world.model, world.run.small.store).models(0, 50)["items"]
    assert item["endpoints"] == [each.endpoint for each in world.market.servers(world.address)]


def test_an_answer_of_the_market_is_told_as_a_change(world):
    source = shown(world.model, world.run.small.store)
    before, _ = source.changes(0)
    request = world.ask()
    world.settle(*(world.sidecar(number) for number in range(3)))
    _, told = source.changes(before)
    answers = [facts for name, facts in told if name == "answer"]
    assert answers == [{"id": str(request.id), "kind": "market", "answer": None}]
