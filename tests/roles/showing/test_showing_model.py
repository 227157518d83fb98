"""The model, its chain, its operators, the catalogue, refusals and what happens: as the chain has each of them."""

import json
import re

import pytest

from andel.content import ContentStore
from andel.errors import Reverted
from andel.ledger.abi import encode_call, encode_values
from andel.ledger.deployment import Deployment, deploy_model
from andel.ledger.interface import interface_of
from andel.roles.holder import claim
from andel.roles.model_state import model_state
from andel.roles.showing.refusals import SENTENCES, refusal
from tests.ledger.actors import Actors, model_config
from tests.roles.showing.conftest import Asked, shown


def test_the_model_is_told_with_its_version_and_lineage(finished_run, source):
    model, told = finished_run.world.model, source.model()
    task, published = finished_run.world.founded.definition, finished_run.published
    assert (told["name"], told["predicts"], told["unit"]) == (model.token.name(), task.target, task.unit)
    assert told["step"] == pytest.approx(10.0**task.exponent) and told["horizon_seconds"] == task.horizon_seconds
    assert [each["name"] for each in told["task"]["features"]] == [feature.name for feature in task.features]
    assert {each["name"] for each in told["task"]["channels"]} == {f.channel for f in task.features if f.is_measured}
    assert told["version"] == {
        "hash": "0x" + published.file.version.hex(),
        "round": 2,
        "answers": True,
        "newest": "0x" + model.round_manager.current_version().hex(),
    }
    assert [each["version"] for each in told["lineage"]] == [
        "0x" + model.round_manager.round_of(number).version_hash.hex() for number in (2, 1)
    ]
    assert told["lineage"][0]["parent"] == told["lineage"][1]["version"]
    onchain = told["onchain"]
    assert bytes.fromhex(onchain["model_file_hash"][2:]) == published.file.file_hash
    assert onchain["bytes"] == len(model.round_manager.chain.code(onchain["code_address"]))


def test_the_parts_of_the_supply_are_all_that_was_minted(finished_run, voted, source):
    pool, supply = finished_run.world.model.pool, source.model()["supply"]
    parts = {part["kind"]: int(part["amount"]) for part in supply["parts"]}
    assert parts["contributors"] == pool.contributors_minted()
    assert parts["operators"] == pool.minted() - pool.contributors_minted()
    supply = shown(voted.model, voted.small.store).model()["supply"]
    assert sum(int(part["amount"]) for part in supply["parts"]) == voted.model.token.total_ever_minted()
    kinds = {part["kind"] for part in supply["parts"]}
    assert kinds == {"offering", "founders", "treasury"} and supply["symbol"] == "AIR"


def test_terms_and_policy_are_the_texts_behind_the_alliances_hashes(finished_run, source):
    model, told = finished_run.world.model, source.model()["alliance"]
    rules = model.alliance.rules_at(model.round_manager.chain.block_time() + 1)
    assert told["terms_hash"] == "0x" + rules.terms.hex() and told["policy_hash"] == "0x" + rules.policy.hex()
    assert told["terms_text"].encode() == finished_run.small.store.get_digest(rules.terms)
    assert any(rules.terms.hex() in step["command"] for step in told["how_to_join"])
    assert all(step["command"].startswith("andel ") for step in told["how_to_join"])


def test_operators_and_round_are_those_of_the_state(finished_run, source):
    state, told = model_state(finished_run.world.model), source.operator()
    assert [(each["account"], each["role"], each["bond"]) for each in told["operators"]] == [
        (each.account, each.role, str(each.bonded)) for each in state.operators
    ]
    newest = state.round
    assert newest is not None
    shown_round = told["round"]
    assert (shown_round["round"], shown_round["n"], shown_round["k"]) == (newest.round, newest.n, newest.k)
    assert shown_round["deadline"] == newest.deadline and shown_round["phase"] == "final"
    assert told["market"] is None and told["idle_at"] == state.idle_at and told["k"] == state.k


