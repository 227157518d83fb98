"""What holders decide reaches the next round, and the next prediction: on a chain, by votes."""

import pytest

from andel.content import ContentStore
from andel.errors import ChainError, EvidenceError, PlanError, Reverted
from andel.ledger.governance import ProposalState, Support, find_governor
from andel.ledger.policy import Rule, find_policy
from andel.ledger.proposed_calls import call_of
from andel.ledger.round_state import Status
from andel.roles.obeying import Obedience
from andel.roles.planning import Choices, plan_next
from andel.roles.publishing import compiled_version, publish_signed, sign_publication
from andel.roles.replay import ReferenceOpener, replay_round
from andel.roles.voter import cast
from andel.training.training_policy import TrainingPolicy
from tests.support.governed import SECONDS, Impersonator, govern


@pytest.fixture(scope="module")
def small(launch_world):
    return launch_world("governed")


@pytest.fixture(scope="module")
def governed(small, shared_node):
    anything = TrainingPolicy()
    small.store.put(anything.to_bytes())
    world = small.world
    return govern(shared_node, world.model, world.actors.founder, "governed", anything.hash)


def training_policy(small, governed, policy):
    """A vote for this training policy, whose text is published first."""
    small.store.put(policy.to_bytes())
    call = call_of("ModelPolicy", governed.policy.address, "setTrainingPolicy", [policy.hash])
    return governed.decide([call], f"train by {policy.hash.hex()}")


def test_a_model_is_found_governed_from_its_manager_alone(small, governed):
    found = find_policy(small.world.model.round_manager)
    assert found is not None and found.address == governed.policy.address
    assert find_governor(found).address == governed.governor.address


def test_a_vote_changes_the_training_policy_and_the_next_rounds_plan_follows_it(small, governed, tmp_path):
    first = small.play().plan
    days = first.windows
    halved = ((days[0][0], (days[0][0] + days[0][1]) // 2),)
    identity = training_policy(small, governed, TrainingPolicy(windows=halved))
    assert governed.governor.standing_of(identity).state == ProposalState.EXECUTED
    manager = small.world.model.round_manager
    state = manager.round_of(1)
    # the coordinator's own next plan is narrowed to what holders allow
    planned = plan_next(small.world.model, small.store, Choices(), state)
    assert planned.windows == halved != days

    # one that goes on as before, with contributors who train by anything, is attested by nobody, and each says why
    manager_plan = small.plan()
    assert manager_plan.windows == days
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Obedience, "check", lambda *_: None)
        small.close_round()
    asked = small.results[-1].plan, small.world.founded.definition, manager, manager.round_of(2).opened_block
    with pytest.raises(PlanError, match="days that the training policy does not list"):
        Obedience(small.store).check(*asked)
    with pytest.raises(PlanError, match="no content store is named"):
        Obedience(None).check(*asked)
    with pytest.raises(PlanError, match="cannot be read"):
        Obedience(ContentStore(str(tmp_path))).check(*asked)
    for validator in small.validators:
        validator.step()
        assert "the training policy does not list" in validator.settler.reason(manager.round_of(2))
    assert manager.round_of(2).commit_count == 0
    references = ReferenceOpener(small.store, lambda _: small.world.founded.packets)
    with pytest.raises(EvidenceError, match="days that the training policy does not list"):
        replay_round(small.world.model, small.store, 2, references)

    # the former round is judged by what held when it was opened
    assert replay_round(small.world.model, small.store, 1, references).report.version

    # holders widen it again: not for the round that is open, but for the next
    training_policy(small, governed, TrainingPolicy(windows=days))
    small.local.advance(max(0, manager.voidable_at(2) - small.world.chain.block_time()))
    manager.void(small.world.actors.founder, 2)
    small.play()
    assert manager.round_of(3).status == Status.FINALISED
    records = governed.policy.history_of(Rule.TRAINING)
    assert len(records) == 3 and governed.policy.rule_at(Rule.TRAINING, state.opened_block) == records[0]


def test_where_the_task_can_do_nothing_that_is_allowed_no_round_is_planned(small, governed):
    task = small.world.scenario.task
    training_policy(small, governed, TrainingPolicy(steps=(task.steps + 1, 10_000)))
    manager = small.world.model.round_manager
    with pytest.raises(PlanError, match="steps where the training policy allows"):
        plan_next(small.world.model, small.store, Choices(), manager.round_of(manager.rounds_count()))
    training_policy(small, governed, TrainingPolicy())


def test_a_policy_nobody_can_read_is_obeyed_by_nobody(small, governed):
    unread = TrainingPolicy(least_k=2, steps=(1, 9_999))
    call = call_of("ModelPolicy", governed.policy.address, "setTrainingPolicy", [unread.hash])
    governed.decide([call], "a text that nobody has")
    manager = small.world.model.round_manager
    with pytest.raises(EvidenceError, match="training policy"):
        plan_next(small.world.model, small.store, Choices(), manager.round_of(manager.rounds_count()))
    training_policy(small, governed, TrainingPolicy(steps=(1, 9_998)))


def test_k_validators_publish_and_a_version_above_the_bar_is_anybodys_to_promote(small, governed):
    world, model = small.world, small.world.model
    version = model.round_manager.current_version()
    compiled = compiled_version(model, small.store, version)
    signatures = {key.address: sign_publication(key, model, compiled) for key in world.actors.validators[:1]}
    with pytest.raises(Reverted, match="TooFewSignatures"):
        publish_signed(governed.holders[0], model, small.store, compiled, signatures)
    signatures |= {key.address: sign_publication(key, model, compiled) for key in world.actors.validators[1:]}
    publish_signed(governed.holders[0], model, small.store, compiled, signatures)

    # the bar is an error that the version does not reach: only the overriding vote promotes it
    evaluation = model.round_manager.round_of(model.round_manager.version_round(version)).evaluation
    at = governed.policy.address
    governed.decide([call_of("ModelPolicy", at, "setBar", [(evaluation - 1, True, True)])], "a higher bar")
    with pytest.raises(Reverted, match="BelowBar"):
        governed.policy.promote(governed.holders[0], version)
    governed.decide([call_of("ModelPolicy", at, "promoteByVote", [version])], "take it all the same")
    assert governed.policy.current_version() == version
    assert governed.policy.promotions()[-1].by_vote
    published = model.onchain_models.current_of(model.round_manager.address)
    assert published is not None and published.version == version and published.model_file_hash


def test_a_second_vote_of_one_holder_is_refused_in_words(small, governed):
    anne = governed.holders[0]
    call = call_of("ModelPolicy", governed.policy.address, "setLicence", [bytes(31) + b"\1"])
    identity, _ = governed.governor.propose(anne, [call], "vote twice")
    with pytest.raises(ChainError, match="not open for votes yet"):
        cast(governed.governor, anne, identity, Support.FOR, None)
    governed.local.advance(SECONDS + 1)
    cast(governed.governor, anne, identity, Support.FOR, governed.holders[1])
    assert governed.governor.has_voted(identity, anne.address)
    with pytest.raises(ChainError, match="has voted on this already"):
        cast(governed.governor, anne, identity, Support.AGAINST, None)


def test_where_another_kind_of_contract_publishes_no_holders_decide(small, governed):
    model, act = small.world.model, Impersonator(small.local)
    heir = model.batch_registry.address
    act.call(governed.policy.address, "Operators", model.operators.address, "transferOwnership", heir)
    act.call(heir, "Operators", model.operators.address, "acceptOwnership")
    assert find_policy(model.round_manager) is None
    plan_next(model, small.store, Choices(), model.round_manager.round_of(model.round_manager.rounds_count()))
