"""The market's and the splitters' bindings against the contracts: what is sent is what is read back."""

import pytest

from andel.encoding import words_in
from andel.errors import InputError, Reverted
from andel.hashing import keccak, sha256
from andel.ledger.market import MarketAsk, MarketTerms, RequestStatus, Routing, SeatState
from andel.ledger.payment import COIN
from andel.ledger.proposed_calls import call_of, in_words
from andel.roles.answering.running import market_of
from andel.roles.asking import present_terms
from andel.units import Digest
from tests.ledger.actors import Play

PRICE, BOND = 1_000, 10**15
TERMS = MarketTerms(COIN, PRICE, 1, 1, Routing.ROUND_ROBIN, 600, 600, BOND)
SALT = sha256(b"salt")


@pytest.fixture(scope="module")
def play(chain, actors, shared):
    return Play.launch(chain, actors, shared)


@pytest.fixture(scope="module")
def model(play):
    return play.model.round_manager.address


@pytest.fixture(scope="module")
def market(play, model, actors):
    found = play.model.market
    assert found.terms_of(model) is None
    with pytest.raises(InputError, match="not asked in this market"):
        present_terms(found, model)
    found.set_terms(actors.founder, model, TERMS)
    return found


@pytest.fixture(scope="module")
def server(actors, market, model):
    market.join(actors.validators[0], model, 1, "https://a.example", PRICE - 1, BOND)
    return actors.validators[0]


@pytest.fixture
def request_(play, actors, market, model, server):
    """A request for the genesis version's successor, routed in turn."""
    version = play.model.round_manager.current_version()
    if not play.model.round_manager.rounds_count():
        play.play({actors.owners[0].address: 900 * 10**18}, 900 * 10**18)
        version = play.model.round_manager.current_version()
    number, _ = market.request(actors.stranger, MarketAsk(model, Digest(version), bytes(64), COIN, PRICE))
    return market.request_of(number)


def test_terms_and_servers_are_read_as_they_were_set(market, model, server, actors):
    found = market.terms_of(model)
    assert (found.number, found.terms, model in market.models()) == (1, TERMS, True)
    assert market.terms_by_number(model, 1) == TERMS and market.cost_of(model) == (COIN, PRICE)
    (listed,) = market.servers(model)
    assert listed == market.server_of(model, server.address)
    assert (listed.account, listed.endpoint, listed.price, listed.bond) == (
        server.address,
        "https://a.example",
        PRICE - 1,
        BOND,
    )
    assert market.server_of(model, actors.stranger.address) is None
    with pytest.raises(Reverted, match="NotRuler"):
        market.set_terms(actors.stranger, model, TERMS)


def test_a_request_goes_its_way_and_everything_of_it_is_read_back(market, server, actors, play, request_):
    assert request_.status == RequestStatus.ROUTED and request_.requester == actors.stranger.address
    assert market.question_of(request_) == bytes(64) and not request_.provable
    assert market.requests_of(server.address, request_.id, 10) == [request_.id]
    answer = (-7).to_bytes(32, "big", signed=True) + (9).to_bytes(32, "big")
    sealed = market.seal_hash(request_.id, server.address, answer, SALT)
    on_chain = market.chain.call(market.contract, "sealHash", request_.id, server.address, keccak(answer), SALT)
    assert sealed == on_chain
    market.seal(server, request_.id, sealed)
    assert market.seal_of(request_.id, server.address) == sealed and market.answer_of(request_.id) == b""
    market.reveal(server, request_.id, answer, SALT)
    assert words_in(market.answer_of(request_.id)) == [-7, 9]
    ((seat,),) = market.routed_to([request_.id])
    assert (seat.server, seat.price, seat.state) == (server.address, PRICE - 1, SeatState.REVEALED)
    market.finish(actors.stranger, request_.id)
    part = (PRICE - 1) * 2_000 // 10_000
    assert market.credit_of(COIN, server.address) == part
    assert market.credit_of(COIN, play.model.vault.address) == PRICE - 1 - part
    assert market.withdraw(actors.stranger, COIN, server.address)[0] == part
    assert market.withdraw(actors.stranger, COIN, server.address)[0] == 0


def test_a_request_of_nobody_is_told_apart(market):
    assert market.request_of(10_000).status == RequestStatus.NONE
    with pytest.raises(Reverted):
        market.seal_of(10_000, market.address)


def test_a_splitter_is_known_before_it_has_code_and_pays_both(chain, play, model, actors, server):
    splitters = play.model.fee_splitters
    at = splitters.splitter_of(model, server.address)
    assert not chain.code(at)
    chain.transfer(actors.stranger, at, 10_001)
    split, _ = splitters.release(actors.stranger, model, server.address, COIN)
    assert (split.to_server, split.to_vault) == (2_000, 8_001)
    assert chain.balance(splitters.vault_of(model)) >= 8_001 and splitters.vault_of(model) == play.model.vault.address
    splitters.set_operators_part(actors.founder, model, 5_000)
    assert splitters.operators_part_of(model) == 5_000 and splitters.ruler_of(model) == actors.founder.address
    with pytest.raises(Reverted, match="BadPart"):
        splitters.set_operators_part(actors.founder, model, 5_001)
    splitters.set_operators_part(actors.founder, model, 2_000)
    owed = splitters.owed_of(model, server.address, COIN)
    assert (owed.to_server, owed.to_vault) == (0, 0)


def test_a_vote_on_terms_is_told_in_plain_words(play, market, model):
    values = (COIN, PRICE, 1, 1, 2, 600, 600, BOND)
    call = call_of("InferenceMarket", market.address, "setTerms", [model, values])
    said = in_words(call, {market.address: "InferenceMarket"})
    assert said.startswith(f"InferenceMarket.setTerms(model {model}, terms [") and str(BOND) in said
    assert market_of(play.model) is market
