"""Everything a vote can do, from a proposal's file to the next round or the next prediction, by commands on a chain."""

import json
from dataclasses import replace

import httpx
import pytest

from andel.errors import InputError, PlanError, Reverted
from andel.hashing import sha256
from andel.ledger.policy import Access, Rule
from andel.ledger.round_state import Status
from andel.roles.gateway import admission_of, model_file_of, predictor_of
from andel.roles.launching.lock import read_lock
from andel.roles.planning import Choices, plan_next
from andel.roles.publications import parse_publication
from andel.roles.publishing import compiled_version
from andel.serving.api import build_app
from andel.serving.http_edge import serve_in_thread
from andel.training.training_policy import TrainingPolicy
from andel.units import TOKEN, Digest
from tests.support.small_run import QUESTION, START
from tests.support.voting_world import voting_world

NEXT = bytes(range(28)) + bytes(4)
"""A question to the chain: feature codes and a base."""


@pytest.fixture(scope="module")
def voted(shared_node, tmp_path_factory):
    return voting_world(shared_node, tmp_path_factory.mktemp("votes"), "votes take effect")


def next_plan(voted, **choices):
    """The coordinator's own next plan."""
    manager = voted.model.round_manager
    return plan_next(voted.model, voted.small.store, Choices(**choices), manager.newest_round())


def answer(voted):
    """What a contract of somebody's reads in the chain now."""
    return voted.model.onchain_models.predict(voted.model.round_manager.address, NEXT)


def versions(voted, count):
    """The newest `count` final versions, of rounds played for it."""
    found: list[Digest] = []
    while len(found) < count:
        voted.small.play()
        found.append(voted.model.round_manager.current_version())
    return found


