"""A model put on the market by a vote, asked and answered by commands; and where the money ends, to the wei."""

import json

import pytest

from andel.keys import AccountKey, derive_secret
from andel.ledger.delegation import is_set_aside
from andel.ledger.payment import COIN
from andel.ledger.round_state import Status
from andel.roles.answering.answers import ModelAnswers
from andel.serving.evaluate import pack_question
from tests.support.voting_world import in_process, voting_world

PRICE, BOND, PART = 10**15 + 7, 10**16, 2_777
TERMS = [COIN, str(PRICE), 1, 1, 1, 3_000, 3_000, str(BOND)]
QUESTION = pack_question([3, 250, 77], 1_512)


@pytest.fixture(scope="module")
def voted(shared_node, tmp_path_factory):
    """A model with a version and mined tokens, whose holders have set terms and the servers' part."""
    found = voting_world(shared_node, tmp_path_factory.mktemp("market"), "market by vote")
    found.small.play()
    model = found.model.round_manager.address
    found.decide(
        "sell answers",
        {"contract": "InferenceMarket", "function": "setTerms", "arguments": [model, TERMS]},
        {"contract": "FeeSplitters", "function": "setOperatorsPart", "arguments": [model, PART]},
    )
    return found


@pytest.fixture(scope="module")
def people(voted):
    """A server that has joined, and an asker; both strangers."""
    server, asker = (AccountKey(derive_secret(b"market command", i)) for i in range(2))
    voted.local.fund([server.address, asker.address])
    voted.andel("market", "join", "--endpoint", "https://answers.example", key=server)
    return server, asker


def store(voted):
    return voted.small.folder / "content"


def asked(voted, asker):
    """A question that nobody has answered yet; its number."""
    voted.andel("market", "ask", "0x" + QUESTION.hex(), "--no-wait", key=asker)
    return voted.model.market.requests_count()


def answered(voted, server):
    """The sidecar as a command, until nothing is due."""
    options = ("--store", store(voted), "--confirmations", "0", "--once")
    return voted.andel("market", "answer", *options, key=server)


def test_a_vote_sets_terms_and_the_servers_part_and_is_told_in_words(voted):
    assert voted.model.market.terms_of(voted.model.round_manager.address).terms.price == PRICE
    assert voted.model.fee_splitters.operators_part_of(voted.model.round_manager.address) == PART
    said = voted.andel("vote", "show", "1")
    assert "Sell answers of this model for at least" in said and "InferenceMarket.setTerms(model " in said
    assert "FeeSplitters.setOperatorsPart(model " in said
    said = voted.andel("market", "terms")
    assert "terms 1: 1 of 1 servers, price" in said and "0.001000000000000007 coins" in said


def test_models_and_servers_are_found_from_the_market_s_address_alone(voted, people):
    server, _ = people
    said = voted.andel("market", "servers")
    assert server.address in said and "https://answers.example" in said
    listed = json.loads(voted.andel("market", "servers", "--json"))
    assert [each["account"] for each in listed["servers"]] == [server.address]
    where = ("--rpc", voted.small.world.chain.url, "--market", voted.model.market.address)
    alone = in_process(["market", "servers", *where])
    assert voted.model.round_manager.address in alone.stdout, alone.stderr
    named = in_process(["market", "terms", *where, "--model", voted.model.round_manager.address, "--json"])
    assert json.loads(named.stdout)["terms"]["price"] == PRICE


def test_an_answer_asked_for_by_command_is_the_version_s_own_and_names_who_stands_for_it(voted, people):
    server, asker = people
    number = asked(voted, asker)
    assert "something to do" in answered(voted, server)
    version = voted.model.round_manager.current_version()
    truth = ModelAnswers(voted.model, voted.small.store)(version, QUESTION)
    assert voted.model.market.answer_of(number) == truth
    refused = voted.run("market", "refund", str(number), key=asker)
    assert refused.returncode == 1 and "is finished" in refused.stderr
    assert "nothing was due" in answered(voted, server)