def test_the_network_names_every_contract_by_its_address(finished_run, voted, source):
    told = source.network()
    assert Deployment.of_model(finished_run.world.model).addresses.items() <= told["contracts"].items()
    assert told["chain"]["id"] == finished_run.world.chain.chain_id and told["chain"]["rpc"] == "http://127.0.0.1:1"
    votes = shown(voted.model, voted.small.store).network()["contracts"]
    assert votes["ModelTimelock"] == voted.policy.timelock() and votes["ModelPolicy"] == voted.policy.address


def test_the_catalogue_has_the_served_model_and_what_its_factory_launched(voted, shared_node):
    actors = Actors.make(b"a second model")
    shared_node.fund([actors.founder.address])
    chain = voted.small.world.chain
    second = deploy_model(chain, actors.founder, Deployment.of_model(voted.model).shared(chain), model_config(actors))
    page = shown(voted.model, voted.small.store).models(0, 50)
    first, other = page["items"]
    assert page["total"] == 2 and (first["address"], first["served"]) == (voted.model.round_manager.address, True)
    assert (other["address"], other["served"]) == (second.round_manager.address, False)
    assert (other["name"], other["supply"]["symbol"]) == (second.token.name(), second.token.symbol())
    assert other["predicts"] is None and other["skill"] is None and other["offering"] == "none"
    assert first["offering"] == "succeeded" and first["access"] == "open" and first["skill"] is None
    assert shown(voted.model, voted.small.store).models(1, 1)["items"][0]["address"] == other["address"]


def test_skill_is_the_mean_of_the_newest_rounds_beside_their_baseline(source):
    (item,) = source.models(0, 50)["items"]
    rounds = source.rounds(None, 50)["items"]
    assert item["skill"]["error"] == pytest.approx(sum(each["error"] for each in rounds) / 2)
    assert item["skill"]["baseline"] == pytest.approx(sum(each["baseline"] for each in rounds) / 2)
    assert item["skill"]["rounds_measured"] == 2 and item["contributors"] == source.shares(0, 1)["total"]


def test_an_empty_store_takes_nothing_but_what_it_held(finished_run, tmp_path):
    source = shown(finished_run.world.model, ContentStore(str(tmp_path / "empty")))
    told = source.model()
    assert told["predicts"] is told["alliance"]["terms_text"] is told["alliance"]["policy"] is None
    assert [each["error"] for each in source.rounds(None, 9)["items"]] == [None, None]
    assert source.shares(0, 9)["total"] is None and source.operator()["round"]["contributors"] is None
    assert source.models(0, 9)["items"][0]["name"] == finished_run.world.model.token.name()


def test_everything_is_json_and_amounts_are_decimal_text(finished_run, source):
    who = finished_run.small.honest()[0].contributor.address
    told = (
        source.network(), source.models(0, 9), source.model(), source.rounds(None, 9),
        source.shares(0, 9), source.explain(who, None), source.devices(0, 9), source.account(who), source.offering(who),
        source.proposals(0, 9, who), source.operator(), source.changes(0),
    )  # fmt: skip
    for each in told:
        again = json.loads(json.dumps(each, allow_nan=False))
        for number in _integers(again):
            assert abs(number) < 2**53  # what a browser reads exactly
    amounts = [value for name, value in _named(told) if name in ("earned", "minted", "bond", "balance", "claimable")]
    assert amounts and all(isinstance(value, str) and re.fullmatch("[0-9]+", value) for value in amounts)


def _integers(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for each in value for number in _integers(each)]
    return [value] if isinstance(value, int) else []


def _named(value):
    if isinstance(value, dict):
        return [pair for name, inner in value.items() for pair in [(name, inner), *_named(inner)]]
    if isinstance(value, list | tuple):
        return [pair for each in value for pair in _named(each)]
    return []