def test_a_vote_for_a_training_policy_binds_the_next_plan_and_contributors_refuse_another(voted):
    small, manager = voted.small, voted.model.round_manager
    days = small.plan().windows
    half = ((days[0][0], (days[0][0] + days[0][1]) // 2),)
    text = TrainingPolicy(windows=half).to_bytes()
    call = {"contract": "ModelPolicy", "function": "setTrainingPolicy", "text": "training.json"}
    voted.decide("train on the first half", call, texts={"training.json": text})
    assert next_plan(voted, windows=days).windows == half != days

    # a coordinator that goes on as before finds nobody who trains
    task, asked = small.world.founded.definition, small.honest()[0].contributor
    disobeying = small.plan()
    assert disobeying.windows == days
    small.store.put(disobeying.to_bytes())
    opening = disobeying.hash, disobeying.version, disobeying.budget, disobeying.deadline
    manager.open(small.world.actors.coordinator, *opening)
    with pytest.raises(PlanError, match="days that the training policy does not list"):
        asked.accept(disobeying, task)
    voted.local.advance(max(0, manager.voidable_at(disobeying.round) - small.world.chain.block_time()))
    manager.void(voted.sponsor, disobeying.round)

    # one that obeys trains, and is attested
    small.results.append(small.coordinator().run_round(next_plan(voted, windows=days)))
    small.settle()
    assert manager.newest_round().status == Status.FINALISED
    voted.decide("any day again", call, texts={"training.json": TrainingPolicy().to_bytes()})


def test_a_version_below_the_bar_takes_the_vote_that_overrides_it_and_another_goes_back(voted):
    first, second = versions(voted, 2)
    for version in (first, second):
        voted.publish(version)
    # a validator that serves signs what became final, by itself
    validator, manager = voted.small.world.actors.validators[2], voted.model.round_manager
    served = voted.small.folder / "served"
    options = ("--until-round", manager.rounds_count(), "--publications", served)
    voted.andel("validate", "--store", voted.small.folder / "content", *options, key=validator)
    (file,) = served.iterdir()
    signed = parse_publication(file.read_bytes(), "served")
    assert (signed.version, signed.validator) == (second, validator.address)
    compiled = compiled_version(voted.model, voted.small.store, first)
    with pytest.raises(InputError, match="compiled other code"):
        signed.signer(voted.model, compiled)

    refused = voted.run("version", "promote", key=voted.sponsor)
    assert refused.returncode == 1 and "takes a vote" in refused.stderr

    evaluation = manager.round_of(manager.version_round(second)).evaluation
    bar = {"contract": "ModelPolicy", "function": "setBar", "arguments": [[str(evaluation - 1), True, True]]}
    voted.decide("a bar that it does not reach", bar)
    refused = voted.run("version", "promote", key=voted.sponsor)
    assert refused.returncode == 1 and f"its evaluation is {evaluation}" in refused.stderr
    assert voted.policy.current_version() is None and "promoted: no" in voted.andel("version", "show")

    calls = [
        {"contract": "ModelPolicy", "function": "promoteByVote", "arguments": ["0x" + version.hex()]}
        for version in (first, second)
    ]
    voted.decide("take both all the same", *calls)
    assert voted.policy.current_version() == second and voted.policy.promotions()[-1].by_vote
    registry, address = voted.model.onchain_models, manager.address
    assert answer(voted) == registry.predict_at(address, second, NEXT)
    call = {"contract": "ModelPolicy", "function": "rollback", "arguments": ["0x" + first.hex()]}
    voted.decide("back", call)
    assert answer(voted) == registry.predict_at(address, first, NEXT)
    assert registry.current_of(address).version == first
    assert "promoted: current" in voted.andel("version", "show", "--version", first.hex())


@pytest.mark.full
def test_votes_for_data_and_validation_policies_are_on_record_for_rounds_opened_later(voted):
    voted.small.play()
    manager, policy = voted.model.round_manager, voted.policy
    former = manager.newest_round()
    texts = {"data.md": b"Only devices on roofs count.", "validation.md": b"Scored on the reference set, as before."}
    voted.decide(
        "write down what counts",
        {"contract": "ModelPolicy", "function": "setDataPolicy", "text": "data.md"},
        {"contract": "ModelPolicy", "function": "setValidationPolicy", "text": "validation.md"},
        texts=texts,
    )
    voted.small.play()
    later = manager.newest_round()
    for rule, name in ((Rule.DATA, "data.md"), (Rule.VALIDATION, "validation.md")):
        assert policy.rule_at(rule, later.opened_block).hash == sha256(texts[name])
        assert policy.rule_at(rule, former.opened_block).hash == bytes(32)
        assert voted.small.store.get_digest(sha256(texts[name])) == texts[name]
    shown = json.loads(voted.andel("status", "--json"))["policy"]["rules"]
    assert shown["data"]["hash"] == sha256(texts["data.md"]).hex()


@pytest.mark.full
def test_a_lowered_emission_lowers_what_the_next_round_may_mint(voted):
    pool = voted.model.pool
    assert next_plan(voted).budget > 500 * TOKEN
    ceiling = pool.minted() + 500 * TOKEN
    voted.decide(
        "less",
        {"contract": "RewardPool", "function": "lowerRate", "arguments": ["1"]},
        {"contract": "RewardPool", "function": "lowerCeiling", "arguments": [str(ceiling)]},
    )
    assert pool.ceiling() == ceiling and next_plan(voted).budget == 500 * TOKEN
    plan, manager = next_plan(voted), voted.model.round_manager
    too_much = plan.hash, plan.version, plan.budget + 1, plan.deadline
    with pytest.raises(Reverted):
        manager.open(voted.small.world.actors.coordinator, *too_much)
    voted.small.results.append(voted.small.coordinator().run_round(plan))
    voted.small.settle()
    assert manager.newest_round().minted <= 500 * TOKEN and pool.minted() <= ceiling


def test_a_vote_for_prices_sells_passes_and_the_server_answers_who_holds_one(voted):
    if voted.policy.current_version() is None:
        (version,) = versions(voted, 1)
        voted.publish(version)
        call = {"contract": "ModelPolicy", "function": "promoteByVote", "arguments": ["0x" + version.hex()]}
        voted.decide("the first", call)
    server = voted.small.world.actors.coordinator
    admission = admission_of(server, voted.model)
    assert admission is not None and admission.passes is not None
    admission.keep_seconds = 0
    version, task = voted.policy.current_version(), voted.small.world.founded
    file, _ = model_file_of(voted.small.store, version, task.task)
    app = build_app(predictor_of(server, voted.model, file, task.definition), admission)
    question = {"values": QUESTION, "time": START}
    with serve_in_thread(app) as running, httpx.Client(base_url=running.url) as client:
        assert client.post("/predict", json=question).status_code == 200
        assert client.get("/model").json()["terms"]["access"] == "open"
        price = ["0x" + b"monthly".ljust(32, b"\0").hex(), "0x" + 40 * "0", 86_400, 50, False, "1000000000000000"]
        voted.decide(
            "who asks pays",
            {"contract": "ModelPolicy", "function": "setPrices", "arguments": [int(Access.PAID), [price]]},
            {"contract": "ModelPolicy", "function": "setLicence", "text": "licence.md"},
            texts={"licence.md": b"Use it, and say where it is from."},
        )
        refused = client.post("/predict", json=question)
        assert refused.status_code == 402 and "monthly: 1000000000000000 units" in refused.json()["hint"]
        terms, licence = client.get("/model").json()["terms"], sha256(b"Use it, and say where it is from.").hex()
        assert (terms["access"], terms["licence_hash"]) == ("paid", "0x" + licence)
        bought = voted.andel("pass", "buy", "--plan", "monthly", "--terms", licence, key=voted.anne)
        assert f"{voted.anne.address} has a pass until" in bought
        header = voted.andel("pass", "use", "--server", server.address, key=voted.anne).strip()
        told = {"Authorization": header}
        assert client.post("/predict", json=question, headers=told).status_code == 200
        # another's pass, another server's header, and one that is over are none
        stranger = voted.andel("pass", "use", "--server", server.address, key=voted.sponsor).strip()
        assert client.post("/predict", json=question, headers={"Authorization": stranger}).status_code == 402
        elsewhere = voted.andel("pass", "use", "--server", voted.sponsor.address, key=voted.anne).strip()
        assert client.post("/predict", json=question, headers={"Authorization": elsewhere}).status_code == 401
        voted.local.advance(3_601)
        assert client.post("/predict", json=question, headers=told).status_code == 401
        voted.local.advance(86_400)
        header = voted.andel("pass", "use", "--server", server.address, key=voted.anne).strip()
        assert client.post("/predict", json=question, headers={"Authorization": header}).status_code == 402

    # what was paid is revenue, shared when its epoch is over
    owed = voted.andel("revenue", "claim", key=voted.anne)
    assert f"{voted.anne.address} received" in owed
    assert "coins" in voted.andel("revenue", "claim", "--account", voted.bert.address, key=voted.sponsor)


@pytest.mark.full
def test_a_vote_for_other_operators_is_who_decides_the_next_round(voted):
    actors, model = voted.small.world.actors, voted.model
    heir = voted.sponsor
    bond = voted.model.operators.bond()
    voted.andel("operator", "deposit", key=heir)
    assert voted.model.operators.bond_of(heir.address).bonded == bond
    records = model.operators.of_epoch().validators
    two = [[record.account, "0x" + record.sealing_key.hex()] for record in records[:2]]
    voted.decide(
        "two validators, another coordinator",
        {"contract": "Operators", "function": "setValidators", "arguments": ["2", two]},
        {"contract": "Operators", "function": "setCoordinator", "arguments": [heir.address, []]},
    )
    plan = next_plan(voted)
    assert (plan.k, plan.n) == (2, 2)
    opening = plan.hash, plan.version, plan.budget, plan.deadline
    voted.small.store.put(plan.to_bytes())
    with pytest.raises(Reverted, match="NotCoordinator"):
        model.round_manager.open(actors.coordinator, *opening)
    voted.small.world = replace(voted.small.world, actors=replace(actors, coordinator=heir))
    voted.small.results.append(voted.small.coordinator().run_round(plan))
    voted.small.settle(voted.small.validators[:2])
    newest = model.round_manager.newest_round()
    assert (newest.status, newest.n) == (Status.FINALISED, 2)
    third = json.loads(voted.andel("operator", "status", "--json"))
    assert third["n"] == 2 and third["operators"][0]["account"] == heir.address


@pytest.mark.full
def test_a_vote_pays_from_the_treasury_and_nobody_else_does(voted):
    chain, treasury = voted.small.world.chain, voted.policy.timelock()
    grant, before = 10**15, chain.balance(voted.bert.address)
    assert chain.balance(treasury) >= grant, "the sale's first part"
    voted.decide("for the roof's repair", {"pay": voted.bert.address, "wei": str(grant)})
    assert chain.balance(voted.bert.address) == before + grant


@pytest.mark.full
def test_what_burning_redeems_is_paid_by_command(voted):
    held = voted.model.token.balance_of(voted.bert.address)
    assert "paid in" in voted.andel("revenue", "deposit", "0.01", key=voted.sponsor)
    shown = voted.andel("revenue", "show", "--account", voted.bert.address)
    assert "redeemable by burning: 20 %" in shown
    voted.local.fund([voted.bert.address])
    burnt = voted.andel("revenue", "redeem", "1000", "--yes", key=voted.bert)
    assert "1000 tokens burnt" in burnt and "coins" in burnt
    assert voted.model.token.balance_of(voted.bert.address) == held - 1_000 * TOKEN


def test_a_holder_sees_and_moves_what_it_has(voted):
    shown = voted.andel("token", "show", "--account", voted.anne.address)
    assert "these tokens' votes: itself" in shown and "a proposer needs 5000" in shown
    voted.andel("vote", "delegate", voted.bert.address, key=voted.anne)
    assert f"these tokens' votes: {voted.bert.address}" in voted.andel("token", "show", "--account", voted.anne.address)
    assert f"{voted.anne.address} has 0.00 votes" not in voted.andel("vote", "delegate", key=voted.anne)
    voted.andel("token", "send", voted.sponsor.address, "1.5", key=voted.anne)
    assert voted.model.token.balance_of(voted.sponsor.address) == 3 * TOKEN // 2
    lacking = voted.run("token", "send", voted.anne.address, "99", key=voted.sponsor)
    assert lacking.returncode == 1 and "holds 1.5 tokens" in lacking.stderr
    assert "nobody votes with these tokens" in voted.andel("token", "show", "--account", voted.sponsor.address)
    lock = read_lock(voted.by_file.lock_file)
    assert lock is not None
    released = voted.andel("token", "release", lock.vestings[-1], key=voted.sponsor)
    assert f"{voted.policy.timelock()} received" in released
    assert "nothing has vested" in voted.andel("token", "release", lock.vestings[0], key=voted.sponsor)