def test_a_request_that_nobody_answers_is_refunded(voted, people):
    server, asker = people
    number = asked(voted, asker)
    early = voted.run("market", "refund", str(number), key=asker)
    assert early.returncode == 1 and "can still answer" in early.stderr
    voted.local.advance(6_001)
    assert f"credited with {PRICE} units" in voted.andel("market", "refund", str(number), key=asker)
    said = voted.andel("market", "withdraw", key=asker)
    assert f"{asker.address} received 0.001000000000000007 coins" in said
    # the silent server was fined, and is routed again when its bond is whole
    words = ("market", "join", "--endpoint", "https://answers.example")
    assert "0.0001 coins put down" in voted.andel(*words, key=server)


def test_what_cannot_be_done_is_one_line_with_a_hint(voted, people):
    server, asker = people
    for words, key, says in (
        (("ask", "0x" + "11" * 31), asker, "a question of 31 bytes"),
        (("ask", "seven"), asker, "not a question in hex"),
        (("ask", "0x" + QUESTION.hex(), "--most", "0.000001"), asker, "it costs up to"),
        (("leave",), asker, "does not serve"),
        (("withdraw", "--bond"), server, "it has not left"),
        (("join", "--endpoint", "x", "--price", "1"), asker, "a server asks from 1 to"),
        (("answer", "--store", store(voted), "--once"), asker, "does not serve"),
    ):
        ended = voted.run("market", *words, key=key)
        assert ended.returncode == 1 and says in ended.stderr, ended.stderr
        assert "Traceback" not in ended.stderr
    assert "nothing that the chain contradicts" in voted.andel("market", "slash", key=asker)


def test_what_a_stranger_pays_reaches_who_mined_tokens_to_the_wei(voted, people):
    """Market and splitter, both coin; tokens are mined before the epoch, so everybody holds for all of it."""
    server, asker = people
    model, vault, chain = voted.model, voted.model.vault, voted.small.world.chain
    assert model.round_manager.newest_round().status == Status.FINALISED
    miner = voted.small.honest()[0].contributor.address
    voted.andel("claim", "--store", store(voted), "--account", miner, key=voted.sponsor)
    assert model.token.balance_of(miner) > 0
    calendar = vault.calendar()
    voted.local.advance(calendar.end_of(calendar.present) - chain.block_time() + 1)
    epoch = vault.calendar().present
    held_before = chain.balance(vault.address)

    number = asked(voted, asker)
    answered(voted, server)
    assert model.market.request_of(number).status.name == "FINISHED"
    own = PRICE * PART // 10_000
    before = chain.balance(server.address)
    voted.andel("market", "withdraw", "--for", server.address, key=voted.sponsor)
    earned = chain.balance(server.address) - before
    finished = len(model.market.logs("RequestFinished", 0))  # this one, and what other tests asked
    assert earned == finished * own
    voted.andel("market", "withdraw", "--for", "vault", key=voted.sponsor)
    from_market = finished * (PRICE - own)

    paid = 10**16 + 3
    splitter = model.fee_splitters.splitter_of(model.round_manager.address, server.address)
    chain.transfer(asker, splitter, paid)
    assert splitter in voted.andel("fees", "show", "--server", server.address)
    before = chain.balance(server.address)
    voted.andel("fees", "release", "--server", server.address, key=voted.sponsor)
    part = paid * PART // 10_000
    assert chain.balance(server.address) - before == part

    arrived = from_market + paid - part
    assert chain.balance(vault.address) - held_before == arrived
    assert vault.calendar().present == epoch
    (shared,) = vault.revenue_of(COIN, [epoch])
    assert vault.pot_of(COIN) == arrived - shared == sum(each * 2_000 // 10_000 for each in (from_market, paid - part))
    voted.local.advance(vault.calendar().end_of(epoch) - chain.block_time() + 1)
    due = vault.claimable(miner, COIN)[epoch]
    before = chain.balance(miner)
    voted.andel("revenue", "claim", "--account", miner, key=voted.sponsor)
    assert chain.balance(miner) - before == due > 0
    accounts = {event.arguments["to"] for event in model.token.logs("Transfer", 0)}
    counted = sum(model.token.balance_of(each) for each in accounts if not is_set_aside(model.token, each))
    assert due == shared * model.token.balance_of(miner) // counted