def test_every_sentence_is_that_of_an_error_some_contract_has(source):
    errors = {error.name for name in ("ModelGovernor", "ModelOffering", "AccessPass", "RevenueVault", "ModelToken",
              "ModelPolicy", "OnchainModels", "InferenceMarket", "DeviceRegistry", "Alliance", "ModelTimelock")
              for error in interface_of(name).errors.values()}  # fmt: skip
    assert set(SENTENCES) - errors == set()


def test_a_refusal_of_the_chain_is_told_in_the_roles_words(voted):
    token, votes = voted.model.token, shown(voted.model, voted.small.store)
    known = interface_of("ModelOffering").errors
    (cap,) = (error for error in known.values() if error.name == "ModelOffering_CapReached")
    data = cap.selector + encode_values("error", cap.inputs, (voted.anne.address, 500))
    told = votes.refusal("ModelOffering", data)
    assert told["sentence"] == f"{voted.anne.address} has paid the 500 units it may pay at most"
    assert votes.refusal(None, data) == told
    with pytest.raises(Reverted) as refused:
        token.chain.call(token.contract, "transfer", voted.bert.address, 5)
    (error,) = (each for each in interface_of("ModelToken").errors.values() if each.name == refused.value.error)
    data = error.selector + encode_values("error", error.inputs, refused.value.arguments)
    assert refusal("ModelToken", data)["sentence"].startswith(refused.value.error)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "gave no reason"),
        (b"\x01\x02\x03\x04", "0x01020304, which is not known"),
        (b"\x08\xc3\x79\xa0" + encode_values("", ({"type": "string", "name": ""},), ("too late",)), "too late"),
        (b"\x08\xc3\x79\xa0\xff", "is not known"),
        (b"\x4e\x48\x7b\x71" + (0x11).to_bytes(32, "big"), "arithmetic overflow"),
    ],
)
def test_a_refusal_nobody_knows_is_said_to_be_unknown(data, words):
    assert words in refusal("NoSuchContract", data)["sentence"]


def test_a_transaction_is_told_in_words_before_it_is_signed(finished_run, source):
    model, who = finished_run.world.model, finished_run.world.actors.consumer.address
    data = encode_call(model.token.contract, "delegate", (who,))
    told = source.words(model.token.address, data, 0)
    assert told["words"].startswith(f"Give the votes of your {model.token.symbol()} to {who}")
    assert told["call"] == f"ModelToken.delegate(delegatee {who})"
    paid = source.words(who, b"", 10**18)
    assert paid["words"] == f"Pay 1 ETH to {who}" and f"({10**18} wei)" in paid["call"]
    assert "UNKNOWN contract" in source.words(who, data, 0)["words"]
    assert "UNKNOWN function of ModelToken" in source.words(model.token.address, b"\x00" * 4, 0)["words"]


def test_changes_tell_rounds_claims_and_versions_once(launch_world):
    small = launch_world("changes")
    model, source = small.world.model, shown(small.world.model, small.store)
    before, _ = source.changes(0)
    small.play()
    block, told = source.changes(before)
    assert block == small.world.chain.block_number() > before
    assert [each for each in told if each[0] == "round"] == [("round", {"round": 1, "status": "finalised"})]
    member = small.honest()[0].contributor
    paid, _ = claim(model, small.store, member.key, member.address)
    newest, told = source.changes(block)
    assert told == [("claim", {"account": member.address, "amount": str(paid)})] and newest > block
    with Asked(small.world.chain) as asked:
        assert source.changes(newest) == (newest, ())
    assert [method for method, _ in asked.all] == ["eth_getBlockByNumber"]
    assert source.account(member.address)["claimable"] == "0"


def test_changes_of_a_vote_tell_where_it_stands(voted):
    _, told = shown(voted.model, voted.small.store).changes(0)
    (proposal,) = (facts for name, facts in told if name == "proposal")
    assert proposal["state"] == "executed"
    (offering,) = (facts for name, facts in told if name == "offering")
    assert offering == {"raised": str(15 * 10**17), "status": "succeeded"}
